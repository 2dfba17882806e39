//! The faults without a socket: each kind's rule, its counters and its end.

use super::*;

const RELAY: &str = "relay1.servicebus.wblab.test";

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn ratio(text: &str) -> vocabulary::Ratio {
    text.parse().unwrap()
}

fn order(what: ByteFault) -> FaultOrder {
    FaultOrder {
        names: vec!["*.servicebus.wblab.test".to_owned()],
        what,
        lease: ms(1_000),
    }
}

/// A connection of the relay's name, and a fault on it that lasts from 0 to 1 s.
fn with(what: ByteFault) -> (Faults, ConnectionId) {
    let mut faults = Faults::new(7);
    let id = faults.opened(RELAY, ms(0));
    assert!(faults.put("f", order(what), ms(0)));
    (faults, id)
}

fn pass(faults: &mut Faults, id: ConnectionId, bytes: usize, now: u64) -> Passing {
    faults.pass(id, Direction::ToServer, &mut vec![0; bytes], ms(now))
}

fn counted(faults: &Faults, now: u64) -> (u64, u64, u64) {
    let state = faults.list(ms(now)).remove(0);
    (state.connections, state.bytes, state.left_ms)
}

const CARRY: Then = Then::Carry { slice: None };

#[test]
fn a_partition_holds_its_ways_until_it_ends_and_only_its_names() {
    let (mut faults, id) = with(ByteFault::Partition {
        direction: Ways::ToServer,
    });
    let other = faults.opened("login.wblab.test", ms(0));
    let up = Some(Direction::ToServer);
    assert_eq!(faults.held(id, up, 10, ms(5)), Some(ms(1_000)));
    assert_eq!(faults.held(id, Some(Direction::ToClient), 10, ms(5)), None);
    assert_eq!(
        faults.held(id, None, 5, ms(5)),
        Some(ms(1_000)),
        "opening needs both ways"
    );
    assert_eq!(faults.held(other, up, 10, ms(5)), None);
    assert_eq!(counted(&faults, 400), (1, 15, 600));
    assert_eq!(faults.held(id, up, 10, ms(1_000)), None, "the lease is over");
    assert!(faults.any(ms(999)) && !faults.any(ms(1_000)));
    assert_eq!(faults.remove("f", ms(1_000)).unwrap().bytes, 15);
    assert_eq!(faults.remove("f", ms(1_000)), None);
}

#[test]
fn half_open_takes_the_server_from_connections_that_there_were() {
    let (mut faults, old) = with(ByteFault::HalfOpen);
    let new = faults.opened(RELAY, ms(10));
    assert_eq!(faults.fate(new, ms(10)), Fate::Lives { ask_again: None });
    assert_eq!(faults.fate(old, ms(10)), Fate::ServerGone);
    assert!(!faults.lost(old, 100, ms(20)), "no answer while it lasts");
    assert_eq!(counted(&faults, 20), (1, 100, 980));
    assert!(faults.lost(old, 100, ms(1_000)), "afterwards RST");
    faults.remove("f", ms(1_100));
    assert!(faults.lost(old, 1, ms(1_100)));
}

#[test]
fn a_silent_connection_is_forgotten_and_one_that_talks_is_not() {
    let (mut faults, id) = with(ByteFault::IdleDrop { after: ms(200) });
    assert_eq!(
        faults.fate(id, ms(100)),
        Fate::Lives {
            ask_again: Some(ms(200))
        }
    );
    pass(&mut faults, id, 1, 150);
    assert_eq!(
        faults.fate(id, ms(200)),
        Fate::Lives {
            ask_again: Some(ms(350))
        }
    );
    assert_eq!(faults.fate(id, ms(350)), Fate::Forgotten);
    assert_eq!(counted(&faults, 350).0, 1);
}

#[test]
fn idleness_counts_from_the_beginning_of_the_fault_and_ends_with_it() {
    let mut faults = Faults::new(7);
    let id = faults.opened(RELAY, ms(0));
    faults.put("f", order(ByteFault::IdleDrop { after: ms(200) }), ms(5_000));
    assert_eq!(
        faults.fate(id, ms(5_000)),
        Fate::Lives {
            ask_again: Some(ms(5_200))
        }
    );
    assert_eq!(faults.fate(id, ms(6_000)), Fate::Lives { ask_again: None });
}

#[test]
fn delays_jitter_and_keep_the_order() {
    let (mut faults, id) = with(ByteFault::Delay {
        by: ms(100),
        jitter: ms(50),
    });
    let mut last = Duration::ZERO;
    let mut different = 0;
    for at in 0..50 {
        let passing = pass(&mut faults, id, 10, at);
        assert!(passing.at >= last && passing.at >= ms(at + 50) && passing.at <= ms(at + 150));
        different += u32::from(passing.at != ms(at + 100));
        last = passing.at;
    }
    assert!(different > 25, "{different}");
    assert_eq!(counted(&faults, 50), (1, 500, 950));
    assert_eq!(pass(&mut faults, id, 10, 2_000).at, ms(2_000), "the lease is over");
}

