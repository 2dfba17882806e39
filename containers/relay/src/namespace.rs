//! The namespace: which entities there are, and who may do what with them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use percent_encoding::percent_decode_str;
use protocol::ProtocolError;
use protocol::sas::SasToken;

use crate::config::{EntityConfig, RuleConfig};
use crate::{RelayConfig, RelayError, Right};

/// An entity's place in the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EntityId(pub(crate) usize);

/// All entities of one namespace. `Debug` shows no key.
#[derive(Debug)]
pub(crate) struct Namespace {
    host: String,
    entities: Vec<Entity>,
}

#[derive(Debug)]
pub(crate) struct Entity {
    segments: Vec<String>,
    pub(crate) requires_client_authorization: bool,
    rules: Vec<Rule>,
}

struct Rule {
    name: String,
    rights: Vec<Right>,
    files: Vec<PathBuf>,
    keys: RwLock<Vec<String>>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({}, {:?})", self.name, self.rights)
    }
}

/// Why a token does not open a door. The texts are those that clients' tests look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    Missing,
    Malformed,
    Signature,
    Expired,
    Scope,
    Right,
}

impl Denied {
    /// Whether the token itself is good, so that the answer is 403 and not 401.
    pub(crate) fn is_forbidden(self) -> bool {
        matches!(self, Self::Scope | Self::Right)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Missing => "MissingToken: the token is missing",
            Self::Malformed => "MalformedToken: the token is malformed",
            Self::Signature => "InvalidSignature: the token has an invalid signature",
            Self::Expired => "ExpiredToken: the token is expired",
            Self::Scope => "The token is for another resource",
            Self::Right => "The token does not carry the required claims",
        }
    }
}

impl Namespace {
    /// Reads the keys of all rules.
    ///
    /// # Errors
    /// [`RelayError`] when a key file cannot be read or a path is empty or given twice.
    pub(crate) fn load(config: &RelayConfig) -> Result<Self, RelayError> {
        let entities = config.entities.iter().map(Entity::load);
        let entities = entities.collect::<Result<Vec<_>, _>>()?;
        for (index, entity) in entities.iter().enumerate() {
            let twice = entities[..index].iter().any(|other| other.segments == entity.segments);
            if twice || entity.segments.is_empty() {
                let path = entity.segments.join("/");
                return Err(RelayError::Config(format!(
                    "the entity path `{path}` is empty or given twice"
                )));
            }
        }
        Ok(Self {
            host: config.host.clone(),
            entities,
        })
    }

    /// Takes all keys anew from their files; tells whether one changed that lets listeners in.
    pub(crate) fn reread(&self) -> bool {
        let rules = self.entities.iter().flat_map(|entity| &entity.rules);
        let listens = |rule: &Rule| rule.rights.iter().any(|right| *right != Right::Send);
        let changed = rules.map(|rule| (rule.reread(), listens(rule)));
        // Every rule is looked at: none may keep an old key because of what another did.
        changed.fold(false, |any, (changed, listens)| any | (changed && listens))
    }

    /// How many entities there are.
    pub(crate) fn len(&self) -> usize {
        self.entities.len()
    }

    /// The entity with the longest path that is a prefix of this one, segment by segment.
    pub(crate) fn find(&self, path: &str) -> Option<(EntityId, &Entity)> {
        let wanted: Vec<_> = segments(path).collect();
        let mut found: Option<(EntityId, &Entity)> = None;
        for (index, entity) in self.entities.iter().enumerate() {
            let longer = found.is_none_or(|(_, best)| entity.segments.len() > best.segments.len());
            if longer && wanted.starts_with(&entity.segments) {
                found = Some((EntityId(index), entity));
            }
        }
        found
    }

    /// Checks a token for a right on a path of an entity; answers when the token expires, in Unix seconds.
    ///
    /// # Errors
    /// [`Denied`], by the first rule that it breaks.
    pub(crate) fn authorize(
        &self,
        entity: EntityId,
        path: &str,
        token: Option<&str>,
        right: Right,
        now_unix_s: u64,
    ) -> Result<u64, Denied> {
        let token = SasToken::parse(token.ok_or(Denied::Missing)?).map_err(|_| Denied::Malformed)?;
        let rules = self.entities.get(entity.0).map_or(&[][..], |entity| &entity.rules);
        let rule = rules
            .iter()
            .find(|rule| rule.name == token.rule)
            .ok_or(Denied::Signature)?;
        let keys = rule.keys.read().unwrap_or_else(PoisonError::into_inner);
        let verified = token.verify(keys.iter().map(String::as_str), now_unix_s);
        verified.map_err(|error| match error {
            ProtocolError::TokenExpired(_) => Denied::Expired,
            _ => Denied::Signature,
        })?;
        if !token.covers(&self.host, &decode(path)) {
            return Err(Denied::Scope);
        }
        let allowed = rule.rights.contains(&right) || rule.rights.contains(&Right::Manage);
        allowed.then_some(token.expires).ok_or(Denied::Right)
    }
}

