//! The one place where the probes' objects are, made at the start and gone at the end.

use ldap3::Scope;

use super::subject::Subject;
use crate::EnvironmentError;
use crate::ldap::raw::Query;
use crate::secrets::RunKey;

/// Where the objects of one run of probes are.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// What all names of this run carry.
    pub nonce: String,
    /// The unit of the probes.
    pub dn: String,
    /// The unit that delegated rights do not reach, where there is an account that holds some.
    pub outside: String,
    /// Where fine-grained policies have to be (MS-ADTS 6.1.1.4.11.1).
    pub policies: String,
}

impl Unit {
    /// Names for a directory; nothing is made yet.
    pub fn draw(subject: &Subject, key: &RunKey) -> Result<Self, EnvironmentError> {
        let token = key.token()?;
        let nonce = token.expose().get(..6).unwrap_or_default().to_owned();
        Ok(Self {
            dn: format!("OU=conformance-{nonce},{}", subject.below),
            outside: format!("OU=conformance-{nonce}-outside,{}", subject.base),
            policies: format!("CN=Password Settings Container,CN=System,{}", subject.base),
            nonce,
        })
    }

    /// Makes the units.
    pub async fn make(&self, subject: &Subject) -> Result<(), EnvironmentError> {
        let mut admin = subject.as_admin().await?;
        let class = || vec![("objectClass", b"organizationalUnit".to_vec())];
        admin.add(&self.dn, class(), false).await?;
        if subject.agent.is_some() {
            admin.add(&self.outside, class(), false).await?;
        }
        Ok(())
    }

    /// Removes everything that carries the nonce: the policies, then the units with all that is in them.
    pub async fn remove(&self, subject: &Subject) -> Result<(), EnvironmentError> {
        let mut admin = subject.as_admin().await?;
        let filter = format!("(cn=conformance-{}-*)", self.nonce);
        let query = Query {
            base: &self.policies,
            scope: Scope::OneLevel,
            filter: &filter,
            attributes: &["1.1"],
            limit: 0,
        };
        let found = admin.look(query, Vec::new()).await?;
        for policy in found.entries {
            admin.remove(&policy.dn).await?;
        }
        for unit in [&self.dn, &self.outside] {
            admin.remove_tree(unit).await?;
        }
        Ok(())
    }
}
