//! `portolan deployment …`, with the live view of where each device stands.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use wire::client::Phase;
use wire::rest::{Deployment as Shown, DeploymentProgress, DeviceState, NewDeployment};

use crate::api::{Api, segment};
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure, Kind};
use crate::show;

/// Between two attempts to reach a site that does not answer.
const LOOK: Duration = Duration::from_secs(1);
/// So many of them in a row, and the watcher gives up.
const SILENCES: u32 = 60;

#[derive(Debug, Subcommand)]
pub(crate) enum Deployment {
    /// Deploy an application to a collection.
    Create(Create),
    /// List all deployments.
    List(Output),
    /// Watch an application's deployments until every device has come to an end.
    Watch(Watch),
    /// End a deployment. Nothing is removed from devices.
    Delete {
        id: u64,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "A new deployment of an application to the same collection takes the place of the \
                        earlier one. Where a device is in several collections, the newest deployment of the \
                        application decides."
)]
pub(crate) struct Create {
    /// The application.
    app: String,
    /// The devices; `all` is every device, also future ones.
    #[arg(long, value_name = "NAME")]
    collection: String,
    /// When it must be done, as 2026-12-24T18:00:00Z or from now on as 2h; at once if not given.
    #[arg(long, value_name = "TIME", value_parser = deadline)]
    deadline: Option<jiff::Timestamp>,
    /// Remove the application instead.
    #[arg(long)]
    uninstall: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit code 0: done on every device; 6: a device failed.")]
pub(crate) struct Watch {
    /// The application.
    app: String,
    #[command(flatten)]
    output: Output,
}

fn deadline(text: &str) -> Result<jiff::Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let wait: jiff::SignedDuration = text.parse().map_err(|_| {
        "neither a time such as 2026-12-24T18:00:00Z nor a duration such as 2h".to_owned()
    })?;
    let now =
        jiff::Timestamp::from_millisecond(node::clock::now()).map_err(|error| error.to_string())?;
    now.checked_add(wait).map_err(|error| error.to_string())
}

impl Deployment {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        match self {
            Self::Create(create) => create.run(site).await,
            Self::List(output) => {
                let all: Vec<Shown> = site.get("/api/v1/deployments").await?;
                list(output, &all)
            }
            Self::Watch(watch) => watch.run(site).await,
            Self::Delete { id, output } => {
                let gone: Shown = site.delete(&format!("/api/v1/deployments/{id}")).await?;
                if output.format == Format::Json {
                    show::json(&gone)?;
                } else {
                    show::line(format!(
                        "ended deployment {} of {} to {}",
                        gone.id, gone.app, gone.collection
                    ));
                }
                Ok(Exit::Done)
            }
        }
    }
}

impl Create {
    async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let new = NewDeployment {
            app: self.app,
            collection: self.collection,
            uninstall: self.uninstall,
            deadline: self.deadline.map(jiff::Timestamp::as_millisecond),
        };
        let made: Shown = site.post("/api/v1/deployments", &new).await?;
        if self.output.format == Format::Json {
            show::json(&made)?;
        } else {
            let what = if made.uninstall { "removal" } else { "installation" };
            show::line(format!(
                "deployment {}: {what} of {} on {}, {}",
                made.id,
                made.app,
                made.collection,
                when(made.deadline)
            ));
            show::line(
                "clients ask for policy every minute or so; on a client, `portolan-agent sync` asks at once",
            );
            show::line(format!("next: portolan deployment watch {}", made.app));
        }
        Ok(Exit::Done)
    }
}

fn when(deadline: Option<i64>) -> String {
    deadline.map_or_else(|| "at once".to_owned(), |at| format!("by {}", show::moment(at)))
}

fn list(output: Output, all: &[Shown]) -> Result<Exit, Failure> {
    if output.format == Format::Json {
        show::json(&all)?;
    } else {
        let rows = all.iter().map(|one| {
            let what = if one.uninstall { "uninstall" } else { "install" };
            [
                one.id.to_string(),
                one.app.clone(),
                one.collection.clone(),
                what.to_owned(),
                when(one.deadline),
            ]
        });
        show::table(["ID", "APPLICATION", "COLLECTION", "WHAT", "WHEN"], rows);
    }
    Ok(Exit::Done)
}

