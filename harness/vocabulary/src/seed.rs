//! One seed, a tree of named streams.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// A node of the seed tree. Children are named, so adding one never shifts another's dice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The root of the tree for a run's seed number.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Sha256::digest([b"wblab seed v1".as_slice(), &seed.to_be_bytes()].concat()).into())
    }

    /// The child of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name.as_bytes());
        Self(hash.finalize().into())
    }

    /// The numbered child of that name.
    #[must_use]
    pub fn nth(&self, name: &str, index: u64) -> Self {
        self.child(name).child(&index.to_string())
    }

    /// The dice of this node.
    #[must_use]
    pub fn rng(&self) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.0)
    }

    /// The node's own bytes, as key material for lab secrets that must replay.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A UUID of this node: version 8 (RFC 9562), custom and repeatable.
    #[must_use]
    pub fn uuid(&self) -> uuid::Uuid {
        let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.0;
        uuid::Builder::from_custom_bytes(head).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_differ_by_name_and_by_number() {
        let root = Seed::new(42);
        assert_ne!(root.child("people"), root.child("arrivals"));
        assert_ne!(root.nth("person", 1), root.nth("person", 11));
        assert_ne!(Seed::new(1), Seed::new(2));
        assert_eq!(root.child("a").uuid().get_version_num(), 8);
    }
}
