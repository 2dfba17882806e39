//! The portal's pages. `maud` escapes everything that is put in; `data-step` names the step that comes next.

use maud::{DOCTYPE, Markup, html};
use vocabulary::{OpKind, Outcome, ReasonCode, SsprCode};

use crate::tenant::{Ending, Page, Problem};

/// The one stylesheet; there is no inline style and no script.
pub(super) const STYLE: &str = include_str!("style.css");

/// A title and a text for how something ended.
struct Words(&'static str, &'static str);

/// The first page.
pub(super) fn identify() -> String {
    let body = html! {
        p { "Who are you? Enter the name that you sign in with." }
        form method="post" action="/passwordreset/identify" {
            label { "User name"
                input name="userid" type="text" autocomplete="username" autocapitalize="none" spellcheck="false"
                    maxlength="1024" placeholder="someone@example.test" required autofocus;
            }
            button { "Next" }
        }
    };
    layout("identify", "Get back into your account", &body)
}

/// A page that leads nowhere.
pub(super) fn plain(title: &str, text: &str) -> String {
    layout(
        "none",
        title,
        &html! { p { (text) } p { a href="/" { "Start again" } } },
    )
}

/// The page for what the tenant decided.
pub(super) fn render(page: &Page) -> String {
    match page {
        Page::AskCode { mail } => ask_code(mail),
        Page::EnterCode => enter_code(None),
        Page::WrongCode { .. } => enter_code(Some("That code is wrong or too old. Please try again.")),
        Page::Choose { unlock, problem } => choose(*unlock, *problem),
        Page::End(ending) => end(ending),
    }
}

fn layout(step: &str, title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/style.css";
            }
            body {
                main data-step=(step) {
                    h1 { (title) }
                    (body)
                }
            }
        }
    };
    page.into_string()
}

fn ask_code(mail: &str) -> String {
    let body = html! {
        p { "We can send a code to " strong { (mail) } ". It proves that you are you." }
        form method="post" action="/passwordreset/code" { button autofocus { "Send the code" } }
    };
    layout("code", "Prove that it is you", &body)
}

fn enter_code(problem: Option<&str>) -> String {
    let body = html! {
        @if let Some(problem) = problem { p.bad role="alert" { (problem) } }
        p { "We have sent you a code of six digits. It is good for five minutes." }
        form method="post" action="/passwordreset/verify" {
            label { "Code"
                input name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required autofocus;
            }
            button { "Next" }
        }
        hr;
        form method="post" action="/passwordreset/code" { button { "Send another code" } }
    };
    layout("verify", "Enter the code", &body)
}

fn choose(unlock: bool, problem: Option<Problem>) -> String {
    let body = html! {
        @if let Some(problem) = problem { p.bad role="alert" { (problem_text(problem)) } }
        form method="post" action="/passwordreset/finish" {
            input name="choice" type="hidden" value="reset";
            label { "New password"
                input name="new_password" type="password" autocomplete="new-password" required autofocus;
            }
            label { "The same again"
                input name="confirm_password" type="password" autocomplete="new-password" required;
            }
            button { "Set the new password" }
        }
        @if unlock {
            hr;
            form method="post" action="/passwordreset/finish" {
                p { "You know your password, but your account is locked?" }
                input name="choice" type="hidden" value="unlock";
                button { "Unlock my account" }
            }
        }
    };
    layout("finish", "Choose a new password", &body)
}

fn problem_text(problem: Problem) -> &'static str {
    match problem {
        Problem::Unclear => "Please choose what to do.",
        Problem::Empty => "Please enter a new password.",
        Problem::Differs => "The two passwords are not the same.",
        Problem::TooLong => "The password is too long: 256 characters at most.",
        Problem::Unusable => "The password has a character that cannot be used.",
    }
}

