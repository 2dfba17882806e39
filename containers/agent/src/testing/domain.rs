//! A domain of several domain controllers: who owns the role, who has which write, and how slowly they tell each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use vocabulary::{NameTable, Password, SharedClock};

use super::Tls;
use super::ldaps::{Act, MODIFY, Request, SEARCH, Server, entry};
use crate::config::Forest;
use crate::ldap::{Controller, Credentials, Domain, LdapDirectory, Rules};
use crate::sync::AdObject;
use crate::writeback::port::{
    Before, Change, DirectoryReader as _, DirectoryWriter as _, Reading, Remark, Target, WriteResult,
};

/// When a write on one domain controller is seen on the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lag {
    /// At once.
    None,
    /// When a domain controller that lags was looked at so many times.
    Looks(u32),
    /// Never.
    Never,
}

/// What a domain controller knows about the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) key_version: u32,
    pub(crate) password_set: u32,
    pub(crate) locked: u32,
}

/// The state of the whole domain. There is one person, and everybody is it.
pub(crate) struct State {
    /// What `fSMORoleOwner` says on each domain controller; nothing where it is not readable.
    pub(crate) owner: Vec<Option<&'static str>>,
    /// The person on each.
    pub(crate) people: Vec<Person>,
    /// How slowly they tell each other.
    pub(crate) lag: Lag,
    /// What each does with a modify besides applying it.
    pub(crate) on_modify: fn() -> Option<Act>,
    /// What each does with the question for the role, if not answering it.
    pub(crate) on_role: fn() -> Option<Act>,
    looks: u32,
    time: u32,
}

impl State {
    /// Lets all domain controllers say that this is the owner.
    pub(crate) fn move_role(&mut self, host: &'static str) {
        self.owner.fill(Some(host));
    }

    fn latest(&self) -> Person {
        let latest = self.people.iter().max_by_key(|person| person.password_set);
        *latest.unwrap()
    }

    fn modify(&mut self, dc: usize, request: &Request<'_>) {
        self.time += 1;
        let time = self.time;
        let person = &mut self.people[dc];
        if request.says("unicodePwd") {
            person.key_version += 1;
        }
        person.password_set = time;
        if request.says("lockoutTime") {
            person.locked = 0;
        }
        self.looks = 0;
        if self.lag == Lag::None {
            self.replicate();
        }
    }

    /// Brings the latest to everybody.
    pub(crate) fn replicate(&mut self) {
        let latest = self.latest();
        self.people.fill(latest);
    }

    fn look(&mut self, dc: usize) -> Person {
        if self.people[dc] != self.latest() {
            self.looks += 1;
            if self.lag == Lag::Looks(self.looks) {
                self.replicate();
            }
        }
        self.people[dc]
    }
}

/// The domain with its servers, and the agent's side of it.
pub(crate) struct Play {
    /// The state.
    pub(crate) state: Arc<Mutex<State>>,
    /// The servers; nothing where one is down.
    pub(crate) servers: Vec<Option<Server>>,
    /// The agent's side.
    pub(crate) domain: Arc<Domain>,
    /// The same, as the service uses it.
    pub(crate) directory: Arc<LdapDirectory>,
    clock: SharedClock,
    tls: Tls,
}

/// How a play begins.
pub(crate) struct Setting {
    /// The forest, with its domain controllers.
    pub(crate) forest: Forest,
    /// What the agent is told.
    pub(crate) rules: Rules,
    /// How long one operation may take.
    pub(crate) timeout: Duration,
    /// The time.
    pub(crate) clock: SharedClock,
}

impl Setting {
    /// All domain controllers are up, replicate at once, and say that the second is the PDC emulator.
    pub(crate) async fn play(self) -> Play {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let controllers = &self.forest.domain_controllers;
        let names: Vec<&str> = controllers.iter().map(|dc| dc.fqdn.as_str()).collect();
        let (_, tls) = super::authority(&names);
        let person = Person {
            key_version: 1,
            password_set: 0,
            locked: 7,
        };
        let state = Arc::new(Mutex::new(State {
            owner: vec![Some("DC2"); names.len()],
            people: vec![person; names.len()],
            lag: Lag::None,
            on_modify: || None,
            on_role: || None,
            looks: 0,
            time: 0,
        }));
        let mut table = NameTable::default();
        let mut servers = Vec::new();
        for (dc, name) in names.iter().enumerate() {
            let server = Server::play(Arc::clone(&tls.server), None, script(&state, dc)).await;
            table.insert(name, server.address);
            servers.push(Some(server));
        }
        let domain = agents_side(&self, &tls, &table);
        let domains = HashMap::from([(self.forest.domain.clone(), Arc::clone(&domain))]);
        Play {
            state,
            servers,
            domain,
            directory: Arc::new(LdapDirectory::new(domains)),
            clock: self.clock,
            tls,
        }
    }
}

fn agents_side(setting: &Setting, tls: &Tls, table: &NameTable) -> Arc<Domain> {
    let limits = (4, setting.timeout);
    let password = Password::new("service".to_owned());
    let credentials = Credentials::new(&setting.forest.bind_dn, password, None, Arc::clone(&setting.clock));
    let credentials = Arc::new(credentials);
    let controller =
        |dc| Controller::new(dc, table, Arc::clone(&tls.client), Arc::clone(&credentials), limits).unwrap();
    let controllers = setting.forest.domain_controllers.iter().map(controller).collect();
    Domain::new(
        setting.forest.clone(),
        controllers,
        setting.rules,
        Arc::clone(&setting.clock),
    )
}

