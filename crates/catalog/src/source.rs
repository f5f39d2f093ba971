//! Where it is written: every row can be checked against a text.

use std::fmt;

/// A place in a document. Our own rows cite `ARCHITECTURE.md`, the platform's
/// cite RFCs; never a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The document's short name: `ARCHITECTURE.md`, `RFC 1035`.
    pub document: &'static str,
    /// The section's anchor: `#the-http-host`, `#section-4.2`.
    pub anchor: &'static str,
}

impl Source {
    pub(crate) const fn ours(anchor: &'static str) -> Self {
        Self { document: "ARCHITECTURE.md", anchor }
    }

    pub(crate) const fn rfc(document: &'static str, anchor: &'static str) -> Self {
        Self { document, anchor }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.document, self.anchor)
    }
}
