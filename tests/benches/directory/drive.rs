//! The load: people who are reset, bind and are looked for, on several connections at once.

use std::time::Duration;

use super::ber;
use super::clock::Stopwatch;
use super::connection::{Batch, Connection};
use super::target::Target;

/// One request in so many binds proves that a wrong password is refused.
const WRONG_EVERY: usize = 64;
const SUCCESS: u8 = 0;
const INVALID_CREDENTIALS: u8 = 49;
const ALREADY_EXISTS: u8 = 68;

/// How the load is shaped.
#[derive(Clone, Copy)]
pub struct Shape {
    pub connections: usize,
    /// Requests on the way at once on each connection.
    pub depth: usize,
    /// People on each connection.
    pub people: usize,
    pub rounds: usize,
    /// How long a round lasts.
    pub round: Duration,
}

/// The operations that are measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Reset,
    Bind,
    Search,
}

impl Operation {
    pub const ALL: [Self; 3] = [Self::Reset, Self::Bind, Self::Search];

    pub fn name(self) -> &'static str {
        match self {
            Self::Reset => "resets",
            Self::Bind => "binds",
            Self::Search => "searches",
        }
    }
}

/// One connection with its people.
struct Worker {
    connection: Connection,
    people: Vec<Person>,
    /// Batches of resets that were carried out.
    resets: usize,
}

struct Person {
    dn: String,
    sam: String,
    /// Which of two passwords is theirs.
    second: bool,
}

impl Person {
    fn password(&self, second: bool) -> String {
        let which = if second { "Evening" } else { "Morning" };
        format!("{which}-Sun-{}!", &self.sam[1..])
    }
}

/// A directory with its people and open connections.
pub struct Load<'a> {
    target: &'a Target,
    shape: Shape,
    workers: Vec<Worker>,
}

impl<'a> Load<'a> {
    /// Adds people and opens connections.
    pub fn new(target: &'a Target, shape: Shape) -> Self {
        let workers = (0..shape.connections)
            .map(|number| Worker {
                connection: target.connect(),
                people: (0..shape.people)
                    .map(|at| person(target, number * shape.people + at))
                    .collect(),
                resets: 0,
            })
            .collect();
        let mut load = Self { target, shape, workers };
        load.bind_administrator();
        populate(target, &mut load.workers);
        load
    }

    fn bind_administrator(&mut self) {
        let admin = ber::bind(&self.target.writer, self.target.writer_password.as_bytes());
        for worker in &mut self.workers {
            assert_eq!(worker.connection.ask(&admin, &[]).1.code, Some(SUCCESS));
        }
    }

    /// Operations a second, one figure for each round, and the directory's processor time for one in microseconds.
    pub fn measure(&mut self, operation: Operation) -> (Vec<f64>, Option<f64>) {
        let batches: Vec<Vec<Batch>> = self
            .workers
            .iter()
            .map(|worker| self.batches(worker, operation))
            .collect();
        // Binds leave the connections to whoever bound last, or to nobody.
        self.bind_administrator();
        // The first round warms up and is not told.
        self.round(&batches, operation);
        let before = self.target.processor_time();
        let rounds: Vec<(usize, Duration)> = (0..self.shape.rounds)
            .map(|_| self.round(&batches, operation))
            .collect();
        let used = self
            .target
            .processor_time()
            .zip(before)
            .map(|(after, before)| after - before);
        let all: usize = rounds.iter().map(|(done, _)| done).sum();
        let rates = rounds
            .iter()
            .map(|(done, time)| *done as f64 / time.as_secs_f64())
            .collect();
        (rates, used.map(|used| used.as_secs_f64() * 1e6 / all as f64))
    }

