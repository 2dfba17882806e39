//! The whole flow: what reaches the agent, what comes back, and what becomes of what does not.

use std::time::Duration;

use reqwest::StatusCode;
use uuid::Uuid;
use vocabulary::{EventId, OpKind, Outcome, OutcomeClass, ReasonCode, SsprCode, Stage, UnknownWhy, Win32};

use crate::browser::Browser;
use crate::lab::{ANN, LAB_TOKEN, Lab};
use crate::relay::{Mood, Seen};

const NEW: &str = "Sunny+Morning&7=ü";

#[tokio::test]
async fn a_reset_reaches_the_agent_sealed_and_comes_back_applied() {
    let lab = Lab::ready().await;
    let operation = Uuid::from_u128(0xfeed);
    let mut browser = Browser::new(&lab);
    browser.operation = Some(operation);
    let page = browser.reset(NEW).await;
    assert_eq!(
        (page.status, page.step(), page.outcome()),
        (StatusCode::OK, "done", Some(Outcome::Applied))
    );
    assert!(page.html.contains("Your password has been reset") && page.html.contains(&operation.to_string()));
    let seen = lab.relays[0].seen();
    let [request] = seen.as_slice() else {
        panic!("{} requests", seen.len())
    };
    assert_eq!(
        (request.path.as_str(), request.password.as_deref(), request.unlock),
        ("/a/b", Some(NEW), true)
    );
    assert_eq!((request.header.op, request.header.kind), (operation, OpKind::Reset));
    assert_eq!(
        (request.header.anchor.as_str(), request.header.exp - request.header.iat),
        ("anchor-ann@corp.test", 60)
    );
    assert!(request.size <= 1024, "{} bytes", request.size);
    assert_eq!(request.headers["lab-token"], LAB_TOKEN);
    assert_eq!(request.headers["content-type"], "application/jose");
    assert_eq!(request.headers["client-request-id"], operation.to_string().as_str());
    let sas = protocol::sas::SasToken::parse(request.headers["servicebusauthorization"].to_str().unwrap()).unwrap();
    assert!(sas.covers("relay1.servicebus.wblab.test", "/a/b"));
    assert_eq!(sas.verify(["key-send"].into_iter(), request.header.iat), Ok(()));
    assert!(lab.relays[1].seen().is_empty());
    let journal = lab.lab_json(&format!("/operations/{operation}")).await;
    assert_eq!(
        (journal["result"].as_str(), journal["code"].as_str()),
        (Some("applied"), None)
    );
}

#[tokio::test]
async fn stage_times_are_exclusive_and_only_for_the_laboratory() {
    let lab = Lab::ready().await;
    let mut browser = Browser::new(&lab);
    let begun = tokio::time::Instant::from_std(vocabulary::SystemClock::new().origin());
    let page = browser.reset(NEW).await;
    let whole = begun.elapsed();
    let stages = page.stages();
    assert!(
        Stage::ALL.iter().all(|stage| stages.get(*stage).is_some()),
        "{stages:?}"
    );
    assert_eq!(stages.get(Stage::Write), Some(750));
    assert!(stages.total() < whole);
    assert!(browser.get("/").await.stages().get(Stage::Cloud).is_some());
    browser.from_lab = false;
    browser.operation = Some(Uuid::from_u128(1));
    let stranger = browser.reset(NEW).await;
    assert_eq!(stranger.step(), "done");
    assert!(stranger.stages().is_empty() && stranger.outcome().is_none());
    let request = lab.relays[0].seen().pop().unwrap();
    assert!(!request.headers.contains_key("lab-token"));
    assert_ne!(
        request.header.op,
        Uuid::from_u128(1),
        "a stranger chooses no operation id"
    );
}

#[tokio::test]
async fn an_unlock_carries_no_password_and_may_be_turned_off() {
    let lab = Lab::ready().await;
    let browser = Browser::new(&lab);
    let page = browser.unlock().await;
    assert_eq!(page.outcome(), Some(Outcome::Applied));
    let request = lab.relays[0].seen().pop().unwrap();
    assert_eq!(
        (request.header.kind, request.password, request.unlock),
        (OpKind::Unlock, None, true)
    );
    lab.patch(serde_json::json!({ "unlock_without_reset": false })).await;
    let refused = browser.unlock().await;
    assert_eq!(refused.outcome(), Some(Outcome::rejected(ReasonCode::UnlockDisabled)));
    lab.patch(serde_json::json!({ "writeback": false })).await;
    let refused = browser.post("identify", &[("userid", ANN)]).await;
    assert!(refused.step() == "refused" && refused.html.contains(SsprCode::WritebackNotEnabled.as_str()));
    assert_eq!(lab.relays[0].seen().len(), 1);
}

#[tokio::test]
async fn a_policy_rejection_carries_the_codes_of_the_chain() {
    let lab = Lab::ready().await;
    lab.relays[0].set(Mood::Policy);
    let page = Browser::new(&lab).reset("weak").await;
    let Some(Outcome::Rejected(reason)) = page.outcome() else {
        panic!("{:?}", page.outcome())
    };
    assert_eq!((reason.code, reason.sspr), (ReasonCode::PasswordPolicy, None));
    assert_eq!(reason.event, Some(EventId::AD_PASSWORD_POLICY));
    assert_eq!(reason.win32, Some(Win32::PASSWORD_RESTRICTION));
    assert!(page.html.contains("policy"));
}

