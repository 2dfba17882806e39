//! What the manifest's capability sheets say of the ground that checks stand on.

use history::Capability;

/// Of each domain controller, what it lacks. What a sheet does not tell is as it was before sheets told it: writes are
/// counted, and a lockout is proven by its own bind.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    sheets: Vec<Capability>,
}

impl Facts {
    /// Those of a manifest.
    pub(crate) fn of(sheets: &[Capability]) -> Self {
        Self {
            sheets: sheets.to_vec(),
        }
    }

    /// Every domain controller that has a sheet.
    pub(crate) fn dcs(&self) -> impl Iterator<Item = &str> {
        self.sheets.iter().map(|sheet| sheet.dc.as_str())
    }

    /// Domain controllers that keep no `msDS-KeyVersionNumber`, so that writes cannot be counted.
    pub(crate) fn uncounted(&self) -> Vec<&str> {
        self.saying("kvno", "absent")
    }

    /// Domain controllers that lock nobody out.
    pub(crate) fn lockout_off(&self) -> Vec<&str> {
        self.saying("lockout", "off")
    }

    /// Whether a directory takes a previous password for a while, so that a bind with it says nothing.
    /// A period that does not read is taken as one.
    pub(crate) fn old_passwords_bind(&self) -> bool {
        let periods = self.sheets.iter();
        periods
            .filter_map(|sheet| sheet.facts.get("old_password_allowed"))
            .any(|period| !is_zero(period))
    }

    fn saying(&self, fact: &str, value: &str) -> Vec<&str> {
        let says = |sheet: &&Capability| sheet.facts.get(fact).is_some_and(|said| said == value);
        self.sheets.iter().filter(says).map(|sheet| sheet.dc.as_str()).collect()
    }
}

fn is_zero(period: &str) -> bool {
    let zero_number = period.trim().parse::<f64>().is_ok_and(|seconds| seconds == 0.0);
    zero_number || vocabulary::parse_duration(period).is_ok_and(|duration| duration.is_zero())
}