    fn round(&mut self, batches: &[Vec<Batch>], operation: Operation) -> (usize, Duration) {
        let (watch, length) = (Stopwatch::start(), self.shape.round);
        let done: usize = std::thread::scope(|scope| {
            let running: Vec<_> = self
                .workers
                .iter_mut()
                .zip(batches)
                .map(|(worker, batches)| scope.spawn(move || worker.run(batches, operation, watch, length)))
                .collect();
            running.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        (done, watch.elapsed())
    }

    fn batches(&self, worker: &Worker, operation: Operation) -> Vec<Batch> {
        let mut requests = Vec::new();
        let passes = if operation == Operation::Reset { 2 } else { 1 };
        for pass in 0..passes {
            for (at, person) in worker.people.iter().enumerate() {
                requests.push(self.request(person, operation, pass == 0, at));
            }
        }
        requests
            .chunks(self.shape.depth)
            .map(|requests| {
                let mut batch = Batch::default();
                for (request, code, entries) in requests {
                    batch.push(request, *code, *entries);
                }
                batch
            })
            .collect()
    }

    fn request(&self, person: &Person, operation: Operation, other: bool, at: usize) -> (Vec<u8>, u8, usize) {
        let base = unit(self.target);
        match operation {
            Operation::Reset => {
                let clear = person.password(person.second != other);
                (ber::reset(&person.dn, &clear), SUCCESS, 0)
            }
            Operation::Bind if at % WRONG_EVERY == WRONG_EVERY - 1 => {
                let wrong = ber::bind(&person.dn, b"Wrong-Password-1");
                (wrong, INVALID_CREDENTIALS, 0)
            }
            Operation::Bind => {
                let clear = person.password(person.second);
                (ber::bind(&person.dn, clear.as_bytes()), SUCCESS, 0)
            }
            Operation::Search => {
                let wanted = ["objectGUID", "msDS-KeyVersionNumber", "pwdLastSet", "lockoutTime"];
                let filter = ("sAMAccountName", Some(person.sam.as_bytes()));
                (ber::search(&base, filter, &wanted), SUCCESS, 1)
            }
        }
    }
}

impl Worker {
    fn run(&mut self, batches: &[Batch], operation: Operation, watch: Stopwatch, length: Duration) -> usize {
        let mut done = 0;
        for at in (0..batches.len()).cycle().skip(self.resets % batches.len()) {
            self.connection.exchange(&batches[at]);
            done += batches[at].expected.len();
            if operation == Operation::Reset {
                self.note(at, batches);
            }
            if watch.elapsed() >= length {
                break;
            }
        }
        done
    }

    /// Notes whose password was changed: resets go through all people with the one password, then with the other.
    fn note(&mut self, at: usize, batches: &[Batch]) {
        let before: usize = batches[..at].iter().map(|batch| batch.expected.len()).sum();
        for position in before..before + batches[at].expected.len() {
            let count = self.people.len();
            let person = &mut self.people[position % count];
            person.second = !person.second;
        }
        self.resets += 1;
    }
}

fn unit(target: &Target) -> String {
    format!("OU=Benchmark,{}", target.base)
}

fn person(target: &Target, number: usize) -> Person {
    let sam = format!("b{number:06}");
    Person {
        dn: format!("CN={sam},{}", unit(target)),
        sam,
        second: false,
    }
}

/// Adds those who are not there yet, and gives everybody their first password.
fn populate(target: &Target, workers: &mut [Worker]) {
    let there = |code: Option<u8>| matches!(code, Some(SUCCESS | ALREADY_EXISTS));
    let class = |name: &str| ("objectClass", name.as_bytes().to_vec());
    let unit = ber::add(&unit(target), &[class("organizationalUnit")]);
    let (_, answer) = workers[0].connection.ask(&unit, &[]);
    assert!(there(answer.code), "{answer:?}");
    for worker in workers {
        for person in &worker.people {
            let attributes = [
                class("user"),
                ("sAMAccountName", person.sam.clone().into_bytes()),
                // Enabled, and without a password until the reset that follows.
                ("userAccountControl", b"544".to_vec()),
            ];
            let (_, answer) = worker.connection.ask(&ber::add(&person.dn, &attributes), &[]);
            assert!(there(answer.code), "{answer:?}");
            let first = ber::reset(&person.dn, &person.password(false));
            let (_, answer) = worker.connection.ask(&first, &[]);
            assert_eq!(answer.code, Some(SUCCESS), "{answer:?}");
        }
    }
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The middle of some figures and how far they reach.
pub fn rates(mut figures: Vec<f64>, unit: &str) -> String {
    figures.sort_by(f64::total_cmp);
    let (least, most) = (figures[0], figures[figures.len() - 1]);
    let middle = median(figures);
    let digits = if most < 100.0 { 1 } else { 0 };
    format!("{middle:.digits$}{unit} (from {least:.digits$} to {most:.digits$})")
}
