//! The fingerprint that pins a site: SHA-256 of the root's public key, whole.
//! It stands in every install command, so it must be one word that a person
//! can compare, and it is never shortened.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

use crate::hex;

/// SHA-256 of an Ed25519 public key (its 32 raw bytes).
///
/// Written `sha256:` and 64 hexadecimal digits. Comparing takes the same time
/// wherever the difference is.
#[derive(Clone, Copy, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a public key.
    pub fn of(public_key: &[u8]) -> Self {
        Self(sha256(public_key))
    }
}

/// SHA-256 of anything.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// Whether two secrets, or hashes of secrets, are one. Constant time.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl std::hash::Hash for Fingerprint {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFingerprint {
    #[error("a fingerprint starts with `sha256:`; copy it whole, as it stands in the invitation")]
    Prefix,
    #[error(
        "a fingerprint has 64 hexadecimal digits after `sha256:`, and this has {found} characters; copy it whole"
    )]
    Length { found: usize },
    #[error("a fingerprint has only hexadecimal digits after `sha256:`")]
    Digit,
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("sha256:").ok_or(BadFingerprint::Prefix)?;
        let found = digits.chars().count();
        if found != 64 {
            return Err(BadFingerprint::Length { found });
        }
        hex::decode(digits).map(Self).ok_or(BadFingerprint::Digit)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn text_comes_back_and_a_cut_one_says_so() {
        let print = Fingerprint::of(b"abc");
        let text = print.to_string();
        // FIPS 180-2, B.1.
        assert_eq!(text, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(text.parse(), Ok(print));
        assert_eq!(text.to_uppercase().parse::<Fingerprint>(), Err(BadFingerprint::Prefix));
        let cut = text.get(..40).unwrap();
        assert_eq!(cut.parse::<Fingerprint>(), Err(BadFingerprint::Length { found: 33 }));
        let wrong = text.replace('b', "g");
        assert_eq!(wrong.parse::<Fingerprint>(), Err(BadFingerprint::Digit));
    }
}
