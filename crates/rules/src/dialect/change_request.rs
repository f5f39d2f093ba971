//! A change request in Markdown: what a network team reads, asks about and signs.
//!
//! [`fill`] makes the [`paper`] out of the rules, with [`reason`] for why and what
//! breaks, and [`proof`] for how to test; here it is written down. Everything that is
//! not a word of ours goes through [`escaped`] or [`code`].

use super::Written;
use crate::decided::Decided;
use crate::rule::RuleSet;

mod fill;
pub(super) mod paper;
mod proof;
mod reason;
#[cfg(test)]
mod tests;

use paper::{Paper, Party, Piece, Row, Section, in_one_line};
use reason::Why;

/// The columns of a hole.
const COLUMNS: [&str; 9] = [
    "No.",
    "Who",
    "To whom",
    "Port",
    "Why",
    "Decided by",
    "How to test",
    "If it is refused",
    "How long, and answers",
];

/// The columns of a hole that needs no rule.
const FEWER: [&str; 5] = ["No.", "Who", "To whom", "Port", "Why"];

const MISSING: [&str; 4] = ["What", "Who", "The missing fact", "Needed by"];
pub(super) const SIGNED: [&str; 4] = ["Requested by", "Approved by", "Date", "Valid until"];

/// What the chart is called where it cannot be shown.
const CHART: &str = "`portolan plan draw` draws the whole plan: who speaks with whom, and at which \
                     ports.";

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let text = text(&Paper::of(set, decided));
    Written::one(format!("{}.md", set.place.stem()), text)
}

fn text(paper: &Paper) -> String {
    let mut text = format!("# Change request: {}\n\n", escaped(&paper.site));
    let facts = paper.facts.iter().map(|(name, fact)| [escaped(name), escaped(fact)]);
    table(&mut text, ["Fact", "Value"], facts);
    text.push_str("\n## How to read it\n\n");
    for words in &paper.reading {
        text.push_str(&format!("- {}\n", spoken(words)));
    }
    text.push_str(&format!("- {CHART}\n"));
    before(&mut text, paper);
    text.push_str("\n## Contents\n\n");
    for Section { anchor, title, rows, .. } in paper.contents() {
        text.push_str(&format!("- [{}](#{anchor}) ({})\n", escaped(title), rows.len()));
    }
    for section in &paper.sections {
        begin(&mut text, section, "To ");
        table(&mut text, COLUMNS, section.rows.iter().map(row));
    }
    for section in &paper.apart {
        begin(&mut text, section, "");
        table(&mut text, FEWER, section.rows.iter().map(short));
    }
    after(&mut text, paper);
    text
}

fn before(text: &mut String, paper: &Paper) {
    text.push_str("\n## Before you approve\n\n");
    if paper.missing.is_empty() {
        text.push_str(
            "Nothing is missing: every party has its addresses, and every port is known.\n",
        );
        return;
    }
    let rows = paper.missing.iter().map(|one| {
        let more = if one.more > 0 { format!(", and {} more", one.more) } else { String::new() };
        let needed_by = format!("{}{more}", codes(&one.connections));
        [escaped(one.what), escaped(&one.parties.join(", ")), spoken(&one.message), needed_by]
    });
    table(text, MISSING, rows);
}

fn begin(text: &mut String, section: &Section, to: &str) {
    let Section { anchor, title, about, .. } = section;
    text.push_str(&format!("\n<a id=\"{anchor}\"></a>\n\n## {to}{}\n\n", escaped(title)));
    if !about.is_empty() {
        text.push_str(&format!("{}\n\n", escaped(about)));
    }
}

/// What stands behind the rows.
fn after(text: &mut String, paper: &Paper) {
    text.push_str("\n## Sources\n\n");
    for (name, article) in &paper.articles {
        text.push_str(&format!("- {}: {}\n", code(name), escaped(article)));
    }
    text.push_str(
        "- `ARCHITECTURE.md` is Portolan's own; of it, and of an RFC, the section is named.\n",
    );
    for one in &paper.corrections {
        let [says, truth] = [one.says, one.truth].map(escaped);
        text.push_str(&format!(
            "- Correction {}. The article says: {says} True is: {truth}\n",
            code(one.id)
        ));
    }
    text.push_str("\n## Sign-off\n\n");
    table(text, SIGNED, [[const { String::new() }; 4], [const { String::new() }; 4]]);
}

fn row(row: &Row) -> [String; COLUMNS.len()] {
    let [number, from, to, port, why] = short(row);
    let tests: Vec<String> = row.tests.iter().map(|words| spoken(words)).collect();
    let length = format!("{} {}", row.needed, row.state);
    [
        number,
        from,
        to,
        port,
        why,
        escaped(&row.decided),
        tests.join(" "),
        escaped(&row.refused.join(" ")),
        escaped(&length),
    ]
}

fn short(row: &Row) -> [String; FEWER.len()] {
    let why: Vec<String> = row.why.iter().map(reason).collect();
    let number = format!("{} {}", row.number, code(&row.id));
    [number, party(&row.from), party(&row.to), escaped(&row.port), why.join(" ")]
}

fn party(party: &Party) -> String {
    let names = escaped(&party.names.join(", "));
    let ports = party.ports.as_ref().map(|ports| format!(", from its ports {}", escaped(ports)));
    format!("{names}: {}{}", codes(&party.addresses), ports.unwrap_or_default())
}

fn reason(why: &Why) -> String {
    let connections = why.connections.iter().map(|(id, sources)| match sources.as_slice() {
        [] => code(id),
        _ => format!("{} by {}", code(id), codes(sources)),
    });
    let connections: Vec<String> = connections.collect();
    format!("{} ({})", escaped(why.sentence), connections.join("; "))
}

fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

fn spoken(words: &[Piece]) -> String {
    let pieces = words.iter().map(|piece| match piece {
        Piece::Plain(text) => escaped(text),
        Piece::Code(text) => code(text),
    });
    pieces.collect()
}

fn table<const N: usize>(
    text: &mut String,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    text.push_str(&format!("| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(N)));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
}

/// As code, where it holds nothing but what names, addresses and commands are made of.
/// Else as text: code knows no escapes.
fn code(text: &str) -> String {
    let fit = |c: char| c.is_ascii_alphanumeric() || " -_.,:;/=>%#@+[]()".contains(c);
    let blank = text.starts_with(' ') || text.ends_with(' ') || text.is_empty();
    if !blank && text.chars().all(fit) { format!("`{text}`") } else { escaped(text) }
}

/// As Markdown shows it letter by letter, in one line, in a cell of a table or not.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in in_one_line(text) {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}
