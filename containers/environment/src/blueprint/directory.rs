//! What a domain controller is told.

use std::net::{IpAddr, SocketAddr};

use directory::{Delegation, DirectoryConfig, JoinConfig};
use scenario::Plan;

use super::Blueprint;
use crate::EnvironmentError;
use crate::names::{dc_fqdn, people_dn, service_account_dn};
use crate::site::Kit;

/// Which domain controller of which forest is meant, and where it shall stand.
#[derive(Debug, Clone)]
pub(crate) struct ControllerPlan {
    /// The forest, counted from 0.
    pub forest: usize,
    /// The domain controller, counted from 1.
    pub number: u32,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address that its certificate names.
    pub address: IpAddr,
    /// The domain controller that it joins; none for the first.
    pub join: Option<JoinConfig>,
}

impl Blueprint {
    pub fn directory(
        &self,
        kit: &mut Kit,
        plan: &Plan,
        place: ControllerPlan,
    ) -> Result<DirectoryConfig, EnvironmentError> {
        let world = &plan.world;
        let secrets = self.domain(place.forest)?;
        let forest = world.forests.get(place.forest).ok_or(EnvironmentError::NotStanding)?;
        let fqdn = dc_fqdn(place.number, &secrets.domain);
        let (certificate_file, key_file) = self.certificate(kit, std::slice::from_ref(&fqdn), Some(place.address))?;
        Ok(DirectoryConfig {
            listen: place.listen,
            domain: secrets.domain.clone(),
            fqdn,
            certificate_file,
            key_file,
            admin_password_file: kit.password("domain-admin.password", &secrets.administrator),
            guid_seed: plan.seed,
            old_password_allowed: world.policy.old_password_allowed,
            policy: directory::PolicyConfig {
                min_length: world.policy.min_length,
                complexity: world.policy.complexity,
                history: world.policy.history,
                min_age: world.policy.min_age,
                max_age: None,
            },
            lockout: directory::LockoutConfig {
                threshold: world.lockout.threshold,
                duration: world.lockout.duration,
                window: world.lockout.window,
            },
            functional_level: forest.functional_level.behavior_version(),
            join: place.join,
            replication_delay: world.directory.replication_delay,
            process_model: process_model(world.directory.process_model),
            concurrent_writes: world.directory.concurrent_writes,
            delegations: vec![delegation(&secrets.domain, &world.rights)],
            service: service_times(&world.directory.service_time),
        })
    }
}

/// What the agent's account may do, and no more: it is no administrator.
fn delegation(domain: &str, given: &scenario::Rights) -> Delegation {
    use directory::Right::{ChangePassword, ResetPassword, UnexpirePassword, WriteLockoutTime, WritePwdLastSet};
    let rights = [
        (given.reset_password, ResetPassword),
        (given.change_password, ChangePassword),
        (given.write_lockout_time, WriteLockoutTime),
        (given.write_pwd_last_set, WritePwdLastSet),
        (given.unexpire_password, UnexpirePassword),
    ];
    Delegation {
        principal: service_account_dn(domain),
        ous: vec![people_dn(domain)],
        rights: rights
            .into_iter()
            .filter_map(|(given, right)| given.then_some(right))
            .collect(),
    }
}

fn process_model(model: scenario::ProcessModel) -> directory::ProcessModel {
    match model {
        scenario::ProcessModel::Standard => directory::ProcessModel::Standard,
        scenario::ProcessModel::Prefork => directory::ProcessModel::Prefork,
    }
}

fn service_times(times: &scenario::ServiceTime) -> directory::ServiceTimes {
    directory::ServiceTimes {
        reset: times.reset,
        unlock: times.unlock,
        search: times.search,
        bind: times.bind,
        add: times.add,
    }
}
