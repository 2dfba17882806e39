//! The capability sheet: what a domain controller enforces, found out by asking it with throwaway accounts.
//!
//! A setting that can be read is not yet a rule that holds: Samba ignores some, and real ones are overridden by others. So each fact
//! is tried once, on accounts that are made for it in a unit of their own and are gone afterwards. A fact that could not be tried is
//! left out.

#[cfg(test)]
mod tests;
mod throwaway;

use std::collections::BTreeMap;

use history::Capability;
use ldap3::controls::RawControl;
use ldap3::{Mod, SearchEntry};
use vocabulary::{Password, Win32};

use crate::EnvironmentError;
use crate::clock::breathe;
use crate::ldap::raw::Reply;
use crate::ldap::{Connection, DirectoryClient};
use crate::secrets::RunKey;
use throwaway::Throwaway;

/// LDAP_SERVER_POLICY_HINTS_OID and its deprecated sister (MS-ADTS 3.1.1.3.4.1.27).
const HINTS: [&str; 2] = ["1.2.840.113556.1.4.2239", "1.2.840.113556.1.4.2066"];
/// Flag 1: a reset obeys history.
const HINTS_FLAG_1: [u8; 5] = [0x30, 3, 2, 1, 1];
const INSUFFICIENT_ACCESS_RIGHTS: u32 = 50;
/// Looks for what replication brings, with a breath between two of them: about half a minute.
const LOOKS: u32 = 1000;
/// More wrong passwords than any sound threshold asks for.
const STRIKES_AT_MOST: u32 = 50;

/// Where to try things, and as whom.
pub(crate) struct Places<'a> {
    /// The domain's distinguished name.
    pub base: &'a str,
    /// A unit within the agent's reach.
    pub inside: &'a str,
    /// The account with the delegated rights, which must have been granted.
    pub agent_dn: &'a str,
    /// Its password.
    pub agent_password: &'a Password,
}

/// What one domain controller enforces. Needs an administrator's connection.
///
/// # Errors
/// When it does not answer, or what was made would not go. A rule that does not hold is a fact, not an error.
pub(crate) async fn probe(
    admin: &mut Connection,
    client: &DirectoryClient,
    places: &Places<'_>,
) -> Result<Capability, EnvironmentError> {
    arrived(admin, client, places).await?;
    let mut facts = read(admin, places.base).await?;
    let key = RunKey::new();
    let door = client.connect().await?;
    let throwaway = Throwaway::make(admin, places, &key).await?;
    let tried = Trial {
        admin,
        door,
        client,
        places,
        key: &key,
        throwaway: &throwaway,
        facts: &mut facts,
    }
    .all()
    .await;
    let gone = throwaway.remove(admin).await;
    tried.and(gone)?;
    Ok(Capability {
        dc: client.fqdn.clone(),
        facts,
    })
}

/// Waits until the unit and the agent's account are here: a controller that joined hears of them by replication.
async fn arrived(
    admin: &mut Connection,
    client: &DirectoryClient,
    places: &Places<'_>,
) -> Result<(), EnvironmentError> {
    let mut looks = 0;
    loop {
        let here = admin.read(places.inside, &["ou"]).await.map(drop);
        let known = client.bound(places.agent_dn, places.agent_password).await.map(drop);
        match here.and(known) {
            Err(error) if looks >= LOOKS => return Err(error),
            Err(_) => breathe().await,
            Ok(()) => return Ok(()),
        }
        looks += 1;
    }
}

/// What can be read: the domain's policy and what the root object says.
async fn read(admin: &mut Connection, base: &str) -> Result<BTreeMap<String, String>, EnvironmentError> {
    let root = admin
        .read(
            "",
            &[
                "supportedControl",
                "dnsHostName",
                "domainFunctionality",
                "domainControllerFunctionality",
            ],
        )
        .await?;
    let head = admin
        .read(
            base,
            &["lockoutThreshold", "minPwdLength", "pwdHistoryLength", "pwdProperties"],
        )
        .await?;
    let controls = root.attrs.get("supportedControl");
    let hints = controls.is_some_and(|controls| controls.iter().any(|oid| HINTS.contains(&oid.as_str())));
    let said = root.attrs.iter().filter(|(name, _)| *name != "supportedControl");
    let mut facts: BTreeMap<String, String> = head
        .attrs
        .iter()
        .chain(said)
        .map(|(name, values)| (name.clone(), values.join(", ")))
        .collect();
    facts.insert("policy_hints".to_owned(), hints.to_string());
    Ok(facts)
}

/// The facts in the making.
struct Trial<'a> {
    admin: &'a mut Connection,
    /// For binds that prove something.
    door: Connection,
    client: &'a DirectoryClient,
    places: &'a Places<'a>,
    key: &'a RunKey,
    throwaway: &'a Throwaway,
    facts: &'a mut BTreeMap<String, String>,
}

