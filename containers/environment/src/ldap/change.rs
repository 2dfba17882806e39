//! Changes that a laboratory's administrator makes.

use ldap3::{LdapResult, Mod};
use vocabulary::Password;

use super::{Connection, SUCCESS, ldap_error};
use crate::EnvironmentError;

impl Connection {
    /// Gives an entry another name in its place.
    pub async fn give_name(&mut self, dn: &str, rdn: &str) -> Result<(), EnvironmentError> {
        let renamed = self.ldap.next().modifydn(dn, rdn, true, None).await;
        self.done(&format!("rename {dn}"), renamed)
    }

    /// Sets an account's password, as an administrator resets it.
    pub async fn reset(&mut self, dn: &str, password: &Password) -> Result<(), EnvironmentError> {
        let value = [password.unicode_pwd().to_vec()].into();
        let change = vec![Mod::Replace(b"unicodePwd".to_vec(), value)];
        let reset = self.ldap.next().modify(dn, change).await;
        self.done(&format!("reset the password of {dn}"), reset)
    }

    /// One value of an entry, as text.
    pub async fn value(&mut self, dn: &str, name: &str) -> Result<Option<String>, EnvironmentError> {
        let entry = self.read(dn, &[name]).await?;
        Ok(entry.attrs.get(name).and_then(|values| values.first()).cloned())
    }

    fn done(&self, doing: &str, answer: ldap3::result::Result<LdapResult>) -> Result<(), EnvironmentError> {
        let answer = answer.map_err(|error| ldap_error(doing, &self.fqdn, error.to_string()))?;
        match answer.rc {
            SUCCESS => Ok(()),
            rc => Err(ldap_error(doing, &self.fqdn, format!("result {rc}, {}", answer.text))),
        }
    }
}
