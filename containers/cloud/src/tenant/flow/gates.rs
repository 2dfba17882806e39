//! The gates: who may ask for what, asked when somebody comes in and again right before an order leaves.

use std::sync::Arc;

use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Password, Reason, ReasonCode, SsprCode, UnknownWhy};

use super::Order;
use crate::tenant::agent::Keys;
use crate::tenant::disturbed::Disturbance;
use crate::tenant::people::Person;
use crate::tenant::{Gate, Now, Sspr, Tenant};

/// Through which door somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Self-service reset and unlock.
    Portal,
    /// A voluntary change, which the scope of self-service reset does not govern.
    Change,
    /// An administrator's reset.
    Helpdesk,
}

/// What the flow needs of a person once every gate is open.
pub(super) struct Admitted {
    pub(super) person: Uuid,
    pub(super) upn: String,
    pub(super) anchor: String,
    pub(super) mail: Option<String>,
    pub(super) keys: Arc<Keys>,
    pub(super) journal: Option<Uuid>,
}

impl Tenant {
    /// Every gate is asked again: switches and heartbeats may have changed since the person came in.
    pub(super) fn order(
        &mut self,
        door: Door,
        person: Uuid,
        operation: Uuid,
        kind: OpKind,
        password: Option<Password>,
        now: Now,
    ) -> Result<Order, Outcome> {
        let admitted = self.admit(door, self.people.by_id(person), now)?;
        if kind == OpKind::Unlock && !self.is_open(Gate::Unlock, now) {
            self.disturbed.touch(Disturbance::DisableUnlock, now.monotonic);
            return Err(Outcome::rejected(ReasonCode::UnlockDisabled));
        }
        if !self.journal.dispatch(operation, now.unix) {
            // The first one may have had its effect: nobody may say here that nothing happened.
            return Err(Outcome::Unknown(UnknownWhy::Unplaced));
        }
        Ok(Order {
            operation,
            person,
            upn: admitted.upn,
            anchor: admitted.anchor,
            kind,
            password,
            current: None,
            proof: self.proof(),
            keys: self.disturbed.keys(admitted.keys, now.monotonic),
            journal: admitted.journal,
        })
    }

    fn is_open(&self, gate: Gate, now: Now) -> bool {
        self.gates.is_open(gate, &self.settings(now))
    }

    /// The gates, in the order in which the product asks them. Self-service scope and registration bind the portal alone; a
    /// licence and an agent are needed for whatever is written back.
    pub(super) fn admit(&self, door: Door, person: Option<&Person>, now: Now) -> Result<Admitted, Outcome> {
        let refused = |code, sspr| Outcome::Rejected(Reason::new(code).with_sspr(sspr));
        let self_service = door == Door::Portal;
        if self_service && !self.is_open(Gate::SelfService, now) {
            return Err(refused(ReasonCode::SsprDisabled, SsprCode::TenantSsprFlagDisabled));
        }
        let person = person.ok_or_else(|| Outcome::rejected(ReasonCode::UnknownUser))?;
        let throttled = match door {
            Door::Portal => self.throttle.locked(person.id, now.monotonic),
            Door::Change => self.smart_lockout.locked(person.id, now.monotonic),
            Door::Helpdesk => false,
        };
        if throttled {
            return Err(Outcome::rejected(ReasonCode::Throttled));
        }
        if self_service && self.settings.sspr == Sspr::Selected && person.exempt.outside_group {
            return Err(refused(
                ReasonCode::NotInScope,
                SsprCode::UserNotMemberOfScopedAccessGroup,
            ));
        }
        if !self.is_open(Gate::Licence, now) || person.exempt.unlicensed {
            self.disturbed.touch(Disturbance::RevokeLicence, now.monotonic);
            return Err(refused(ReasonCode::NotLicensed, SsprCode::UserNotLicensed));
        }
        let mail = person.object.mail.clone().filter(|mail| !mail.trim().is_empty());
        if self_service && mail.is_none() {
            return Err(refused(ReasonCode::NotRegistered, SsprCode::UserNotProperlyConfigured));
        }
        if !self.is_open(Gate::Writeback, now) {
            self.disturbed.touch(Disturbance::DisableWriteback, now.monotonic);
            return Err(refused(ReasonCode::WritebackDisabled, SsprCode::WritebackNotEnabled));
        }
        let outdated = || Reason::new(ReasonCode::AgentOutdated).with_sspr(SsprCode::OnPremisesConnectivityError);
        let agent = self.agent.as_ref();
        if !agent.is_none_or(|agent| self.lets_in(&agent.version, now)) {
            return Err(Outcome::Failed(outdated()));
        }
        let down = || Reason::new(ReasonCode::NoListener).with_sspr(SsprCode::OnPremisesConnectivityError);
        let (keys, journal) = self.alive_agent(now).ok_or_else(|| Outcome::Failed(down()))?;
        Ok(Admitted {
            person: person.id,
            upn: person.object.upn.clone(),
            anchor: person.object.source_anchor.clone(),
            mail,
            keys,
            journal,
        })
    }
}
