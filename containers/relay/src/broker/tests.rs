//! The broker without a socket: tickets and wakers are plain words.

use super::*;

const FAR: Duration = Duration::from_secs(86_400);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn key(number: u128) -> Key {
    Key(Uuid::from_u128(number))
}

fn broker() -> Broker<u128, &'static str> {
    let limits = Limits {
        listeners_max: 2,
        in_flight_max: 3,
        backlog_max: 1_000,
        request_timeout: secs(60),
        accept_timeout: secs(30),
        idle_timeout: secs(240),
        ping_every: secs(100),
        listener_lifetime: secs(50_000),
    };
    Broker::new(2, limits)
}

fn join(broker: &mut Broker<u128, &'static str>, name: &'static str) -> ListenerId {
    let activity = Some(name.to_owned());
    broker.join(EntityId(0), activity, name, FAR, secs(0)).unwrap()
}

fn order(number: u128, kind: Kind) -> Order<u128> {
    Order {
        key: key(number),
        entity: EntityId(0),
        kind,
        choice: Choice::default(),
        text: format!("text {number}"),
        body: Some(Bytes::from_static(b"body")),
        roll: u64::try_from(number).unwrap(),
        withheld: false,
        ticket: number,
    }
}

fn keys(batch: &Batch) -> Vec<Key> {
    let key = |outgoing: &Outgoing| match outgoing {
        Outgoing::Message { key, .. } => Some(*key),
        Outgoing::Stray { .. } | Outgoing::Ping => None,
    };
    batch.messages.iter().filter_map(key).collect()
}

fn failure(why: FailureWhy, dispatched: bool) -> Failure {
    Failure { why, dispatched }
}

#[test]
fn a_request_goes_out_once_and_its_response_comes_back_once() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    assert_eq!(broker.dispatch(order(1, Kind::Request), secs(1)), Ok("one"));
    assert_eq!(keys(&broker.take(one, secs(2))), [key(1)]);
    assert_eq!(broker.take(one, secs(2)), Batch::default());
    broker.written(&[key(1)], secs(3));
    let settled = broker.responded(one, key(1));
    assert_eq!(
        settled,
        Some(Settled {
            ticket: 1,
            sent_at: Some(secs(3))
        })
    );
    assert_eq!(broker.responded(one, key(1)), None);
    assert_eq!(broker.in_flight(), 0);
}

#[test]
fn the_die_picks_and_the_choice_narrows() {
    let mut broker = broker();
    assert_eq!(
        broker.dispatch(order(0, Kind::Request), secs(0)),
        Err(Undelivered::NoListener)
    );
    join(&mut broker, "one");
    join(&mut broker, "two");
    assert_eq!(broker.dispatch(order(2, Kind::Request), secs(0)), Ok("one"));
    assert_eq!(broker.dispatch(order(3, Kind::Request), secs(0)), Ok("two"));
    let only = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let mut chosen = order(4, Kind::Request);
    chosen.choice.allowed = only(&["TWO"]);
    assert_eq!(broker.dispatch(chosen, secs(0)), Ok("two"));
    broker.abandon(key(4));
    let mut nobody = order(5, Kind::Request);
    nobody.choice = Choice {
        allowed: only(&["two"]),
        disallowed: vec!["two".to_owned()],
    };
    assert_eq!(broker.dispatch(nobody, secs(0)), Err(Undelivered::NoneAllowed));
}

#[test]
fn listeners_requests_and_backlogs_are_bounded() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    join(&mut broker, "two");
    assert_eq!(broker.join(EntityId(0), None, "three", FAR, secs(0)), None);
    assert!(broker.join(EntityId(1), None, "elsewhere", FAR, secs(0)).is_some());
    let long = |number| Order {
        text: "x".repeat(990),
        ..order(number, Kind::Request)
    };
    assert_eq!(broker.dispatch(long(2), secs(0)), Ok("one"));
    assert_eq!(
        broker.dispatch(long(4), secs(0)),
        Ok("two"),
        "the first one's queue is full"
    );
    assert_eq!(broker.dispatch(long(6), secs(0)), Err(Undelivered::Backlogged));
    broker.take(one, secs(0));
    assert_eq!(broker.dispatch(long(8), secs(0)), Ok("one"));
    assert_eq!(
        broker.dispatch(order(10, Kind::Request), secs(0)),
        Err(Undelivered::TooMany)
    );
}

#[test]
fn a_lost_listener_fails_its_requests_at_once_and_says_what_it_may_have_seen() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    broker.dispatch(order(1, Kind::Request), secs(0)).unwrap();
    broker.take(one, secs(1));
    broker.dispatch(order(2, Kind::Request), secs(1)).unwrap();
    let effects = broker.leave(one);
    assert_eq!(effects.len(), 3, "{effects:?}");
    for effect in [
        Effect::Doom("one"),
        Effect::Fail(1, failure(FailureWhy::Lost, true)),
        Effect::Fail(2, failure(FailureWhy::Lost, false)),
    ] {
        assert!(effects.contains(&effect), "{effect:?}");
    }
    assert_eq!((broker.listeners(), broker.in_flight()), (0, 0));
}

