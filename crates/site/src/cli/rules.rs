//! `portolan rules`: what firewalls must let pass, in the dialect that they speak.
//! As `plan`, it needs the site file alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ::rules::dialect::{Takes, Written};
use ::rules::{Compiler, Decided, Dialect, Direction, Finding, Place, RuleSet};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::cli::plan::{OnlyArgs, Source};
use crate::folder::Folder;
use crate::outcome::{Exit, Failure, Kind};
use crate::show;
use crate::site_file::SiteFile;

mod apply;
mod diff;
mod found;
mod import;
mod nft;

#[derive(Debug, Args)]
#[command(after_help = "To begin with:\n  \
                  portolan rules --dialect nftables --host head               a host's own firewall\n  \
                  portolan rules --dialect windows --clients branch-7         that of the machines of a network\n  \
                  portolan rules --dialect csv --between branch-7 head        what a firewall between the two lets pass\n  \
                  portolan rules --dialect change-request-html --out request  what a network team is asked for\n  \
                  portolan rules --dialect nftables --out rules               a file for each host and network\n  \
                  portolan rules dialects                                     all of them, and how far each was tried\n\n\
                  Rules name addresses, never anybody: what has none is told on standard error, with the fact that the \
                  site file lacks, and has no rule. Every file carries the plan's digest.")]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    source: Source,
    /// How to write them down; `portolan rules dialects` tells of each.
    #[arg(long, value_parser = PossibleValuesParser::new(Dialect::ALL.map(Dialect::slug)), value_name = "DIALECT")]
    dialect: Option<String>,
    #[command(flatten)]
    only: OnlyArgs,
    /// Of a machine's rules, those for what comes in, for what goes out, or both.
    #[arg(long, value_enum, default_value_t, value_name = "DIRECTION")]
    direction: Side,
    /// The folder to write files to; it is made where there is none.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the dialects, and how far each was tried.
    Dialects,
    /// Say what rules that exist do to the plan: what passes, what is blocked, what is open in vain.
    Import(import::Import),
    /// Compare: the rules of two plans, or what a host has with what it needs.
    Diff(diff::Diff),
    /// Load this machine's nftables rules on trial: without a confirmation the former ones come back.
    Apply(apply::Apply),
    /// Keep the rules that are on trial; from a connection that came in after them.
    Confirm(apply::Confirm),
    /// Take our nftables rules away from this machine.
    Remove,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Side {
    In,
    Out,
    #[default]
    Both,
}

impl RulesArgs {
    pub(crate) fn run(self, folder: &Folder) -> Result<Exit, Failure> {
        match self.command {
            Some(Command::Dialects) => {
                let rows =
                    Dialect::ALL.map(|one| [one.slug().to_owned(), one.sentence().to_owned()]);
                show::table(["DIALECT", "WHAT IT IS"], rows);
                Ok(Exit::Done)
            }
            Some(Command::Confirm(confirm)) => confirm.run(),
            Some(Command::Remove) => apply::remove(),
            Some(Command::Apply(apply)) => match self.source.read(folder)? {
                Ok(file) => apply.run(&file),
                Err(mistaken) => mistaken.shown(false),
            },
            Some(Command::Import(import)) => match self.source.read(folder)? {
                Ok(file) => import.run(&file),
                Err(mistaken) => mistaken.shown(false),
            },
            Some(Command::Diff(diff)) => match self.source.read(folder)? {
                Ok(file) => diff.run(&self.source, &file),
                Err(mistaken) => mistaken.shown(false),
            },
            None => match self.source.read(folder)? {
                Ok(file) => self.write(&file).map(|()| Exit::Done),
                Err(mistaken) => mistaken.shown(false),
            },
        }
    }

    fn write(&self, file: &SiteFile) -> Result<(), Failure> {
        let Some(dialect) = self.dialect.as_deref().and_then(Dialect::parse) else {
            let failure = Failure::new("no dialect was named").kind(Kind::Usage);
            let slugs = Dialect::ALL.map(Dialect::slug).join(", ");
            return Err(failure.next(format!("--dialect is one of {slugs}")));
        };
        let decided = Decided::new(&file.text);
        let mut written = Written::default();
        let mut findings: Vec<Finding> = Vec::new();
        for mut set in self.sets(file, dialect)? {
            set.only(match self.direction {
                Side::In => &[Direction::In, Direction::Through],
                Side::Out => &[Direction::Out, Direction::Through],
                Side::Both => &[Direction::In, Direction::Out, Direction::Through],
            });
            let one = dialect.write(&set, &decided).map_err(|error| {
                Failure::new(error.to_string()).kind(Kind::Usage).next(
                    "name a --host, or --clients of a network; `portolan rules dialects` tells of each",
                )
            })?;
            findings.append(&mut set.findings);
            findings.extend(one.findings);
            written.files.extend(one.files);
        }
        self.put(&written)?;
        tell(findings);
        Ok(())
    }

    /// The rules of the party that was named; of none, those of all machines or of
    /// the border, as the dialect takes it.
    fn sets<'a>(&self, file: &'a SiteFile, dialect: Dialect) -> Result<Vec<RuleSet<'a>>, Failure> {
        let compiler = Compiler::new(&file.plan);
        let places = match self.only.place(&file.plan)? {
            Some(place) => vec![place],
            None if self.only.is_said() => {
                return Ok(vec![compiler.of_border(self.only.places(&file.plan)?)]);
            }
            None if dialect.takes() == Takes::Estate => vec![Place::Border],
            None => compiler.places(),
        };
        Ok(places.iter().filter_map(|place| compiler.rules(place)).collect())
    }

    fn put(&self, written: &Written) -> Result<(), Failure> {
        match (&self.out, written.files.as_slice()) {
            (Some(folder), files) => {
                for file in files {
                    put_file(&folder.join(&file.name), &file.text)?;
                }
                let count = show::counted(files.len() as u64, "file");
                note(&format!("wrote {count} to {}", folder.display()));
            }
            (None, [only]) => {
                // A reader that went away is no failure.
                let _closed = std::io::stdout().write_all(only.text.as_bytes());
            }
            (None, files) => {
                let failure = Failure::new(format!("these are {} files", files.len()));
                return Err(failure.kind(Kind::Usage).next("--out DIR takes them"));
            }
        }
        Ok(())
    }
}

fn put_file(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error| Failure::because(format!("cannot write {}", path.display()), &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    std::fs::write(path, text).map_err(cannot)
}

/// What a person has to know: each thing once, with all whom it concerns.
fn tell(findings: Vec<Finding>) {
    let mut said: BTreeMap<(::rules::Kind, String), BTreeSet<String>> = BTreeMap::new();
    for finding in findings {
        let about = finding.message.strip_prefix(&finding.party).unwrap_or(&finding.message);
        let parties = said.entry((finding.kind, about.to_owned())).or_default();
        parties.insert(finding.party.clone());
    }
    for ((kind, message), parties) in said {
        let begins = message.starts_with(' ');
        let who = parties.into_iter().filter(|_| begins).collect::<Vec<_>>().join(", ");
        note(&format!("note: {who}{message} ({})", kind.slug()));
    }
}

/// Beside the rules, which may go to a file.
fn note(text: &str) {
    let _closed = writeln!(std::io::stderr(), "{text}");
}
