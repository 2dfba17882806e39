//! Resets over LDAP alone and resets through the whole chain, in blocks that take turns on one directory of a standing world.
//!
//! Both write the same attributes, `unicodePwd` and `lockoutTime`, with as many requests under way, to the same people, by the
//! same account.

use std::path::PathBuf;
use std::time::Duration;

use engine::pipe::{Done, Down, Hello, Ticket, Up, send};
use engine::ports::{Flow, Generator, Generators as _};
use load::ChildProcess;
use scenario::Persona;
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;
use vocabulary::{NameTable, OpKind, Outcome};

use super::ber;
use super::clock::{Stopwatch, unix_us};
use super::connection::{Batch, Connection};
use super::drive::median;
use super::target::{Target, wblab};

/// What the blocks are like.
#[derive(Clone, Copy)]
pub struct Blocks {
    /// Requests under way at once.
    pub users: u32,
    /// Pairs of blocks.
    pub pairs: usize,
    /// How long a block lasts.
    pub length: Duration,
}

/// Somebody who is reset.
struct Person {
    number: u64,
    upn: String,
    dn: String,
    label: u32,
}

/// Runs the blocks and tells the ratio of each pair.
pub fn compare(description: &str, blocks: Blocks) {
    let world: Value = serde_json::from_str(&std::fs::read_to_string(description).unwrap()).unwrap();
    let target = Target::as_agent(&PathBuf::from(description));
    let mut people = residents(&text(&world["people_file"]));
    let mut raw = Raw::open(&target, blocks.users);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let mut chain = Chain::open(&runtime, &world, blocks.users);
    // The first pair warms up and is not told.
    let mut ratios = Vec::new();
    for number in 0..=blocks.pairs {
        let alone = raw.block(&mut people, blocks.length);
        let whole = runtime.block_on(chain.block(&mut people, blocks.length));
        if number > 0 {
            println!(
                "pair {number}: {alone:.2}/s over LDAP alone, {whole:.2}/s through the chain, ratio {:.3}",
                whole / alone
            );
            ratios.push(whole / alone);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let middle = median(ratios.clone());
    // The second least and the second most of ten: the true median lies between them with 97.9 %.
    let inner = &ratios[usize::from(ratios.len() >= 6)..ratios.len() - usize::from(ratios.len() >= 6)];
    println!(
        "the chain against LDAP alone: median {middle:.3}, interval from {:.3} to {:.3}",
        inner[0],
        inner[inner.len() - 1]
    );
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text in the description").to_owned()
}

fn file(value: &Value) -> String {
    std::fs::read_to_string(text(value)).unwrap().trim_end().to_owned()
}

/// Everyone of `people.csv`, in the order of their numbers: four quoted fields a line (RFC 4180).
fn residents(path: &str) -> Vec<Person> {
    let rows = std::fs::read_to_string(path).unwrap();
    let rows = rows.lines().skip(1).zip(0..);
    rows.map(|(row, number)| {
        let fields: Vec<&str> = row.trim_matches('"').split("\",\"").collect();
        Person {
            number,
            upn: fields[0].to_owned(),
            dn: fields[2].replace("\"\"", "\""),
            label: 0,
        }
    })
    .collect()
}

/// Connections that reset over LDAP alone.
struct Raw {
    connections: Vec<Connection>,
    /// How many resets there were.
    done: usize,
}

impl Raw {
    fn open(target: &Target, users: u32) -> Self {
        let bind = ber::bind(&target.writer, target.writer_password.as_bytes());
        let connections = (0..users).map(|_| {
            let mut connection = target.connect();
            assert_eq!(connection.ask(&bind, &[]).1.code, Some(0));
            connection
        });
        Self {
            connections: connections.collect(),
            done: 0,
        }
    }

    /// Resets a second.
    fn block(&mut self, people: &mut [Person], length: Duration) -> f64 {
        let watch = Stopwatch::start();
        let shares = people.len().div_ceil(self.connections.len());
        let from = self.done;
        let done: usize = std::thread::scope(|scope| {
            let pairs = self.connections.iter_mut().zip(people.chunks(shares));
            let workers: Vec<_> = pairs
                .map(|(connection, people)| scope.spawn(move || resets(connection, people, from, watch, length)))
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        self.done += done;
        done as f64 / watch.elapsed().as_secs_f64()
    }
}

fn resets(connection: &mut Connection, people: &[Person], from: usize, watch: Stopwatch, length: Duration) -> usize {
    let mut done = 0;
    for person in people.iter().cycle().skip(from % people.len()) {
        let mut batch = Batch::default();
        let clear = format!("Raw-Noon-{}-{from}-{done}!", person.number);
        batch.push(&ber::reset_and_unlock(&person.dn, &clear), 0, 0);
        connection.exchange(&batch);
        done += 1;
        if watch.elapsed() >= length {
            break;
        }
    }
    done
}

/// The load generator before the whole chain.
struct Chain {
    generator: Generator,
    users: u32,
    number: u64,
    start: Stopwatch,
}

impl Chain {
    fn open(runtime: &Runtime, world: &Value, users: u32) -> Self {
        runtime.block_on(async {
            let mut child = ChildProcess {
                program: wblab(),
                prefix: Vec::new(),
            };
            let mut chain = Self {
                generator: child.start().unwrap(),
                users,
                number: 0,
                start: Stopwatch::start(),
            };
            chain.tell(&Down::Hello(Box::new(hello(world, users)))).await;
            assert!(matches!(chain.hear().await, Up::Ready));
            chain
        })
    }

    async fn tell(&mut self, message: &Down) {
        send(&mut self.generator.down, message).await.unwrap();
    }

    async fn hear(&mut self) -> Up {
        self.generator
            .up
            .receive()
            .await
            .unwrap()
            .expect("a generator that lives")
    }

    async fn end(&mut self) -> Done {
        loop {
            match self.hear().await {
                Up::Done(done) => return done,
                Up::Gauge(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Resets a second: a user whose reset has ended begins another, until the time is over; then the last ones end.
    async fn block(&mut self, people: &mut [Person], length: Duration) -> f64 {
        let watch = Stopwatch::start();
        for _ in 0..self.users {
            self.begin(people).await;
        }
        let (mut under_way, mut done) = (self.users, 0_u32);
        while under_way > 0 {
            let end = self.end().await;
            assert_eq!(end.outcome, Outcome::Applied, "each reset is applied");
            done += 1;
            under_way -= 1;
            if watch.elapsed() < length {
                self.begin(people).await;
                under_way += 1;
            }
        }
        f64::from(done) / watch.elapsed().as_secs_f64()
    }

    async fn begin(&mut self, people: &mut [Person]) {
        let count = people.len() as u64;
        let person = &mut people[usize::try_from(self.number % count).unwrap()];
        person.label += 1;
        let now = u64::try_from(self.start.elapsed().as_micros()).unwrap();
        let ticket = Ticket {
            number: self.number,
            intended_us: now,
            released_us: now,
            person: person.number,
            persona: Persona::Forgot,
            upn: person.upn.clone(),
            op: OpKind::Reset,
            writes: Some(person.label),
            then: None,
            holds: person.label - 1,
            op_id: Uuid::from_u64_pair(unix_us(), self.number),
            attempt: 1,
        };
        self.number += 1;
        self.tell(&Down::Ticket(ticket)).await;
    }
}

fn hello(world: &Value, users: u32) -> Hello {
    Hello {
        at_us: 0,
        unix_us: unix_us(),
        flow: Flow::Portal,
        portal_url: text(&world["cloud_url"]),
        graph_url: text(&world["graph_url"]),
        token_url: text(&world["token_url"]),
        helpdesk_upn: text(&world["helpdesk_upn"]),
        helpdesk_password: file(&world["helpdesk_password_file"]),
        names: NameTable::default(),
        ca_pem: file(&world["ca_file"]),
        lab_token: file(&world["lab_token_file"]),
        seed: 1,
        users,
        queue_max: users,
        start_within_us: 60_000_000,
        request_timeout_us: 60_000_000,
    }
}
