//! What a probe is: a name, one sentence, and steps with what each is expected to give.

use ldap3::Scope;

/// What a probe is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Simple binds and the sub-codes of their refusals.
    Binds,
    /// Passwords set without knowing the old one.
    Resets,
    /// Passwords changed by proving the old one.
    Changes,
    /// Password policies, fine-grained ones among them.
    Policies,
    /// Locks, and how they end.
    Lockouts,
    /// What delegated and ordinary accounts may do.
    Rights,
    /// Searches and their filters.
    Searches,
    /// Request controls, paging among them.
    Controls,
    /// What the directory says of itself.
    RootDse,
    /// Adds, modifies, deletes, renames, and how they are refused.
    Entries,
    /// What attributes mean and when they move.
    Attributes,
}

impl Group {
    /// Every group, in the order in which they run.
    pub const ALL: [Self; 11] = [
        Self::Binds,
        Self::Resets,
        Self::Changes,
        Self::Policies,
        Self::Lockouts,
        Self::Rights,
        Self::Searches,
        Self::Controls,
        Self::RootDse,
        Self::Entries,
        Self::Attributes,
    ];

    /// The name, as the command line takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binds => "binds",
            Self::Resets => "resets",
            Self::Changes => "changes",
            Self::Policies => "policies",
            Self::Lockouts => "lockouts",
            Self::Rights => "rights",
            Self::Searches => "searches",
            Self::Controls => "controls",
            Self::RootDse => "rootdse",
            Self::Entries => "entries",
            Self::Attributes => "attributes",
        }
    }

    /// The group of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The domain's administrator.
    Admin,
    /// The probe's person, who has signed in.
    Person,
    /// The account with the delegated rights.
    Agent,
    /// Somebody who has not bound.
    Stranger,
}

/// Text with words in braces, such as `{person}`, that each probe fills with its own.
pub(super) type Text = &'static str;

/// Attributes with one value each.
pub(super) type Pairs = &'static [(Text, Text)];

/// One change of a modify.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Add(Text, &'static [Text]),
    Delete(Text, &'static [Text]),
    Replace(Text, &'static [Text]),
}

/// A request control.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extra {
    pub oid: Text,
    pub critical: bool,
    pub value: Option<&'static [u8]>,
}

/// LDAP_SERVER_POLICY_HINTS_OID with flag 1 (MS-ADTS 3.1.1.3.4.1.27): a reset obeys history and minimum age.
pub(super) const HINTS: Extra = Extra {
    oid: "1.2.840.113556.1.4.2239",
    critical: true,
    value: Some(&[0x30, 3, 2, 1, 1]),
};
/// The same under the deprecated identifier, which is the one that Entra Connect looks for.
pub(super) const HINTS_DEPRECATED: Extra = Extra {
    oid: "1.2.840.113556.1.4.2066",
    ..HINTS
};
/// LDAP_SERVER_TREE_DELETE_OID (MS-ADTS 3.1.1.3.4.1.15).
pub(super) const TREE_DELETE: Extra = Extra {
    oid: "1.2.840.113556.1.4.805",
    critical: true,
    value: None,
};

/// A search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    pub base: Text,
    pub scope: Scope,
    pub filter: Text,
    pub limit: i32,
    pub extra: Option<Extra>,
}

