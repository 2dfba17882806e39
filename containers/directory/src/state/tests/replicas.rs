//! Several copies of one domain, delivered to by hand.

use super::*;

/// Domain controllers of one domain: `dc1` made it, the others joined.
pub struct Replicas(pub Vec<Lab>);

impl Replicas {
    pub fn new(count: usize) -> Self {
        Self::with(&config(), count)
    }

    pub fn with(config: &DirectoryConfig, count: usize) -> Self {
        let mut all = Self(vec![Lab::with(config)]);
        for _ in 1..count {
            all.join(0);
        }
        all
    }

    /// A further controller, begun as a copy of one that is there.
    pub fn join(&mut self, from: usize) -> usize {
        let number = self.0.len() + 1;
        let config = DirectoryConfig {
            fqdn: format!("dc{number}.corp.test"),
            ..config()
        };
        let lab = &mut self.0[from];
        let (now, admin) = (lab.now, lab.admin);
        lab.domain.enrol(&format!("DC{number}"), &config.fqdn, now);
        lab.domain.seal(Duration::ZERO);
        let copy = lab.domain.copy_for(&config, u32::try_from(number).unwrap(), now);
        let source = lab.domain.invocation();
        let mut joined = Lab {
            domain: copy,
            now,
            admin,
        };
        for (at, lab) in self.0.iter_mut().enumerate() {
            lab.domain.seal(Duration::ZERO);
            let like = Some(source).filter(|_| at != from);
            lab.domain.take_partner(joined.domain.invocation(), like);
            joined.domain.take_partner(lab.domain.invocation(), None);
        }
        self.0.push(joined);
        number - 1
    }

    pub fn wait(&mut self, seconds: u64) {
        self.0.iter_mut().for_each(|lab| lab.wait(seconds));
    }

    /// Delivers at most `most` updates; how many there were.
    pub fn deliver(&mut self, from: usize, to: usize, most: usize) -> usize {
        let partner = self.0[to].domain.invocation();
        let sender = &mut self.0[from].domain;
        sender.seal(Duration::ZERO);
        let due = sender.take_due(partner, Duration::ZERO, most);
        let receiver = &mut self.0[to];
        for update in &due {
            receiver.domain.receive(update, receiver.now);
        }
        due.len()
    }

    /// Delivers until nothing is left, what the deliveries themselves bring about included.
    pub fn settle(&mut self) {
        let pairs = || (0..self.0.len()).flat_map(|from| (0..self.0.len()).map(move |to| (from, to)));
        let pairs: Vec<_> = pairs().collect();
        for _ in 0..100 {
            let delivered: usize = pairs
                .iter()
                .map(|(from, to)| self.deliver(*from, *to, usize::MAX))
                .sum();
            if delivered == 0 {
                return;
            }
        }
        panic!("replication goes on for ever");
    }

    /// Asserts that all hold the same.
    pub fn assert_equal(&self) {
        let first = self.0[0].picture();
        for (at, lab) in self.0.iter().enumerate().skip(1) {
            let other = lab.picture();
            for (guid, row) in &first {
                assert_eq!(other.get(guid), Some(row), "{guid} on dc{}", at + 1);
            }
            assert_eq!(first.len(), other.len(), "dc{}", at + 1);
        }
    }

    pub fn values(&self, dn: &str, name: &str) -> Vec<String> {
        self.0.iter().map(|lab| lab.value(dn, name)).collect()
    }
}

/// What a controller alone knows.
const LOCAL: [&str; 9] = [
    "uSNCreated",
    "uSNChanged",
    "whenChanged",
    "modifyTimeStamp",
    "badPwdCount",
    "badPasswordTime",
    "member",
    "memberOf",
    "objectGUID",
];

impl Lab {
    /// All that replicates, by objectGUID: attributes, memberships, and the passwords that were ever used here.
    pub fn picture(&self) -> BTreeMap<uuid::Uuid, Row> {
        let rows = self.search(BASE, LdapSearchScope::Subtree, "(objectClass=*)", &["*", "+"]);
        rows.into_iter()
            .map(|(dn, mut row)| {
                let id = self.domain.resolve(&dn).unwrap();
                let links: [Vec<_>; 2] = [
                    self.domain.links.members(id).collect(),
                    self.domain.links.owners(id).collect(),
                ];
                row.retain(|name, _| !LOCAL.contains(&name.as_str()));
                row.values_mut().for_each(|values| values.sort());
                for (name, ids) in ["member", "memberOf"].into_iter().zip(links) {
                    let mut guids: Vec<String> = ids.iter().map(|id| self.guid(*id).to_string()).collect();
                    guids.sort();
                    row.insert(name.to_owned(), guids);
                }
                row.insert("passwords".to_owned(), self.passwords(id));
                (self.guid(id), row)
            })
            .collect()
    }

    fn guid(&self, id: crate::state::EntryId) -> uuid::Uuid {
        self.domain.tree.get(id).unwrap().guid
    }

    /// What each password of the tests is to an account.
    fn passwords(&self, id: crate::state::EntryId) -> Vec<String> {
        let entry = self.domain.tree.get(id).unwrap();
        let Some(credentials) = entry.account.as_ref().and_then(|account| account.credentials.as_ref()) else {
            return Vec::new();
        };
        let standing = |clear: &String| {
            let verifier = crate::state::secret::Verifier::new(entry.guid, &password(clear));
            format!("{:?}", credentials.standing(&verifier))
        };
        let mut known: Vec<String> = (0..POOL).map(pooled).collect();
        known.extend([FIRST, SECOND, THIRD].map(str::to_owned));
        known.iter().map(standing).collect()
    }
}

/// How many passwords random writes choose from.
pub const POOL: u32 = 12;

pub fn pooled(number: u32) -> String {
    format!("Random-Horse-{number}")
}
