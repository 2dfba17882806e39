//! Sessions of the portal, and the lock against guessing codes. Both bounded, both by the time that is passed in.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use super::room;

/// A whole reset may take this long (Microsoft Learn, "How self-service password reset works").
const SESSION_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A code is good for this long (the same page).
const CODE_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Sessions at once; one more is refused, and nobody is thrown out for it.
const SESSIONS_MAX: usize = 100_000;

/// Five wrong codes within an hour lock a person out of the portal for a day (Microsoft Learn, "Troubleshoot self-service
/// password reset").
const CODES: Rule = Rule {
    wrong: 5,
    within: Duration::from_secs(60 * 60),
    lock: Duration::from_secs(24 * 60 * 60),
};

/// Ten wrong old passwords lock a person out of changing it for a minute (Microsoft Learn, "Smart lockout"; its time in which
/// they count together is not public).
const OLD_PASSWORDS: Rule = Rule {
    wrong: 10,
    within: Duration::from_secs(60 * 60),
    lock: Duration::from_secs(60),
};

/// How many wrong tries within which time lock for how long.
#[derive(Debug, Clone, Copy)]
struct Rule {
    wrong: usize,
    within: Duration,
    lock: Duration,
}

/// Where a person stands in the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Identified,
    CodeSent(Code),
    Verified,
    /// It ended in this operation, and is good for nothing but to be told of its end.
    Finished(Uuid),
}

/// A code on its way. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) text: String,
    expires: Duration,
}

impl Code {
    pub(crate) fn new(text: String, now: Duration) -> Self {
        Self {
            text,
            expires: now + CODE_LIFETIME,
        }
    }

    pub(crate) fn good(&self, offered: &str, now: Duration) -> bool {
        now < self.expires && crate::secret::same(&self.text, offered.trim())
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(redacted)")
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) person: Uuid,
    pub(crate) step: Step,
    expires: Duration,
}

#[derive(Debug)]
pub(crate) struct Sessions {
    by_id: HashMap<String, Session>,
    by_expiry: BTreeSet<(Duration, String)>,
}

impl Default for Sessions {
    /// No session, and room for all that there may be.
    fn default() -> Self {
        Self {
            by_id: HashMap::with_capacity(room(SESSIONS_MAX)),
            by_expiry: BTreeSet::new(),
        }
    }
}

impl Sessions {
    /// Opens a session; `false` if there are too many.
    pub(crate) fn open(&mut self, id: String, person: Uuid, now: Duration) -> bool {
        self.prune(now);
        if self.by_id.len() >= SESSIONS_MAX {
            return false;
        }
        let expires = now + SESSION_LIFETIME;
        self.by_expiry.insert((expires, id.clone()));
        self.by_id.insert(
            id,
            Session {
                person,
                step: Step::Identified,
                expires,
            },
        );
        true
    }

    pub(crate) fn get(&mut self, id: &str, now: Duration) -> Option<&mut Session> {
        self.prune(now);
        self.by_id.get_mut(id)
    }

    pub(crate) fn close(&mut self, id: &str) {
        if let Some(session) = self.by_id.remove(id) {
            self.by_expiry.remove(&(session.expires, id.to_owned()));
        }
    }

    /// Ends a session in an operation.
    pub(crate) fn finish(&mut self, id: &str, operation: Uuid) {
        if let Some(session) = self.by_id.get_mut(id) {
            session.step = Step::Finished(operation);
        }
    }

    fn prune(&mut self, now: Duration) {
        while self.by_expiry.first().is_some_and(|(expires, _)| *expires <= now) {
            if let Some((_, id)) = self.by_expiry.pop_first() {
                self.by_id.remove(&id);
            }
        }
    }
}

#[derive(Debug, Default)]
struct Guesses {
    wrong: VecDeque<Duration>,
    locked_until: Option<Duration>,
}

/// Wrong tries per person. Only people of the tenant get a row, so their number bounds it.
#[derive(Debug)]
pub(crate) struct Throttle {
    rule: Rule,
    guesses: HashMap<Uuid, Guesses>,
}

impl Throttle {
    /// The one for codes.
    pub(crate) fn codes() -> Self {
        Self::of(CODES)
    }

    /// The one for old passwords.
    pub(crate) fn old_passwords() -> Self {
        Self::of(OLD_PASSWORDS)
    }

    fn of(rule: Rule) -> Self {
        Self {
            rule,
            guesses: HashMap::new(),
        }
    }

    /// Counts a wrong try and says whether the person is locked now.
    pub(crate) fn wrong(&mut self, person: Uuid, now: Duration) -> bool {
        let Rule { wrong, within, lock } = self.rule;
        let guesses = self.guesses.entry(person).or_default();
        guesses.wrong.retain(|at| now.saturating_sub(*at) < within);
        guesses.wrong.push_back(now);
        if guesses.wrong.len() >= wrong {
            guesses.wrong.clear();
            guesses.locked_until = Some(now + lock);
        }
        guesses.locked_until.is_some_and(|until| now < until)
    }

    pub(crate) fn locked(&self, person: Uuid, now: Duration) -> bool {
        self.guesses
            .get(&person)
            .and_then(|guesses| guesses.locked_until)
            .is_some_and(|until| now < until)
    }

    /// A successful reset clears the counters.
    pub(crate) fn clear(&mut self, person: Uuid) {
        self.guesses.remove(&person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: Uuid = Uuid::from_u128(1);

    #[test]
    fn a_session_ends_after_fifteen_minutes_and_when_it_is_closed() {
        let mut sessions = Sessions::default();
        assert!(sessions.open("a".into(), PERSON, Duration::ZERO));
        assert!(sessions.open("b".into(), PERSON, Duration::ZERO));
        assert!(sessions.get("a", SESSION_LIFETIME - Duration::from_secs(1)).is_some());
        sessions.close("a");
        assert!(sessions.get("a", Duration::ZERO).is_none());
        assert!(sessions.get("b", SESSION_LIFETIME).is_none());
        assert!(sessions.by_expiry.is_empty() && sessions.by_id.is_empty());
    }

    #[test]
    fn five_wrong_codes_in_an_hour_lock_for_a_day() {
        let mut throttle = Throttle::codes();
        let minutes = |count: u64| Duration::from_secs(60 * count);
        for minute in [0, 20, 40, 59] {
            assert!(!throttle.wrong(PERSON, minutes(minute)));
        }
        assert!(!throttle.wrong(PERSON, minutes(60)), "the first is an hour old");
        assert!(throttle.wrong(PERSON, minutes(61)));
        assert!(throttle.locked(PERSON, minutes(61 + 24 * 60 - 1)));
        assert!(!throttle.locked(PERSON, minutes(61 + 24 * 60)));
    }

    #[test]
    fn ten_wrong_old_passwords_lock_for_a_minute() {
        let mut throttle = Throttle::old_passwords();
        let second = Duration::from_secs(1);
        assert!((0..9).all(|_| !throttle.wrong(PERSON, second)));
        assert!(throttle.wrong(PERSON, second) && throttle.locked(PERSON, 60 * second));
        assert!(!throttle.locked(PERSON, 61 * second));
    }

    #[test]
    fn a_code_is_good_for_five_minutes() {
        let code = Code::new("012345".into(), Duration::ZERO);
        assert!(code.good(" 012345 ", CODE_LIFETIME - Duration::from_secs(1)));
        assert!(!code.good("012345", CODE_LIFETIME) && !code.good("12345", Duration::ZERO));
        assert!(!format!("{code:?}").contains("012345"));
    }
}
