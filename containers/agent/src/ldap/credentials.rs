//! The service account's password, and when it may be tried again after it was refused: an agent that goes on presenting a wrong
//! password locks its own account.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use vocabulary::{Password, SharedClock, Win32};

use crate::secret;

/// The waits after each refusal of a password that may be wrong: no more than three trials in half an hour, which is how long
/// lockout policies count a handful of failures together. The file that holds it being written anew ends a wait.
const WAITS: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(8),
    Duration::from_secs(1800),
];

/// The wait after a refusal that is about the account's state: no number of such trials locks anything.
const STATE_WAIT: Duration = Duration::from_secs(1);

/// What the directory refused the account with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The code in the text.
    pub(super) win32: Option<Win32>,
    /// The result code and the diagnostic text.
    pub(super) text: String,
}

impl Refusal {
    /// Whether the account's state was refused, and not what it presented.
    fn is_about_the_state(&self) -> bool {
        // Logon hours, workstation, expired, disabled, account expired, must change, locked out (MS-ADTS 3.1.1.5.1, bind data).
        let states = [0x530, 0x531, 0x532, 0x533, 0x701, 0x773, 0x775];
        self.win32.is_some_and(|code| states.contains(&code.0))
    }
}

/// The account that the agent presents itself with in one domain.
pub(crate) struct Credentials {
    /// The account's distinguished name.
    pub(super) bind_dn: String,
    /// Where its password stands; none where a test gives it.
    file: Option<PathBuf>,
    clock: SharedClock,
    state: Mutex<State>,
}

struct State {
    password: Password,
    /// When the file was written that it was read from.
    written: Option<SystemTime>,
    held_off: Option<HeldOff>,
    wrong: usize,
}

struct HeldOff {
    until: Duration,
    refusal: Refusal,
}

impl Credentials {
    /// An account with its password, which is taken anew from `file` once it was refused.
    pub(crate) fn new(bind_dn: &str, password: Password, file: Option<PathBuf>, clock: SharedClock) -> Self {
        let state = State {
            password,
            written: file.as_deref().and_then(written),
            held_off: None,
            wrong: 0,
        };
        Self {
            bind_dn: bind_dn.to_owned(),
            file,
            clock,
            state: Mutex::new(state),
        }
    }

    /// The password to try now, or what it was refused with a moment ago.
    pub(super) fn to_try(&self) -> Result<Password, Refusal> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        let Some(held) = &state.held_off else {
            return Ok(state.password.clone());
        };
        let again = self.file.as_deref().and_then(written);
        if again == state.written {
            return if now < held.until {
                Err(held.refusal.clone())
            } else {
                Ok(state.password.clone())
            };
        }
        // Somebody has given the password anew: it may be another, or the directory's may be this one again.
        let fresh = self.file.as_deref().and_then(|file| secret::read(file).ok());
        *state = State {
            password: fresh.unwrap_or_else(|| state.password.clone()),
            written: again,
            held_off: None,
            wrong: 0,
        };
        Ok(state.password.clone())
    }

    /// It was taken.
    pub(super) fn accepted(&self) {
        let mut state = self.state();
        state.held_off = None;
        state.wrong = 0;
    }

    /// It was refused.
    pub(super) fn refused(&self, refusal: Refusal) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        let wait = if refusal.is_about_the_state() {
            STATE_WAIT
        } else {
            let [.., longest] = WAITS;
            let wait = WAITS.get(state.wrong).copied().unwrap_or(longest);
            state.wrong += 1;
            wait
        };
        state.held_off = Some(HeldOff {
            until: now.saturating_add(wait),
            refusal,
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn written(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|found| found.modified()).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::FakeClock;

    fn refusal(code: u32) -> Refusal {
        Refusal {
            win32: Some(Win32(code)),
            text: String::new(),
        }
    }

    fn credentials(file: Option<PathBuf>) -> (Arc<FakeClock>, Credentials) {
        let clock = FakeClock::at(0);
        let password = Password::new("old".to_owned());
        (Arc::clone(&clock), Credentials::new("CN=svc", password, file, clock))
    }

    #[test]
    fn a_wrong_password_is_tried_ever_more_seldom() {
        let (clock, credentials) = credentials(None);
        let mut trials = Vec::new();
        for second in 0..4000 {
            clock.set(second);
            if credentials.to_try().is_ok() {
                trials.push(second);
                credentials.refused(refusal(0x52E));
            }
        }
        assert_eq!(trials, [0, 2, 10, 1810, 3610]);
        credentials.accepted();
        credentials.refused(refusal(0x52E));
        clock.set(4001);
        assert!(credentials.to_try().is_ok(), "a success begins anew");
    }

    #[test]
    fn an_account_that_is_disabled_or_locked_is_tried_each_second() {
        for code in [0x533, 0x775] {
            let (clock, credentials) = credentials(None);
            for second in 0..5 {
                clock.set(second);
                assert!(credentials.to_try().is_ok());
                credentials.refused(refusal(code));
                assert_eq!(credentials.to_try().unwrap_err(), refusal(code));
            }
        }
    }

    #[test]
    fn another_password_in_the_file_is_tried_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "old\n").unwrap();
        let (_, credentials) = credentials(Some(file.clone()));
        credentials.refused(refusal(0x52E));
        assert!(credentials.to_try().is_err());
        std::fs::write(&file, "new\n").unwrap();
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert_eq!(credentials.to_try().unwrap().expose(), "new");
        credentials.refused(refusal(0x52E));
        assert!(credentials.to_try().is_err(), "the file is as it was read");
    }
}
