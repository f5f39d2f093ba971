//! Editions of the catalog: three of Microsoft's port articles, and ours.
//!
//! A row says in which editions it stands, so that one list serves all of them
//! and two editions can be compared.

use std::fmt;

/// One edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    V1802,
    V2002,
    V2006,
    Portolan,
}

impl Edition {
    /// All of them, oldest first, ours last.
    pub const ALL: [Self; 4] = [Self::V1802, Self::V2002, Self::V2006, Self::Portolan];

    /// As a site file and the command line write it.
    pub fn slug(self) -> &'static str {
        match self {
            Self::V1802 => "1802",
            Self::V2002 => "2002",
            Self::V2006 => "2006",
            Self::Portolan => "portolan",
        }
    }

    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|edition| edition.slug() == slug)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// A set of editions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Editions(u8);

impl Editions {
    pub const PORTOLAN: Self = Self(Edition::Portolan.bit());

    pub fn contains(self, edition: Edition) -> bool {
        self.0 & edition.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_come_back() {
        for edition in Edition::ALL {
            assert_eq!(Edition::parse(edition.slug()), Some(edition));
        }
        assert_eq!(Edition::parse("1803"), None);
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let inside = Edition::ALL.map(|edition| Editions::PORTOLAN.contains(edition));
        assert_eq!(inside, [false, false, false, true]);
    }
}
