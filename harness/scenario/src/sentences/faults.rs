//! What breaks or moves, in sentences.

use vocabulary::{Ratio, format_duration};

use crate::{Damage, Direction, Fault, FaultGroup, FaultKind, KillMoment, Plan, TightenPolicy};

pub(super) fn faults(plan: &Plan) -> Vec<String> {
    plan.faults.iter().map(|fault| told(plan, fault)).collect()
}

fn told(plan: &Plan, fault: &Fault) -> String {
    let lasts = fault
        .lasts
        .map(|lasts| format!(" and for {}", format_duration(lasts)))
        .unwrap_or_default();
    let deed = match fault.what.group() {
        FaultGroup::Process => process(&fault.what),
        FaultGroup::Edge => {
            let edge = fault.edge.map(|edge| edge.to_string()).unwrap_or_default();
            format!("{} {edge}", edge_deed(&fault.what))
        }
        FaultGroup::Messages => message(&fault.what),
        FaultGroup::Identity | FaultGroup::Clock => identity(&fault.what),
        FaultGroup::Directory => directory(plan, &fault.what),
        FaultGroup::Cloud => cloud(&fault.what),
    };
    format!("{} after the load begins{lasts}, {deed}.", format_duration(fault.at))
}

fn process(what: &FaultKind) -> String {
    match what {
        FaultKind::Kill(of) => format!("{} is killed and then stands again", of.part),
        FaultKind::Stop(of) => format!("{} is stopped in good order and then stands again", of.part),
        FaultKind::Pause(of) => format!("{} stands still with its connections open", of.part),
        FaultKind::RestartStorm(storm) => format!(
            "{} is killed {} times and stands again each time",
            storm.part, storm.times
        ),
        FaultKind::KillAgentAt(kill) => {
            let moment = match kill.moment {
                KillMoment::BeforeWrite => "before an operation's write is sent to the directory",
                KillMoment::AfterWrite => {
                    "after an operation's write was sent to the directory and before the answer is noted"
                }
                KillMoment::AfterAnswer => {
                    "after the directory's answer was noted and before the result is sent to the cloud"
                }
            };
            format!("the agent is killed {moment}, and then stands again")
        }
        FaultKind::LimitMemory(limit) => format!("{} may use {} MiB of memory", limit.part, limit.mebibytes),
        FaultKind::JournalFull => "the disk of the agent's journal is full".to_owned(),
        FaultKind::JournalTorn(torn) => {
            let how = match torn.how {
                Damage::CutShort => "is cut short",
                Damage::BitFlipped => "has a wrong bit in each record",
            };
            format!("the agent is killed, and its journal {how} when it stands again")
        }
        _ => "the agent is killed, and its journal is gone when it stands again".to_owned(),
    }
}

fn edge_deed(what: &FaultKind) -> String {
    match what {
        FaultKind::Partition(partition) => match partition.direction {
            Direction::Both => "nothing passes on".to_owned(),
            Direction::ToServer => "nothing passes to who listens on".to_owned(),
            Direction::ToClient => "nothing passes to who connects on".to_owned(),
        },
        FaultKind::IdleDrop(idle) => format!(
            "connections that were silent for {} are forgotten on",
            format_duration(idle.after)
        ),
        FaultKind::Delay(delay) if delay.jitter.is_zero() => {
            format!("bytes take {} longer on", format_duration(delay.by))
        }
        FaultKind::Delay(delay) => format!(
            "bytes take {} longer, more or less by up to {}, on",
            format_duration(delay.by),
            format_duration(delay.jitter)
        ),
        FaultKind::Loss(of) => format!("{} of all segments are lost and sent again on", of.ratio),
        FaultKind::Reset(of) => format!("{} of the connections are reset on", of.ratio),
        FaultKind::SlowLink(link) => format!("{} bytes a second pass on", link.bytes_per_second),
        FaultKind::Corrupt(of) => format!("{} of all chunks have a wrong bit on", of.ratio),
        FaultKind::Truncate => "connections end in the middle of a message on".to_owned(),
        FaultKind::Slice(slice) => format!("bytes arrive in pieces of {} on", slice.bytes),
        _ => "the far end of every connection is gone and does not say so on".to_owned(),
    }
}

