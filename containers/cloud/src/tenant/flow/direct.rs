//! What needs no session: a voluntary change, which the old password proves, and an administrator's reset.

use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Password};

use super::gates::Door;
use super::{Effect, Order, Page, Problem, presentable};
use crate::tenant::{Now, Tenant};

/// What a person sends who changes their password.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) userid: String,
    pub(crate) old: Password,
    pub(crate) new: Password,
    pub(crate) confirmed: Password,
}

/// What becomes of an administrator's reset.
#[derive(Debug)]
pub(crate) enum HelpdeskReset {
    /// It is to be carried to the agent.
    Leaves(Order),
    /// It left before, under the same operation id.
    Left(Uuid),
}

impl Tenant {
    /// The cloud holds no hash of the password on-premises: the old one travels sealed with the new one, and the directory
    /// itself says whether it was right.
    pub(super) fn change(&mut self, operation: Uuid, asked: Asked, now: Now) -> Result<Vec<Effect>, Outcome> {
        let admitted = self.admit(Door::Change, self.people.by_upn(&asked.userid), now)?;
        let same = if asked.old == asked.new {
            Err(Problem::Same)
        } else {
            Ok(())
        };
        if let Err(problem) = presentable(&asked.new, &asked.confirmed).and(same) {
            let problem = Some(problem);
            return Ok(vec![Effect::Show(Page::Change { problem })]);
        }
        if self.has_left(operation) {
            return Ok(vec![Effect::Await(operation)]);
        }
        let (person, new) = (admitted.person, Some(asked.new));
        let mut order = self.order(Door::Change, person, operation, OpKind::Change, new, now)?;
        order.current = Some(asked.old);
        Ok(vec![Effect::Writeback(order)])
    }

    /// A reset that somebody else asks for: it does not unlock.
    pub(crate) fn reset_for(
        &mut self,
        id_or_upn: &str,
        operation: Option<Uuid>,
        password: Password,
        now: Now,
    ) -> Result<HelpdeskReset, Outcome> {
        let operation = operation.unwrap_or_else(|| self.dice.uuid("operation"));
        if self.has_left(operation) {
            return Ok(HelpdeskReset::Left(operation));
        }
        let admitted = self.admit(Door::Helpdesk, self.person(id_or_upn), now);
        let order = admitted.and_then(|admitted| {
            let (kind, password) = (OpKind::AdminReset, Some(password));
            self.order(Door::Helpdesk, admitted.person, operation, kind, password, now)
        });
        order.map(HelpdeskReset::Leaves).inspect_err(|outcome| {
            self.journal.refuse(operation, outcome, now.unix);
        })
    }
}
