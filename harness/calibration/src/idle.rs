//! What a user costs who waits for a ticket.

use std::time::Duration;

use engine::pipe::{Down, Hello, Up, send};
use engine::ports::{Flow, Generators};
use serde::Serialize;
use vocabulary::NameTable;

use crate::CalibrationError;

/// How long so many users may take to come up.
const READY_WITHIN: Duration = Duration::from_secs(60);
const GIB: u64 = 1 << 30;

/// The memory of users who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Idle {
    /// Users that waited.
    pub users: u32,
    /// Memory of the generator's process with one user.
    pub one_user_bytes: u64,
    /// And with all of them.
    pub all_users_bytes: u64,
    /// Users for whom there is room in a GiB, the process itself included.
    pub users_per_gib: u64,
}

/// Starts a generator with one user and one with so many, and weighs both.
///
/// # Errors
/// [`CalibrationError::Generator`] when one does not come up, or is no process of its own.
pub async fn idle(generators: &mut dyn Generators, users: u32) -> Result<Idle, CalibrationError> {
    let one_user_bytes = weigh(generators, 1).await?;
    let all_users_bytes = weigh(generators, users).await?;
    let each = (all_users_bytes.saturating_sub(one_user_bytes) / u64::from(users.max(2) - 1)).max(1);
    Ok(Idle {
        users,
        one_user_bytes,
        all_users_bytes,
        users_per_gib: GIB.saturating_sub(one_user_bytes) / each,
    })
}

/// The memory of a generator whose users are all up.
async fn weigh(generators: &mut dyn Generators, users: u32) -> Result<u64, CalibrationError> {
    let failed = |cause: String| CalibrationError::Generator(cause);
    let mut generator = generators.start().map_err(|error| failed(error.to_string()))?;
    let hello = Down::Hello(Box::new(hello(users)));
    send(&mut generator.down, &hello)
        .await
        .map_err(|error| failed(error.to_string()))?;
    let answer = tokio::time::timeout(READY_WITHIN, generator.up.receive()).await;
    match answer {
        Ok(Ok(Some(Up::Ready))) => {}
        other => return Err(failed(format!("{users} users did not come up: {other:?}"))),
    }
    let used = generator.pid.and_then(|pid| engine::process_use("load", pid));
    drop(generator);
    used.map(|used| used.memory_bytes)
        .ok_or_else(|| failed("it is no process of its own".to_owned()))
}

fn hello(users: u32) -> Hello {
    Hello {
        at_us: 0,
        unix_us: 0,
        flow: Flow::Count,
        // Nobody asks there: no ticket comes.
        portal_url: "http://127.0.0.1:9".to_owned(),
        graph_url: String::new(),
        token_url: String::new(),
        helpdesk_upn: String::new(),
        helpdesk_password: String::new(),
        names: NameTable::default(),
        ca_pem: String::new(),
        lab_token: String::new(),
        seed: 1,
        users,
        queue_max: users,
        start_within_us: u64::MAX,
        request_timeout_us: 1_000_000,
    }
}
