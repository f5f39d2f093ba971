//! What changes from one plan to another.

use std::path::PathBuf;

use catalog::{Edition, Reading, nearest};
use clap::{Args, ValueHint};
use plan::Row;
use plan::diff::{Diff as Found, diff, with_edition};
use plan::show::{markdown, tsv};
use serde_json::{Value, json};

use super::Format;
use crate::outcome::{Exit, Failure, Kind};
use crate::show;
use crate::site_file::{self, SiteFile};

const COLUMNS: [&str; 7] =
    ["change", "opener", "answerer", "protocol", "old-port", "new-port", "connection"];

#[derive(Debug, Args)]
#[command(after_help = "A side is a site file, alone or as it would be read:\n  \
                  portolan plan diff before.toml after.toml                    what an edit changes\n  \
                  portolan plan diff site.toml@2002 site.toml@2006             one file under two editions\n  \
                  portolan plan diff site.toml@documented site.toml@corrected  what the corrections change\n  \
                  portolan plan diff site.toml@2002:documented site.toml@2006:documented\n\n\
                  Opened and closed are flows that only one plan has; moved are those between the same parties, for the \
                  same connection, at another port. The order is safe for firewalls: open first, close last.\n\n\
                  Exit codes: 0 the plans are the same · 7 they differ · 5 mistakes in a site file.")]
pub(super) struct Diff {
    /// The plan from which to compare.
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    old: String,
    /// The plan to which.
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    new: String,
}

impl Diff {
    pub(super) fn run(&self, format: Format, reading: Reading) -> Result<Exit, Failure> {
        let [old, new] = [Side::of(&self.old, reading)?, Side::of(&self.new, reading)?];
        let (old, new) = match (old.check()?, new.check()?) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(mistaken), _) | (_, Err(mistaken)) => {
                return mistaken.shown(format == Format::Json);
            }
        };
        let found = diff(&old.plan, &new.plan);
        let rows = rows(&found);
        let cells: Vec<_> = rows.iter().map(|row| row.each_ref().map(String::as_str)).collect();
        match format {
            Format::Table => tell(&found, rows),
            Format::Tsv => show::line(tsv(COLUMNS, &cells).trim_end()),
            Format::Json => show::json(&as_json(&found))?,
            Format::Markdown => {
                show::line(format!("{}\n", sum(&found)));
                show::line(markdown(COLUMNS, &cells).trim_end());
                for (n, line) in addresses(&found).enumerate() {
                    show::line(format!("{}- {line}", if n == 0 { "\n" } else { "" }));
                }
            }
        }
        Ok(if found.is_empty() { Exit::Done } else { Exit::Differs })
    }
}

/// What is compared: a file, and how it is read.
struct Side {
    path: PathBuf,
    /// As the command line has it.
    said: String,
    edition: Option<Edition>,
    reading: Reading,
}

impl Side {
    /// `FILE`, `FILE@EDITION`, `FILE@READING` or `FILE@EDITION:READING`. A file whose
    /// own name ends like that is a file.
    fn of(said: &str, reading: Reading) -> Result<Self, Failure> {
        let whole = Self { path: said.into(), said: said.to_owned(), edition: None, reading };
        let Some((path, suffix)) = said.rsplit_once('@').filter(|_| !whole.path.exists()) else {
            return Ok(whole);
        };
        let mut side = Self { path: path.into(), ..whole };
        for word in suffix.splitn(2, ':') {
            let read = [Reading::Documented, Reading::Corrected];
            if let Some(edition) = Edition::parse(word) {
                side.edition = Some(edition);
            } else if let Some(reading) = read.into_iter().find(|one| one.slug() == word) {
                side.reading = reading;
            } else {
                return Err(no_such_word(said, word));
            }
        }
        Ok(side)
    }

