//! Faults that the seed draws.

use std::time::Duration;

use rand::{Rng, RngExt as _};
use vocabulary::{Ratio, Seed};

use crate::contradictions::clash;
use crate::written::{
    By, Damage, DcName, Delay, Direction, DuplicateRequests, EdgeName, Fault, FaultKind, FaultsAtRandom, IdleDrop,
    JournalTorn, KillAgentAt, KillMoment, LimitMemory, OfCount, OfPart, OfRatio, OfShare, PartName, Partition,
    RestartStorm, Skew, SkewClock, Slice, SlowLink, TightenPolicy, World,
};

/// Draws of one fault until one is found that can be there together with the others.
const TRIES: u32 = 200;

/// The faults of a chapter, beside those that are written; fewer where there is no room for all.
pub(crate) fn drawn(
    asked: &FaultsAtRandom,
    world: &World,
    length: Duration,
    seed: Seed,
    written: &[Fault],
) -> Vec<Fault> {
    let mut all = written.to_vec();
    let room = Room::of(asked, length);
    for number in 0..asked.count {
        let mut dice = seed.nth("fault", number.into()).rng();
        let fits = |fault: &Fault| {
            fault.ends() <= length
                && all
                    .iter()
                    .all(|other| apart(other, fault) || (asked.overlap && !clash(other, fault)))
        };
        let fault = (0..TRIES).find_map(|_| one(asked, world, &room, number, &mut dice).filter(fits));
        all.extend(fault);
    }
    all.split_off(written.len())
}

/// Where the faults may lie.
struct Room {
    from: Duration,
    to: Duration,
    /// Each fault's own part of it, where none may overlap.
    slot: Duration,
}

impl Room {
    fn of(asked: &FaultsAtRandom, length: Duration) -> Self {
        Self {
            from: asked.from,
            to: length,
            slot: length.saturating_sub(asked.from) / asked.count.max(1),
        }
    }

    /// Where a fault may begin and end.
    fn of_fault(&self, number: u32, overlap: bool) -> (Duration, Duration) {
        if overlap {
            (self.from, self.to)
        } else {
            let from = self.from + self.slot * number;
            (from, from + self.slot)
        }
    }
}

fn apart(one: &Fault, other: &Fault) -> bool {
    one.ends() <= other.at || other.ends() <= one.at
}

fn one(asked: &FaultsAtRandom, world: &World, room: &Room, number: u32, dice: &mut impl Rng) -> Option<Fault> {
    let name = asked.kinds.get(dice.random_range(0..asked.kinds.len()))?;
    let (what, edge) = kind(name, world, dice)?;
    let (from, to) = room.of_fault(number, asked.overlap);
    let most = to.saturating_sub(from).min(asked.longest);
    let lasts = between(asked.shortest.min(most), most, dice);
    let at = between(from, to.saturating_sub(lasts), dice);
    let lasts = what.lasts().then_some(lasts.max(Duration::from_millis(1)));
    Some(Fault { at, lasts, edge, what })
}

/// A whole number of milliseconds, so that it is read as it is written.
fn between(least: Duration, most: Duration, dice: &mut impl Rng) -> Duration {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let least = millis(least);
    Duration::from_millis(dice.random_range(least..=millis(most).max(least)))
}

/// A fault of that kind with drawn parameters; none where such a world has nothing that it could be done to.
pub(crate) fn kind(name: &str, world: &World, dice: &mut impl Rng) -> Option<(FaultKind, Option<EdgeName>)> {
    if let Some(what) = process(name, world, dice)
        .or_else(|| message(name, dice))
        .or_else(|| other(name, world, dice))
    {
        return Some((what, None));
    }
    let what = edge_kind(name, dice)?;
    Some((what, Some(edge(world, dice))))
}

