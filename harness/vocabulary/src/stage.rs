//! Where the time of an operation went.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The stage that is no part's: what is left of the service time.
pub const NETWORK: &str = "network";

/// A stage of the chain. A closed list; the rest of the service time is `network`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The cloud's own work, pages and checks included.
    Cloud,
    /// The relay's own work.
    Relay,
    /// Waiting in the agent for a free worker or for the person's earlier operation.
    Queue,
    /// Opening and sealing envelopes in the agent.
    Crypto,
    /// Finding the person: metaverse and directory.
    Locate,
    /// The directory's write, as the agent saw it.
    Write,
    /// The cloud's own store, after the on-premises success.
    Cloudstore,
}

impl Stage {
    /// All stages, in the order an operation passes them.
    pub const ALL: [Self; 7] = [
        Self::Cloud,
        Self::Relay,
        Self::Queue,
        Self::Crypto,
        Self::Locate,
        Self::Write,
        Self::Cloudstore,
    ];

    /// The metric name in `Server-Timing`, in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Relay => "relay",
            Self::Queue => "queue",
            Self::Crypto => "crypto",
            Self::Locate => "locate",
            Self::Write => "write",
            Self::Cloudstore => "cloudstore",
        }
    }

    /// The names of all stages in that order, [`NETWORK`] last.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL.into_iter().map(Self::as_str).chain([NETWORK])
    }

    /// The stage of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

/// Exclusive microseconds per stage. Their sum is at most the service time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageTimes([Option<u64>; Stage::ALL.len()]);

impl StageTimes {
    /// No stage measured yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds time to a stage.
    pub fn add(&mut self, stage: Stage, time: Duration) {
        self.add_us(stage, u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds microseconds to a stage.
    pub fn add_us(&mut self, stage: Stage, micros: u64) {
        let slot = &mut self.0[stage as usize];
        *slot = Some(slot.unwrap_or(0).saturating_add(micros));
    }

    /// Adds every stage of another measurement.
    pub fn merge(&mut self, other: &Self) {
        for (stage, micros) in other.iter() {
            self.add_us(stage, micros);
        }
    }

    /// The time of a stage in microseconds, if it was measured.
    #[must_use]
    pub fn get(&self, stage: Stage) -> Option<u64> {
        self.0[stage as usize]
    }

    /// The time of a stage in microseconds by its name, `network` among them: what is left of a service time.
    #[must_use]
    pub fn exclusive(&self, name: &str, service_us: u64) -> Option<u64> {
        if name == NETWORK {
            return Some(self.network(service_us));
        }
        self.get(Stage::from_name(name)?)
    }

    /// What a service time is made of: the measured stages by name, and [`NETWORK`], whose time is what they leave of it.
    pub fn parts(&self, service_us: u64) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let stages = self.iter().map(|(stage, micros)| (stage.as_str(), micros));
        stages.chain([(NETWORK, self.network(service_us))])
    }

    fn network(&self, service_us: u64) -> u64 {
        let total = u64::try_from(self.total().as_micros()).unwrap_or(u64::MAX);
        service_us.saturating_sub(total)
    }

    /// The measured stages with their microseconds.
    pub fn iter(&self) -> impl Iterator<Item = (Stage, u64)> + '_ {
        let stages = Stage::ALL.into_iter().zip(self.0);
        stages.filter_map(|(stage, micros)| Some((stage, micros?)))
    }

    /// The sum of all measured stages.
    #[must_use]
    pub fn total(&self) -> Duration {
        Duration::from_micros(self.iter().fold(0, |sum, (_, micros)| sum.saturating_add(micros)))
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The value of a `Server-Timing` header (W3C Server Timing): `write;dur=31.204, crypto;dur=0.911`.
    #[must_use]
    pub fn to_server_timing(&self) -> String {
        let mut text = String::new();
        for (stage, micros) in self.iter() {
            let separator = if text.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{separator}{};dur={}.{:03}",
                stage.as_str(),
                micros / 1000,
                micros % 1000
            );
        }
        text
    }

    /// Reads a `Server-Timing` header; metrics of other names and malformed entries are passed over.
    #[must_use]
    pub fn from_server_timing(header: &str) -> Self {
        let mut times = Self::new();
        for entry in header.split(',') {
            let mut parts = entry.split(';').map(str::trim);
            let stage = parts.next().and_then(Stage::from_name);
            let dur = parts.find_map(|part| part.strip_prefix("dur="));
            let millis = dur.and_then(|text| text.trim_matches('"').parse::<f64>().ok());
            if let (Some(stage), Some(time)) = (stage, millis.and_then(duration_of_millis)) {
                times.add(stage, time);
            }
        }
        times
    }
}

/// A map from the stage to its microseconds, of those that were measured.
impl Serialize for StageTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for StageTimes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading)
    }
}

/// Reads the map.
struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = StageTimes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("microseconds by stage")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StageTimes, A::Error> {
        let mut times = StageTimes::new();
        while let Some((stage, micros)) = map.next_entry::<Stage, u64>()? {
            times.0[stage as usize] = Some(micros);
        }
        Ok(times)
    }
}

fn duration_of_millis(millis: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(millis / 1000.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_timing_round_trips_and_ignores_strangers() {
        let mut times = StageTimes::new();
        times.add(Stage::Write, Duration::from_micros(31_204));
        times.add(Stage::Crypto, Duration::from_micros(911));
        assert_eq!(times.to_server_timing(), "crypto;dur=0.911, write;dur=31.204");
        assert_eq!(StageTimes::from_server_timing(&times.to_server_timing()), times);
        let strange = StageTimes::from_server_timing("cache;dur=3, write;dur=-1, relay;dur=NaN, ,;,queue;desc=x;dur=2");
        assert_eq!(strange.iter().collect::<Vec<_>>(), [(Stage::Queue, 2000)]);
    }

    #[test]
    fn json_has_the_stages_that_were_measured() {
        let mut times = StageTimes::new();
        times.add_us(Stage::Write, 7);
        times.add_us(Stage::Cloud, 3);
        let text = serde_json::to_string(&times).unwrap();
        assert_eq!(text, r#"{"cloud":3,"write":7}"#);
        assert_eq!(serde_json::from_str::<StageTimes>(&text).unwrap(), times);
        assert!(serde_json::from_str::<StageTimes>(r#"{"elsewhere":1}"#).is_err());
    }

    #[test]
    fn what_no_stage_took_is_the_network() {
        let times = StageTimes::from_server_timing("write;dur=3, crypto;dur=1");
        assert_eq!(times.exclusive("write", 9000), Some(3000));
        assert_eq!(times.exclusive("network", 9000), Some(5000));
        assert_eq!(
            (times.exclusive("relay", 9000), times.exclusive("attic", 9000)),
            (None, None)
        );
        assert_eq!(times.exclusive("network", 10), Some(0));
    }
}
