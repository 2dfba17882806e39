//! Keys that several executors have. They stand flat in the executor's table, so each is written once here and copied from here.

use std::time::Duration;

use vocabulary::Ratio;

use super::Draw;

/// The values of shared keys; those that an executor lacks are what their name says of nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Common {
    pub warm_up: Duration,
    pub measure: Duration,
    pub start_within: Duration,
    pub request_timeout: Duration,
    pub in_flight_max: u32,
    pub queue_max: u32,
    pub unlocks: Ratio,
    pub draw: Draw,
}

impl Common {
    /// None of them.
    pub const NONE: Self = Self {
        warm_up: Duration::ZERO,
        measure: Duration::ZERO,
        start_within: Duration::ZERO,
        request_timeout: Duration::ZERO,
        in_flight_max: 0,
        queue_max: 0,
        unlocks: Ratio::ZERO,
        draw: Draw::Operation,
    };
}

/// An executor's table: its own keys, and after `with` the shared ones that it has.
macro_rules! executor {
    ($(#[$about:meta])* $name:ident { $($own:tt)* } with $($shared:ident),+) => {
        executor!{@ $($shared)+ => { $(#[$about])* $name } { $($own)* } [$($shared)+]}
    };
    (@ warm_up $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// How long load runs before it is measured; these operations count in every check and in no statistic.
            #[serde(default, with = "vocabulary::duration_text")]
            #[schemars(with = "String", extend("format" = "duration"))]
            warm_up: Duration,
        } $all}
    };
    (@ measure $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// How long load is measured.
            #[serde(with = "vocabulary::duration_text")]
            #[schemars(with = "String", extend("format" = "duration"))]
            measure: Duration,
        } $all}
    };
    (@ start_within $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// An arrival that has not begun within this is dropped.
            #[serde(default = "keys::ten_seconds", with = "vocabulary::duration_text")]
            #[schemars(with = "String", extend("format" = "duration"))]
            start_within: Duration,
        } $all}
    };
    (@ request_timeout $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// How long one request may take before its operation is unknown.
            #[serde(default = "keys::seventy_seconds", with = "vocabulary::duration_text")]
            #[schemars(with = "String", extend("format" = "duration"))]
            request_timeout: Duration,
        } $all}
    };
    (@ in_flight_max $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// Operations in flight at most: the generator's users.
            #[serde(default = "keys::sixty_four")]
            #[schemars(range(min = 1, max = 20_000))]
            in_flight_max: u32,
        } $all}
    };
    (@ queue_max $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// Arrivals waiting for a free user at most.
            #[serde(default = "keys::ten_thousand")]
            #[schemars(range(min = 1, max = 1_000_000))]
            queue_max: u32,
        } $all}
    };
    (@ unlocks $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// The share of arrivals that ask for an unlock; the rest reset.
            #[serde(default = "keys::one_in_four")]
            #[schemars(with = "String", extend("format" = "ratio"))]
            unlocks: Ratio,
        } $all}
    };
    (@ draw $($rest:ident)* => $head:tt { $($keys:tt)* } $all:tt) => {
        executor!{@ $($rest)* => $head { $($keys)*
            /// What is drawn for each arrival: an operation, for which somebody is found, or a person, who asks for their own.
            #[serde(default, skip_serializing_if = "Draw::is_operation")]
            draw: Draw,
        } $all}
    };
    (@ => { $(#[$about:meta])* $name:ident } { $($(#[$key:meta])* $field:ident: $type:ty,)* } [$($shared:ident)+]) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$key])* pub $field: $type,)*
        }

        impl $name {
            /// The shared keys.
            #[allow(clippy::needless_update, reason = "some executors have all of them")]
            pub(crate) fn common(&self) -> Common {
                Common {
                    $($shared: self.$shared,)+
                    ..Common::NONE
                }
            }
        }
    };
}
pub(super) use executor;

pub(super) fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

pub(super) fn seventy_seconds() -> Duration {
    Duration::from_secs(70)
}

pub(super) fn sixty_four() -> u32 {
    64
}

pub(super) fn ten_thousand() -> u32 {
    10_000
}

pub(super) fn one_in_four() -> Ratio {
    Ratio::new(1, 4).unwrap_or(Ratio::ZERO)
}