/// One thing done to the directory.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// A person made anew, who becomes `{person}`.
    Person { below: Text, more: Pairs, lax: bool },
    /// A fine-grained policy that becomes a word.
    Policy {
        name: Text,
        settings: Pairs,
        applies: &'static [Text],
    },
    /// A bind that proves something and is used for nothing else.
    Bind { name: Text, password: Text },
    /// The person's own connection.
    SignIn { password: Text },
    /// A bind on the person's own connection.
    SignInAgain { password: Text },
    /// A modify.
    Modify {
        by: By,
        dn: Text,
        changes: &'static [Change],
        extra: Option<Extra>,
    },
    /// `replace: unicodePwd`.
    Reset {
        by: By,
        dn: Text,
        password: Text,
        extra: Option<Extra>,
    },
    /// `delete` and `add` of `unicodePwd` in one modify.
    Change { by: By, dn: Text, old: Text, new: Text },
    /// An add.
    Add { by: By, dn: Text, attributes: Pairs },
    /// A delete.
    Delete { by: By, dn: Text, extra: Option<Extra> },
    /// A rename, and a move where there is a new superior.
    Rename {
        by: By,
        dn: Text,
        rdn: Text,
        superior: Option<Text>,
    },
    /// A comparison.
    Compare {
        by: By,
        dn: Text,
        attribute: Text,
        value: Text,
    },
    /// Views of attributes of one entry.
    Read { by: By, dn: Text, views: &'static [Text] },
    /// The names of what is found.
    Search { by: By, search: Search },
    /// The sizes of the pages in which it is found.
    Pages { by: By, base: Text, size: i32 },
    /// Attributes remembered.
    Mark { dn: Text, attributes: &'static [Text] },
    /// How they moved since.
    Since { dn: Text, attributes: &'static [Text] },
    /// Seconds that pass on the directory's own clock.
    Pass { seconds: u32 },
    /// Who a connection speaks for.
    WhoAmI { by: By },
}

impl Act {
    /// What it is called where a step that should just work did not.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Person { .. } => "person",
            Self::Policy { .. } => "policy",
            Self::Bind { .. } => "bind",
            Self::SignIn { .. } | Self::SignInAgain { .. } => "sign in",
            Self::Modify { .. } => "modify",
            Self::Reset { .. } => "reset",
            Self::Change { .. } => "change",
            Self::Add { .. } => "add",
            Self::Delete { .. } => "delete",
            Self::Rename { .. } => "rename",
            Self::Compare { .. } => "compare",
            Self::Read { .. } => "read",
            Self::Search { .. } | Self::Pages { .. } => "search",
            Self::Mark { .. } | Self::Since { .. } => "metadata",
            Self::Pass { .. } => "clock",
            Self::WhoAmI { .. } => "who am I",
        }
    }
}

/// What a step must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It prepares the probe: it works, or the probe ends.
    Works,
    /// Nothing depends on it.
    Anything,
    /// This, in the normal form.
    Gives(Text),
    /// This, before long.
    Until(Text),
}

/// An act with what it must give.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub act: Act,
    pub wanted: Wanted,
}

/// One probe.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    /// Its name, which differs from all others.
    pub name: Text,
    /// One sentence: what it shows.
    pub shows: Text,
    /// Where that is documented.
    pub source: Text,
    pub steps: Vec<Step>,
}

/// Begins a probe.
pub(super) fn probe(name: Text, shows: Text, source: Text) -> Probe {
    Probe {
        name,
        shows,
        source,
        steps: Vec::new(),
    }
}

impl Probe {
    /// Whether it needs the account with the delegated rights.
    pub fn needs_agent(&self) -> bool {
        self.steps.iter().any(|step| step.act.by() == Some(By::Agent))
    }

    /// What the steps are expected to give, in the normal form.
    pub fn expected(&self) -> Vec<Text> {
        let shown = |step: &Step| match step.wanted {
            Wanted::Gives(text) | Wanted::Until(text) => Some(text),
            Wanted::Works | Wanted::Anything => None,
        };
        self.steps.iter().filter_map(shown).collect()
    }

    fn then(mut self, act: Act) -> Self {
        self.steps.push(Step {
            act,
            wanted: Wanted::Works,
        });
        self
    }

