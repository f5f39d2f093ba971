//! The name of a piece of content: what its bytes are, and nothing else. It
//! comes from outside and becomes a path, so only what it may look like gets
//! through.

use std::fmt;
use std::str::FromStr;

use crate::problem::Refusal;

/// BLAKE3 of a piece of content; 64 lower-case hexadecimal digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let malformed = || {
            let message = "a digest is 64 lower-case hexadecimal digits (BLAKE3)";
            Refusal::bad("digest-malformed", message, "")
        };
        let mut digest = [0; 32];
        if text.len() != 64 {
            return Err(malformed());
        }
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let &[high, low] = pair else { return Err(malformed()) };
            *byte = nibble(high).zip(nibble(low)).map(|(h, l)| h << 4 | l).ok_or_else(malformed)?;
        }
        Ok(Self(digest))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
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
