//! Writes and looks: one person, by GUID, on the domain controller that the domain chooses.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ldap3::controls::RawControl;
use ldap3::{LdapResult, Mod, SearchEntry};
use uuid::Uuid;
use vocabulary::{EventId, Password, ReasonCode, UnknownWhy};

use super::connection::Lost;
use super::domain::{Domain, Look, Unheard};
use super::locator::Dc;
use super::recent::Touched;
use super::{outcome, settle};
use crate::writeback::operation::{expired, failed, rejected};
use crate::writeback::port::{
    Before, Change, DirectoryReader, DirectoryWriter, ReadFuture, Reading, Remark, Standing, Target, WriteFuture,
    WriteResult,
};

/// userAccountControl: ACCOUNTDISABLE (MS-ADTS 2.2.16).
pub(super) const ACCOUNT_DISABLED: u32 = 2;

const INDEFINITE: WriteResult = WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate);

type Modification = Mod<Vec<u8>>;

/// The directories of all forests.
pub(crate) struct LdapDirectory {
    domains: HashMap<String, Arc<Domain>>,
}

/// How one modify ended.
enum Tried {
    /// It was sent, and ended like this.
    Sent(WriteResult),
    /// It was not sent, and need not be tried elsewhere.
    NotSent(WriteResult),
    /// It was not sent, since the domain controller does not answer.
    Unreached(Unheard),
}

impl LdapDirectory {
    /// A directory of these domains, by their names.
    pub(crate) fn new(domains: HashMap<String, Arc<Domain>>) -> Self {
        Self { domains }
    }

    /// Makes the change and notes where it went: who is written next may have to wait for it.
    async fn make(&self, target: &Target, change: &Change, expires: Duration) -> WriteResult {
        let Some(domain) = self.domains.get(&target.domain) else {
            return unknown_domain();
        };
        let mut remark = Remark::default();
        let (dc, result) = carry_out(domain, target, change, expires, &mut remark).await;
        if let Some(dc) = dc {
            remark.dc = Some(domain.fqdn(dc).to_owned());
            domain.note_write(target.guid, dc, touched(change), &result);
        }
        domain.remarks(target.guid, remark);
        result
    }

    async fn look(&self, target: &Target) -> Standing {
        let Some(domain) = self.domains.get(&target.domain) else {
            return Standing::Refused(unknown_domain());
        };
        let [key_version, password_set, locked] = settle::FACTS;
        let attributes = ["userAccountControl", key_version, password_set, locked];
        match domain.read(&guid_dn(target.guid), &attributes).await {
            Ok((dc, (entry, answer))) => {
                if let Some(entry) = &entry {
                    domain.keep_look(target.guid, Look::Stands(dc, settle::facts(entry)));
                }
                standing(entry.as_ref(), &answer)
            }
            Err(unheard) => {
                let mut remark = Remark::default();
                let result = unheard.told(&mut remark);
                domain.remarks(target.guid, remark);
                Standing::Refused(result)
            }
        }
    }
}

impl LdapDirectory {
    async fn ahead(&self, target: &Target, change: &Change, expires: Duration) -> Result<Before, WriteResult> {
        let domain = self.domains.get(&target.domain).ok_or_else(unknown_domain)?;
        let mut remark = Remark::default();
        let found = domain.ahead(target.guid, expires, &mut remark).await;
        domain.remarks(target.guid, remark);
        let (dc, facts) = found?;
        Ok(Before {
            dc: domain.fqdn(dc).to_owned(),
            facts,
            unlocks: change.unlocks(),
        })
    }

    async fn everywhere(&self, target: &Target) -> Reading {
        match self.domains.get(&target.domain) {
            Some(domain) => domain.everywhere(target.guid).await,
            None => Reading::default(),
        }
    }
}

