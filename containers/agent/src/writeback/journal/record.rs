//! An entry of the journal as it stands on the disk. Never a password, nor anything that one could be found by.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::{EventId, OpKind};

use super::Operation;
use crate::writeback::operation::Ending;
use crate::writeback::port::{Before, WriteResult};

/// One entry. Fields are added with defaults, so that an older agent's journal is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    anchor: String,
    kind: OpKind,
    expires: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Before>,
    #[serde(default)]
    pub(super) crowded: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ended {
    result: WriteResult,
    event: EventId,
}

impl Record {
    pub(super) fn new(operation: &Operation, before: Option<Before>, crowded: bool, ending: Option<&Ending>) -> Self {
        Self {
            anchor: operation.anchor.clone(),
            kind: operation.kind,
            expires: operation.expires,
            before,
            crowded,
            ended: ending.map(|ending| Ended {
                result: ending.result.clone(),
                event: ending.event,
            }),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an entry.
    pub(super) fn read(key: &[u8], value: &[u8]) -> Result<(Uuid, Self), String> {
        let id = Uuid::from_slice(key).map_err(|error| format!("a key that is no operation id: {error}"))?;
        let record = serde_json::from_slice(value).map_err(|error| format!("the entry of {id}: {error}"))?;
        Ok((id, record))
    }

    pub(super) fn operation(&self, id: Uuid) -> Operation {
        Operation {
            id,
            anchor: self.anchor.clone(),
            kind: self.kind,
            expires: self.expires,
        }
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        let ended = self.ended.as_ref()?;
        Some(Ending {
            result: ended.result.clone(),
            event: ended.event,
        })
    }
}
