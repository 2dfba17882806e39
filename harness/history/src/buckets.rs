//! Durations counted in buckets that grow with them: they add up, and are short as text.

use serde::{Deserialize, Serialize};

/// A power of two has this many buckets, as a power of two itself: 64, so that each is at most 1/64 of its values wide.
const BITS: u32 = 6;

/// A longer time counts as this: fifty days, as in [`vocabulary::Times`].
const LONGEST_US: u64 = 1 << 42;

/// The bucket of the longest time.
const LAST: usize = index_of(LONGEST_US);

/// Empty buckets in a row from which on they are written as a number.
const GAP: usize = 4;

/// Counts that are one character.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a text that is no buckets is told.
const WRONG: &str = "the counts of a window do not read";

/// Durations in microseconds, counted in buckets: exact below 128 µs, at most 1/64 of a value wide above.
///
/// As text: a character for a bucket, `0` to `9`, `A` to `Z` and `a` to `z` for 0 to 61; `(N)` for one that holds more; `-N-` for N
/// empty ones in a row. The same counts are always the same text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Buckets {
    counts: Vec<u32>,
    total: u64,
}

/// The bucket of a duration.
const fn index_of(us: u64) -> usize {
    let shift = (us | 1).ilog2().saturating_sub(BITS);
    ((shift as usize) << BITS) + (us >> shift) as usize
}

impl Buckets {
    /// Takes one.
    pub fn record(&mut self, us: u64) {
        let index = index_of(us.min(LONGEST_US));
        if self.counts.len() <= index {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] = self.counts[index].saturating_add(1);
        self.total += 1;
    }

    /// Takes all of another.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, others) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*others);
        }
        self.total += other.total;
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.total
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The counts, by bucket, up to the last that holds any.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Where a bucket begins and how wide it is, in microseconds.
    #[must_use]
    pub fn edges(index: usize) -> (u64, u64) {
        let shift = (index >> BITS).saturating_sub(1);
        let steps = index - (shift << BITS);
        ((steps as u64) << shift, 1 << shift)
    }
}

impl From<Buckets> for String {
    fn from(buckets: Buckets) -> Self {
        let mut text = Self::new();
        let mut empty = 0;
        for count in buckets.counts {
            if count == 0 {
                empty += 1;
                continue;
            }
            gap(&mut text, std::mem::take(&mut empty));
            match DIGITS.get(count as usize) {
                Some(digit) => text.push(char::from(*digit)),
                None => text.push_str(&format!("({count})")),
            }
        }
        text
    }
}

fn gap(text: &mut String, empty: usize) {
    if empty < GAP {
        (0..empty).for_each(|_| text.push('0'));
    } else {
        text.push_str(&format!("-{empty}-"));
    }
}

impl TryFrom<String> for Buckets {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut buckets = Self::default();
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let (token, after) = match first {
                '(' => rest[1..].split_once(')').ok_or(WRONG)?,
                '-' => rest[1..].split_once('-').ok_or(WRONG)?,
                other => rest.split_at(other.len_utf8()),
            };
            buckets.read(first, token)?;
            rest = after;
        }
        let whole = buckets.counts.last().is_none_or(|last| *last > 0);
        whole.then_some(buckets).ok_or(WRONG)
    }
}

impl Buckets {
    /// Takes what stands in a text behind what came before.
    fn read(&mut self, first: char, token: &str) -> Result<(), &'static str> {
        let number = || token.parse::<u32>().map_err(|_| WRONG);
        let (buckets, count) = match first {
            '(' => (1, number()?),
            '-' => (number()? as usize, 0),
            digit => {
                let at = DIGITS.iter().position(|known| char::from(*known) == digit);
                (1, at.and_then(|at| u32::try_from(at).ok()).ok_or(WRONG)?)
            }
        };
        if buckets > LAST + 1 - self.counts.len().min(LAST + 1) {
            return Err(WRONG);
        }
        self.counts.resize(self.counts.len() + buckets, count);
        self.total += u64::from(count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_within_the_edges_of_its_bucket() {
        let ends = (0..42).flat_map(|power| [1_u64 << power, (1 << power) + (1 << power) / 3]);
        for us in (0..3000).chain(ends) {
            let (low, width) = Buckets::edges(index_of(us));
            assert!((low..low + width).contains(&us), "{us} in {low} + {width}");
            assert!(width == 1 || width * 64 <= us, "{us} in {low} + {width}");
        }
        for index in 0..LAST {
            let (low, width) = Buckets::edges(index);
            assert_eq!(low + width, Buckets::edges(index + 1).0, "no gap behind {index}");
        }
    }

    fn buckets(times: &[u64]) -> Buckets {
        let mut buckets = Buckets::default();
        times.iter().for_each(|us| buckets.record(*us));
        buckets
    }

    #[test]
    fn counts_are_short_as_text_and_read_back() {
        let mut many = vec![5; 70];
        many.extend([0, 2, 2, 6, 12, 3_000_000, u64::MAX]);
        let many = buckets(&many);
        let text = String::from(many.clone());
        assert!(text.starts_with("10200(70)1-5-1-"), "{text}");
        assert_eq!(Buckets::try_from(text).unwrap(), many);
        assert_eq!(many.len(), 77);
        assert_eq!(String::from(Buckets::default()), "");
        assert_eq!(Buckets::try_from(String::new()).unwrap(), Buckets::default());
    }

    #[test]
    fn a_text_that_is_none_is_refused() {
        for wrong in [
            "1 1",
            "(",
            "(x)",
            "-3",
            "-99999-1",
            "0",
            "(4294967296)",
            "1-2-",
            "é",
            "-2368-1-2368-1",
        ] {
            assert!(Buckets::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_put_together_are_the_whole() {
        let mut one = buckets(&[1, 500]);
        one.merge(&buckets(&[1, 90_000]));
        assert_eq!(one, buckets(&[1, 1, 500, 90_000]));
    }
}