/// Chooses the domain controller and writes; while nothing was sent, one that does not answer is replaced by another.
/// Gives the domain controller that something was sent to.
async fn carry_out(
    domain: &Arc<Domain>,
    target: &Target,
    change: &Change,
    expires: Duration,
    remark: &mut Remark,
) -> (Option<Dc>, WriteResult) {
    let mut steps = plans(change);
    let first = steps.remove(0);
    let mut unreached = None;
    let mut chosen = match domain.take_look(target.guid) {
        Some(Look::Goes(dc)) => Some(dc),
        _ => None,
    };
    // Each round either sends something or finds one more domain controller silent: the earlier one and the others.
    for _ in 0..domain.len() + 2 {
        let dc = match chosen.take() {
            Some(dc) => Ok(dc),
            None => domain.writable(target.guid, expires, remark).await,
        };
        let dc = match dc {
            Ok(dc) => dc,
            Err(result) => return (None, result),
        };
        match modify(domain, dc, target, &first, expires).await {
            Tried::Sent(result) if outcome::is_unexplained(&result) && !steps.is_empty() => {
                return (Some(dc), one_by_one(domain, dc, target, steps, expires).await);
            }
            Tried::Sent(result) => return (Some(dc), result),
            Tried::NotSent(result) => return (None, result),
            Tried::Unreached(unheard) => unreached = Some(unheard),
        }
    }
    (
        None,
        unreached.map_or_else(unknown_domain, |unheard| unheard.told(remark)),
    )
}

/// The same change in steps, for a directory that refuses it in one. Once a step was applied, any other end than all
/// steps applied leaves a half-made change, which is neither "applied" nor "refused".
async fn one_by_one(
    domain: &Domain,
    dc: Dc,
    target: &Target,
    steps: Vec<Vec<Modification>>,
    expires: Duration,
) -> WriteResult {
    for (number, step) in steps.iter().enumerate() {
        let result = match modify(domain, dc, target, step, expires).await {
            Tried::Sent(result) | Tried::NotSent(result) => result,
            Tried::Unreached(unheard) => unheard.told(&mut Remark::default()),
        };
        match result {
            WriteResult::Applied => {}
            refused if number == 0 => return refused,
            _ => return INDEFINITE,
        }
    }
    WriteResult::Applied
}

/// One modify. An idle connection may turn out to be closed before anything left; then one more is tried.
async fn modify(domain: &Domain, dc: Dc, target: &Target, modifications: &[Modification], expires: Duration) -> Tried {
    for _ in 0..2 {
        match attempt(domain, dc, target, modifications, expires).await {
            Ok(tried) => return tried,
            Err(Lost::AfterSending | Lost::TimedOut) => {
                domain.is_doubtful(dc);
                return Tried::Sent(INDEFINITE);
            }
            Err(Lost::BeforeSending) => {}
        }
    }
    let why = format!("{} closes every connection", domain.fqdn(dc));
    domain.was_silent(dc, &why);
    Tried::Unreached(Unheard::Silent(why))
}

async fn attempt(
    domain: &Domain,
    dc: Dc,
    target: &Target,
    modifications: &[Modification],
    expires: Duration,
) -> Result<Tried, Lost> {
    let mut leased = match domain.lease(dc).await {
        Ok(leased) => leased,
        Err(refused @ Unheard::Refused(_)) => return Ok(Tried::NotSent(refused.told(&mut Remark::default()))),
        Err(silent) => return Ok(Tried::Unreached(silent)),
    };
    // Nothing may stand between this check and the modify: waiting for a connection can outlive the message.
    let Some(limit) = time_left(domain.clock.unix(), expires, domain.timeout(dc)) else {
        leased.keep();
        return Ok(Tried::NotSent(expired()));
    };
    let dn = guid_dn(target.guid);
    let modifications = modifications.to_vec();
    let answer: LdapResult = leased
        .run(limit, async |ldap| {
            let ldap = match sets_password(&modifications) {
                true => ldap.with_controls(policy_hints()),
                false => ldap,
            };
            ldap.modify(&dn, modifications).await
        })
        .await?;
    leased.keep();
    Ok(Tried::Sent(outcome::of_modify(answer.rc, &answer.text)))
}

