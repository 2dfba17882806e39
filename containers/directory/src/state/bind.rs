//! Simple binds, and what they do to an account.

use vocabulary::Password;

use super::answer::Refusal;
use super::dn::Dn;
use super::entry::{Account, Entry, EntryId, uac};
use super::naming::{read_guid, read_sid};
use super::schema::Attr;
use super::secret::{Standing, Verifier};
use super::time::FileTime;
use super::tree::Found;
use super::{Domain, Session};

/// The RID of the built-in administrator, whom failures never lock out.
pub const ADMINISTRATOR_RID: u32 = 500;

const NO_SUCH_USER: u32 = 0x525;
const LOGON_FAILURE: u32 = 0x52E;
const LOGON_HOURS: u32 = 0x530;
const WORKSTATION: u32 = 0x531;
const PASSWORD_EXPIRED: u32 = 0x532;
const DISABLED: u32 = 0x533;
const ACCOUNT_EXPIRED: u32 = 0x701;
const MUST_CHANGE: u32 = 0x773;
const LOCKED_OUT: u32 = 0x775;

impl Domain {
    /// A simple bind. Whatever its end, whoever spoke on the connection before no longer does.
    ///
    /// A name without a password is refused: RFC 4513 5.1.2 would let it pass as anonymous, and clients took that for proof.
    ///
    /// # Errors
    /// Result 49 with the sub-code that Active Directory gives.
    pub fn bind(
        &mut self,
        session: &mut Session,
        name: &str,
        password: &Password,
        now: FileTime,
    ) -> Result<(), Refusal> {
        session.caller = None;
        let empty = password.expose().is_empty();
        if name.is_empty() && empty {
            return Ok(());
        }
        if empty {
            return Err(Refusal::credentials(LOGON_FAILURE));
        }
        let id = self
            .account_named(name)
            .ok_or_else(|| Refusal::credentials(NO_SUCH_USER))?;
        self.logon(id, password, now).map_err(Refusal::credentials)?;
        session.caller = Some(id);
        Ok(())
    }

    /// The session of a bind that succeeds and leaves nothing to be written: most do, and need not wait until nobody reads.
    /// None says nothing but that [`Domain::bind`] must be asked.
    #[must_use]
    pub fn bind_at_a_glance(&self, name: &str, password: &Password, now: FileTime) -> Option<Session> {
        let id = self.account_named(name).filter(|_| !password.expose().is_empty())?;
        let entry = self.tree.get(id)?;
        let account = entry.account.as_deref()?;
        let untroubled = account.bad_password_count == 0 && account.lockout_time.is_none_or(|since| since == 0);
        let known = untroubled && self.standing(entry, account, password) == Standing::Current;
        let welcome = known && self.check_account(id, entry, account, now).is_ok();
        welcome.then_some(Session { caller: Some(id) })
    }

    /// Who a session speaks for, as the "Who am I?" operation says it (RFC 4532; the form is Active Directory's).
    #[must_use]
    pub fn whoami(&self, session: &Session) -> String {
        let entry = session.caller.and_then(|id| self.tree.get(id));
        let name = entry.and_then(|entry| self.principal_name(entry));
        name.map(|name| format!("u:{name}")).unwrap_or_default()
    }

    /// The account that a bind name means: a DN, a userPrincipalName, `DOMAIN\name`, `name@domain`, an objectGUID in braces or a
    /// SID (MS-ADTS 5.1.1.1.1).
    fn account_named(&self, name: &str) -> Option<EntryId> {
        let by_logon_name = || {
            let (domain, sam) = name.split_once('\\')?;
            self.is_own_name(domain).then(|| self.tree.by_sam(sam)).flatten()
        };
        let by_implicit_upn = || {
            let (sam, domain) = name.rsplit_once('@')?;
            self.is_own_name(domain).then(|| self.tree.by_sam(sam)).flatten()
        };
        self.tree
            .by_upn(name)
            .or_else(by_logon_name)
            .or_else(by_implicit_upn)
            .or_else(|| self.entry_named(name))
    }

