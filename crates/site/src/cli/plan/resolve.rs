//! `portolan plan resolve`: the addresses of a site file's names, into its lock.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use plan::Lock;
use plan::lock::{Changes, wanted};
use serde_json::{Value, json};

use super::{Format, no_such_form};
use crate::outcome::{Exit, Failure};
use crate::show;
use crate::site_file::{Mistaken, lock_at, lock_beside};

mod names;

/// Where this machine says whom it asks.
const SETTINGS: &str = "/etc/resolv.conf";

#[derive(Debug, Args)]
#[command(after_help = "To begin with:\n  \
                  portolan plan resolve --site site.toml            writes site.lock beside it\n  \
                  portolan plan resolve --site site.toml --check    only says what would change\n  \
                  portolan plan resolve --server 10.1.0.53          asks this name server\n\n\
                  It asks for the names of clouds, hosts and clusters that have no address in the site file. Plans \
                  read the lock together with the file, so keep both. Where a name cannot be found, nothing is written.\n\n\
                  Exit codes: 0 done · 7 with --check, something has changed · 3 no name server answers.")]
pub(super) struct Resolve {
    /// The name server to ask [default: those of this machine].
    #[arg(long, value_name = "ADDRESS")]
    server: Option<IpAddr>,
    /// Write nothing, and end with exit code 7 if something has changed.
    #[arg(long)]
    check: bool,
}

impl Resolve {
    pub(super) fn run(&self, format: Format, path: &Path, text: String) -> Result<Exit, Failure> {
        if matches!(format, Format::Tsv | Format::Markdown) {
            return Err(no_such_form("the addresses of names", format));
        }
        let name = path.display().to_string();
        let names = match wanted(&text) {
            Ok(names) => names,
            Err(mistakes) => {
                return Mistaken { name, text, mistakes }.shown(format == Format::Json);
            }
        };
        let file = lock_beside(path);
        let old = lock_at(&file)?;
        let new = match (names.as_slice(), &old) {
            ([], None) => {
                show::line(format!(
                    "{name}: everybody has an address, and there is nothing to ask"
                ));
                return Ok(Exit::Done);
            }
            ([], Some(_)) => Lock::default(),
            (names, _) => self.look_up(names)?,
        };
        let changes = new.since(&old.clone().unwrap_or_default());
        if !self.check {
            node::files::write_public(&file, new.to_string().as_bytes())
                .map_err(|error| Failure::because("the addresses were found", &error))?;
        }
        let told = Told { file: &file, written: !self.check, new: &new, changes: &changes };
        match format {
            Format::Json => show::json(&told.as_json())?,
            _ => told.tell(),
        }
        Ok(if self.check && !changes.is_empty() { Exit::Differs } else { Exit::Done })
    }

    fn look_up(&self, names: &[String]) -> Result<Lock, Failure> {
        let servers = match self.server {
            Some(server) => vec![server],
            None => names::servers(Path::new(SETTINGS))?,
        };
        let mut found = crate::runtime()?.block_on(names::look_up(&servers, names))?;
        found.asked = now()?;
        Ok(found)
    }
}

/// As TOML writes a time: whole seconds, in UTC.
fn now() -> Result<String, Failure> {
    let now = jiff::Timestamp::from_second(node::clock::now().div_euclid(1000));
    let now = now.map_err(|error| Failure::because("cannot tell the time", &error))?;
    Ok(now.to_string())
}

struct Told<'a> {
    file: &'a PathBuf,
    written: bool,
    new: &'a Lock,
    changes: &'a Changes,
}

impl Told<'_> {
    fn tell(&self) {
        let Self { file, written, new, changes } = self;
        for (sign, all) in [("+", &changes.added), ("-", &changes.gone)] {
            all.iter().for_each(|(name, address)| show::line(format!("{sign} {name} {address}")));
        }
        let names = show::counted(new.names().count() as u64, "name");
        let server = new.server.map_or_else(String::new, |server| format!(" by {server}"));
        let news = if changes.is_empty() { ", as before" } else { "" };
        let end = if *written { "wrote" } else { "left alone" };
        show::line(format!("{names} found{server}{news}; {end} {}", file.display()));
    }

    fn as_json(&self) -> Value {
        let Self { file, written, new, changes } = self;
        let all = new.names().map(
            |name| json!({ "name": name, "addresses": new.addresses(name).collect::<Vec<_>>() }),
        );
        let list = |all: &[(String, IpAddr)]| {
            let each =
                all.iter().map(|(name, address)| json!({ "name": name, "address": address }));
            each.collect::<Vec<_>>()
        };
        json!({
            "file": file.display().to_string(), "written": written, "asked": new.asked, "server": new.server,
            "names": all.collect::<Vec<_>>(),
            "added": list(&changes.added), "gone": list(&changes.gone),
        })
    }
}
