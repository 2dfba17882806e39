//! What all users know of the cloud.

use engine::clock::RunClock;
use engine::pipe::{Hello, Ticket};
use engine::ports::Flow;
use http::HeaderMap;
use scenario::Vault;
use vocabulary::lab::OUTCOME;
use vocabulary::{Outcome, Password, ReasonCode, UnknownWhy};

use crate::LoadError;
use crate::client::{Answer, Ask, Server, Unanswered};
use crate::helpdesk::Helpdesk;

/// The cloud as every user sees it. A session's cookie is kept by hand, so that all share one pool of connections.
pub(crate) struct Portal {
    pub server: Server,
    pub lab_token: Password,
    pub vault: Vault,
    /// Only where somebody resets something.
    pub helpdesk: Option<Helpdesk>,
}

impl Portal {
    pub fn new(hello: &Hello, clock: &RunClock) -> Result<Self, LoadError> {
        Ok(Self {
            server: Server::new(&hello.portal_url, hello, clock)?,
            lab_token: Password::new(hello.lab_token.clone()),
            vault: Vault::new(hello.seed),
            helpdesk: match hello.flow {
                Flow::Portal => Some(Helpdesk::new(hello, clock)?),
                Flow::Count => None,
            },
        })
    }

    /// Whether nobody resets anything there: a target that counts requests.
    pub fn counts(&self) -> bool {
        self.helpdesk.is_none()
    }

    /// One request that the target counts; it is told which ticket's it is, and when that was released.
    pub async fn count(&self, ticket: &Ticket) -> Outcome {
        let path = format!("/{}/{}", ticket.number, ticket.released_us);
        match self.server.send(Ask::get(path)).await {
            Err(why) | Ok(Answer { body: Err(why), .. }) => unanswered(true, why),
            Ok(answer) if answer.status.is_success() => Outcome::Applied,
            Ok(_) => Outcome::failed(ReasonCode::CloudError),
        }
    }
}

/// The outcome that an answer tells the lab, if it tells one.
pub(crate) fn told(headers: &HeaderMap) -> Option<Outcome> {
    let outcome = headers.get(OUTCOME)?.to_str().ok()?;
    Some(serde_json::from_str(outcome).unwrap_or(Outcome::Unknown(UnknownWhy::AnswerInvalid)))
}

/// What a request that got no answer means: one that cannot have had an effect surely had none, of any other nobody knows.
pub(crate) fn unanswered(decides: bool, why: Unanswered) -> Outcome {
    match why {
        _ if !decides => Outcome::failed(ReasonCode::NotSent),
        Unanswered::NotSent => Outcome::failed(ReasonCode::NotSent),
        Unanswered::Timeout => Outcome::Unknown(UnknownWhy::Timeout),
        Unanswered::Lost => Outcome::Unknown(UnknownWhy::ConnectionLost),
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