impl Trial<'_> {
    /// In this order: what locks the account comes after what needs it open.
    async fn all(mut self) -> Result<(), EnvironmentError> {
        let (second, third) = (self.key.password()?, self.key.password()?);
        self.key_version(&second).await?;
        self.old_password().await?;
        self.history(&second).await?;
        self.lockout(&second, &third).await?;
        self.protected_groups().await
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.facts.insert(name.to_owned(), value.to_owned());
    }

    async fn reset(&mut self, password: &Password, controls: Vec<RawControl>) -> Result<Reply, EnvironmentError> {
        let dn = self.throwaway.person();
        self.admin.modify(&dn, vec![new_password(password)], controls).await
    }

    async fn bind(&mut self, password: &Password) -> Result<Reply, EnvironmentError> {
        let dn = self.throwaway.person();
        self.door.bind_as(&dn, password).await
    }

    async fn person(&mut self, attribute: &str) -> Result<Option<i64>, EnvironmentError> {
        let entry = self.admin.read(&self.throwaway.person(), &[attribute]).await?;
        Ok(number(&entry, attribute))
    }

    /// Whether a reset raises the key version by exactly one.
    async fn key_version(&mut self, second: &Password) -> Result<(), EnvironmentError> {
        let before = self.person("msDS-KeyVersionNumber").await?;
        let reset = self.reset(second, Vec::new()).await?;
        let after = self.person("msDS-KeyVersionNumber").await?;
        let counts = reset.ok() && matches!((before, after), (Some(before), Some(after)) if after == before + 1);
        self.fact("kvno", if counts { "counts" } else { "absent" });
        Ok(())
    }

    /// Whether the password before a reset still binds.
    async fn old_password(&mut self) -> Result<(), EnvironmentError> {
        let accepted = self.bind(&self.throwaway.first.clone()).await?.ok();
        self.fact("old_password_allowed", if accepted { "accepted" } else { "0s" });
        Ok(())
    }

    /// Whether a reset may bring the present password back, and whether policy hints forbid it.
    async fn history(&mut self, second: &Password) -> Result<(), EnvironmentError> {
        // With pwdLastSet 0 the minimum age does not hold, so that what refuses is history.
        let aged = Mod::Replace(b"pwdLastSet".to_vec(), [b"0".to_vec()].into());
        self.admin
            .modify(&self.throwaway.person(), vec![aged], Vec::new())
            .await?;
        let plain = self.reset(second, Vec::new()).await?;
        let value = if restricted(&plain) {
            "enforced"
        } else if self.hinted_reset_refused(second).await? {
            "with policy hints"
        } else {
            "not enforced"
        };
        self.fact("history_on_reset", value);
        Ok(())
    }

    async fn hinted_reset_refused(&mut self, second: &Password) -> Result<bool, EnvironmentError> {
        if self.facts.get("policy_hints").is_none_or(|hints| hints != "true") {
            return Ok(false);
        }
        let hints = RawControl {
            ctype: HINTS[0].to_owned(),
            crit: true,
            val: Some(HINTS_FLAG_1.to_vec()),
        };
        let aged = Mod::Replace(b"pwdLastSet".to_vec(), [b"0".to_vec()].into());
        self.admin
            .modify(&self.throwaway.person(), vec![aged], Vec::new())
            .await?;
        Ok(restricted(&self.reset(second, vec![hints]).await?))
    }

    /// Whether wrong passwords lock, proven by the right one being refused; then whether a reset ends that lock. Where the domain
    /// locks nobody, a policy of the throwaway account's own does.
    async fn lockout(&mut self, right: &Password, third: &Password) -> Result<(), EnvironmentError> {
        let threshold = self
            .facts
            .get("lockoutThreshold")
            .and_then(|text| text.parse::<u32>().ok());
        let threshold = threshold.unwrap_or(0);
        let by_domain = threshold > 0 && self.locks(threshold.min(STRIKES_AT_MOST), right).await?;
        self.fact("lockout", if by_domain { "enforced" } else { "off" });
        let locked = by_domain || self.throwaway.strict(self.admin).await? && self.locks(1, right).await?;
        if !locked {
            return Ok(());
        }
        let reset = self.reset(third, Vec::new()).await?;
        let unlocked = self.bind(third).await?.ok();
        if reset.ok() {
            self.fact("reset_unlocks", &unlocked.to_string());
        }
        Ok(())
    }

    async fn locks(&mut self, strikes: u32, right: &Password) -> Result<bool, EnvironmentError> {
        for _ in 0..strikes {
            let wrong = self.key.password()?;
            self.bind(&wrong).await?;
        }
        let answer = self.bind(right).await?;
        Ok(Win32::from_bind_diagnostic(&answer.text) == Some(Win32::ACCOUNT_LOCKED_OUT))
    }

    /// Whether a member of a protected group is out of the delegated account's reach, where somebody like everybody else is within it.
    async fn protected_groups(&mut self) -> Result<(), EnvironmentError> {
        self.throwaway.protect(self.admin, self.places.base).await?;
        let (name, password) = (self.places.agent_dn, self.places.agent_password);
        let mut agent = self.client.bound(name, password).await?;
        let new = new_password(&self.key.password()?);
        let within = agent
            .modify(&self.throwaway.person(), vec![new.clone()], Vec::new())
            .await?;
        if !within.ok() {
            return Ok(());
        }
        let answer = agent.modify(&self.throwaway.operator(), vec![new], Vec::new()).await?;
        match answer.rc {
            INSUFFICIENT_ACCESS_RIGHTS => self.fact("protected_groups", "enforced"),
            0 => self.fact("protected_groups", "not enforced"),
            _ => {}
        }
        Ok(())
    }
}

/// A reset (MS-ADTS 3.1.1.3.1.5.1).
fn new_password(password: &Password) -> Mod<Vec<u8>> {
    Mod::Replace(b"unicodePwd".to_vec(), [password.unicode_pwd().to_vec()].into())
}

/// Whether the password policy refused. The result code differs between versions; the hex code does not.
fn restricted(reply: &Reply) -> bool {
    Win32::from_diagnostic(&reply.text) == Some(Win32::PASSWORD_RESTRICTION)
}

fn number(entry: &SearchEntry, attribute: &str) -> Option<i64> {
    entry.attrs.get(attribute)?.first()?.parse().ok()
}
