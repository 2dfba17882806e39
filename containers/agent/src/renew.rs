//! Onboarding anew while the agent runs: the key is rolled, and the relays' connection strings are taken anew. A relay that no
//! longer takes the string it was given asks for it; so does who wants the key rolled.

use std::sync::Arc;
use std::time::Duration;

use protocol::connection::ConnectionString;
use tokio::sync::{Notify, watch};
use vocabulary::{EventId, SharedClock};

use crate::cloud::Cloud;
use crate::event::EventLog;
use crate::relay::ladder::Ladder;
use crate::relay::listener::Link;
use crate::writeback::keyring::Seals;
use crate::writeback::service::Service;
use crate::{AgentError, clock, start};

/// How long the relays have to take the listeners after an onboarding before it counts as one that did not help.
const SETTLE: Duration = Duration::from_secs(5);

/// What onboards anew.
pub(crate) struct Renewal {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) service: Arc<Service>,
    pub(crate) log: Arc<EventLog>,
    pub(crate) clock: SharedClock,
    /// The connection string of each listener.
    pub(crate) strings: Vec<watch::Sender<ConnectionString>>,
    pub(crate) links: Vec<watch::Receiver<Link>>,
    pub(crate) seals: Seals,
    /// Rung by who needs it.
    pub(crate) wanted: Arc<Notify>,
}

impl Renewal {
    /// Onboards anew whenever that is wanted, ever more seldom while it does not help.
    pub(crate) async fn run(self) {
        let mut ladder = Ladder::default();
        loop {
            self.wanted.notified().await;
            clock::sleep(ladder.next()).await;
            if let Err(error) = self.renew().await {
                tracing::warn!(%error, "onboarding anew failed");
                // Whoever wanted it still does.
                self.wanted.notify_one();
                continue;
            }
            if self.all_listen().await {
                ladder = Ladder::default();
            }
        }
    }

    async fn renew(&self) -> Result<(), AgentError> {
        let journal = self.service.journal_id();
        let key = start::prepare_onboarding(&self.cloud, &self.log).await?;
        self.service.keys().is_rolling(true);
        let taken = start::onboard(&self.cloud, &key, journal, &self.log).await;
        let renewed = taken.and_then(|answer| {
            let cloud_key = start::cloud_key(&answer, &self.log)?;
            let strings = start::connections(&answer, &self.log)?;
            let pair = self.seals.pair(key, cloud_key);
            self.service.keys().roll(pair, self.clock.monotonic());
            Ok(strings)
        });
        self.service.keys().is_rolling(false);
        self.tell(renewed?);
        Ok(())
    }

    /// Gives each listener the string of its relay; one that is as before disturbs nobody.
    fn tell(&self, fresh: Vec<ConnectionString>) {
        for string in fresh {
            let of_relay = |sender: &&watch::Sender<ConnectionString>| sender.borrow().host == string.host;
            match self.strings.iter().find(of_relay) {
                Some(sender) => drop(sender.send_if_modified(|held| {
                    let other = *held != string;
                    *held = string;
                    other
                })),
                None => self.log.service(
                    EventId::VALIDATION_ERROR,
                    &format!("Details: {} is a relay of which a restart must tell", string.host),
                ),
            }
        }
    }

    async fn all_listen(&self) -> bool {
        let all = async {
            for link in &self.links {
                let up = link.clone().wait_for(|link| *link == Link::Up).await.is_ok();
                if !up {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(SETTLE, all).await.unwrap_or(false)
    }
}