impl Entity {
    fn load(config: &EntityConfig) -> Result<Self, RelayError> {
        let rules = config.rules.iter().map(Rule::load);
        Ok(Self {
            segments: segments(&config.path).collect(),
            requires_client_authorization: config.requires_client_authorization,
            rules: rules.collect::<Result<_, _>>()?,
        })
    }
}

impl Rule {
    fn load(config: &RuleConfig) -> Result<Self, RelayError> {
        let files: Vec<PathBuf> = std::iter::once(&config.key_file)
            .chain(&config.secondary_key_file)
            .cloned()
            .collect();
        Ok(Self {
            name: config.name.clone(),
            rights: config.rights.clone(),
            keys: RwLock::new(read_all(&files)?),
            files,
        })
    }

    /// Takes the keys anew from their files; tells whether they are others. What cannot be read changes nothing.
    fn reread(&self) -> bool {
        let Ok(fresh) = read_all(&self.files) else {
            return false;
        };
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *keys != fresh;
        *keys = fresh;
        changed
    }
}

fn read_all(files: &[PathBuf]) -> Result<Vec<String>, RelayError> {
    files.iter().map(|file| read_secret(file)).collect()
}

/// The keys of all rules, as material for identifiers that nobody outside can guess.
pub(crate) fn key_material(namespace: &Namespace) -> String {
    let rules = namespace.entities.iter().flat_map(|entity| &entity.rules);
    let keys = rules.map(|rule| rule.keys.read().unwrap_or_else(PoisonError::into_inner).concat());
    keys.collect()
}

/// A secret out of its file, without the newline that editors add.
///
/// # Errors
/// [`RelayError::File`], or [`RelayError::Config`] when the file is empty.
pub(crate) fn read_secret(path: &Path) -> Result<String, RelayError> {
    let text = fs::read_to_string(path).map_err(|source| RelayError::File {
        path: path.to_owned(),
        source,
    })?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(RelayError::Config(format!("{} is empty", path.display())));
    }
    Ok(secret.to_owned())
}

fn segments(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(decode)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use protocol::sas;

    use super::*;

    const HOST: &str = "relay1.servicebus.wblab.test";

    fn entity(path: &str, rights: &[Right]) -> Entity {
        let rule = Rule {
            name: "rule".to_owned(),
            rights: rights.to_vec(),
            files: Vec::new(),
            keys: RwLock::new(vec!["primary".to_owned(), "secondary".to_owned()]),
        };
        Entity {
            segments: segments(path).collect(),
            requires_client_authorization: true,
            rules: vec![rule],
        }
    }

    fn namespace() -> Namespace {
        let entities = vec![
            entity("a", &[Right::Listen]),
            entity("a/b/c", &[Right::Send]),
            entity("m", &[Right::Manage]),
        ];
        Namespace {
            host: HOST.to_owned(),
            entities,
        }
    }

    #[test]
    fn the_longest_registered_prefix_wins() {
        let namespace = namespace();
        let index = |path| namespace.find(path).map(|(id, _)| id.0);
        assert_eq!(index("/a"), Some(0));
        assert_eq!(index("/a/b"), Some(0));
        assert_eq!(index("/a/b/c"), Some(1));
        assert_eq!(index("/a//b/%63/d/"), Some(1));
        assert_eq!(index("/ab"), None);
        assert_eq!(index("/"), None);
    }

    #[test]
    fn tokens_are_judged_by_the_first_rule_they_break() {
        let namespace = namespace();
        let check =
            |token: &str, entity, path, right| namespace.authorize(EntityId(entity), path, Some(token), right, 50);
        let sign = |resource: &str, rule, key, expires| sas::sign(&format!("http://{resource}"), rule, key, expires);
        let good = sign(HOST, "rule", "secondary", 100);
        assert_eq!(check(&good, 0, "/a/x", Right::Listen), Ok(100));
        assert_eq!(check(&good, 2, "/m", Right::Send), Ok(100));
        assert_eq!(check(&good, 0, "/a", Right::Send), Err(Denied::Right));
        assert_eq!(check("nonsense", 0, "/a", Right::Listen), Err(Denied::Malformed));
        for wrong in [sign(HOST, "rule", "other", 100), sign(HOST, "unknown", "primary", 100)] {
            assert_eq!(check(&wrong, 0, "/a", Right::Listen), Err(Denied::Signature));
        }
        assert_eq!(
            check(&sign(HOST, "rule", "primary", 50), 0, "/a", Right::Listen),
            Err(Denied::Expired)
        );
        let scoped = sign(&format!("{HOST}/a/"), "rule", "primary", 100);
        assert_eq!(check(&scoped, 0, "/a", Right::Listen), Ok(100));
        assert_eq!(check(&scoped, 2, "/m", Right::Listen), Err(Denied::Scope));
        assert_eq!(
            namespace.authorize(EntityId(0), "/a", None, Right::Listen, 50),
            Err(Denied::Missing)
        );
    }
}
