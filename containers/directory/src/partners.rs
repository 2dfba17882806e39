//! The domain controllers of one domain in this process: who they are, what travels between them, and who holds the PDC's role.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use ldap3_proto::proto::LdapModify;
use tokio::sync::Notify;
use uuid::Uuid;
use vocabulary::SharedClock;

use crate::clock::spend;
use crate::config::DirectoryConfig;
use crate::error::DirectoryError;
use crate::host::Host;
use crate::server::{DirectoryHandle, Door};
use crate::state::replication::{MOST_CONTROLLERS, MOST_POOLS, holder_unreachable};
use crate::state::time::FileTime;
use crate::state::{Domain, Refusal, Session, first_label};

/// About how many updates one turn delivers to a partner, so that its clients are not kept waiting.
const TURN: usize = 500;
/// Between two looks at whether changes are still kept back.
const LOOK: Duration = Duration::from_millis(20);

/// Between two tries to deliver to a controller that is down.
const DOWN_AGAIN: Duration = Duration::from_millis(50);

/// What a controller has to do with the others of its domain.
#[derive(Default)]
pub(crate) struct Ties {
    group: Arc<Group>,
    /// How long a change of this controller takes to its partners.
    delay: Duration,
    /// Rung when something was posted.
    posted: Notify,
    /// Whether the process has ended and only the database is there.
    down: AtomicBool,
}

/// All controllers of one domain. The lock is held while updates pass from one to another, and while one joins or leaves: no update
/// is ever between two of them then. No controller's own lock is held while another's is taken.
#[derive(Default)]
pub(crate) struct Group(Mutex<Members>);

#[derive(Default)]
struct Members {
    hosts: Vec<Weak<Host>>,
    /// How many joined in all.
    joined: u32,
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    /// Every member that has a database, whether its process runs or not.
    fn all(&self) -> Vec<Arc<Host>> {
        self.hosts.iter().filter_map(Weak::upgrade).collect()
    }

    /// The members whose processes run.
    fn living(&self) -> Vec<Arc<Host>> {
        self.all().into_iter().filter(|host| host.ties.is_up()).collect()
    }

    /// Makes a controller from a copy of another and a partner of all.
    fn admit(&mut self, from: &Arc<Host>, config: &DirectoryConfig, clock: SharedClock) -> Result<Arc<Host>, String> {
        let others = self.living();
        if !others.iter().any(|other| Arc::ptr_eq(other, from)) {
            return Err("that controller has stopped".to_owned());
        }
        let host = first_label(&config.fqdn);
        if others.iter().any(|other| other.name() == host) {
            return Err(format!("there is a controller `{host}` already"));
        }
        if others.len() >= MOST_CONTROLLERS || self.joined >= MOST_POOLS {
            return Err(format!(
                "at most {MOST_CONTROLLERS} at a time and {MOST_POOLS} in all can join"
            ));
        }
        self.joined += 1;
        let now = FileTime::from_unix(clock.unix());
        // In one turn, so that whatever is written there next is owed to the copy.
        let copy = from.change(|domain| {
            domain.enrol(&host, &config.fqdn, now);
            let copy = domain.copy_for(config, self.joined, now);
            domain.take_partner(copy.invocation(), None);
            copy
        });
        let (invocation, source) = (copy.invocation(), from.invocation());
        let ties = Ties::new(&from.ties.group, config.replication_delay);
        let admitted = Host::new(copy, clock, config.service.clone(), config.concurrent_writes);
        let admitted = Arc::new(admitted.tied(ties));
        for other in others {
            if !Arc::ptr_eq(&other, from) {
                other.change(|domain| domain.take_partner(invocation, Some(source)));
            }
            let partner = other.invocation();
            admitted.change(|domain| domain.take_partner(partner, None));
        }
        self.hosts.push(Arc::downgrade(&admitted));
        Ok(admitted)
    }
}

impl Ties {
    fn new(group: &Arc<Group>, delay: Duration) -> Self {
        Self {
            group: group.clone(),
            delay,
            posted: Notify::new(),
            down: AtomicBool::new(false),
        }
    }

    /// Notes whether the process runs.
    pub(crate) fn set_up(&self, up: bool) {
        // A turn of deliveries that is under way ends first.
        let _turn = self.group.lock();
        self.down.store(!up, Ordering::Relaxed);
    }

    fn is_up(&self) -> bool {
        !self.down.load(Ordering::Relaxed)
    }

    /// Sends off what changed since the last call; tells whether there was anything.
    pub(crate) fn post(&self, domain: &mut Domain, clock: &SharedClock) -> bool {
        let news = domain.has_news();
        if news {
            domain.seal(clock.monotonic().saturating_add(self.delay));
            self.posted.notify_one();
        }
        news
    }
}

impl Host {
    /// The first controller of a domain.
    pub(crate) fn found(domain: Domain, clock: SharedClock, config: &DirectoryConfig) -> Arc<Self> {
        let group = Arc::<Group>::default();
        let ties = Ties::new(&group, config.replication_delay);
        let host = Self::new(domain, clock, config.service.clone(), config.concurrent_writes);
        let host = Arc::new(host.tied(ties));
        group.lock().hosts.push(Arc::downgrade(&host));
        host
    }

