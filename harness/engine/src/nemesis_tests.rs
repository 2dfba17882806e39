//! Faults against a world that makes them and nothing else.

use std::path::PathBuf;

use history::RunFolder;
use scenario::{FaultKind, MovePdc, Person, Plan, Vault};
use tempfile::TempDir;
use uuid::Uuid;
use vocabulary::{Password, SystemClock};

use super::*;
use crate::ports::{Answer, Facts, Held, Journaled, Place, PortError, Seen, Target, Watcher};

/// Counts the faults it made; the load ends while it makes the one of that number.
struct Breakable {
    made: usize,
    ends_at: usize,
    living: Option<oneshot::Sender<()>>,
}

impl World for Breakable {
    fn inject<'a>(&'a mut self, _: &'a Fault) -> Answer<'a, Injected> {
        Box::pin(async move {
            self.made += 1;
            if self.made == self.ends_at {
                self.living = None;
                // Others run meanwhile, the end of the load among them.
                tokio::task::yield_now().await;
            }
            Ok(Injected {
                target: "a part".to_owned(),
                bit: Some(true),
            })
        })
    }

    fn stand_up<'a>(&'a mut self, _: &'a Plan, _: PathBuf, _: &'a dyn Progress) -> Answer<'a, Facts> {
        unreachable!("nobody stands it up")
    }

    fn populate<'a>(&'a mut self, _: &'a [Person], _: &'a Vault, _: &'a dyn Progress) -> Answer<'a, Vec<Uuid>> {
        unreachable!("nobody lives there")
    }

    fn synchronise<'a>(&'a mut self, _: u64) -> Answer<'a, ()> {
        unreachable!("nobody lives there")
    }

    fn single_out<'a>(&'a mut self, _: &'a [Person]) -> Answer<'a, ()> {
        unreachable!("nobody lives there")
    }

    fn lock<'a>(
        &'a mut self,
        _: &'a [&'a Person],
        _: &'a Vault,
        _: &'a dyn Progress,
    ) -> Answer<'a, Vec<(u64, String, history::BindRecord)>> {
        unreachable!("nobody lives there")
    }

    fn target(&self) -> Result<Target, PortError> {
        unreachable!("no load goes there")
    }

    fn metadata<'a>(&'a mut self) -> Answer<'a, Vec<Seen>> {
        unreachable!("nobody lives there")
    }

    fn watchers<'a>(&'a mut self) -> Answer<'a, Vec<Box<dyn Watcher>>> {
        unreachable!("nothing is watched")
    }

    fn oracle<'a>(&'a mut self, _: &'a [Person], _: &'a Vault, _: &'a [u32]) -> Answer<'a, Vec<Held>> {
        unreachable!("nobody lives there")
    }

    fn bind<'a>(&'a mut self, _: &'a Person, _: &'a Vault, _: u32) -> Answer<'a, (String, history::BindRecord)> {
        unreachable!("nobody lives there")
    }

    fn journals<'a>(&'a mut self) -> Answer<'a, Vec<Journaled>> {
        unreachable!("nothing was written down")
    }

    fn scan<'a>(&'a mut self, _: &'a [Password], _: Vec<Place>) -> Answer<'a, history::ScanRecord> {
        unreachable!("nothing is searched")
    }

    fn secrets(&self) -> Vec<Password> {
        Vec::new()
    }

    fn tear_down<'a>(&'a mut self) -> Answer<'a, ()> {
        unreachable!("nothing stands")
    }
}

struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str, _: Option<u64>) {}
    fn at(&self, _: u64) {}
    fn note(&self, _: &str) {}
}

fn fault(at: Duration) -> Fault {
    let what = FaultKind::MovePdc(MovePdc { forest: 1, to: 2 });
    Fault { at, what }
}

/// What is on record of the faults at these instants, when the load ends while the one of that number is made.
async fn recorded(instants: &[Duration], ends_at: usize, begin: bool) -> Vec<(String, Option<bool>)> {
    let dir = TempDir::new().unwrap();
    let folder = RunFolder::create(&dir.path().join("run")).unwrap();
    let clock = RunClock::starting_now(SystemClock::shared());
    let (recorder, recording) = Recorder::start(folder.writer().unwrap(), clock.clone());
    let faults: Vec<Fault> = instants.iter().copied().map(fault).collect();
    let nemesis = Nemesis {
        faults: &faults,
        recorder: &recorder,
        clock: &clock,
        progress: &Quiet,
    };
    let ((begun, begins), (living, ended)) = (oneshot::channel(), oneshot::channel());
    let mut world = Breakable {
        made: 0,
        ends_at,
        living: Some(living),
    };
    if begin {
        begun.send(clock.at_us()).unwrap();
    } else {
        drop(begun);
    }
    nemesis.disturb(&mut world, begins, ended).await;
    drop(recorder);
    recording.seal().await.unwrap();
    let events = folder.events().unwrap().map(Result::unwrap);
    let told = |event| match event {
        Event::Inject(fault) => Some((fault.target, fault.bit)),
        _ => None,
    };
    events.filter_map(told).collect()
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_fault_under_way_is_finished_and_one_whose_instant_never_came_did_not_bite() {
    let told = recorded(&[Duration::ZERO, HOUR, HOUR], 1, true).await;
    let late = ("the load ended before its instant".to_owned(), Some(false));
    assert_eq!(told, [("a part".to_owned(), Some(true)), late.clone(), late]);
}

#[tokio::test]
async fn a_load_that_never_began_saw_no_fault() {
    let told = recorded(&[Duration::ZERO], 1, false).await;
    assert_eq!(told, [("the load ended before its instant".to_owned(), Some(false))]);
}