#[tokio::test]
async fn what_may_have_left_is_unknown_and_is_not_sent_again() {
    let rows = [
        (Mood::Garbage, UnknownWhy::AnswerInvalid),
        (Mood::WrongProof, UnknownWhy::AnswerInvalid),
        (Mood::OtherPerson, UnknownWhy::AnswerInvalid),
        (Mood::LostListener, UnknownWhy::RelayTimeout),
        (Mood::GatewayTimeout, UnknownWhy::RelayTimeout),
        (Mood::HangUp, UnknownWhy::ConnectionLost),
    ];
    let lab = Lab::ready().await;
    for (count, (mood, why)) in (1..).zip(rows) {
        lab.relays[0].set(mood);
        let page = Browser::new(&lab).reset(NEW).await;
        assert_eq!(page.outcome(), Some(Outcome::Unknown(why)), "{mood:?}");
        assert!(page.html.contains("may still take effect"));
        // Questions about it may follow, which carry nothing.
        let seen = lab.relays[0].seen();
        assert_eq!(seen.iter().filter(|seen| seen.ask.is_none()).count(), count, "{mood:?}");
    }
    let carried = |seen: &Seen| seen.ask.is_none();
    assert!(!lab.relays[1].seen().iter().any(carried));
}

#[tokio::test]
async fn silence_is_unknown_after_the_timeout() {
    let lab = Lab::bare(|config| config.relay_timeout = Duration::from_millis(500)).await;
    lab.populate().await;
    lab.relays[0].set(Mood::Silent);
    let page = Browser::new(&lab).reset(NEW).await;
    assert_eq!(page.outcome(), Some(Outcome::Unknown(UnknownWhy::Timeout)));
    let own = page.stages().get(Stage::Cloud).unwrap();
    assert!(
        own < 500_000,
        "{own} us: waiting for a relay is not the cloud's own time"
    );
    let journal = lab
        .client()
        .get("https://portal.wblab.test/lab/journal")
        .header("lab-token", LAB_TOKEN);
    let text = journal.send().await.unwrap().text().await.unwrap();
    let entry: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(
        (entry["result"].as_str(), entry["code"].as_str()),
        (Some("unknown"), Some("timeout"))
    );
}

#[tokio::test]
async fn the_second_relay_takes_over_only_when_nothing_was_dispatched() {
    let lab = Lab::ready().await;
    lab.relays[0].set(Mood::NotDispatched);
    assert_eq!(Browser::new(&lab).reset(NEW).await.outcome(), Some(Outcome::Applied));
    assert_eq!((lab.relays[0].seen().len(), lab.relays[1].seen().len()), (0, 1));
    lab.relays[1].set(Mood::NotDispatched);
    let page = Browser::new(&lab).reset(NEW).await;
    let Some(Outcome::Failed(reason)) = page.outcome() else {
        panic!("{:?}", page.outcome())
    };
    assert_eq!(
        (reason.code, reason.sspr),
        (ReasonCode::NoListener, Some(SsprCode::OnPremisesConnectivityError))
    );
    assert!(page.html.contains("Nothing was changed"));
}

#[tokio::test]
async fn a_relay_that_is_not_there_got_nothing() {
    let lab = Lab::bare(|config| {
        let nowhere = "127.0.0.1:1".parse().unwrap();
        config.names.insert("relay1.servicebus.wblab.test", nowhere);
        config.names.insert("relay2.servicebus.wblab.test", nowhere);
    })
    .await;
    lab.populate().await;
    let page = Browser::new(&lab).reset(NEW).await;
    let outcome = page.outcome().unwrap();
    assert_eq!(outcome.class(), OutcomeClass::Failed);
    assert!(matches!(outcome, Outcome::Failed(reason) if reason.code == ReasonCode::NotSent));
}

#[tokio::test]
async fn what_left_is_followed_to_its_end_when_the_browser_is_gone() {
    let lab = Lab::bare(|config| config.relay_timeout = Duration::from_millis(300)).await;
    lab.populate().await;
    lab.relays[0].set(Mood::Silent);
    let operation = Uuid::from_u128(9);
    let mut browser = Browser::new(&lab);
    browser.operation = Some(operation);
    browser.prove().await;
    let finish = browser.post("finish", &[("choice", "unlock")]);
    assert!(tokio::time::timeout(Duration::from_millis(50), finish).await.is_err());
    let path = format!("/operations/{operation}");
    let settled = async { while lab.lab_json(&path).await["result"] != "unknown" {} };
    tokio::time::timeout(Duration::from_secs(10), settled).await.unwrap();
}

#[tokio::test]
async fn a_session_is_used_once_and_a_wrong_code_is_told() {
    let lab = Lab::ready().await;
    let browser = Browser::new(&lab);
    browser.post("identify", &[("userid", ANN)]).await;
    browser.post("code", &[]).await;
    let code = browser.code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = browser.post("verify", &[("code", wrong)]).await;
    assert_eq!(
        (page.step(), page.outcome()),
        ("verify", Some(Outcome::rejected(ReasonCode::WrongCode)))
    );
    assert_eq!(browser.post("verify", &[("code", &code)]).await.step(), "finish");
    let differs = [
        ("choice", "reset"),
        ("new_password", "One-1"),
        ("confirm_password", "Two-2"),
    ];
    assert!(browser.post("finish", &differs).await.html.contains("not the same"));
    assert_eq!(browser.post("finish", &[("choice", "unlock")]).await.step(), "done");
    let again = browser.post("finish", &[("choice", "unlock")]).await;
    assert_eq!(again.outcome(), Some(Outcome::rejected(ReasonCode::SessionInvalid)));
    assert_eq!(lab.relays[0].seen().len(), 1);
}
