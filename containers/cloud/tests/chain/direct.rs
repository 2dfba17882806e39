//! What needs no session: a voluntary change, and the helpdesk's reset through Graph.

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, ReasonCode, SsprCode, Stage, StageTimes};

use crate::browser::{Answer, Browser};
use crate::lab::{ADMIN, ANN, LAB_TOKEN, Lab};
use crate::relay::Mood;

const GRAPH: &str = "https://graph.wblab.test/v1.0/users";
const METHOD: &str = "28c10230-6103-485e-b985-444c60001490";

async fn change(browser: &Browser<'_>, old: &str, new: &str) -> Answer {
    let form = [
        ("userid", ANN),
        ("old_password", old),
        ("new_password", new),
        ("confirm_password", new),
    ];
    browser.post_to("/changepassword", &form).await
}

#[tokio::test]
async fn a_change_carries_the_old_password_sealed_and_unlocks_nothing() {
    let lab = Lab::ready().await;
    let mut browser = Browser::new(&lab);
    browser.operation = Some(Uuid::from_u128(5));
    assert_eq!(browser.get("/changepassword").await.step(), "change");
    let page = change(&browser, "Old-Password-1", "New-Password-1").await;
    assert_eq!(
        (page.step(), page.outcome()),
        ("done", Some(Outcome::Applied)),
        "{}",
        page.html
    );
    assert!(page.html.contains("has been changed"));
    let seen = lab.relays[0].seen().pop().unwrap();
    assert_eq!((seen.header.kind, seen.unlock), (OpKind::Change, false));
    assert_eq!(seen.current.as_deref(), Some("Old-Password-1"));
    assert_eq!(seen.password.as_deref(), Some("New-Password-1"));
    assert!(page.stages().get(Stage::Write).is_some());
    let again = change(&browser, "Old-Password-1", "New-Password-1").await;
    assert_eq!(
        again.outcome(),
        Some(Outcome::Applied),
        "the same form twice is one operation"
    );
    assert_eq!(lab.relays[0].seen().len(), 1);
    lab.password_token(ANN, "New-Password-1").await;
}

#[tokio::test]
async fn what_cannot_be_a_change_is_told_on_its_own_page() {
    let lab = Lab::ready().await;
    let browser = Browser::new(&lab);
    let same = change(&browser, "Old-Password-1", "Old-Password-1").await;
    assert_eq!(same.step(), "change");
    assert!(same.html.contains("is the old one"));
    assert_eq!(same.outcome(), Some(Outcome::rejected(ReasonCode::PasswordPolicy)));
    assert!(lab.relays[0].seen().is_empty());
}

#[tokio::test]
async fn wrong_old_passwords_are_told_and_after_ten_not_even_asked() {
    let lab = Lab::ready().await;
    lab.relays[0].set(Mood::WrongOld);
    let browser = Browser::new(&lab);
    for _ in 0..10 {
        let page = change(&browser, "Wrong-1", "New-Password-1").await;
        let Some(Outcome::Rejected(reason)) = page.outcome() else {
            panic!("{:?}", page.outcome())
        };
        assert_eq!(reason.code, ReasonCode::IncorrectPassword);
        assert!(page.html.contains("old password is wrong"));
    }
    let eleventh = change(&browser, "Old-Password-1", "New-Password-1").await;
    assert_eq!(eleventh.outcome(), Some(Outcome::rejected(ReasonCode::Throttled)));
    assert_eq!(lab.relays[0].seen().len(), 10);
    lab.relays[0].set(Mood::Applied);
    let reset = browser.reset("New-Password-2").await;
    assert_eq!(
        reset.outcome(),
        Some(Outcome::Applied),
        "a reset proves a person otherwise"
    );
}

