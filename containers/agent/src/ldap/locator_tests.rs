//! The locator without a directory: answers and times in, choices out.

use super::*;
use crate::testing;

const SECOND: Duration = Duration::from_secs(1);

/// dc1, dc2 and dc3 of corp.test; dc2 is thought to be the PDC emulator.
fn forest(preferred: &[&str]) -> Forest {
    let mut forest = testing::config().forests.remove(0);
    let third = crate::DomainController {
        fqdn: "dc3.corp.test".to_owned(),
        pdc: false,
        ..forest.domain_controllers[0].clone()
    };
    forest.domain_controllers.push(third);
    forest.preferred = preferred.iter().map(ToString::to_string).collect();
    forest
}

fn locator(preferred: &[&str]) -> Locator {
    Locator::new(&forest(preferred), SECOND)
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(100_000 + millis)
}

fn silent(locator: &mut Locator, dc: Dc, now: Duration) -> bool {
    locator.silent(dc, "refused".to_owned(), now)
}

#[test]
fn reads_follow_the_configured_order_or_the_preferred_one() {
    assert_eq!(locator(&[]).reading(at(0)).ask, [0, 1, 2]);
    assert_eq!(locator(&["DC3.corp.test", "dc1.corp.test"]).reading(at(0)).ask, [2, 0]);
    assert_eq!(locator(&["dc1.corp.test"]).readers(), [0]);
}

#[test]
fn a_silent_one_is_passed_over_for_a_while_and_probed_by_one() {
    let mut locator = locator(&[]);
    assert!(silent(&mut locator, 0, at(0)));
    assert_eq!(locator.turn(0, at(0)), Turn::Pass);
    let reading = locator.reading(at(250));
    assert_eq!((reading.ask, reading.probe), (vec![1, 2], vec![0]));
    assert_eq!(locator.turn(0, at(300)), Turn::Pass, "somebody probes it");
    assert!(!silent(&mut locator, 0, at(400)), "that is no news");
    assert_eq!(locator.turn(0, at(600)), Turn::Pass);
    assert_eq!(locator.turn(0, at(650)), Turn::Probe);
    assert!(locator.answered(0));
    assert_eq!(locator.reading(at(651)).ask, [0, 1, 2]);
    assert!(!locator.answered(0));
}

#[test]
fn what_is_long_past_says_nothing() {
    let mut locator = locator(&[]);
    silent(&mut locator, 0, at(0));
    assert_eq!(locator.turn(0, at(3000)), Turn::Ask);
    silent(&mut locator, 0, at(3000));
    assert_eq!(locator.turn(0, at(3250)), Turn::Probe);
    assert_eq!(locator.turn(0, at(8499)), Turn::Pass);
    assert_eq!(locator.turn(0, at(8500)), Turn::Ask, "the trial was given up");
}

#[test]
fn how_long_one_is_silent_counts_from_the_first_time() {
    let mut locator = locator(&[]);
    silent(&mut locator, 0, at(0));
    silent(&mut locator, 0, at(900));
    assert!(!locator.gone(0, SECOND, at(999)));
    assert!(locator.gone(0, SECOND, at(1000)));
    locator.answered(0);
    assert!(!locator.gone(0, SECOND, at(9000)));
}

#[test]
fn the_hint_is_believed_until_the_directory_tells() {
    let mut locator = locator(&["dc1.corp.test"]);
    assert_eq!(locator.holder(), Ok(1));
    assert!(locator.role_is_due(at(0)));
    assert_eq!(locator.role_witnesses(at(0)), [1, 0, 2]);
    let news = locator.role_is_at("DC3", at(0));
    assert_eq!(
        news.as_deref(),
        Some("the PDC emulator of corp.test is now dc3.corp.test")
    );
    assert_eq!(locator.holder(), Ok(2), "also past the preferred one");
    assert!(!locator.role_is_due(at(999)) && locator.role_is_due(at(1000)));
    assert_eq!(locator.role_is_at("dc3", at(1000)), None);
    assert!(!locator.role_is_due(at(1999)));
}

#[test]
fn a_doubted_holder_is_asked_for_at_once_and_others_are_not() {
    let mut locator = locator(&[]);
    locator.role_is_at("dc2", at(0));
    locator.doubt(0);
    silent(&mut locator, 2, at(1));
    assert!(!locator.role_is_due(at(1)));
    silent(&mut locator, 1, at(1));
    assert!(locator.role_is_due(at(1)));
    assert_eq!(locator.role_witnesses(at(1)), [0]);
    locator.role_is_untold(at(1));
    assert_eq!(locator.holder(), Ok(1), "nobody else is known to hold it");
    locator.role_witnesses(at(251));
    assert_eq!(
        locator.turn(1, at(251)),
        Turn::Probe,
        "looking for witnesses takes no turn"
    );
    assert!(!locator.role_is_due(at(2)));
}

#[test]
fn an_owner_that_is_not_configured_is_nobody() {
    let mut forest = forest(&[]);
    forest.domain_controllers[1].pdc = false;
    let mut locator = Locator::new(&forest, SECOND);
    assert_eq!(
        locator.holder().unwrap_err().to_string(),
        "no domain controller of corp.test tells who the PDC emulator is"
    );
    assert_eq!(locator.role_is_at("dc9", at(0)), None);
    assert_eq!(
        locator.holder().unwrap_err().to_string(),
        "the PDC emulator of corp.test is dc9, which is none of the configured domain controllers"
    );
    assert!(locator.role_is_at("dc1", at(0)).is_some());
    let first = Locator::new(&forest, SECOND).role_is_at("dc1", at(0));
    assert_eq!(first, None, "the first answer is no news");
}
