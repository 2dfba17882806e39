//! What happens to a world while load runs: to what is there, while it is there, and in a world that can do it.

use vocabulary::{Seed, format_duration};

use super::{Contradictions, controllers_of};
use crate::draw;
use crate::written::Scenario;
use crate::{Fault, FaultGroup, FaultKind, Load, MovePdc, PartName, TightenPolicy, WorldKind};

/// Told in the order of time, since where a role is depends on the moves before.
pub(super) fn contradictions(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    let mut faults: Vec<(usize, &Fault)> = scenario.faults.iter().enumerate().collect();
    faults.sort_by_key(|(_, fault)| fault.at);
    let mut roles: Vec<u32> = scenario.world.forests.iter().map(|forest| forest.pdc).collect();
    for (place, (index, fault)) in faults.iter().enumerate() {
        let at = format!("faults.{index}");
        times(found, &at, fault, load);
        edge(found, &at, scenario, fault);
        let what = format!("{at}.what.{}", fault.what.as_str());
        part(found, &what, scenario, fault);
        parameters(found, &what, scenario, &fault.what);
        if let FaultKind::MovePdc(moved) = &fault.what {
            move_pdc(found, &what, scenario, &mut roles, moved);
        }
        let before = faults.iter().take(place).map(|(_, fault)| *fault);
        overlap(found, &at, before, fault);
    }
    at_random(found, scenario, load);
}

/// What the seed shall draw: kinds that such a world can do, and room for them.
fn at_random(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    let Some(asked) = &scenario.faults_at_random else {
        return;
    };
    let length = load.length();
    if asked.from >= length {
        let message = format!(
            "the load is over after {}, so nothing can begin then",
            format_duration(length)
        );
        found.say("faults_at_random.from", message);
    } else if asked.shortest > asked.longest {
        found.say("faults_at_random.shortest", "`shortest` is above `longest`");
    } else if !asked.overlap && asked.shortest > length.saturating_sub(asked.from) / asked.count.max(1) {
        let message = format!(
            "there is no room for {} faults of {} one after another: ask for fewer, or let them `overlap`",
            asked.count,
            format_duration(asked.shortest)
        );
        found.say("faults_at_random.count", message);
    }
    for (index, name) in asked.kinds.iter().enumerate() {
        if let Some(message) = undrawable(scenario, scenario.world.kind, name) {
            found.say(&format!("faults_at_random.kinds.{index}"), message);
        }
    }
}

/// Why a kind cannot be drawn, where it cannot.
fn undrawable(scenario: &Scenario, kind: WorldKind, name: &str) -> Option<String> {
    let mut dice = Seed::new(0).rng();
    match draw::kind(name, &scenario.world, &mut dice) {
        None => Some(format!("`{name}` cannot be drawn: write it in `[[faults]]`")),
        Some((what, _)) => what.refused_in(kind).map(|why| refusal(&what, kind, why)),
    }
}

/// What these faults ask of a world of another kind than the file names, and it cannot do; without places.
pub(crate) fn refused_by(scenario: &Scenario, kind: WorldKind) -> Vec<String> {
    let refused = |fault: &Fault| {
        let why = fault.what.refused_in(kind)?;
        Some(refusal(&fault.what, kind, why))
    };
    let drawn = scenario.faults_at_random.iter().flat_map(|asked| &asked.kinds);
    let drawn = drawn.filter_map(|name| undrawable(scenario, kind, name));
    scenario.faults.iter().filter_map(refused).chain(drawn).collect()
}

fn refusal(what: &FaultKind, kind: WorldKind, why: &str) -> String {
    let other = match kind {
        WorldKind::Embedded => WorldKind::Docker,
        WorldKind::Docker => WorldKind::Embedded,
    };
    let name = what.as_str();
    match what.refused_in(other) {
        None => format!("`{name}` needs `world.kind = \"{}\"`: {why}", other.as_str()),
        Some(_) => format!("`{name}` cannot be done: {why}"),
    }
}

fn times(found: &mut Contradictions<'_>, at: &str, fault: &Fault, load: &Load) {
    let length = load.length();
    if fault.at >= length {
        let message = format!(
            "the load is over after {}, so nothing can happen to it at {}",
            format_duration(length),
            format_duration(fault.at)
        );
        found.say(&format!("{at}.at"), message);
    }
    let name = fault.what.as_str();
    match (fault.what.lasts(), fault.lasts) {
        (true, None) => {
            let message = format!("`{name}` lasts until it is healed: say how long with `for`, such as `for = \"5s\"`");
            found.say(&format!("{at}.what"), message);
        }
        (true, Some(lasts)) if lasts.is_zero() => {
            found.say(&format!("{at}.for"), format!("`{name}` must last: `for` is 0s"));
        }
        (false, Some(_)) => {
            let message = format!("`{name}` is over at once and is not healed: leave `for` out");
            found.say(&format!("{at}.for"), message);
        }
        _ => {}
    }
}

