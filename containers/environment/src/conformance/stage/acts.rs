//! What each step of a probe does to the directory.

use std::collections::HashSet;

use ldap3::controls::{PagedResults, RawControl};
use ldap3::{Mod, Scope};

use super::Stage;
use crate::EnvironmentError;
use crate::clock::breathe;
use crate::conformance::observe;
use crate::conformance::script::{Act, By, Change, Extra, Pairs, Search, Text};
use crate::ldap::Connection;
use crate::ldap::raw::{Change as RawChange, Found, Query, Values};

/// The lax policy: what a person of a probe is under, so that the domain's own policy does not matter.
const LAX: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "900"),
    ("msDS-PasswordReversibleEncryptionEnabled", "FALSE"),
    ("msDS-PasswordHistoryLength", "0"),
    ("msDS-PasswordComplexityEnabled", "TRUE"),
    ("msDS-MinimumPasswordLength", "7"),
    ("msDS-MinimumPasswordAge", "0"),
    ("msDS-MaximumPasswordAge", "-9223372036854775808"),
    ("msDS-LockoutThreshold", "0"),
    ("msDS-LockoutObservationWindow", "-18000000000"),
    ("msDS-LockoutDuration", "-18000000000"),
];

impl Stage<'_> {
    pub(super) async fn act(&mut self, act: &Act) -> Result<String, EnvironmentError> {
        match *act {
            Act::Person { below, more, lax } => self.person(below, more, lax).await,
            Act::Policy {
                name,
                settings,
                applies,
            } => {
                let dn = self.words.fill("CN={prefix}-") + name + "," + &self.unit.policies;
                self.words.set(name, &dn);
                self.make_policy(&dn, settings, applies).await
            }
            Act::Bind { name, password } => self.bind(name, password).await,
            Act::SignIn { password } => self.sign_in(password).await,
            Act::SignInAgain { password } => {
                let (name, password) = (self.words.fill("{person}"), self.words.password(password));
                let own = self.own.as_mut().ok_or(EnvironmentError::NotStanding)?;
                Ok(observe::bind(&own.bind_as(&name, &password).await?))
            }
            Act::Modify { by, dn, changes, extra } => {
                let changes = changes.iter().map(|change| self.raw_change(change)).collect();
                self.modify(by, dn, changes, extra).await
            }
            Act::Reset {
                by,
                dn,
                password,
                extra,
            } => {
                let change = Mod::Replace(b"unicodePwd".to_vec(), self.secret(password));
                self.modify(by, dn, vec![change], extra).await
            }
            Act::Change { by, dn, old, new } => {
                let name = || b"unicodePwd".to_vec();
                let changes = vec![
                    Mod::Delete(name(), self.secret(old)),
                    Mod::Add(name(), self.secret(new)),
                ];
                self.modify(by, dn, changes, None).await
            }
            Act::Mark { dn, attributes } => self.mark(dn, attributes).await,
            Act::Since { dn, attributes } => self.since(dn, attributes).await,
            Act::Pass { seconds } => self.let_pass(seconds).await,
            _ => self.act_on_entries(act).await,
        }
    }

    async fn act_on_entries(&mut self, act: &Act) -> Result<String, EnvironmentError> {
        match *act {
            Act::Add { by, dn, attributes } => {
                let (dn, attributes) = (self.words.fill(dn), self.raw_values(attributes));
                let reply = self.who(by).await?.try_add(&dn, attributes).await?;
                Ok(observe::reply(&reply))
            }
            Act::Delete { by, dn, extra } => {
                let (dn, controls) = (self.words.fill(dn), raw_controls(extra));
                let reply = self.who(by).await?.delete(&dn, controls).await?;
                Ok(observe::reply(&reply))
            }
            Act::Rename { by, dn, rdn, superior } => {
                let (dn, rdn) = (self.words.fill(dn), self.words.fill(rdn));
                let superior = superior.map(|superior| self.words.fill(superior));
                let reply = self.who(by).await?.rename(&dn, &rdn, superior.as_deref()).await?;
                Ok(observe::reply(&reply))
            }
            Act::Compare {
                by,
                dn,
                attribute,
                value,
            } => {
                let (dn, value) = (self.words.fill(dn), self.words.value(attribute, value));
                let reply = self.who(by).await?.compare(&dn, attribute, &value).await?;
                Ok(observe::reply(&reply))
            }
            Act::Read { by, dn, views } => self.read(by, dn, views).await,
            Act::Search { by, search } => self.search(by, search).await,
            Act::Pages { by, base, size } => self.pages(by, base, size).await,
            Act::WhoAmI { by } => {
                let (reply, name) = self.who(by).await?.who_am_i().await?;
                Ok(if reply.ok() { name } else { observe::reply(&reply) })
            }
            _ => Ok("ok".to_owned()),
        }
    }

    /// Whose connection it is; made where it is not there yet.
    async fn who(&mut self, by: By) -> Result<&mut Connection, EnvironmentError> {
        match by {
            By::Admin => Ok(&mut self.admin),
            By::Agent => {
                if self.agent.is_none() {
                    self.agent = Some(self.subject.as_agent().await?);
                }
                self.agent.as_mut().ok_or(EnvironmentError::NotStanding)
            }
            By::Person => self.own.as_mut().ok_or(EnvironmentError::NotStanding),
            By::Stranger => {
                let stranger = self.subject.client.connect().await?;
                Ok(self.door.insert(stranger))
            }
        }
    }

    async fn person(&mut self, below: Text, more: Pairs, lax: bool) -> Result<String, EnvironmentError> {
        let dn = self.words.fill("CN={sam},") + &self.words.fill(below);
        let mut attributes = vec![
            ("objectClass", "user"),
            ("sAMAccountName", "{sam}"),
            ("userPrincipalName", "{upn}"),
            ("unicodePwd", "{first}"),
        ];
        if !more.iter().any(|(name, _)| *name == "userAccountControl") {
            attributes.push(("userAccountControl", "512"));
        }
        attributes.extend(more);
        let reply = self.admin.try_add(&dn, self.raw_values(&attributes)).await?;
        if !reply.ok() {
            return Ok(observe::reply(&reply));
        }
        self.words.set("person", &dn);
        self.identify(&dn).await?;
        if !lax {
            return Ok("ok".to_owned());
        }
        let applies = vec![Mod::Add(
            b"msDS-PSOAppliesTo".to_vec(),
            HashSet::from([dn.into_bytes()]),
        )];
        self.modify(By::Admin, "{lax}", applies, None).await
    }

    /// The person's identifiers, as words.
    async fn identify(&mut self, dn: &str) -> Result<(), EnvironmentError> {
        let entry = self.admin.read(dn, &["objectGUID", "objectSid"]).await?;
        let Some(guid) = crate::ldap::guid(&entry) else {
            return Ok(());
        };
        let escaped: String = guid.to_bytes_le().iter().map(|byte| format!("\\{byte:02x}")).collect();
        self.words.set("guid", guid.to_string());
        self.words.set("braced-guid", format!("{{{guid}}}"));
        self.words.set("escaped-guid", escaped);
        if let Some(sid) = crate::ldap::sid(&entry) {
            self.words.set("sid", sid);
        }
        Ok(())
    }

    pub(super) async fn make_policy(
        &mut self,
        dn: &str,
        settings: Pairs,
        applies: &[Text],
    ) -> Result<String, EnvironmentError> {
        let given = |name: &str| settings.iter().any(|(set, _)| *set == name);
        let mut pairs = vec![("objectClass", "msDS-PasswordSettings")];
        pairs.extend(LAX.iter().filter(|(name, _)| !given(name)));
        pairs.extend(settings.iter().filter(|(_, value)| !value.is_empty()));
        let mut attributes = self.raw_values(&pairs);
        let targets: Values = applies
            .iter()
            .map(|target| self.words.fill(target).into_bytes())
            .collect();
        if !targets.is_empty() {
            attributes.push((b"msDS-PSOAppliesTo".to_vec(), targets));
        }
        Ok(observe::reply(&self.admin.try_add(dn, attributes).await?))
    }

    async fn bind(&mut self, name: Text, password: Text) -> Result<String, EnvironmentError> {
        let (name, password) = (self.words.fill(name), self.words.password(password));
        let mut door = match self.door.take() {
            Some(door) => door,
            None => self.subject.client.connect().await?,
        };
        let reply = door.bind_as(&name, &password).await?;
        self.door = Some(door);
        Ok(observe::bind(&reply))
    }

    async fn sign_in(&mut self, password: Text) -> Result<String, EnvironmentError> {
        let (name, password) = (self.words.fill("{person}"), self.words.password(password));
        let mut own = self.subject.client.connect().await?;
        let reply = own.bind_as(&name, &password).await?;
        self.own = Some(own);
        Ok(observe::bind(&reply))
    }

    async fn modify(
        &mut self,
        by: By,
        dn: Text,
        changes: Vec<RawChange>,
        extra: Option<Extra>,
    ) -> Result<String, EnvironmentError> {
        let dn = self.words.fill(dn);
        let reply = self.who(by).await?.modify(&dn, changes, raw_controls(extra)).await?;
        Ok(observe::reply(&reply))
    }

    async fn read(&mut self, by: By, dn: Text, views: &[Text]) -> Result<String, EnvironmentError> {
        let dn = self.words.fill(dn);
        let views: Vec<String> = views.iter().map(|view| self.words.fill(view)).collect();
        let mut names: Vec<&str> = views.iter().map(|view| observe::attribute_of(view)).collect();
        // `*` and `1.1` ask for others than the views look at.
        if let Some(first) = names.first().filter(|first| ["*", "1.1"].contains(*first)) {
            names = vec![*first];
        }
        let found = self.who(by).await?.look(base_of(&dn, &names), Vec::new()).await?;
        let shown: Vec<String> = views.into_iter().filter(|view| view != "*" && view != "1.1").collect();
        Ok(observe::read(&found, &shown))
    }

    async fn search(&mut self, by: By, search: Search) -> Result<String, EnvironmentError> {
        let (base, filter) = (self.words.fill(search.base), self.words.fill(search.filter));
        let query = Query {
            base: &base,
            scope: search.scope,
            filter: &filter,
            attributes: &["cn"],
            limit: search.limit,
        };
        let found = self.who(by).await?.look(query, raw_controls(search.extra)).await?;
        Ok(observe::search(&found, search.limit > 0))
    }

    async fn pages(&mut self, by: By, base: Text, size: i32) -> Result<String, EnvironmentError> {
        let base = self.words.fill(base);
        let (mut sizes, mut cookie) = (Vec::new(), Vec::new());
        loop {
            let page = PagedResults { size, cookie };
            let query = Query {
                base: &base,
                scope: Scope::OneLevel,
                filter: "(objectClass=user)",
                attributes: &["cn"],
                limit: 0,
            };
            let Found {
                reply,
                entries,
                cookie: next,
            } = self.who(by).await?.look(query, vec![page.into()]).await?;
            if !reply.ok() {
                return Ok(observe::reply(&reply));
            }
            // A last page may be empty (RFC 2696 section 3): how full the one before it was is then all there is to tell.
            if !entries.is_empty() || sizes.is_empty() {
                sizes.push(entries.len().to_string());
            }
            if next.is_empty() || sizes.len() > 20 {
                return Ok(sizes.join("+"));
            }
            cookie = next;
        }
    }

    async fn let_pass(&mut self, seconds: u32) -> Result<String, EnvironmentError> {
        for _ in 0..seconds {
            let before = self.look_at("", &["currentTime"]).await?;
            let mut ticked = false;
            for _ in 0..super::LOOKS {
                ticked = self.look_at("", &["currentTime"]).await? != before;
                if ticked {
                    break;
                }
                breathe().await;
            }
            if !ticked {
                return Ok("it stands still".to_owned());
            }
        }
        Ok("ok".to_owned())
    }

    async fn look_at(&mut self, dn: Text, views: &[Text]) -> Result<Vec<(String, Vec<String>)>, EnvironmentError> {
        let dn = self.words.fill(dn);
        let names: Vec<&str> = views.iter().map(|view| observe::attribute_of(view)).collect();
        let found = self.admin.look(base_of(&dn, &names), Vec::new()).await?;
        let Some(entry) = found.entries.first() else {
            return Ok(Vec::new());
        };
        Ok(names
            .into_iter()
            .map(|name| (name.to_owned(), observe::values(entry, name)))
            .collect())
    }

    async fn mark(&mut self, dn: Text, views: &[Text]) -> Result<String, EnvironmentError> {
        let seen = self.look_at(dn, views).await?;
        if seen.is_empty() {
            return Ok("nothing".to_owned());
        }
        self.marks.extend(seen);
        Ok("ok".to_owned())
    }

    async fn since(&mut self, dn: Text, views: &[Text]) -> Result<String, EnvironmentError> {
        let seen = self.look_at(dn, views).await?;
        let told: Vec<String> = views
            .iter()
            .zip(&seen)
            .map(|(view, (name, after))| {
                let before = self.marks.get(name).map(Vec::as_slice).unwrap_or_default();
                observe::moved(view, before, after)
            })
            .collect();
        Ok(told.join(" "))
    }

    fn secret(&self, word: Text) -> Values {
        HashSet::from([self.words.value("unicodePwd", word)])
    }

    fn raw_values(&self, pairs: &[(Text, Text)]) -> Vec<(Vec<u8>, Values)> {
        let mut all: Vec<(Vec<u8>, Values)> = Vec::new();
        for (name, text) in pairs {
            let value = self.words.value(name, text);
            match all.iter_mut().find(|(known, _)| known == name.as_bytes()) {
                Some((_, values)) => drop(values.insert(value)),
                None => all.push((name.as_bytes().to_vec(), HashSet::from([value]))),
            }
        }
        all
    }

    fn raw_change(&self, change: &Change) -> RawChange {
        let values = |name: Text, texts: &[Text]| texts.iter().map(|text| self.words.value(name, text)).collect();
        match *change {
            Change::Add(name, texts) => Mod::Add(name.as_bytes().to_vec(), values(name, texts)),
            Change::Delete(name, texts) => Mod::Delete(name.as_bytes().to_vec(), values(name, texts)),
            Change::Replace(name, texts) => Mod::Replace(name.as_bytes().to_vec(), values(name, texts)),
        }
    }
}

fn base_of<'a>(dn: &'a str, attributes: &'a [&'a str]) -> Query<'a> {
    Query {
        base: dn,
        scope: Scope::Base,
        filter: "(objectClass=*)",
        attributes,
        limit: 0,
    }
}

fn raw_controls(extra: Option<Extra>) -> Vec<RawControl> {
    extra
        .map(|extra| RawControl {
            ctype: extra.oid.to_owned(),
            crit: extra.critical,
            val: extra.value.map(<[u8]>::to_vec),
        })
        .into_iter()
        .collect()
}