fn process(name: &str, world: &World, dice: &mut impl Rng) -> Option<FaultKind> {
    Some(match name {
        "kill" => FaultKind::Kill(OfPart {
            part: part(world, dice),
        }),
        "stop" => FaultKind::Stop(OfPart {
            part: part(world, dice),
        }),
        "pause" => FaultKind::Pause(OfPart {
            part: part(world, dice),
        }),
        "restart_storm" => FaultKind::RestartStorm(RestartStorm {
            part: part(world, dice),
            times: dice.random_range(2..=4),
        }),
        "kill_agent_at" => FaultKind::KillAgentAt(KillAgentAt {
            moment: pick(
                &[KillMoment::BeforeWrite, KillMoment::AfterWrite, KillMoment::AfterAnswer],
                dice,
            )?,
        }),
        "limit_memory" => FaultKind::LimitMemory(LimitMemory {
            part: part(world, dice),
            mebibytes: dice.random_range(6..=16),
        }),
        "journal_full" => FaultKind::JournalFull,
        "journal_torn" => FaultKind::JournalTorn(JournalTorn {
            how: pick(&[Damage::CutShort, Damage::BitFlipped], dice)?,
        }),
        "journal_lost" => FaultKind::JournalLost,
        _ => return None,
    })
}

fn edge_kind(name: &str, dice: &mut impl Rng) -> Option<FaultKind> {
    let mut ratio = |of: std::ops::RangeInclusive<u64>| Ratio::new(1, dice.random_range(of));
    Some(match name {
        "loss" => FaultKind::Loss(OfRatio { ratio: ratio(3..=50)? }),
        "reset" => FaultKind::Reset(OfRatio { ratio: ratio(2..=10)? }),
        "corrupt" => FaultKind::Corrupt(OfRatio { ratio: ratio(5..=100)? }),
        "partition" => FaultKind::Partition(Partition {
            direction: pick(&[Direction::Both, Direction::ToServer, Direction::ToClient], dice)?,
        }),
        "half_open" => FaultKind::HalfOpen,
        "idle_drop" => FaultKind::IdleDrop(IdleDrop {
            after: Duration::from_millis(dice.random_range(200..=2_000)),
        }),
        "delay" => {
            let by = dice.random_range(10..=500);
            FaultKind::Delay(Delay {
                by: Duration::from_millis(by),
                jitter: Duration::from_millis(dice.random_range(0..=by)),
            })
        }
        "slow_link" => FaultKind::SlowLink(SlowLink {
            bytes_per_second: dice.random_range(1_000..=50_000),
        }),
        "truncate" => FaultKind::Truncate,
        "slice" => FaultKind::Slice(Slice {
            bytes: dice.random_range(1..=64),
        }),
        _ => return None,
    })
}

fn message(name: &str, dice: &mut impl Rng) -> Option<FaultKind> {
    let mut share = || Ratio::new(1, dice.random_range(1..=4));
    Some(match name {
        "lose_requests" => FaultKind::LoseRequests(OfShare { share: share()? }),
        "lose_responses" => FaultKind::LoseResponses(OfShare { share: share()? }),
        "duplicate_requests" => {
            let share = share()?;
            let copies = dice.random_range(2..=20);
            FaultKind::DuplicateRequests(DuplicateRequests { copies, share })
        }
        "hold_requests" => FaultKind::HoldRequests(By {
            by: Duration::from_millis(dice.random_range(100..=20_000)),
        }),
        "reorder_requests" => FaultKind::ReorderRequests,
        "swap_requests" => FaultKind::SwapRequests,
        "corrupt_requests" => FaultKind::CorruptRequests,
        "replay_requests" => FaultKind::ReplayRequests,
        "oversize_requests" => FaultKind::OversizeRequests,
        "delete_listener" => FaultKind::DeleteListener,
        "unanswered" => FaultKind::Unanswered,
        _ => return None,
    })
}

