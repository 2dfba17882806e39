//! The scenario as written. The schema is generated from these types; every variant is an externally tagged table.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Rate, Ratio};

/// A scenario: what world stands up, who lives in it, what they do and how often, and what is good enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub schema: u32,
    /// A short name of lower-case letters, digits and hyphens; it names the run's folder.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9-]{0,62}$"))]
    pub name: String,
    /// Why the scenario exists, in a sentence.
    #[schemars(length(min = 1))]
    pub why: String,
    /// The root of every die. Without it one is chosen and printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The world that stands up.
    #[serde(default)]
    pub world: World,
    /// The company's tenant in the cloud.
    #[serde(default)]
    pub tenant: Tenant,
    /// Who lives there.
    pub population: WrittenPopulation,
    /// What they do, and how often: one executor.
    pub load: WrittenLoad,
    /// What is good enough.
    #[serde(default)]
    pub goals: Goals,
}

/// The world that stands up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// Where the parts stand; `--world` overrides it.
    pub kind: WorldKind,
    /// The forests, each with one domain.
    #[schemars(length(min = 1, max = 1))]
    pub forests: Vec<Forest>,
    /// On-premises agents.
    #[schemars(range(min = 1, max = 1))]
    pub agents: u32,
    /// Relay namespaces, for redundancy.
    #[schemars(range(min = 1, max = 4))]
    pub relays: u32,
    /// Which domain controller the agent writes to.
    pub writeback_dc: WritebackDc,
    /// How long a message may live between cloud and directory.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub message_lifetime: Duration,
    /// The domain's password policy.
    pub policy: Policy,
    /// The domain's lockout policy.
    pub lockout: Lockout,
    /// The embedded directory's manners; a Samba has its own.
    pub directory: Directory,
}

impl Default for World {
    fn default() -> Self {
        Self {
            kind: WorldKind::Embedded,
            forests: vec![Forest::default()],
            agents: 1,
            relays: 1,
            writeback_dc: WritebackDc::Pdc,
            message_lifetime: Duration::from_secs(60),
            policy: Policy::default(),
            lockout: Lockout::default(),
            directory: Directory::default(),
        }
    }
}

/// Where the parts of a world stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorldKind {
    /// All parts in one process, with the embedded directory.
    Embedded,
    /// Every part in a container, with real Samba AD domain controllers.
    Docker,
}

impl WorldKind {
    /// The name used in files and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Docker => "docker",
        }
    }
}

/// A forest of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Forest {
    /// The domain's DNS name; it ends in `.test`, `.example` or `.invalid`.
    #[schemars(regex(pattern = r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+(test|example|invalid)$"))]
    pub domain: String,
    /// Domain controllers.
    #[schemars(range(min = 1, max = 1))]
    pub domain_controllers: u32,
}

impl Default for Forest {
    fn default() -> Self {
        Self {
            domain: "corp.test".to_owned(),
            domain_controllers: 1,
        }
    }
}

/// Which domain controller the agent writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WritebackDc {
    /// The PDC emulator.
    Pdc,
    /// Whichever the locator finds.
    Locator,
}

/// The domain's password policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Shortest password in characters. Chosen passwords have 20; a weak one has 10.
    #[schemars(range(min = 0, max = 20))]
    pub min_length: u32,
    /// Whether three of five classes of characters are asked.
    pub complexity: bool,
    /// Passwords remembered.
    #[schemars(range(min = 0, max = 1024))]
    pub history: u32,
    /// Least time between two changes.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub min_age: Duration,
    /// How long the previous password is still accepted in a bind.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub old_password_allowed: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_length: 12,
            complexity: true,
            history: 24,
            min_age: Duration::ZERO,
            old_password_allowed: Duration::ZERO,
        }
    }
}

/// The domain's lockout policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lockout {
    /// Wrong passwords that lock an account; 0 never locks.
    #[schemars(range(min = 0, max = 100))]
    pub threshold: u32,
    /// How long a lock lasts.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub duration: Duration,
    /// Within which wrong passwords are counted together.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub window: Duration,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            threshold: 5,
            duration: Duration::from_secs(1800),
            window: Duration::from_secs(1800),
        }
    }
}

/// The embedded directory's manners.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// Time that each kind of operation takes; writes are serial, as on Samba.
    pub service_time: ServiceTime,
}

/// Service times of the embedded directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceTime {
    /// A password reset. Samba takes 31 ms.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub reset: Duration,
    /// An unlock. Samba takes 0.8 ms.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub unlock: Duration,
}

/// The company's tenant in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tenant {
    /// The licence of every person.
    pub licence: Licence,
    /// Who may reset by themselves.
    pub sspr: Sspr,
    /// Gates a person passes before choosing a new password.
    #[schemars(range(min = 1, max = 1))]
    pub gates: u32,
    /// "Write back passwords to your on-premises directory".
    pub writeback: bool,
    /// "Allow users to unlock accounts without resetting their password".
    pub unlock_without_reset: bool,
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            licence: Licence::AzureAdPremium1,
            sspr: Sspr::All,
            gates: 1,
            writeback: true,
            unlock_without_reset: true,
        }
    }
}

