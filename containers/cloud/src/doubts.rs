//! Operations that were sent and whose end is not known: those of an earlier life of the cloud, and those of this one whose
//! answer did not come. They are asked about, under the same id, until the agent tells. It is for the record: whoever
//! waited was told that nobody knows, and that stays said.

use std::sync::Arc;
use std::time::Duration;

use protocol::writeback::Inquiry;
use tokio::task::JoinSet;
use tracing::info;
use uuid::Uuid;
use vocabulary::Outcome;

use crate::app::{App, Doubtful};
use crate::clock;
use crate::tenant::{Order, SentOrder};

/// Between two questions about one operation.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How long after its message died an operation is asked about, in seconds: agents remember that long at least.
const ASK_UNTIL: u64 = 60;

/// Questions at once.
pub(crate) const ASKED_AT_ONCE: usize = 16;

/// Asks about all of them.
pub(crate) async fn settle(app: Arc<App>, doubtful: Doubtful) {
    let mut asking = JoinSet::new();
    for (operation, sent) in doubtful {
        let app = Arc::clone(&app);
        asking.spawn(async move { ask_about(&app, operation, &sent).await });
    }
    while asking.join_next().await.is_some() {}
}

async fn ask_about(app: &App, operation: Uuid, sent: &SentOrder) {
    while app.now().unix.as_secs() < sent.expires.saturating_add(ASK_UNTIL) {
        let outcome = {
            // The semaphore is never closed: this cannot fail.
            let _turn = app.asking.acquire().await.ok();
            ask(app, operation, sent).await
        };
        if let Some(outcome) = outcome.filter(|outcome| !matches!(outcome, Outcome::Unknown(_))) {
            info!(%operation, ?outcome, "an operation in doubt was settled");
            app.tenant().settle_late(operation, sent, &outcome, app.now());
            return;
        }
        clock::sleep(ASK_EVERY).await;
    }
    info!(%operation, "an operation stays unknown");
}

/// One question; none while there is no agent, or where it kept no journal to ask.
async fn ask(app: &App, operation: Uuid, sent: &SentOrder) -> Option<Outcome> {
    let journal = sent.journal?;
    let order = {
        let mut tenant = app.tenant();
        let (keys, current) = tenant.alive_agent(app.now())?;
        Order {
            operation,
            person: sent.person,
            upn: sent.upn.clone(),
            anchor: sent.anchor.clone(),
            kind: sent.kind,
            password: None,
            current: None,
            proof: tenant.proof(),
            keys,
            journal: current,
        }
    };
    let inquiry = Inquiry {
        journal,
        expires: sent.expires,
    };
    Some(app.ask(&order, inquiry).await)
}
