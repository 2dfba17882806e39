//! People in the directory: created, counted, locked.

use engine::ports::Progress;
use futures_util::StreamExt as _;
use futures_util::stream;
use history::BindRecord;
use ldap3::dn_escape;
use scenario::{Person, Vault};
use uuid::Uuid;
use vocabulary::{Password, Win32};

use crate::EnvironmentError;
use crate::ldap::{Connection, DirectoryClient, ldap_error};
use crate::names::{administrator_dn, people_dn, service_account_dn, services_dn};
use crate::site::BulkPerson;

/// NORMAL_ACCOUNT (MS-ADTS section 2.2.16).
const NORMAL_ACCOUNT: &str = "512";
/// NORMAL_ACCOUNT with DONT_EXPIRE_PASSWORD.
const SERVICE_ACCOUNT: &str = "66048";
/// Connections that lock people side by side.
const LOCKING: usize = 4;

/// The domain's inhabitants, over LDAP as its administrator.
#[derive(Clone)]
pub(crate) struct Inhabitants {
    pub client: DirectoryClient,
    pub domain: String,
    pub administrator: Password,
    pub lockout_threshold: u32,
}

/// A person's distinguished name.
pub(crate) fn person_dn(person: &Person, domain: &str) -> String {
    format!("CN={},{}", dn_escape(person.display_name.as_str()), people_dn(domain))
}

impl Inhabitants {
    pub async fn as_administrator(&self) -> Result<Connection, EnvironmentError> {
        self.client
            .bound(&administrator_dn(&self.domain), &self.administrator)
            .await
    }

    /// The units and the agent's account.
    pub async fn prepare(&self, service_account: &Password) -> Result<(), EnvironmentError> {
        let mut connection = self.as_administrator().await?;
        for dn in [people_dn(&self.domain), services_dn(&self.domain)] {
            connection
                .add(&dn, vec![("objectClass", b"organizationalUnit".to_vec())], true)
                .await?;
        }
        let attributes = vec![
            ("objectClass", b"user".to_vec()),
            ("sAMAccountName", b"svc-writeback".to_vec()),
            ("userAccountControl", SERVICE_ACCOUNT.into()),
            ("unicodePwd", service_account.unicode_pwd().to_vec()),
        ];
        connection
            .add(&service_account_dn(&self.domain), attributes, true)
            .await
    }

    /// Creates everyone over LDAP, with the initial password.
    pub async fn create(&self, people: &[BulkPerson], progress: &dyn Progress) -> Result<(), EnvironmentError> {
        let mut connection = self.as_administrator().await?;
        for (done, person) in (1_u64..).zip(people) {
            let mut attributes: Vec<(&str, Vec<u8>)> = person
                .attributes
                .iter()
                .map(|(name, value)| (*name, value.clone().into_bytes()))
                .collect();
            attributes.push(("objectClass", b"user".to_vec()));
            attributes.push(("unicodePwd", person.password.unicode_pwd().to_vec()));
            connection.add(&person.dn, attributes, false).await?;
            progress.at(done);
        }
        Ok(())
    }

    /// The objectGUIDs of everyone, in the order of the people.
    pub async fn guids(&self, people: &[Person]) -> Result<Vec<Uuid>, EnvironmentError> {
        let found = self.as_administrator().await?.guids(&people_dn(&self.domain)).await?;
        people
            .iter()
            .map(|person| {
                let missing = || {
                    ldap_error(
                        &format!("find {}", person.sam),
                        &self.client.fqdn,
                        "nobody has that name".into(),
                    )
                };
                found.get(&person.sam.to_lowercase()).copied().ok_or_else(missing)
            })
            .collect()
    }

    /// Locks people by wrong passwords, several at a time, and proves each lock by the right one being refused.
    pub async fn lock(
        &self,
        people: &[&Person],
        vault: &Vault,
        progress: &dyn Progress,
    ) -> Result<Vec<(u64, String, BindRecord)>, EnvironmentError> {
        let share = people.len().div_ceil(LOCKING).max(1);
        let workers: Vec<_> = people.chunks(share).map(|chunk| self.lock_some(chunk, vault)).collect();
        let mut locked = Vec::with_capacity(people.len());
        let mut working = stream::iter(workers).buffer_unordered(LOCKING);
        while let Some(some) = working.next().await {
            locked.extend(some?);
            progress.at(u64::try_from(locked.len()).unwrap_or(u64::MAX));
        }
        Ok(locked)
    }

    async fn lock_some(
        &self,
        people: &[&Person],
        vault: &Vault,
    ) -> Result<Vec<(u64, String, BindRecord)>, EnvironmentError> {
        let mut connection = self.client.connect().await?;
        let mut locked = Vec::with_capacity(people.len());
        for person in people {
            let dn = person_dn(person, &self.domain);
            for attempt in 0..self.lockout_threshold {
                let wrong = Password::new(format!("Wrong-{attempt}-{}", person.index));
                connection.try_bind(&dn, &wrong, 0).await?;
            }
            let right = vault.password(person.index, person.persona, 0);
            let proof = connection.try_bind(&dn, &right, 0).await?;
            if proof.data != Some(Win32::ACCOUNT_LOCKED_OUT) {
                let cause = format!(
                    "after {} wrong passwords the right one gave {proof:?}",
                    self.lockout_threshold
                );
                return Err(ldap_error(&format!("lock {dn}"), &self.client.fqdn, cause));
            }
            locked.push((person.index, self.client.fqdn.clone(), proof));
        }
        Ok(locked)
    }
}

/// People as a bulk load takes them.
pub(crate) fn bulk(people: &[Person], vault: &Vault, domain: &str) -> Vec<BulkPerson> {
    let one = |person: &Person| BulkPerson {
        dn: person_dn(person, domain),
        attributes: vec![
            ("sAMAccountName", person.sam.clone()),
            ("userPrincipalName", person.upn.clone()),
            ("givenName", person.given_name.clone()),
            ("sn", person.surname.clone()),
            ("displayName", person.display_name.clone()),
            ("mail", person.mail.clone()),
            ("userAccountControl", NORMAL_ACCOUNT.to_owned()),
        ],
        password: vault.password(person.index, person.persona, 0),
    };
    people.iter().map(one).collect()
}
