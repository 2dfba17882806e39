//! The keys of the last onboarding, and of the one before for as long as its messages may be under way.

use std::str;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use protocol::envelope::{self, Header, OpeningKey, SealingKey};
use tokio::sync::watch;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::seal::{Opener, Sealer};
use crate::parts::Wrap;

/// How long a key opens requests after the next one came: longer than a message is on its way.
const OVERLAP: Duration = Duration::from_secs(120);

/// How long a request waits for the key that it is sealed for, while an onboarding is under way.
const COMING: Duration = Duration::from_secs(5);

/// The keys of one onboarding: an answer is sealed for the cloud's key that came with the agent's.
pub(crate) struct Pair {
    /// The id of the agent's key.
    id: String,
    own: Arc<dyn Opener>,
    /// Seals answers.
    pub(crate) cloud: Arc<dyn Sealer>,
}

/// What stands behind the two seals: see [`crate::AgentParts`].
pub(crate) struct Seals {
    /// Given what opens with a key, what to open with.
    pub(crate) opener: Wrap<dyn Opener>,
    /// Given what seals for a key, what to seal with.
    pub(crate) sealer: Wrap<dyn Sealer>,
}

impl Seals {
    /// The keys of an onboarding.
    pub(crate) fn pair(&self, own: OpeningKey, cloud: SealingKey) -> Pair {
        Pair {
            id: own.id().to_owned(),
            own: (self.opener)(Arc::new(own)),
            cloud: (self.sealer)(Arc::new(cloud)),
        }
    }

    /// A keyring with the keys of the first onboarding.
    pub(crate) fn keyring(&self, own: OpeningKey, cloud: SealingKey) -> Keyring {
        Keyring::of(self.pair(own, cloud))
    }
}

/// A request that was opened, and with which keys.
pub(crate) struct Opened {
    /// The keys.
    pub(crate) pair: Arc<Pair>,
    /// What the seal proves.
    pub(crate) header: Header,
    /// The content.
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// All keys that open a request now.
pub(crate) struct Keyring {
    held: RwLock<Held>,
    /// Whether an onboarding is under way.
    rolling: watch::Sender<bool>,
}

struct Held {
    current: Arc<Pair>,
    /// The one before, and until when it opens.
    retiring: Option<(Arc<Pair>, Duration)>,
}

#[cfg(test)]
impl Default for Seals {
    fn default() -> Self {
        Self {
            opener: Box::new(|opener| opener),
            sealer: Box::new(|sealer| sealer),
        }
    }
}

#[cfg(test)]
impl Keyring {
    /// A keyring of these keys.
    pub(crate) fn new(own: OpeningKey, cloud: SealingKey) -> Self {
        Seals::default().keyring(own, cloud)
    }
}

#[cfg(test)]
impl Pair {
    /// The keys that tests use.
    pub(crate) fn of_tests() -> Arc<Self> {
        let (own, cloud) = (crate::testing::keys("agent").0, crate::testing::keys("cloud").1);
        Arc::new(Seals::default().pair(own, cloud))
    }
}

impl Keyring {
    fn of(first: Pair) -> Self {
        let current = Arc::new(first);
        Self {
            held: RwLock::new(Held {
                current,
                retiring: None,
            }),
            rolling: watch::Sender::new(false),
        }
    }

    /// The id of the current key.
    pub(crate) fn id(&self) -> String {
        self.held().current.id.clone()
    }

