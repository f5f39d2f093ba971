//! What can stand in a site file, as a value: each table with its keys, what each
//! may hold, and a sentence for people. Editors get it as a JSON Schema.
//!
//! It stands beside the reader and takes every list that the reader takes: roles,
//! services, features and alternatives from the catalog, kinds of findings from
//! the lint. Keys that stand in no list are written here a second time; a test
//! asks the reader for every one of them ([`tests`]). One value describes all
//! editions together; what is only in some of them says so in its sentence.

mod tables;
#[cfg(test)]
mod tests;

/// What may stand behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// These keys, and no others.
    Table(Vec<Key>),
    /// Any number of tables, each under a name of its own.
    Named(Text, Box<Self>),
    Text(Text),
    /// One of a few texts.
    Word(Vec<Word>),
    Boolean,
    /// A number from 1 to 65535.
    Port,
    List(Box<Self>),
    /// Any of these.
    Either(Vec<Self>),
}

/// One key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: &'static str,
    /// What it means, for people.
    pub sentence: String,
    /// Whether the table is wrong without it.
    pub must: bool,
    pub form: Form,
}

/// One of the texts that a key can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub word: &'static str,
    pub sentence: String,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    Any,
    /// The code of a site: `P01`.
    Code,
    /// The name of something that has a table of its own: `branch-7`.
    Key,
    /// `keel.example.org`.
    Dns,
    /// `10.1.0.10`.
    Address,
    /// `10.7.0.0/16`.
    Cidr,
    /// `5m`.
    Interval,
    /// `50000-50999`.
    PortRange,
    /// `/debian`.
    Path,
    /// A word of apt's: `bookworm`.
    AptWord,
}

impl Text {
    /// A regular expression for the whole text: its form only, so that what the
    /// reader takes always fits, and what fits may still be wrong.
    pub fn pattern(self) -> Option<&'static str> {
        Some(match self {
            Self::Any => return None,
            Self::Code => "^[A-Z0-9]{3}$",
            Self::Key => "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
            Self::Dns => {
                r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$"
            }
            Self::Address => "^[0-9A-Fa-f:.]+$",
            Self::Cidr => "^[0-9A-Fa-f:.]+/[0-9]{1,3}$",
            Self::Interval => "^[0-9]+[smhd]$",
            Self::PortRange => "^[0-9]{1,5}-[0-9]{1,5}$",
            Self::Path => "^/[A-Za-z0-9/._+~-]*$",
            Self::AptWord => "^[A-Za-z0-9/._+~-]+$",
        })
    }
}

/// The whole file.
pub fn schema() -> Form {
    Form::Table(tables::root())
}
