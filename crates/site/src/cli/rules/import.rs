//! `portolan rules import`: what a rule set that exists does to the plan. Administrators
//! begin with a network that has firewalls already.

use std::io::Read as _;
use std::path::PathBuf;

use ::rules::compare::{Report, compare, compare_between};
use ::rules::read::{Foreign, Format as Syntax};
use ::rules::{Compiler, Place};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use plan::Cidr;

use super::found;
use crate::cli::Format;
use crate::cli::plan::OnlyArgs;
use crate::outcome::{Exit, Failure, Kind};
use crate::show;
use crate::site_file::SiteFile;

#[derive(Debug, Args)]
#[command(after_help = "To begin with:\n  \
                  nft -j list ruleset | portolan rules import --host dp7 -    a host's own firewall\n  \
                  portolan rules import border.v4                             what iptables-save printed at a border\n  \
                  portolan rules import --between branch-7 head rules.csv     a table, as a network team exports it\n\n\
                  It tells what is wrong: planned flows that are blocked (missing, dropped by an earlier rule, meant and \
                  written wrong, without their answers), and openings that no flow needs (wider than needed, superfluous, \
                  unfiltered). What it does not understand it says; such a rule is never taken for one that lets \
                  something pass, and its opening is told.\n\n\
                  A CSV has a header that names its columns: source, destination, protocol, ports, action.\n\n\
                  Exit codes: 0 nothing is wrong · 7 something is · 5 mistakes in the site file.")]
pub(super) struct Import {
    /// The rules; `-` reads standard input.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    #[command(flatten)]
    only: OnlyArgs,
    #[command(flatten)]
    reading: Reading,
    /// How to show what was found.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How a rule set is read.
#[derive(Debug, Args)]
pub(super) struct Reading {
    /// How the rules are written [default: what they look like].
    #[arg(long, value_parser = PossibleValuesParser::new(Syntax::ALL.map(Syntax::slug)), value_name = "SYNTAX")]
    syntax: Option<String>,
    /// Which addresses are behind an interface that the rules name: `eth1=10.7.0.0/16`.
    /// It may be said several times.
    #[arg(long, value_parser = behind, value_name = "INTERFACE=BLOCK")]
    behind: Vec<(String, Cidr)>,
}

fn behind(text: &str) -> Result<(String, Cidr), String> {
    let (name, block) = text.split_once('=').ok_or("it has the form eth1=10.7.0.0/16")?;
    let block = Cidr::parse(block).map_err(|_| format!("`{block}` is no block of addresses"))?;
    Ok((name.to_owned(), block))
}

impl Reading {
    /// `name` is what reports call the text.
    pub(super) fn read(&self, name: &str, text: &str) -> Result<Foreign, Failure> {
        let said = self.syntax.as_deref().and_then(Syntax::parse);
        let syntax = said.or_else(|| Syntax::guess(text)).ok_or_else(|| {
            let slugs = Syntax::ALL.map(Syntax::slug).join(", ");
            Failure::new(format!("{name} looks like no rule set that is known"))
                .kind(Kind::Usage)
                .next(format!("give what `nft -j list ruleset` prints, or say --syntax: {slugs}"))
        })?;
        let mut foreign = Foreign::read(text, syntax).map_err(|error| {
            Failure::new(format!("{name}, {}: {}", error.at, error.problem)).next(error.next)
        })?;
        let mut behind: Vec<(String, Vec<Cidr>)> = Vec::new();
        for (name, block) in &self.behind {
            match behind.iter_mut().find(|(one, _)| one == name) {
                Some((_, blocks)) => blocks.push(*block),
                None => behind.push((name.clone(), vec![*block])),
            }
        }
        foreign.settle(&behind);
        Ok(foreign)
    }
}

/// The text of a file, or of standard input.
pub(super) fn text_of(path: &std::path::Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(|_| text),
        false => std::fs::read_to_string(path),
    };
    read.map_err(|error| Failure::because(format!("cannot read {}", path.display()), &error))
}

impl Import {
    pub(super) fn run(&self, file: &SiteFile) -> Result<Exit, Failure> {
        let text = text_of(&self.file)?;
        let foreign = self.reading.read(&self.file.display().to_string(), &text)?;
        let compiler = Compiler::new(&file.plan);
        let place = self.only.place(&file.plan)?.unwrap_or(Place::Border);
        let whole = compiler.rules(&place).ok_or_else(|| no_rules(&place))?;
        let (set, report) = match self.only.ends() {
            Some(parties) => {
                let set = compiler.of_border(self.only.places(&file.plan)?);
                let report = compare_between(&set, &whole, parties, &foreign);
                (set, report)
            }
            None => {
                let report = compare(&whole, &foreign);
                (whole, report)
            }
        };
        let report: Report = report.map_err(|error| Failure::because("cannot compare", &error))?;
        match self.format {
            Format::Json => show::json(&found::json(&set, &report))?,
            Format::Table => found::table(&set, &report),
        }
        Ok(if report.faults.is_empty() { Exit::Done } else { Exit::Differs })
    }
}

pub(super) fn no_rules(place: &Place) -> Failure {
    Failure::new(format!("the plan has no rules for {place}")).kind(Kind::Usage)
}