fn end(ending: &Ending) -> String {
    let Words(title, text) = words(ending);
    let step = if ending.kind.is_some() { "done" } else { "refused" };
    let class = ending.outcome.class();
    let good = ending.outcome == Outcome::Applied;
    let body = html! {
        p.good[good].bad[!good] role="status" data-result=(class.as_str()) { (text) }
        @if let Some(code) = sspr(&ending.outcome) { p { "Code: " strong { (code) } } }
        p.quiet { "Support id: " code { (ending.operation) } }
        @if !good { p { a href="/" { "Start again" } } }
    };
    layout(step, title, &body)
}

fn sspr(outcome: &Outcome) -> Option<SsprCode> {
    match outcome {
        Outcome::Rejected(reason) | Outcome::Failed(reason) => reason.sspr,
        Outcome::Applied | Outcome::Unknown(_) => None,
    }
}

fn words(ending: &Ending) -> Words {
    match &ending.outcome {
        Outcome::Applied => applied(ending),
        Outcome::Unknown(_) => Words(
            "We cannot tell yet",
            "We did not hear whether your organisation took the change. It may still take effect. Wait a few \
             minutes, then try to sign in.",
        ),
        Outcome::Rejected(reason) | Outcome::Failed(reason) => said_no(reason.code),
    }
}

fn applied(ending: &Ending) -> Words {
    match (ending.kind, ending.in_cloud) {
        (Some(OpKind::Unlock), _) => Words("Your account is unlocked", "You can sign in with your password again."),
        (_, true) => Words(
            "Your password has been reset",
            "You can sign in with your new password now.",
        ),
        (_, false) => Words(
            "Your password has been reset on-premises",
            "Our servers take a little time to catch up. Wait a few minutes before you sign in.",
        ),
    }
}

fn said_no(code: ReasonCode) -> Words {
    use ReasonCode as R;
    match code {
        R::UnknownUser => Words(
            "We could not verify your account",
            "Check the name and try again, or ask your administrator.",
        ),
        R::SsprDisabled | R::NotInScope => Words(
            "You cannot reset your password here",
            "Your administrator has not turned this on for you.",
        ),
        R::NotLicensed => Words(
            "You cannot reset your password here",
            "Your account has no licence for it. Please ask your administrator.",
        ),
        R::NotRegistered => Words(
            "You cannot reset your password here",
            "There is too little security information for your account. Please ask your administrator.",
        ),
        R::WritebackDisabled => Words(
            "You cannot reset your password here",
            "Your password is managed on-premises and cannot be changed from here.",
        ),
        R::UnlockDisabled => Words(
            "You cannot unlock your account here",
            "Your administrator allows no unlock without a reset. Start again and reset your password.",
        ),
        R::Throttled => Words(
            "Too many attempts",
            "For your safety, try again after 24 hours or ask your administrator.",
        ),
        R::SessionInvalid => Words(
            "Please start again",
            "Your session has ended, or a step was taken out of order.",
        ),
        R::WrongCode => Words("The code was wrong", "Please start again."),
        _ => on_premises(code),
    }
}

fn on_premises(code: ReasonCode) -> Words {
    use ReasonCode as R;
    match code {
        R::PasswordPolicy => Words(
            "This password cannot be used",
            "It does not meet your organisation's policy: length, complexity, age or history. Try another one.",
        ),
        R::NoListener
        | R::NotSent
        | R::AgentOutdated
        | R::DirectoryUnreachable
        | R::JournalUnavailable
        | R::NotApplied
        | R::Expired => Words(
            "Your organisation cannot be reached",
            "Nothing was changed. Try again later, or ask your administrator.",
        ),
        R::PermissionDenied | R::DirectoryConfiguration => Words(
            "Your administrator must act first",
            "A setting on-premises keeps us from changing your account. Nothing was changed.",
        ),
        R::AccountDisabled => Words(
            "Your account is disabled",
            "Please ask your administrator. Nothing was changed.",
        ),
        R::NotFoundOnPremises | R::MultipleMatches => Words(
            "Your account has changed on-premises",
            "We could not find it there without doubt. Please ask your administrator. Nothing was changed.",
        ),
        _ => Words(
            "That did not work",
            "Nothing was changed. Try again later, or ask your administrator.",
        ),
    }
}