    fn entry_named(&self, name: &str) -> Option<EntryId> {
        if name.starts_with('<') {
            return self.resolve(name).ok();
        }
        if let Some(guid) = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            return self.tree.by_guid(read_guid(guid)?);
        }
        if name.starts_with("S-1-") {
            return self.by_sid(&read_sid(name)?);
        }
        match self.tree.find(&Dn::parse(name).ok()?) {
            Found::Entry(id) => Some(id),
            _ => None,
        }
    }

    fn is_own_name(&self, domain: &str) -> bool {
        domain.eq_ignore_ascii_case(&self.identity.netbios) || domain.eq_ignore_ascii_case(&self.identity.domain)
    }

    /// Checks a password and the account. The order is that of Active Directory: a lock is told whatever the password, everything
    /// else only to who knows it.
    fn logon(&mut self, id: EntryId, password: &Password, now: FileTime) -> Result<(), u32> {
        let entry = self.tree.get(id).ok_or(NO_SUCH_USER)?;
        let account = entry.account.as_deref().ok_or(LOGON_FAILURE)?;
        if account.locked(self.policy_of(id, entry), now) {
            return Err(LOCKED_OUT);
        }
        let standing = self.standing(entry, account, password);
        let in_grace = standing == Standing::Previous && self.in_grace(account, now);
        if standing != Standing::Current && !in_grace {
            if standing == Standing::Wrong {
                self.count_failure(id, now);
            }
            return Err(LOGON_FAILURE);
        }
        self.check_account(id, entry, account, now)?;
        if !in_grace {
            self.welcome(id, now);
        }
        Ok(())
    }

    fn standing(&self, entry: &Entry, account: &Account, password: &Password) -> Standing {
        let verifier = Verifier::new(entry.guid, password);
        account
            .credentials
            .as_ref()
            .map_or(Standing::Wrong, |credentials| credentials.standing(&verifier))
    }

    fn in_grace(&self, account: &Account, now: FileTime) -> bool {
        account
            .credentials
            .as_ref()
            .is_some_and(|credentials| now < credentials.set_at.plus(self.old_password_allowed))
    }

    /// What may keep somebody out who knows the password.
    fn check_account(&self, id: EntryId, entry: &Entry, account: &Account, now: FileTime) -> Result<(), u32> {
        let expired = account.password_expires(self.policy_of(id, entry));
        let refusals = [
            (account.has(uac::DISABLED), DISABLED),
            (account_expired(entry, now), ACCOUNT_EXPIRED),
            (expired == Some(FileTime(0)), MUST_CHANGE),
            (expired.is_some_and(|end| end <= now), PASSWORD_EXPIRED),
            (outside_logon_hours(entry, now), LOGON_HOURS),
            (self.wrong_workstation(entry), WORKSTATION),
        ];
        let refused = refusals.iter().find(|(holds, _)| *holds);
        refused.map_or(Ok(()), |(_, data)| Err(*data))
    }

    /// Over LDAP the workstation is the domain controller itself.
    fn wrong_workstation(&self, entry: &Entry) -> bool {
        entry.attributes.text(Attr::UserWorkstations).is_some_and(|names| {
            !names
                .split(',')
                .any(|name| name.trim().eq_ignore_ascii_case(&self.identity.host))
        })
    }

    /// Counts a bad password of an account, and locks it where the policy says so.
    pub(super) fn count_failure(&mut self, id: EntryId, now: FileTime) {
        let Some(entry) = self.tree.get(id).filter(|entry| entry.rid != Some(ADMINISTRATOR_RID)) else {
            return;
        };
        let policy = self.policy_of(id, entry).clone();
        let account = self.tree.get_mut(id).and_then(|entry| entry.account.as_mut());
        let locked = account.is_some_and(|account| account.count_failure(&policy, now));
        if locked {
            self.stamp(id, now);
            self.spread(id, &[Attr::LockoutTime], now);
        }
    }

    fn welcome(&mut self, id: EntryId, now: FileTime) {
        let account = self.tree.get_mut(id).and_then(|entry| entry.account.as_mut());
        if account.is_some_and(|account| account.welcome()) {
            self.stamp(id, now);
            self.spread(id, &[Attr::LockoutTime], now);
        }
    }

    /// Marks an entry as changed now.
    pub(super) fn stamp(&mut self, id: EntryId, now: FileTime) {
        let usn = self.next_usn();
        if let Some(entry) = self.tree.get_mut(id) {
            entry.usn_changed = usn;
            entry.when_changed = now;
            self.tree.note_usn(usn, id);
        }
    }
}

/// `accountExpires` 0 and the greatest number both mean never.
fn account_expired(entry: &Entry, now: FileTime) -> bool {
    let end: Option<i64> = entry
        .attributes
        .text(Attr::AccountExpires)
        .and_then(|text| text.parse().ok());
    end.is_some_and(|end| end != 0 && end <= now.0)
}

/// `logonHours` has one bit for each hour of the week in UTC.
fn outside_logon_hours(entry: &Entry, now: FileTime) -> bool {
    let Some(hours) = entry.attributes.first(Attr::LogonHours) else {
        return false;
    };
    let hour = now.hour_of_week();
    hours.get(hour / 8).is_some_and(|byte| byte >> (hour % 8) & 1 == 0)
}
