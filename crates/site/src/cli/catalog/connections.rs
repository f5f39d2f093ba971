//! The rows of an edition, and what changed from one to another.

use catalog::diff::{Change, Difference, diff};
use catalog::explain;
use catalog::{Edition, Flow, Reading, Role, table};
use clap::Args;
use serde_json::{Value, json};

use super::{Format, hang, put, tell, words};
use crate::outcome::Failure;
use crate::show;

#[derive(Debug, Args)]
#[command(
    after_help = "A connection leads from one role to another; INITIATOR says which side opens it. NOTE is the number \
                  of the article's note at the port (`portolan catalog explain \"note 3\"`). TSV holds the first six columns, \
                  in the order of their bytes; JSON holds all that is known of a row.\n\n\
                  Roles: `portolan catalog explain client` and the like; a wrong word is answered with the nearest."
)]
pub(super) struct Connections {
    /// 1802, 2002 or 2006: Configuration Manager's; portolan: ours.
    #[arg(long, value_parser = words::edition(), default_value = "portolan", value_name = "EDITION")]
    edition: Edition,
    /// Only what this role is the first party of.
    #[arg(long, value_parser = words::role(), hide_possible_values = true, value_name = "ROLE")]
    from: Option<&'static Role>,
    /// Only what this role is the second party of.
    #[arg(long, value_parser = words::role(), hide_possible_values = true, value_name = "ROLE")]
    to: Option<&'static Role>,
    /// Only what uses this port by default, alone or in a range.
    #[arg(long, value_parser = explain::port, value_name = "PORT")]
    port: Option<u16>,
    /// With the row that stands in the article's prose, not in a table.
    #[arg(long)]
    with_prose: bool,
    /// `documented`: what the text says; `corrected`: what is true.
    #[arg(long, value_parser = words::reading(), hide_possible_values = true, default_value = "documented", value_name = "READING")]
    reading: Reading,
}

impl Connections {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let edition = self.edition;
        let mut rows = table::connections(edition, self.reading, self.with_prose);
        rows.retain(|flow| {
            self.from.is_none_or(|from| flow.from == from)
                && self.to.is_none_or(|to| flow.to == to)
                && self.port.is_none_or(|port| has_port(flow, port))
        });
        match format {
            Format::Tsv => {
                return put(
                    format,
                    table::COLUMNS,
                    rows.iter().map(|flow| table::line(flow, edition)),
                );
            }
            Format::Json => {
                let all: Vec<Value> = rows.iter().map(|flow| as_json(flow, edition)).collect();
                return show::json(&all);
            }
            Format::Table => {}
        }
        let columns = ["from", "to", "initiator", "protocol", "port", "note", "service", "when"];
        put(
            format,
            columns,
            rows.iter().map(|flow| {
                let [from, to, initiator, protocol, port, note] = table::line(flow, edition);
                [
                    from,
                    to,
                    initiator,
                    protocol,
                    port,
                    note,
                    flow.service.to_string(),
                    when(flow, edition),
                ]
            }),
        )?;
        let mut pairs: Vec<_> = rows.iter().map(|flow| (flow.from, flow.to)).collect();
        pairs.dedup();
        tell(
            format,
            format!(
                "\n{}, {} ({} reading of {edition})",
                show::counted(pairs.len() as u64, "connection"),
                show::counted(rows.len() as u64, "port row"),
                self.reading.slug(),
            ),
        );
        Ok(())
    }
}

fn has_port(flow: &Flow, port: u16) -> bool {
    flow.service.ports.usual().is_some_and(|(first, last)| (first..=last).contains(&port))
}

/// The condition, and what else limits the row.
fn when(flow: &Flow, edition: Edition) -> String {
    if flow.editions.contains(edition) {
        flow.when.to_string()
    } else {
        format!("not yet served ({})", flow.when)
    }
}

pub(super) fn as_json(flow: &'static Flow, edition: Edition) -> Value {
    let [from, to, initiator, protocol, port, note] = table::line(flow, edition);
    let sources: Vec<String> = flow.sources(edition).map(|source| source.to_string()).collect();
    json!({
        "id": flow.id(), "from": from, "to": to, "initiator": initiator, "protocol": protocol,
        "port": port, "note": note, "service": flow.service.slug, "when": flow.when.to_string(),
        "reversible": flow.reversible, "viaProxy": flow.via_proxy, "prose": flow.prose,
        "served": flow.editions.contains(edition), "purpose": flow.sentence,
        "corrections": flow.corrections().collect::<Vec<_>>(), "sources": sources,
    })
}