/// Faults of identities, clocks, directories and the cloud.
fn other(name: &str, world: &World, dice: &mut impl Rng) -> Option<FaultKind> {
    Some(match name {
        "expire_certificate" => FaultKind::ExpireCertificate(server(world, dice)?),
        "wrong_name_certificate" => FaultKind::WrongNameCertificate(server(world, dice)?),
        "unknown_authority" => FaultKind::UnknownAuthority(server(world, dice)?),
        "expire_tokens" => FaultKind::ExpireTokens,
        "rotate_listen_key" => FaultKind::RotateListenKey,
        "rotate_send_key" => FaultKind::RotateSendKey,
        "roll_agent_key" => FaultKind::RollAgentKey,
        "lose_agent_key" => FaultKind::LoseAgentKey,
        "skew_clock" => FaultKind::SkewClock(SkewClock {
            part: pick(&[PartName::Agent, PartName::Cloud], dice)?,
            by: Skew {
                back: dice.random(),
                by: Duration::from_secs(dice.random_range(1..=600)),
            },
        }),
        "slow_directory" => FaultKind::SlowDirectory(By {
            by: Duration::from_millis(dice.random_range(100..=3_000)),
        }),
        "read_only_directory" => FaultKind::ReadOnlyDirectory,
        "full_directory" => FaultKind::FullDirectory,
        "remove_rights" => FaultKind::RemoveRights,
        "lock_service_account" => FaultKind::LockServiceAccount,
        "disable_service_account" => FaultKind::DisableServiceAccount,
        "change_service_password" => FaultKind::ChangeServicePassword,
        "tighten_policy" => FaultKind::TightenPolicy(TightenPolicy {
            min_length: Some(dice.random_range(21..=40)),
            history: None,
            min_age: None,
        }),
        "flip_lockout_policy" => FaultKind::FlipLockoutPolicy,
        "pause_replication" => FaultKind::PauseReplication,
        "rename_people" => FaultKind::RenamePeople(OfShare {
            share: Ratio::new(1, dice.random_range(10..=100))?,
        }),
        "delete_people" => FaultKind::DeletePeople(few(dice)),
        "duplicate_anchor" => FaultKind::DuplicateAnchor(few(dice)),
        "revoke_licence" => FaultKind::RevokeLicence,
        "disable_writeback" => FaultKind::DisableWriteback,
        "disable_unlock" => FaultKind::DisableUnlock,
        "require_newer_agent" => FaultKind::RequireNewerAgent,
        _ => return None,
    })
}

fn few(dice: &mut impl Rng) -> OfCount {
    OfCount {
        count: dice.random_range(1..=3),
    }
}

fn pick<T: Copy>(of: &[T], dice: &mut impl Rng) -> Option<T> {
    of.get(dice.random_range(0..of.len())).copied()
}

fn dcs(world: &World) -> Vec<DcName> {
    let forests = (1..).zip(&world.forests);
    let all =
        forests.flat_map(|(forest, home)| (1..=home.domain_controllers).map(move |number| DcName { forest, number }));
    all.collect()
}

fn part(world: &World, dice: &mut impl Rng) -> PartName {
    let mut parts = vec![PartName::Agent, PartName::Cloud, PartName::Gateway];
    parts.extend((1..=world.relays).map(PartName::Relay));
    parts.extend(dcs(world).into_iter().map(PartName::Dc));
    pick(&parts, dice).unwrap_or(PartName::Agent)
}

/// A part that shows a certificate.
fn server(world: &World, dice: &mut impl Rng) -> Option<OfPart> {
    let mut parts = vec![PartName::Cloud];
    parts.extend((1..=world.relays).map(PartName::Relay));
    parts.extend(dcs(world).into_iter().map(PartName::Dc));
    Some(OfPart {
        part: pick(&parts, dice)?,
    })
}

