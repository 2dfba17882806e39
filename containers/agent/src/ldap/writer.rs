//! Writes and looks: one person, one domain controller, by GUID.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ldap3::{LdapResult, Mod, Scope, SearchEntry};
use uuid::Uuid;
use vocabulary::{EventId, Password, Reason, ReasonCode, SharedClock, UnknownWhy};

use super::connection::{Controller, Leased, Lost};
use super::outcome;
use crate::AgentError;
use crate::writeback::operation::{expired, failed, rejected};
use crate::writeback::port::{
    Change, DirectoryReader, DirectoryWriter, ReadFuture, Standing, Target, WriteFuture, WriteResult,
};

/// userAccountControl: ACCOUNTDISABLE (MS-ADTS 2.2.16).
pub(super) const ACCOUNT_DISABLED: u32 = 2;

const INDEFINITE: WriteResult = WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate);

type Modification = Mod<Vec<u8>>;

/// The directories of all forests.
pub(crate) struct LdapDirectory {
    controllers: HashMap<String, Arc<Controller>>,
    clock: SharedClock,
}

impl LdapDirectory {
    /// The writable controller of each domain.
    pub(crate) fn new(controllers: HashMap<String, Arc<Controller>>, clock: SharedClock) -> Self {
        Self { controllers, clock }
    }

    async fn lease(&self, target: &Target) -> Result<Leased<'_>, WriteResult> {
        let unreachable = || failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR);
        let controller = self.controllers.get(&target.domain).ok_or_else(unreachable)?;
        controller.lease().await.map_err(|error| {
            tracing::warn!(%error, "no connection to the directory");
            match error {
                AgentError::Bind { win32, .. } => WriteResult::Failed(
                    Reason::new(ReasonCode::PermissionDenied)
                        .with_event(EventId::AD_PERMISSIONS)
                        .with_win32(win32),
                ),
                _ => unreachable(),
            }
        })
    }

    async fn make(&self, target: &Target, change: &Change, expires: Duration) -> WriteResult {
        let mut plans = plans(change);
        let first = plans.remove(0);
        let result = self.modify(target, &first, expires).await;
        if plans.is_empty() || !outcome::is_unexplained(&result) {
            return result;
        }
        self.one_by_one(target, plans, expires).await
    }

    /// The same change in steps, for a directory that refuses it in one. Once a step was applied, any other end than
    /// all steps applied leaves a half-made change, which is neither "applied" nor "refused".
    async fn one_by_one(&self, target: &Target, steps: Vec<Vec<Modification>>, expires: Duration) -> WriteResult {
        for (number, step) in steps.iter().enumerate() {
            match self.modify(target, step, expires).await {
                WriteResult::Applied => {}
                refused if number == 0 => return refused,
                _ => return INDEFINITE,
            }
        }
        WriteResult::Applied
    }

    /// One modify. An idle connection may turn out to be closed before anything left; then one more is tried.
    async fn modify(&self, target: &Target, modifications: &[Modification], expires: Duration) -> WriteResult {
        for _ in 0..2 {
            match self.attempt(target, modifications, expires).await {
                Ok(result) => return result,
                Err(Lost::AfterSending) => return INDEFINITE,
                Err(Lost::BeforeSending) => {}
            }
        }
        failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR)
    }

    async fn attempt(
        &self,
        target: &Target,
        modifications: &[Modification],
        expires: Duration,
    ) -> Result<WriteResult, Lost> {
        let mut leased = match self.lease(target).await {
            Ok(leased) => leased,
            Err(result) => return Ok(result),
        };
        let limit = self
            .controllers
            .get(&target.domain)
            .map_or(Duration::ZERO, |dc| dc.timeout());
        // Nothing may stand between this check and the modify: waiting for a connection can outlive the message.
        let Some(limit) = time_left(self.clock.unix(), expires, limit) else {
            leased.keep();
            return Ok(expired());
        };
        let dn = guid_dn(target.guid);
        let modifications = modifications.to_vec();
        let answer: LdapResult = leased
            .run(limit, async |ldap| ldap.modify(&dn, modifications).await)
            .await?;
        leased.keep();
        Ok(outcome::of_modify(answer.rc, &answer.text))
    }

    async fn look(&self, target: &Target) -> Standing {
        for _ in 0..2 {
            let mut leased = match self.lease(target).await {
                Ok(leased) => leased,
                Err(result) => return Standing::Refused(result),
            };
            let limit = self
                .controllers
                .get(&target.domain)
                .map_or(Duration::ZERO, |dc| dc.timeout());
            let dn = guid_dn(target.guid);
            let found = leased
                .run(limit, async |ldap| {
                    let attributes = ["userAccountControl"];
                    let found = ldap.search(&dn, Scope::Base, "(objectClass=*)", attributes).await?;
                    Ok((found.0.into_iter().next().map(SearchEntry::construct), found.1))
                })
                .await;
            match found {
                Ok((entry, answer)) => {
                    leased.keep();
                    return standing(entry.as_ref(), &answer);
                }
                Err(Lost::AfterSending) => break,
                Err(Lost::BeforeSending) => {}
            }
        }
        // A question that was lost has no effect, so this is a failure and not an unknown.
        Standing::Refused(failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR))
    }
}

impl DirectoryWriter for LdapDirectory {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        Box::pin(self.make(target, change, expires))
    }
}

impl DirectoryReader for LdapDirectory {
    fn standing<'a>(&'a self, target: &'a Target) -> ReadFuture<'a> {
        Box::pin(self.look(target))
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
fn time_left(now: Duration, expires: Duration, limit: Duration) -> Option<Duration> {
    let left = expires.checked_sub(now).filter(|left| !left.is_zero())?;
    Some(limit.min(left - left / 10))
}

/// A DN by GUID (MS-ADTS 3.1.1.3.1.2.4): it survives renames and moves.
fn guid_dn(guid: Uuid) -> String {
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
