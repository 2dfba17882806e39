//! The names of parts and edges, and how far a clock is off.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vocabulary::{format_duration, parse_duration};

/// Domain controllers of a domain, relays and forests at most.
const MOST: u32 = 4;

/// A domain controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DcName {
    /// The forest, counted from 1.
    pub forest: u32,
    /// Its number in the forest's domain, counted from 1.
    pub number: u32,
}

/// A part of the world, as a scenario names it: `cloud`, `relay2`, `agent`, `gateway`, `dc2`, `forest2-dc1`. Without a number it
/// is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PartName {
    /// The mock cloud.
    Cloud,
    /// A relay, counted from 1.
    Relay(u32),
    /// The on-premises agent.
    Agent,
    /// The firewall.
    Gateway,
    /// A domain controller.
    Dc(DcName),
}

/// An edge between two parts: `agent-cloud`, `agent-relay`, `agent-dc`, `cloud-relay`, `person-cloud`. Without a number it is the
/// edges to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum EdgeName {
    /// From the agent to sign-in, onboarding and synchronisation.
    AgentCloud,
    /// From the agent to one relay, or to all.
    AgentRelay(Option<u32>),
    /// From the agent to one domain controller, or to all.
    AgentDc(Option<DcName>),
    /// From the cloud's sender to one relay, or to all.
    CloudRelay(Option<u32>),
    /// From people's browsers to the portal.
    PersonCloud,
}

impl EdgeName {
    /// The part that listens at its far end, where it is one.
    #[must_use]
    pub fn server(self) -> Option<PartName> {
        match self {
            Self::AgentCloud | Self::PersonCloud => Some(PartName::Cloud),
            Self::AgentRelay(number) | Self::CloudRelay(number) => number.map(PartName::Relay),
            Self::AgentDc(dc) => dc.map(PartName::Dc),
        }
    }
}

/// How far a clock is put ahead (`"5min"`) or back (`"-5min"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Skew {
    /// Whether it is put back.
    pub back: bool,
    /// By how much.
    pub by: Duration,
}

impl fmt::Display for DcName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.forest {
            1 => write!(f, "dc{}", self.number),
            forest => write!(f, "forest{forest}-dc{}", self.number),
        }
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cloud => f.write_str("cloud"),
            Self::Relay(number) => write!(f, "relay{number}"),
            Self::Agent => f.write_str("agent"),
            Self::Gateway => f.write_str("gateway"),
            Self::Dc(dc) => dc.fmt(f),
        }
    }
}

impl fmt::Display for EdgeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbered = |f: &mut fmt::Formatter<'_>, name: &str, number: Option<u32>| match number {
            Some(number) => write!(f, "{name}{number}"),
            None => f.write_str(name),
        };
        match self {
            Self::AgentCloud => f.write_str("agent-cloud"),
            Self::AgentRelay(number) => numbered(f, "agent-relay", *number),
            Self::AgentDc(Some(dc)) => write!(f, "agent-{dc}"),
            Self::AgentDc(None) => f.write_str("agent-dc"),
            Self::CloudRelay(number) => numbered(f, "cloud-relay", *number),
            Self::PersonCloud => f.write_str("person-cloud"),
        }
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.back { "-" } else { "" };
        write!(f, "{sign}{}", format_duration(self.by))
    }
}

impl FromStr for DcName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.split_once('-') {
            Some((forest, dc)) => numbered(forest, "forest").zip(numbered(dc, "dc")),
            None => Some(1).zip(numbered(text, "dc")),
        };
        let (forest, number) = parsed.ok_or_else(|| format!("`{text}` is no domain controller, such as `dc2`"))?;
        Ok(Self { forest, number })
    }
}

impl FromStr for PartName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "cloud" => return Ok(Self::Cloud),
            "agent" => return Ok(Self::Agent),
            "gateway" => return Ok(Self::Gateway),
            "relay" => return Ok(Self::Relay(1)),
            "dc" => return Ok(Self::Dc(DcName { forest: 1, number: 1 })),
            _ => {}
        }
        let relay = numbered(text, "relay").map(Self::Relay);
        let dc = || text.parse().ok().map(Self::Dc);
        relay.or_else(dc).ok_or_else(|| {
            format!("`{text}` is no part; known are `cloud`, `relay`, `agent`, `gateway` and `dc`, and with a number `relay2`, `dc2`, `forest2-dc1`")
        })
    }
}

