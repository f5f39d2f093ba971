//! The port tables of the article on the clients' firewall.
//!
//! Its headings name a way of installing, not two parties: those stand in the
//! sentence of each row, "from … to …" or "between … and …". Rows stay in the
//! article's order, since the two that differ only in a condition are told apart
//! by nothing else.

use super::arrow::{Initiator, Parties};
use super::article::{Article, Block, Misread};
use super::connections::{Row, rows};
use super::dutch::{AFTER_PARTY, BETWEEN, FIREWALL, FROM_TO};

/// The section of the features that need exceptions, one heading for each.
const FEATURES: &str = "programs-and-ports-that-configuration-manager-requires";
/// The section of the tables, one heading for each way of installing.
const TABLES: &str = "ports-used-during-configuration-manager-client-deployment";
/// The other sections.
const OTHERS: &[&str] =
    &["modifying-the-ports-and-programs-permitted-by-windows-firewall", "notes"];

/// The headings of the tables, by their anchors, and what we call the group.
const GROUPS: &[(&str, &str)] = &[
    ("ports-that-are-used-for-all-installation-methods", "all-methods"),
    ("ports-that-are-used-with-client-push-installation", "client-push"),
    ("ports-that-are-used-with-software-update-point-based-installation", "software-update-point"),
    ("ports-that-are-used-with-group-policy-based-installation", "group-policy"),
    ("ports-that-are-used-with-manual-installation-and-logon-script-based-installation", "manual"),
    ("ports-that-are-used-with-software-distribution-based-installation", "software-distribution"),
];

/// What the article says.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// How many features need exceptions.
    pub features: usize,
    pub groups: Vec<Group>,
}

#[derive(Debug)]
pub(super) struct Group {
    pub name: &'static str,
    rows: Vec<(Row, Parties)>,
}

impl Group {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl Reading {
    pub(super) fn of(article: &Article) -> Result<Self, Misread> {
        let mut reading = Self::default();
        let mut section = "";
        for block in &article.blocks {
            match block {
                Block::Heading(heading) => {
                    let anchor = heading.anchors.first().map_or("", String::as_str);
                    let unknown = || Misread::at(heading.line, format!("unknown: {anchor}"));
                    match (heading.level, section) {
                        (1, _) | (4, "") => {}
                        (2, _) if anchor == FEATURES || anchor == TABLES => section = anchor,
                        (2, _) if OTHERS.contains(&anchor) => section = "",
                        (3, FEATURES) => reading.features += 1,
                        (3, TABLES) => {
                            let known = GROUPS.iter().find(|(known, _)| *known == anchor);
                            let (_, name) = *known.ok_or_else(unknown)?;
                            reading.groups.push(Group { name, rows: Vec::new() });
                        }
                        _ => return Err(unknown()),
                    }
                }
                Block::Table(table) => {
                    let group = reading.groups.last_mut().filter(|_| section == TABLES);
                    let group = group.ok_or_else(|| Misread::at(table.line, "a stray table"))?;
                    for (line, row, _) in rows(table, &FIREWALL)? {
                        let sentence = table.rows.iter().find(|(known, _)| *known == line);
                        let sentence = sentence.and_then(|(_, cells)| cells.first());
                        group.rows.push((row, parties(line, sentence.map_or("", |text| text))?));
                    }
                }
                Block::Prose { .. } => {}
            }
        }
        Ok(reading)
    }

    pub(super) fn rows(&self) -> usize {
        self.groups.iter().map(Group::len).sum()
    }

    /// In the order of the article.
    pub(super) fn tsv(&self) -> String {
        let mut text = "group\tprotocol\tport\tinitiator\tfrom\tto\tnote\n".to_owned();
        for group in &self.groups {
            for (row, parties) in &group.rows {
                let note = row.note.map_or_else(|| "-".to_owned(), |note| note.to_string());
                let Row { protocol, port, .. } = row;
                let Parties { from, to, initiator } = parties;
                let name = group.name;
                text.push_str(&format!(
                    "{name}\t{protocol}\t{port}\t{initiator}\t{from}\t{to}\t{note}\n"
                ));
            }
        }
        text
    }
}

/// The parties that a row's sentence names; the first such words in it count.
fn parties(line: usize, sentence: &str) -> Result<Parties, Misread> {
    let forms = [(FROM_TO, Initiator::From), (BETWEEN, Initiator::Unsaid)];
    let found = forms.iter().filter_map(|(words, initiator)| {
        sentence.find(words[0]).map(|start| (start, words, *initiator))
    });
    let read = found.min_by_key(|(start, ..)| *start).and_then(|(start, words, initiator)| {
        let rest = sentence.get(start + words[0].len()..)?;
        let (from, rest) = rest.split_once(words[1])?;
        let end = AFTER_PARTY.iter().filter_map(|end| rest.find(end)).min()?;
        let to = rest.get(..end)?;
        Some(Parties { from: FIREWALL.party(from)?, to: FIREWALL.party(to)?, initiator })
    });
    read.ok_or_else(|| Misread::at(line, format!("no two parties in: {sentence}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_words_of_direction_count() {
        for (sentence, expected) in [
            ("Lamp van de client naar een beheerpunt.", "client\tmanagement-point\tfrom"),
            ("Lamp tussen de siteserver en clientcomputer, soms.", "site-server\tclient\t-"),
            (
                "Lamp tussen de client en een netwerkshare van waaruit iemand van alles doet.",
                "client\tfile-server\t-",
            ),
        ] {
            assert_eq!(parties(3, sentence).unwrap().to_string(), expected);
        }
        for sentence in ["Lamp", "Lamp van de client naar de maan.", "Lamp van de client naar"] {
            assert_eq!(parties(3, sentence).unwrap_err().line, 3);
        }
    }

    #[test]
    fn groups_are_told_by_their_anchors_and_features_counted() {
        let head = "|Beschrijving|UDP|TCP|\n|---|---|---|\n";
        let top = format!(
            "## <a name=\"{FEATURES}\"></a>F\n### <a name=\"a\"></a>A\n### <a name=\"b\"></a>B\n\
             ## <a name=\"{TABLES}\"></a>T\n"
        );
        let row = "|Lamp van de client naar een beheerpunt.|7001|7001 of 7002|\n";
        let good = format!("{top}### <a name=\"{}\"></a>G\n{head}{row}", GROUPS[1].0);
        let reading = Reading::of(&Article::read(&good).unwrap()).unwrap();
        assert_eq!((reading.features, reading.rows()), (2, 3));
        let last = "client-push\ttcp\t7002\tfrom\tclient\tmanagement-point\t-\n";
        assert!(reading.tsv().ends_with(last));
        for bad in [
            format!("{top}{head}{row}"),
            format!("{top}### <a name=\"other\"></a>G\n"),
            "## <a name=\"other\"></a>S\n".to_owned(),
        ] {
            Reading::of(&Article::read(&bad).unwrap()).unwrap_err();
        }
    }
}
