//! Which domain controller is read and written, while roles move, replication lags and machines fall silent.

use std::sync::Arc;
use std::time::Duration;

use vocabulary::{SharedClock, SystemClock};

use super::*;
use crate::config::{Forest, WritebackDc};
use crate::testing::domain::{Lag, Play, Setting, reset, target};
use crate::testing::ldaps::{Act, SEARCH};
use crate::testing::{self, FakeClock, soon};
use crate::writeback::port::{Change, DirectoryWriter as _, Standing, Target, WriteResult};

const HOUR: Duration = Duration::from_secs(3600);

/// dc1 and dc2 of corp.test, and who is preferred; nothing hints at who the PDC emulator is.
fn forest(preferred: &[&str]) -> Forest {
    let mut forest = testing::config().forests.remove(0);
    forest.domain_controllers[1].pdc = false;
    forest.preferred = preferred.iter().map(ToString::to_string).collect();
    forest
}

/// The role is trusted for a second; writes wait for an hour at most.
fn rules() -> Rules {
    Rules {
        writes: WritebackDc::Pdc,
        refresh: Duration::from_secs(1),
        settle_period: Duration::from_secs(60),
        settle_wait: HOUR,
    }
}

async fn play(preferred: &[&str], rules: Rules, clock: SharedClock) -> Play {
    let setting = Setting {
        forest: forest(preferred),
        rules,
        timeout: Duration::from_secs(10),
        clock,
    };
    setting.play().await
}

/// With a clock that stands at second 100.
async fn still(preferred: &[&str]) -> (Play, Arc<FakeClock>) {
    let clock = FakeClock::at(100);
    (play(preferred, rules(), Arc::clone(&clock) as _).await, clock)
}

/// With the real time, and the role asked for before each write.
async fn moving(settle_wait: Duration) -> Play {
    let rules = Rules {
        refresh: Duration::ZERO,
        settle_wait,
        ..rules()
    };
    play(&[], rules, SystemClock::shared()).await
}

fn code(result: &WriteResult) -> (&'static str, u32) {
    match result {
        WriteResult::Failed(reason) => (reason.code.as_str(), reason.event.map_or(0, |event| event.0)),
        other => panic!("{other:?}"),
    }
}

const UNREACHABLE: (&str, u32) = ("directory_unreachable", 33001);

#[tokio::test]
async fn the_pdc_emulator_takes_the_writes_also_past_a_preferred_one() {
    let (play, _) = still(&["dc1.corp.test"]).await;
    for _ in 0..3 {
        assert_eq!(play.look().await, Standing::Enabled);
        assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    }
    assert_eq!(play.modifies(), [0, 3]);
    assert_eq!(play.asked("userAccountControl"), [3, 0]);
    assert_eq!(play.asked("fSMORoleOwner"), [1, 0], "the role is asked for once");
    assert_eq!(
        play.asked("msDS-KeyVersionNumber"),
        [3, 0],
        "nobody moved, nothing is looked at but the account"
    );
}

#[tokio::test]
async fn the_look_before_a_write_is_where_the_write_goes() {
    let (play, _) = still(&["dc1.corp.test"]).await;
    assert_eq!(play.look().await, Standing::Enabled);
    let before = play.before(1, &reset()).await.unwrap();
    assert_eq!((before.dc.as_str(), before.unlocks), ("dc2.corp.test", true));
    assert_eq!(
        play.asked("msDS-KeyVersionNumber"),
        [1, 1],
        "reads went elsewhere, so it is asked"
    );
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    assert_eq!(play.asked("fSMORoleOwner"), [1, 0], "the choice was kept for the write");
    let after = play.everywhere(1).await;
    assert!(after.complete && after.facts.len() == 2);
    let version = before.facts.key_version.unwrap();
    assert!(
        after
            .facts
            .iter()
            .all(|facts| facts.key_version == Some(version + 1) && facts.locked == 0)
    );
}

#[tokio::test]
async fn what_was_seen_where_the_write_goes_is_not_asked_again() {
    let (play, _) = still(&["dc2.corp.test"]).await;
    assert_eq!(play.look().await, Standing::Enabled);
    let before = play.before(1, &reset()).await.unwrap();
    assert!(before.facts.key_version.is_some());
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [0, 1]);
}

#[tokio::test]
async fn a_person_is_read_everywhere_or_the_reading_says_it_is_not() {
    let (mut play, _) = still(&[]).await;
    play.stop(0).await;
    let reading = play.everywhere(1).await;
    assert!(!reading.complete && reading.facts.len() == 1, "{reading:?}");
}

