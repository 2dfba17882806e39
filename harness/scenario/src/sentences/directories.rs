//! The directories in sentences: what every scenario has goes unsaid.

use vocabulary::format_duration;

use super::listed;
use crate::written::WritebackDc;
use crate::{FineGrainedPolicy, Forest, FunctionalLevel, Plan, Rights, WorldKind};

/// What is not as usual in each forest, then what several domain controllers share.
pub(super) fn forests(plan: &Plan) -> Vec<String> {
    let forests = &plan.world.forests;
    let mut told: Vec<String> = forests
        .iter()
        .filter_map(|forest| one(forest, forests.len() > 1))
        .collect();
    if forests.iter().any(|forest| forest.domain_controllers > 1) {
        told.push(several(plan));
    }
    told
}

fn one(forest: &Forest, weighed: bool) -> Option<String> {
    let mut told = Vec::new();
    if forest.domain_controllers > 1 {
        told.push(format!(
            "has {} domain controllers, of which dc{} begins as PDC emulator",
            forest.domain_controllers, forest.pdc
        ));
    }
    if !forest.preferred_dcs.is_empty() {
        let preferred: Vec<String> = forest.preferred_dcs.iter().map(|dc| format!("dc{dc}")).collect();
        told.push(format!("lets the agent read from {} alone", listed(&preferred)));
    }
    if forest.functional_level != FunctionalLevel::default() {
        let level = match forest.functional_level {
            FunctionalLevel::Windows2008R2 => "2008 R2",
            FunctionalLevel::Windows2012 => "2012",
            FunctionalLevel::Windows2012R2 => "2012 R2",
        };
        told.push(format!("has the functional level {level}"));
    }
    if !forest.units.is_empty() {
        told.push(format!("spreads people over the units {}", listed(&forest.units)));
    }
    if weighed {
        told.push(format!("is home to people with a weight of {}", forest.weight));
    }
    (!told.is_empty()).then(|| format!("{} {}.", forest.domain, listed(&told)))
}

fn several(plan: &Plan) -> String {
    let writes = match plan.world.writeback_dc {
        WritebackDc::Pdc => "The agent writes to the PDC emulator",
        WritebackDc::Locator => "The agent writes to whichever domain controller the locator finds",
    };
    match plan.world.kind {
        WorldKind::Embedded => format!(
            "{writes}; a change takes {} to the other domain controllers.",
            format_duration(plan.world.directory.replication_delay)
        ),
        WorldKind::Docker => format!("{writes}; a change reaches the other domain controllers in Samba's own time."),
    }
}

pub(super) fn policies(plan: &Plan) -> Vec<String> {
    plan.world.fine_grained_policies.iter().map(policy).collect()
}

fn policy(policy: &FineGrainedPolicy) -> String {
    let asked = [
        policy.min_length.map(|length| format!("at least {length} characters")),
        policy.complexity.map(|complexity| {
            let classes = if complexity {
                "three classes of characters"
            } else {
                "no classes of characters"
            };
            classes.to_owned()
        }),
        policy.history.map(|history| format!("{history} passwords remembered")),
        policy
            .min_age
            .map(|age| format!("{} between two changes", format_duration(age))),
        policy.lockout_threshold.map(|threshold| match threshold {
            0 => "no lock, however many wrong passwords".to_owned(),
            threshold => format!("a lock after {threshold} wrong passwords"),
        }),
    ];
    let asked: Vec<String> = asked.into_iter().flatten().collect();
    let asked = if asked.is_empty() {
        "asks for what the domain's asks for".to_owned()
    } else {
        format!("asks for {}, and else for what the domain's asks for", listed(&asked))
    };
    format!(
        "The policy {} (precedence {}) applies to {} of the people of each forest and {asked}.",
        policy.name, policy.precedence, policy.applies_to
    )
}

/// The rights that were left out.
pub(super) fn rights(plan: &Plan) -> Option<String> {
    let Rights {
        reset_password,
        change_password,
        write_lockout_time,
        write_pwd_last_set,
        unexpire_password,
    } = plan.world.rights;
    let rights = [
        (reset_password, "reset passwords"),
        (change_password, "change passwords"),
        (write_lockout_time, "write lockoutTime"),
        (write_pwd_last_set, "write pwdLastSet"),
        (unexpire_password, "unexpire passwords"),
    ];
    let missing: Vec<String> = rights
        .into_iter()
        .filter(|(given, _)| !given)
        .map(|(_, right)| right.to_owned())
        .collect();
    (!missing.is_empty()).then(|| format!("The agent's account has no right to {}.", missing.join(" or to ")))
}
