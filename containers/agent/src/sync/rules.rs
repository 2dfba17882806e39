//! The sync rules, in the product's sense: who is in scope, what flows, and what a link carries.

use protocol::service::SyncObject;

use super::space::AdObject;

/// Whether an account is provisioned at all: the accounts of the system itself are not.
pub(super) fn in_scope(object: &AdObject) -> bool {
    !object.critical && !object.sam.is_empty()
}

/// Whether the link carries the AccountEnabled rule, which writeback looks for.
pub(super) fn account_enabled(object: &AdObject) -> bool {
    object.enabled
}

/// What flows out to the cloud.
pub(super) fn flow_out(object: &AdObject) -> SyncObject {
    SyncObject {
        source_anchor: object.anchor(),
        upn: object.sign_in_name(),
        sam: object.sam.clone(),
        display_name: object.display_name.clone().unwrap_or_else(|| object.sam.clone()),
        dn: object.dn.clone(),
        domain: object.domain.clone(),
        mail: object.mail.clone(),
        enabled: object.enabled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn names_fall_back_to_the_account_name() {
        let bare = AdObject {
            upn: None,
            display_name: None,
            mail: None,
            ..testing::person(4)
        };
        let out = flow_out(&bare);
        assert_eq!(
            (out.upn.as_str(), out.display_name.as_str()),
            ("person4@corp.test", "person4")
        );
        assert_eq!(out.source_anchor, bare.anchor());
    }

    #[test]
    fn the_anchor_is_over_the_bytes_as_stored() {
        let object = AdObject {
            guid: uuid::Uuid::parse_str("00112233-4455-6677-8899-aabbccddeeff").unwrap(),
            ..testing::person(1)
        };
        assert_eq!(object.anchor(), "MyIRAFVEd2aImaq7zN3u/w==");
    }
}