#[tokio::test]
async fn writes_go_where_reads_go_when_told_so() {
    let rules = Rules {
        writes: WritebackDc::Locator,
        ..rules()
    };
    let play = play(&["dc1.corp.test"], rules, FakeClock::at(100)).await;
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!((play.modifies(), play.asked("fSMORoleOwner")), (vec![1, 0], vec![0, 0]));
}

#[tokio::test]
async fn a_role_that_moved_is_seen_when_what_was_known_is_too_old() {
    let (play, clock) = still(&[]).await;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().move_role("dc1");
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    clock.set(101);
    let (result, remark) = play.write(1, &reset()).await;
    assert_eq!(
        (result, remark.dc.as_deref()),
        (WriteResult::Applied, Some("dc1.corp.test"))
    );
    assert_eq!(remark.notes, ["the PDC emulator of corp.test is now dc1.corp.test"]);
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!(play.write(1, &reset()).await.1.notes, [""; 0], "news are told once");
}

#[tokio::test]
async fn a_silent_pdc_emulator_fails_the_write_and_no_other_takes_it() {
    let (mut play, _) = still(&["dc1.corp.test"]).await;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.stop(1).await;
    let (result, remark) = play.write(1, &reset()).await;
    // What is left of the old connection may take the write with it; the next one finds nobody.
    let (result, remark) = match result {
        WriteResult::Unknown(_) => play.write(1, &reset()).await,
        _ => (result, remark),
    };
    assert_eq!((code(&result), remark.dc), (UNREACHABLE, None));
    let text = remark.notes.join("; ");
    assert!(
        text.starts_with("the PDC emulator dc2.corp.test of corp.test does not answer: "),
        "{text}"
    );
    assert_eq!(play.modifies()[0], 0);
    play.state().move_role("dc1");
    assert_eq!(
        code(&play.write(1, &reset()).await.0),
        UNREACHABLE,
        "the role is asked for again later"
    );
}

#[tokio::test]
async fn a_role_that_was_seized_is_found_at_once() {
    let (mut play, _) = still(&[]).await;
    let other = 2;
    assert_eq!(play.write(other, &reset()).await.0, WriteResult::Applied);
    play.state().move_role("DC1");
    play.stop(1).await;
    let mut end = play.write(3, &reset()).await;
    if let WriteResult::Unknown(_) = end.0 {
        end = play.write(4, &reset()).await;
    }
    assert_eq!(
        (end.0, end.1.dc.as_deref()),
        (WriteResult::Applied, Some("dc1.corp.test"))
    );
}

#[tokio::test]
async fn a_pdc_emulator_that_comes_back_is_written_again() {
    let (mut play, clock) = still(&[]).await;
    let address = play.stop(1).await;
    assert_eq!(code(&play.write(1, &reset()).await.0), UNREACHABLE);
    play.revive(1, address).await;
    assert_eq!(
        code(&play.write(1, &reset()).await.0),
        UNREACHABLE,
        "it was silent just now"
    );
    clock.set(101);
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
}

#[tokio::test]
async fn without_a_holder_that_is_known_nothing_is_written() {
    let (play, clock) = still(&[]).await;
    play.state().owner.fill(None);
    let (result, remark) = play.write(1, &reset()).await;
    assert_eq!(code(&result), UNREACHABLE);
    assert_eq!(
        remark.notes,
        ["no domain controller of corp.test tells who the PDC emulator is"]
    );
    play.state().move_role("DC9");
    clock.set(101);
    let (result, remark) = play.write(1, &reset()).await;
    assert_eq!(code(&result), ("directory_configuration", 33009));
    assert_eq!(
        remark.notes,
        ["the PDC emulator of corp.test is DC9, which is none of the configured domain controllers"]
    );
    assert_eq!(play.modifies(), [0, 0]);
    play.state().owner = vec![None, Some("dc1")];
    clock.set(102);
    assert_eq!(
        play.applied(&reset()).await,
        "dc1.corp.test",
        "one that tells is enough"
    );
}

#[tokio::test]
async fn the_hint_of_the_configuration_holds_where_nobody_tells() {
    let mut forest = forest(&[]);
    forest.domain_controllers[1].pdc = true;
    let setting = Setting {
        forest,
        rules: rules(),
        timeout: Duration::from_secs(10),
        clock: FakeClock::at(100),
    };
    let play = setting.play().await;
    play.state().owner.fill(None);
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
}

