//! A whole history at once: unpacked by one thread, read by as many as there are processors, told in order.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::frames::Frames;
use crate::{HistoryError, Line};

/// Bytes of whole lines that one thread reads at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// More readers than this only wait for the one that unpacks.
const READERS_MAX: usize = 6;

/// Whole lines, numbered.
type Chunk = (u64, Vec<u8>);

/// What was made of the lines of a chunk: how many did read, and why the next one did not.
struct Parsed<C> {
    number: u64,
    lines: u64,
    told: C,
    broken: Option<serde_json::Error>,
}

/// Reads every line through `add`, which may run on several threads and puts together what belongs to a chunk of lines; hands the
/// chunks to `take` in the file's order. Tells how many bytes were left out because the history is torn at its end.
pub(crate) fn scan<C: Default + Send>(
    path: &Path,
    frames: Frames,
    add: impl Fn(&mut C, Line<'_>) + Sync,
    take: impl FnMut(C),
) -> Result<Option<u64>, HistoryError> {
    let readers = thread::available_parallelism().map_or(1, |count| count.get().min(READERS_MAX));
    let (chunks, work) = sync_channel(readers);
    let (results, done) = sync_channel(readers);
    let work = Arc::new(Mutex::new(work));
    thread::scope(|scope| {
        let unpacking = scope.spawn(move || unpack(frames, &chunks));
        for _ in 0..readers {
            let (work, results, add) = (Arc::clone(&work), results.clone(), &add);
            scope.spawn(move || read_chunks(&work, &results, add));
        }
        // Once the readers have gone, nobody is left to hold up the one who unpacks.
        drop((work, results));
        in_order(path, done, take)?;
        unpacking
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Cuts what is unpacked into chunks of whole lines; tells how much was left out at the end.
fn unpack(mut frames: Frames, chunks: &SyncSender<Chunk>) -> Result<Option<u64>, HistoryError> {
    let (mut chunk, mut number) = (Vec::new(), 0);
    while frames.append_next(&mut chunk)? {
        if chunk.len() < CHUNK_BYTES {
            continue;
        }
        let rest = chunk.split_off(whole_lines(&chunk));
        if !send(chunks, &mut number, std::mem::replace(&mut chunk, rest)) {
            return Ok(None);
        }
    }
    let rest = chunk.split_off(whole_lines(&chunk));
    send(chunks, &mut number, chunk);
    let unended = (!rest.is_empty()).then_some(rest.len() as u64);
    Ok(match (frames.torn(), unended) {
        (Some(torn), Some(unended)) => Some(torn + unended),
        (torn, unended) => torn.or(unended),
    })
}

/// Where the last whole line ends.
fn whole_lines(chunk: &[u8]) -> usize {
    memchr::memrchr(b'\n', chunk).map_or(0, |at| at + 1)
}

/// Sends a chunk that is not empty; tells whether anybody still reads.
fn send(chunks: &SyncSender<Chunk>, number: &mut u64, chunk: Vec<u8>) -> bool {
    if chunk.is_empty() {
        return true;
    }
    *number += 1;
    chunks.send((*number - 1, chunk)).is_ok()
}

fn read_chunks<C: Default>(
    work: &Mutex<Receiver<Chunk>>,
    results: &SyncSender<Parsed<C>>,
    add: &impl Fn(&mut C, Line<'_>),
) {
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, chunk)) = next else { return };
        if results.send(read_chunk(number, &chunk, add)).is_err() {
            return;
        }
    }
}

fn read_chunk<C: Default>(number: u64, chunk: &[u8], add: &impl Fn(&mut C, Line<'_>)) -> Parsed<C> {
    let mut parsed = Parsed {
        number,
        lines: 0,
        told: C::default(),
        broken: None,
    };
    let mut from = 0;
    for at in memchr::memchr_iter(b'\n', chunk) {
        match Line::parse(&chunk[from..=at]) {
            Ok(line) => add(&mut parsed.told, line),
            Err(error) => {
                parsed.broken = Some(error);
                break;
            }
        }
        parsed.lines += 1;
        from = at + 1;
    }
    parsed
}

fn in_order<C>(path: &Path, done: Receiver<Parsed<C>>, mut take: impl FnMut(C)) -> Result<(), HistoryError> {
    let mut waiting: BTreeMap<u64, Parsed<C>> = BTreeMap::new();
    let (mut next, mut lines) = (0, 0_u64);
    for parsed in done {
        waiting.insert(parsed.number, parsed);
        while let Some(parsed) = waiting.remove(&next) {
            next += 1;
            lines += parsed.lines;
            take(parsed.told);
            if let Some(source) = parsed.broken {
                return Err(HistoryError::Format {
                    path: path.to_owned(),
                    what: format!("line {}", lines + 1),
                    source,
                });
            }
        }
    }
    Ok(())
}
