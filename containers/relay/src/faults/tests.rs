//! The faults without a socket: each kind's rule, its counter and its end.

use uuid::Uuid;

use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn parcel(number: u128) -> Parcel {
    Parcel {
        key: Key(Uuid::from_u128(number)),
        entity: EntityId(0),
        text: format!("text {number}"),
        body: Some(Bytes::from(format!("body {number}"))),
    }
}

/// A fault that lasts from 0 to 10 s.
fn with(what: MessageFault) -> Faults {
    let mut faults = Faults::new(Seed::new(7));
    let order = FaultOrder {
        what,
        lease: ms(10_000),
    };
    assert_eq!(faults.put("f", order, ms(0)), Some(vec![]));
    faults
}

fn share(text: &str) -> vocabulary::Ratio {
    text.parse().unwrap()
}

fn messages(faults: &Faults) -> u64 {
    faults.list(ms(0))[0].messages
}

fn bodies(parcels: &[Parcel]) -> Vec<&[u8]> {
    parcels.iter().map(|parcel| parcel.body.as_deref().unwrap()).collect()
}

#[test]
fn without_a_fault_and_after_its_lease_a_request_passes() {
    let untouched = |treated: Treated| {
        let as_it_came = Treated {
            parcels: vec![parcel(1)],
            hearing: Hearing::Heard,
        };
        assert_eq!(treated, as_it_came);
    };
    let mut none = Faults::new(Seed::new(1));
    assert!(!none.any(ms(0)));
    untouched(none.request(parcel(1), ms(0)));
    for what in [
        MessageFault::LoseRequests { share: share("1/1") },
        MessageFault::Unanswered,
        MessageFault::ReorderRequests,
        MessageFault::OversizeRequests,
    ] {
        let mut faults = with(what);
        assert!(faults.any(ms(9_999)) && !faults.any(ms(10_000)));
        untouched(faults.request(parcel(1), ms(10_000)));
        assert_eq!(messages(&faults), 0);
    }
}

#[test]
fn requests_and_responses_are_lost_by_the_die() {
    let mut faults = with(MessageFault::LoseRequests { share: share("1/4") });
    let lost = (0..200)
        .filter(|number| faults.request(parcel(*number), ms(0)).parcels.is_empty())
        .count() as u64;
    assert!((25..80).contains(&lost), "{lost}");
    assert_eq!(messages(&faults), lost);

    let mut faults = with(MessageFault::LoseResponses { share: share("1/1") });
    let treated = faults.request(parcel(1), ms(0));
    assert_eq!((treated.parcels.len(), treated.hearing), (1, Hearing::Lost));
    let mut faults = with(MessageFault::Unanswered);
    assert_eq!(faults.request(parcel(1), ms(0)).hearing, Hearing::Unanswered);
    assert_eq!(messages(&faults), 1);
}

#[test]
fn a_request_comes_several_times() {
    let mut faults = with(MessageFault::DuplicateRequests {
        copies: 20,
        share: share("1/1"),
    });
    let treated = faults.request(parcel(1), ms(0));
    assert_eq!(treated.parcels, vec![parcel(1); 20]);
    assert_eq!((messages(&faults), treated.hearing), (19, Hearing::Heard));
}

#[test]
fn what_is_held_is_let_go_in_time_and_at_the_end_of_the_fault() {
    let mut faults = with(MessageFault::HoldRequests { by: ms(4_000) });
    assert!(faults.request(parcel(1), ms(0)).parcels.is_empty());
    assert!(faults.request(parcel(2), ms(9_000)).parcels.is_empty());
    assert_eq!(faults.tick(ms(3_999)), []);
    assert_eq!(faults.tick(ms(4_000)), [parcel(1)]);
    assert_eq!(faults.tick(ms(9_999)), []);
    assert!(faults.any(ms(10_000)), "it still keeps one");
    assert_eq!(faults.tick(ms(10_000)), [parcel(2)]);
    assert!(!faults.any(ms(10_000)));
    assert_eq!(messages(&faults), 2);
    faults.put("f", faults.list(ms(0))[0].order.clone(), ms(0)).unwrap();
    faults.request(parcel(3), ms(0));
    let (state, let_go) = faults.remove("f", ms(1)).unwrap();
    assert_eq!((state.messages, state.left_ms), (1, 9_999));
    assert_eq!(let_go, [parcel(3)]);
    assert_eq!(faults.remove("f", ms(1)), None);
}

