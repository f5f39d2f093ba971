//! The connections of an article on ports: one for each heading with an arrow.
//!
//! The second-level sections say where to look, by their anchors, which no
//! translation touched: connections stand in one of them only. Inside it, each
//! third-level heading up to the notes is a connection and has its tables; what
//! a sentence below says of the direction does not count, and what it says of
//! ICMP is kept apart.

use super::arrow::{self, Parties};
use super::article::{Article, Block, Heading, Misread, Table};
use super::cell::{self, Port};
use super::words::Words;

/// The section that holds the connections.
const CONNECTIONS: &str = "BKMK_CommunicationPorts";
/// The other sections: lists, which are no connections.
const OTHERS: &[&str] =
    &["BKMK_ConfigurablePorts", "BKMK_NonConfigurablePorts", "BKMK_AdditionalPorts"];
/// The heading that ends the connections inside their section.
const NOTES: &str = "BKMY_PortNotes";
/// The note that a heading, not a port, refers to.
const HEADINGS_NOTE: u8 = 5;

/// A connection, as its heading and tables say it.
#[derive(Debug)]
pub(super) struct Connection {
    pub line: usize,
    /// The article's own name for it, the same in every edition.
    pub anchor: String,
    pub parties: Parties,
    /// The English anchor says the same.
    pub confirmed: bool,
    /// The heading refers to note 5.
    pub reversible: bool,
    pub rows: Vec<Row>,
    /// A sentence of the section adds ICMP to the table.
    pub icmp: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub protocol: &'static str,
    pub port: Port,
    pub note: Option<u8>,
}

/// What an article says, and what is odd about how it says it.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub connections: Vec<Connection>,
    /// For a person to look at, each with its line.
    pub remarks: Vec<(usize, String)>,
}

impl Reading {
    pub(super) fn of(article: &Article, words: &Words) -> Result<Self, Misread> {
        let mut reading = Self::default();
        let mut here = Place::Outside;
        for block in &article.blocks {
            match block {
                Block::Heading(heading) => {
                    reading.last_has_rows(here)?;
                    here = here.after(heading)?;
                    if here == Place::Connection {
                        let connection = begin(heading, words)?;
                        reading.add(connection)?;
                    }
                }
                Block::Table(table) if here == Place::Connection => {
                    reading.table(table, words)?;
                }
                Block::Prose { line, text } if here == Place::Connection => {
                    reading.prose(*line, text, words)?;
                }
                Block::Table(table) if here != Place::Outside => {
                    return Err(Misread::at(table.line, "a table under no connection"));
                }
                Block::Table(_) | Block::Prose { .. } => {}
            }
        }
        reading.last_has_rows(here)?;
        Ok(reading)
    }

    /// The rows of all connections, as the catalog's command prints them.
    pub(super) fn tsv(&self) -> String {
        let rows = self.connections.iter().flat_map(|connection| {
            connection.rows.iter().map(|row| {
                let note = row.note.map_or_else(|| "-".to_owned(), |note| note.to_string());
                format!("{}\t{}\t{}\t{note}", connection.parties, row.protocol, row.port)
            })
        });
        sorted(rows.collect())
    }

    /// The rows that stand in prose.
    pub(super) fn prose_tsv(&self) -> String {
        let rows = self.connections.iter().filter(|connection| connection.icmp);
        sorted(rows.map(|connection| format!("{}\ticmp\t-\t-", connection.parties)).collect())
    }

    pub(super) fn rows(&self) -> usize {
        self.connections.iter().map(|connection| connection.rows.len()).sum()
    }

    fn add(&mut self, new: Connection) -> Result<(), Misread> {
        let twin = self.connections.iter().find(|old| {
            (old.parties.from, old.parties.to) == (new.parties.from, new.parties.to)
                || old.anchor == new.anchor
        });
        if let Some(twin) = twin {
            let what = format!("the connection of line {} once more", twin.line);
            return Err(Misread::at(new.line, what));
        }
        self.connections.push(new);
        Ok(())
    }

    fn table(&mut self, table: &Table, words: &Words) -> Result<(), Misread> {
        let Some(connection) = self.connections.last_mut() else {
            return Ok(());
        };
        for (line, row, note) in rows(table, words)? {
            if connection.rows.contains(&row) {
                let what = format!("{} {} once more", row.protocol, row.port);
                return Err(Misread::at(line, what));
            }
            connection.rows.push(row);
            self.remarks.extend(note.and_then(|note| doubt(line, note)));
        }
        Ok(())
    }

