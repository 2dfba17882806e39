//! The attempts of an arrival: what engine and generator must agree on without asking each other.

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

/// The shortest and the longest time that somebody stays away who leaves and comes back, in microseconds.
const AWAY_US: (u64, u64) = (2_000_000, 6_000_000);

/// How long whoever comes back stays away at most, in microseconds.
pub(crate) const AWAY_MAX_US: u64 = AWAY_US.1;

/// Attempts of one arrival at most: an impostor's guesses, of which the portal takes five, with room.
pub const ATTEMPTS_MAX: u32 = 8;

/// The operation id of an attempt, counted from 1: the first has the arrival's own.
#[must_use]
pub fn attempt_id(op_id: Uuid, attempt: u32) -> Uuid {
    if attempt <= 1 {
        return op_id;
    }
    let [high, low] = halves(op_id, "attempt", attempt);
    Builder::from_custom_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes()).into_uuid()
}

/// A number between 0 and `below` that follows from an arrival's operation id.
#[must_use]
pub fn choice(op_id: Uuid, what: &str, below: u64) -> u64 {
    let [high, _] = halves(op_id, what, 0);
    high % below.max(1)
}

/// How long somebody stays away who leaves and comes back, in microseconds.
#[must_use]
pub fn away_us(op_id: Uuid) -> u64 {
    let (least, most) = AWAY_US;
    least + choice(op_id, "away", most - least)
}

fn halves(op_id: Uuid, what: &str, number: u32) -> [u64; 2] {
    let mut hash = Sha256::new();
    hash.update(op_id.as_bytes());
    hash.update(what.as_bytes());
    hash.update(number.to_be_bytes());
    let digest = hash.finalize();
    let half = |from: usize| {
        digest
            .iter()
            .skip(from)
            .take(8)
            .fold(0, |whole, byte| (whole << 8) | u64::from(*byte))
    };
    [half(0), half(8)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_has_an_id_of_its_own_and_the_first_has_the_arrivals() {
        let id = Uuid::from_u128(7);
        let ids: Vec<Uuid> = (1..=ATTEMPTS_MAX).map(|attempt| attempt_id(id, attempt)).collect();
        assert_eq!(ids[0], id);
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(attempt_id(id, 2), ids[1]);
        assert_eq!(ids[1].get_version_num(), 8);
    }

    #[test]
    fn whoever_leaves_is_back_within_bounds() {
        for number in 0..200 {
            let away = away_us(Uuid::from_u128(number));
            assert!((2_000_000..6_000_000).contains(&away), "{away}");
        }
    }
}
