//! When a part is ready: when it says so in its log, because a condition of its own held.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::timeout;

use super::engine::Engine;
use crate::EnvironmentError;

/// What every part writes, on a line of JSON, once it serves.
const READY: &str = "\"ready\":true";
/// How many lines of a part that did not become ready go into the error.
const KEPT: usize = 20;

/// Waits until a container's log says that its part is ready; gives the line that says so.
///
/// # Errors
/// [`EnvironmentError::NotReady`] with the last lines of its log when it ends first, or when `within` is over.
pub(super) async fn wait(
    engine: &Engine,
    container: &str,
    part: &str,
    within: Duration,
) -> Result<String, EnvironmentError> {
    wait_again(engine, container, part, within, 0).await
}

/// How often a container's log says that its part is ready.
pub(super) async fn count(engine: &Engine, container: &str) -> Result<usize, EnvironmentError> {
    let log = engine.log(container).await?;
    Ok(String::from_utf8_lossy(&log)
        .lines()
        .filter(|line| is_ready(line))
        .count())
}

/// The same for a container that has said so `before` times in earlier lives.
pub(super) async fn wait_again(
    engine: &Engine,
    container: &str,
    part: &str,
    within: Duration,
    before: usize,
) -> Result<String, EnvironmentError> {
    let mut watch = Watch {
        before,
        ..Watch::default()
    };
    let not_ready = |cause: String| EnvironmentError::NotReady {
        part: part.to_owned(),
        cause,
    };
    match timeout(within, watch_log(engine, container, &mut watch)).await {
        Ok(Ok(Some(line))) => Ok(line),
        Ok(Ok(None)) => {
            let code = exit_code(engine, container).await;
            Err(not_ready(format!(
                "it ended with {code}; its last words:\n{}",
                watch.last_words()
            )))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => {
            let seconds = within.as_secs();
            Err(not_ready(format!(
                "not within {seconds} s; its last words:\n{}",
                watch.last_words()
            )))
        }
    }
}

async fn watch_log(engine: &Engine, container: &str, watch: &mut Watch) -> Result<Option<String>, EnvironmentError> {
    let mut log = std::pin::pin!(engine.follow(container));
    while let Some(chunk) = log.next().await {
        if let Some(line) = watch.take(&chunk?) {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

async fn exit_code(engine: &Engine, container: &str) -> String {
    let state = engine.inspect(container).await.ok().and_then(|seen| seen.state);
    state
        .and_then(|state| state.exit_code)
        .map_or_else(|| "an unknown code".to_owned(), |code| format!("code {code}"))
}

/// Puts a log's pieces together to lines and looks for the one that matters.
#[derive(Debug, Default)]
struct Watch {
    partial: Vec<u8>,
    lines: VecDeque<String>,
    /// Lines that say so and are of earlier lives.
    before: usize,
}

impl Watch {
    /// Takes the next piece; gives the line that says that the part is ready.
    fn take(&mut self, piece: &[u8]) -> Option<String> {
        let mut ready = None;
        for byte in piece {
            if *byte == b'\n' {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.partial)).into_owned();
                if is_ready(&line) {
                    match self.before.checked_sub(1) {
                        Some(left) => self.before = left,
                        None => drop(ready.get_or_insert_with(|| line.clone())),
                    }
                }
                self.keep(line);
            } else {
                self.partial.push(*byte);
            }
        }
        ready
    }

    fn keep(&mut self, line: String) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    fn last_words(&self) -> String {
        let partial = String::from_utf8_lossy(&self.partial).into_owned();
        let all = self
            .lines
            .iter()
            .cloned()
            .chain((!partial.is_empty()).then_some(partial));
        all.collect::<Vec<_>>().join("\n")
    }
}

fn is_ready(line: &str) -> bool {
    line.trim_start().starts_with('{') && line.contains(READY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_line_is_found_across_pieces() {
        let mut watch = Watch::default();
        assert_eq!(watch.take(b"hello\n{\"level\":\"INFO\",\"fields\":{\"rea"), None);
        let line = watch.take(b"dy\":true,\"role\":\"relay\"}}\nmore").unwrap();
        assert_eq!(
            line,
            "{\"level\":\"INFO\",\"fields\":{\"ready\":true,\"role\":\"relay\"}}"
        );
    }

    #[test]
    fn what_was_said_in_an_earlier_life_does_not_count() {
        let mut watch = Watch {
            before: 1,
            ..Watch::default()
        };
        assert_eq!(watch.take(b"{\"ready\":true,\"life\":1}\n"), None);
        let line = watch.take(b"{\"ready\":true,\"life\":2}\n").unwrap();
        assert!(line.contains("\"life\":2"), "{line}");
    }

    #[test]
    fn what_only_looks_like_it_is_not_ready() {
        let mut watch = Watch::default();
        assert_eq!(
            watch.take(b"{\"ready\":false}\nnot json \"ready\":true\n{\"ready\":true"),
            None
        );
    }

    #[test]
    fn the_last_words_are_the_last_twenty_lines() {
        let mut watch = Watch::default();
        for number in 0..30 {
            watch.take(format!("line {number}\n").as_bytes());
        }
        watch.take(b"unfinished");
        let words = watch.last_words();
        assert!(
            words.starts_with("line 10\n") && words.ends_with("line 29\nunfinished"),
            "{words}"
        );
    }
}
