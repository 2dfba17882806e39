//! The attributes and classes this directory knows, as the schema of Active Directory spells them.

use std::sync::LazyLock;

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Unicode text; case does not count.
    Text,
    /// A whole number of up to 64 bits.
    Integer,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// Bytes.
    Bytes,
    /// A distinguished name.
    Name,
    /// GeneralizedTime.
    Time,
    /// An objectGUID: 16 bytes, or its text form in a filter.
    Guid,
    /// A security identifier: bytes, or `S-1-…` in a filter.
    Sid,
    /// The name of a class, with the classes it derives from.
    Class,
    /// The category of a class: its DN, or the short name in a filter.
    Category,
}

/// Where values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At most one value, kept as written.
    One,
    /// Any number of values, kept as written.
    Many,
    /// Kept by the directory in a form of its own; part of `*`.
    Kept,
    /// Worked out when asked for by name, and never part of `*` nor of a filter (MS-ADTS 3.1.1.4.5).
    Constructed,
    /// Written, and never read.
    Secret,
}

macro_rules! attributes {
    ($($variant:ident $name:literal $syntax:ident $place:ident;)*) => {
        /// An attribute of the schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Attr { $(#[doc = $name] $variant,)* }

        impl Attr {
            /// Every attribute.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The schema's spelling.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How its values are compared.
            #[must_use]
            pub fn syntax(self) -> Syntax {
                match self { $(Self::$variant => Syntax::$syntax,)* }
            }

            /// Where its values come from.
            #[must_use]
            pub fn place(self) -> Place {
                match self { $(Self::$variant => Place::$place,)* }
            }
        }
    };
}

