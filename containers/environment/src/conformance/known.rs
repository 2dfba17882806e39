//! The known differences: the one table of what a directory answers otherwise, why, and what the real one is documented to do.
//! What a probe expects is always what Active Directory is documented to answer; its source stands with the probe.

/// Which directory a row speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// The embedded directory.
    Embedded,
    /// Samba.
    Samba,
    /// Anything else, which is taken to be Active Directory.
    Other,
}

impl On {
    /// The name, as reports say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Samba => "samba",
            Self::Other => "other",
        }
    }

    /// What the root object's vendorName tells; Active Directory has none.
    pub fn of_vendor(vendor: &str) -> Self {
        match vendor {
            name if name.starts_with("Samba") => Self::Samba,
            name if name.starts_with("writeback-lab") => Self::Embedded,
            _ => Self::Other,
        }
    }
}

/// One known difference.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The probe.
    pub probe: &'static str,
    /// The directory.
    pub on: On,
    /// What it answers, in the normal form.
    pub answers: &'static str,
    /// Why, and where real Active Directory stands.
    pub reason: &'static str,
}

const fn samba(probe: &'static str, answers: &'static str, reason: &'static str) -> Row {
    Row {
        probe,
        on: On::Samba,
        answers,
        reason,
    }
}

const fn embedded(probe: &'static str, answers: &'static str, reason: &'static str) -> Row {
    Row {
        probe,
        on: On::Embedded,
        answers,
        reason,
    }
}

const RESET_CODE: &str = "Samba before 2026 refuses a reset against the policy with 19; Active Directory gives 53. The hex code agrees: key on that";
const NO_HINTS: &str =
    "Samba has policy hints since 2026 only, and refuses what it does not know; Windows Server has them since 2008 R2";
const NO_HEX: &str = "Samba gives the same result without a hex code; Active Directory's text begins with one";
const OTHER_HEX: &str =
    "Samba puts the general Win32 code of the result in front; Active Directory the one of the cause";
const NAMES_ALLOWED: &str = "Samba's complexity does not look at names; Active Directory refuses what holds the account's name or a word of the display name";
const NO_REFERRAL: &str =
    "Samba does not know the other domain and says so; Active Directory refers to where it might be";
const HIDES_NAMES: &str = "Samba does not tell an unknown name from a wrong password; Active Directory gives 525";
const NO_EMPTY: &str = "An empty password is refused, which is safer; Active Directory takes it for an unauthenticated bind (RFC 4513 5.1.2)";
const NO_SDPROP: &str = "Nothing copies the access list of AdminSDHolder here; on Active Directory the delegated rights are gone within an hour";
const NO_PASSWORD_NEEDED: &str =
    "Samba lets an account be enabled without a password; Active Directory refuses where the policy asks for a length";
const FEWER_NAMES: &str = "Fewer forms of names are looked up in a simple bind than Active Directory does";
const ONE_CONTEXT: &str =
    "The embedded directory holds the domain alone: no configuration, no schema; Active Directory holds all three";

const GRACE: &str = "OldPasswordAllowedPeriod is not 0 here: the previous password binds for that long; Active Directory's default is an hour";

/// Rows that hold for a directory somebody gave, whatever its kind: its settings are its own.
const GIVEN: &[(&str, &str, &str)] = &[
    ("bind-old-password-after-reset", "ok; ok", GRACE),
    ("bind-old-password-after-change", "ok; ok", GRACE),
    ("lockout-previous-not-counted", "ok; badPwdCount=0", GRACE),
];

