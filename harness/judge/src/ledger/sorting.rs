//! A list in the order of people, and the part of it that is each one's.

use std::thread;

/// Lists shorter than this are sorted before a thread for it is there.
const SORTED_ALONE: usize = 1 << 16;

/// Sorts with so many threads: what belongs to the lower half is brought there first, then each half is sorted by itself.
pub(super) fn sort<T: Send, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K + Copy + Send, threads: usize) {
    if threads < 2 || list.len() < SORTED_ALONE {
        return list.sort_unstable_by_key(key);
    }
    let (lower, _, upper) = list.select_nth_unstable_by_key(list.len() / 2, key);
    thread::scope(|scope| {
        scope.spawn(move || sort(lower, key, threads / 2));
        sort(upper, key, threads - threads / 2);
    });
}

/// The stretches of a sorted list that belong to each person.
pub(super) fn parts<T>(sorted: &[T], person: impl Fn(&T) -> u32) -> Vec<(usize, std::ops::Range<usize>)> {
    let mut from = 0;
    sorted
        .chunk_by(|one, next| person(one) == person(next))
        .filter_map(|part| {
            let range = from..from + part.len();
            from = range.end;
            Some((person(part.first()?) as usize, range))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_threads_sort_as_one_does() {
        let scattered = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44;
        for threads in [1, 2, 3, 8] {
            let mut list: Vec<u64> = (0..300_000).map(scattered).collect();
            let mut expected = list.clone();
            expected.sort_unstable();
            sort(&mut list, |number| *number, threads);
            assert_eq!(list, expected, "{threads} threads");
        }
    }
}