/// One of those that lead to or from the agent.
fn edge(world: &World, dice: &mut impl Rng) -> EdgeName {
    let mut edges = vec![
        EdgeName::AgentCloud,
        EdgeName::AgentRelay(None),
        EdgeName::AgentDc(None),
    ];
    edges.extend(dcs(world).into_iter().map(|dc| EdgeName::AgentDc(Some(dc))));
    pick(&edges, dice).unwrap_or(EdgeName::AgentRelay(None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Choices, Plan, parse};

    const HEAD: &str = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 3\n[population]\npeople = 80\n[load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"60s\"\n";

    fn plan(chapter: &str, seed: u64) -> Plan {
        let text = format!("{HEAD}[faults_at_random]\n{chapter}\n");
        let scenario = parse("a.toml", &text, &[]).unwrap();
        let choices = Choices {
            seed: Some(seed),
            ..Choices::default()
        };
        Plan::resolve(&scenario, &choices)
    }

    const MANY: &str =
        "count = 12\nkinds = [\"kill\", \"stop\", \"kill_agent_at\", \"delay\", \"lose_requests\", \"roll_agent_key\"]";

    #[test]
    fn the_seed_alone_draws() {
        assert_eq!(plan(MANY, 5).faults, plan(MANY, 5).faults);
        assert_ne!(plan(MANY, 5).faults, plan(MANY, 6).faults);
        assert_ne!(plan(MANY, 5).hash(), plan(MANY, 6).hash());
        let told = plan(MANY, 5).sentences();
        assert!(
            told.iter()
                .filter(|told| told.contains("after the load begins"))
                .count()
                >= 12,
            "{told:#?}"
        );
    }

    #[test]
    fn without_overlap_they_follow_one_another_and_end_with_the_load() {
        for seed in 0..50 {
            let faults = plan(MANY, seed).faults;
            assert_eq!(faults.len(), 12);
            for pair in faults.windows(2) {
                assert!(pair[0].ends() <= pair[1].at, "{pair:?}");
            }
            assert!(faults.iter().all(|fault| fault.ends() <= Duration::from_secs(60)));
        }
    }

    #[test]
    fn with_overlap_some_meet_and_none_that_clash() {
        let mut met = false;
        for seed in 0..50 {
            let faults = plan(&format!("{MANY}\noverlap = true\nlongest = \"9s\""), seed).faults;
            for (index, one) in faults.iter().enumerate() {
                for other in &faults[index + 1..] {
                    met |= !apart(one, other);
                    assert!(apart(one, other) || !clash(one, other), "{one:?} {other:?}");
                }
            }
        }
        assert!(met);
    }

    #[test]
    fn every_kind_but_the_move_of_a_role_can_be_drawn_and_is_read_again() {
        let world = World {
            forests: vec![crate::Forest {
                domain_controllers: 2,
                ..crate::Forest::default()
            }],
            ..World::default()
        };
        for name in FaultKind::NAMES.iter().filter(|name| **name != "move_pdc") {
            for number in 0..20 {
                let mut dice = Seed::new(number).rng();
                let (what, edge) = kind(name, &world, &mut dice).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(what.as_str(), *name);
                assert_eq!(what.breaks_an_edge(), edge.is_some());
                assert_eq!(what.refused_of_part(), None, "{what:?}");
                let text = serde_json::to_string(&what).unwrap();
                assert_eq!(serde_json::from_str::<FaultKind>(&text).unwrap(), what);
            }
        }
    }

    #[test]
    fn contradictions_of_the_chapter_have_places() {
        let told = |chapter: &str| match parse("a.toml", &format!("{HEAD}[faults_at_random]\n{chapter}\n"), &[]) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert_eq!(told("count = 3\nkinds = [\"kill\"]"), "");
        for (chapter, place, part) in [
            ("count = 0\nkinds = [\"kill\"]", "11:9", "between 1 and 1000"),
            ("count = 1\nkinds = []", "12:9", "must not be empty"),
            (
                "count = 1\nkinds = [\"kill\", \"murder\"]",
                "12:18",
                "is no kind of fault",
            ),
            (
                "count = 1\nkinds = [\"kill\", \"pause\"]",
                "12:18",
                "needs `world.kind = \"docker\"`",
            ),
            ("count = 1\nkinds = [\"move_pdc\"]", "12:10", "cannot be drawn"),
            (
                "count = 1\nkinds = [\"kill\"]\nfrom = \"60s\"",
                "13:8",
                "the load is over after 1min",
            ),
            (
                "count = 1\nkinds = [\"kill\"]\nshortest = \"3s\"",
                "13:12",
                "above `longest`",
            ),
            ("count = 100\nkinds = [\"kill\"]\nshortest = \"1s\"", "11:9", "no room"),
        ] {
            let told = told(chapter);
            assert!(
                told.contains(&format!("a.toml:{place}: ")) && told.contains(part),
                "{chapter}: {told}"
            );
        }
    }
}
