//! A person at the portal's pages.

use vocabulary::Outcome;

use super::curl::encoded;
use super::{Curl, Page};

/// Where a visit ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The step of the last page that was shown; `none` at an end.
    pub step: String,
    /// What the laboratory was told, if the flow came to an end.
    pub outcome: Option<Outcome>,
    /// The last page.
    pub page: Page,
}

/// One person with one browser. The browser must carry the lab token, which opens the inbox.
pub struct Visitor<'a> {
    pub curl: &'a Curl,
    /// The portal's pages, such as `https://127.0.0.1:8443/passwordreset`.
    pub portal: &'a str,
    /// The inbox that codes go to.
    pub inbox: &'a str,
    pub upn: &'a str,
}

impl Visitor<'_> {
    /// Resets the password, as far as the portal lets this person go.
    pub fn reset(&self, password: &str) -> Ended {
        let choice = [
            ("choice", "reset"),
            ("new_password", password),
            ("confirm_password", password),
        ];
        self.walk(&choice)
    }

    /// Unlocks the account, as far as the portal lets this person go.
    pub fn unlock(&self) -> Ended {
        self.walk(&[("choice", "unlock")])
    }

    /// Follows the pages in the order in which each asks for the next; the first that ends the flow ends the visit.
    fn walk(&self, choice: &[(&str, &str)]) -> Ended {
        let mut page = self.curl.get(self.portal);
        assert_eq!(
            (page.status, page.step()),
            (200, "identify"),
            "the portal's first page: {}",
            page.body
        );
        for _ in 0..4 {
            let step = page.step().to_owned();
            page = match step.as_str() {
                "identify" => self.submit("identify", &[("userid", self.upn)]),
                "code" => self.submit("code", &[("method", "email")]),
                "verify" => self.submit("verify", &[("code", &self.newest_code())]),
                "finish" => self.submit("finish", choice),
                _ => break,
            };
        }
        let outcome = page
            .header("lab-outcome")
            .map(|text| serde_json::from_str(text).unwrap());
        Ended {
            step: page.step().to_owned(),
            outcome,
            page,
        }
    }

    fn submit(&self, form: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.curl.post(&format!("{}/{form}", self.portal), fields);
        assert_eq!(page.status, 200, "{form}: {}", page.body);
        page
    }

    fn newest_code(&self) -> String {
        let page = self.curl.get(&format!("{}?upn={}", self.inbox, encoded(self.upn)));
        let mails: Vec<serde_json::Value> = serde_json::from_str(&page.body).unwrap();
        mails.last().and_then(|mail| mail["code"].as_str()).unwrap().to_owned()
    }
}
