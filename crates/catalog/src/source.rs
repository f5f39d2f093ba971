//! Where it is written: every row can be checked against a text.
//!
//! The seeds are five articles, known by short names ([`ARTICLES`]). Three of
//! them are editions of the catalog; the other two belong to none. What is wrong
//! in them is shown by other documents: RFCs, Microsoft's other articles, and
//! the reports of readers.

use std::fmt;

use crate::edition::Edition;

/// A place in a document. Our own rows cite `ARCHITECTURE.md`, the platform's
/// cite RFCs; never a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The document's short name: `ARCHITECTURE.md`, `RFC 1035`, `ports-2006`.
    pub document: &'static str,
    /// The section's anchor: `#the-http-host`, `#section-4.2`.
    pub anchor: &'static str,
}

/// One of the five articles.
#[derive(Debug)]
#[non_exhaustive]
pub struct Article {
    /// The name by which rows cite it.
    pub name: &'static str,
    /// Its title, in English.
    pub title: &'static str,
    /// The date that the article gives itself; of a translation that differs in
    /// nothing else, the translation's.
    pub date: &'static str,
    /// The edition that it is, where it is one.
    pub edition: Option<Edition>,
}

pub static ARTICLES: &[&Article] = &[
    &Article {
        name: "ports-1802",
        title: "Ports used in System Center Configuration Manager",
        date: "2018-02-16",
        edition: Some(Edition::V1802),
    },
    &Article {
        name: "ports-2002",
        title: "Ports used in Configuration Manager",
        date: "2020-04-29",
        edition: Some(Edition::V2002),
    },
    &Article {
        name: "ports-2006",
        title: "Ports used in Configuration Manager",
        date: "2020-04-29, translated 2020-08-20",
        edition: Some(Edition::V2006),
    },
    &Article {
        name: "client-firewall",
        title: "Windows Firewall and port settings for clients in Configuration Manager",
        date: "2016-10-06",
        edition: None,
    },
    &Article {
        name: "client-ports",
        title: "How to configure client communication ports in System Center Configuration Manager",
        date: "2017-04-23",
        edition: None,
    },
];

/// What else may be cited, beside the articles, `ARCHITECTURE.md` and RFCs:
/// Microsoft's other articles, and the lists in which readers reported mistakes.
pub const OTHERS: &[&str] = &[
    "about-client-settings",
    "plan-cloud-management-gateway",
    "site-system-roles",
    "windows-service-overview",
    "sccmdocs",
    "memdocs",
];

impl Source {
    pub(crate) const fn ours(anchor: &'static str) -> Self {
        Self { document: "ARCHITECTURE.md", anchor }
    }

    pub(crate) const fn rfc(document: &'static str, anchor: &'static str) -> Self {
        Self { document, anchor }
    }

    pub(crate) const fn ports_1802(anchor: &'static str) -> Self {
        Self { document: "ports-1802", anchor }
    }

    pub(crate) const fn ports_2006(anchor: &'static str) -> Self {
        Self { document: "ports-2006", anchor }
    }

    pub(crate) const fn client_firewall(anchor: &'static str) -> Self {
        Self { document: "client-firewall", anchor }
    }

    pub(crate) const fn client_ports(anchor: &'static str) -> Self {
        Self { document: "client-ports", anchor }
    }

    /// Another document, named in [`OTHERS`].
    pub(crate) const fn other(document: &'static str, anchor: &'static str) -> Self {
        Self { document, anchor }
    }

    /// Whether an estate of this edition can cite it: an edition's own article,
    /// what is ours for ours, and for Microsoft's what belongs to no edition.
    pub fn speaks_for(&self, edition: Edition) -> bool {
        match ARTICLES.iter().find(|article| article.name == self.document) {
            Some(Article { edition: Some(own), .. }) => *own == edition,
            Some(_) => edition != Edition::Portolan,
            None if self.document == "ARCHITECTURE.md" => edition == Edition::Portolan,
            None => true,
        }
    }

    /// The article, where it is one of the five.
    pub fn article(&self) -> Option<&'static Article> {
        ARTICLES.iter().copied().find(|article| article.name == self.document)
    }
}

/// The same anchor in all three port articles.
pub(crate) const fn in_all(anchor: &'static str) -> [Source; 3] {
    [Source::ports_1802(anchor), in_2020(anchor)[0], in_2020(anchor)[1]]
}

/// The same anchor in both texts of 2020.
pub(crate) const fn in_2020(anchor: &'static str) -> [Source; 2] {
    [Source { document: "ports-2002", anchor }, Source::ports_2006(anchor)]
}

/// An anchor of all three, and where ours is argued.
pub(crate) const fn in_all_and_ours(anchor: &'static str, ours: &'static str) -> [Source; 4] {
    [Source::ports_1802(anchor), in_2020(anchor)[0], in_2020(anchor)[1], Source::ours(ours)]
}

/// One of the six notes: a list in 1802, sections of their own in 2020.
pub(crate) const fn note_in_all(anchor: &'static str) -> [Source; 3] {
    [Source::ports_1802("#BKMY_PortNotes"), in_2020(anchor)[0], in_2020(anchor)[1]]
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.document, self.anchor)
    }
}
