//! Where a probe plays: its words, its connections, and what each step does.

mod acts;

use std::collections::BTreeMap;

use super::observe;
use super::script::{Probe, Step, Wanted};
use super::subject::Subject;
use super::unit::Unit;
use super::words::Words;
use crate::EnvironmentError;
use crate::clock::breathe;
use crate::ldap::{Connection, ldap_error};
use crate::secrets::RunKey;

/// How often a step is asked again until it gives what it must: several seconds, since policies count in whole ones.
const LOOKS: u32 = 300;

/// One directory with one probe on it.
pub(super) struct Stage<'a> {
    subject: &'a Subject,
    unit: &'a Unit,
    key: &'a RunKey,
    admin: Connection,
    agent: Option<Connection>,
    /// For binds that prove something.
    door: Option<Connection>,
    /// The person's own.
    own: Option<Connection>,
    words: Words,
    marks: BTreeMap<String, Vec<String>>,
}

impl<'a> Stage<'a> {
    /// Connects, and makes the lax policy.
    pub async fn set(subject: &'a Subject, unit: &'a Unit, key: &'a RunKey) -> Result<Stage<'a>, EnvironmentError> {
        let mut stage = Self {
            subject,
            unit,
            key,
            admin: subject.as_admin().await?,
            agent: None,
            door: None,
            own: None,
            words: Words::default(),
            marks: BTreeMap::new(),
        };
        let dn = stage.policy_dn("lax");
        let made = stage.make_policy(&dn, &[], &[]).await?;
        if made == "ok" {
            return Ok(stage);
        }
        let doing = "make a fine-grained policy, without which no probe can be told from the domain's settings";
        Err(ldap_error(doing, &subject.client.fqdn, made))
    }

    fn policy_dn(&self, name: &str) -> String {
        format!("CN=conformance-{}-{name},{}", self.unit.nonce, self.unit.policies)
    }

    /// Plays a probe and gives what was observed: what its telling steps gave, and a step of preparation that failed.
    pub async fn play(&mut self, number: usize, probe: &Probe) -> Result<Vec<String>, EnvironmentError> {
        self.own = None;
        self.marks.clear();
        self.words = self.fresh_words(number)?;
        self.enter().await?;
        let mut observed = Vec::new();
        for step in &probe.steps {
            let answer = match self.take(step).await {
                Ok(answer) => answer,
                Err(error) => {
                    self.reconnect().await?;
                    observed.push(format!("{}: no answer ({error})", step.act.name()));
                    break;
                }
            };
            let normal = self.words.normal(&answer);
            match step.wanted {
                Wanted::Gives(_) | Wanted::Until(_) => observed.push(normal),
                Wanted::Works if answer != "ok" => {
                    observed.push(format!("{}: {normal}", step.act.name()));
                    break;
                }
                Wanted::Works | Wanted::Anything => {}
            }
        }
        Ok(observed)
    }

    fn fresh_words(&self, number: usize) -> Result<Words, EnvironmentError> {
        let account = format!("wb{}p{number}", self.unit.nonce);
        let unit = format!("OU=p{number},{}", self.unit.dn);
        let mut words = Words::default();
        words.set("base", &self.subject.base);
        words.set("domain", self.subject.domain());
        words.set("netbios", &self.subject.netbios);
        words.set("admin", &self.subject.admin_dn);
        words.set("outside", &self.unit.outside);
        words.set("policies", &self.unit.policies);
        words.set("upn", format!("{account}@{}", self.subject.domain()));
        words.set("lax", self.policy_dn("lax"));
        words.set("prefix", format!("conformance-{}-{number}", self.unit.nonce));
        words.set("unit", unit);
        words.draw(self.key, &account)?;
        words.set("sam", account);
        Ok(words)
    }

    /// Makes the probe's own unit.
    async fn enter(&mut self) -> Result<(), EnvironmentError> {
        let unit = self.words.get("unit").to_owned();
        let class = vec![("objectClass", b"organizationalUnit".to_vec())];
        match self.admin.add(&unit, class.clone(), true).await {
            Ok(()) => Ok(()),
            Err(_) => {
                self.reconnect().await?;
                self.admin.add(&unit, class, true).await
            }
        }
    }

    /// After a lost connection all are made anew.
    async fn reconnect(&mut self) -> Result<(), EnvironmentError> {
        (self.agent, self.door, self.own) = (None, None, None);
        self.admin = self.subject.as_admin().await?;
        Ok(())
    }

    async fn take(&mut self, step: &Step) -> Result<String, EnvironmentError> {
        let Wanted::Until(expected) = step.wanted else {
            return self.act(&step.act).await;
        };
        for _ in 0..LOOKS {
            let answer = self.act(&step.act).await?;
            if observe::agrees(expected, &self.words.normal(&answer)) {
                return Ok(answer);
            }
            breathe().await;
        }
        self.act(&step.act).await
    }
}
