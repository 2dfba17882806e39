//! Another life of the cloud: what it knows, whom it asks, and what it never says.

use std::time::Duration;

use protocol::writeback::Inquiry;
use reqwest::StatusCode;
use uuid::Uuid;
use vocabulary::{Outcome, UnknownWhy};

use crate::browser::Browser;
use crate::lab::{ADMIN, ANN, JOURNAL, Lab};
use crate::relay::{Mood, Seen};

const NEW: &str = "Sunny+Morning&7=ü";

/// Waits until it holds; a bound keeps a test that would hang from hanging.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .expect("it did not come about in time");
}

/// A cloud that died while an operation was with the agent.
async fn died_in_flight(operation: Uuid) -> Lab {
    let lab = Lab::kept().await;
    lab.relays[0].set(Mood::Silent);
    {
        let mut browser = Browser::new(&lab);
        browser.operation = Some(operation);
        tokio::select! {
            answer = browser.reset(NEW) => panic!("{answer:?}"),
            () = until(async || !lab.relays[0].seen().is_empty()) => {}
        }
    }
    lab.killed(1).await
}

async fn standing(lab: &Lab, operation: Uuid) -> (String, Option<String>) {
    let entry = lab.lab_json(&format!("/operations/{operation}")).await;
    let text = |name: &str| entry[name].as_str().map(str::to_owned);
    (text("result").unwrap_or_default(), text("code"))
}

fn asked(seen: &[Seen]) -> Vec<(Uuid, Option<Inquiry>)> {
    seen.iter().map(|seen| (seen.header.op, seen.ask)).collect()
}

#[tokio::test]
async fn what_was_in_flight_is_unknown_and_settled_by_asking_under_the_same_id() {
    let operation = Uuid::from_u128(0xdead);
    let lab = died_in_flight(operation).await;
    assert_eq!(
        standing(&lab, operation).await,
        ("unknown".to_owned(), Some("interrupted".to_owned()))
    );
    until(async || lab.relays[0].seen().len() > 1).await;
    lab.relays[0].set(Mood::Applied);
    until(async || standing(&lab, operation).await == ("applied".to_owned(), None)).await;
    let seen = lab.relays[0].seen();
    let inquiry = Inquiry {
        journal: JOURNAL,
        expires: seen[0].header.exp,
    };
    let asked = asked(&seen);
    assert_eq!(asked[0], (operation, None));
    assert!(
        asked[1..].iter().all(|ask| *ask == (operation, Some(inquiry))),
        "{asked:?}"
    );
    assert!(seen[1..].iter().all(|seen| seen.password.is_none() && !seen.unlock));
}

#[tokio::test]
async fn a_living_cloud_asks_about_what_got_no_answer_and_the_answer_that_was_given_stays() {
    let operation = Uuid::from_u128(0xbeef);
    let lab = Lab::kept().await;
    lab.relays[0].set(Mood::HangUp);
    let mut browser = Browser::new(&lab);
    browser.operation = Some(operation);
    let told = browser.reset(NEW).await;
    assert_eq!(told.outcome(), Some(Outcome::Unknown(UnknownWhy::ConnectionLost)));
    assert_eq!(
        standing(&lab, operation).await,
        ("unknown".to_owned(), Some("connection_lost".to_owned()))
    );
    lab.relays[0].set(Mood::Applied);
    until(async || standing(&lab, operation).await == ("applied".to_owned(), None)).await;
    let seen = lab.relays[0].seen();
    assert_eq!((seen[0].header.op, seen[0].ask), (operation, None));
    let inquiry = Inquiry {
        journal: JOURNAL,
        expires: seen[0].header.exp,
    };
    assert!(
        seen.len() > 1
            && seen[1..]
                .iter()
                .all(|seen| seen.ask == Some(inquiry) && seen.password.is_none())
    );
}

#[tokio::test]
async fn who_comes_back_with_the_same_operation_is_told_its_end_and_nothing_is_sent_again() {
    let operation = Uuid::from_u128(0xdead);
    let lab = died_in_flight(operation).await;
    let mut browser = Browser::new(&lab);
    browser.operation = Some(operation);
    let form = [("choice", "reset"), ("new_password", NEW), ("confirm_password", NEW)];
    let early = browser.post("finish", &form).await;
    assert_eq!(
        early.outcome(),
        Some(Outcome::Unknown(UnknownWhy::Interrupted)),
        "never \"failed, try again\""
    );
    lab.relays[0].set(Mood::Applied);
    until(async || standing(&lab, operation).await.0 == "applied").await;
    let late = browser.post("finish", &form).await;
    assert_eq!((late.status, late.outcome()), (StatusCode::OK, Some(Outcome::Applied)));
    let writes = lab.relays[0].seen().iter().filter(|seen| seen.ask.is_none()).count();
    assert_eq!(writes, 1);
}

#[tokio::test]
async fn another_life_knows_people_keys_switches_and_ends() {
    let lab = Lab::kept().await;
    let operation = Uuid::from_u128(0xfeed);
    {
        let mut browser = Browser::new(&lab);
        browser.operation = Some(operation);
        assert_eq!(browser.reset(NEW).await.outcome(), Some(Outcome::Applied));
    }
    assert_eq!(
        lab.patch(serde_json::json!({"unlock_without_reset": false})).await,
        StatusCode::OK
    );
    let lab = lab.killed(1).await;
    let status = lab.lab_json("/status").await;
    assert_eq!(
        (&status["onboarded"], &status["synchronised"], &status["people"]),
        (&true.into(), &true.into(), &2.into())
    );
    assert_eq!(standing(&lab, operation).await, ("applied".to_owned(), None));
    assert!(
        !lab.password_token(ANN, NEW).await.is_empty(),
        "the cloud's own write is kept too"
    );
    assert_eq!(
        lab.heartbeat(&lab.password_token(ADMIN, "admin password").await, "agent-1")
            .await,
        StatusCode::NO_CONTENT
    );
    let again = Browser::new(&lab).reset("Another-Morning-8").await;
    assert_eq!(
        again.outcome(),
        Some(Outcome::Applied),
        "with the keys of the first life"
    );
    assert!(!again.html.contains("value=\"unlock\""));
    let disk = std::fs::read(lab.file("life-1.store")).unwrap();
    for secret in [NEW, "Another-Morning-8"] {
        assert!(
            !disk.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "a password is on the disk"
        );
    }
}

#[tokio::test]
async fn the_same_form_twice_is_one_operation() {
    let lab = Lab::ready().await;
    let browser = Browser::new(&lab);
    browser.prove().await;
    let form = [("choice", "reset"), ("new_password", NEW), ("confirm_password", NEW)];
    let (first, second) = tokio::join!(browser.post("finish", &form), browser.post("finish", &form));
    assert_eq!(first.outcome(), Some(Outcome::Applied));
    assert_eq!(second.outcome(), Some(Outcome::Applied));
    assert_eq!(lab.relays[0].seen().len(), 1);
}

#[tokio::test]
async fn a_damaged_state_is_refused_and_the_error_says_what_to_do() {
    let lab = Lab::kept().await;
    let path = lab.file("life-0.store");
    let whole = std::fs::read(&path).unwrap();
    let error = lab.start_on(&whole[..whole.len() / 3]).await.unwrap_err().to_string();
    assert!(
        error.contains("is damaged, and the cloud does not start on it"),
        "{error}"
    );
    assert!(error.contains("Move it and its .witness aside"), "{error}");
}
