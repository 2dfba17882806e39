//! The closed table from what came back to how the operation ended. What stands in no row is unknown.

use protocol::writeback::{AgentResult, AnswerBody};
use vocabulary::{Outcome, Reason, ReasonCode, SsprCode, UnknownWhy};

/// What came back from one relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// No connection to the relay came about.
    NotConnected,
    /// The relay itself answered, and says that no listener was given the request.
    NotDispatched { status: u16 },
    /// Nothing within the time allowed.
    TimedOut,
    /// The connection ended after the request may have left.
    Lost,
    /// A success whose body did not open, or was not the answer to this request.
    Unauthentic,
    /// The agent's answer, authenticated.
    Answer(AnswerBody),
    /// Any other status.
    Status(u16),
}

/// Where an exchange belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placed {
    /// Surely nothing was dispatched: the next relay may be tried, and without one this is the outcome.
    Undispatched(Outcome),
    /// The outcome. The operation is never sent again.
    Final(Outcome),
}

pub(crate) fn place(exchange: Exchange) -> Placed {
    let down = |code| Outcome::Failed(Reason::new(code).with_sspr(SsprCode::OnPremisesConnectivityError));
    match exchange {
        Exchange::NotConnected => Placed::Undispatched(down(ReasonCode::NotSent)),
        Exchange::NotDispatched {
            status: 404 | 502 | 503 | 504,
        } => Placed::Undispatched(down(ReasonCode::NoListener)),
        Exchange::NotDispatched { .. } => Placed::Undispatched(down(ReasonCode::CloudError)),
        Exchange::TimedOut => unknown(UnknownWhy::Timeout),
        Exchange::Lost => unknown(UnknownWhy::ConnectionLost),
        Exchange::Unauthentic => unknown(UnknownWhy::AnswerInvalid),
        Exchange::Status(502 | 504) => unknown(UnknownWhy::RelayTimeout),
        Exchange::Status(_) => unknown(UnknownWhy::Unplaced),
        Exchange::Answer(answer) => Placed::Final(of_agent(answer)),
    }
}

fn unknown(why: UnknownWhy) -> Placed {
    Placed::Final(Outcome::Unknown(why))
}

fn of_agent(answer: AnswerBody) -> Outcome {
    let AnswerBody {
        result, event, win32, ..
    } = answer;
    let told = |reason: Reason| Reason {
        sspr: shown(reason.code),
        event: reason.event.or(Some(event)),
        win32: reason.win32.or(win32),
        ..reason
    };
    match result {
        AgentResult::Applied => Outcome::Applied,
        AgentResult::Unknown(why) => Outcome::Unknown(why),
        AgentResult::Rejected(reason) if may_reject(reason.code) => Outcome::Rejected(told(reason)),
        AgentResult::Failed(reason) if may_fail(reason.code) => Outcome::Failed(told(reason)),
        AgentResult::Rejected(_) | AgentResult::Failed(_) => Outcome::Unknown(UnknownWhy::Unplaced),
    }
}

/// What a directory or a rule on-premises can say no for.
fn may_reject(code: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        code,
        R::PasswordPolicy
            | R::PermissionDenied
            | R::AccountDisabled
            | R::IncorrectPassword
            | R::NotFoundOnPremises
            | R::MultipleMatches
            | R::DirectoryConfiguration
    )
}

/// What an agent can be sure to have done nothing for. `Replayed` is not among them: the cloud sends an operation once,
/// so an agent that has seen it before may have applied it then.
fn may_fail(code: ReasonCode) -> bool {
    use R::{DirectoryUnreachable, Expired, JournalUnavailable, NotApplied, Undecryptable};
    use ReasonCode as R;
    may_reject(code)
        || matches!(
            code,
            Expired | Undecryptable | DirectoryUnreachable | JournalUnavailable | NotApplied
        )
}

/// What the person is shown for an agent's reason, where a public code exists.
fn shown(code: ReasonCode) -> Option<SsprCode> {
    use ReasonCode as R;
    match code {
        R::PermissionDenied | R::DirectoryConfiguration => Some(SsprCode::OnPremisesAdminActionRequired),
        R::DirectoryUnreachable | R::JournalUnavailable => Some(SsprCode::OnPremisesConnectivityError),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use vocabulary::{EventId, Win32};

    use super::*;

    fn answer(result: AgentResult) -> Exchange {
        let (event, win32) = (EventId::AD_PASSWORD_POLICY, Some(Win32::PASSWORD_RESTRICTION));
        Exchange::Answer(AnswerBody {
            proof: String::new(),
            result,
            event,
            win32,
        })
    }

    #[test]
    fn only_what_was_surely_not_dispatched_may_be_tried_elsewhere() {
        for exchange in [Exchange::NotConnected, Exchange::NotDispatched { status: 502 }] {
            assert!(matches!(place(exchange), Placed::Undispatched(Outcome::Failed(_))));
        }
        let rows = [
            (Exchange::TimedOut, UnknownWhy::Timeout),
            (Exchange::Lost, UnknownWhy::ConnectionLost),
            (Exchange::Unauthentic, UnknownWhy::AnswerInvalid),
            (Exchange::Status(504), UnknownWhy::RelayTimeout),
            (Exchange::Status(502), UnknownWhy::RelayTimeout),
            (Exchange::Status(401), UnknownWhy::Unplaced),
            (Exchange::Status(302), UnknownWhy::Unplaced),
            (
                answer(AgentResult::Unknown(UnknownWhy::DirectoryIndeterminate)),
                UnknownWhy::DirectoryIndeterminate,
            ),
            (
                answer(AgentResult::Failed(Reason::new(ReasonCode::Replayed))),
                UnknownWhy::Unplaced,
            ),
            (
                answer(AgentResult::Rejected(Reason::new(ReasonCode::NotLicensed))),
                UnknownWhy::Unplaced,
            ),
        ];
        for (exchange, why) in rows {
            assert_eq!(
                place(exchange.clone()),
                Placed::Final(Outcome::Unknown(why)),
                "{exchange:?}"
            );
        }
    }

    #[test]
    fn the_agents_reasons_carry_the_codes_of_the_chain() {
        let policy = place(answer(AgentResult::Rejected(Reason::new(ReasonCode::PasswordPolicy))));
        let wanted = Reason::new(ReasonCode::PasswordPolicy)
            .with_event(EventId::AD_PASSWORD_POLICY)
            .with_win32(Some(Win32::PASSWORD_RESTRICTION));
        assert_eq!(policy, Placed::Final(Outcome::Rejected(wanted)));
        let rights = place(answer(AgentResult::Failed(Reason::new(ReasonCode::PermissionDenied))));
        let Placed::Final(Outcome::Failed(reason)) = rights else {
            panic!("{rights:?}")
        };
        assert_eq!(reason.sspr, Some(SsprCode::OnPremisesAdminActionRequired));
        assert_eq!(place(answer(AgentResult::Applied)), Placed::Final(Outcome::Applied));
    }
}
