//! `portolan rules apply`, `confirm` and `remove`: nftables rules on this machine, with
//! a dead-man's switch that lives in the kernel.
//!
//! New rules are loaded on trial, beside the former ones, which stand aside for so
//! long. When the time is over the kernel itself lets the former rules decide again:
//! no process has to be alive for it. Confirming makes the new ones the only ones. It
//! is taken from a login that came in after the trial began, because only such a one
//! shows that the rules let the administrator in.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use node::files::{self, FileError, Folder as Rights};
use node::session;
use rules::dialect::nftables::{self, Form, TABLE, TRIAL_TABLE};
use rules::{Compiler, Decided, Place, RuleSet};

use super::nft;
use crate::cli::plan::OnlyArgs;
use crate::outcome::{Exit, Failure, Kind};
use crate::show;
use crate::site_file::SiteFile;

/// What is known of a trial: only root writes and reads it, because confirming loads
/// what it says.
const TRIAL_FOLDER: &str = "/run/portolan-rules";
const TRIAL: &str = "/run/portolan-rules/trial.nft";
/// What was confirmed, to be loaded when the machine starts.
const KEPT_FOLDER: &str = "/etc/portolan";
const KEPT: &str = "/etc/portolan/rules.nft";
/// Begins a trial's file; the time of its start follows, in milliseconds of uptime.
const STARTED: &str = "# on trial since ";

#[derive(Debug, Args)]
#[command(
    after_help = "The new rules hold at once, on trial. Come in by a new connection and say `portolan rules confirm` there. \
                  If nobody does within the time, the former rules hold again, whatever happened to this program.\n\n\
                  Rules of your own, such as for ssh, belong into /etc/portolan/local-in.nft and local-out.nft."
)]
pub(super) struct Apply {
    #[command(flatten)]
    only: OnlyArgs,
    /// How long the rules are on trial, from 10 seconds to a day: `60s`, `5m`.
    #[arg(long, default_value = "60s", value_parser = within, value_name = "TIME")]
    confirm_within: Duration,
    /// Start the trial, and do not wait for its end.
    #[arg(long)]
    no_wait: bool,
    /// Ask the kernel whether it would take the rules, and load nothing.
    #[arg(long, conflicts_with = "no_wait")]
    check: bool,
}

#[derive(Debug, Args)]
pub(super) struct Confirm {
    /// Confirm though this login is older than the rules: it is no network connection
    /// that they could have cut.
    #[arg(long)]
    at_console: bool,
}

fn within(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.trim_end_matches(char::is_alphabetic).len());
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is no time such as 60s"))?;
    let seconds = match unit {
        "" | "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        _ => return Err(format!("`{unit}` is no unit: s, m or h")),
    };
    let seconds = seconds.filter(|seconds| (10..=86_400).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| format!("`{text}` is not from 10s to 24h"))
}

impl Apply {
    pub(super) fn run(self, file: &SiteFile) -> Result<Exit, Failure> {
        let compiler = Compiler::new(&file.plan);
        let set = match self.only.place(&file.plan)? {
            Some(place) => compiler.rules(&place),
            None if self.only.is_said() => Some(compiler.of_border(self.only.places(&file.plan)?)),
            None => compiler.rules(&here(file)?),
        };
        let set = set.ok_or_else(|| Failure::new("the plan has no rules for that"))?;
        let place = &set.place;
        let decided = Decided::new(&file.text);
        let seconds = u32::try_from(self.confirm_within.as_secs()).unwrap_or(u32::MAX);
        let trial = trial(&set, &decided, seconds)?;
        nft::check(&trial)?;
        super::tell(set.findings.clone());
        if self.check {
            show::line(format!("the kernel would take the {} rules of {place}", set.rules.len()));
            return Ok(Exit::Done);
        }
        // What an earlier trial noted must not be confirmed in place of this one.
        forget();
        nft::load(&trial)?;
        note(&nftables::text(&set, &decided, Form::Plain))?;
        show::line(format!("{} rules of {place} are on trial for {seconds} s", set.rules.len()));
        show::line("come in by a new connection, and say there: portolan rules confirm");
        if self.no_wait { Ok(Exit::Done) } else { wait(self.confirm_within) }
    }
}

/// Notes what is on trial, once it is. A trial of which nothing is noted cannot be
/// confirmed, and ends.
fn note(plain: &str) -> Result<(), Failure> {
    let cannot = |error: FileError| Failure::because("cannot note the trial", &error);
    let now =
        session::uptime().map_err(|error| Failure::because("cannot tell the time", &error))?;
    files::create_folder(Path::new(TRIAL_FOLDER), Rights::Private).map_err(cannot)?;
    let noted = format!("{STARTED}{}\n{plain}", now.as_millis());
    files::write_private(Path::new(TRIAL), noted.as_bytes()).map_err(cannot)
}

