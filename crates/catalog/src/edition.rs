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

    /// Those of Microsoft's articles.
    pub const MICROSOFT: [Self; 3] = [Self::V1802, Self::V2002, Self::V2006];

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
    /// None: what stands in an article that is no edition.
    pub const NONE: Self = Self(0);
    pub const V1802: Self = Self(Edition::V1802.bit());
    /// The two texts of 2020, which agree in every row.
    pub const SINCE_2002: Self = Self(Edition::V2002.bit() | Edition::V2006.bit());
    /// All three of Microsoft's.
    pub const MICROSOFT: Self = Self::V1802.and(Self::SINCE_2002);
    pub const PORTOLAN: Self = Self(Edition::Portolan.bit());
    /// Declared in ours, but not served by this version: listed and explained,
    /// never planned, opened or dialled.
    pub const LATER: Self = Self(1 << 7);

    /// Both sets together.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is in force in this edition.
    pub fn contains(self, edition: Edition) -> bool {
        self.0 & edition.bit() != 0
    }

    /// Whether it is written in this edition, in force or not.
    pub fn declares(self, edition: Edition) -> bool {
        self.contains(edition) || (edition == Edition::Portolan && self.0 & Self::LATER.0 != 0)
    }

    /// Whether any edition is in both.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
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
        let both = Editions::SINCE_2002.and(Editions::LATER);
        assert_eq!(Edition::ALL.map(|one| both.contains(one)), [false, true, true, false]);
        assert_eq!(Edition::ALL.map(|one| both.declares(one)), [false, true, true, true]);
    }
}
