//! A person with a browser: takes the portal's five requests one by one.

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode};
use vocabulary::{Outcome, StageTimes};

use crate::lab::{ANN, LAB_TOKEN, Lab};

const PORTAL: &str = "https://portal.wblab.test";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Answer {
    /// The name of the next step.
    pub(crate) fn step(&self) -> &str {
        let (_, rest) = self.html.split_once("<main data-step=\"").unwrap();
        rest.split_once('"').unwrap().0
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let header = self.headers.get("lab-outcome")?;
        Some(serde_json::from_slice(header.as_bytes()).unwrap())
    }

    pub(crate) fn stages(&self) -> StageTimes {
        let header = self.headers.get("server-timing").map(|value| value.to_str().unwrap());
        StageTimes::from_server_timing(header.unwrap_or_default())
    }
}

/// One browser with its cookies; from the laboratory or not.
pub(crate) struct Browser<'lab> {
    lab: &'lab Lab,
    client: Client,
    pub(crate) from_lab: bool,
    pub(crate) operation: Option<uuid::Uuid>,
}

impl<'lab> Browser<'lab> {
    pub(crate) fn new(lab: &'lab Lab) -> Self {
        Self {
            lab,
            client: lab.client(),
            from_lab: true,
            operation: None,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{PORTAL}{path}"))).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_to(&format!("/passwordreset/{path}"), form).await
    }

    pub(crate) async fn post_to(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.client.post(format!("{PORTAL}{path}")).form(form)).await
    }

    async fn send(&self, mut request: RequestBuilder) -> Answer {
        if self.from_lab {
            request = request.header("lab-token", LAB_TOKEN);
        }
        if let Some(operation) = self.operation {
            request = request.header("client-request-id", operation.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer {
            status,
            headers,
            html: response.text().await.unwrap(),
        }
    }

    /// The newest code in Ann's box.
    pub(crate) async fn code(&self) -> String {
        let mails = self.lab.lab_json(&format!("/inbox?upn={ANN}")).await;
        let newest = mails.as_array().unwrap().last().unwrap();
        assert_eq!(newest["upn"], ANN);
        newest["code"].as_str().unwrap().to_owned()
    }

    /// Everything before the last request.
    pub(crate) async fn prove(&self) {
        assert_eq!(self.get("/passwordreset").await.step(), "identify");
        assert_eq!(self.post("identify", &[("userid", ANN)]).await.step(), "code");
        assert_eq!(self.post("code", &[]).await.step(), "verify");
        let chosen = self.post("verify", &[("code", &self.code().await)]).await;
        assert_eq!(chosen.step(), "finish", "{}", chosen.html);
    }

    pub(crate) async fn reset(&self, password: &str) -> Answer {
        self.prove().await;
        let form = [
            ("choice", "reset"),
            ("new_password", password),
            ("confirm_password", password),
        ];
        self.post("finish", &form).await
    }

    pub(crate) async fn unlock(&self) -> Answer {
        self.prove().await;
        self.post("finish", &[("choice", "unlock")]).await
    }
}