    /// The keys of a newer onboarding. Those before open what is under way, and nothing any more after that.
    pub(crate) fn roll(&self, fresh: Pair, now: Duration) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut held.current, Arc::new(fresh));
        held.retiring = Some((before, now.saturating_add(OVERLAP)));
    }

    /// Opens a request with the key that it names.
    pub(crate) fn open(&self, body: &[u8], now: Duration) -> Option<Opened> {
        let compact = str::from_utf8(body).ok()?;
        let pair = self.pair_for(compact, now);
        let (header, content) = pair.own.open(compact).ok()?;
        Some(Opened { pair, header, content })
    }

    /// The key before, where a message names it and it still opens; else the current one, which refuses what names another.
    fn pair_for(&self, compact: &str, now: Duration) -> Arc<Pair> {
        let id = envelope::key_id(compact);
        let held = self.held();
        let named = |pair: &Pair| id.as_deref() == Some(pair.id.as_str());
        match &held.retiring {
            Some((pair, until)) if named(pair) && now < *until => Arc::clone(pair),
            _ => Arc::clone(&held.current),
        }
    }

    /// Whether a message names a key that opens.
    fn knows(&self, body: &[u8], now: Duration) -> bool {
        let compact = str::from_utf8(body).unwrap_or_default();
        envelope::key_id(compact).is_some_and(|id| self.pair_for(compact, now).id == id)
    }

    /// Says whether an onboarding is under way: the cloud may then seal for a key that is not here yet.
    pub(crate) fn is_rolling(&self, rolling: bool) {
        self.rolling.send_replace(rolling);
    }

    /// Waits for the end of an onboarding under way, if the message needs a key that is not here.
    pub(crate) async fn ready_for(&self, body: &[u8], now: Duration) {
        let mut rolling = self.rolling.subscribe();
        if *rolling.borrow_and_update() && !self.knows(body, now) {
            let ended = timeout(COMING, rolling.wait_for(|rolling| !rolling)).await;
            drop(ended);
        }
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use protocol::envelope::{Binding, Direction};
    use uuid::Uuid;
    use vocabulary::OpKind;

    use super::*;
    use crate::testing;

    fn sealed(key: &SealingKey) -> Vec<u8> {
        let binding = Binding {
            tenant: testing::TENANT,
            operation: Uuid::from_u128(1),
            anchor: "a".to_owned(),
            kind: OpKind::Reset,
            direction: Direction::Request,
            issued: 1,
            expires: 61,
        };
        key.seal(&binding, b"content").unwrap().into_bytes()
    }

    #[test]
    fn a_key_that_was_rolled_opens_what_is_under_way_and_nothing_after() {
        let ((first, to_first), (second, to_second)) = (testing::keys("agent"), testing::keys("agent-2"));
        let cloud = || testing::keys("cloud").1;
        let ring = Keyring::new(first, cloud());
        let second_s = Duration::from_secs(1);
        assert!(ring.open(&sealed(&to_second), second_s).is_none());
        ring.roll(Seals::default().pair(second, cloud()), second_s);
        assert_eq!(ring.id(), "agent-2");
        assert!(ring.open(&sealed(&to_second), second_s * 2).is_some());
        assert!(ring.open(&sealed(&to_first), OVERLAP).is_some());
        assert!(ring.open(&sealed(&to_first), second_s + OVERLAP).is_none());
        let (third, _) = testing::keys("agent-3");
        ring.roll(Seals::default().pair(third, cloud()), second_s * 3);
        assert!(
            ring.open(&sealed(&to_first), second_s * 3).is_none(),
            "only one retires at a time"
        );
        assert!(ring.open(&sealed(&to_second), second_s * 3).is_some());
    }

    #[tokio::test]
    async fn a_request_for_a_key_to_come_waits_for_it() {
        let ring = Arc::new(Keyring::new(testing::keys("agent").0, testing::keys("cloud").1));
        let (second, to_second) = testing::keys("agent-2");
        let body = sealed(&to_second);
        ring.ready_for(&body, Duration::ZERO).await;
        ring.is_rolling(true);
        let waiting = tokio::spawn({
            let (ring, body) = (Arc::clone(&ring), body.clone());
            async move {
                ring.ready_for(&body, Duration::ZERO).await;
                ring.open(&body, Duration::ZERO).is_some()
            }
        });
        tokio::task::yield_now().await;
        ring.roll(Seals::default().pair(second, testing::keys("cloud").1), Duration::ZERO);
        ring.is_rolling(false);
        assert!(testing::soon(waiting).await.unwrap());
    }
}
