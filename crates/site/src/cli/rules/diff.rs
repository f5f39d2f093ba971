//! `portolan rules diff`: what changes in firewalls from one plan to another, and what a
//! host has now beside what it needs.

use std::path::{Path, PathBuf};

use ::rules::compare::{Change, compare, plans};
use ::rules::{Compiler, Place};
use clap::{Args, ValueHint};
use serde_json::json;

use super::import::{Reading, no_rules, text_of};
use super::{apply, found, nft};
use crate::cli::Format;
use crate::cli::plan::{OnlyArgs, Source};
use crate::outcome::{Exit, Failure, Kind};
use crate::show;
use crate::site_file::SiteFile;

#[derive(Debug, Args)]
#[command(after_help = "To begin with:\n  \
                  portolan rules diff --site site.toml --with next.toml          what an edit opens and closes, and where\n  \
                  portolan rules diff --live                                     what this machine's nftables lack, and have too much\n  \
                  nft -j list ruleset | portolan rules diff --host dp7 --has -   the same of another machine\n\n\
                  Rules that say that they were made from another plan are named as drift.\n\n\
                  Exit codes: 0 no difference · 7 a difference · 5 mistakes in a site file.")]
pub(super) struct Diff {
    #[command(flatten)]
    only: OnlyArgs,
    /// The site file with which to compare: the plan that comes after.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    with: Option<PathBuf>,
    /// The rules that a machine has; `-` reads standard input.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "with")]
    has: Option<PathBuf>,
    /// The rules that this machine has now; needs root.
    #[arg(long, conflicts_with_all = ["with", "has"])]
    live: bool,
    #[command(flatten)]
    reading: Reading,
    /// How to show what was found.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Diff {
    pub(super) fn run(&self, source: &Source, file: &SiteFile) -> Result<Exit, Failure> {
        if self.only.ends().is_some() {
            let failure =
                Failure::new("rules diff compares one firewall's rules").kind(Kind::Usage);
            return Err(failure.next("say --host or --clients; rules import takes --between"));
        }
        match (&self.with, &self.has, self.live) {
            (Some(with), ..) => self.plans(source, file, with),
            (None, Some(has), _) => self.has(file, &has.display().to_string(), &text_of(has)?),
            (None, None, true) => self.has(file, "nft -j list ruleset", &nft::ruleset()?),
            (None, None, false) => {
                let failure = Failure::new("nothing to compare with was named").kind(Kind::Usage);
                Err(failure.next("say --with SITE-FILE, --has FILE or --live"))
            }
        }
    }

    fn plans(&self, source: &Source, file: &SiteFile, with: &Path) -> Result<Exit, Failure> {
        let other = match source.read_other(with)? {
            Ok(other) => other,
            Err(mistaken) => return mistaken.shown(self.format == Format::Json),
        };
        let (old, new) = (Compiler::new(&file.plan), Compiler::new(&other.plan));
        // A party that is named is in one of the plans at least.
        let named = match self.only.place(&file.plan) {
            Err(_) => self.only.place(&other.plan)?,
            Ok(place) => place,
        };
        let places = match named {
            Some(place) => vec![place],
            None => {
                let mut all = old.places();
                all.extend(new.places().into_iter().filter(|place| !old.places().contains(place)));
                all.push(Place::Border);
                all
            }
        };
        let changes: Vec<Change> = places
            .iter()
            .flat_map(|place| plans(old.rules(place).as_ref(), new.rules(place).as_ref()))
            .collect();
        match self.format {
            Format::Json => show::json(&json!({
                "same": changes.is_empty(),
                "changes": changes.iter().map(as_json).collect::<Vec<_>>(),
            }))?,
            Format::Table if changes.is_empty() => show::line("the rules are the same"),
            Format::Table => {
                let rows = changes.iter().map(|change| {
                    [
                        change.changed.slug().to_owned(),
                        change.place.stem().to_owned(),
                        change.direction.slug().to_owned(),
                        change.closed_text(),
                        change.opened_text(),
                        change.connections.join(" "),
                    ]
                });
                let header = ["CHANGE", "PLACE", "DIRECTION", "CLOSES", "OPENS", "CONNECTIONS"];
                show::table(header, rows);
            }
        }
        Ok(if changes.is_empty() { Exit::Done } else { Exit::Differs })
    }

    fn has(&self, file: &SiteFile, name: &str, text: &str) -> Result<Exit, Failure> {
        let foreign = self.reading.read(name, text)?;
        let place = match self.only.place(&file.plan)? {
            Some(place) => place,
            None if self.live => apply::here(file)?,
            None => {
                let failure = Failure::new("whose rules these are was not said").kind(Kind::Usage);
                return Err(failure.next("say --host or --clients"));
            }
        };
        let set = Compiler::new(&file.plan).rules(&place).ok_or_else(|| no_rules(&place))?;
        let report =
            compare(&set, &foreign).map_err(|error| Failure::because("cannot compare", &error))?;
        match self.format {
            Format::Json => show::json(&found::json(&set, &report))?,
            Format::Table => found::table(&set, &report),
        }
        let same = report.faults.is_empty() && report.drift.is_empty();
        Ok(if same { Exit::Done } else { Exit::Differs })
    }
}

fn as_json(change: &Change) -> serde_json::Value {
    json!({
        "change": change.changed.slug(),
        "place": change.place.to_string(),
        "direction": change.direction.slug(),
        "old": change.old,
        "new": change.new,
        "connections": change.connections,
        "closes": change.closed_text(),
        "opens": change.opened_text(),
    })
}
