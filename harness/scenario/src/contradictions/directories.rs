//! Forests, their domain controllers and units, and fine-grained policies.

use std::collections::BTreeSet;

use super::{Contradictions, controllers_of};
use crate::FineGrainedPolicy;
use crate::written::{Forest, Scenario};

/// The longest name of a policy.
const POLICY_NAME_MAX: usize = 40;
/// The longest `ou` (`rangeUpper` of the attribute in MS-ADA3).
const UNIT_NAME_MAX: usize = 64;
/// Characters in the name of an organizational unit that the product's writeback does not get over.
const RESERVED: [char; 9] = [',', '+', '"', '\\', '<', '>', ';', '=', '/'];

pub(super) fn contradictions(found: &mut Contradictions<'_>, scenario: &Scenario) {
    let mut domains = BTreeSet::new();
    for (index, forest) in scenario.world.forests.iter().enumerate() {
        let at = format!("world.forests.{index}");
        if !vocabulary::lab_name(&forest.domain) {
            let message = format!(
                "`{}` is no laboratory: a domain ends in .test, .example or .invalid",
                forest.domain
            );
            found.say(&format!("{at}.domain"), message);
        }
        if !domains.insert(forest.domain.to_ascii_lowercase()) {
            let message = format!("`{}` is the domain of another forest already", forest.domain);
            found.say(&format!("{at}.domain"), message);
        }
        controllers(found, &at, forest);
        units(found, &at, &forest.units);
    }
    policies(found, &scenario.world.fine_grained_policies);
}

fn controllers(found: &mut Contradictions<'_>, at: &str, forest: &Forest) {
    let count = forest.domain_controllers;
    if forest.pdc > count {
        let message = format!("`pdc` is {}, but the domain has {}", forest.pdc, controllers_of(count));
        found.say(&format!("{at}.pdc"), message);
    }
    if count == 1 && !forest.preferred_dcs.is_empty() {
        found.say(
            &format!("{at}.preferred_dcs"),
            "with one domain controller there is nothing to prefer: leave `preferred_dcs` out, or have more `domain_controllers`",
        );
        return;
    }
    let mut preferred = BTreeSet::new();
    for (index, dc) in forest.preferred_dcs.iter().enumerate() {
        let at = format!("{at}.preferred_dcs.{index}");
        if *dc == 0 || *dc > count {
            let message = format!(
                "`preferred_dcs` names {dc}, but the domain has {}, counted from 1",
                controllers_of(count)
            );
            found.say(&at, message);
        } else if !preferred.insert(dc) {
            found.say(&at, format!("`preferred_dcs` names {dc} twice"));
        }
    }
}

fn units(found: &mut Contradictions<'_>, at: &str, units: &[String]) {
    let mut known = BTreeSet::new();
    for (index, unit) in units.iter().enumerate() {
        let wrong = wrong_unit(unit).or_else(|| {
            let fresh = known.insert(unit.to_lowercase());
            (!fresh)
                .then(|| format!("the unit `{unit}` is named twice; a directory does not tell upper from lower case"))
        });
        if let Some(message) = wrong {
            found.say(&format!("{at}.units.{index}"), message);
        }
    }
}

fn wrong_unit(unit: &str) -> Option<String> {
    let shown = unit.escape_debug();
    if unit.is_empty() {
        return Some("a unit's name must not be empty".to_owned());
    }
    if unit.chars().count() > UNIT_NAME_MAX {
        return Some(format!("the unit `{shown}` has more than {UNIT_NAME_MAX} characters"));
    }
    let broken = if unit.starts_with([' ', '#']) {
        "begins with a space or `#`".to_owned()
    } else if unit.ends_with(' ') {
        "ends with a space".to_owned()
    } else {
        let reserved = |letter: &char| RESERVED.contains(letter) || letter.is_control();
        let letter = unit.chars().find(reserved)?;
        format!("holds `{}`", letter.escape_debug())
    };
    Some(format!(
        "the unit `{shown}` {broken}, which is reserved in a distinguished name: password writeback fails for everybody below such a unit"
    ))
}

fn policies(found: &mut Contradictions<'_>, policies: &[FineGrainedPolicy]) {
    let mut names = BTreeSet::new();
    let mut precedences = BTreeSet::new();
    for (index, policy) in policies.iter().enumerate() {
        let at = format!("world.fine_grained_policies.{index}");
        if !policy_name_is_plain(&policy.name) {
            let message = format!(
                "a policy's `name` may hold letters, digits, spaces and hyphens, up to {POLICY_NAME_MAX} of them; it begins with a letter or digit and ends with no space"
            );
            found.say(&format!("{at}.name"), message);
        }
        if !names.insert(policy.name.to_ascii_lowercase()) {
            found.say(
                &format!("{at}.name"),
                format!("another policy is called `{}` already", policy.name),
            );
        }
        if !precedences.insert(policy.precedence) {
            let message = format!(
                "another policy has the precedence {} already, so which one wins would be left to chance",
                policy.precedence
            );
            found.say(&format!("{at}.precedence"), message);
        }
    }
}

fn policy_name_is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ' || byte == b'-';
    name.len() <= POLICY_NAME_MAX
        && name.bytes().all(plain)
        && name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && !name.ends_with(' ')
}
