//! Accounts that are made to be tried on, in a unit of their own.

use std::collections::HashSet;

use ldap3::Mod;
use vocabulary::Password;

use super::Places;
use crate::EnvironmentError;
use crate::ldap::Connection;
use crate::secrets::RunKey;

/// A lock after one wrong password, for an hour.
const STRICT: [(&str, &str); 11] = [
    ("objectClass", "msDS-PasswordSettings"),
    ("msDS-PasswordSettingsPrecedence", "1"),
    ("msDS-PasswordReversibleEncryptionEnabled", "FALSE"),
    ("msDS-PasswordHistoryLength", "0"),
    ("msDS-PasswordComplexityEnabled", "FALSE"),
    ("msDS-MinimumPasswordLength", "0"),
    ("msDS-MinimumPasswordAge", "0"),
    ("msDS-MaximumPasswordAge", "-9223372036854775808"),
    ("msDS-LockoutThreshold", "1"),
    ("msDS-LockoutObservationWindow", "-36000000000"),
    ("msDS-LockoutDuration", "-36000000000"),
];
const NORMAL_ACCOUNT: &str = "512";
/// Nobody signs in with what is put into a protected group.
const DISABLED_ACCOUNT: &str = "514";

/// The unit and what is in it.
pub(super) struct Throwaway {
    nonce: String,
    unit: String,
    policy: String,
    /// The person's first password.
    pub first: Password,
}

impl Throwaway {
    /// Makes the unit, a person in it, and somebody who will be protected.
    pub async fn make(admin: &mut Connection, places: &Places<'_>, key: &RunKey) -> Result<Self, EnvironmentError> {
        let token = key.token()?;
        let nonce = token.expose().get(..6).unwrap_or_default().to_owned();
        let throwaway = Self {
            unit: format!("OU=capability-{nonce},{}", places.inside),
            policy: format!(
                "CN=capability-{nonce},CN=Password Settings Container,CN=System,{}",
                places.base
            ),
            first: key.password()?,
            nonce,
        };
        let made = throwaway.fill(admin, key).await;
        if made.is_err() {
            // What stopped it is what there is to say; the unit may not even be there.
            let _ = throwaway.remove(admin).await;
        }
        made.map(|()| throwaway)
    }

    async fn fill(&self, admin: &mut Connection, key: &RunKey) -> Result<(), EnvironmentError> {
        let class = vec![("objectClass", b"organizationalUnit".to_vec())];
        admin.add(&self.unit, class, false).await?;
        self.account(admin, "person", NORMAL_ACCOUNT, &self.first).await?;
        self.account(admin, "operator", DISABLED_ACCOUNT, &key.password()?)
            .await
    }

    async fn account(
        &self,
        admin: &mut Connection,
        name: &str,
        control: &str,
        password: &Password,
    ) -> Result<(), EnvironmentError> {
        let attributes = vec![
            ("objectClass", b"user".to_vec()),
            ("sAMAccountName", format!("cap-{}-{name}", self.nonce).into_bytes()),
            ("userAccountControl", control.into()),
            ("unicodePwd", password.unicode_pwd().to_vec()),
        ];
        admin.add(&self.named(name), attributes, false).await
    }

    fn named(&self, name: &str) -> String {
        format!("CN={name},{}", self.unit)
    }

    /// Somebody like everybody else.
    pub fn person(&self) -> String {
        self.named("person")
    }

    /// Somebody in a protected group.
    pub fn operator(&self) -> String {
        self.named("operator")
    }

    /// Puts the person under a policy that locks at once; false where the directory takes none.
    pub async fn strict(&self, admin: &mut Connection) -> Result<bool, EnvironmentError> {
        let one = |value: &str| HashSet::from([value.as_bytes().to_vec()]);
        let mut attributes: Vec<_> = STRICT
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), one(value)))
            .collect();
        attributes.push((b"msDS-PSOAppliesTo".to_vec(), one(&self.person())));
        Ok(admin.try_add(&self.policy, attributes).await?.ok())
    }

    /// Makes the operator one (MS-ADTS 3.1.1.6.1.1), and asks for the access lists to be copied now where that can be asked for.
    pub async fn protect(&self, admin: &mut Connection, base: &str) -> Result<(), EnvironmentError> {
        let group = format!("CN=Print Operators,CN=Builtin,{base}");
        let joins = Mod::Add(b"member".to_vec(), [self.operator().into_bytes()].into());
        let marked = Mod::Replace(b"adminCount".to_vec(), [b"1".to_vec()].into());
        let now = Mod::Replace(b"runProtectAdminGroupsTask".to_vec(), [b"1".to_vec()].into());
        for (dn, change) in [(group.as_str(), joins), (&self.operator(), marked), ("", now)] {
            // A directory without such groups protects nobody, and the trial shows that.
            admin.modify(dn, vec![change], Vec::new()).await?;
        }
        Ok(())
    }

    /// Removes everything.
    pub async fn remove(&self, admin: &mut Connection) -> Result<(), EnvironmentError> {
        admin.delete(&self.policy, Vec::new()).await?;
        admin.remove_tree(&self.unit).await
    }
}
