//! What agents, administrators and scripts talk to: onboarding, synchronisation, tokens, Graph.

use reqwest::StatusCode;
use serde_json::{Value, json};
use vocabulary::{Outcome, ReasonCode};

use crate::browser::Browser;
use crate::lab::{ADMIN, ANN, Lab};

#[tokio::test]
async fn onboarding_wants_a_recent_agent_and_an_administrator_of_the_cloud() {
    let lab = Lab::ready().await;
    let admin = lab.admin_token().await;
    let (status, text) = lab.onboard(&admin, "1.1.442.9").await.unwrap_err();
    assert!(
        status == StatusCode::BAD_REQUEST && text.contains("1.1.443.0"),
        "{text}"
    );
    assert_eq!(
        lab.onboard(&lab.app_token().await, "2.0.0.0").await.unwrap_err().0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        lab.onboard("made.up", "2.0.0.0").await.unwrap_err().0,
        StatusCode::UNAUTHORIZED
    );
    Browser::new(&lab).reset("Anns-new-one-1").await;
    let ann = lab.password_token(ANN, "Anns-new-one-1").await;
    let (status, text) = lab.onboard(&ann, "2.0.0.0").await.unwrap_err();
    assert!(
        status == StatusCode::FORBIDDEN && text.contains("cloud administrator"),
        "{text}"
    );
    let first = lab.onboard(&admin, "1.1.443.0").await.unwrap();
    let second = lab.onboard(&admin, "1.1.443.0").await.unwrap();
    assert_ne!(
        (&first.key_id, &first.public_key),
        (&second.key_id, &second.public_key),
        "keys are rolled"
    );
    assert_eq!(first.listeners.len(), 2);
    assert!(first.listeners[0].contains("SharedAccessKeyName=listen") && first.heartbeat_s == 300);
}

#[tokio::test]
async fn an_administrator_that_is_synchronised_is_refused() {
    let lab = Lab::bare(|config| config.accounts.admin_upn = ANN.to_owned()).await;
    let token = lab.password_token(ANN, "admin password").await;
    assert!(
        lab.onboard(&token, "2.0.0.0").await.is_ok(),
        "nobody is synchronised yet"
    );
    assert_eq!(lab.export(&token, true, true).await, StatusCode::NO_CONTENT);
    assert_eq!(
        lab.onboard(&token, "2.0.0.0").await.unwrap_err().0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_delta_before_a_full_export_is_refused() {
    let lab = Lab::bare(|_| {}).await;
    let token = lab.admin_token().await;
    assert_eq!(lab.export("made.up", true, true).await, StatusCode::UNAUTHORIZED);
    assert_eq!(lab.export(&token, false, true).await, StatusCode::CONFLICT);
    assert_eq!(lab.export(&token, true, false).await, StatusCode::NO_CONTENT);
    let early = Browser::new(&lab).post("identify", &[("userid", ANN)]).await;
    assert_eq!(early.outcome(), Some(Outcome::rejected(ReasonCode::UnknownUser)));
    assert_eq!(lab.export(&token, true, true).await, StatusCode::NO_CONTENT);
    let url = "https://sync.wblab.test/v1/tenants/00000000-0000-0000-0000-00000000002a/objects";
    let import: Value = lab
        .client()
        .get(url)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(import["objects"].as_array().map(Vec::len), Some(2));
    let other = url.replace("2a/", "2b/");
    assert_eq!(
        lab.client()
            .get(other)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn wrong_credentials_get_the_vendors_numbers() {
    let lab = Lab::bare(|_| {}).await;
    let rows: [(&[(&str, &str)], u64); 7] = [
        (
            &[("grant_type", "password"), ("username", ADMIN), ("password", "wrong")],
            50126,
        ),
        (
            &[
                ("grant_type", "password"),
                ("username", "nobody"),
                ("password", "wrong"),
            ],
            50126,
        ),
        (&[("grant_type", "client_credentials"), ("client_id", "x")], 700_016),
        (
            &[
                ("grant_type", "client_credentials"),
                ("client_id", "harness"),
                ("client_secret", "x"),
            ],
            7_000_215,
        ),
        (&[("grant_type", "client_credentials"), ("scope", "everything")], 70011),
        (&[("grant_type", "magic")], 70003),
        (&[], 900_144),
    ];
    for (form, number) in rows {
        let (status, body) = lab.token(form).await;
        assert!(status.is_client_error(), "{form:?}");
        assert_eq!(body["error_codes"], json!([number]));
        assert!(
            body["error_description"]
                .as_str()
                .unwrap()
                .starts_with(&format!("AADSTS{number}: "))
        );
    }
}

async fn graph(lab: &Lab, token: &str, path: &str) -> (StatusCode, Value) {
    let url = format!("https://graph.wblab.test{path}");
    let response = lab.client().get(url).bearer_auth(token).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn graph_shows_people_and_audits_page_by_page() {
    let lab = Lab::ready().await;
    let token = lab.app_token().await;
    let (_, first) = graph(&lab, &token, "/v1.0/users?$top=1").await;
    let next = first["@odata.nextLink"]
        .as_str()
        .unwrap()
        .replace("https://graph.wblab.test", "");
    let (_, second) = graph(&lab, &token, &next).await;
    assert!(second.get("@odata.nextLink").is_none());
    assert_ne!(first["value"][0]["id"], second["value"][0]["id"]);
    Browser::new(&lab).reset("Anns-new-one-1").await;
    let (_, ann) = graph(&lab, &token, &format!("/v1.0/users/{ANN}")).await;
    assert_eq!(ann["onPremisesImmutableId"], "anchor-ann@corp.test");
    assert!(ann["lastPasswordChangeDateTime"].is_string() && ann["onPremisesSyncEnabled"] == true);
    let (_, same) = graph(&lab, &token, &format!("/v1.0/users/{}", ann["id"].as_str().unwrap())).await;
    assert_eq!(same["userPrincipalName"], ANN);
    let filter =
        "/v1.0/auditLogs/directoryAudits?$filter=activityDisplayName%20eq%20%27Reset%20password%20(self-service)%27";
    let (_, audits) = graph(&lab, &token, filter).await;
    assert_eq!(audits["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(audits["value"][0]["targetResources"][0]["userPrincipalName"], ANN);
}

#[tokio::test]
async fn graph_refuses_in_graphs_shape() {
    let lab = Lab::ready().await;
    let token = lab.app_token().await;
    let helpdesk = lab.password_token("helpdesk@wblab.test", "helpdesk password").await;
    let rows = [
        (
            "made.up",
            "/v1.0/users",
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
        ),
        (
            helpdesk.as_str(),
            "/v1.0/auditLogs/directoryAudits",
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
        ),
        (
            &token,
            "/v1.0/users/nobody@corp.test",
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
        ),
        (
            &token,
            "/v1.0/users?$top=0",
            StatusCode::BAD_REQUEST,
            "Request_BadRequest",
        ),
        (&token, "/v1.0/groups", StatusCode::BAD_REQUEST, "Request_BadRequest"),
    ];
    for (token, path, status, code) in rows {
        let (seen, body) = graph(&lab, token, path).await;
        assert_eq!((seen, body["error"]["code"].as_str()), (status, Some(code)), "{path}");
    }
}