#[tokio::test]
async fn who_asks_for_the_role_holds_up_nobody_else() {
    let (play, clock) = still(&[]).await;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().on_role = || Some(Act::Nothing);
    clock.set(101);
    let play = Arc::new(play);
    let asking = tokio::spawn({
        let play = Arc::clone(&play);
        async move { play.write(2, &reset()).await }
    });
    soon(async {
        while play.asked("fSMORoleOwner").iter().sum::<usize>() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for person in 3..6 {
        assert_eq!(play.write(person, &reset()).await.0, WriteResult::Applied);
    }
    assert_eq!(
        play.asked("fSMORoleOwner").iter().sum::<usize>(),
        2,
        "one asks at a time"
    );
    assert!(!asking.is_finished());
    asking.abort();
}

#[tokio::test]
async fn a_silent_one_is_passed_over_and_costs_its_timeout_once() {
    let setting = Setting {
        forest: forest(&[]),
        rules: rules(),
        timeout: Duration::from_secs(1),
        clock: FakeClock::at(100),
    };
    let mut play = setting.play().await;
    play.mute(0).await;
    for _ in 0..5 {
        assert_eq!(play.look().await, Standing::Enabled);
    }
    assert_eq!(soon(play.domain.import()).await.unwrap().len(), 1);
    assert_eq!(play.servers[0].as_ref().unwrap().dialled(), 1);
    assert_eq!(play.servers[1].as_ref().unwrap().count(SEARCH), 6);
}

#[tokio::test]
async fn a_domain_where_nobody_answers_says_so() {
    let (mut play, _) = still(&[]).await;
    play.stop(0).await;
    play.stop(1).await;
    let error = soon(play.domain.import()).await.unwrap_err().to_string();
    assert!(
        error.starts_with("importing the forest corp.test: connecting to dc1.corp.test at "),
        "{error}"
    );
    assert!(error.contains("; connecting to dc2.corp.test at "), "{error}");
    let Standing::Refused(result) = play.look().await else {
        panic!()
    };
    assert_eq!(code(&result), UNREACHABLE);
    let again = soon(play.domain.import()).await.unwrap_err().to_string();
    assert!(
        again.starts_with("importing the forest corp.test: no domain controller of corp.test answers: connecting"),
        "{again}"
    );
}

#[tokio::test]
async fn only_preferred_ones_are_read() {
    let (mut play, _) = still(&["dc1.corp.test"]).await;
    play.stop(0).await;
    let Standing::Refused(result) = play.look().await else {
        panic!()
    };
    assert_eq!(code(&result), UNREACHABLE);
    let (_, remark) = play.write(9, &Change::Unlock).await;
    assert_eq!(
        remark.dc.as_deref(),
        Some("dc2.corp.test"),
        "writes need no preferred one"
    );
    assert_eq!(play.asked("userAccountControl")[1], 0);
}

#[tokio::test]
async fn a_write_waits_until_the_persons_last_one_has_arrived() {
    let play = moving(HOUR).await;
    play.state().lag = Lag::Looks(3);
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().move_role("DC1");
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!(play.state().people[0].key_version, 3, "both writes count");
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [3, 3]);
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [3, 3], "it is there now");
}

#[tokio::test]
async fn an_unlock_waits_and_is_waited_for_too() {
    let play = moving(HOUR).await;
    play.state().lag = Lag::Looks(2);
    assert_eq!(play.applied(&Change::Unlock).await, "dc2.corp.test");
    play.state().move_role("DC1");
    assert_eq!(play.applied(&Change::Unlock).await, "dc1.corp.test");
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [2, 2]);
}

#[tokio::test]
async fn nobody_else_waits() {
    let play = moving(HOUR).await;
    play.state().lag = Lag::Never;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().move_role("DC1");
    let (result, remark) = play.write(2, &reset()).await;
    assert_eq!(
        (result, remark.dc.as_deref()),
        (WriteResult::Applied, Some("dc1.corp.test"))
    );
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [0, 0]);
}

#[tokio::test]
async fn what_does_not_arrive_in_time_keeps_the_person_where_it_is() {
    let play = moving(Duration::from_millis(80)).await;
    play.state().lag = Lag::Never;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().move_role("DC1");
    let (result, remark) = play.write(1, &reset()).await;
    assert_eq!(
        (result, remark.dc.as_deref()),
        (WriteResult::Applied, Some("dc2.corp.test"))
    );
    assert_eq!(
        remark.notes,
        [
            "the PDC emulator of corp.test is now dc1.corp.test",
            "the last write has not reached dc1.corp.test in time; dc2.corp.test takes this one"
        ]
    );
    assert!(play.asked("msDS-KeyVersionNumber")[0] > 0, "it was looked for");
    play.state().replicate();
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!(play.state().people[0].key_version, 4);
}

#[tokio::test]
async fn a_dead_one_cannot_be_waited_for() {
    let mut play = moving(Duration::from_millis(80)).await;
    play.state().lag = Lag::Never;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().move_role("DC1");
    play.stop(1).await;
    let (result, remark) = play.write(1, &reset()).await;
    assert_eq!(
        (result, remark.dc.as_deref()),
        (WriteResult::Applied, Some("dc1.corp.test"))
    );
    assert_eq!(
        remark.notes.last().unwrap(),
        "dc2.corp.test took the last write and does not answer; it is not known to have reached dc1.corp.test"
    );
}

