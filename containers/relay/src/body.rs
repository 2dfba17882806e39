//! The two kinds of body that the relay answers with: known, or still arriving from a listener.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// The body of every answer.
pub(crate) type Body = Either<Full<Bytes>, Streamed>;

/// A body that arrives in pieces; an error among them aborts the sender's connection.
#[derive(Debug)]
pub(crate) struct Streamed(mpsc::Receiver<io::Result<Bytes>>);

/// A body that is known.
pub(crate) fn known(bytes: impl Into<Bytes>) -> Body {
    Either::Left(Full::new(bytes.into()))
}

/// A body that arrives; few pieces wait, so that a slow sender slows the listener.
pub(crate) fn streamed() -> (mpsc::Sender<io::Result<Bytes>>, Body) {
    let (pieces, receiver) = mpsc::channel(4);
    (pieces, Either::Right(Streamed(receiver)))
}

impl hyper::body::Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0
            .poll_recv(cx)
            .map(|piece| piece.map(|bytes| bytes.map(Frame::data)))
    }
}
