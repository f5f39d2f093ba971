//! The rows as a table, one line for each port: what people compare, copy into a
//! spreadsheet, and check against the articles.

use crate::edition::Edition;
use crate::flow::{Flow, Opens, Reading};
use crate::flows::rows;

/// The columns of [`tsv`].
pub const COLUMNS: [&str; 6] = ["from", "to", "initiator", "protocol", "port", "note"];

/// The rows of an edition in the order of their lines' bytes; those that stand in
/// prose, if wanted.
pub fn connections(edition: Edition, reading: Reading, prose: bool) -> Vec<&'static Flow> {
    let mut found: Vec<_> = rows(edition, reading)
        .filter(|flow| prose || !flow.prose)
        .map(|flow| (line(flow, edition).join("\t"), flow))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found.into_iter().map(|(_, flow)| flow).collect()
}

/// The cells of a row, under [`COLUMNS`]: the default where a setting could move the
/// port, and the note that the port's own cell refers to. (The notes are Microsoft's:
/// ours has none.)
pub fn line(flow: &Flow, edition: Edition) -> [String; 6] {
    let initiator = match flow.opens {
        Opens::From => "from",
        Opens::To => "to",
        Opens::Either => "either",
    };
    let note = match flow.notes {
        [note, ..] if edition != Edition::Portolan => note.to_string(),
        _ => "-".to_owned(),
    };
    [
        flow.from.slug.to_owned(),
        flow.to.slug.to_owned(),
        initiator.to_owned(),
        flow.service.protocol.to_string(),
        flow.service.ports.to_string(),
        note,
    ]
}

/// The whole table: the header, then the lines in byte order.
pub fn tsv(edition: Edition, reading: Reading, prose: bool) -> String {
    let mut text = COLUMNS.join("\t");
    text.push('\n');
    for flow in connections(edition, reading, prose) {
        text.push_str(&line(flow, edition).join("\t"));
        text.push('\n');
    }
    text
}
