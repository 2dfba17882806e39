//! Updates on their way to the partners, in order, with the time from which each may arrive.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::Update;
use crate::state::Domain;

/// What was not delivered yet.
#[derive(Clone, Default)]
pub(super) struct Outbox {
    /// What has no time yet.
    fresh: Vec<Arc<Update>>,
    partners: Vec<Mailbox>,
}

/// What one partner has not got yet.
#[derive(Clone)]
struct Mailbox {
    to: Uuid,
    queue: VecDeque<(Duration, Arc<Update>)>,
}

impl Outbox {
    pub(super) fn has_partners(&self) -> bool {
        !self.partners.is_empty()
    }

    pub(super) fn push(&mut self, update: Arc<Update>) {
        if self.has_partners() {
            self.fresh.push(update);
        }
    }

    fn queue_for(&self, partner: Uuid) -> Option<&VecDeque<(Duration, Arc<Update>)>> {
        let mailbox = self.partners.iter().find(|mailbox| mailbox.to == partner);
        mailbox.map(|mailbox| &mailbox.queue)
    }
}

impl Domain {
    /// Whether something changed that no time was given yet.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.replica.outbox.fresh.is_empty()
    }

    /// Lets everything that changed since the last call arrive at `due` (on the shell's monotonic clock) or later.
    pub fn seal(&mut self, due: Duration) {
        let outbox = &mut self.replica.outbox;
        for update in outbox.fresh.drain(..) {
            for mailbox in &mut outbox.partners {
                mailbox.queue.push_back((due, update.clone()));
            }
        }
    }

    /// Takes another controller as a partner. It is owed what `like` is owed, since it began as a copy of that one.
    pub fn take_partner(&mut self, partner: Uuid, like: Option<Uuid>) {
        let owed = like.and_then(|like| self.replica.outbox.queue_for(like));
        let queue = owed.cloned().unwrap_or_default();
        self.replica.outbox.partners.push(Mailbox { to: partner, queue });
    }

    /// Forgets a partner and what it was owed. Without partners there is nobody to differ from, so all stamps go too.
    pub fn drop_partner(&mut self, partner: Uuid) {
        let replica = &mut self.replica;
        replica.outbox.partners.retain(|mailbox| mailbox.to != partner);
        if !replica.outbox.has_partners() {
            replica.outbox.fresh.clear();
            replica.marks.clear();
            replica.links.clear();
            replica.gone.clear();
            replica.early.clear();
        }
    }

    /// The first time at which something may arrive somewhere.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        let fronts = self.replica.outbox.partners.iter().map(|mailbox| mailbox.queue.front());
        fronts.flatten().map(|(due, _)| *due).min()
    }

    /// How many updates were not delivered yet, each counted once for each partner that lacks it.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.replica
            .outbox
            .partners
            .iter()
            .map(|mailbox| mailbox.queue.len())
            .sum()
    }

    /// A time by which about `most` updates may arrive, and no later than `now`. What one operation changed has one time, and all
    /// partners are told of the same operations up to it.
    #[must_use]
    pub fn cut(&self, now: Duration, most: usize) -> Duration {
        let last = most.saturating_sub(1);
        let partners = self.replica.outbox.partners.iter();
        let dues = partners
            .filter_map(|mailbox| mailbox.queue.get(last))
            .map(|(due, _)| *due);
        dues.min().unwrap_or(now).min(now)
    }

    /// Takes out at most `most` updates that may arrive at a partner by now.
    pub fn take_due(&mut self, partner: Uuid, now: Duration, most: usize) -> Vec<Arc<Update>> {
        let mut partners = self.replica.outbox.partners.iter_mut();
        let Some(mailbox) = partners.find(|mailbox| mailbox.to == partner) else {
            return Vec::new();
        };
        let ripe = mailbox
            .queue
            .iter()
            .take(most)
            .take_while(|(due, _)| *due <= now)
            .count();
        mailbox.queue.drain(..ripe).map(|(_, update)| update).collect()
    }
}