    fn check(&self) -> Result<Result<SiteFile, site_file::Mistaken>, Failure> {
        let text = site_file::text_at(&self.path)?;
        let text =
            self.edition.map_or_else(|| text.clone(), |edition| with_edition(&text, edition));
        SiteFile::check(text, &self.said, self.reading, &self.path)
    }
}

fn no_such_word(said: &str, word: &str) -> Failure {
    let known = Edition::ALL.map(Edition::slug).into_iter().chain(["documented", "corrected"]);
    let known: Vec<&str> = known.collect();
    let failure = Failure::new(format!("{said}: `{word}` is no edition and no reading"));
    failure.kind(Kind::Usage).next(match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known are {}", known.join(", ")),
    })
}

fn rows(found: &Found) -> Vec<[String; 7]> {
    let line = |change: &str, row: &Row, was: &str, is: &str| {
        let Row { opener, answerer, protocol, connection, .. } = row;
        [change, opener, answerer, protocol, was, is, connection].map(str::to_owned)
    };
    let opened = found.opened.iter().map(|row| line("opened", row, "", &row.port));
    let moved = found.moved.iter().map(|one| line("moved", &one.row, &one.was, &one.row.port));
    let closed = found.closed.iter().map(|row| line("closed", row, &row.port, ""));
    opened.chain(moved).chain(closed).collect()
}

/// `2 opened, 1 moved, none closed`.
fn sum(found: &Found) -> String {
    if found.is_empty() {
        return "the plans are the same".to_owned();
    }
    let counts = [found.opened.len(), found.moved.len(), found.closed.len()];
    let words = counts.map(|count| if count == 0 { "none".to_owned() } else { count.to_string() });
    let [opened, moved, closed] = words;
    format!("{opened} opened, {moved} moved, {closed} closed")
}

fn addresses(found: &Found) -> impl Iterator<Item = String> {
    found.elsewhere.iter().map(|one| format!("{} had {}, and has {}", one.party, one.was, one.is))
}

fn tell(found: &Found, rows: Vec<[String; 7]>) {
    show::line(sum(found));
    if !rows.is_empty() {
        show::line("");
        let header = COLUMNS.map(|name| name.to_uppercase().replace('-', " "));
        show::table(header.each_ref().map(String::as_str), rows);
    }
    for (n, line) in addresses(found).enumerate() {
        show::line(format!("{}{line}", if n == 0 { "\n" } else { "" }));
    }
}

fn as_json(found: &Found) -> Value {
    let row = |row: &Row| {
        json!({
            "id": row.connection, "opener": row.opener, "answerer": row.answerer,
            "protocol": row.protocol, "ports": row.port,
        })
    };
    let moved = found.moved.iter().map(|one| {
        let mut value = row(&one.row);
        value["was"] = one.was.clone().into();
        value
    });
    let elsewhere = found
        .elsewhere
        .iter()
        .map(|one| json!({ "party": one.party, "was": one.was, "is": one.is }));
    json!({
        "same": found.is_empty(),
        "opened": found.opened.iter().map(row).collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "closed": found.closed.iter().map(row).collect::<Vec<_>>(),
        "elsewhere": elsewhere.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_side_says_how_its_file_is_read() {
        let side = |said| {
            Side::of(said, Reading::Corrected)
                .map(|side| (side.path.display().to_string(), side.edition, side.reading))
        };
        let (documented, corrected) = (Reading::Documented, Reading::Corrected);
        for (said, want) in [
            ("a.toml", ("a.toml", None, corrected)),
            ("a.toml@2006", ("a.toml", Some(Edition::V2006), corrected)),
            ("a.toml@documented", ("a.toml", None, documented)),
            ("x@y/a.toml@1802:documented", ("x@y/a.toml", Some(Edition::V1802), documented)),
        ] {
            let (path, edition, reading) = side(said).unwrap();
            assert_eq!((path.as_str(), edition, reading), want, "{said}");
        }
        let wrong = side("a.toml@documentd").unwrap_err().to_string();
        assert!(wrong.contains("did you mean documented?"), "{wrong}");
    }
}
