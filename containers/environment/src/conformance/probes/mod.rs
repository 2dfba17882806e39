//! Every probe, by group.

mod attributes;
mod binds;
mod changes;
mod controls;
mod entries;
mod lockouts;
mod policies;
mod resets;
mod rights;
mod root_dse;
mod searches;

use super::script::{Group, Probe};

/// Every probe with its group, in the order in which they run.
pub(super) fn all() -> Vec<(Group, Probe)> {
    let of = |group: Group| {
        let probes = match group {
            Group::Binds => binds::probes(),
            Group::Resets => resets::probes(),
            Group::Changes => changes::probes(),
            Group::Policies => policies::probes(),
            Group::Lockouts => lockouts::probes(),
            Group::Rights => rights::probes(),
            Group::Searches => searches::probes(),
            Group::Controls => controls::probes(),
            Group::RootDse => root_dse::probes(),
            Group::Entries => entries::probes(),
            Group::Attributes => attributes::probes(),
        };
        probes.into_iter().map(move |probe| (group, probe))
    };
    Group::ALL.into_iter().flat_map(of).collect()
}
