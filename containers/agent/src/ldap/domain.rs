//! One domain with all its controllers: the async shell around the locator.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use ldap3::{LdapResult, Scope, SearchEntry};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout;
use uuid::Uuid;
use vocabulary::{EventId, Reason, ReasonCode, SharedClock, Win32};

use super::connection::{Controller, Leased, Lost};
use super::import::{full_import, text};
use super::locator::{Dc, Locator, Nowhere, TRIAL, Turn};
use super::recent::Recent;
use super::role;
use crate::config::{Forest, WritebackDc};
use crate::sync::AdObject;
use crate::writeback::operation::failed;
use crate::writeback::port::{Facts, Remark, WriteResult};
use crate::{AgentConfig, AgentError};

/// What the domain does by configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Which domain controller takes the writes.
    pub(crate) writes: WritebackDc,
    /// How long the role's holder is trusted to be the holder.
    pub(crate) refresh: Duration,
    /// How far back writes are remembered.
    pub(crate) settle_period: Duration,
    /// How long a write waits for the one before it to arrive elsewhere.
    pub(crate) settle_wait: Duration,
}

impl Rules {
    /// As the agent was told.
    pub(crate) fn of(config: &AgentConfig) -> Self {
        Self {
            writes: config.writeback_dc,
            refresh: config.pdc_refresh,
            settle_period: config.settle_period,
            settle_wait: config.settle_wait,
        }
    }
}

/// One domain.
pub(crate) struct Domain {
    pub(super) rules: Rules,
    pub(super) clock: SharedClock,
    forest: Forest,
    controllers: Vec<Controller>,
    locator: Mutex<Locator>,
    recent: Mutex<Recent>,
    remarks: Mutex<HashMap<Uuid, Remark>>,
    /// What the look before a write found out for it, by person.
    looks: Mutex<HashMap<Uuid, Look>>,
    /// Held by the one who asks for the role.
    asking: AsyncMutex<()>,
}

/// What a look at a person found out for the write that follows it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// How the person stands on a domain controller.
    Stands(Dc, Facts),
    /// Which domain controller takes the write.
    Goes(Dc),
}

/// What a base search found, and what the server said.
pub(super) type Found = (Option<SearchEntry>, LdapResult);

/// Why a question has no answer.
#[derive(Debug)]
pub(super) enum Unheard {
    /// The service account was refused, with this code.
    Refused(Option<Win32>),
    /// Nothing was heard.
    Silent(String),
}

impl Unheard {
    /// How an operation ends on it: a question has no effect, so this is never an unknown.
    fn result(&self) -> WriteResult {
        match self {
            Self::Refused(win32) => WriteResult::Failed(
                Reason::new(ReasonCode::PermissionDenied)
                    .with_event(EventId::AD_PERMISSIONS)
                    .with_win32(*win32),
            ),
            Self::Silent(_) => failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR),
        }
    }

    /// The same, with what is to be told of it.
    pub(super) fn told(self, remark: &mut Remark) -> WriteResult {
        let result = self.result();
        if let Self::Silent(why) = self {
            remark.notes.push(why);
        }
        result
    }
}

/// An unknown holder is a directory that cannot be reached as it should be; a holder that is not configured is a
/// mistake of the configuration.
fn nobody_holds_it(nowhere: &Nowhere, remark: &mut Remark) -> WriteResult {
    tracing::warn!("{nowhere}");
    remark.notes.push(nowhere.to_string());
    match nowhere {
        Nowhere::Unknown { .. } => failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR),
        Nowhere::Stranger { .. } => failed(ReasonCode::DirectoryConfiguration, EventId::AD_CONFIGURATION),
    }
}

