//! What a change request says, in no notation yet: Markdown and HTML write the same
//! paper down.
//!
//! Texts are as they were said; who writes them down escapes them.

use catalog::corrections::Correction;

use super::reason::Why;

/// The whole paper.
#[derive(Debug)]
pub(in crate::dialect) struct Paper {
    /// What it is about: `P01, Head office`.
    pub(in crate::dialect) site: String,
    /// Name and content of each fact at the head.
    pub(in crate::dialect) facts: Vec<(&'static str, String)>,
    pub(in crate::dialect) reading: Vec<Words>,
    pub(in crate::dialect) missing: Vec<Missing>,
    /// Holes to be made, by destination.
    pub(in crate::dialect) sections: Vec<Section>,
    /// Holes that this firewall needs no rule for.
    pub(in crate::dialect) apart: Vec<Section>,
    /// The articles that rows cite: short name, and what it is.
    pub(in crate::dialect) articles: Vec<(&'static str, String)>,
    pub(in crate::dialect) corrections: Vec<&'static Correction>,
}

/// Holes that belong together.
#[derive(Debug)]
pub(in crate::dialect) struct Section {
    /// Unlike any other of the paper; of lower-case letters, digits and hyphens.
    pub(in crate::dialect) anchor: String,
    pub(in crate::dialect) title: String,
    pub(in crate::dialect) about: String,
    pub(in crate::dialect) rows: Vec<Row>,
}

/// One hole.
#[derive(Debug)]
pub(in crate::dialect) struct Row {
    /// From 1, as rows follow each other in the paper.
    pub(in crate::dialect) number: usize,
    pub(in crate::dialect) id: String,
    pub(in crate::dialect) from: Party,
    pub(in crate::dialect) to: Party,
    /// `tcp 443`, `icmp type 3, 11`.
    pub(in crate::dialect) port: String,
    pub(in crate::dialect) why: Vec<Why>,
    pub(in crate::dialect) decided: String,
    pub(in crate::dialect) tests: Vec<Words>,
    pub(in crate::dialect) refused: Vec<String>,
    pub(in crate::dialect) needed: String,
    pub(in crate::dialect) state: String,
}

/// One side of a hole.
#[derive(Debug)]
pub(in crate::dialect) struct Party {
    /// `head`, `network branch-7`.
    pub(in crate::dialect) names: Vec<String>,
    pub(in crate::dialect) addresses: Vec<String>,
    /// The sender's, where not any will do.
    pub(in crate::dialect) ports: Option<String>,
}

/// Something that has to be known before anybody can approve.
#[derive(Debug)]
pub(in crate::dialect) struct Missing {
    pub(in crate::dialect) what: &'static str,
    /// Whose fact it is; of several, the message is about each.
    pub(in crate::dialect) parties: Vec<String>,
    pub(in crate::dialect) message: Words,
    pub(in crate::dialect) connections: Vec<String>,
    /// How many connections there are beside these.
    pub(in crate::dialect) more: usize,
}

/// A text, parts of which are typed, or found, letter by letter.
pub(in crate::dialect) type Words = Vec<Piece>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::dialect) enum Piece {
    Plain(String),
    Code(String),
}

impl Paper {
    /// What follows the holes to be made has a title of its own too.
    pub(in crate::dialect) fn contents(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().chain(&self.apart)
    }
}

/// A message that marks code with backticks.
pub(in crate::dialect) fn words(message: &str) -> Words {
    let pieces = message.split('`').enumerate().map(|(n, text)| {
        let text = text.to_owned();
        if n % 2 == 0 { Piece::Plain(text) } else { Piece::Code(text) }
    });
    pieces.collect()
}

/// The characters of a text that can stand in a line: what would end it is a blank,
/// and what nobody sees is left out.
pub(in crate::dialect) fn in_one_line(text: &str) -> impl Iterator<Item = char> + '_ {
    let blank = |c: char| c.is_control() || c.is_whitespace();
    text.chars().filter(|c| !is_unseen(*c)).map(move |c| if blank(c) { ' ' } else { c })
}

/// Whether a character has no shape, or turns the direction of reading round, so that
/// people would read something else than what is there.
pub(in crate::dialect) fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