/// Every known difference.
pub(super) const KNOWN: &[Row] = &[
    // Binds.
    samba("bind-by-guid", "49 data 52e", FEWER_NAMES),
    samba("bind-by-display-name", "49 data 52e", FEWER_NAMES),
    embedded("bind-by-display-name", "49 data 525", FEWER_NAMES),
    samba("bind-unknown-dn", "49 data 52e", HIDES_NAMES),
    samba("bind-unknown-upn", "49 data 52e", HIDES_NAMES),
    samba("bind-empty-password", "49 data 52e", NO_EMPTY),
    embedded("bind-empty-password", "49 data 52e", NO_EMPTY),
    samba(
        "bind-failure-leaves-anonymous",
        "49 data 52e; cn={sam}",
        "Samba goes on speaking for whoever bound before; RFC 4513 and Active Directory make the connection anonymous",
    ),
    samba("bind-none-search", "1 00002020", OTHER_HEX),
    samba("bind-none-modify", "1 00002020", OTHER_HEX),
    // Resets and changes.
    samba(
        "reset-too-short",
        "19 0000052D; msDS-KeyVersionNumber same pwdLastSet same",
        RESET_CODE,
    ),
    samba(
        "reset-not-complex",
        "19 0000052D; msDS-KeyVersionNumber same pwdLastSet same",
        RESET_CODE,
    ),
    samba(
        "reset-holds-account-name",
        "ok; msDS-KeyVersionNumber +1 pwdLastSet grew",
        NAMES_ALLOWED,
    ),
    samba("reset-holds-display-name", "ok", NAMES_ALLOWED),
    samba("reset-without-quotes", "53 00002035", OTHER_HEX),
    samba("reset-in-utf8", "53 00002035", OTHER_HEX),
    samba(
        "reset-two-values",
        "ok",
        "Samba takes one of the two values; MS-ADTS 3.1.1.3.1.5.1 knows a set with one value only",
    ),
    samba("change-holds-account-name", "ok", NAMES_ALLOWED),
    samba(
        "change-without-quotes",
        "19 0000202F",
        "Samba takes the broken value for a broken constraint; Active Directory gives 53 as for a reset",
    ),
    embedded(
        "change-of-another",
        "19 00000005",
        "The embedded directory lets others change a password only where that right was delegated, so that a scenario can leave it out; \
         Active Directory grants it to Everyone",
    ),
    // Policies.
    samba("pso-direct", "19 0000052D", RESET_CODE),
    samba("pso-by-group", "19 0000052D; msDS-ResultantPSO={long}", RESET_CODE),
    samba("pso-by-nested-group", "19 0000052D", RESET_CODE),
    samba("pso-lowest-precedence-wins", "ok; 19 0000052D", RESET_CODE),
    samba("pso-removed", "19 0000052D; ok; ok", RESET_CODE),
    samba(
        "password-not-required",
        "19 0000052D",
        "Samba holds every account to the policy; MS-SAMR 3.1.1.7.2 exempts UF_PASSWD_NOTREQD",
    ),
    samba("hints-history", "12", NO_HINTS),
    samba("hints-present", "12", NO_HINTS),
    samba("hints-deprecated", "12", NO_HINTS),
    samba("hints-minimum-age", "12", NO_HINTS),
    samba("hints-fresh", "12", NO_HINTS),
    samba("hints-flag-0", "12", NO_HINTS),
    samba("hints-give-no-right", "12", NO_HINTS),
    samba("agent-hints", "12", NO_HINTS),
    samba(
        "root-policy-hints",
        "supportedControl~1.2.840.113556.1.4.2239=no",
        NO_HINTS,
    ),
    samba(
        "root-policy-hints-deprecated",
        "supportedControl~1.2.840.113556.1.4.2066=no",
        NO_HINTS,
    ),
    // Lockouts.
    samba(
        "unlock-by-control-bit",
        "ok; 49 data 775",
        "Samba reads MS-SAMR 3.1.1.8.10 the other way round: the bit left out ends a lock, the bit set leaves it",
    ),
    samba(
        "unlock-not-by-control",
        "ok; ok",
        "Samba reads MS-SAMR 3.1.1.8.10 the other way round: the bit left out ends a lock, the bit set leaves it",
    ),
    embedded(
        "unlock-by-control-bit",
        "ok; 49 data 775",
        "The embedded directory ends a lock by lockoutTime alone; MS-SAMR 3.1.1.8.10 lets bit 0x10 do it too",
    ),
    // Rights.
    samba("agent-protected-account", "ok", NO_SDPROP),
    embedded("agent-protected-account", "ok", NO_SDPROP),
    samba("agent-reset-outside", "50", NO_HEX),
    samba("person-resets-nobody", "50", NO_HEX),
    // Searches and controls.
    samba("search-missing-base", "32", NO_HEX),
    samba("search-malformed-base", "34 00002032", OTHER_HEX),
    samba("search-foreign-base", "32", NO_REFERRAL),
    samba(
        "filter-not-unknown",
        "ok: ann bob cid",
        "Samba takes an unknown attribute for one without values; to Active Directory it is undefined, and so is its negation",
    ),
    samba(
        "search-size-limit",
        "ok: 3 entries; ok: 3 entries",
        "Samba knows no size limit of the client's; RFC 4511 4.5.1.4 and Active Directory end the search with 4",
    ),
    embedded(
        "name-well-known",
        "34 0000208F",
        "The embedded directory has no well-known names; Active Directory has them",
    ),
    embedded(
        "control-permissive-modify",
        "12 00002040",
        "Nothing that touches writeback asks for permissive modify; Active Directory has it",
    ),
    // The rootDSE.
    samba(
        "root-who-am-i",
        "supportedExtension~1.3.6.1.4.1.4203.1.11.3=no",
        "Samba answers it without saying that it does; Active Directory lists it",
    ),
    embedded(
        "root-configuration",
        "configurationNamingContext=absent schemaNamingContext=absent",
        ONE_CONTEXT,
    ),
    embedded(
        "root-time-and-schema",
        "currentTime?=set subschemaSubentry=absent",
        ONE_CONTEXT,
    ),
    embedded(
        "root-sasl",
        "supportedSASLMechanisms~GSSAPI=no",
        "The embedded directory has no Kerberos and binds by simple binds over TLS alone; Active Directory offers both",
    ),
    // Entries.
    samba("add-existing", "68", NO_HEX),
    samba("add-elsewhere", "32 00002030", NO_REFERRAL),
    samba("add-wrong-name-kind", "64 00002037", OTHER_HEX),
    samba(
        "add-name-too-long",
        "ok",
        "Samba does not hold the naming attribute to the schema's upper bound; Active Directory does",
    ),
    samba("add-enabled-without-password", "ok", NO_PASSWORD_NEEDED),
    samba("add-with-weak-password", "19 0000052D; ok", RESET_CODE),
    samba("add-taken-account-name", "68 00002071", OTHER_HEX),
    samba("add-taken-principal-name", "19 0000202F", OTHER_HEX),
    samba("modify-taken-account-name", "68 00002071", OTHER_HEX),
    samba("modify-missing", "32 00002030", OTHER_HEX),
    samba("modify-unknown-attribute", "16", NO_HEX),
    samba(
        "value-two-at-once",
        "20 0000200D",
        "Samba takes a second value for one that exists; Active Directory for a broken constraint",
    ),
    samba("value-present", "20 0000200D", OTHER_HEX),
    samba("value-missing", "16", NO_HEX),
    samba("member-twice", "68", NO_HEX),
    samba("member-missing", "53", NO_HEX),
    samba(
        "rename-below-missing",
        "80 00002095",
        "Samba finds the missing superior late and gives a general error; Active Directory says that it is not there",
    ),
    samba("rename-wrong-kind", "53 00002035", OTHER_HEX),
    samba("delete-missing", "32 00002030", OTHER_HEX),
    // Attributes.
    samba(
        "user-principal-name",
        "msDS-PrincipalName=absent",
        "Samba works msDS-PrincipalName out for the caller's own token only; Active Directory for every account",
    ),
    samba("control-enable-without-password", "ok", NO_PASSWORD_NEEDED),
    embedded(
        "user-counters-of-new",
        "badPwdCount=0 badPasswordTime=0 lockoutTime=absent accountExpires=absent",
        "The embedded directory keeps no end for an account that has none; Active Directory writes the last instant",
    ),
];

/// The row that explains an answer.
pub(super) fn explain(probe: &str, on: On, given: bool, observed: &str) -> Option<&'static str> {
    let row = KNOWN
        .iter()
        .find(|row| row.probe == probe && row.on == on && row.answers == observed);
    let setting = || {
        GIVEN
            .iter()
            .find(|(known, answers, _)| given && *known == probe && *answers == observed)
            .map(|(_, _, reason)| *reason)
    };
    row.map(|row| row.reason).or_else(setting)
}