    /// A sentence below a heading: its note, or words of ICMP, or nothing to us.
    fn prose(&mut self, line: usize, text: &str, words: &Words) -> Result<(), Misread> {
        let Some(connection) = self.connections.last_mut() else {
            return Ok(());
        };
        if text.starts_with('(') || text.starts_with("<sup>") {
            let note = cell::note(line, text, words)?;
            if note.number != HEADINGS_NOTE || connection.reversible {
                let what = format!("note {} below a heading", note.number);
                return Err(Misread::at(line, what));
            }
            connection.reversible = true;
            self.remarks.extend(doubt(line, note));
        } else if text.contains("ICMP") {
            connection.icmp = true;
        }
        Ok(())
    }

    fn last_has_rows(&self, here: Place) -> Result<(), Misread> {
        match self.connections.last() {
            Some(last) if here == Place::Connection && last.rows.is_empty() => {
                Err(Misread::at(last.line, "a connection without a table"))
            }
            _ => Ok(()),
        }
    }
}

/// The rows of a table of ports, each with its line and its note.
pub(super) fn rows(
    table: &Table,
    words: &Words,
) -> Result<Vec<(usize, Row, Option<cell::Note>)>, Misread> {
    if table.head != [words.description, "UDP", "TCP"] {
        return Err(Misread::at(table.line, format!("an unknown head: {:?}", table.head)));
    }
    let mut rows = Vec::new();
    for (line, cells) in &table.rows {
        let before = rows.len();
        for (protocol, cell) in ["udp", "tcp"].into_iter().zip(cells.iter().skip(1)) {
            let Some(cell) = cell::read(*line, cell, words)? else {
                continue;
            };
            let note = cell.note.map(|note| note.number);
            rows.extend(cell.ports.iter().map(|port| {
                let row = Row { protocol, port: *port, note };
                (*line, row, cell.note)
            }));
        }
        if rows.len() == before {
            return Err(Misread::at(*line, "a row without a port"));
        }
    }
    Ok(rows)
}

/// Where in the article a block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    /// In the section of the connections, under none yet.
    Section,
    Connection,
    Notes,
}

impl Place {
    fn after(self, heading: &Heading) -> Result<Self, Misread> {
        let named = |anchor: &str| heading.anchors.iter().any(|known| known == anchor);
        match (heading.level, self) {
            (1, Self::Outside) => Ok(Self::Outside),
            (2, _) if named(CONNECTIONS) => Ok(Self::Section),
            (2, _) if OTHERS.iter().copied().any(named) => Ok(Self::Outside),
            (3, Self::Section | Self::Connection) if named(NOTES) => Ok(Self::Notes),
            (3, Self::Section | Self::Connection) => Ok(Self::Connection),
            (3, Self::Outside) if !heading.text.contains('>') => Ok(Self::Outside),
            (4, Self::Notes) => Ok(Self::Notes),
            _ => Err(Misread::at(heading.line, format!("an unknown section: {}", heading.text))),
        }
    }
}

fn begin(heading: &Heading, words: &Words) -> Result<Connection, Misread> {
    let parties = arrow::parties(heading, words)?;
    let english = arrow::in_english(heading)?;
    if let Some(english) = english.filter(|english| *english != parties) {
        let what = format!("the heading says {parties}, its anchor {english}").replace('\t', " ");
        return Err(Misread::at(heading.line, what));
    }
    let Some(anchor) = heading.anchors.last() else {
        return Err(Misread::at(heading.line, "a connection without an anchor"));
    };
    Ok(Connection {
        line: heading.line,
        anchor: anchor.clone(),
        parties,
        confirmed: english.is_some(),
        reversible: false,
        rows: Vec::new(),
        icmp: false,
    })
}

/// A note cited with the title of another one. The number counts: it is the link.
fn doubt(line: usize, note: cell::Note) -> Option<(usize, String)> {
    let titled = note.titled.filter(|titled| *titled != note.number)?;
    Some((line, format!("cites note {} with the title of note {titled}", note.number)))
}

