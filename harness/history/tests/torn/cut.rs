//! A history that was cut or damaged reads up to what is whole, and says how much was left out.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use history::{Event, Phase, PhaseEvent, RunFolder};

struct Run {
    _home: tempfile::TempDir,
    folder: RunFolder,
    /// Where each frame ends in the file, from 0, with the events written by then.
    ends: Vec<(usize, u64)>,
    bytes: Vec<u8>,
}

fn phase(enter: Phase) -> Event {
    Event::Phase(PhaseEvent {
        seq: 0,
        at_us: 0,
        phase: Phase::Provision,
        enter,
        broke: Vec::new(),
    })
}

/// Frames of one, two, three … events.
fn run(frames: u64) -> Run {
    let home = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&home.path().join("run")).unwrap();
    let path = folder.path("history.jsonl.zst");
    let mut writer = folder.writer().unwrap();
    let (mut ends, mut events) = (vec![(0, 0)], 0);
    for frame in 1..=frames {
        for _ in 0..frame {
            writer.append(phase(Phase::Measure), events * 7, Phase::WarmUp).unwrap();
            events += 1;
        }
        writer.flush().unwrap();
        ends.push((usize::try_from(fs::metadata(&path).unwrap().len()).unwrap(), events));
    }
    assert_eq!(writer.seal().unwrap(), events);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(ends.last().unwrap().0, bytes.len());
    Run {
        _home: home,
        folder,
        ends,
        bytes,
    }
}

impl Run {
    fn path(&self) -> PathBuf {
        self.folder.path("history.jsonl.zst")
    }

    /// Puts these bytes in the place of the history; gives the events that read, and what was left out.
    fn read(&self, bytes: &[u8]) -> (u64, Option<u64>) {
        fs::write(self.path(), bytes).unwrap();
        let mut events = self.folder.events().unwrap();
        let mut count = 0;
        for event in events.by_ref() {
            let stamp = event.unwrap().stamp();
            assert_eq!((stamp.seq, stamp.at_us), (count, count * 7));
            count += 1;
        }
        assert!(events.next().is_none(), "an end is an end");
        let mut text = String::new();
        self.folder.history_text().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text.lines().count() as u64, count, "the text ends where the events do");
        (count, events.torn())
    }

    /// What is whole of the first so many bytes: the last end of a frame, and the events up to it.
    fn whole(&self, bytes: usize) -> (usize, u64) {
        *self.ends.iter().rev().find(|(end, _)| *end <= bytes).unwrap()
    }
}

#[test]
fn a_cut_at_any_byte_leaves_every_frame_before_it() {
    let run = run(5);
    for cut in 0..=run.bytes.len() {
        let (end, events) = run.whole(cut);
        let torn = (cut > end).then_some((cut - end) as u64);
        assert_eq!(run.read(&run.bytes[..cut]), (events, torn), "cut at {cut}");
    }
}

#[test]
fn a_tail_that_was_never_written_is_left_out() {
    let run = run(3);
    let all = run.whole(run.bytes.len()).1;
    for (tail, what) in [
        (vec![0; 4096], "zeros"),
        (vec![0x28, 0xB5], "half a magic"),
        (b"noise".to_vec(), "noise"),
    ] {
        let filled = [run.bytes.as_slice(), &tail].concat();
        assert_eq!(run.read(&filled), (all, Some(tail.len() as u64)), "{what}");
        // The same in the place of a frame's end, as a file system may leave it after a loss of power.
        let cut = run.bytes.len() - 5;
        let (end, events) = run.whole(cut);
        let filled = [&run.bytes[..cut], &tail].concat();
        let left_out = (filled.len() - end) as u64;
        assert_eq!(run.read(&filled), (events, Some(left_out)), "{what} in a frame");
    }
}

