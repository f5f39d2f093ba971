//! A port's cell: which ports, and the note it refers to.
//!
//! A cell is a port, a range, two ports, the word for a dynamic one, or nothing,
//! and then a note in one of the two ways in which the articles cite them. A
//! cell that is anything else is an error: a number is never picked out of it.

use std::fmt;

use super::article::Misread;
use super::words::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    Number(u16),
    Range(u16, u16),
    Dynamic,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Range(first, last) => write!(f, "{first}-{last}"),
            Self::Dynamic => f.write_str("dynamic"),
        }
    }
}

/// A note as it is cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub number: u8,
    /// The note that has the title which stands beside the number.
    pub titled: Option<u8>,
}

/// A cell with something in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub ports: Vec<Port>,
    pub note: Option<Note>,
}

/// Reads a cell; `None` where the protocol is not used.
///
/// # Errors
/// Where the cell, or a part of it, is not understood.
pub(super) fn read(line: usize, text: &str, words: &Words) -> Result<Option<Cell>, Misread> {
    let text = text.trim();
    if text.is_empty() || text == "--" {
        return Ok(None);
    }
    let cut = text.find("<sup>").or_else(|| text.find('(')).unwrap_or(text.len());
    let (plain, cited) = text.split_at(cut);
    let note = if cited.is_empty() { None } else { Some(note(line, cited, words)?) };
    let Some(ports) = ports(plain.trim(), words) else {
        return Err(Misread::at(line, format!("a cell that names no port: {text}")));
    };
    Ok(Some(Cell { ports, note }))
}

/// Reads a cited note: `(see note 2, **its title**)`, or
/// `<sup>[Note 2](#bkmk_note2) its title</sup>`.
///
/// # Errors
/// Where it is neither, its link leads elsewhere, or its title is unknown.
pub(super) fn note(line: usize, text: &str, words: &Words) -> Result<Note, Misread> {
    let text = text.trim();
    let parts = in_brackets(text).or_else(|| in_a_link(text));
    let parts = parts.and_then(|(name, title)| Some((numbered(name, words)?, title)));
    let Some((number, title)) = parts else {
        return Err(Misread::at(line, format!("no note is cited like this: {text}")));
    };
    if title.is_empty() {
        return Ok(Note { number, titled: None });
    }
    match words.titled(title) {
        Some(titled) => Ok(Note { number, titled: Some(titled) }),
        None => Err(Misread::at(line, format!("no note has this title: {title}"))),
    }
}

fn ports(text: &str, words: &Words) -> Option<Vec<Port>> {
    if text == words.dynamic {
        return Some(vec![Port::Dynamic]);
    }
    if let Some((first, last)) = text.split_once('-') {
        let (first, last) = (number(first)?, number(last)?);
        return (first < last).then(|| vec![Port::Range(first, last)]);
    }
    let two = words.between_ports.iter().find_map(|word| text.split_once(&format!(" {word} ")));
    match two {
        Some((one, other)) => Some(vec![Port::Number(number(one)?), Port::Number(number(other)?)]),
        None => Some(vec![Port::Number(number(text)?)]),
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The name and the title in `(name, **title**)`.
fn in_brackets(text: &str) -> Option<(&str, &str)> {
    let (name, title) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(", ")?;
    Some((name, title.strip_prefix("**")?.strip_suffix("**")?))
}

/// The name and the title in `<sup>[name](#bkmk_noteN) title</sup>`.
fn in_a_link(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("<sup>")?.strip_suffix("</sup>")?.trim();
    let (name, rest) = inner.strip_prefix('[')?.split_once("](#bkmk_note")?;
    let (linked, title) = rest.split_once(')')?;
    let (_, number) = name.rsplit_once(' ')?;
    (number == linked).then_some((name, title.trim()))
}

/// The number in `note 2`.
fn numbered(name: &str, words: &Words) -> Option<u8> {
    let (word, number) = name.rsplit_once(' ')?;
    let number = number.parse().ok().filter(|number| (1..=6).contains(number))?;
    (word.to_lowercase() == words.note.to_lowercase()).then_some(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::seeds::{german, swedish};

    fn shown(text: &str, words: &Words) -> String {
        match read(3, text, words).unwrap() {
            None => "nothing".into(),
            Some(cell) => {
                let ports: Vec<String> = cell.ports.iter().map(Port::to_string).collect();
                let note = cell.note.map_or_else(|| "-".into(), |note| note.number.to_string());
                format!("{} {note}", ports.join("+"))
            }
        }
    }

    #[test]
    fn the_forms_of_a_cell_are_read() {
        for (text, expected) in [
            ("", "nothing"),
            ("--", "nothing"),
            ("7001", "7001 -"),
            ("7001-7002", "7001-7002 -"),
            ("7001 und 7002", "7001+7002 -"),
            ("7001 oder 7002 (siehe Hinweis 3, **Windows Server Update Services**)", "7001+7002 3"),
            ("DYNAMISCH (siehe Hinweis 6, **Dynamische Ports**)", "dynamic 6"),
            ("7001 (siehe Hinweis 4, **Daemon für „Trivial FTP“ (TFTP)**)", "7001 4"),
        ] {
            assert_eq!(shown(text, &german::PORTS), expected, "{text}");
        }
        for (text, expected) in [
            ("7001 <sup> [anmärkning 4](#bkmk_note4)</sup> ", "7001 4"),
            ("7001 eller 7002 <sup>[Anmärkning 3](#bkmk_note3)</sup>", "7001+7002 3"),
            ("7001 <sup> [Anmärkning 2](#bkmk_note2) alternativ port tillgänglig</sup>", "7001 2"),
        ] {
            assert_eq!(shown(text, &swedish::PORTS), expected, "{text}");
        }
    }

    #[test]
    fn a_title_that_belongs_to_another_note_is_noticed() {
        let text = "<sup> [Anmärkning 3](#bkmk_note3) alternativ port tillgänglig</sup>";
        let note = note(3, text, &swedish::PORTS).unwrap();
        assert_eq!(note, Note { number: 3, titled: Some(2) });
    }

    #[test]
    fn a_cell_that_is_not_understood_is_refused() {
        for text in [
            "-",
            "---",
            "0",
            "+7001",
            "70010",
            "07001",
            "7001,7002",
            "7002-7001",
            "7001 und",
            "7001 of 7002",
            "about 7001",
            "DYNAMISK",
            "7001 (siehe Hinweis 7, **Dynamische Ports**)",
            "7001 (siehe Hinweis 2, **Lampe**)",
            "7001 (siehe Hinweis 2)",
            "7001 (siehe Punkt 2, **Dynamische Ports**)",
            "7001 (siehe Hinweis 2, **Alternativer Port verfügbar**) und 7002",
            "7001 <sup>[siehe Hinweis 2](#bkmk_note3)</sup>",
            "(siehe Hinweis 6, **Dynamische Ports**)",
        ] {
            assert_eq!(read(3, text, &german::PORTS).unwrap_err().line, 3, "{text}");
        }
    }
}