impl Domain {
    /// A domain with the controllers of its forest, in the same order.
    pub(crate) fn new(forest: Forest, controllers: Vec<Controller>, rules: Rules, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            locator: Mutex::new(Locator::new(&forest, rules.refresh)),
            recent: Mutex::new(Recent::new(rules.settle_period)),
            remarks: Mutex::default(),
            looks: Mutex::default(),
            asking: AsyncMutex::default(),
            rules,
            clock,
            forest,
            controllers,
        })
    }

    /// The full import, from the first domain controller that gives it.
    pub(crate) async fn import(self: &Arc<Self>) -> Result<Vec<AdObject>, AgentError> {
        let mut why = Vec::new();
        for dc in self.readers().await {
            match full_import(&self.controllers[dc], &self.forest.domain, &self.forest.bases()).await {
                Ok(objects) => return Ok(objects),
                Err(error) => {
                    if matches!(error, AgentError::Connect { .. }) {
                        self.was_silent(dc, &error);
                    }
                    why.push(error.to_string());
                }
            }
        }
        Err(AgentError::Forest {
            domain: self.forest.domain.clone(),
            why: if why.is_empty() { self.nobody() } else { why.join("; ") },
        })
    }

    /// Asks the first domain controller in the reading order that answers; says which it was.
    pub(super) async fn read(self: &Arc<Self>, base: &str, attributes: &[&str]) -> Result<(Dc, Found), Unheard> {
        for dc in self.readers().await {
            match self.ask(dc, base, attributes).await {
                Err(Unheard::Silent(_)) => {}
                answer => return answer.map(|found| (dc, found)),
            }
        }
        Err(Unheard::Silent(self.nobody()))
    }

    /// Asks one domain controller. A connection that turns out to be closed is replaced: the server may have grown tired
    /// of it long ago. One that lay idle and is silent says nothing about the server; only a new one does.
    pub(super) async fn ask(&self, dc: Dc, base: &str, attributes: &[&str]) -> Result<Found, Unheard> {
        let controller = &self.controllers[dc];
        for _ in 0..3 {
            let mut leased = self.lease(dc).await?;
            let idle_before = leased.idle_before;
            let found = leased.run(leased.patience(), async |ldap| {
                let found = ldap.search(base, Scope::Base, "(objectClass=*)", attributes).await?;
                Ok((found.0.into_iter().next().map(SearchEntry::construct), found.1))
            });
            match found.await {
                Ok(found) => {
                    leased.keep();
                    self.has_answered(dc);
                    return Ok(found);
                }
                Err(Lost::TimedOut) if idle_before => controller.close_idle(),
                Err(Lost::TimedOut) => break,
                Err(Lost::BeforeSending | Lost::AfterSending) => {}
            }
        }
        let why = format!("{} gave no answer to a search", controller.fqdn());
        self.was_silent(dc, &why);
        Err(Unheard::Silent(why))
    }

    /// A connection to one domain controller.
    pub(super) async fn lease(&self, dc: Dc) -> Result<Leased<'_>, Unheard> {
        match self.controllers[dc].lease().await {
            Ok(leased) => Ok(leased),
            Err(AgentError::Bind { win32, text, .. }) => {
                tracing::warn!(fqdn = self.fqdn(dc), text, "the service account was refused");
                self.has_answered(dc);
                Err(Unheard::Refused(win32))
            }
            Err(error) => {
                self.was_silent(dc, &error);
                Err(Unheard::Silent(error.to_string()))
            }
        }
    }

    /// The domain controllers to read from now, in order. Those that were silent are tried in the background while
    /// there are others, and waited for when there are none.
    async fn readers(self: &Arc<Self>) -> Vec<Dc> {
        let reading = self.locator().reading(self.now());
        if reading.ask.is_empty() {
            let probes = reading.probe.iter().map(|dc| self.probe(*dc));
            let answers = join_all(probes).await;
            let both = reading.probe.into_iter().zip(answers);
            return both.filter_map(|(dc, answers)| answers.then_some(dc)).collect();
        }
        for dc in reading.probe {
            let domain = Arc::clone(self);
            tokio::spawn(async move { domain.probe(dc).await });
        }
        reading.ask
    }

    /// Whether a domain controller may be asked: one that was silent is tried first.
    pub(super) async fn is_ready(&self, dc: Dc) -> bool {
        let turn = self.locator().turn(dc, self.now());
        match turn {
            Turn::Ask => true,
            Turn::Probe => self.probe(dc).await,
            Turn::Pass => false,
        }
    }

    async fn probe(&self, dc: Dc) -> bool {
        let asked = timeout(TRIAL, self.ask(dc, &self.forest.base_dn, &[role::ROLE_OWNER])).await;
        if asked.is_err() {
            self.was_silent(dc, &format!("{} took too long", self.fqdn(dc)));
        }
        matches!(asked, Ok(Ok(_) | Err(Unheard::Refused(_))))
    }

    /// The domain controller that writes go to now, without a thought for earlier writes.
    pub(super) async fn next_writer(self: &Arc<Self>, remark: &mut Remark) -> Result<Dc, WriteResult> {
        match self.rules.writes {
            WritebackDc::Locator => {
                let first = self.readers().await.first().copied();
                first.ok_or_else(|| self.unreachable(self.nobody(), remark))
            }
            WritebackDc::Pdc => {
                let holder = self.holder(remark).await;
                let dc = holder.map_err(|nowhere| nobody_holds_it(&nowhere, remark))?;
                if self.is_ready(dc).await {
                    return Ok(dc);
                }
                let why = self.locator().why(dc).to_owned();
                let text = format!(
                    "the PDC emulator {} of {} does not answer: {why}",
                    self.fqdn(dc),
                    self.forest.domain
                );
                Err(self.unreachable(text, remark))
            }
        }
    }

    /// The PDC emulator. Who finds that what is known is too old asks; meanwhile the others use it, and wait only when
    /// there is nothing to use.
    async fn holder(&self, remark: &mut Remark) -> Result<Dc, Nowhere> {
        if !self.locator().role_is_due(self.now()) {
            return self.locator().holder();
        }
        let turn = match self.asking.try_lock() {
            Ok(turn) => turn,
            Err(_) if self.holder_may_answer() => return self.locator().holder(),
            Err(_) => self.asking.lock().await,
        };
        if self.locator().role_is_due(self.now()) {
            remark.notes.extend(self.ask_for_role().await);
        }
        drop(turn);
        self.locator().holder()
    }

    fn holder_may_answer(&self) -> bool {
        let locator = self.locator();
        locator.holder().is_ok_and(|dc| locator.may_answer(dc, self.now()))
    }

    /// Reads who owns the role from the first domain controller that says it. Gives the news, if there is any.
    async fn ask_for_role(&self) -> Option<String> {
        let witnesses = self.locator().role_witnesses(self.now());
        for dc in witnesses {
            let answer = self.ask(dc, &self.forest.base_dn, &[role::ROLE_OWNER]).await;
            let Ok((Some(entry), _)) = answer else { continue };
            let Some(host) = text(&entry, role::ROLE_OWNER).and_then(role::owner_host) else {
                tracing::warn!(fqdn = self.fqdn(dc), "it does not say who the PDC emulator is");
                continue;
            };
            let news = self.locator().role_is_at(&host, self.now());
            if let Some(news) = &news {
                tracing::info!("{news}");
            }
            return news;
        }
        self.locator().role_is_untold(self.now());
        None
    }

    fn unreachable(&self, text: String, remark: &mut Remark) -> WriteResult {
        tracing::warn!(domain = self.forest.domain, "{text}");
        Unheard::Silent(text).told(remark)
    }

    /// What to say when nobody may be read from.
    pub(super) fn nobody(&self) -> String {
        let locator = self.locator();
        let each = locator.readers().iter().map(|dc| locator.why(*dc));
        let whys = each.filter(|why| !why.is_empty()).collect::<Vec<_>>().join("; ");
        let which = if self.forest.preferred.is_empty() {
            ""
        } else {
            "preferred "
        };
        format!("no {which}domain controller of {} answers: {whys}", self.forest.domain)
    }

    fn has_answered(&self, dc: Dc) {
        let news = self.locator().answered(dc);
        if news {
            tracing::info!(fqdn = self.fqdn(dc), "it answers again");
        }
    }

    /// Notes that a domain controller did not answer.
    pub(super) fn was_silent(&self, dc: Dc, why: &impl ToString) {
        let why = why.to_string();
        self.controllers[dc].close_idle();
        let news = self.locator().silent(dc, why.clone(), self.now());
        if news {
            tracing::warn!(fqdn = self.fqdn(dc), why, "it does not answer and is passed over");
        }
    }

    /// Notes that a write was never answered: if it went to the PDC emulator, the next one asks who that is.
    pub(super) fn is_doubtful(&self, dc: Dc) {
        self.locator().doubt(dc);
    }

    /// Adds to what is told of a person's operation.
    pub(super) fn remarks(&self, person: Uuid, remark: Remark) {
        if remark == Remark::default() {
            return;
        }
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        match remarks.entry(person) {
            Entry::Vacant(place) => {
                place.insert(remark);
            }
            Entry::Occupied(mut earlier) => {
                let earlier = earlier.get_mut();
                earlier.dc = remark.dc.or(earlier.dc.take());
                earlier.notes.extend(remark.notes);
            }
        }
    }

    /// Takes what is to be told of a person's operation.
    pub(super) fn take_remark(&self, person: Uuid) -> Remark {
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        remarks.remove(&person).unwrap_or_default()
    }

    /// Keeps what a look found out, for the write that follows.
    pub(super) fn keep_look(&self, person: Uuid, look: Look) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.insert(person, look);
    }

    /// Takes what the last look found out.
    pub(super) fn take_look(&self, person: Uuid) -> Option<Look> {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.remove(&person)
    }

    /// How many controllers there are.
    pub(super) fn len(&self) -> usize {
        self.controllers.len()
    }

    /// The name of one.
    pub(super) fn fqdn(&self, dc: Dc) -> &str {
        self.controllers[dc].fqdn()
    }

    /// How long one operation may take.
    pub(super) fn timeout(&self, dc: Dc) -> Duration {
        self.controllers[dc].timeout()
    }

    /// The monotonic time.
    pub(super) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    pub(super) fn locator(&self) -> MutexGuard<'_, Locator> {
        self.locator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
