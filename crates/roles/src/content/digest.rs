//! The name of a piece of content: what its bytes are, and nothing else. It
//! comes from outside and becomes a path, so only what it may look like gets
//! through.

use std::fmt;
use std::str::FromStr;

use trust::hex;

use crate::problem::Refusal;

/// BLAKE3 of a piece of content; 64 lower-case hexadecimal digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl FromStr for Digest {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        // One spelling, so that one piece of content has one name.
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        hex::decode(text).filter(|_| lower).map(Self).ok_or_else(|| {
            let message = "a digest is 64 lower-case hexadecimal digits (BLAKE3)";
            Refusal::bad("digest-malformed", message, "`b3sum FILE` prints it")
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn digests_are_64_lower_case_digits() {
        let digest = Digest(*blake3::hash(b"x").as_bytes());
        assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
        let upper = digest.to_string().to_uppercase();
        for wrong in ["", "ab", "../../etc/passwd", upper.as_str(), &"é".repeat(32)] {
            let refusal = wrong.parse::<Digest>().unwrap_err();
            assert_eq!(refusal.problem.code, "digest-malformed");
        }
    }
}
