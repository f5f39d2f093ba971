//! `portolan plan`: what follows from a site file, before anything runs. It needs
//! the file alone: no site, no rights, no network.

use std::path::{Path, PathBuf};

use catalog::Reading;
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::cli::catalog::words;
use crate::folder::Folder;
use crate::outcome::{Exit, Failure, Kind};
use crate::site_file::{self, Mistaken, SiteFile};

pub(crate) use list::OnlyArgs;

mod diff;
mod draw;
mod explain;
mod list;
mod resolve;
mod schema;

#[derive(Debug, Args)]
#[command(after_help = "To begin with:\n  \
                  portolan plan                                        every connection of the site in this machine's folder\n  \
                  portolan plan --site branch.toml --format tsv        of a file, for comparisons\n  \
                  portolan plan --site branch.toml --host dp7          what one host opens and answers\n  \
                  portolan plan --site branch.toml --clients branch-7  what the machines of a network need\n  \
                  portolan plan --site branch.toml --between dp7 keel  what passes between two of them\n  \
                  portolan plan explain 'client>management-point/https' why a connection is there\n  \
                  portolan plan diff before.toml after.toml            what an edit opens, closes and moves\n  \
                  portolan plan resolve --site branch.toml             the addresses of its names, into branch.lock\n\n\
                  TSV has the columns opener, answerer, protocol, port and connection: parties by their names in the \
                  site file, a host that speaks to itself as HOST@loopback; lines in the order of their bytes. JSON \
                  holds the findings too, and the mistakes where there are any, each with its place: for editors.\n\n\
                  A file with mistakes ends in exit code 5, and all of them are told at once.")]
pub(crate) struct PlanArgs {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    source: Source,
    /// How to show it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", global = true)]
    format: Format,
    #[command(flatten)]
    only: list::OnlyArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say why a flow is in the plan: which row, which line of the site file.
    Explain(explain::Explain),
    /// Compare two plans: what opens, what closes, what moves to another port.
    Diff(diff::Diff),
    /// Draw the plan as a chart (SVG).
    Draw(draw::Draw),
    /// Look up the names of the site file that have no address there.
    Resolve(resolve::Resolve),
    /// Print the JSON Schema of the site file, for editors.
    Schema(schema::Schema),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For spreadsheets and comparisons.
    Tsv,
    /// For programs and editors.
    Json,
    /// For wikis and merge requests.
    Markdown,
}

/// Which site file, and how it is read.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The site file [default: that of the site's folder].
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    site: Option<PathBuf>,
    /// Of an edition of Microsoft's, `documented`: what its article says; `corrected`:
    /// what is true.
    #[arg(long, global = true, value_parser = words::reading(), hide_possible_values = true, default_value = "corrected", value_name = "READING")]
    reading: Reading,
}

impl Source {
    pub(crate) fn read(&self, folder: &Folder) -> Result<Result<SiteFile, Mistaken>, Failure> {
        let (path, text) = self.text(folder)?;
        SiteFile::check(text, &path.display().to_string(), self.reading, &path)
    }

    /// Another file, read in the same way.
    pub(crate) fn read_other(&self, path: &Path) -> Result<Result<SiteFile, Mistaken>, Failure> {
        let text = site_file::text_at(path)?;
        SiteFile::check(text, &path.display().to_string(), self.reading, path)
    }

    fn text(&self, folder: &Folder) -> Result<(PathBuf, String), Failure> {
        Ok(match &self.site {
            Some(path) => (path.clone(), site_file::text_at(path)?),
            None => (folder.site_file(), site_file::text_in(folder)?),
        })
    }
}

impl PlanArgs {
    pub(crate) fn run(self, folder: &Folder) -> Result<Exit, Failure> {
        let Self { command, source, format, only } = self;
        if command.is_some() && only.is_said() {
            let message = "--host, --clients and --between pick from the whole plan";
            return Err(Failure::new(message).kind(Kind::Usage).next("leave out the subcommand"));
        }
        let command = match command {
            Some(Command::Diff(_)) if source.site.is_some() => {
                let failure = Failure::new("plan diff takes two site files, and no --site");
                return Err(failure.kind(Kind::Usage).next("portolan plan diff OLD NEW"));
            }
            Some(Command::Diff(diff)) => return diff.run(format, source.reading),
            Some(Command::Schema(schema)) => return schema.run(),
            Some(Command::Resolve(resolve)) => {
                let (path, text) = source.text(folder)?;
                return resolve.run(format, &path, text);
            }
            Some(Command::Draw(draw)) => {
                return match source.read(folder)? {
                    Ok(file) => draw.run(&file),
                    Err(mistaken) => mistaken.shown(false),
                };
            }
            Some(Command::Explain(explain)) => Some(explain),
            None => None,
        };
        let file = match source.read(folder)? {
            Ok(file) => file,
            Err(mistaken) => return mistaken.shown(format == Format::Json),
        };
        match command {
            None => only.run(format, &file),
            Some(explain) => explain.run(format, &file),
        }
        .map(|()| Exit::Done)
    }
}

/// What a command cannot be shown as.
fn no_such_form(what: &str, format: Format) -> Failure {
    let form = format.to_possible_value().map(|value| value.get_name().to_owned());
    Failure::new(format!("{what} cannot be shown as {}", form.unwrap_or_default()))
        .kind(Kind::Usage)
        .next("it has --format table and --format json")
}