#[tokio::test]
async fn a_write_that_was_never_answered_keeps_the_person_where_it_may_still_come_about() {
    let play = moving(HOUR).await;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().on_modify = || Some(Act::Close);
    assert!(matches!(play.write(1, &reset()).await.0, WriteResult::Unknown(_)));
    play.state().on_modify = || None;
    play.state().move_role("DC1");
    let (result, remark) = play.write(1, &reset()).await;
    assert_eq!(
        (result, remark.dc.as_deref()),
        (WriteResult::Applied, Some("dc2.corp.test"))
    );
    assert_eq!(
        remark.notes.last().unwrap(),
        "dc2.corp.test has not answered an earlier write, which may still come about there"
    );
}

#[tokio::test]
async fn a_refused_write_keeps_nobody() {
    let play = moving(HOUR).await;
    play.state().lag = Lag::Never;
    play.state().on_modify = || Some(Act::Result(53, "0000052D: x"));
    assert!(matches!(play.write(1, &reset()).await.0, WriteResult::Rejected(_)));
    play.state().on_modify = || None;
    play.state().move_role("DC1");
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [0, 0]);
}

#[tokio::test]
async fn what_is_long_past_is_not_waited_for() {
    let (play, clock) = still(&[]).await;
    play.state().lag = Lag::Never;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().move_role("DC1");
    clock.set(160);
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [0, 0]);
}

#[tokio::test]
async fn a_locator_that_changes_its_mind_waits_as_well() {
    let rules = Rules {
        writes: WritebackDc::Locator,
        ..rules()
    };
    let clock = FakeClock::at(100);
    let mut play = play(&[], rules, Arc::clone(&clock) as _).await;
    play.state().lag = Lag::Looks(2);
    let address = play.stop(0).await;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.revive(0, address).await;
    clock.set(110);
    assert_eq!(play.applied(&reset()).await, "dc1.corp.test");
    assert_eq!(play.state().people[0].key_version, 3);
    assert_eq!(play.asked("msDS-KeyVersionNumber"), [2, 2]);
}

#[tokio::test]
async fn a_message_that_is_about_to_die_waits_no_longer() {
    let play = moving(HOUR).await;
    play.state().lag = Lag::Never;
    assert_eq!(play.applied(&reset()).await, "dc2.corp.test");
    play.state().move_role("DC1");
    let target = target(1);
    let expires = SystemClock::shared().unix() + Duration::from_millis(300);
    // Which way it ends depends on how much life the waiting left it.
    soon(play.directory.write(&target, &reset(), expires)).await;
    assert_eq!(play.modifies()[0], 0);
}

#[tokio::test]
async fn a_forest_that_falls_silent_holds_up_no_other() {
    let setting = |domain: &str| {
        let mut forest = forest(&[]);
        forest.domain = domain.to_owned();
        for (number, dc) in forest.domain_controllers.iter_mut().enumerate() {
            dc.fqdn = format!("dc{}.{domain}", number + 1);
        }
        Setting {
            forest,
            rules: rules(),
            timeout: HOUR,
            clock: FakeClock::at(100),
        }
    };
    let (corp, mut africa) = (setting("corp.test").play().await, setting("africa.test").play().await);
    let domains = [("corp.test", &corp), ("africa.test", &africa)];
    let domains = domains.map(|(name, play)| (name.to_owned(), Arc::clone(&play.domain)));
    let both = Arc::new(LdapDirectory::new(domains.into()));
    let person = |domain: &str| Target {
        domain: domain.to_owned(),
        ..target(1)
    };
    let expires = Duration::from_secs(160);
    africa.mute(0).await;
    africa.mute(1).await;
    let stuck = tokio::spawn({
        let (both, person) = (Arc::clone(&both), person("africa.test"));
        async move { both.write(&person, &reset(), expires).await }
    });
    for _ in 0..3 {
        let result = soon(both.write(&person("corp.test"), &reset(), expires)).await;
        assert_eq!(result, WriteResult::Applied);
    }
    assert!(!stuck.is_finished());
    stuck.abort();
    africa.stop(0).await;
    africa.stop(1).await;
    for _ in 0..2 {
        let result = soon(both.write(&person("africa.test"), &reset(), expires)).await;
        assert_eq!(code(&result), UNREACHABLE);
    }
    let result = soon(both.write(&person("corp.test"), &reset(), expires)).await;
    assert_eq!((result, corp.modifies()), (WriteResult::Applied, vec![0, 4]));
}
