//! Every fault had the effect it was made for.

use history::{Finding, Mark};

use crate::ledger::{FaultWindow, Ledger};

pub(super) const NAME: &str = "faults-bit";

/// Never fails: a fault that did not bite is no fault of the system's, but what held under it was not put to the test.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let of = |bit: Option<bool>| ledger.faults.iter().filter(move |fault| fault.bit == bit);
    let (bit, idle, untold) = (of(Some(true)).count(), of(Some(false)).count(), of(None).count());
    let all = bit + idle + untold;
    let mut why = format!("{bit} of {all} faults bit");
    for (words, which) in [("without effect", Some(false)), ("no probe could tell of", None)] {
        let named: Vec<String> = of(which).map(place).collect();
        if !named.is_empty() {
            why = format!("{why}; {words}: {}", named.join(", "));
        }
    }
    Finding {
        check: NAME.to_owned(),
        verdict: if bit == all { Mark::Pass } else { Mark::Inconclusive },
        checked: (bit + idle) as u64,
        violations: Vec::new(),
        why,
    }
}

fn place(fault: &FaultWindow) -> String {
    format!(
        "{} ({}) after {:.1} s",
        fault.fault,
        fault.target,
        fault.from_us as f64 / 1e6
    )
}
