//! The objects of the configuration partition that lead from `fSMORoleOwner` to a host: servers and their NTDS Settings.
//!
//! They are read one at a time, by name; nothing else of that partition is here.

use ldap3_proto::proto::{LdapFilter, LdapPartialAttribute, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope};

use crate::state::dn::Dn;
use crate::state::schema::Attr;
use crate::state::{Domain, Session};

type Row = Vec<(&'static str, Vec<String>)>;

impl Domain {
    /// The name of a controller among the servers of its site.
    pub(in crate::state) fn server_named(&self, host: &str) -> String {
        let base = self.tree.base();
        format!("CN={host},CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,{base}")
    }

    /// The answer to a search of the object of a controller or of its NTDS Settings; the outer none is any other search, the inner
    /// none an object that the filter leaves out.
    #[must_use]
    pub fn server_object(
        &self,
        session: &Session,
        request: &LdapSearchRequest,
    ) -> Option<Option<LdapSearchResultEntry>> {
        let about_one = request.scope == LdapSearchScope::Base && session.caller.is_some();
        let dn = Dn::parse(&request.base).ok().filter(|_| about_one)?;
        let leaf = dn.0.first()?;
        let settings = leaf.kind == "CN" && leaf.value.eq_ignore_ascii_case("NTDS Settings");
        let server = Dn(dn.0.get(usize::from(settings)..)?.to_vec());
        let host = server.0.first()?.value.to_ascii_uppercase();
        let name = self.server_named(&host);
        if Dn::parse(&name).ok()?.key() != server.key() || !self.is_controller(&host) {
            return None;
        }
        let (dn, row) = if settings {
            let dn = format!("CN=NTDS Settings,{name}");
            let row = self.settings_row(&dn);
            (dn, row)
        } else {
            let row = self.server_row(&host, &name);
            (name, row)
        };
        Some(holds(&request.filter, &row).then(|| answer(dn, row, request)))
    }

    fn server_row(&self, host: &str, dn: &str) -> Row {
        let one = |text: &str| vec![text.to_owned()];
        let account = self.tree.by_sam(&format!("{host}$"));
        vec![
            ("objectClass", vec!["top".to_owned(), "server".to_owned()]),
            ("cn", one(host)),
            ("name", one(host)),
            ("distinguishedName", one(dn)),
            (Attr::DnsHostName.name(), self.dns_name_of(host).into_iter().collect()),
            (
                "serverReference",
                account.map(|id| self.tree.dn(id).to_string()).into_iter().collect(),
            ),
        ]
    }

    fn settings_row(&self, dn: &str) -> Row {
        let one = |text: &str| vec![text.to_owned()];
        let classes = ["top", "applicationSettings", "nTDSDSA"];
        vec![
            ("objectClass", classes.map(str::to_owned).to_vec()),
            ("cn", one("NTDS Settings")),
            ("name", one("NTDS Settings")),
            ("distinguishedName", one(dn)),
            ("msDS-Behavior-Version", one(&self.replica.level.to_string())),
        ]
    }
}

fn holds(filter: &LdapFilter, row: &Row) -> bool {
    let values = |name: &str| {
        let known = row.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map_or(&[][..], |(_, values)| values.as_slice())
    };
    match filter {
        LdapFilter::And(all) => all.iter().all(|inner| holds(inner, row)),
        LdapFilter::Or(any) => any.iter().any(|inner| holds(inner, row)),
        LdapFilter::Not(inner) => !holds(inner, row),
        LdapFilter::Present(name) => !values(name).is_empty(),
        LdapFilter::Equality(name, value) => values(name).iter().any(|known| known.eq_ignore_ascii_case(value)),
        _ => false,
    }
}

fn answer(dn: String, row: Row, request: &LdapSearchRequest) -> LdapSearchResultEntry {
    let names = &request.attrs;
    let all = names.is_empty() || names.iter().any(|name| name == "*");
    let wanted = |name: &str| all || names.iter().any(|named| named.eq_ignore_ascii_case(name));
    let asked = row
        .into_iter()
        .filter(|(name, values)| wanted(name) && !values.is_empty());
    let column = |(name, values): (&str, Vec<String>)| LdapPartialAttribute {
        atype: name.to_owned(),
        vals: if request.typesonly {
            Vec::new()
        } else {
            values.into_iter().map(String::into_bytes).collect()
        },
    };
    LdapSearchResultEntry {
        dn,
        attributes: asked.map(column).collect(),
    }
}
