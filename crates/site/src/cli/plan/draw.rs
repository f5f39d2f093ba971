//! `portolan plan draw`: the plan as a chart.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use plan::draw;

use crate::outcome::{Exit, Failure, Kind};
use crate::show;
use crate::site_file::SiteFile;

#[derive(Debug, Args)]
#[command(after_help = "To begin with:\n  \
                  portolan plan draw --output plan.svg   one chart, for a browser\n  \
                  portolan plan draw > plan.svg          the same\n  \
                  portolan plan draw --out charts        a chart of each site, and one of them all that leads there\n\n\
                  An arrow points at who answers. Pointing at a line shows all that it stands for. A chart is light or \
                  dark as its viewer is, and holds no script.")]
pub(super) struct Draw {
    /// Where to write the chart; standard output where that is no terminal.
    #[arg(long, value_name = "FILE.svg", value_hint = ValueHint::FilePath, conflicts_with = "out")]
    output: Option<PathBuf>,
    /// A folder, for a chart of each site; it is made where there is none.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
}

impl Draw {
    pub(super) fn run(self, file: &SiteFile) -> Result<Exit, Failure> {
        match (self.out, self.output) {
            (Some(folder), _) => {
                std::fs::create_dir_all(&folder).map_err(|error| {
                    Failure::because(format!("cannot make the folder {}", folder.display()), &error)
                })?;
                for page in draw::pages(&file.plan) {
                    write(&folder.join(page.file), &page.svg)?;
                }
            }
            (None, Some(path)) => write(&path, &draw::draw(&file.plan))?,
            (None, None) if std::io::stdout().is_terminal() => {
                let failure = Failure::new("a chart is nothing for a terminal").kind(Kind::Usage);
                return Err(failure.next("portolan plan draw --output plan.svg"));
            }
            (None, None) => {
                // A reader that went away is no failure.
                let _closed = std::io::stdout().write_all(draw::draw(&file.plan).as_bytes());
            }
        }
        Ok(Exit::Done)
    }
}

fn write(path: &Path, svg: &str) -> Result<(), Failure> {
    std::fs::write(path, svg)
        .map_err(|error| Failure::because(format!("cannot write {}", path.display()), &error))?;
    show::line(format!("wrote {}", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    /// The chart in the documents is that of the estate that the voyages sail.
    #[test]
    fn the_chart_of_the_voyage_is_true() {
        let source = include_str!("../../../tests/voyage/estate.rs");
        let (_, site_file) = source.split_once("const SITE: &str = r#\"").expect("its site file");
        let (site_file, _) = site_file.split_once("\"#;").expect("the end of it");
        let (plan, _) = plan::plan(&plan::read(site_file).unwrap()).unwrap();
        let chart = plan::draw::draw(&plan);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/voyage.svg");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &chart).unwrap();
        }
        let have = std::fs::read_to_string(path).unwrap_or_default();
        assert!(have == chart, "docs/voyage.svg is out of date: `cargo xtask gen` makes it");
    }
}