fn script(state: &Arc<Mutex<State>>, dc: usize) -> impl Fn(&Request<'_>) -> Act + Send + Sync + 'static {
    let state = Arc::clone(state);
    move |request| {
        let mut state = state.lock().unwrap();
        match request.tag {
            SEARCH if request.says("fSMORoleOwner") => (state.on_role)().unwrap_or_else(|| role(state.owner[dc])),
            SEARCH if request.says("userAccountControl") => account(state.people[dc]),
            SEARCH => facts(state.look(dc)),
            MODIFY => (state.on_modify)().unwrap_or_else(|| {
                state.modify(dc, request);
                Act::Result(0, "")
            }),
            _ => Act::Result(0, ""),
        }
    }
}

fn role(owner: Option<&str>) -> Act {
    let value = owner.map(|host| format!("CN=NTDS Settings,CN={host},CN=Servers,CN=Configuration,DC=corp,DC=test"));
    let attributes = value.iter().map(|value| ("fSMORoleOwner", value.as_bytes()));
    Act::Page(vec![entry("DC=corp,DC=test", &attributes.collect::<Vec<_>>())], b"")
}

fn facts(person: Person) -> Act {
    told(person, &[])
}

fn account(person: Person) -> Act {
    let guid = super::person(1).guid.to_bytes_le();
    told(
        person,
        &[
            ("objectGUID", &guid),
            ("sAMAccountName", b"person1"),
            ("userAccountControl", b"512"),
        ],
    )
}

fn told(person: Person, more: &[(&str, &[u8])]) -> Act {
    let [version, set, locked] = [person.key_version, person.password_set, person.locked].map(|fact| fact.to_string());
    let facts: [(&str, &[u8]); 3] = [
        ("msDS-KeyVersionNumber", version.as_bytes()),
        ("pwdLastSet", set.as_bytes()),
        ("lockoutTime", locked.as_bytes()),
    ];
    Act::Page(vec![entry("CN=x", &[&facts, more].concat())], b"")
}

/// A person as the service would name it.
pub(crate) fn target(number: u128) -> Target {
    let AdObject { guid, dn, domain, .. } = super::person(number);
    Target {
        guid,
        dn,
        domain,
        upn: format!("person{number}@corp.test"),
    }
}

/// A reset that also unlocks.
pub(crate) fn reset() -> Change {
    Change::Reset {
        password: Password::new("New-1".to_owned()),
        unlock: true,
    }
}

impl Play {
    /// The state, to look at or to change.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Writes for a person, with a minute to live, and gives what is told of it.
    pub(crate) async fn write(&self, person: u128, change: &Change) -> (WriteResult, Remark) {
        let expires = self.clock.unix() + Duration::from_secs(60);
        let target = target(person);
        let result = super::soon(self.directory.write(&target, change, expires)).await;
        (result, self.directory.remark(&target))
    }

    /// Looks where a write would go, and how the person stands there.
    pub(crate) async fn before(&self, person: u128, change: &Change) -> Result<Before, WriteResult> {
        let expires = self.clock.unix() + Duration::from_secs(60);
        super::soon(self.directory.before(&target(person), change, expires)).await
    }

    /// Reads a person everywhere.
    pub(crate) async fn everywhere(&self, person: u128) -> Reading {
        super::soon(self.directory.reread(&target(person))).await
    }

    /// Writes for the first person; the domain controller that took it.
    pub(crate) async fn applied(&self, change: &Change) -> String {
        let (result, remark) = self.write(1, change).await;
        assert_eq!(result, WriteResult::Applied, "{remark:?}");
        remark.dc.unwrap()
    }

    /// Modifies that each domain controller took.
    pub(crate) fn modifies(&self) -> Vec<usize> {
        let count = |server: &Option<Server>| server.as_ref().map_or(0, |server| server.count(MODIFY));
        self.servers.iter().map(count).collect()
    }

    /// Questions of a kind that each domain controller heard.
    pub(crate) fn asked(&self, part: &str) -> Vec<usize> {
        let count = |server: &Option<Server>| server.as_ref().map_or(0, |server| server.asked(part));
        self.servers.iter().map(count).collect()
    }

    /// Ends a domain controller.
    pub(crate) async fn stop(&mut self, dc: usize) -> std::net::SocketAddr {
        self.servers[dc].take().unwrap().stop().await
    }

    /// Ends a domain controller and leaves its address taken by somebody who says nothing.
    pub(crate) async fn mute(&mut self, dc: usize) {
        let address = self.stop(dc).await;
        self.servers[dc] = Some(Server::mute(address).await);
    }

    /// Starts a domain controller again, as it was.
    pub(crate) async fn revive(&mut self, dc: usize, address: std::net::SocketAddr) {
        let tls = Arc::clone(&self.tls.server);
        self.servers[dc] = Some(Server::play(tls, Some(address), script(&self.state, dc)).await);
    }

    /// Reads how the person stands.
    pub(crate) async fn look(&self) -> crate::writeback::port::Standing {
        super::soon(self.directory.standing(&target(1))).await
    }
}