/// The new rules on trial, and the former ones standing aside, in one transaction.
fn trial(set: &RuleSet<'_>, decided: &Decided, seconds: u32) -> Result<String, Failure> {
    let mut text = nftables::text(set, decided, Form::Trial { seconds });
    let [former, _] = nft::tables()?;
    if let Some(former) = former {
        let chains: Vec<&str> = former.chains.iter().map(String::as_str).collect();
        text.push_str(&nftables::stand_aside(
            &chains,
            seconds,
            former.set("stand-aside").is_some(),
        ));
    }
    Ok(text)
}

/// Which host this is, by its addresses.
pub(super) fn here(file: &SiteFile) -> Result<Place, Failure> {
    let addresses: Vec<IpAddr> = node::interfaces::addresses()
        .map_err(|error| Failure::because("cannot see this machine's addresses", &error))?;
    let seen: Vec<IpAddr> = addresses.into_iter().filter(|one| !one.is_loopback()).collect();
    let host = file.plan.host_at(&seen).map(|host| Place::Host(host.name.clone()));
    host.ok_or_else(|| {
        Failure::new("no host of the site file has one of this machine's addresses")
            .kind(Kind::Usage)
            .next("say which it is with --host, or --clients where it is a client of a network")
    })
}

/// Waits until the trial is confirmed or over, and says which. Whoever ends this program
/// changes nothing.
fn wait(within: Duration) -> Result<Exit, Failure> {
    const LOOK: Duration = Duration::from_millis(250);
    let watch = node::clock::Stopwatch::start();
    crate::runtime()?.block_on(async {
        while Path::new(TRIAL).exists() {
            // A second more than the kernel's own clock needs.
            if watch.elapsed() > within + Duration::from_secs(1) {
                forget();
                let failure =
                    Failure::new("nobody confirmed the rules: the former ones hold again");
                return Err(
                    failure.next("look at what they lack with `portolan rules --dialect csv`")
                );
            }
            node::clock::sleep(LOOK).await;
        }
        Ok(Exit::Done)
    })
}

fn forget() {
    // It may be gone already; the next trial writes it anew.
    let _gone = std::fs::remove_file(TRIAL);
}

impl Confirm {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let noted = match files::read_private(Path::new(TRIAL)) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.is_missing() => {
                let failure = Failure::new("no rules are on trial here").kind(Kind::Refused);
                return Err(failure.next("portolan rules apply"));
            }
            Err(error) => return Err(Failure::because("cannot read the trial", &error)),
        };
        let (started, plain) = started(&noted).ok_or_else(|| {
            Failure::new(format!("{TRIAL} is not what `rules apply` wrote"))
                .next("portolan rules apply")
        })?;
        let [_, trial] = nft::tables()?;
        let lasts = trial.is_some_and(|trial| trial.set("trial") == Some(true));
        if !lasts {
            forget();
            let failure =
                Failure::new("the trial is over: the former rules hold").kind(Kind::Refused);
            return Err(failure.next("portolan rules apply --confirm-within 5m"));
        }
        if !self.at_console {
            newly_come(started)?;
        }
        nft::load(&format!("{plain}delete table inet {TRIAL_TABLE}\n"))?;
        let cannot =
            |error: FileError| Failure::because("the rules hold, but cannot be kept", &error);
        files::create_folder(Path::new(KEPT_FOLDER), Rights::Public).map_err(cannot)?;
        files::write_public(Path::new(KEPT), plain.as_bytes()).map_err(cannot)?;
        forget();
        show::line("confirmed: the new rules hold");
        show::line(format!(
            "kept in {KEPT}; to load them when the machine starts, include that file in /etc/nftables.conf"
        ));
        Ok(Exit::Done)
    }
}

/// When a trial began, after the machine's start, and the rules that it is about.
fn started(noted: &str) -> Option<(Duration, &str)> {
    let (first, plain) = noted.split_once('\n')?;
    let millis = first.strip_prefix(STARTED)?.parse().ok()?;
    Some((Duration::from_millis(millis), plain))
}

/// Whether this login came in after the trial began.
fn newly_come(started: Duration) -> Result<(), Failure> {
    let next =
        "open a new connection to this machine and confirm there; on its own console, --at-console";
    let began = session::began().map_err(|error| {
        Failure::because("cannot tell when this login came in", &error)
            .kind(Kind::Refused)
            .next(next)
    })?;
    if began < started {
        let message =
            "this login was there before the rules, so it does not show that they let anybody in";
        return Err(Failure::new(message).kind(Kind::Refused).next(next));
    }
    Ok(())
}

/// `portolan rules remove`: as if there had never been any.
pub(super) fn remove() -> Result<Exit, Failure> {
    let found = nft::tables()?;
    let mut text = String::new();
    for (name, table) in [TABLE, TRIAL_TABLE].iter().zip(&found) {
        if table.is_some() {
            text.push_str(&format!("delete table inet {name}\n"));
        }
    }
    forget();
    let _none = std::fs::remove_file(KEPT);
    if text.is_empty() {
        show::line("there are no rules of ours here");
        return Ok(Exit::Done);
    }
    nft::load(&text)?;
    show::line("removed: this machine's other tables decide alone");
    Ok(Exit::Done)
}