impl Watch {
    async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let path = format!("/api/v1/deployments/{}", segment(&self.app));
        let mut view = View::new(self.output.format);
        let mut after = 0;
        loop {
            let progress: DeploymentProgress =
                match site.get(&format!("{path}?after={after}")).await {
                    // A site that is started anew while somebody watches comes back.
                    Err(failure) if after > 0 && failure.is(Kind::Unreachable) => {
                        view.waits(&failure)?;
                        node::clock::sleep(LOOK).await;
                        continue;
                    }
                    progress => progress?,
                };
            view.heard();
            if progress.deployments.is_empty() {
                return Err(Failure::new(format!("{} is not deployed", self.app))
                    .next(format!("portolan deployment create {} --collection all", self.app)));
            }
            after = progress.version;
            view.news(&progress.states);
            if progress.states.iter().all(|state| state.phase.is_final()) {
                return view.end(&progress);
            }
        }
    }
}

/// What the watcher has shown so far: a line for every change, and on a
/// terminal a bar below them.
struct View {
    format: Format,
    shown: HashMap<(String, u64), (Phase, String)>,
    bar: ProgressBar,
    /// How often in a row the site did not answer.
    silences: u32,
}

impl View {
    fn new(format: Format) -> Self {
        let bar = if format == Format::Table && std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            if let Ok(style) =
                ProgressStyle::with_template("{bar:30} {pos} of {len} devices, {elapsed}")
            {
                bar.set_style(style);
            }
            bar
        } else {
            ProgressBar::hidden()
        };
        Self { format, shown: HashMap::new(), bar, silences: 0 }
    }

    /// The site did not answer; gives up when that goes on.
    fn waits(&mut self, failure: &Failure) -> Result<(), Failure> {
        self.silences += 1;
        if self.silences > SILENCES {
            return Err(Failure::new(failure.to_string()).kind(Kind::Unreachable));
        }
        if self.silences == 1 && self.format == Format::Table {
            self.bar.suspend(|| show::line("the site does not answer; waiting for it"));
        }
        Ok(())
    }

    fn heard(&mut self) {
        self.silences = 0;
    }

    fn news(&mut self, states: &[DeviceState]) {
        self.bar.set_length(states.len() as u64);
        self.bar.set_position(states.iter().filter(|state| state.phase.is_final()).count() as u64);
        if self.format == Format::Json {
            return;
        }
        for state in states {
            let key = (state.device.id.clone(), state.deployment);
            let now = (state.phase, state.reason.clone());
            if self.shown.get(&key) != Some(&now) {
                self.bar.suspend(|| say(state));
                self.shown.insert(key, now);
            }
        }
    }

    fn end(self, progress: &DeploymentProgress) -> Result<Exit, Failure> {
        self.bar.finish_and_clear();
        let failed = progress
            .states
            .iter()
            .filter(|state| matches!(state.phase, Phase::Failed | Phase::Unknown))
            .count();
        if self.format == Format::Json {
            show::json(progress)?;
        } else {
            let done = progress.states.len() - failed;
            let all = show::counted(progress.states.len() as u64, "device");
            show::line(format!("done on {done} of {all}"));
        }
        Ok(if failed == 0 { Exit::Done } else { Exit::DeviceFailed })
    }
}

fn say(state: &DeviceState) {
    let why = if state.reason.is_empty() { String::new() } else { format!(": {}", state.reason) };
    show::line(format!("{}  {}{why}", state.device.name, show::phase(state.phase)));
    show::quoted(&state.output);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_a_time_or_a_wait() {
        assert!(deadline("2026-12-24T18:00:00Z").is_ok());
        assert!(deadline("2h").is_ok_and(|at| at.as_millisecond() > node::clock::now()));
        assert!(deadline("soon").is_err());
    }
}
