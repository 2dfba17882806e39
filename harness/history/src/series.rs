//! What a run measured, window by window: small enough to be kept where the run folder is not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Buckets, OpCounts};

/// The measure phase of a run in windows of equal width. Every list has one entry for each window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Series {
    /// How wide a window is, in microseconds.
    pub window_us: u64,
    /// How arrivals ended, by the window of their intended start.
    pub windows: Vec<WindowCounts>,
    /// Response times of those whose end is known.
    pub response: Vec<Buckets>,
    /// Their service times.
    pub service: Vec<Buckets>,
    /// Exclusive times of each stage, `network` included.
    pub stages: BTreeMap<String, Vec<Buckets>>,
}

/// The counts of one window. As text: applied, rejected, failed, unknown, dropped and achieved, with blanks between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WindowCounts {
    /// Arrivals intended in it, by how they ended.
    pub ended: OpCounts,
    /// Operations applied or correctly rejected that finished in it, whenever they were intended.
    pub achieved: u64,
}

/// A series as it stands in a file.
#[derive(Deserialize)]
struct Written {
    window_us: u64,
    windows: Vec<WindowCounts>,
    response: Vec<Buckets>,
    service: Vec<Buckets>,
    stages: BTreeMap<String, Vec<Buckets>>,
}

impl Written {
    /// Whether every list has as many windows.
    fn is_even(&self) -> bool {
        let columns = [&self.response, &self.service].into_iter();
        let mut columns = columns.chain(self.stages.values());
        columns.all(|column| column.len() == self.windows.len())
    }
}

impl TryFrom<Written> for Series {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        if written.window_us == 0 || !written.is_even() {
            return Err("the windows of a series are not as many in every list, or have no width");
        }
        Ok(Self {
            window_us: written.window_us,
            windows: written.windows,
            response: written.response,
            service: written.service,
            stages: written.stages,
        })
    }
}

impl From<WindowCounts> for String {
    fn from(counts: WindowCounts) -> Self {
        let OpCounts {
            applied,
            rejected,
            failed,
            unknown,
            dropped,
        } = counts.ended;
        format!("{applied} {rejected} {failed} {unknown} {dropped} {}", counts.achieved)
    }
}

impl TryFrom<String> for WindowCounts {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let numbers: Result<Vec<u64>, _> = text.split(' ').map(str::parse).collect();
        let numbers = numbers.unwrap_or_default();
        let [applied, rejected, failed, unknown, dropped, achieved] = numbers[..] else {
            return Err("the counts of a window are not six numbers");
        };
        let ended = OpCounts {
            applied,
            rejected,
            failed,
            unknown,
            dropped,
        };
        Ok(Self { ended, achieved })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_window_are_one_line() {
        let text = "120 3 0 1 2 122";
        let counts = WindowCounts::try_from(text.to_owned()).unwrap();
        assert_eq!((counts.ended.unknown, counts.achieved), (1, 122));
        assert_eq!(String::from(counts), text);
        for wrong in ["", "1 2 3 4 5", "1 2 3 4 5 6 7", "1 2 3 4 5 x", "1 2 3 4 5 -6"] {
            assert!(WindowCounts::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_series_whose_lists_differ_in_length_is_refused() {
        let sound = r#"{"window_us": 5, "windows": ["1 0 0 0 0 1"], "response": ["-6-1"], "service": ["-5-1"], "stages": {"write": [""]}}"#;
        let series: Series = serde_json::from_str(sound).unwrap();
        assert_eq!(series.response[0].len(), 1);
        for (from, to) in [
            (r#"["-5-1"]"#, "[]"),
            (r#"{"write": [""]}"#, r#"{"write": []}"#),
            (": 5,", ": 0,"),
        ] {
            let wrong = sound.replace(from, to);
            assert!(serde_json::from_str::<Series>(&wrong).is_err(), "{wrong}");
        }
    }
}
