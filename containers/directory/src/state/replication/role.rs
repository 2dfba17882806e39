//! The role of the PDC emulator, and its transfer by a modify of the rootDSE (MS-ADTS 3.1.1.3.3).

use std::sync::Arc;

use ldap3_proto::proto::{LdapModify, LdapModifyType, LdapResultCode};

use super::Update;
use crate::state::answer::{INSUFFICIENT_RIGHTS, Refusal};
use crate::state::schema::Attr;
use crate::state::time::FileTime;
use crate::state::tree::Tree;
use crate::state::{Domain, Session};

/// `ERROR_DS_COULDNT_CONTACT_FSMO`: the holder of the role does not answer.
const HOLDER_UNREACHABLE: u32 = 0x20AF;
/// `ERROR_DS_BUSY`.
const BUSY: u32 = 0x200E;
/// `RPC_S_SERVER_UNAVAILABLE`.
const NO_SERVER: u32 = 1722;

/// Operations of the rootDSE that Active Directory knows beside `becomePdc`, and this directory does not perform.
const OTHERS: [&str; 17] = [
    "becomeDomainMaster",
    "becomeInfrastructureMaster",
    "becomePdcWithCheckPoint",
    "becomeRidMaster",
    "becomeSchemaMaster",
    "checkPhantoms",
    "doGarbageCollection",
    "doLinkCleanup",
    "doOnlineDefrag",
    "dumpDatabase",
    "fixupInheritance",
    "invalidateRidPool",
    "recalcHierarchy",
    "removeLingeringObject",
    "replicateSingleObject",
    "schemaUpdateNow",
    "updateCachedMemberships",
];

/// A request to make this controller the PDC emulator, by somebody who may ask for it.
#[derive(Debug, PartialEq, Eq)]
pub struct RoleRequest {
    /// The host name of the controller that holds the role, as far as is known here.
    pub holder: String,
}

impl Domain {
    /// Reads a modify of the rootDSE. The value does not matter.
    ///
    /// # Errors
    /// Result 50 for anybody but the administrator, 53 for an operation that is known and not performed, 16 for one that is not known.
    pub fn role_request(&self, session: &Session, changes: &[LdapModify]) -> Result<RoleRequest, Refusal> {
        self.caller(session)?;
        let [change] = changes else {
            return Err(Refusal::unwilling(0x2077));
        };
        let name = change.modification.atype.as_str();
        if OTHERS.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            return Err(Refusal::unwilling(0x2035));
        }
        if !name.eq_ignore_ascii_case("becomePdc") {
            return Err(Refusal::unknown_attribute());
        }
        if !self.is_administrator(session) {
            return Err(Refusal::denied(INSUFFICIENT_RIGHTS));
        }
        if !matches!(change.operation, LdapModifyType::Add | LdapModifyType::Replace) {
            return Err(Refusal::unwilling(0x2077));
        }
        Ok(RoleRequest {
            holder: self.replica.role_owner.clone(),
        })
    }

    /// Whether this controller is the PDC emulator, as far as it knows.
    #[must_use]
    pub fn holds_pdc(&self) -> bool {
        self.replica.role_owner == self.identity.host
    }

    /// `fSMORoleOwner` of the domain's head: the name of the NTDS Settings of the PDC emulator.
    pub(in crate::state) fn role_owner(&self) -> String {
        format!("CN=NTDS Settings,{}", self.server_named(&self.replica.role_owner))
    }

    /// Hands the role on. The answer is what the new holder must apply to know; everybody else hears of it by replication.
    ///
    /// # Errors
    /// Result 51 where the role is not here any more: whoever asked will hear of that too, and may ask again.
    pub fn hand_over(&mut self, to: &str, now: FileTime) -> Result<Arc<Update>, Refusal> {
        if !self.holds_pdc() {
            return Err(refusal(LdapResultCode::Busy, BUSY, "problem 5001 (BUSY)", 0));
        }
        to.clone_into(&mut self.replica.role_owner);
        self.stamp(Tree::HEAD, now);
        self.spread(Tree::HEAD, &[Attr::FsmoRoleOwner], now)
            .ok_or_else(holder_unreachable)
    }
}

/// The holder of the role does not answer (result 52, as Active Directory's own tools show it). Nothing has changed.
#[must_use]
pub fn holder_unreachable() -> Refusal {
    let problem = "problem 5002 (UNAVAILABLE)";
    refusal(LdapResultCode::Unavailable, HOLDER_UNREACHABLE, problem, NO_SERVER)
}

fn refusal(code: LdapResultCode, win32: u32, problem: &str, data: u32) -> Refusal {
    let text = format!("{win32:08X}: SvcErr: DSID-0321093D, {problem}, data {data}");
    Refusal::new(code, text)
}
