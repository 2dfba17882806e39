//! The texts of the event log, in the product's shapes. They name the person and the reason, never a secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;
use vocabulary::{EventId, UnknownWhy};

use super::journal::Operation;
use super::operation::{self, Ending};
use super::port::{Remark, WriteResult};
use crate::event::{ADSYNC_PASSWORD_ERROR, End, EventLog, Source};

/// One operation's voice in the event log.
pub(crate) struct Telling<'a> {
    /// The log.
    pub(crate) log: &'a EventLog,
    /// The operation.
    pub(crate) operation: &'a Operation,
    /// The person's name, if the metaverse knows one.
    pub(crate) upn: Option<String>,
    /// Whether it also unlocks.
    pub(crate) unlock: bool,
}

impl Telling<'_> {
    /// A request was seen.
    pub(crate) fn start(&self) {
        let text = format!("TrackingId: {}, Details: {}", self.operation.id, self.name());
        let event = operation::start_event(self.operation.kind);
        self.log
            .step(Source::PasswordResetService, event, self.operation.id, &text);
    }

    /// A message came again, or asks about one that came before.
    pub(crate) fn repeated(&self, what: &str) {
        let text = format!("TrackingId: {}, {what}, Details: {}", self.operation.id, self.name());
        self.log.step(
            Source::PasswordResetService,
            EventId::INPUT_VALIDATION_ERROR,
            self.operation.id,
            &text,
        );
    }

    /// How it ended, with what was remarked on the way.
    pub(crate) fn end(&self, ending: &Ending, remark: &Remark) {
        let end = End {
            result: ending.class(),
            code: ending.event,
            dc: remark.dc.as_deref(),
        };
        if ending.result == WriteResult::Applied {
            let text = format!(
                "TrackingId: {}, {}, Details: Context: {}{}",
                self.operation.id,
                ending.event.name(),
                self.context(),
                notes(remark)
            );
            return self.log.end(ending.event, self.operation.id, &text, end);
        }
        let text = self.failure(ending, remark);
        if ending.win32().is_some() {
            self.log
                .step(Source::AdSync, ADSYNC_PASSWORD_ERROR, self.operation.id, &text);
        }
        let last = operation::fail_event(self.operation.kind);
        if ending.event != last {
            self.log
                .step(Source::PasswordResetService, ending.event, self.operation.id, &text);
        }
        self.log.end(last, self.operation.id, &text, end);
    }

    fn failure(&self, ending: &Ending, remark: &Remark) -> String {
        let (hr, message) = engine_error(ending.event);
        format!(
            "TrackingId: {}, Reason: Synchronization Engine returned an error hr={hr}, message={message}, Context: {}, Details: {}{}",
            self.operation.id,
            self.context(),
            details(&ending.result),
            notes(remark)
        )
    }

    fn context(&self) -> String {
        let user = anchor_guid(&self.operation.anchor).map_or_else(|| "unknown".to_owned(), |guid| guid.to_string());
        let unlock = if self.unlock { "True" } else { "False" };
        format!(
            "cloudAnchor: User_{user}, SourceAnchorValue: {}, UserPrincipalName: {}, unblockUser: {unlock}",
            self.operation.anchor,
            self.name()
        )
    }

    fn name(&self) -> &str {
        self.upn.as_deref().unwrap_or(&self.operation.anchor)
    }
}

/// The objectGUID behind a source anchor.
fn anchor_guid(anchor: &str) -> Option<Uuid> {
    let bytes: [u8; 16] = STANDARD.decode(anchor).ok()?.try_into().ok()?;
    Some(Uuid::from_bytes_le(bytes))
}

/// What was remarked, behind the product's text.
fn notes(remark: &Remark) -> String {
    remark.notes.iter().map(|note| format!("; {note}")).collect()
}

fn details(result: &WriteResult) -> String {
    match result {
        WriteResult::Applied => String::new(),
        WriteResult::Rejected(reason) | WriteResult::Failed(reason) => reason.to_string(),
        WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate) => {
            "the modify left and its effect is not known".to_owned()
        }
        WriteResult::Unknown(why) => why.as_str().to_owned(),
    }
}

/// The engine's code and message that the product logs with an event.
fn engine_error(event: EventId) -> (&'static str, &'static str) {
    match event {
        EventId::AD_PASSWORD_POLICY => (
            "80230619",
            "A restriction prevents the password from being changed to the current one specified.",
        ),
        EventId::AD_PERMISSIONS => ("80230626", "The management agent credentials were denied access."),
        EventId::AD_USER_NOT_FOUND => ("80230405", "The object could not be found."),
        EventId::AD_MULTI_MATCH => ("80230402", "Duplicate entries were found with the same anchor."),
        EventId::AD_CONFIGURATION => ("8023061f", "Password sync is not enabled on this management agent."),
        _ => ("80004005", "Unspecified error."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_gives_its_guid_or_nothing() {
        let guid = Uuid::parse_str("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        assert_eq!(anchor_guid("MyIRAFVEd2aImaq7zN3u/w=="), Some(guid));
        assert_eq!(anchor_guid("MyIR"), None);
        assert_eq!(anchor_guid("ä"), None);
    }
}