    fn want(mut self, wanted: Wanted) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.wanted = wanted;
        }
        self
    }

    /// The last step gives this.
    pub fn gives(self, expected: Text) -> Self {
        self.want(Wanted::Gives(expected))
    }

    /// The last step, asked again and again, comes to give this.
    pub fn until(self, expected: Text) -> Self {
        self.want(Wanted::Until(expected))
    }

    /// The last step may give whatever it likes.
    pub fn anyway(self) -> Self {
        self.want(Wanted::Anything)
    }

    /// A person with the password `{first}` under the lax policy.
    pub fn person(self) -> Self {
        self.person_with(&[])
    }

    /// The same with further attributes.
    pub fn person_with(self, more: Pairs) -> Self {
        self.then(Act::Person {
            below: "{unit}",
            more,
            lax: true,
        })
    }

    /// The same in another unit.
    pub fn person_in(self, below: Text) -> Self {
        self.then(Act::Person {
            below,
            more: &[],
            lax: true,
        })
    }

    /// A person whom no fine-grained policy touches.
    pub fn plain_person(self) -> Self {
        self.then(Act::Person {
            below: "{unit}",
            more: &[],
            lax: false,
        })
    }

    /// A fine-grained policy: the lax one but for these settings.
    pub fn policy(self, name: Text, settings: Pairs, applies: &'static [Text]) -> Self {
        self.then(Act::Policy {
            name,
            settings,
            applies,
        })
    }

    pub fn bind(self, name: Text, password: Text) -> Self {
        self.then(Act::Bind { name, password })
    }

    pub fn sign_in(self, password: Text) -> Self {
        self.then(Act::SignIn { password })
    }

    pub fn sign_in_again(self, password: Text) -> Self {
        self.then(Act::SignInAgain { password })
    }

    pub fn modify(self, by: By, dn: Text, changes: &'static [Change]) -> Self {
        self.then(Act::Modify {
            by,
            dn,
            changes,
            extra: None,
        })
    }

    pub fn modify_with(self, by: By, dn: Text, changes: &'static [Change], extra: Extra) -> Self {
        self.then(Act::Modify {
            by,
            dn,
            changes,
            extra: Some(extra),
        })
    }

    pub fn reset(self, by: By, dn: Text, password: Text) -> Self {
        self.then(Act::Reset {
            by,
            dn,
            password,
            extra: None,
        })
    }

    pub fn reset_with(self, by: By, dn: Text, password: Text, extra: Extra) -> Self {
        self.then(Act::Reset {
            by,
            dn,
            password,
            extra: Some(extra),
        })
    }

    pub fn change(self, by: By, dn: Text, old: Text, new: Text) -> Self {
        self.then(Act::Change { by, dn, old, new })
    }

    pub fn add(self, by: By, dn: Text, attributes: Pairs) -> Self {
        self.then(Act::Add { by, dn, attributes })
    }

    pub fn delete(self, by: By, dn: Text) -> Self {
        self.then(Act::Delete { by, dn, extra: None })
    }

    pub fn delete_with(self, by: By, dn: Text, extra: Extra) -> Self {
        self.then(Act::Delete {
            by,
            dn,
            extra: Some(extra),
        })
    }

    pub fn rename(self, by: By, dn: Text, rdn: Text, superior: Option<Text>) -> Self {
        self.then(Act::Rename { by, dn, rdn, superior })
    }

    pub fn compare(self, by: By, dn: Text, attribute: Text, value: Text) -> Self {
        self.then(Act::Compare {
            by,
            dn,
            attribute,
            value,
        })
    }

    pub fn read(self, by: By, dn: Text, views: &'static [Text]) -> Self {
        self.then(Act::Read { by, dn, views })
    }

    pub fn search(self, by: By, base: Text, scope: Scope, filter: Text) -> Self {
        self.search_for(
            by,
            Search {
                base,
                scope,
                filter,
                limit: 0,
                extra: None,
            },
        )
    }

    pub fn search_for(self, by: By, search: Search) -> Self {
        self.then(Act::Search { by, search })
    }

    pub fn pages(self, by: By, base: Text, size: i32) -> Self {
        self.then(Act::Pages { by, base, size })
    }

    pub fn mark(self, dn: Text, attributes: &'static [Text]) -> Self {
        self.then(Act::Mark { dn, attributes })
    }

    pub fn since(self, dn: Text, attributes: &'static [Text]) -> Self {
        self.then(Act::Since { dn, attributes })
    }

    /// As many ticks of the directory's clock in seconds: at least one second less has passed.
    pub fn let_pass(self, seconds: u32) -> Self {
        self.then(Act::Pass { seconds })
    }

    pub fn who_am_i(self, by: By) -> Self {
        self.then(Act::WhoAmI { by })
    }

    /// An organizational unit without anything in it.
    pub fn unit(self, dn: Text) -> Self {
        self.add(By::Admin, dn, &[("objectClass", "organizationalUnit")])
    }
}

impl Act {
    fn by(&self) -> Option<By> {
        match self {
            Self::Modify { by, .. }
            | Self::Reset { by, .. }
            | Self::Change { by, .. }
            | Self::Add { by, .. }
            | Self::Delete { by, .. }
            | Self::Rename { by, .. }
            | Self::Compare { by, .. }
            | Self::Read { by, .. }
            | Self::Search { by, .. }
            | Self::Pages { by, .. }
            | Self::WhoAmI { by } => Some(*by),
            _ => None,
        }
    }
}
