//! The known differences: the one table of what a directory answers otherwise, why, and what the real one is documented to do.

/// Which directory a row speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// The embedded directory.
    Embedded,
    /// Samba.
    Samba,
    /// Anything else, which is taken to be Active Directory.
    Other,
}

impl On {
    /// The name, as reports say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Samba => "samba",
            Self::Other => "other",
        }
    }

    /// What the root object's vendorName tells; Active Directory has none.
    pub fn of_vendor(vendor: &str) -> Self {
        match vendor {
            name if name.starts_with("Samba") => Self::Samba,
            name if name.starts_with("writeback-lab") => Self::Embedded,
            _ => Self::Other,
        }
    }
}

/// One known difference.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The probe.
    pub probe: &'static str,
    /// The directory.
    pub on: On,
    /// What it answers, in the normal form.
    pub answers: &'static str,
    /// Why, and where real Active Directory is documented to stand.
    pub reason: &'static str,
}

/// Rows that hold for a directory somebody gave, beside those of its kind: its settings are its own.
pub(super) const GIVEN: &[(&str, &str, &str)] = &[];

/// Every known difference.
pub(super) const KNOWN: &[Row] = &[];

/// The row that explains an answer.
pub(super) fn explain(probe: &str, on: On, given: bool, observed: &str) -> Option<&'static str> {
    let row = KNOWN
        .iter()
        .find(|row| row.probe == probe && row.on == on && row.answers == observed);
    let setting = || {
        GIVEN
            .iter()
            .find(|(known, answers, _)| given && *known == probe && *answers == observed)
            .map(|(_, _, reason)| *reason)
    };
    row.map(|row| row.reason).or_else(setting)
}