    fn name(&self) -> String {
        self.read(|domain| domain.host_name().to_owned())
    }

    fn invocation(&self) -> Uuid {
        self.read(Domain::invocation)
    }

    /// How many updates the partners have not got yet.
    pub(crate) fn pending(&self) -> usize {
        let _turn = self.ties.group.lock();
        self.read(Domain::pending)
    }

    /// Delivers this controller's changes, each when its time has come, until the task is ended.
    pub(crate) async fn deliver(self: Arc<Self>) {
        loop {
            match self.read(Domain::next_due) {
                None => self.ties.posted.notified().await,
                Some(due) => {
                    spend(due.saturating_sub(self.clock.monotonic())).await;
                    let kept = self.kept_back();
                    if !kept.is_zero() {
                        spend(kept.min(LOOK)).await;
                        continue;
                    }
                    if self.deliver_due() {
                        tokio::task::yield_now().await;
                    } else {
                        spend(DOWN_AGAIN).await;
                    }
                }
            }
        }
    }

    /// One turn: nothing is awaited here, so that a controller that ends has told all of its partners of a change, or none. Tells
    /// whether something arrived: what is for a controller that is down waits for it.
    fn deliver_due(&self) -> bool {
        let mut arrived = false;
        let members = self.ties.group.lock();
        let now = self.clock.monotonic();
        let cut = self.read(|domain| domain.cut(now, TURN));
        for partner in members.living() {
            let invocation = partner.invocation();
            let due = self.change(|domain| domain.take_due(invocation, cut, usize::MAX));
            if !due.is_empty() {
                arrived = true;
                let now = partner.now();
                partner.change(|domain| due.iter().for_each(|update| domain.receive(update, now)));
            }
        }
        arrived
    }

    /// Leaves the others, who owe this controller nothing any more.
    pub(crate) fn leave(&self) {
        let mut members = self.ties.group.lock();
        members.hosts.retain(|host| !std::ptr::eq(host.as_ptr(), self));
        let invocation = self.invocation();
        for other in members.all() {
            other.change(|domain| domain.drop_partner(invocation));
            let other = other.invocation();
            self.change(|domain| domain.drop_partner(other));
        }
    }

    /// Performs a modify of the rootDSE.
    pub(crate) async fn operate(&self, session: &Session, changes: &[LdapModify]) -> Result<(), Refusal> {
        self.write(self.service.unlock, |_| ()).await;
        let request = self.read(|domain| domain.role_request(session, changes))?;
        let members = self.ties.group.lock();
        let own = self.name();
        if request.holder == own {
            return Ok(());
        }
        let living = members.living();
        let holder = living.iter().find(|host| host.name() == request.holder);
        let holder = holder.ok_or_else(holder_unreachable)?;
        let update = holder.change(|domain| domain.hand_over(&own, holder.now()))?;
        self.change(|domain| domain.receive(&update, self.now()));
        tracing::info!(from = request.holder, to = own, "the PDC emulator moved");
        Ok(())
    }
}

/// Starts a further domain controller of a running one's domain, in the same process; it is ready when this returns.
///
/// It begins with a copy of the partner's tree, policies and delegations, as a partner of all controllers of the domain, up to
/// eight. Its own are its name, address, certificate, service times, grace period, replication delay, USNs and RIDs. The
/// administrator's password is the domain's: the configuration's file is not read, nor are its policies, delegations and seed. A
/// controller that was stopped joins anew under its name, with a fresh copy.
///
/// # Errors
/// [`DirectoryError::Join`] for a partner other than `config.join` names, another domain, a name that is taken, or one controller
/// too many; otherwise as [`start`](crate::start).
pub async fn join(
    config: DirectoryConfig,
    partner: &DirectoryHandle,
    clock: SharedClock,
) -> Result<DirectoryHandle, DirectoryError> {
    let refused = |why: String| DirectoryError::Join {
        fqdn: config.fqdn.clone(),
        partner: partner.fqdn().to_owned(),
        why,
    };
    check(&config, partner).map_err(refused)?;
    let door = Door::open(&config).await?;
    let from = partner.host().clone();
    let admitted = from.ties.group.lock().admit(&from, &config, clock);
    let host = admitted.map_err(refused)?;
    Ok(door.serve(host, &config))
}

fn check(config: &DirectoryConfig, partner: &DirectoryHandle) -> Result<(), String> {
    let named = config.join.as_ref().map(|join| join.fqdn.as_str());
    let Some(named) = named else {
        return Err("its configuration names no controller to join".to_owned());
    };
    if !named.eq_ignore_ascii_case(partner.fqdn()) {
        return Err(format!("its configuration joins `{named}`"));
    }
    let domain = partner.host().read(|domain| domain.dns_domain().to_owned());
    if !config.domain.eq_ignore_ascii_case(&domain) {
        return Err(format!(
            "its configuration is of `{}`, not of `{domain}`",
            config.domain
        ));
    }
    Ok(())
}