fn unknown_domain() -> WriteResult {
    failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR)
}

/// Whether a modify sets a password without the old one.
fn sets_password(modifications: &[Modification]) -> bool {
    let sets = |change: &Modification| matches!(change, Mod::Replace(name, _) if name == b"unicodePwd");
    modifications.iter().any(sets)
}

/// LDAP_SERVER_POLICY_HINTS_OID with flag 1 (MS-ADTS 3.1.1.3.4.1.27): a reset obeys history and minimum age, as a change does. It is
/// not critical: a directory that does not know it resets without them.
fn policy_hints() -> RawControl {
    RawControl {
        ctype: "1.2.840.113556.1.4.2239".to_owned(),
        crit: false,
        val: Some(vec![0x30, 3, 2, 1, 1]),
    }
}

/// What a change touches.
fn touched(change: &Change) -> Touched {
    Touched {
        password: change.writes_password(),
        lock: change.unlocks(),
    }
}

impl DirectoryWriter for LdapDirectory {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        Box::pin(self.make(target, change, expires))
    }
}

impl DirectoryReader for LdapDirectory {
    fn standing<'a>(&'a self, target: &'a Target) -> ReadFuture<'a, Standing> {
        Box::pin(self.look(target))
    }

    fn before<'a>(
        &'a self,
        target: &'a Target,
        change: &'a Change,
        expires: Duration,
    ) -> ReadFuture<'a, Result<Before, WriteResult>> {
        Box::pin(self.ahead(target, change, expires))
    }

    fn reread<'a>(&'a self, target: &'a Target) -> ReadFuture<'a, Reading> {
        Box::pin(self.everywhere(target))
    }

    fn remark(&self, target: &Target) -> Remark {
        let domain = self.domains.get(&target.domain);
        domain.map(|domain| domain.take_remark(target.guid)).unwrap_or_default()
    }
}

/// What a base search says about the account.
fn standing(entry: Option<&SearchEntry>, answer: &LdapResult) -> Standing {
    let missing = || Standing::Refused(rejected(ReasonCode::NotFoundOnPremises, EventId::AD_USER_NOT_FOUND));
    match (answer.rc, entry) {
        (0, Some(entry)) => {
            let control = super::import::text(entry, "userAccountControl").and_then(|text| text.parse::<i64>().ok());
            match control {
                Some(bits) if bits & i64::from(ACCOUNT_DISABLED) != 0 => Standing::Disabled,
                Some(_) => Standing::Enabled,
                None => Standing::Refused(rejected(ReasonCode::PermissionDenied, EventId::AD_PERMISSIONS)),
            }
        }
        (0 | 32, _) => missing(),
        (rc, _) => match outcome::of_modify(rc, &answer.text) {
            WriteResult::Unknown(_) => {
                Standing::Refused(failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR))
            }
            refused => Standing::Refused(refused),
        },
    }
}

/// How long a modify may take: less than the message has left, and at most the configured limit. `None` when the
/// message is dead.
pub(super) fn time_left(now: Duration, expires: Duration, limit: Duration) -> Option<Duration> {
    let left = expires.checked_sub(now).filter(|left| !left.is_zero())?;
    Some(limit.min(left - left / 10))
}

/// A DN by GUID (MS-ADTS 3.1.1.3.1.2.4): it survives renames and moves.
pub(super) fn guid_dn(guid: Uuid) -> String {
    format!("<GUID={guid}>")
}

/// The modifies that make a change: first all in one, then, where there is more than one step, each step by itself.
fn plans(change: &Change) -> Vec<Vec<Modification>> {
    match change {
        Change::Reset {
            password,
            unlock: false,
        } => vec![vec![replace_password(password)]],
        Change::Reset { password, unlock: true } => vec![
            vec![replace_password(password), clear_lock()],
            vec![replace_password(password)],
            vec![clear_lock()],
        ],
        Change::Change { current, new } => vec![vec![
            Mod::Delete(b"unicodePwd".to_vec(), value(current)),
            Mod::Add(b"unicodePwd".to_vec(), value(new)),
        ]],
        Change::Unlock => vec![vec![clear_lock()]],
    }
}

