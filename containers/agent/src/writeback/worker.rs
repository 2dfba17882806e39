//! The desk and its workers: how many requests wait, who takes the next, and whose turn it is for one person.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::carry::Finished;
use super::lanes::Lanes;
use super::service::{Incoming, Reply, Service, Work};

/// A reply on its way to a relay. It keeps its place in the queue's count until it is written.
pub(crate) struct Outgoing {
    /// The request that it answers.
    pub(crate) request_id: String,
    /// The reply.
    pub(crate) reply: Reply,
    /// The place, for whoever was given one.
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

/// Where a reply goes.
#[derive(Clone)]
pub(crate) struct ReplyTo {
    /// The request that it answers.
    pub(crate) request_id: String,
    /// The channel to the relay.
    pub(crate) channel: mpsc::Sender<Outgoing>,
}

impl ReplyTo {
    async fn send(self, reply: Reply, place: OwnedSemaphorePermit) {
        let outgoing = Outgoing {
            request_id: self.request_id,
            reply,
            place: Some(place),
        };
        if self.channel.send(outgoing).await.is_err() {
            tracing::warn!("the connection that a request came on is gone; its answer is lost");
        }
    }
}

struct Job {
    incoming: Incoming,
    reply_to: ReplyTo,
    place: OwnedSemaphorePermit,
}

struct Parked {
    work: Work,
    reply_to: ReplyTo,
    place: OwnedSemaphorePermit,
}

/// The bounded queue in front of the workers.
pub(crate) struct Desk {
    places: Arc<Semaphore>,
    sender: mpsc::Sender<Job>,
}

/// What the workers share.
pub(crate) struct Crew {
    service: Arc<Service>,
    queue: AsyncMutex<mpsc::Receiver<Job>>,
    lanes: Mutex<Lanes<Parked>>,
    answers: Mutex<JoinSet<()>>,
}

/// A desk for at most `limit` requests, waiting or worked on, and the crew behind it.
pub(crate) fn desk(service: Arc<Service>, limit: usize) -> (Desk, Arc<Crew>) {
    let limit = limit.clamp(1, Semaphore::MAX_PERMITS);
    let (sender, receiver) = mpsc::channel(limit);
    let crew = Crew {
        service,
        queue: AsyncMutex::new(receiver),
        lanes: Mutex::default(),
        answers: Mutex::default(),
    };
    (
        Desk {
            places: Arc::new(Semaphore::new(limit)),
            sender,
        },
        Arc::new(crew),
    )
}

impl Desk {
    /// Takes a request in, or says that the house is full: then nothing was dispatched.
    pub(crate) fn submit(&self, incoming: Incoming, reply_to: ReplyTo) -> bool {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return false;
        };
        self.sender
            .try_send(Job {
                incoming,
                reply_to,
                place,
            })
            .is_ok()
    }
}

impl Crew {
    /// One worker: takes requests until the desk is gone.
    pub(crate) async fn work(self: Arc<Self>) {
        while let Some(job) = self.next().await {
            self.take(job).await;
        }
    }

    /// Ends the answers under way; when this returns nobody holds the service any more for them.
    pub(crate) async fn end(&self) {
        let mut answers = std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner));
        answers.shutdown().await;
    }

    async fn next(&self) -> Option<Job> {
        self.queue.lock().await.recv().await
    }

    /// Opens a request and works the person's lane until it is empty; a person whose lane is taken does not hold up
    /// this worker.
    async fn take(&self, job: Job) {
        let Job {
            incoming,
            reply_to,
            place,
        } = job;
        self.service.ready_for(&incoming).await;
        let work = match self.service.open(&incoming) {
            Ok(work) => work,
            Err(reply) => return reply_to.send(reply, place).await,
        };
        let person = work.anchor().to_owned();
        let mut turn = self.lanes().enter(&person, Parked { work, reply_to, place });
        while let Some(parked) = turn {
            let finished = self.service.perform(&parked.work).await;
            self.answer(parked, finished);
            turn = self.lanes().leave(&person);
        }
    }

    /// Answers in a task of its own: the disk that notes the ending holds up neither the worker nor the person's next
    /// operation, whose own notes come behind.
    fn answer(&self, parked: Parked, finished: Finished) {
        let Parked { work, reply_to, place } = parked;
        let service = Arc::clone(&self.service);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        while answers.try_join_next().is_some() {}
        answers.spawn(async move {
            let (reply, unstored) = service.answer(&work, finished).await;
            reply_to.send(reply, place).await;
            if let Some(unstored) = unstored {
                service.store_late(&work, unstored).await;
            }
        });
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Lanes<Parked>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
