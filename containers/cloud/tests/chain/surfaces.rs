//! The portal around the flow: headers, hosts, forms from elsewhere, the laboratory's endpoints, the start and the end.

use reqwest::{Method, StatusCode};
use serde_json::json;
use vocabulary::SystemClock;

use crate::browser::Browser;
use crate::lab::{ANN, Lab};
use crate::relay::Mood;

#[tokio::test]
async fn every_page_wears_the_strict_headers() {
    let lab = Lab::ready().await;
    let browser = Browser::new(&lab);
    let identified = browser.post("identify", &[("userid", ANN)]).await;
    let cookie = identified.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in [
        "__Host-",
        "Secure",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=900",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let pages = [
        browser.get("/").await,
        browser.get("/nothing").await,
        identified,
        browser.get("/style.css").await,
    ];
    for page in &pages {
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        assert!(!page.html.contains("<script") && !page.html.contains("style="));
    }
    assert_eq!(pages[1].status, StatusCode::NOT_FOUND);
    assert!(pages[3].html.contains("prefers-color-scheme: dark"));
}

#[tokio::test]
async fn a_stranger_learns_nothing_before_identify_answers() {
    let lab = Lab::ready().await;
    let mut browser = Browser::new(&lab);
    browser.from_lab = false;
    let first = browser.get("/").await;
    let unknown = browser.post("identify", &[("userid", "nobody@corp.test")]).await;
    assert_eq!(browser.get("/").await.html, first.html);
    assert_eq!(unknown.status, StatusCode::OK);
    let hostile = browser
        .post("identify", &[("userid", "<script>alert(1)</script>")])
        .await;
    let shape = |html: &str| html.split("<code>").next().unwrap().to_owned();
    assert_eq!(shape(&hostile.html), shape(&unknown.html));
    assert!(unknown.html.contains("could not verify your account") && !hostile.html.contains("<script"));
}

#[tokio::test]
async fn forms_from_elsewhere_and_forms_too_large_are_refused() {
    let lab = Lab::ready().await;
    let client = lab.client();
    let post = |name: &'static str, value: &'static str| {
        let request = client
            .post("https://portal.wblab.test/passwordreset/identify")
            .header(name, value);
        request.form(&[("userid", ANN)]).send()
    };
    assert_eq!(
        post("origin", "https://evil.test").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post("sec-fetch-site", "cross-site").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post("origin", "https://portal.wblab.test").await.unwrap().status(),
        StatusCode::OK
    );
    let browser = Browser::new(&lab);
    let large = browser.post("identify", &[("userid", &"x".repeat(64 * 1024))]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        browser.get("/passwordreset/finish").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn the_host_decides_and_a_stranger_is_misdirected() {
    let lab = Lab::bare(|_| {}).await;
    let get = |url: &'static str| lab.client().get(url).send();
    assert_eq!(
        get("https://stranger.wblab.test/").await.unwrap().status(),
        StatusCode::MISDIRECTED_REQUEST
    );
    assert_eq!(
        get("https://stranger.wblab.test/healthz").await.unwrap().status(),
        StatusCode::OK
    );
    assert_eq!(
        get("https://graph.wblab.test/passwordreset").await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        get("https://login.wblab.test/").await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn lab_endpoints_do_not_exist_without_the_token() {
    let lab = Lab::ready().await;
    let absent = lab
        .client()
        .get("https://portal.wblab.test/absent")
        .send()
        .await
        .unwrap();
    let absent = (absent.status(), absent.text().await.unwrap());
    let paths = [
        "inbox?upn=ann@corp.test",
        "status",
        "tenant",
        "journal",
        "operations/1",
        "nothing",
    ];
    for (path, method) in paths
        .iter()
        .flat_map(|path| [Method::GET, Method::PATCH].map(|method| (path, method)))
    {
        for token in [None, Some("wrong")] {
            let request = lab
                .client()
                .request(method.clone(), format!("https://portal.wblab.test/lab/{path}"));
            let request = token
                .into_iter()
                .fold(request, |request, token| request.header("lab-token", token));
            let response = request.send().await.unwrap();
            assert_eq!(
                (response.status(), response.text().await.unwrap()),
                absent,
                "{method} {path}"
            );
        }
    }
    assert_eq!(lab.patch(json!({ "gates": 2 })).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_status_says_what_has_happened_so_far() {
    let lab = Lab::bare(|_| {}).await;
    let fresh = lab.lab_json("/status").await;
    let nothing = json!({ "agent_key": null, "onboarded": false, "people": 0, "synchronised": false,
        "last_heartbeat_unix_ms": null, "listening": 0 });
    assert_eq!(fresh, nothing);
    lab.populate().await;
    let token = lab.admin_token().await;
    assert_eq!(lab.heartbeat(&token, "agent-1").await, StatusCode::NO_CONTENT);
    assert_eq!(lab.heartbeat(&token, "another").await, StatusCode::CONFLICT);
    let status = lab.lab_json("/status").await;
    assert_eq!(
        (&status["onboarded"], &status["people"], &status["listening"]),
        (&json!(true), &json!(2), &json!(2))
    );
    assert!(
        status["last_heartbeat_unix_ms"]
            .as_u64()
            .is_some_and(|millis| millis > 1_600_000_000_000)
    );
}

#[tokio::test]
async fn it_stops_and_a_missing_name_or_file_is_told() {
    let lab = Lab::ready().await;
    let (address, gone) = (lab.address, lab.file("cloud.key"));
    lab.relays[0].set(Mood::Silent);
    let client = lab.client();
    tokio::time::timeout(std::time::Duration::from_secs(1), lab.handle.stop())
        .await
        .unwrap();
    assert!(client.get("https://portal.wblab.test/").send().await.is_err());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    let text = format!(
        "listen = \"127.0.0.1:0\"\ntenant_id = \"{}\"\ncertificate_file = {gone:?}\nkey_file = {gone:?}\n\
         ca_file = {gone:?}\nsecret_file = {gone:?}\nrelays = []\n[accounts]\nclient_id = \"c\"\n\
         client_secret_file = \"c\"\nadmin_upn = \"a\"\nadmin_password_file = \"a\"\nhelpdesk_upn = \"h\"\n\
         helpdesk_password_file = \"h\"\n",
        crate::lab::TENANT
    );
    let config: cloud::CloudConfig = toml::from_str(&text).unwrap();
    assert_eq!(
        toml::from_str::<cloud::CloudConfig>(&toml::to_string(&config).unwrap()).unwrap(),
        config
    );
    assert!(toml::from_str::<cloud::CloudConfig>(&format!("surprise = 1\n{text}")).is_err());
    let error = cloud::start(config, SystemClock::shared()).await.unwrap_err();
    assert!(error.to_string().contains("cloud.key"), "{error}");
}