#[test]
fn what_comes_too_late_fails_and_is_never_said() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    broker.dispatch(order(1, Kind::Connect), secs(0)).unwrap();
    broker.dispatch(order(2, Kind::Request), secs(0)).unwrap();
    assert_eq!(broker.tick(secs(29)), []);
    assert_eq!(
        broker.tick(secs(30)),
        [Effect::Fail(1, failure(FailureWhy::NotAccepted, false))]
    );
    assert_eq!(
        keys(&broker.take(one, secs(31))),
        [key(2)],
        "the first one's message is dropped"
    );
    assert_eq!(
        broker.tick(secs(60)),
        [Effect::Fail(2, failure(FailureWhy::TimedOut, true))]
    );
    assert_eq!(broker.responded(one, key(2)), None);
}

#[test]
fn an_address_is_good_once_and_only_for_its_gesture() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    broker.dispatch(order(1, Kind::Connect), secs(0)).unwrap();
    assert_eq!(broker.claim(key(1), Kind::Request), None);
    assert_eq!(broker.responded(one, key(1)), None);
    assert_eq!(
        broker.claim(key(1), Kind::Connect).map(|settled| settled.ticket),
        Some(1)
    );
    assert_eq!(broker.claim(key(1), Kind::Connect), None);
}

#[test]
fn a_listener_cannot_answer_for_another() {
    let mut broker = broker();
    join(&mut broker, "one");
    let two = join(&mut broker, "two");
    broker.dispatch(order(2, Kind::Request), secs(0)).unwrap();
    assert_eq!(broker.responded(two, key(2)), None);
    assert_eq!(broker.in_flight(), 1);
}

#[test]
fn tokens_end_and_silence_ends_and_pings_are_due() {
    let mut broker = broker();
    let one = broker.join(EntityId(0), None, "one", secs(150), secs(0)).unwrap();
    let two = broker.join(EntityId(0), None, "two", secs(150), secs(0)).unwrap();
    broker.renewed(one, FAR);
    assert_eq!(broker.tick(secs(99)), []);
    let mut pinged = broker.tick(secs(100));
    pinged.sort_by_key(|effect| format!("{effect:?}"));
    assert_eq!(pinged, [Effect::Wake("one"), Effect::Wake("two")]);
    assert_eq!(broker.take(one, secs(100)).messages, [Outgoing::Ping]);
    assert_eq!(broker.tick(secs(150)), [Effect::Doom("two")]);
    assert_eq!(broker.take(two, secs(150)).close, Some(Close::EXPIRED));
    broker.heard(one, secs(199));
    assert_eq!(broker.tick(secs(438)), [Effect::Wake("one")]);
    assert_eq!(broker.tick(secs(439)), [Effect::Doom("one")]);
    assert_eq!(
        broker.take(one, secs(439)),
        Batch {
            messages: vec![],
            close: Some(Close::IDLE)
        }
    );
    assert_eq!(broker.expel(one, Close::STOPPING), [], "the first reason stands");
    assert_eq!(
        broker.dispatch(order(1, Kind::Request), secs(440)),
        Err(Undelivered::NoListener)
    );
}

#[test]
fn listeners_are_restarted_on_purpose_after_their_lifetime() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    broker.heard(one, secs(50_000));
    broker.tick(secs(49_999));
    assert!(broker.tick(secs(50_000)).contains(&Effect::Doom("one")));
    assert_eq!(broker.take(one, secs(50_000)).close, Some(Close::RESTART));
}

fn parcel(number: u128) -> Parcel {
    Parcel {
        key: key(number),
        entity: EntityId(0),
        text: format!("text {number}"),
        body: None,
    }
}

fn withheld(number: u128) -> Order<u128> {
    Order {
        withheld: true,
        ..order(number, Kind::Request)
    }
}

#[test]
fn what_a_fault_has_is_said_only_when_it_lets_go_and_counts_as_dispatched() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    broker.dispatch(withheld(1), secs(1)).unwrap();
    assert_eq!(broker.take(one, secs(1)), Batch::default());
    assert_eq!(broker.deliver(parcel(1), 0), Some("one"));
    assert_eq!(broker.deliver(parcel(1), 0), Some("one"));
    let stray = || Outgoing::Stray {
        text: "text 1".to_owned(),
        body: None,
    };
    assert_eq!(broker.take(one, secs(2)).messages, [stray(), stray()]);
    assert_eq!(broker.responded(one, key(1)).map(|settled| settled.ticket), Some(1));
    assert_eq!(broker.responded(one, key(1)), None, "the copy's answer comes too late");
    broker.deliver(parcel(1), 0).unwrap();
    assert_eq!(broker.take(one, secs(3)).messages, [stray()], "though nobody waits");
    broker.dispatch(withheld(2), secs(3)).unwrap();
    assert!(
        broker
            .leave(one)
            .contains(&Effect::Fail(2, failure(FailureWhy::Lost, true)))
    );
    assert_eq!(broker.deliver(parcel(2), 0), None, "there is nobody to tell");
}

#[test]
fn a_muffled_response_is_lost_and_its_sender_waits_or_does_not() {
    let mut broker = broker();
    let one = join(&mut broker, "one");
    for number in [1, 2] {
        broker.dispatch(withheld(number), secs(0)).unwrap();
    }
    broker.muffle(key(1), Hearing::Lost, secs(0));
    broker.muffle(key(2), Hearing::Unanswered, secs(0));
    assert_eq!(broker.responded(one, key(1)), None);
    assert_eq!(broker.claim(key(2), Kind::Request), None);
    let timed_out = |ticket| Effect::Fail(ticket, failure(FailureWhy::TimedOut, true));
    assert_eq!(broker.tick(secs(0)), [timed_out(2)]);
    assert_eq!(broker.tick(secs(59)), []);
    assert_eq!(broker.tick(secs(60)), [timed_out(1)]);
}