#[test]
fn two_requests_change_places_and_one_alone_does_not_wait_for_ever() {
    let mut faults = with(MessageFault::ReorderRequests);
    assert!(faults.request(parcel(1), ms(0)).parcels.is_empty());
    assert_eq!(faults.request(parcel(2), ms(10)).parcels, [parcel(2), parcel(1)]);
    assert_eq!(messages(&faults), 2);
    faults.request(parcel(3), ms(20));
    assert_eq!(faults.tick(ms(1_019)), []);
    assert_eq!(faults.tick(ms(1_020)), [parcel(3)]);
    assert_eq!(messages(&faults), 2, "nothing has happened to it");
}

#[test]
fn two_requests_exchange_their_bodies_and_keep_their_ids() {
    let mut faults = with(MessageFault::SwapRequests);
    faults.request(parcel(1), ms(0));
    let swapped = faults.request(parcel(2), ms(10)).parcels;
    assert_eq!((swapped[0].key, swapped[1].key), (parcel(2).key, parcel(1).key));
    assert_eq!(bodies(&swapped), [b"body 1", b"body 2"]);
    assert_eq!(messages(&faults), 2);
    let bare = |number| Parcel {
        body: None,
        ..parcel(number)
    };
    faults.request(bare(3), ms(20));
    assert_eq!(faults.request(parcel(4), ms(20)).parcels, [parcel(4), bare(3)]);
    assert_eq!(messages(&faults), 2, "there was nothing to exchange");
}

#[test]
fn bodies_are_changed_and_grow() {
    let mut faults = with(MessageFault::CorruptRequests);
    let changed = faults.request(parcel(1), ms(0)).parcels;
    let bits = |(one, other): (&u8, &u8)| (one ^ other).count_ones();
    let body = parcel(1).body.unwrap();
    let flipped: u32 = body.iter().zip(changed[0].body.as_ref().unwrap()).map(bits).sum();
    assert_eq!((flipped, messages(&faults)), (1, 1));

    let mut faults = with(MessageFault::OversizeRequests);
    let grown = faults.request(parcel(1), ms(0)).parcels.remove(0).body.unwrap();
    assert_eq!(grown.len(), 65_537);
    assert!(grown.starts_with(b"body 1"));
}

#[test]
fn a_request_is_sent_once_more_later_and_not_after_the_fault() {
    let mut faults = with(MessageFault::ReplayRequests);
    assert_eq!(faults.request(parcel(1), ms(0)).parcels, [parcel(1)]);
    assert_eq!(messages(&faults), 0, "not yet");
    assert_eq!(faults.tick(ms(499)), []);
    assert_eq!(faults.tick(ms(5_000)), [parcel(1)]);
    assert_eq!(faults.tick(ms(9_000)), []);
    assert_eq!(messages(&faults), 1);
    faults.request(parcel(2), ms(9_900));
    assert_eq!(faults.tick(ms(10_000)), []);
    assert_eq!(messages(&faults), 1);
}

#[test]
fn a_deleted_entity_counts_its_callers() {
    let mut faults = with(MessageFault::DeleteListener);
    assert!(faults.deleted(2, ms(0)) && faults.deleted(1, ms(9_999)));
    assert!(!faults.deleted(1, ms(10_000)));
    assert_eq!(messages(&faults), 3);
    assert!(!with(MessageFault::Unanswered).deleted(1, ms(0)));
}

#[test]
fn faults_act_one_after_the_other_and_there_is_an_end_to_them() {
    let mut faults = with(MessageFault::DuplicateRequests {
        copies: 2,
        share: share("1/1"),
    });
    let order = |what| FaultOrder {
        what,
        lease: ms(10_000),
    };
    faults.put("g", order(MessageFault::HoldRequests { by: ms(100) }), ms(0));
    assert!(faults.request(parcel(1), ms(0)).parcels.is_empty());
    assert_eq!(faults.tick(ms(100)), [parcel(1), parcel(1)]);
    for number in 0..FAULTS_MAX {
        faults.put(&format!("h{number}"), order(MessageFault::Unanswered), ms(0));
    }
    assert_eq!(faults.put("one more", order(MessageFault::Unanswered), ms(0)), None);
    assert_eq!(faults.list(ms(0)).len(), FAULTS_MAX);
}

#[test]
fn the_same_seed_throws_the_same_dice() {
    let thrown = |seed| {
        let mut faults = Faults::new(Seed::new(seed));
        let what = MessageFault::LoseRequests { share: share("1/2") };
        faults.put("f", FaultOrder { what, lease: ms(1) }, ms(0));
        let lost = (0..64).map(|number| faults.request(parcel(number), ms(0)).parcels.is_empty());
        lost.collect::<Vec<_>>()
    };
    assert_eq!(thrown(1), thrown(1));
    assert_ne!(thrown(1), thrown(2));
}
