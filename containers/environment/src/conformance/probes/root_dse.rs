//! What the directory says of itself.

use crate::conformance::script::Change::Replace;
use crate::conformance::script::{By, Probe, probe};

const ROOT: &str = "MS-ADTS 3.1.1.3.2: rootDSE attributes";
const CONTROLS: &str = "MS-ADTS 3.1.1.3.4.1: LDAP extended controls";
const CAPABILITIES: &str = "MS-ADTS 3.1.1.3.4.3: LDAP capabilities";

fn shown(
    name: &'static str,
    shows: &'static str,
    source: &'static str,
    views: &'static [&'static str],
    gives: &'static str,
) -> Probe {
    probe(name, shows, source).read(By::Stranger, "", views).gives(gives)
}

pub(super) fn probes() -> Vec<Probe> {
    [names(), lists(), counters()].concat()
}

fn names() -> Vec<Probe> {
    vec![
        shown(
            "root-naming-contexts",
            "The domain is the default naming context and among all of them.",
            ROOT,
            &["defaultNamingContext", "namingContexts~{base}"],
            "defaultNamingContext={base} namingContexts~{base}=yes",
        ),
        shown(
            "root-configuration",
            "Configuration and schema have naming contexts of their own.",
            ROOT,
            &["configurationNamingContext", "schemaNamingContext"],
            "configurationNamingContext=CN=Configuration,{base} schemaNamingContext=CN=Schema,CN=Configuration,{base}",
        ),
        shown(
            "root-server",
            "The server names itself, its service and its place among the sites.",
            ROOT,
            &["dnsHostName?", "serverName?", "dsServiceName?", "ldapServiceName?"],
            "dnsHostName?=set serverName?=set dsServiceName?=set ldapServiceName?=set",
        ),
        shown(
            "root-state",
            "The server says that it is synchronized and a global catalogue.",
            ROOT,
            &["isSynchronized", "isGlobalCatalogReady"],
            "isSynchronized=TRUE isGlobalCatalogReady=TRUE",
        ),
        shown(
            "root-levels",
            "The functional levels are told.",
            ROOT,
            &[
                "domainFunctionality?",
                "forestFunctionality?",
                "domainControllerFunctionality?",
            ],
            "domainFunctionality?=set forestFunctionality?=set domainControllerFunctionality?=set",
        ),
        shown(
            "root-time-and-schema",
            "The time is told, and where the schema is.",
            ROOT,
            &["currentTime?", "subschemaSubentry"],
            "currentTime?=set subschemaSubentry=CN=Aggregate,CN=Schema,CN=Configuration,{base}",
        ),
    ]
}

fn lists() -> Vec<Probe> {
    vec![
        shown(
            "root-version-3",
            "LDAP version 3 is spoken.",
            ROOT,
            &["supportedLDAPVersion~3"],
            "supportedLDAPVersion~3=yes",
        ),
        shown(
            "root-paging",
            "Paging is offered.",
            CONTROLS,
            &["supportedControl~1.2.840.113556.1.4.319"],
            "supportedControl~1.2.840.113556.1.4.319=yes",
        ),
        shown(
            "root-tree-delete",
            "Tree delete is offered.",
            CONTROLS,
            &["supportedControl~1.2.840.113556.1.4.805"],
            "supportedControl~1.2.840.113556.1.4.805=yes",
        ),
        shown(
            "root-policy-hints",
            "Policy hints are offered.",
            CONTROLS,
            &["supportedControl~1.2.840.113556.1.4.2239"],
            "supportedControl~1.2.840.113556.1.4.2239=yes",
        ),
        shown(
            "root-policy-hints-deprecated",
            "Policy hints are offered under the deprecated identifier, which Entra Connect looks for.",
            CONTROLS,
            &["supportedControl~1.2.840.113556.1.4.2066"],
            "supportedControl~1.2.840.113556.1.4.2066=yes",
        ),
        shown(
            "root-active-directory",
            "The directory says that it is Active Directory, of Windows 2000 and of 2003.",
            CAPABILITIES,
            &[
                "supportedCapabilities~1.2.840.113556.1.4.800",
                "supportedCapabilities~1.2.840.113556.1.4.1670",
            ],
            "supportedCapabilities~1.2.840.113556.1.4.800=yes supportedCapabilities~1.2.840.113556.1.4.1670=yes",
        ),
        shown(
            "root-later-windows",
            "The directory says that it is that of Windows Server 2008 or later.",
            CAPABILITIES,
            &["supportedCapabilities~1.2.840.113556.1.4.1935"],
            "supportedCapabilities~1.2.840.113556.1.4.1935=yes",
        ),
        shown(
            "root-who-am-i",
            "\"Who am I?\" is offered.",
            "MS-ADTS 3.1.1.3.4.2",
            &["supportedExtension~1.3.6.1.4.1.4203.1.11.3"],
            "supportedExtension~1.3.6.1.4.1.4203.1.11.3=yes",
        ),
        shown(
            "root-sasl",
            "SASL mechanisms are offered.",
            "MS-ADTS 3.1.1.3.4.5",
            &["supportedSASLMechanisms~GSSAPI"],
            "supportedSASLMechanisms~GSSAPI=yes",
        ),
    ]
}

fn counters() -> Vec<Probe> {
    vec![
        probe(
            "root-usn-grows",
            "A write raises highestCommittedUSN.",
            "MS-ADTS 3.1.1.1.9",
        )
        .person()
        .mark("", &["highestCommittedUSN"])
        .modify(By::Admin, "{person}", &[Replace("description", &["x"])])
        .since("", &["highestCommittedUSN?"])
        .gives("highestCommittedUSN grew"),
        probe("root-only-asked-for", "Only what is asked for is told.", ROOT)
            .read(By::Stranger, "", &["dnsHostName?"])
            .gives("dnsHostName?=set"),
    ]
}
