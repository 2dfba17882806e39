//! How long it takes to load a great many people, what memory they take, and how fast they are found.

use std::path::Path;
use std::time::Duration;

use directory::NewPerson;
use vocabulary::{Password, SystemClock};

use super::ber;
use super::clock::Stopwatch;
use super::connection::Connection;
use super::drive::rates;
use super::target::{Server, Target, config, pinned, processor_time};

const UNIT: &str = "OU=People,DC=corp,DC=test";
const PAGE: u16 = 1000;

/// The part of the process that is measured: loads, says so, and serves until it is killed.
pub fn serve(people: u64, folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let handle = directory::start(config(folder), SystemClock::shared()).await.unwrap();
        let units = [("objectClass", "organizationalUnit")];
        add_unit(&Target::embedded(handle.address(), folder), &units).await;
        let (watch, before) = (Stopwatch::start(), processor_time("self"));
        let loaded = handle.load((0..people).map(person), |_| {}).unwrap();
        let said = serde_json::json!({
            "ready": true,
            "address": handle.address(),
            "people": loaded,
            "seconds": watch.elapsed().as_secs_f64(),
            "of_processor": (processor_time("self") - before).as_secs_f64(),
        });
        println!("{said}");
        std::future::pending::<()>().await;
        handle.stop().await;
    });
}

async fn add_unit(target: &Target, attributes: &[(&'static str, &'static str)]) {
    let attributes: Vec<(&str, Vec<u8>)> = attributes
        .iter()
        .map(|(name, value)| (*name, value.as_bytes().to_vec()))
        .collect();
    let bind = ber::bind(&target.writer, target.writer_password.as_bytes());
    let mut connection = target.connect();
    let adding = move || {
        for operation in [bind, ber::add(UNIT, &attributes)] {
            let (_, answer) = connection.ask(&operation, &[]);
            assert_eq!(answer.code, Some(0), "{answer:?}");
        }
    };
    tokio::task::spawn_blocking(adding).await.unwrap();
}

fn person(number: u64) -> NewPerson {
    let sam = format!("u{number:07}");
    let attributes = vec![
        ("sAMAccountName", sam.clone()),
        ("userPrincipalName", format!("{sam}@corp.test")),
        ("userAccountControl", "512".to_owned()),
        ("givenName", format!("Given{}", number % 997)),
        ("sn", format!("Surname{}", number % 4999)),
        ("displayName", format!("Given{} Surname{}", number % 997, number % 4999)),
        ("mail", format!("{sam}@mail.corp.test")),
        ("department", format!("Department {}", number % 40)),
    ];
    NewPerson {
        dn: format!("CN=Person {number:07},{UNIT}"),
        attributes,
        password: Password::new(format!("First-Pass-{number}")),
    }
}

/// Loads in a process of its own and tells what was seen.
pub fn measure(people: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = pinned(&std::env::current_exe().unwrap());
    command
        .args(["--serve-people", &people.to_string(), "--folder"])
        .arg(folder.path());
    let server = Server::start(command, folder);
    let [now, most] = server.memory();
    let [seconds, used] = ["seconds", "of_processor"].map(|name| server.ready[name].as_f64().unwrap());
    println!("{people} people: loaded in {seconds:.1} s, {used:.1} s of its processor");
    println!("  {now} MiB resident, {most} MiB at most");
    let target = server.target();
    let mut connection = target.connect();
    let bind = ber::bind(&target.writer, target.writer_password.as_bytes());
    assert_eq!(connection.ask(&bind, &[]).1.code, Some(0));
    find(&mut connection, &target, people);
    leaf_through(&mut connection, &target, people);
    let [now, most] = server.memory();
    println!("  afterwards {now} MiB resident, {most} MiB at most");
}

fn find(connection: &mut Connection, target: &Target, people: u64) {
    let filters = [
        ("sAMAccountName", ""),
        ("userPrincipalName", "@corp.test"),
        ("mail", "@mail.corp.test"),
    ];
    for (attr, ending) in filters {
        let rounds = (0..5).map(|_| {
            let watch = Stopwatch::start();
            let mut done = 0_u64;
            while watch.elapsed() < Duration::from_secs(1) {
                let value = format!("u{:07}{ending}", done * 7919 % people);
                let search = ber::search(&target.base, (attr, Some(value.as_bytes())), &["objectGUID"]);
                let (entries, answer) = connection.ask(&search, &[]);
                assert_eq!((entries, answer.code), (1, Some(0)), "{answer:?}");
                done += 1;
            }
            done as f64 / watch.elapsed().as_secs_f64()
        });
        println!("  by {attr}, one after the other: {}", rates(rounds.collect(), "/s"));
    }
}

fn leaf_through(connection: &mut Connection, target: &Target, people: u64) {
    let search = ber::search(&target.base, ("userPrincipalName", None), &["objectGUID", "pwdLastSet"]);
    let (mut cookie, mut seen, mut pages) = (Vec::new(), 0, Vec::new());
    let whole = Stopwatch::start();
    loop {
        let watch = Stopwatch::start();
        let (entries, answer) = connection.ask(&search, &ber::page(PAGE, &cookie));
        assert_eq!(answer.code, Some(0), "{answer:?}");
        pages.push(watch.elapsed().as_secs_f64() * 1000.0);
        seen += entries as u64;
        cookie = answer.cookie;
        if cookie.is_empty() {
            break;
        }
    }
    assert_eq!(seen, people);
    let seconds = whole.elapsed().as_secs_f64();
    println!(
        "  {} pages of {PAGE} in {seconds:.1} s; a page: {}",
        pages.len(),
        rates(pages, " ms")
    );
}
