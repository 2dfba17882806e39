//! Fine-grained password policies: which there are, and which rules whom (MS-ADTS 3.1.1.4.5.36, MS-SAMR 3.1.1.5).

use std::ops::RangeInclusive;

use super::Domain;
use super::answer::Refusal;
use super::draft::{Draft, parse_integer};
use super::entry::{Entry, EntryId, uac};
use super::policy::{COMPLEX, NEVER, Policy, STORE_CLEARTEXT};
use super::schema::{Attr, Class};

/// `krbtgt`, whom no fine-grained policy rules.
const KRBTGT_RID: u32 = 502;

/// What a fine-grained policy must say, each with the attribute of the domain's head that means the same.
const MANDATORY: [(Attr, Option<Attr>); 10] = [
    (Attr::PsoPrecedence, None),
    (Attr::PsoReversible, None),
    (Attr::PsoComplexity, None),
    (Attr::PsoHistory, Some(Attr::PwdHistoryLength)),
    (Attr::PsoMinLength, Some(Attr::MinPwdLength)),
    (Attr::PsoMinAge, Some(Attr::MinPwdAge)),
    (Attr::PsoMaxAge, Some(Attr::MaxPwdAge)),
    (Attr::PsoThreshold, Some(Attr::LockoutThreshold)),
    (Attr::PsoWindow, Some(Attr::LockoutWindow)),
    (Attr::PsoDuration, Some(Attr::LockoutDuration)),
];

/// One fine-grained policy.
#[derive(Clone)]
pub struct Setting {
    id: EntryId,
    /// Precedence, then objectGUID as it is stored: the least wins.
    rank: (i64, [u8; 16]),
    policy: Policy,
}

/// The fine-grained policies of the domain, the one that wins first.
#[derive(Clone, Default)]
pub struct Settings {
    container: Option<EntryId>,
    ranked: Vec<Setting>,
}

impl Settings {
    /// Says where policies must stand to count.
    pub fn stand_in(&mut self, container: EntryId) {
        self.container = Some(container);
    }

    /// Whether this is where policies must stand.
    #[must_use]
    pub fn are_in(&self, id: EntryId) -> bool {
        self.container == Some(id)
    }

    /// Takes an entry in, if it is a policy that counts.
    pub fn index(&mut self, id: EntryId, entry: &Entry) {
        if entry.class != Class::Settings || entry.parent.is_none() || entry.parent != self.container {
            return;
        }
        let rank = (number(entry, Attr::PsoPrecedence), entry.guid.to_bytes_le());
        let policy = policy_of(entry);
        let at = self.ranked.partition_point(|other| other.rank < rank);
        self.ranked.insert(at, Setting { id, rank, policy });
    }

    /// Forgets an entry.
    pub fn unindex(&mut self, id: EntryId) {
        self.ranked.retain(|setting| setting.id != id);
    }

    /// The best of those that a test takes.
    fn best(&self, applies: impl Fn(EntryId) -> bool) -> Option<&Setting> {
        self.ranked.iter().find(|setting| applies(setting.id))
    }
}

impl Domain {
    /// The policy that rules an account: the best applied to itself, or else the best applied to one of its groups, or else the
    /// domain's.
    pub(super) fn policy_of(&self, id: EntryId, entry: &Entry) -> &Policy {
        self.setting_of(id, entry)
            .map_or(&self.policy, |setting| &setting.policy)
    }

    /// The policy that rules the account of a draft. One that is being added has no groups yet, and no policy but the domain's: so
    /// Windows does it, though its primary group may have one.
    pub(super) fn policy_for(&self, draft: &Draft) -> &Policy {
        draft.id.map_or(&self.policy, |id| self.policy_of(id, &draft.entry))
    }

    /// `msDS-ResultantPSO`.
    pub(super) fn resultant(&self, id: EntryId, entry: &Entry) -> Option<EntryId> {
        self.setting_of(id, entry).map(|setting| setting.id)
    }

    fn setting_of(&self, id: EntryId, entry: &Entry) -> Option<&Setting> {
        let settings = self.tree.settings();
        if settings.ranked.is_empty() || !can_be_ruled(entry) {
            return None;
        }
        let applies_to = |subject| move |setting| self.links.joined(setting, subject);
        settings.best(applies_to(id)).or_else(|| {
            let groups = self.account_groups(id, entry);
            settings.best(|setting| groups.iter().any(|group| applies_to(*group)(setting)))
        })
    }
}

fn can_be_ruled(entry: &Entry) -> bool {
    let normal = |account: &super::entry::Account| account.has(uac::NORMAL_ACCOUNT);
    entry.account.as_deref().is_some_and(normal) && entry.rid != Some(KRBTGT_RID)
}

fn number(entry: &Entry, attr: Attr) -> i64 {
    let value = entry.attributes.first(attr);
    value.and_then(parse_integer).unwrap_or_default()
}

fn policy_of(entry: &Entry) -> Policy {
    let flag = |attr, bit| {
        let set = entry.attributes.text(attr) == Some("TRUE");
        if set { bit } else { 0 }
    };
    let mut policy = Policy::default();
    let properties = flag(Attr::PsoComplexity, COMPLEX) | flag(Attr::PsoReversible, STORE_CLEARTEXT);
    policy.store(Attr::PwdProperties, properties);
    for (attr, meaning) in MANDATORY {
        if let Some(meaning) = meaning {
            policy.store(meaning, number(entry, attr));
        }
    }
    policy
}

/// Whether an attribute belongs to fine-grained policies alone.
pub fn is_setting(attr: Attr) -> bool {
    attr == Attr::PsoAppliesTo || MANDATORY.iter().any(|(own, _)| *own == attr)
}

/// What a number of a fine-grained policy may be (MS-ADA2 2.382 and its neighbours); none where the schema sets no bounds.
#[must_use]
pub fn range(attr: Attr) -> Option<RangeInclusive<i64>> {
    match attr {
        Attr::PsoPrecedence => Some(1..=i64::from(i32::MAX)),
        attr => {
            let (_, meaning) = MANDATORY.iter().find(|(own, _)| *own == attr)?;
            super::policy::range((*meaning)?)
        }
    }
}

/// A fine-grained policy says everything and does not contradict itself.
///
/// # Errors
/// Result 65 for a mandatory attribute that is missing, 53 for a window longer than the lock it leads to (MS-SAMR 3.1.1.6) or a
/// least age that is not below the greatest.
pub fn check(entry: &Entry) -> Result<(), Refusal> {
    if entry.class != Class::Settings {
        return Ok(());
    }
    let missing = |(attr, _): &(Attr, Option<Attr>)| !entry.attributes.has(*attr);
    if MANDATORY.iter().any(missing) {
        return Err(Refusal::incomplete());
    }
    let value = |attr| number(entry, attr);
    // Spans are negative: the longer is the smaller. A lock of 0 never ends.
    let duration = value(Attr::PsoDuration);
    let fits = duration == 0 || value(Attr::PsoWindow) >= duration;
    let max_age = value(Attr::PsoMaxAge);
    let grows_old = max_age == 0 || max_age == NEVER || value(Attr::PsoMinAge) > max_age;
    (fits && grows_old)
        .then_some(())
        .ok_or_else(|| Refusal::unwilling(0x20E7))
}
