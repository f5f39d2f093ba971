//! What is known of rows and does not fit into one: conditions, cases, and what a
//! reader of the tables alone would miss.

pub mod clients;
pub mod clouds;
pub mod databases;
pub mod sites;

use crate::about::About;
use crate::edition::Editions;
use crate::source::Source;

/// One remark.
#[derive(Debug)]
#[non_exhaustive]
pub struct Remark {
    pub about: &'static [About],
    pub text: &'static str,
    /// The editions whose text says so; none where it is one of the two articles
    /// about clients.
    pub editions: Editions,
    pub source: &'static [Source],
}

impl Remark {
    pub(crate) const fn new(about: &'static [About], text: &'static str) -> Self {
        Self { about, text, editions: Editions::MICROSOFT, source: &[] }
    }
}

/// The remarks by subject, one file each.
pub static SUBJECTS: [(&str, &[Remark]); 4] = [
    ("Clients", clients::REMARKS),
    ("Clouds and the internet", clouds::REMARKS),
    ("Databases", databases::REMARKS),
    ("The site's own hosts", sites::REMARKS),
];

/// Every remark, file after file.
pub fn all() -> impl Iterator<Item = &'static Remark> {
    SUBJECTS.iter().flat_map(|(_, remarks)| *remarks)
}
