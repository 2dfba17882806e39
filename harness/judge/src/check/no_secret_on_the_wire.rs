//! No password passed between two parts in any encoding, but inside TLS.

use history::{Finding, GatewayRecord, ScanRecord, WireRecord};

use super::{Ground, Ruling, Tally};
use crate::ledger::Ledger;

pub(super) const NAME: &str = "no-secret-on-the-wire";

const GROUND: Ground = Ground {
    of: "searches of what passed between the parts",
    open: "a gateway could not keep all that passed, or there was nothing to search for",
};

/// Whether what passed was kept.
pub(super) fn applies(ledger: &Ledger) -> bool {
    wires(ledger).next().is_some()
}

/// A gateway at which the canary that was sent to it is not found kept nothing that can be believed.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = Tally::default();
    for (scan, wire) in wires(ledger) {
        tally.count(rule(scan, wire));
    }
    let mut finding = tally.finding(NAME, GROUND);
    let gateways = || wires(ledger).flat_map(|(_, wire)| &wire.gateways);
    finding.checked = gateways().map(|gateway| gateway.streams).sum();
    let bytes: u64 = gateways().map(|gateway| gateway.bytes).sum();
    finding.why = format!(
        "{}, over {} sides of connections that said {bytes} bytes",
        finding.why, finding.checked
    );
    finding
}

fn wires(ledger: &Ledger) -> impl Iterator<Item = (&ScanRecord, &WireRecord)> {
    ledger.scans.iter().filter_map(|scan| Some((scan, scan.wire.as_ref()?)))
}

fn rule(scan: &ScanRecord, wire: &WireRecord) -> Ruling {
    let hit = |stream: &String| format!("{stream}: expected no password in any encoding, saw one");
    let lost = |gateway: &GatewayRecord| {
        format!(
            "{}: the search itself failed: expected it to find the canary that was sent there, it did not",
            gateway.name
        )
    };
    let blind = wire.gateways.iter().filter(|gateway| !gateway.canary && !gateway.cut);
    let violations = wire.hits.iter().map(hit).chain(blind.map(lost)).collect();
    let looked = scan.secrets > 0 && !wire.gateways.is_empty() && wire.gateways.iter().all(|gateway| !gateway.cut);
    Ruling::broken_or(violations, if looked { Ruling::Held } else { Ruling::Open })
}