fn message(what: &FaultKind) -> String {
    let requests = |share: Ratio| {
        if share.of(1) == 1 {
            "every request".to_owned()
        } else {
            format!("{share} of the requests")
        }
    };
    match what {
        FaultKind::LoseRequests(of) => format!("the relay loses {}", requests(of.share)),
        FaultKind::LoseResponses(of) => format!("the relay loses the response to {}", requests(of.share)),
        FaultKind::DuplicateRequests(duplicate) => format!(
            "the relay delivers {} {} times",
            requests(duplicate.share),
            duplicate.copies
        ),
        FaultKind::HoldRequests(hold) => format!("the relay holds every request for {}", format_duration(hold.by)),
        FaultKind::ReorderRequests => "the relay delivers the later of two requests first".to_owned(),
        FaultKind::SwapRequests => "the relay swaps what two requests carry".to_owned(),
        FaultKind::CorruptRequests => "the relay flips a bit of every request".to_owned(),
        FaultKind::ReplayRequests => "the relay delivers earlier requests again".to_owned(),
        FaultKind::OversizeRequests => "requests are larger than the control channel takes".to_owned(),
        FaultKind::DeleteListener => "the listener's hybrid connection is deleted".to_owned(),
        _ => "the relay tells the sender that nobody answered in time, while the agent works on".to_owned(),
    }
}

fn identity(what: &FaultKind) -> String {
    match what {
        FaultKind::ExpireCertificate(of) => format!("{} shows a certificate that has expired", of.part),
        FaultKind::WrongNameCertificate(of) => format!("{} shows a certificate for another name", of.part),
        FaultKind::UnknownAuthority(of) => format!("{} shows a certificate of an authority that nobody knows", of.part),
        FaultKind::ExpireTokens => "every token that the cloud has given out is void".to_owned(),
        FaultKind::RotateListenKey => "the relay's key for listeners is changed".to_owned(),
        FaultKind::RotateSendKey => "the relay's key for senders is changed".to_owned(),
        FaultKind::RollAgentKey => "the agent takes a new key for what is sealed to it".to_owned(),
        FaultKind::SkewClock(skew) => {
            let way = if skew.by.back { "behind" } else { "ahead" };
            format!("the clock of {} is {} {way}", skew.part, format_duration(skew.by.by))
        }
        _ => "the agent's private key is lost".to_owned(),
    }
}

fn directory(plan: &Plan, what: &FaultKind) -> String {
    match what {
        FaultKind::SlowDirectory(slow) => format!("the directories answer {} late", format_duration(slow.by)),
        FaultKind::ReadOnlyDirectory => "the directories take no writes".to_owned(),
        FaultKind::FullDirectory => "the directories' disk is full".to_owned(),
        FaultKind::RemoveRights => "the agent's account has no right to reset passwords".to_owned(),
        FaultKind::LockServiceAccount => "the agent's account is locked".to_owned(),
        FaultKind::DisableServiceAccount => "the agent's account is disabled".to_owned(),
        FaultKind::ChangeServicePassword => "the agent's account has another password".to_owned(),
        FaultKind::TightenPolicy(policy) => tightened(policy),
        FaultKind::FlipLockoutPolicy if plan.world.lockout.threshold == 0 => "wrong passwords lock accounts".to_owned(),
        FaultKind::FlipLockoutPolicy => "wrong passwords lock nobody".to_owned(),
        FaultKind::PauseReplication => "the domain controllers do not replicate".to_owned(),
        FaultKind::RenamePeople(of) => format!("{} of the people are renamed", of.share),
        FaultKind::DeletePeople(of) => format!("{} people are deleted", of.count),
        FaultKind::DuplicateAnchor(of) => format!("a second account bears the anchor of each of {} people", of.count),
        FaultKind::MovePdc(moved) => {
            let index = usize::try_from(moved.forest).unwrap_or_default().checked_sub(1);
            let domain = index
                .and_then(|index| plan.world.forests.get(index))
                .map_or("a forest that is not there", |forest| forest.domain.as_str());
            format!("the role of PDC emulator of {domain} moves to dc{}", moved.to)
        }
        other => other.as_str().to_owned(),
    }
}

fn tightened(policy: &TightenPolicy) -> String {
    let asked = [
        policy.min_length.map(|length| format!("at least {length} characters")),
        policy.history.map(|history| format!("{history} passwords remembered")),
        policy
            .min_age
            .map(|age| format!("{} between two changes", format_duration(age))),
    ];
    let asked: Vec<String> = asked.into_iter().flatten().collect();
    format!("the domains' password policy asks for {}", super::listed(&asked))
}

fn cloud(what: &FaultKind) -> String {
    let told = match what {
        FaultKind::RevokeLicence => "nobody has a licence",
        FaultKind::DisableWriteback => "writeback is switched off",
        FaultKind::DisableUnlock => "unlock without reset is switched off",
        _ => "the cloud asks for a newer agent",
    };
    told.to_owned()
}