/// The header, then the rows in the order of their bytes.
fn sorted(mut rows: Vec<String>) -> String {
    rows.sort_unstable();
    let mut text = "from\tto\tinitiator\tprotocol\tport\tnote\n".to_owned();
    for row in rows {
        text.push_str(&row);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::seeds::swedish;

    const TOP: &str = "# <a name=\"x\"></a>Top\n## <a name=\"BKMK_CommunicationPorts\"></a>Ports\n\
        - --> this way\n";
    const HEAD: &str = "|Beskrivning|UDP|TCP|\n|---|---|---|\n";

    fn read(text: &str) -> Result<Reading, Misread> {
        Reading::of(&Article::read(&format!("{TOP}{text}")).unwrap(), &swedish::PORTS)
    }

    #[test]
    fn rows_are_taken_from_all_tables_of_a_connection_and_from_no_list() {
        let text = format!(
            "### <a name=\"a\"></a>Plats Server < \u{2013} > klient\n<sup>[Anmärkning 5](#bkmk_note5)\
             </sup>\n\n{HEAD}|Lampa|7001|7001|\n|-Dörr||DYNAMISK <sup>[anmärkning 6](#bkmk_note6)</sup>|\n\
             glued, and with ICMP\n\n{HEAD}|Vägg|--|7002 och 7003|<!-- #1 -->\n\
             ### <a name=\"BKMY_PortNotes\"></a>Noter\n#### Not\n\
             ## <a name=\"BKMK_AdditionalPorts\"></a>Mer\n### Listor\n{HEAD}|Hav|--|7009|\n"
        );
        let reading = read(&text).unwrap();
        let rows = "from\tto\tinitiator\tprotocol\tport\tnote\n\
                    site-server\tclient\teither\ttcp\t7001\t-\n\
                    site-server\tclient\teither\ttcp\t7002\t-\n\
                    site-server\tclient\teither\ttcp\t7003\t-\n\
                    site-server\tclient\teither\ttcp\tdynamic\t6\n\
                    site-server\tclient\teither\tudp\t7001\t-\n";
        assert_eq!(reading.tsv(), rows);
        assert!(reading.prose_tsv().ends_with("\nsite-server\tclient\teither\ticmp\t-\t-\n"));
        assert_eq!((reading.connections.len(), reading.rows()), (1, 5));
        assert!(reading.connections[0].reversible);
        assert!(!reading.connections[0].confirmed);
    }

    #[test]
    fn a_wrong_title_is_a_remark_and_a_wrong_anchor_an_error() {
        let heading = "### <a name=\"client----sql-server\"></a><a name=\"a\"></a>Klient-->";
        let row =
            "|x|--|7001 <sup>[Anmärkning 3](#bkmk_note3) alternativ port tillgänglig</sup>|\n";
        let reading = read(&format!("{heading} SQL Server\n{HEAD}{row}")).unwrap();
        assert!(reading.connections[0].confirmed);
        assert_eq!(reading.remarks[0].0, 7);
        assert!(reading.tsv().ends_with("\ttcp\t7001\t3\n"));
        assert_eq!(read(&format!("{heading} klient\n{HEAD}{row}")).unwrap_err().line, 4);
    }

    #[test]
    fn what_has_no_reading_is_refused_at_its_line() {
        let heading = "### <a name=\"a\"></a>Klient--> klient\n";
        let row = "|x|7001|--|\n";
        for (text, line) in [
            (format!("{heading}no table\n### <a name=\"b\"></a>Klient--> Internet\n"), 4),
            (format!("{heading}no table\n"), 4),
            (format!("{heading}{HEAD}|x|--||\n"), 7),
            (format!("{heading}{HEAD}|x|some|--|\n"), 7),
            (format!("{heading}{HEAD}{row}{row}"), 8),
            (format!("{heading}{HEAD}{row}\n{heading}{HEAD}{row}"), 9),
            (format!("{heading}|Beskrivning|TCP|UDP|\n|---|---|---|\n{row}"), 5),
            (format!("{heading}<sup>[Anmärkning 1](#bkmk_note1)</sup>\n{HEAD}{row}"), 5),
            (format!("{heading}(something)\n{HEAD}{row}"), 5),
            (format!("{HEAD}{row}"), 4),
            (format!("### <a name=\"a\"></a>Klient\n{HEAD}{row}"), 4),
            (format!("### Klient--> klient\n{HEAD}{row}"), 4),
            (format!("{heading}{HEAD}{row}\n#### More\n"), 9),
            (format!("{heading}{HEAD}{row}\n## <a name=\"new\"></a>New\n"), 9),
            ("## <a name=\"BKMK_AdditionalPorts\"></a>More\n### Klient--> klient\n".into(), 5),
        ] {
            assert_eq!(read(&text).unwrap_err().line, line, "{text}");
        }
    }
}
