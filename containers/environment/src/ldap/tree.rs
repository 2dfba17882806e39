//! Removing what was made: one entry, or a unit with everything below it.

use ldap3::Scope;
use ldap3::controls::RawControl;

use super::raw::Query;
use super::{Connection, NO_SUCH_OBJECT, ldap_error};
use crate::EnvironmentError;

/// LDAP_SERVER_TREE_DELETE_OID (MS-ADTS section 3.1.1.3.4.1.15).
const TREE_DELETE: &str = "1.2.840.113556.1.4.805";

impl Connection {
    /// Removes an entry; one that is not there is no error.
    pub async fn remove(&mut self, dn: &str) -> Result<(), EnvironmentError> {
        let reply = self.delete(dn, Vec::new()).await?;
        if reply.ok() || reply.rc == NO_SUCH_OBJECT {
            return Ok(());
        }
        let cause = format!("result {}, {}", reply.rc, reply.text);
        Err(ldap_error(&format!("remove {dn}"), &self.fqdn, cause))
    }

    /// Removes a unit with everything below it: at once where the directory can, else leaf by leaf.
    pub async fn remove_tree(&mut self, dn: &str) -> Result<(), EnvironmentError> {
        let whole = RawControl {
            ctype: TREE_DELETE.to_owned(),
            crit: true,
            val: None,
        };
        let reply = self.delete(dn, vec![whole]).await?;
        if reply.ok() || reply.rc == NO_SUCH_OBJECT {
            return Ok(());
        }
        let query = Query {
            base: dn,
            scope: Scope::Subtree,
            filter: "(objectClass=*)",
            attributes: &["1.1"],
            limit: 0,
        };
        let found = self.find(query).await?.entries;
        let mut below: Vec<String> = found.into_iter().map(|entry| entry.dn).collect();
        below.sort_by_key(|dn| std::cmp::Reverse(dn.matches(',').count()));
        for dn in below {
            self.remove(&dn).await?;
        }
        Ok(())
    }
}