attributes! {
    ObjectClass "objectClass" Class Kept;
    Cn "cn" Text Kept;
    Ou "ou" Text Kept;
    Dc "dc" Text Kept;
    Name "name" Text Kept;
    DistinguishedName "distinguishedName" Name Kept;
    InstanceType "instanceType" Integer Kept;
    WhenCreated "whenCreated" Time Kept;
    WhenChanged "whenChanged" Time Kept;
    UsnCreated "uSNCreated" Integer Kept;
    UsnChanged "uSNChanged" Integer Kept;
    ObjectGuid "objectGUID" Guid Kept;
    ObjectSid "objectSid" Sid Kept;
    ObjectCategory "objectCategory" Category Kept;
    SamAccountName "sAMAccountName" Text One;
    SamAccountType "sAMAccountType" Integer Kept;
    UserPrincipalName "userPrincipalName" Text One;
    UserAccountControl "userAccountControl" Integer Kept;
    PwdLastSet "pwdLastSet" Integer Kept;
    LockoutTime "lockoutTime" Integer Kept;
    BadPwdCount "badPwdCount" Integer Kept;
    BadPasswordTime "badPasswordTime" Integer Kept;
    PrimaryGroupId "primaryGroupID" Integer Kept;
    AccountExpires "accountExpires" Integer One;
    Member "member" Name Kept;
    MemberOf "memberOf" Name Kept;
    PsoAppliesTo "msDS-PSOAppliesTo" Name Kept;
    PsoApplied "msDS-PSOApplied" Name Kept;
    UnicodePwd "unicodePwd" Bytes Secret;

    FsmoRoleOwner "fSMORoleOwner" Name Kept;
    MinPwdLength "minPwdLength" Integer Kept;
    PwdHistoryLength "pwdHistoryLength" Integer Kept;
    PwdProperties "pwdProperties" Integer Kept;
    MinPwdAge "minPwdAge" Integer Kept;
    MaxPwdAge "maxPwdAge" Integer Kept;
    LockoutThreshold "lockoutThreshold" Integer Kept;
    LockoutDuration "lockoutDuration" Integer Kept;
    LockoutWindow "lockOutObservationWindow" Integer Kept;
    BehaviorVersion "msDS-Behavior-Version" Integer Kept;

    KeyVersionNumber "msDS-KeyVersionNumber" Integer Constructed;
    UacComputed "msDS-User-Account-Control-Computed" Integer Constructed;
    PasswordExpiry "msDS-UserPasswordExpiryTimeComputed" Integer Constructed;
    PrincipalName "msDS-PrincipalName" Text Constructed;
    ResultantPso "msDS-ResultantPSO" Name Constructed;
    TokenGroups "tokenGroups" Sid Constructed;
    PrimaryGroupToken "primaryGroupToken" Integer Constructed;
    CanonicalName "canonicalName" Text Constructed;
    CreateTimestamp "createTimeStamp" Time Constructed;
    ModifyTimestamp "modifyTimeStamp" Time Constructed;

    PsoPrecedence "msDS-PasswordSettingsPrecedence" Integer One;
    PsoReversible "msDS-PasswordReversibleEncryptionEnabled" Boolean One;
    PsoHistory "msDS-PasswordHistoryLength" Integer One;
    PsoComplexity "msDS-PasswordComplexityEnabled" Boolean One;
    PsoMinLength "msDS-MinimumPasswordLength" Integer One;
    PsoMinAge "msDS-MinimumPasswordAge" Integer One;
    PsoMaxAge "msDS-MaximumPasswordAge" Integer One;
    PsoThreshold "msDS-LockoutThreshold" Integer One;
    PsoWindow "msDS-LockoutObservationWindow" Integer One;
    PsoDuration "msDS-LockoutDuration" Integer One;

    AdminCount "adminCount" Integer One;
    Country "c" Text One;
    CountryName "co" Text One;
    CountryCode "countryCode" Integer One;
    CodePage "codePage" Integer One;
    Comment "comment" Text One;
    Company "company" Text One;
    ConsistencyGuid "mS-DS-ConsistencyGuid" Bytes One;
    Department "department" Text One;
    Description "description" Text Many;
    DisplayName "displayName" Text One;
    DnsHostName "dNSHostName" Text One;
    Division "division" Text One;
    EmployeeId "employeeID" Text One;
    EmployeeNumber "employeeNumber" Text One;
    EmployeeType "employeeType" Text One;
    Extension1 "extensionAttribute1" Text One;
    Extension2 "extensionAttribute2" Text One;
    Extension3 "extensionAttribute3" Text One;
    ExternalObjectId "msDS-ExternalDirectoryObjectId" Text One;
    Fax "facsimileTelephoneNumber" Text One;
    GivenName "givenName" Text One;
    GroupType "groupType" Integer One;
    HomeDirectory "homeDirectory" Text One;
    HomePhone "homePhone" Text One;
    Info "info" Text One;
    Initials "initials" Text One;
    IpPhone "ipPhone" Text One;
    Locality "l" Text One;
    LogonHours "logonHours" Bytes One;
    Mail "mail" Text One;
    MailNickname "mailNickname" Text One;
    Manager "manager" Name One;
    Mobile "mobile" Text One;
    Pager "pager" Text One;
    Office "physicalDeliveryOfficeName" Text One;
    OtherMailbox "otherMailbox" Text Many;
    OtherTelephone "otherTelephone" Text Many;
    PostalCode "postalCode" Text One;
    PreferredLanguage "preferredLanguage" Text One;
    ProxyAddresses "proxyAddresses" Text Many;
    ServicePrincipalName "servicePrincipalName" Text Many;
    ShowInAdvancedViewOnly "showInAdvancedViewOnly" Text One;
    State "st" Text One;
    Street "streetAddress" Text One;
    Surname "sn" Text One;
    Telephone "telephoneNumber" Text One;
    ThumbnailPhoto "thumbnailPhoto" Bytes One;
    Title "title" Text One;
    Uid "uid" Text Many;
    Url "url" Text Many;
    UserWorkstations "userWorkstations" Text One;
    HomePage "wWWHomePage" Text One;
}

static BY_NAME: LazyLock<Vec<(String, Attr)>> = LazyLock::new(|| {
    let named = |attr: &Attr| (attr.name().to_ascii_lowercase(), *attr);
    let mut all: Vec<(String, Attr)> = Attr::ALL.iter().map(named).collect();
    all.sort();
    all
});

impl Attr {
    /// The attribute of that name, whatever its case; an option such as `;binary` is not part of the name.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let name = text.split(';').next().unwrap_or(text);
        let lower = name.bytes().map(|byte| byte.to_ascii_lowercase());
        BY_NAME
            .binary_search_by(|(known, _)| known.bytes().cmp(lower.clone()))
            .ok()
            .map(|at| BY_NAME[at].1)
    }

    /// Whether it is personal information, which everybody writes of their own.
    #[must_use]
    pub fn is_personal(self) -> bool {
        PERSONAL.contains(&self)
    }
}

/// What the default security descriptor of the class user lets everybody write of their own: the property sets
/// Personal-Information and Web-Information (MS-ADTS section 5.1.3.2.1; MS-ADA1 to MS-ADA3, attributeSecurityGUID).
const PERSONAL: &[Attr] = &[
    Attr::Country,
    Attr::Fax,
    Attr::HomePhone,
    Attr::Info,
    Attr::IpPhone,
    Attr::Locality,
    Attr::Mobile,
    Attr::Pager,
    Attr::Office,
    Attr::OtherTelephone,
    Attr::PostalCode,
    Attr::State,
    Attr::Street,
    Attr::Telephone,
    Attr::ThumbnailPhoto,
    Attr::Url,
    Attr::HomePage,
];

