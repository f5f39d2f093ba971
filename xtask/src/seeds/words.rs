//! What a language calls things: the words that a reader of an article needs.
//!
//! Facts, one table for each language in a file of its own, so that who knows
//! the language can correct it without reading the parser. A phrase is compared
//! as a whole, in lower case: a heading that stands in no table is an error and
//! never the nearest one, since half of these phrases differ by one word.

/// The words of one article's language.
pub(super) struct Words {
    /// The heading of a table's first column.
    pub description: &'static str,
    /// What stands before the number of a note.
    pub note: &'static str,
    /// The titles of notes where they are cited, in lower case, and the number
    /// of the note that has this title.
    pub titles: &'static [(&'static str, u8)],
    /// Between two ports of one cell.
    pub between_ports: &'static [&'static str],
    /// A port from the system's dynamic range.
    pub dynamic: &'static str,
    /// What a heading calls a party, in lower case, and the slug of its role.
    pub parties: &'static [(&'static str, &'static str)],
}

impl Words {
    /// The slug of a party's role.
    pub(super) fn party(&self, phrase: &str) -> Option<&'static str> {
        let phrase = normal(phrase);
        self.parties.iter().find(|(known, _)| *known == phrase).map(|(_, slug)| *slug)
    }

    /// The number of the note with this title.
    pub(super) fn titled(&self, title: &str) -> Option<u8> {
        let title = normal(title);
        self.titles.iter().find(|(known, _)| *known == title).map(|(_, number)| *number)
    }
}

/// In lower case, with one space between words.
fn normal(phrase: &str) -> String {
    phrase.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::{dutch, english, german, swedish};

    #[test]
    fn every_phrase_stands_once_and_as_it_is_compared() {
        for words in [&german::PORTS, &dutch::PORTS, &swedish::PORTS, &dutch::FIREWALL] {
            let titles = words.titles.iter().map(|(title, _)| *title);
            let phrases: Vec<&str> = words.parties.iter().map(|(phrase, _)| *phrase).collect();
            for phrase in phrases.iter().copied().chain(titles) {
                assert_eq!(phrase, normal(phrase));
            }
            for (index, phrase) in phrases.iter().enumerate() {
                assert!(!phrases.iter().skip(index + 1).any(|other| other == phrase), "{phrase}");
            }
        }
        let english: Vec<&str> = english::PARTIES.iter().map(|(phrase, _)| *phrase).collect();
        for (index, phrase) in english.iter().enumerate() {
            assert!(!english.iter().skip(index + 1).any(|other| other == phrase), "{phrase}");
        }
    }
}
