//! The cloud's lab interface: status and journal, behind the lab token.

use std::time::Duration;

use history::JournalRecord;
use serde::Deserialize;
use vocabulary::{NameTable, Password};

use crate::EnvironmentError;
use crate::clock::breathe;
use crate::lab_client::LabClient;

/// Looks until the cloud knows everyone; the agent's own start has bounds of its own.
const LOOKS_MAX: u32 = 1500;

/// The cloud as the harness asks it.
pub(crate) struct Lab(LabClient);

/// What the cloud says of itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    pub onboarded: bool,
    pub people: u64,
    pub synchronised: bool,
    /// The id of the key that requests are sealed for.
    pub agent_key: Option<String>,
}

/// What the cloud says of a disturbance.
#[derive(Debug, Deserialize)]
struct Touched {
    touched: u64,
}

impl Lab {
    pub fn new(url: &str, names: &NameTable, ca_pem: &str, token: &Password) -> Result<Self, EnvironmentError> {
        LabClient::new("the cloud", url, names, ca_pem, token).map(Self)
    }

    /// The cloud's status.
    pub async fn status(&self) -> Result<Status, EnvironmentError> {
        self.0.read("/lab/status").await
    }

    /// Waits until the cloud knows this many people and has an agent.
    pub async fn synchronised(&self, people: u64) -> Result<(), EnvironmentError> {
        let mut last = None;
        for _ in 0..LOOKS_MAX {
            let status = self.status().await?;
            if status.onboarded && status.synchronised && status.people >= people {
                return Ok(());
            }
            last = Some(status);
            breathe().await;
        }
        Err(EnvironmentError::NotReady {
            part: "the cloud".to_owned(),
            cause: format!("it knows {last:?}"),
        })
    }

    /// Disturbs the tenant for `lease` at the most.
    pub async fn disturb(&self, what: &str, lease: Duration) -> Result<(), EnvironmentError> {
        let lease_ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        let order = serde_json::json!({ "lease_ms": lease_ms });
        self.0.put(&format!("/lab/disturbances/{what}"), &order).await
    }

    /// Ends a disturbance of the tenant; tells whom it touched.
    pub async fn calm(&self, what: &str) -> Result<u64, EnvironmentError> {
        let touched: Option<Touched> = self.0.delete(&format!("/lab/disturbances/{what}")).await?;
        Ok(touched.map_or(0, |seen| seen.touched))
    }

    /// Makes every token void that the cloud has given out.
    pub async fn expire_tokens(&self) -> Result<(), EnvironmentError> {
        self.0.delete::<Touched>("/lab/tokens").await.map(drop)
    }

    /// The client, for what is not the lab's own interface.
    pub fn client(&self) -> &reqwest::Client {
        self.0.client()
    }

    /// What the cloud wrote down about each operation.
    pub async fn journal(&self) -> Result<Vec<JournalRecord>, EnvironmentError> {
        let text = self.0.get("/lab/journal").await?;
        Ok(journal_lines(&text))
    }
}

/// Final lines of a journal: those that carry an operation, a result and a code.
pub(crate) fn journal_lines(text: &str) -> Vec<JournalRecord> {
    #[derive(Deserialize)]
    struct Line {
        op_id: Option<uuid::Uuid>,
        result: Option<String>,
        code: Option<serde_json::Value>,
    }
    let line = |text: &str| -> Option<JournalRecord> {
        let line: Line = serde_json::from_str(text).ok()?;
        Some(JournalRecord {
            op_id: line.op_id?,
            result: line.result?,
            code: line.code.as_ref().and_then(code_number).unwrap_or(0),
        })
    };
    text.lines().filter_map(line).collect()
}

/// The number of a code; the cloud names its own codes in words, which the record has no room for.
fn code_number(code: &serde_json::Value) -> Option<u32> {
    code.as_u64().and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_final_line_counts_whatever_its_code_looks_like() {
        let id = uuid::Uuid::from_u128(7);
        let text = format!(
            "{{\"op_id\":\"{id}\",\"result\":\"rejected\",\"code\":\"password_policy\"}}\n\
             {{\"op_id\":\"{id}\",\"result\":\"applied\",\"code\":31002}}\n\
             {{\"op_id\":\"{id}\",\"text\":\"on its way\"}}\nnoise\n"
        );
        let found: Vec<(String, u32)> = journal_lines(&text)
            .into_iter()
            .map(|line| (line.result, line.code))
            .collect();
        assert_eq!(found, [("rejected".to_owned(), 0), ("applied".to_owned(), 31002)]);
    }
}
