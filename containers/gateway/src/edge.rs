//! The edge: the one place where bytes pass from one side to the other. Byte faults act here, and nowhere else.

use std::io;

use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

/// Replays what was read of the client, then copies both ways until both sides have ended.
/// Answers with the bytes that went out and came in.
///
/// # Errors
/// What the system said when one side broke; both sides are closed then.
pub(crate) async fn carry(mut client: TcpStream, mut server: TcpStream, seen: &[u8]) -> io::Result<(u64, u64)> {
    server.write_all(seen).await?;
    let (out, back) = copy_bidirectional(&mut client, &mut server).await?;
    Ok((out + seen.len() as u64, back))
}
