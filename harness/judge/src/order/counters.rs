//! Tier 1: numbers alone.

use super::Register;

/// Whether as many versions were counted as surely took effect, and no more than may have.
#[must_use]
pub fn agree(register: &Register) -> bool {
    let Some(slots) = &register.slots else {
        return true;
    };
    let sure = register.writes.iter().filter(|write| write.sure).count();
    (sure..=register.writes.len()).contains(&slots.len())
}
