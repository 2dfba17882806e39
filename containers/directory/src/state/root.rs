//! The rootDSE: what the directory says of itself, to anybody (MS-ADTS 3.1.1.3.2).

use ldap3_proto::proto::{LdapPartialAttribute, LdapSearchRequest, LdapSearchResultEntry};

use super::Domain;
use super::time::FileTime;
use crate::wire::controls::SUPPORTED;

/// Active Directory, of Windows 2000, 2003 and 2008 R2 and later (MS-ADTS 3.1.1.3.4.3).
const CAPABILITIES: [&str; 4] = [
    "1.2.840.113556.1.4.800",
    "1.2.840.113556.1.4.1670",
    "1.2.840.113556.1.4.1935",
    "1.2.840.113556.1.4.2080",
];
const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

impl Domain {
    /// The rootDSE, with the attributes that a search asks for.
    #[must_use]
    pub fn root_dse(&self, request: &LdapSearchRequest, now: FileTime) -> LdapSearchResultEntry {
        let names = &request.attrs;
        let all = names.is_empty() || names.iter().any(|name| name == "*" || name == "+");
        let wanted = |name: &str| all || names.iter().any(|named| named.eq_ignore_ascii_case(name));
        let attributes = self
            .facts(now)
            .into_iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, values)| LdapPartialAttribute {
                atype: name.to_owned(),
                vals: if request.typesonly { Vec::new() } else { values },
            })
            .collect();
        LdapSearchResultEntry {
            dn: String::new(),
            attributes,
        }
    }

    fn facts(&self, now: FileTime) -> Vec<(&'static str, Vec<Vec<u8>>)> {
        let one = |value: String| vec![value.into_bytes()];
        let many = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
        let base = self.tree.base().to_string();
        let (domain, fqdn) = (&self.identity.domain, &self.identity.fqdn);
        let host = self.identity.host.to_ascii_lowercase();
        let server = self.server_name();
        vec![
            ("currentTime", one(now.generalized())),
            ("defaultNamingContext", one(base.clone())),
            ("rootDomainNamingContext", one(base.clone())),
            ("namingContexts", one(base)),
            ("dnsHostName", one(fqdn.clone())),
            ("serverName", one(server.clone())),
            ("dsServiceName", one(format!("CN=NTDS Settings,{server}"))),
            (
                "ldapServiceName",
                one(format!("{domain}:{host}$@{}", domain.to_ascii_uppercase())),
            ),
            ("isSynchronized", many(&["TRUE"])),
            ("isGlobalCatalogReady", many(&["TRUE"])),
            ("highestCommittedUSN", one(self.highest_usn.to_string())),
            ("domainFunctionality", one(self.replica.level.to_string())),
            ("forestFunctionality", one(self.replica.level.to_string())),
            (
                "domainControllerFunctionality",
                one(self.replica.own_level().to_string()),
            ),
            ("vendorName", many(&["writeback-lab"])),
            ("supportedLDAPVersion", many(&["3"])),
            ("supportedControl", many(&SUPPORTED)),
            ("supportedCapabilities", many(&CAPABILITIES)),
            ("supportedExtension", many(&[WHO_AM_I])),
        ]
    }
}
