//! The sheet against embedded directories whose settings are known.

use serde_json::json;

use super::*;
use crate::conformance::tests::Fresh;

async fn sheet(settings: serde_json::Value) -> BTreeMap<String, String> {
    let mut fresh = Fresh::stand(settings).await;
    let subject = &fresh.subject;
    let agent = subject.agent.as_ref().unwrap();
    let places = Places {
        base: &subject.base,
        inside: &subject.below,
        agent_dn: &agent.dn,
        agent_password: &agent.password,
    };
    let mut admin = subject.as_admin().await.unwrap();
    let capability = probe(&mut admin, &subject.client, &places).await.unwrap();
    assert_eq!(capability.dc, "dc1.probe.test");
    let left = admin.guids(&subject.base).await.unwrap();
    assert!(!left.keys().any(|name| name.starts_with("cap-")), "{left:?}");
    fresh.stop().await;
    capability.facts
}

#[track_caller]
fn expect(facts: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(
            facts.get(*name).map(String::as_str),
            Some(*value),
            "{name} in {facts:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_directory_is_found_strict() {
    let facts = sheet(json!({ "lockout": { "threshold": 4 } })).await;
    expect(
        &facts,
        &[
            ("kvno", "counts"),
            ("lockout", "enforced"),
            ("old_password_allowed", "0s"),
            ("policy_hints", "true"),
            ("history_on_reset", "with policy hints"),
            ("reset_unlocks", "false"),
            ("lockoutThreshold", "4"),
            ("minPwdLength", "7"),
            ("dnsHostName", "dc1.probe.test"),
        ],
    );
    assert!(facts.contains_key("protected_groups") && facts.contains_key("domainControllerFunctionality"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lax_directory_is_found_lax() {
    let lax = json!({
        "old_password_allowed": "1h",
        "policy": { "min_length": 7, "complexity": true, "history": 0, "min_age": "24h" },
        "lockout": { "threshold": 0 },
    });
    let facts = sheet(lax).await;
    expect(
        &facts,
        &[
            ("lockout", "off"),
            ("old_password_allowed", "accepted"),
            ("history_on_reset", "not enforced"),
            // Proven all the same: the throwaway account has a policy of its own.
            ("reset_unlocks", "false"),
        ],
    );
}
