//! What two manifests have different that may be why their numbers are.

use std::collections::{BTreeMap, BTreeSet};

use history::Manifest;

/// Something that is different in the second of two manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// What it is: `version of wblab`, `image samba-ad`, `kernel`.
    pub what: String,
    /// What it was; empty where there was none.
    pub before: String,
    /// What it is now; empty where there is none.
    pub after: String,
}

/// Everything that a run's numbers may depend on and its group does not fix.
pub(super) fn differs(before: &Manifest, after: &Manifest) -> Vec<Differs> {
    let (before, after) = (facts(before), facts(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let one = |name: &&String| {
        let value = |of: &BTreeMap<String, String>| of.get(*name).cloned().unwrap_or_default();
        Differs {
            what: (*name).clone(),
            before: value(&before),
            after: value(&after),
        }
    };
    names
        .iter()
        .map(one)
        .filter(|differs| differs.before != differs.after)
        .collect()
}

fn facts(manifest: &Manifest) -> BTreeMap<String, String> {
    let host = &manifest.host;
    let mut facts = BTreeMap::from([
        ("kernel".to_owned(), host.kernel.clone()),
        ("memory".to_owned(), format!("{} MiB", host.memory_mib)),
        ("seed".to_owned(), manifest.seed.to_string()),
        ("plan".to_owned(), manifest.plan_hash.clone()),
    ]);
    let named = |what: &'static str, of: &BTreeMap<String, String>| {
        let of = of.iter();
        of.map(move |(name, value)| (format!("{what} {name}"), value.clone()))
            .collect::<Vec<_>>()
    };
    facts.extend(named("version of", &manifest.versions));
    facts.extend(named("image", &manifest.image_digests));
    for sheet in &manifest.capabilities {
        let told = sheet.facts.iter();
        facts.extend(told.map(|(name, value)| (format!("{} of {}", name, sheet.dc), value.clone())));
    }
    facts
}
