//! Enrolment tokens: 256 random bits that let a machine become a client. The
//! site keeps only the hash, so that a copy of its database lets nobody in.

use std::fmt;

use crate::fingerprint::{same, sha256};
use crate::hex;
use crate::key::KeyError;

/// An enrolment token. Secret.
#[derive(Clone)]
pub struct Token([u8; 32]);

/// A text that is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token is `ptk_` and 64 hexadecimal digits; copy it whole, as `portolan token create` printed it"
)]
pub struct BadToken;

impl Token {
    /// A new token.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeyError::Random)?;
        Ok(Self(bytes))
    }

    /// A token as a person or a file gave it; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        text.trim().strip_prefix("ptk_").and_then(hex::decode).map(Self).ok_or(BadToken)
    }

    /// `ptk_` and 64 digits. Secret.
    pub fn text(&self) -> String {
        format!("ptk_{}", hex::encode(&self.0))
    }

    /// SHA-256, which is what a site stores and looks up. A plain hash will
    /// do: there is nothing to guess in 256 random bits.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }

    /// Whether this is the token of a stored hash. Constant time.
    pub fn matches(&self, hash: &[u8; 32]) -> bool {
        same(&self.hash(), hash)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(secret)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_and_only_it() {
        let (token, other) = (Token::generate().unwrap(), Token::generate().unwrap());
        let read = Token::parse(&format!(" {}\n", token.text())).unwrap();
        assert!(read.matches(&token.hash()) && !other.matches(&token.hash()));
        assert_eq!(token.text().len(), 68);
        assert!(!format!("{token:?}").contains(&token.text()));
        for wrong in ["", "ptk_", "ptk_00", &token.text().replace("ptk", "tok"), "ptk_é"] {
            assert_eq!(Token::parse(wrong).err(), Some(BadToken), "{wrong}");
        }
    }
}