#[test]
fn a_lost_segment_is_late_by_retransmission_timeouts() {
    let (mut faults, id) = with(ByteFault::Loss { ratio: ratio("1/5") });
    let mut late = 0;
    for at in 0..100 {
        let passing = faults.pass(id, Direction::ToClient, &mut [0; 100], ms(at));
        let by = passing.at.saturating_sub(ms(at)).as_millis();
        late += u32::from(by > 0);
    }
    let (connections, bytes, _) = counted(&faults, 0);
    assert!(
        (10..100).contains(&late),
        "{late}: what is behind a lost segment waits with it"
    );
    assert!(connections == 1 && bytes > 0 && bytes < 100 * 100, "{bytes}");
    let (mut always, id) = with(ByteFault::Loss { ratio: ratio("1/1") });
    assert_eq!(
        pass(&mut always, id, 1, 0).at,
        ms(200 * 255),
        "the timeout doubles, and there is an end"
    );
}

#[test]
fn a_slow_link_is_shared() {
    let (mut faults, one) = with(ByteFault::SlowLink { bytes_per_s: 1_000 });
    let two = faults.opened(RELAY, ms(0));
    assert_eq!(pass(&mut faults, one, 100, 0).at, ms(100));
    assert_eq!(pass(&mut faults, two, 50, 10).at, ms(150));
    assert_eq!(faults.pass(two, Direction::ToClient, &mut [0; 50], ms(10)).at, ms(60));
    assert_eq!(counted(&faults, 10).0, 2);
}

#[test]
fn resets_and_bit_flips_come_by_the_die() {
    let (mut faults, id) = with(ByteFault::Reset { ratio: ratio("1/2") });
    let resets = (0..100).filter(|_| pass(&mut faults, id, 10, 0).then == Then::Reset);
    let resets = resets.count() as u64;
    assert!((20..80).contains(&resets), "{resets}");
    assert_eq!(counted(&faults, 0), (1, resets * 10, 1_000));

    let (mut faults, id) = with(ByteFault::Corrupt { ratio: ratio("1/1") });
    let mut bytes = [0; 20];
    assert_eq!(faults.pass(id, Direction::ToClient, &mut bytes, ms(0)).then, CARRY);
    assert_eq!(bytes.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
    assert_eq!(counted(&faults, 0), (1, 20, 1_000));
}

#[test]
fn what_passes_is_cut_behind_the_handshake() {
    let (mut faults, old) = with(ByteFault::Truncate);
    let new = faults.opened(RELAY, ms(0));
    assert_eq!(pass(&mut faults, new, 300, 0).then, CARRY);
    assert_eq!(pass(&mut faults, new, 80, 0).then, CARRY);
    for id in [old, new] {
        let Then::Truncate(kept) = pass(&mut faults, id, 500, 0).then else {
            panic!("not cut");
        };
        assert!(kept > 0 && kept < 500);
    }
    assert_eq!(counted(&faults, 0), (2, 1_000, 1_000));
}

#[test]
fn slices_are_cut_and_the_smallest_counts() {
    let (mut faults, id) = with(ByteFault::Slice { bytes: 100 });
    faults.put("g", order(ByteFault::Slice { bytes: 7 }), ms(0));
    assert_eq!(pass(&mut faults, id, 50, 0).then, Then::Carry { slice: Some(7) });
    assert_eq!(pass(&mut faults, id, 5, 0).then, CARRY, "smaller than a slice");
    let state = faults.list(ms(0));
    assert_eq!((state[0].bytes, state[1].bytes), (0, 50));
}

#[test]
fn the_same_seed_throws_the_same_dice() {
    let thrown = |seed, name: &str| {
        let mut faults = Faults::new(seed);
        let id = faults.opened(RELAY, ms(0));
        let what = ByteFault::Reset { ratio: ratio("1/2") };
        faults.put(name, order(what), ms(0));
        (0..64).map(|_| pass(&mut faults, id, 1, 0).then).collect::<Vec<_>>()
    };
    assert_eq!(thrown(1, "f"), thrown(1, "f"));
    assert_ne!(thrown(1, "f"), thrown(2, "f"));
    assert_ne!(thrown(1, "f"), thrown(1, "g"));
}

#[test]
fn there_is_an_end_to_what_is_remembered() {
    let mut faults = Faults::new(1);
    for number in 0..FAULTS_MAX {
        assert!(faults.put(&format!("f{number}"), order(ByteFault::HalfOpen), ms(0)));
    }
    assert!(!faults.put("one more", order(ByteFault::HalfOpen), ms(0)));
    assert!(
        faults.put("f0", order(ByteFault::Truncate), ms(0)),
        "in the place of the old one"
    );
    let id = faults.opened(RELAY, ms(0));
    faults.closed(id);
    assert_eq!(faults.connections.len(), 0);
}

#[test]
fn orders_are_read_strictly() {
    let text = r#"{"names":["a.test"],"what":{"delay":{"by":"200ms"}},"lease":"5s"}"#;
    let order: FaultOrder = serde_json::from_str(text).unwrap();
    assert_eq!(
        order.what,
        ByteFault::Delay {
            by: ms(200),
            jitter: ms(0)
        }
    );
    for wrong in [
        r#"{"what":"half_open"}"#,
        r#"{"what":"nonsense","lease":"5s"}"#,
        r#"{"what":"half_open","lease":"5s","x":1}"#,
        r#"{"what":{"loss":{"ratio":"3/2"}},"lease":"5s"}"#,
    ] {
        assert!(serde_json::from_str::<FaultOrder>(wrong).is_err(), "{wrong}");
    }
}