#[derive(Debug, Args)]
#[command(
    after_help = "An edition is read as its text stands; `2006:corrected` is what is true of it, so that \
                  `diff 2006 2006:corrected` shows what the corrections change. TSV holds the rows alone."
)]
pub(super) struct Diff {
    /// The edition from which to compare.
    #[arg(value_parser = words::edition_read(), value_name = "OLD")]
    old: (Edition, Reading),
    /// The edition to which.
    #[arg(value_parser = words::edition_read(), value_name = "NEW")]
    new: (Edition, Reading),
}

/// One line of a difference.
type Line = [String; 6];

impl Diff {
    pub(super) fn run(self, format: Format) -> Result<(), Failure> {
        let found = diff(self.old, self.new);
        let lines = self.lines(&found);
        let columns = ["change", "from", "to", "protocol", "port", "note"];
        match format {
            Format::Tsv => return put(format, columns, lines),
            Format::Json => return show::json(&self.as_json(&found, lines, columns)),
            Format::Table => {}
        }
        let dates = [self.old.0, self.new.0].map(dated);
        tell(format, format!("{} → {}", dates[0], dates[1]));
        if found.is_empty() {
            let date =
                if self.old.0 == self.new.0 { "" } else { "; only the translation's date differs" };
            tell(format, format!("The tables, notes and lists are the same{date}."));
            return Ok(());
        }
        tell(
            format,
            format!(
                "{} added, {} removed, {} changed; {}\n",
                show::counted(found.added.len() as u64, "connection"),
                found.removed.len(),
                found.changed.len(),
                match moved_notes(&found) {
                    0 => "no note moved".to_owned(),
                    some => format!("{} moved", show::counted(some as u64, "note")),
                }
            ),
        );
        put(format, columns, lines)?;
        if !found.beside.is_empty() {
            tell(format, "\nBeside the tables:");
            for one in &found.beside {
                let sign = if one.added { "+" } else { "-" };
                hang(&format!("  {sign} "), &format!("{}: {}", one.place, one.text));
            }
        }
        Ok(())
    }

    fn as_json(&self, found: &Difference, lines: Vec<Line>, columns: [&str; 6]) -> Value {
        let row = |line: Line| -> serde_json::Map<String, Value> {
            columns.iter().map(ToString::to_string).zip(line.map(Value::from)).collect()
        };
        let beside = found
            .beside
            .iter()
            .map(|one| json!({ "place": one.place, "text": one.text, "added": one.added }));
        let read = |(edition, reading): (Edition, Reading)| json!({ "edition": edition.slug(), "reading": reading.slug() });
        json!({
            "old": read(self.old), "new": read(self.new), "same": found.is_empty(),
            "connections": {
                "added": found.added.len(), "removed": found.removed.len(), "changed": found.changed.len(),
            },
            "movedNotes": moved_notes(found),
            "rows": lines.into_iter().map(row).collect::<Vec<_>>(),
            "beside": beside.collect::<Vec<_>>(),
        })
    }

    fn lines(&self, found: &Difference) -> Vec<Line> {
        let whole = |word: &str, flows: &[&'static Flow], edition| -> Vec<Line> {
            flows.iter().map(|flow| line(word, flow, edition)).collect()
        };
        let added = found.added.values().flat_map(|flows| whole("added", flows, self.new.0));
        let removed = found.removed.values().flat_map(|flows| whole("removed", flows, self.old.0));
        let changed = found.changed.values().flat_map(|change| self.changed(change));
        added.chain(removed).chain(changed).collect()
    }

    fn changed(&self, change: &Change) -> Vec<Line> {
        let (old, new) = (self.old.0, self.new.0);
        let mut lines: Vec<Line> = Vec::new();
        lines.extend(change.added.iter().map(|flow| line("changed: row added", flow, new)));
        lines.extend(change.removed.iter().map(|flow| line("changed: row removed", flow, old)));
        lines.extend(change.moved_notes.iter().map(|(was, is)| {
            let [.., from] = table::line(was, old);
            let [.., to] = table::line(is, new);
            let [word, one, other, protocol, port, _] = line("changed: note moved", is, new);
            [word, one, other, protocol, port, format!("{from} → {to}")]
        }));
        lines.extend(change.turned.iter().map(|(_, is)| {
            let [_, _, initiator, ..] = table::line(is, new);
            line(&format!("changed: opened by {initiator}"), is, new)
        }));
        lines
    }
}

fn moved_notes(found: &Difference) -> usize {
    found.changed.values().map(|change| change.moved_notes.len()).sum()
}

fn line(word: &str, flow: &Flow, edition: Edition) -> Line {
    let [from, to, _, protocol, port, note] = table::line(flow, edition);
    [word.to_owned(), from, to, protocol, port, note]
}

fn dated(edition: Edition) -> String {
    let article = catalog::ARTICLES.iter().find(|article| article.edition == Some(edition));
    article.map_or_else(|| edition.to_string(), |article| format!("{edition} ({})", article.date))
}
