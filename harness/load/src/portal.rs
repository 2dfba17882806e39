//! The client that all users share, and what they all know of the cloud.

use std::time::Duration;

use engine::pipe::{Hello, Ticket};
use engine::ports::Flow;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client};
use scenario::Vault;
use vocabulary::lab::OUTCOME;
use vocabulary::{Outcome, Password, ReasonCode, UnknownWhy};

use crate::LoadError;
use crate::helpdesk::Helpdesk;

/// The cloud as every user sees it. A session's cookie is kept by hand, so that all share one pool of connections.
pub(crate) struct Portal {
    flow: Flow,
    client: Client,
    pub url: String,
    pub lab_token: Password,
    pub vault: Vault,
    pub helpdesk: Helpdesk,
}

impl Portal {
    pub fn new(hello: &Hello) -> Result<Self, LoadError> {
        let authority = match hello.flow {
            Flow::Portal => Some(Certificate::from_pem(hello.ca_pem.as_bytes())?),
            Flow::Count => None,
        };
        let mut builder = Client::builder()
            .tls_certs_only(authority)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_micros(hello.request_timeout_us))
            .pool_max_idle_per_host(usize::try_from(hello.users).unwrap_or(usize::MAX))
            .user_agent(concat!("wblab-load/", env!("CARGO_PKG_VERSION")));
        for (name, address) in hello.names.iter() {
            builder = builder.resolve(name, address);
        }
        Ok(Self {
            flow: hello.flow,
            client: builder.build()?,
            url: hello.portal_url.clone(),
            lab_token: Password::new(hello.lab_token.clone()),
            vault: Vault::new(hello.seed),
            helpdesk: Helpdesk::new(hello),
        })
    }

    /// The client that all users share.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Portal {
    /// Whether nobody resets anything there: a target that counts requests.
    pub fn counts(&self) -> bool {
        self.flow == Flow::Count
    }

    /// One request that the target counts; it is told which ticket's it is, and when that was released.
    pub async fn count(&self, client: &Client, ticket: &Ticket) -> Outcome {
        let url = format!("{}/{}/{}", self.url, ticket.number, ticket.released_us);
        let answered = async {
            let response = client.get(url).send().await?;
            let succeeded = response.status().is_success();
            response.bytes().await.map(|_| succeeded)
        };
        match answered.await {
            Ok(true) => Outcome::Applied,
            Ok(false) => Outcome::failed(ReasonCode::CloudError),
            Err(error) => unanswered(true, &error),
        }
    }
}

/// The outcome that an answer tells the lab, if it tells one.
pub(crate) fn told(headers: &HeaderMap) -> Option<Outcome> {
    let outcome = headers.get(OUTCOME)?.to_str().ok()?;
    Some(serde_json::from_str(outcome).unwrap_or(Outcome::Unknown(UnknownWhy::AnswerInvalid)))
}

/// What a request that got no answer means: one that cannot have had an effect surely had none, of any other nobody knows.
pub(crate) fn unanswered(decides: bool, error: &reqwest::Error) -> Outcome {
    match decides {
        true if error.is_connect() => Outcome::failed(ReasonCode::NotSent),
        true if error.is_timeout() => Outcome::Unknown(UnknownWhy::Timeout),
        true => Outcome::Unknown(UnknownWhy::ConnectionLost),
        false => Outcome::failed(ReasonCode::NotSent),
    }
}

/// What two answers to one operation come to: a known end goes before an unknown one, and two known ones must be the same.
pub(crate) fn both(one: Outcome, other: Outcome) -> Outcome {
    match (&one, &other) {
        (Outcome::Unknown(_), _) => other,
        (_, Outcome::Unknown(_)) => one,
        _ if one == other => one,
        _ => Outcome::Unknown(UnknownWhy::AnswersDiffer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_answers_to_one_operation_must_agree() {
        let (policy, lost) = (
            Outcome::rejected(ReasonCode::PasswordPolicy),
            Outcome::Unknown(UnknownWhy::ConnectionLost),
        );
        assert_eq!(both(Outcome::Applied, Outcome::Applied), Outcome::Applied);
        assert_eq!(both(lost.clone(), Outcome::Applied), Outcome::Applied);
        assert_eq!(both(policy.clone(), lost.clone()), policy);
        assert_eq!(both(lost.clone(), lost.clone()), lost);
        assert_eq!(
            both(Outcome::Applied, policy),
            Outcome::Unknown(UnknownWhy::AnswersDiffer)
        );
    }
}
