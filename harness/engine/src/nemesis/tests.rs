//! Faults against a world that makes them and nothing else.

use std::path::PathBuf;

use history::RunFolder;
use scenario::{FaultKind, MovePdc, OfPart, PartName, Person, Plan, RestartStorm, Vault};
use tempfile::TempDir;
use uuid::Uuid;
use vocabulary::{Password, SystemClock};

use super::*;
use crate::ports::{Answer, Entry, Facts, Held, Journaled, Place, PortError, Seen, Target, Watcher};

/// What is done to a fault, in the order in which it was asked for.
type Asked = Vec<(&'static str, usize)>;

/// Notes what it was asked; the load ends while it makes the fault of that number, counted from 1.
struct Breakable {
    asked: Asked,
    ends_at: usize,
    living: Option<oneshot::Sender<()>>,
    /// Whether faults can be healed.
    heals: bool,
}

impl Breakable {
    async fn ask(&mut self, what: &'static str, number: usize) {
        self.asked.push((what, number));
        if what == "inject" && number + 1 == self.ends_at {
            self.living = None;
            // Others run meanwhile, the end of the load among them.
            tokio::task::yield_now().await;
        }
    }
}

impl World for Breakable {
    fn inject<'a>(&'a mut self, number: usize, fault: &'a Fault) -> Answer<'a, Injected> {
        Box::pin(async move {
            self.ask("inject", number).await;
            if fault.what == FaultKind::JournalFull {
                return Err("there is no journal".into());
            }
            Ok(Injected {
                target: "a part".to_owned(),
                bit: (!fault.what.lasts()).then_some(true),
                touched: Vec::new(),
            })
        })
    }

    fn again<'a>(&'a mut self, number: usize, _: &'a Fault) -> Answer<'a, ()> {
        Box::pin(async move {
            self.ask("again", number).await;
            Ok(())
        })
    }

    fn heal<'a>(&'a mut self, number: usize, _: &'a Fault) -> Answer<'a, Healed> {
        Box::pin(async move {
            self.ask("heal", number).await;
            if self.heals {
                Ok(Healed { bit: Some(true) })
            } else {
                self.living = None;
                Err("it would not".into())
            }
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

    fn attributes<'a>(&'a mut self, _: &'a mut (dyn FnMut(Entry) + Send)) -> Answer<'a, ()> {
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
    Fault {
        at,
        lasts: None,
        edge: None,
        what,
    }
}

fn lasting(at: Duration, lasts: Duration, what: FaultKind) -> Fault {
    Fault {
        at,
        lasts: Some(lasts),
        edge: None,
        what,
    }
}

fn kill(at: Duration, lasts: Duration) -> Fault {
    lasting(at, lasts, FaultKind::Kill(OfPart { part: PartName::Agent }))
}

/// What a world was asked, and what is on record: each event's name, target and bite.
struct Course {
    asked: Asked,
    recorded: Vec<(&'static str, String, Option<bool>)>,
}

/// How the load goes while there are faults.
struct Weather {
    begins: bool,
    /// It ends while the fault of this number is made, counted from 1, or when one would not heal.
    ends_at: usize,
    heals: bool,
}

const FAIR: Weather = Weather {
    begins: true,
    ends_at: 0,
    heals: true,
};

async fn course(faults: &[Fault], weather: Weather) -> Course {
    let dir = TempDir::new().unwrap();
    let folder = RunFolder::create(&dir.path().join("run")).unwrap();
    let clock = RunClock::starting_now(SystemClock::shared());
    let (recorder, recording) = Recorder::start(folder.writer().unwrap(), clock.clone());
    let nemesis = Nemesis {
        faults,
        recorder: &recorder,
        clock: &clock,
        progress: &Quiet,
    };
    let ((begun, begins), (living, ended)) = (oneshot::channel(), oneshot::channel());
    let mut world = Breakable {
        asked: Vec::new(),
        ends_at: weather.ends_at,
        living: Some(living),
        heals: weather.heals,
    };
    if weather.begins {
        begun.send(clock.at_us()).unwrap();
    } else {
        drop(begun);
    }
    nemesis.disturb(&mut world, begins, ended).await;
    drop(recorder);
    recording.seal().await.unwrap();
    let told = |event| match event {
        Event::Inject(fault) => Some(("inject", fault.target, fault.bit)),
        Event::Heal(fault) => Some(("heal", fault.target, fault.bit)),
        Event::Phase(phase) => Some((phase.enter.as_str(), String::new(), None)),
        _ => None,
    };
    Course {
        asked: world.asked,
        recorded: folder.events().unwrap().map(Result::unwrap).filter_map(told).collect(),
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_millis(5);

fn event(name: &'static str, target: &str, bit: Option<bool>) -> (&'static str, String, Option<bool>) {
    (name, target.to_owned(), bit)
}

#[tokio::test]
async fn a_fault_under_way_is_finished_and_one_whose_instant_never_came_did_not_bite() {
    let faults = [fault(Duration::ZERO), fault(HOUR), fault(HOUR)];
    let course = course(&faults, Weather { ends_at: 1, ..FAIR }).await;
    let late = event("inject", "the load ended before its instant", Some(false));
    assert_eq!(
        course.recorded,
        [event("inject", "a part", Some(true)), late.clone(), late]
    );
    assert_eq!(course.asked, [("inject", 0)]);
}

#[tokio::test]
async fn a_load_that_never_began_saw_no_fault() {
    let begins = false;
    let course = course(&[kill(Duration::ZERO, HOUR)], Weather { begins, ..FAIR }).await;
    let never = event("inject", "the load ended before its instant", Some(false));
    assert_eq!(course.recorded, [never]);
    assert_eq!(course.asked, []);
}

#[tokio::test]
async fn a_lasting_fault_is_healed_at_its_instant_and_only_then_is_known_to_have_bitten() {
    let course = course(&[kill(Duration::ZERO, MOMENT), fault(Duration::ZERO)], FAIR).await;
    let expected = [
        event("inject", "a part", None),
        event("inject", "a part", Some(true)),
        event("heal", "a part", Some(true)),
    ];
    assert_eq!(course.recorded, expected);
}

#[tokio::test]
async fn what_is_left_when_the_load_has_ended_is_healed_in_a_phase_of_its_own() {
    let faults = [kill(Duration::ZERO, HOUR), kill(MOMENT, HOUR), fault(HOUR)];
    let course = course(&faults, Weather { ends_at: 2, ..FAIR }).await;
    assert_eq!(course.asked, [("inject", 0), ("inject", 1), ("heal", 1), ("heal", 0)]);
    let names: Vec<&str> = course.recorded.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, ["inject", "inject", "inject", "heal", "heal", "heal"]);
    assert_eq!(course.recorded[3], event("heal", "", None), "the phase is entered");
}

#[tokio::test]
async fn what_would_not_heal_is_tried_once_more_and_then_proves_nothing() {
    let heals = false;
    let course = course(&[kill(Duration::ZERO, MOMENT)], Weather { heals, ..FAIR }).await;
    assert_eq!(course.asked, [("inject", 0), ("heal", 0), ("heal", 0)]);
    let expected = [
        event("inject", "a part", None),
        event("heal", "", None),
        event("heal", "a part", Some(false)),
    ];
    assert_eq!(course.recorded, expected);
}

#[tokio::test]
async fn what_could_not_be_made_did_not_bite_and_is_not_healed() {
    let full = lasting(Duration::ZERO, MOMENT, FaultKind::JournalFull);
    let course = course(&[full], FAIR).await;
    assert_eq!(course.recorded, [event("inject", "there is no journal", Some(false))]);
    assert_eq!(course.asked, [("inject", 0)]);
}

#[tokio::test]
async fn a_storm_is_made_again_and_again() {
    let part = PartName::Agent;
    let storm = FaultKind::RestartStorm(RestartStorm { part, times: 3 });
    let course = course(&[lasting(Duration::ZERO, MOMENT, storm)], FAIR).await;
    assert_eq!(course.asked, [("inject", 0), ("again", 0), ("again", 0), ("heal", 0)]);
    assert_eq!(course.recorded.len(), 2, "a storm is one fault: {:?}", course.recorded);
}

#[test]
fn a_lease_is_longer_than_the_fault() {
    assert_eq!(lease(&kill(HOUR, HOUR)), Some(HOUR + crate::ports::LEASE_SLACK));
    assert_eq!(lease(&fault(HOUR)), None);
}