impl FromStr for EdgeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "agent-cloud" => return Ok(Self::AgentCloud),
            "agent-relay" => return Ok(Self::AgentRelay(None)),
            "agent-dc" => return Ok(Self::AgentDc(None)),
            "cloud-relay" => return Ok(Self::CloudRelay(None)),
            "person-cloud" => return Ok(Self::PersonCloud),
            _ => {}
        }
        let agent = |rest: &str| {
            let relay = numbered(rest, "relay").map(|number| Self::AgentRelay(Some(number)));
            relay.or_else(|| rest.parse().ok().map(|dc| Self::AgentDc(Some(dc))))
        };
        let cloud = |rest: &str| numbered(rest, "relay").map(|number| Self::CloudRelay(Some(number)));
        let found = text.strip_prefix("agent-").and_then(agent);
        found.or_else(|| text.strip_prefix("cloud-").and_then(cloud)).ok_or_else(|| {
            format!("`{text}` is no edge; known are `agent-cloud`, `agent-relay`, `agent-dc`, `cloud-relay` and `person-cloud`, and with a number `agent-relay2`, `agent-dc2`, `agent-forest2-dc1`, `cloud-relay2`")
        })
    }
}

impl FromStr for Skew {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (back, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let by = parse_duration(rest).map_err(|_| format!("`{text}` is no skew, such as \"-5min\" or \"30s\""))?;
        Ok(Self { back, by })
    }
}

/// The number behind a word: `dc2` is 2 behind `dc`.
fn numbered(text: &str, word: &str) -> Option<u32> {
    let digits = text.strip_prefix(word)?;
    let number = digits.parse().ok().filter(|_| digits.len() == 1)?;
    (1..=MOST).contains(&number).then_some(number)
}

macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}

as_text!(PartName, EdgeName, Skew);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_they_are_told() {
        for (text, told) in [
            ("cloud", "cloud"),
            ("relay", "relay1"),
            ("relay2", "relay2"),
            ("agent", "agent"),
            ("gateway", "gateway"),
            ("dc", "dc1"),
            ("dc4", "dc4"),
            ("forest2-dc1", "forest2-dc1"),
            ("forest1-dc3", "dc3"),
        ] {
            assert_eq!(
                text.parse::<PartName>().map(|part| part.to_string()),
                Ok(told.to_owned())
            );
        }
        for wrong in [
            "",
            "dc0",
            "dc5",
            "dc+1",
            "relay11",
            "forest2-relay1",
            "forest5-dc1",
            "person",
        ] {
            assert!(wrong.parse::<PartName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn edges_are_read_as_they_are_told() {
        for (text, told) in [
            ("agent-cloud", "agent-cloud"),
            ("agent-relay", "agent-relay"),
            ("agent-relay2", "agent-relay2"),
            ("agent-dc", "agent-dc"),
            ("agent-dc2", "agent-dc2"),
            ("agent-forest2-dc1", "agent-forest2-dc1"),
            ("cloud-relay", "cloud-relay"),
            ("cloud-relay1", "cloud-relay1"),
            ("person-cloud", "person-cloud"),
        ] {
            assert_eq!(
                text.parse::<EdgeName>().map(|edge| edge.to_string()),
                Ok(told.to_owned())
            );
        }
        for wrong in ["", "agent", "cloud-agent", "agent-dc9", "cloud-dc1", "person-relay"] {
            assert!(wrong.parse::<EdgeName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_clock_is_put_ahead_or_back() {
        let skew: Skew = "-5min".parse().unwrap();
        assert_eq!((skew.back, skew.by), (true, Duration::from_secs(300)));
        assert_eq!(skew.to_string(), "-5min");
        assert_eq!("30s".parse::<Skew>().map(|skew| skew.back), Ok(false));
        assert!("--5s".parse::<Skew>().is_err() && "five".parse::<Skew>().is_err());
    }
}