fn replace_password(password: &Password) -> Modification {
    Mod::Replace(b"unicodePwd".to_vec(), value(password))
}

fn clear_lock() -> Modification {
    Mod::Replace(b"lockoutTime".to_vec(), HashSet::from([b"0".to_vec()]))
}

fn value(password: &Password) -> HashSet<Vec<u8>> {
    HashSet::from([password.unicode_pwd().to_vec()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(control: &str) -> SearchEntry {
        let attrs = HashMap::from([("userAccountControl".to_owned(), vec![control.to_owned()])]);
        SearchEntry {
            dn: String::new(),
            attrs,
            bin_attrs: HashMap::new(),
        }
    }

    fn answer(rc: u32) -> LdapResult {
        LdapResult {
            rc,
            matched: String::new(),
            text: String::new(),
            refs: Vec::new(),
            ctrls: Vec::new(),
        }
    }

    #[test]
    fn a_modify_never_gets_the_whole_life_of_its_message() {
        let second = Duration::from_secs;
        assert_eq!(time_left(second(100), second(160), second(10)), Some(second(10)));
        assert_eq!(
            time_left(second(155), second(160), second(10)),
            Some(Duration::from_millis(4500))
        );
        assert_eq!(time_left(second(160), second(160), second(10)), None);
        assert_eq!(time_left(second(161), second(160), second(10)), None);
    }

    #[test]
    fn a_reset_that_unlocks_is_one_modify_first_and_two_after() {
        let password = Password::new("New-1".to_owned());
        let both = plans(&Change::Reset {
            password: password.clone(),
            unlock: true,
        });
        assert_eq!(both.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
        assert_eq!(both[0], [both[1].clone(), both[2].clone()].concat());
        let alone = plans(&Change::Reset {
            password: password.clone(),
            unlock: false,
        });
        assert_eq!(alone, [[Mod::Replace(b"unicodePwd".to_vec(), value(&password))]]);
        let Mod::Replace(name, values) = &plans(&Change::Unlock)[0][0] else {
            panic!()
        };
        assert_eq!((name.as_slice(), values.len()), (b"lockoutTime".as_slice(), 1));
    }

    #[test]
    fn only_what_sets_a_password_asks_for_history() {
        let password = Password::new("New-1".to_owned());
        let first = |change| plans(&change).remove(0);
        for unlock in [true, false] {
            let password = password.clone();
            assert!(sets_password(&first(Change::Reset { password, unlock })));
        }
        let current = password.clone();
        assert!(!sets_password(&first(Change::Change { current, new: password })));
        assert!(!sets_password(&first(Change::Unlock)));
    }

    #[test]
    fn a_change_deletes_the_old_before_it_adds_the_new() {
        let plans = plans(&Change::Change {
            current: Password::new("Old-1".to_owned()),
            new: Password::new("New-1".to_owned()),
        });
        assert!(matches!(plans[0].as_slice(), [Mod::Delete(..), Mod::Add(..)]));
        assert_eq!(plans.len(), 1);
    }

    #[test]
    fn the_account_is_asked_how_it_stands() {
        assert_eq!(standing(Some(&entry("512")), &answer(0)), Standing::Enabled);
        assert_eq!(standing(Some(&entry("514")), &answer(0)), Standing::Disabled);
        let missing = Standing::Refused(rejected(ReasonCode::NotFoundOnPremises, EventId::AD_USER_NOT_FOUND));
        assert_eq!(standing(None, &answer(32)), missing);
        assert_eq!(standing(None, &answer(0)), missing);
        let busy = Standing::Refused(failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR));
        assert_eq!(standing(None, &answer(51)), busy);
    }

    #[test]
    fn the_guid_is_written_as_windows_writes_it() {
        let guid = Uuid::parse_str("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        assert_eq!(guid_dn(guid), "<GUID=00112233-4455-6677-8899-aabbccddeeff>");
    }
}
