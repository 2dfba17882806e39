//! No password stands in any file, log or inspect output of the run.

use history::{Finding, ScanRecord};

use super::{Ground, Ruling, Tally};
use crate::ledger::Ledger;

pub(super) const NAME: &str = "no-secret-at-rest";

const GROUND: Ground = Ground {
    of: "searches for secrets",
    open: "the search had no places, no secrets or no encodings",
};

/// A search that does not find the canary planted for it cannot be believed.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = Tally::default();
    for scan in &ledger.scans {
        tally.count(rule(scan));
    }
    let mut finding = tally.finding(NAME, GROUND);
    if finding.checked > 0 {
        finding.checked = ledger.scans.iter().map(|scan| scan.places).sum();
        finding.why = format!("{}, over {} places", finding.why, finding.checked);
    }
    finding
}

fn rule(scan: &ScanRecord) -> Ruling {
    let mut violations: Vec<String> = scan
        .hits
        .iter()
        .map(|place| format!("{place}: expected no password in any encoding, saw one"))
        .collect();
    if !scan.canary {
        violations.push("the scan itself failed: expected it to find the canary planted for it, it did not".to_owned());
    }
    let looked = scan.places > 0 && scan.secrets > 0 && scan.encodings > 0;
    Ruling::broken_or(violations, if looked { Ruling::Held } else { Ruling::Open })
}
