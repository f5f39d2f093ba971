//! The arrow of a heading, through everything a translation did to it.
//!
//! Seen: a dash of any length, one dash, a colon for the dashes, spaces inside,
//! and a dash glued to the word that follows. What is left of the `>` and right
//! of it are the parties; a `<` makes either of them the one who opens.

use std::fmt;

use super::article::{Heading, Misread};
use super::english;
use super::words::Words;

/// Who opens a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Initiator {
    From,
    Either,
    /// The text says "between", and its column has nothing to say.
    Unsaid,
}

impl fmt::Display for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::From => "from",
            Self::Either => "either",
            Self::Unsaid => "-",
        })
    }
}

/// Two roles, and who of them opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parties {
    pub from: &'static str,
    pub to: &'static str,
    pub initiator: Initiator,
}

impl fmt::Display for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t{}", self.from, self.to, self.initiator)
    }
}

/// Reads the parties of a heading, in the language's words.
///
/// # Errors
/// Where there is no arrow, or a party that the words do not know.
pub(super) fn parties(heading: &Heading, words: &Words) -> Result<Parties, Misread> {
    let line = heading.line;
    let text: String = heading.text.chars().map(plain_dash).collect();
    let Some((left, right)) = text.split_once('>') else {
        return Err(Misread::at(line, format!("a heading without an arrow: {}", heading.text)));
    };
    let shaft = |char: char| char == '-' || char == ':' || char.is_whitespace();
    let from = left.trim_end_matches(shaft);
    if left.get(from.len()..).unwrap_or_default().trim().is_empty() {
        return Err(Misread::at(line, "a `>` without a dash is no arrow"));
    }
    let (from, initiator) = match from.strip_suffix('<') {
        Some(from) => (from.trim_end(), Initiator::Either),
        None => (from, Initiator::From),
    };
    let to = right.trim_start_matches(|char: char| char == '-' || char.is_whitespace());
    let known = |phrase: &str| {
        words.party(phrase).ok_or_else(|| Misread::at(line, format!("an unknown party: {phrase}")))
    };
    Ok(Parties { from: known(from)?, to: known(to)?, initiator })
}

/// Reads the same from the heading's English anchor, where it has one.
///
/// # Errors
/// Where the anchor names a party that the table does not know.
pub(super) fn in_english(heading: &Heading) -> Result<Option<Parties>, Misread> {
    // `&lt;` lost its signs in the anchor, and `>` left nothing.
    let arrows = [("-lt---", Initiator::Either), ("----", Initiator::From)];
    for anchor in &heading.anchors {
        for (arrow, initiator) in arrows {
            let Some((from, to)) = anchor.split_once(arrow) else {
                continue;
            };
            let known = |phrase: &str| {
                let found = english::PARTIES.iter().find(|(known, _)| *known == phrase);
                found.map(|(_, slug)| *slug).ok_or_else(|| {
                    Misread::at(heading.line, format!("an unknown party in the anchor: {phrase}"))
                })
            };
            return Ok(Some(Parties { from: known(from)?, to: known(to)?, initiator }));
        }
    }
    Ok(None)
}

/// Any dash as the short one.
fn plain_dash(char: char) -> char {
    match char {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::seeds::swedish;

    fn heading(text: &str, anchor: &str) -> Heading {
        Heading { line: 7, level: 3, anchors: vec![anchor.into()], text: text.into() }
    }

    #[test]
    fn every_broken_arrow_is_one() {
        let one_way = ["-->", "-- >", "->", ": >", "--> -", "-->-", " \u{2013} > ", " \u{2012} >"];
        for arrow in one_way {
            let heading = heading(&format!("Klient{arrow}Plats  Server"), "");
            let read = parties(&heading, &swedish::PORTS).unwrap();
            assert_eq!(read.to_string(), "client\tsite-server\tfrom", "{arrow}");
        }
        for arrow in ["<-->", " < -- > ", " < \u{2013} >", " <-->-"] {
            let read = parties(&heading(&format!("Klient{arrow}klienten"), ""), &swedish::PORTS);
            assert_eq!(read.unwrap().to_string(), "client\tclient\teither", "{arrow}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in ["Klient", "Klient > klient", "Klient--> platsen", "Klienter--> klient"] {
            assert_eq!(parties(&heading(text, ""), &swedish::PORTS).unwrap_err().line, 7, "{text}");
        }
        assert_eq!(in_english(&heading("", "client----lamp")).unwrap_err().line, 7);
    }

    #[test]
    fn an_english_anchor_is_read_and_another_is_none() {
        let read = |anchor| in_english(&heading("", anchor)).unwrap();
        let either = read("client-lt---sql-server").unwrap();
        assert_eq!(either.to_string(), "client\tsql-server\teither");
        assert_eq!(read("client----client").unwrap().to_string(), "client\tclient\tfrom");
        assert_eq!(read("BKMK_Client-Lamp"), None);
    }
}