/// A structural class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The head of the domain.
    Domain,
    /// An organizational unit.
    Unit,
    /// A container, such as `CN=Users`.
    Container,
    /// `CN=Builtin`: the groups that every Windows has.
    Builtin,
    /// Where fine-grained password policies stand.
    SettingsContainer,
    /// A fine-grained password policy.
    Settings,
    /// A person's or service's account.
    User,
    /// A machine's account.
    Computer,
    /// A group.
    Group,
}

impl Class {
    /// The class and what it derives from, the most general first.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Domain => &["top", "domain", "domainDNS"],
            Self::Unit => &["top", "organizationalUnit"],
            Self::Container => &["top", "container"],
            Self::Builtin => &["top", "builtinDomain"],
            Self::SettingsContainer => &["top", "msDS-PasswordSettingsContainer"],
            Self::Settings => &["top", "msDS-PasswordSettings"],
            Self::User => &["top", "person", "organizationalPerson", "user"],
            Self::Computer => &["top", "person", "organizationalPerson", "user", "computer"],
            Self::Group => &["top", "group"],
        }
    }

    /// The common name of its category in the schema.
    #[must_use]
    pub fn category(self) -> &'static str {
        match self {
            Self::Domain => "Domain-DNS",
            Self::Unit => "Organizational-Unit",
            Self::Container => "Container",
            Self::Builtin => "Builtin-Domain",
            Self::SettingsContainer => "ms-DS-Password-Settings-Container",
            Self::Settings => "ms-DS-Password-Settings",
            Self::User => "Person",
            Self::Computer => "Computer",
            Self::Group => "Group",
        }
    }

    /// The attribute that names its entries.
    #[must_use]
    pub fn naming(self) -> &'static str {
        match self {
            Self::Domain => "DC",
            Self::Unit => "OU",
            _ => "CN",
        }
    }

    /// Whether its entries can sign in.
    #[must_use]
    pub fn has_account(self) -> bool {
        matches!(self, Self::User | Self::Computer)
    }

    /// Whether its entries have a security identifier.
    #[must_use]
    pub fn has_sid(self) -> bool {
        self.has_account() || self == Self::Group
    }

    /// The class that a list of `objectClass` values means: the most special one that clients may create.
    #[must_use]
    pub fn of_values<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let rank = |value: &[u8]| match value.to_ascii_lowercase().as_slice() {
            b"computer" => Some((0, Self::Computer)),
            b"user" => Some((1, Self::User)),
            b"group" => Some((2, Self::Group)),
            b"organizationalunit" => Some((3, Self::Unit)),
            b"container" => Some((4, Self::Container)),
            b"msds-passwordsettings" => Some((5, Self::Settings)),
            b"msds-passwordsettingscontainer" => Some((6, Self::SettingsContainer)),
            _ => None,
        };
        values
            .filter_map(rank)
            .min_by_key(|(order, _)| *order)
            .map(|(_, class)| class)
    }

    /// The category that a short name in a filter means, such as `person` or `user`.
    #[must_use]
    pub fn category_named(text: &str) -> Option<&'static str> {
        match text.to_ascii_lowercase().as_str() {
            "person" | "user" | "organizationalperson" => Some("Person"),
            "computer" => Some("Computer"),
            "group" => Some("Group"),
            "organizationalunit" => Some("Organizational-Unit"),
            "container" => Some("Container"),
            "msds-passwordsettings" => Some("ms-DS-Password-Settings"),
            "msds-passwordsettingscontainer" => Some("ms-DS-Password-Settings-Container"),
            "domain" | "domaindns" => Some("Domain-DNS"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_found_by_its_name_in_any_case() {
        for attr in Attr::ALL {
            assert_eq!(Attr::named(attr.name()), Some(*attr));
            assert_eq!(Attr::named(&attr.name().to_uppercase()), Some(*attr));
        }
        assert_eq!(Attr::named("objectGUID;binary"), Some(Attr::ObjectGuid));
        assert_eq!(Attr::named("noSuchAttribute"), None);
    }

    #[test]
    fn the_most_special_class_wins() {
        let class = |names: &[&str]| Class::of_values(names.iter().map(|name| name.as_bytes()));
        assert_eq!(class(&["top", "person", "USER"]), Some(Class::User));
        assert_eq!(class(&["user", "computer"]), Some(Class::Computer));
        assert_eq!(class(&["top", "unknown"]), None);
    }
}