/// Takes the licence from Ann, or her place in the group.
async fn exempt(lab: &Lab, lacks: &str) {
    let url = "https://portal.wblab.test/lab/people";
    let request = lab.client().patch(url).json(&json!({ lacks: [ANN] }));
    let answer = request.header("lab-token", LAB_TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn who_lacks_a_licence_changes_and_resets_nothing() {
    let lab = Lab::ready().await;
    exempt(&lab, "unlicensed").await;
    let refused = |page: &Answer| {
        let Some(Outcome::Rejected(reason)) = page.outcome() else {
            panic!("{:?}", page.outcome())
        };
        (reason.code, reason.sspr)
    };
    let expected = (ReasonCode::NotLicensed, Some(SsprCode::UserNotLicensed));
    let browser = Browser::new(&lab);
    assert_eq!(refused(&browser.post("identify", &[("userid", ANN)]).await), expected);
    assert_eq!(refused(&change(&browser, "Old-1", "New-Password-1").await), expected);
    let token = lab.password_token("helpdesk@wblab.test", "helpdesk password").await;
    let answer = ask(&lab.client(), &token, METHOD, 9).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(
        answer.headers()["lab-outcome"]
            .to_str()
            .unwrap()
            .contains("not_licensed")
    );
    assert!(lab.relays[0].seen().is_empty());
}

#[tokio::test]
async fn the_group_binds_self_service_alone() {
    let lab = Lab::ready().await;
    exempt(&lab, "outside_group").await;
    let browser = Browser::new(&lab);
    let all = browser.post("identify", &[("userid", ANN)]).await;
    assert_eq!(all.step(), "code", "where everyone may reset, a group says nothing");
    lab.patch(json!({ "sspr": "selected" })).await;
    let Some(Outcome::Rejected(reason)) = browser.post("identify", &[("userid", ANN)]).await.outcome() else {
        panic!("let in")
    };
    assert_eq!(reason.sspr, Some(SsprCode::UserNotMemberOfScopedAccessGroup));
    let changed = change(&browser, "Old-1", "New-Password-1").await;
    assert_eq!(changed.outcome(), Some(Outcome::Applied));
    let unknown = lab.client().patch("https://portal.wblab.test/lab/people");
    let unknown = unknown.json(&json!({ "unlicensed": ["nobody@corp.test"] }));
    let answer = unknown.header("lab-token", LAB_TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

async fn ask(client: &Client, token: &str, method: &str, operation: u128) -> Response {
    client
        .post(format!("{GRAPH}/{ANN}/authentication/methods/{method}/resetPassword"))
        .bearer_auth(token)
        .header("lab-token", LAB_TOKEN)
        .header("client-request-id", Uuid::from_u128(operation).to_string())
        .json(&json!({ "newPassword": "Given-By-Helpdesk-1" }))
        .send()
        .await
        .unwrap()
}

/// Looks until the operation has ended.
async fn follow(client: &Client, token: &str, place: &str) -> (Value, Option<Outcome>, StageTimes) {
    loop {
        let request = client.get(place).bearer_auth(token).header("lab-token", LAB_TOKEN);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let text = |name: &str| {
            answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let outcome = text("lab-outcome").map(|text| serde_json::from_str(&text).unwrap());
        let stages = StageTimes::from_server_timing(&text("server-timing").unwrap_or_default());
        let body: Value = answer.json().await.unwrap();
        if ["succeeded", "failed"].contains(&body["status"].as_str().unwrap()) {
            return (body, outcome, stages);
        }
        assert!(outcome.is_none(), "nothing is told before the end");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_helpdesk_is_answered_at_once_and_looks_for_the_end() {
    let lab = Lab::ready().await;
    let client = lab.client();
    let token = lab.password_token("helpdesk@wblab.test", "helpdesk password").await;
    let accepted = ask(&client, &token, METHOD, 9).await;
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    let place = accepted.headers()["location"].to_str().unwrap().to_owned();
    assert!(place.contains("/authentication/operations/"), "{place}");
    let (body, outcome, stages) = follow(&client, &token, &place).await;
    assert_eq!(
        (&body["status"], &body["statusDetail"]),
        (&json!("succeeded"), &json!("ResetSuccess"))
    );
    assert_eq!(outcome, Some(Outcome::Applied));
    assert!(stages.get(Stage::Write).is_some() && stages.get(Stage::Cloud).is_some());
    let seen = lab.relays[0].seen().pop().unwrap();
    assert_eq!((seen.header.kind, seen.unlock), (OpKind::AdminReset, false));
    assert_eq!(seen.header.op, Uuid::from_u128(9));
    let again = ask(&client, &token, METHOD, 9).await;
    assert_eq!(again.status(), StatusCode::ACCEPTED);
    assert_eq!(lab.relays[0].seen().len(), 1, "one operation leaves once");
    let elsewhere = place.replace(ANN, "bob@corp.test");
    let other = client.get(elsewhere).bearer_auth(&token).send().await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND, "it is not Bob's");
    lab.password_token(ANN, "Given-By-Helpdesk-1").await;
}

#[tokio::test]
async fn a_helpdesk_reset_that_is_refused_says_why_at_its_end() {
    let lab = Lab::ready().await;
    lab.relays[0].set(Mood::Policy);
    let client = lab.client();
    let token = lab.admin_token().await;
    let accepted = ask(&client, &token, METHOD, 3).await;
    let place = accepted.headers()["location"].to_str().unwrap().to_owned();
    let (body, outcome, _) = follow(&client, &token, &place).await;
    assert_eq!(body["status"], "failed");
    assert!(body["statusDetail"].as_str().unwrap().starts_with("password_policy"));
    assert!(matches!(outcome, Some(Outcome::Rejected(_))));
}

#[tokio::test]
async fn only_the_helpdesk_and_administrators_reset_others() {
    let lab = Lab::ready().await;
    let client = lab.client();
    let app = lab.app_token().await;
    assert_eq!(ask(&client, &app, METHOD, 1).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        ask(&client, "no token", METHOD, 1).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let admin = lab.admin_token().await;
    let other = Uuid::nil().to_string();
    assert_eq!(ask(&client, &admin, &other, 1).await.status(), StatusCode::NOT_FOUND);
    let own = client
        .post(format!("{GRAPH}/{ADMIN}/authentication/methods/{METHOD}/resetPassword"))
        .bearer_auth(&admin)
        .json(&json!({ "newPassword": "Mine-1" }));
    assert_eq!(own.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert!(lab.relays[0].seen().is_empty());
}