/// A licence. The first six allow writeback, each alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the products are all there is to say")]
pub enum Licence {
    #[serde(rename = "azure_ad_premium_1")]
    AzureAdPremium1,
    #[serde(rename = "azure_ad_premium_2")]
    AzureAdPremium2,
    EnterpriseMobilitySecurityE3,
    EnterpriseMobilitySecurityE5,
    SecureProductiveEnterpriseE3,
    SecureProductiveEnterpriseE5,
    AzureAdFree,
    None,
}

/// Who may reset by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sspr {
    /// Everyone.
    All,
    /// Nobody.
    None,
}

/// What kind of person somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Persona {
    /// Has forgotten the password and resets it.
    Forgot,
    /// Is locked out, has forgotten the password too, and resets it; that also unlocks.
    LockedOutAndForgot,
    /// Is locked out, knows the password, and unlocks.
    LockedOut,
    /// Resets to a password that the domain's policy refuses.
    WeakPassword,
}

impl Persona {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 4] = [
        Self::Forgot,
        Self::LockedOutAndForgot,
        Self::LockedOut,
        Self::WeakPassword,
    ];

    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forgot => "forgot",
            Self::LockedOutAndForgot => "locked_out_and_forgot",
            Self::LockedOut => "locked_out",
            Self::WeakPassword => "weak_password",
        }
    }

    /// Whether the account is locked before the load begins.
    #[must_use]
    pub fn starts_locked(self) -> bool {
        matches!(self, Self::LockedOut | Self::LockedOutAndForgot)
    }

    /// What this person asks for.
    #[must_use]
    pub fn asks_for(self) -> vocabulary::OpKind {
        match self {
            Self::LockedOut => vocabulary::OpKind::Unlock,
            Self::Forgot | Self::LockedOutAndForgot | Self::WeakPassword => vocabulary::OpKind::Reset,
        }
    }
}

/// Who lives there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenPopulation {
    /// How many people.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub people: u64,
    /// Whose names they bear.
    #[serde(default)]
    pub locale: Locale,
    /// The share of people whose names are awkward on purpose: apostrophes, commas, other scripts, the 20-character limit.
    #[serde(default = "one_in_five")]
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub awkward_names: Ratio,
    /// Weights of the personas.
    #[serde(default = "usual_personas")]
    #[schemars(with = "BTreeMap<Persona, Weight>")]
    pub personas: BTreeMap<Persona, u32>,
}

/// A weight against its neighbours.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "stands in the schema alone")]
pub struct Weight(#[schemars(range(min = 0, max = 1_000_000))] u32);

fn one_in_five() -> Ratio {
    Ratio::new(1, 5).unwrap_or(Ratio::ZERO)
}

fn usual_personas() -> BTreeMap<Persona, u32> {
    [
        (Persona::Forgot, 11),
        (Persona::LockedOutAndForgot, 4),
        (Persona::LockedOut, 5),
    ]
    .into()
}

/// Whose names people bear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// English names.
    #[default]
    En,
    /// German names.
    De,
    /// French names.
    Fr,
}

/// What people do, and how often: exactly one executor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WrittenLoad {
    /// Open model: arrivals at a constant rate that do not wait for the system.
    ConstantArrivalRate(ConstantArrivalRate),
}

/// Open model at a constant rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstantArrivalRate {
    /// Arrivals per time.
    #[schemars(with = "String", extend("format" = "rate"))]
    pub rate: Rate,
    /// How long load runs before it is measured; these operations count in every check and in no statistic.
    #[serde(default, with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub warm_up: Duration,
    /// How long load is measured.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub measure: Duration,
    /// An arrival that has not begun within this is dropped.
    #[serde(default = "ten_seconds", with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub start_within: Duration,
    /// How long one request may take before its operation is unknown.
    #[serde(default = "seventy_seconds", with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub request_timeout: Duration,
    /// Operations in flight at most: the generator's users.
    #[serde(default = "sixty_four")]
    #[schemars(range(min = 1, max = 20_000))]
    pub in_flight_max: u32,
    /// Arrivals waiting for a free user at most.
    #[serde(default = "ten_thousand")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_max: u32,
    /// The share of arrivals that ask for an unlock; the rest reset.
    #[serde(default = "one_in_four")]
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub unlocks: Ratio,
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn seventy_seconds() -> Duration {
    Duration::from_secs(70)
}

fn sixty_four() -> u32 {
    64
}

fn ten_thousand() -> u32 {
    10_000
}

fn one_in_four() -> Ratio {
    Ratio::new(1, 4).unwrap_or(Ratio::ZERO)
}

/// What is good enough, over the measure phase. What is absent is not judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Goals {
    /// Median response time at most.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub response_time_p50_max: Option<Duration>,
    /// 90th percentile of the response time at most.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub response_time_p90_max: Option<Duration>,
    /// 99th percentile of the response time at most.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub response_time_p99_max: Option<Duration>,
    /// Share of operations with an unknown outcome at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub unknown_ratio_max: Option<Ratio>,
    /// Share of failed operations at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub failed_ratio_max: Option<Ratio>,
    /// Share of dropped arrivals at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub dropped_ratio_max: Option<Ratio>,
    /// Operations achieved per time at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "rate"))]
    pub achieved_rate_min: Option<Rate>,
}
