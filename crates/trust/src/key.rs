//! Keys that sign documents and identify devices: Ed25519, nothing else. One
//! algorithm leaves nothing to negotiate and nothing to downgrade.
//!
//! A private key leaves as PKCS #8 bytes; who writes them to a file sees to it
//! that nobody else can read them.

use std::fmt;

use aws_lc_rs::rand;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::Fingerprint;
use crate::hex;

/// A key could not be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the system's source of randomness failed, so no key was made")]
    Random,
    #[error("these bytes are no Ed25519 private key in PKCS #8")]
    Pkcs8,
    #[error("a recovery key is `prk-` and 8 groups of 8 hexadecimal digits")]
    Recovery,
}

/// An Ed25519 public key: 32 raw bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// SHA-256 of the key.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }

    /// Whether `signature` over `message` was made with this key's private half.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(&self.0))
    }
}

/// An Ed25519 private key.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    pkcs8: Vec<u8>,
}

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&rand::SystemRandom::new())
            .map_err(|_| KeyError::Random)?;
        Self::from_pkcs8(document.as_ref())
    }

    /// A key that was kept.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| KeyError::Pkcs8)?;
        Ok(Self { pair, pkcs8: pkcs8.to_vec() })
    }

    /// The private key, to be kept. Secret.
    pub fn to_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        public_half(&self.pair)
    }

    /// 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    /// The public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public()).finish_non_exhaustive()
    }
}

fn public_half(pair: &Ed25519KeyPair) -> PublicKey {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(pair.public_key().as_ref()) {
        *to = *from;
    }
    PublicKey(key)
}

/// The key that can replace the root. Made with the site, shown
/// to a person once, and not needed until the day it is. It is a signing key
/// written as text; clients pin its fingerprint from the service map.
pub struct Recovery {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl Recovery {
    /// A new recovery key.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        rand::fill(&mut seed).map_err(|_| KeyError::Random)?;
        Self::from_seed(seed)
    }

    /// A recovery key as a person typed it: dashes, spaces and the case of
    /// digits do not matter.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let digits: String = text
            .strip_prefix("prk-")
            .ok_or(KeyError::Recovery)?
            .chars()
            .filter(|c| *c != '-' && !c.is_whitespace())
            .collect();
        Self::from_seed(hex::decode(&digits).ok_or(KeyError::Recovery)?)
    }

    /// `prk-` and 8 groups of 8 digits, to be written down. Secret.
    pub fn text(&self) -> String {
        let groups: Vec<String> = self.seed.chunks(4).map(hex::encode).collect();
        format!("prk-{}", groups.join("-"))
    }

    /// What service maps pin.
    pub fn hash(&self) -> Fingerprint {
        public_half(&self.pair).fingerprint()
    }

    fn from_seed(seed: [u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyError::Recovery)?;
        Ok(Self { seed, pair })
    }
}

impl fmt::Debug for Recovery {
    /// The hash only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recovery({})", self.hash())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_kept_key_signs_for_the_same_public_half() {
        let key = SigningKey::generate().unwrap();
        let kept = SigningKey::from_pkcs8(key.to_pkcs8()).unwrap();
        assert_eq!(kept.public(), key.public());
        assert!(key.public().verifies(b"yes", &kept.sign(b"yes")));
        assert!(!key.public().verifies(b"no", &kept.sign(b"yes")));
        assert!(matches!(SigningKey::from_pkcs8(b"nonsense"), Err(KeyError::Pkcs8)));
    }

    #[test]
    fn a_recovery_key_survives_paper() {
        let key = Recovery::generate().unwrap();
        let text = key.text();
        assert_eq!(text.len(), 75);
        for copy in [text.clone(), text.replace('-', " ").replacen(' ', "-", 1)] {
            assert_eq!(Recovery::parse(&copy).unwrap().hash(), key.hash(), "{copy}");
        }
        assert!(Recovery::parse(text.get(..70).unwrap()).is_err());
        assert!(!format!("{key:?}").contains(&text));
    }
}