#[test]
fn a_bit_that_flipped_ends_the_history_before_its_frame() {
    let run = run(4);
    let (from, events) = run.ends[2];
    for place in from..run.ends[3].0 {
        let mut bytes = run.bytes.clone();
        bytes[place] ^= 0x10;
        let (read, torn) = run.read(&bytes);
        let whole = run.ends.iter().find(|(_, events)| *events == read);
        assert!(
            read >= events && whole.is_some(),
            "only whole frames: {read} at {place}"
        );
        // One bit of a frame's header means nothing (RFC 8878, section 3.1.1.1.1.3): nothing is lost with it.
        let left_out = (run.bytes.len() - whole.unwrap().0) as u64;
        assert_eq!(torn, (left_out > 0).then_some(left_out), "at {place}");
    }
}

#[test]
fn a_last_line_without_an_end_is_left_out() {
    let run = run(2);
    let part = br#"{"kind":"phase","seq":3"#;
    let frame = zstd::bulk::compress(part, 3).unwrap();
    let (count, torn) = {
        fs::write(run.path(), [run.bytes.as_slice(), &frame].concat()).unwrap();
        let mut events = run.folder.events().unwrap();
        (events.by_ref().filter_map(Result::ok).count(), events.torn())
    };
    assert_eq!((count, torn), (3, Some(part.len() as u64)));
}

#[test]
fn frames_are_given_whole_and_a_history_is_written_once() {
    let run = run(4);
    let lines = run
        .folder
        .frames()
        .unwrap()
        .map(|frame| frame.unwrap().split_inclusive(|byte| *byte == b'\n').count());
    assert_eq!(lines.collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(run.folder.writer().is_err());
}

#[test]
fn a_frame_larger_than_what_is_read_at_once_is_read_whole() {
    let home = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&home.path().join("run")).unwrap();
    let line = |number: u32| {
        let text = serde_json::to_string(&phase(Phase::Measure)).unwrap();
        // Digits that compress badly.
        text.replace(
            r#""seq":0"#,
            &format!(r#""seq":{}"#, number.wrapping_mul(2_654_435_761)),
        ) + "\n"
    };
    let text: String = (0..60_000).map(line).collect();
    let frame = zstd::bulk::compress(text.as_bytes(), 1).unwrap();
    assert!(frame.len() > 300_000, "{}", frame.len());
    fs::write(folder.path("history.jsonl.zst"), &frame).unwrap();
    let mut events = folder.events().unwrap();
    assert_eq!(events.by_ref().filter(Result::is_ok).count(), 60_000);
    assert_eq!(events.torn(), None);
}

#[test]
fn a_scan_tells_every_line_in_order_and_what_was_left_out() {
    let run = run(60);
    let told = |bytes: &[u8]| {
        fs::write(run.path(), bytes).unwrap();
        let mut seen = Vec::new();
        let torn = run
            .folder
            .scan(|line| line.at_us(), |at_us| seen.push(at_us / 7))
            .unwrap();
        (seen, torn)
    };
    let (end, events) = run.ends[59];
    assert_eq!(told(&run.bytes), ((0..run.ends[60].1).collect(), None));
    let cut = &run.bytes[..end + 9];
    assert_eq!(told(cut), ((0..events).collect(), Some(9)));
    assert_eq!(run.read(cut), (events, Some(9)), "the same, event by event");
}

#[test]
fn many_chunks_come_in_order_and_a_line_that_does_not_read_is_named() {
    let home = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&home.path().join("run")).unwrap();
    let mut writer = folder.writer().unwrap();
    let count = 60_000;
    for at_us in 0..count {
        writer.append(phase(Phase::Populate), at_us, Phase::Provision).unwrap();
    }
    writer.seal().unwrap();
    let mut seen = Vec::new();
    assert_eq!(
        folder.scan(|line| line.at_us(), |at_us| seen.push(at_us)).unwrap(),
        None
    );
    assert!(seen.into_iter().eq(0..count));

    let lines = b"{\"kind\":\"phase\",\"seq\":0,\"at_us\":1,\"phase\":\"provision\",\"enter\":\"populate\"}\n{}\n";
    let path = folder.path("history.jsonl.zst");
    fs::write(path, zstd::bulk::compress(lines, 1).unwrap()).unwrap();
    let error = folder.scan(|line| line.at_us(), |_| ()).unwrap_err().to_string();
    assert!(error.contains("line 2 does not read"), "{error}");
}