fn edge(found: &mut Contradictions<'_>, at: &str, scenario: &Scenario, fault: &Fault) {
    let name = fault.what.as_str();
    match (fault.what.breaks_an_edge(), fault.edge) {
        (true, None) => {
            let message = format!("`{name}` breaks an edge: say which, such as `edge = \"agent-relay\"`");
            found.say(&format!("{at}.what"), message);
        }
        (false, Some(_)) => {
            found.say(
                &format!("{at}.edge"),
                format!("`{name}` breaks no edge: leave `edge` out"),
            );
        }
        (true, Some(edge)) => {
            if let Some(message) = edge.server().and_then(|part| absent(scenario, part)) {
                found.say(&format!("{at}.edge"), message);
            }
        }
        (false, None) => {}
    }
}

fn part(found: &mut Contradictions<'_>, what: &str, scenario: &Scenario, fault: &Fault) {
    let kind = scenario.world.kind;
    if let Some(why) = fault.what.refused_in(kind) {
        return found.say(what, refusal(&fault.what, kind, why));
    }
    let wrong = fault.what.part().and_then(|part| absent(scenario, part));
    let wrong = wrong.or_else(|| fault.what.refused_of_part().map(str::to_owned));
    if let Some(message) = wrong {
        found.say(&format!("{what}.part"), message);
    }
}

/// Why a part is not there, where it is not.
fn absent(scenario: &Scenario, part: PartName) -> Option<String> {
    let world = &scenario.world;
    match part {
        PartName::Relay(number) if number > world.relays => {
            Some(format!("`{part}` is not there: the world has {}", relays(world.relays)))
        }
        PartName::Dc(dc) => {
            let index = usize::try_from(dc.forest).unwrap_or_default().checked_sub(1);
            match index.and_then(|index| world.forests.get(index)) {
                None => Some(format!(
                    "`{part}` is not there: the world has {} forests",
                    world.forests.len()
                )),
                Some(forest) if dc.number > forest.domain_controllers => Some(format!(
                    "`{part}` is not there: {} has {}",
                    forest.domain,
                    controllers_of(forest.domain_controllers)
                )),
                Some(_) => None,
            }
        }
        _ => None,
    }
}

fn relays(count: u32) -> String {
    match count {
        1 => "one relay".to_owned(),
        count => format!("{count} relays"),
    }
}

fn parameters(found: &mut Contradictions<'_>, what: &str, scenario: &Scenario, kind: &FaultKind) {
    match kind {
        FaultKind::Delay(delay) if delay.jitter > delay.by => {
            found.say(
                &format!("{what}.jitter"),
                "`jitter` is above `by`, so that some bytes would arrive before they were sent",
            );
        }
        FaultKind::TightenPolicy(TightenPolicy {
            min_length: None,
            history: None,
            min_age: None,
        }) => {
            found.say(
                what,
                "`tighten_policy` asks for nothing more: give `min_length`, `history` or `min_age`",
            );
        }
        FaultKind::PauseReplication
            if scenario
                .world
                .forests
                .iter()
                .all(|forest| forest.domain_controllers == 1) =>
        {
            found.say(what, "`pause_replication` needs a domain of several domain controllers");
        }
        _ => {}
    }
}

/// A part can die once at a time, and a fault that is there already cannot be made once more.
fn overlap<'f>(found: &mut Contradictions<'_>, at: &str, before: impl Iterator<Item = &'f Fault>, fault: &Fault) {
    let together = |other: &&Fault| other.ends() > fault.at && clash(other, fault);
    if let Some(other) = before.filter(together).last() {
        let target = fault.place().map(|place| format!(" of {place}")).unwrap_or_default();
        let message = format!(
            "`{}`{target} is made at {} and lasts until {}: `{}` can come only after it",
            other.what.as_str(),
            format_duration(other.at),
            format_duration(other.ends()),
            fault.what.as_str()
        );
        found.say(&format!("{at}.at"), message);
    }
}

/// Whether two faults cannot be there together.
pub(crate) fn clash(one: &Fault, other: &Fault) -> bool {
    if one.what.group() == FaultGroup::Process && other.what.group() == FaultGroup::Process {
        return one.what.part() == other.what.part();
    }
    one.what.as_str() == other.what.as_str() && one.what.lasts() && one.place() == other.place()
}

fn move_pdc(found: &mut Contradictions<'_>, at: &str, scenario: &Scenario, roles: &mut [u32], moved: &MovePdc) {
    let forests = &scenario.world.forests;
    let index = usize::try_from(moved.forest)
        .ok()
        .and_then(|number| number.checked_sub(1));
    let forest = index.and_then(|index| Some((forests.get(index)?, roles.get_mut(index)?)));
    let Some((forest, role)) = forest else {
        let message = format!(
            "`forest` is {}, but the world has {} of them",
            moved.forest,
            forests.len()
        );
        return found.say(&format!("{at}.forest"), message);
    };
    let at = format!("{at}.to");
    if moved.to > forest.domain_controllers {
        let message = format!(
            "`to` is {}, but {} has {}",
            moved.to,
            forest.domain,
            controllers_of(forest.domain_controllers)
        );
        found.say(&at, message);
    } else if *role == moved.to {
        let message = format!(
            "dc{} of {} is the PDC emulator at that time already",
            moved.to, forest.domain
        );
        found.say(&at, message);
    } else {
        *role = moved.to;
    }
}
