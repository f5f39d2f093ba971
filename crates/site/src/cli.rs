//! The command line: what can be said, and which file answers. One file for
//! each noun; everything that concerns a running site goes through the
//! administrators' REST API, so that no command can do what the API cannot.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::api::Api;
use crate::folder::Folder;
use crate::outcome::{Exit, Failure};

pub(crate) use create::NewSite;

mod agent;
mod app;
mod catalog;
mod collection;
mod completions;
mod content;
mod create;
mod deployment;
mod device;
mod host;
mod init;
mod join;
mod plan;
mod rules;
mod serve;
mod status;
mod token;
mod up;

/// Self-hosted endpoint management whose network is compiled, not documented.
#[derive(Debug, Parser)]
#[command(
    name = "portolan",
    version,
    propagate_version = true,
    after_help = "Start with `portolan up`: it makes a site on this machine, runs it, and makes the \
                  machine its first client.\n\n\
                  Exit codes: 0 done · 1 failed · 2 wrong usage · 3 the site does not answer · \
                  4 refused by the site · 5 mistakes in the site file · 6 a device failed (deployment watch) · \
                  7 there is a difference (plan diff, plan resolve --check, rules diff, rules import)"
)]
pub(crate) struct Cli {
    /// The site's folder [default: /var/lib/portolan as root, else `portolan`
    /// in the user's data folder].
    #[arg(long, global = true, env = "PORTOLAN_DIR", value_name = "DIR")]
    dir: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a site here if there is none, run it, and manage this machine.
    Up(up::Up),
    /// Make a site here if there is none, and leave running it to `serve`.
    Create(create::Create),
    /// Write the first site file of an estate, from flags, questions or a list of servers.
    Init(init::Init),
    /// Make this machine a host of a site that is elsewhere.
    Join(join::Join),
    /// Run the roles that this host has for its site.
    Serve(serve::Serve),
    /// Show every connection that must be possible, from the site file.
    Plan(plan::PlanArgs),
    /// Write the firewall rules that follow from the site file, in many dialects.
    Rules(rules::RulesArgs),
    /// Tell what the catalog knows: connections, ports, what is wrong in the articles.
    Catalog(catalog::Catalog),
    #[command(flatten)]
    Remote(Remote),
    /// The agent: of this machine, and the package for others.
    Agent {
        #[command(subcommand)]
        command: Agent,
    },
    /// Print a completion script for a shell.
    Completions(completions::Completions),
}

#[derive(Debug, Subcommand)]
enum Agent {
    /// `portolan-agent`, embedded: its folder is one of the site's.
    #[command(flatten)]
    Here(::agent::cli::Command),
    /// Publish the package that `token create` lets new machines install.
    Publish(agent::Publish),
}

/// What asks the running site.
#[derive(Debug, Subcommand)]
enum Remote {
    /// Show how the site is.
    Status(Output),
    /// Applications: what can be installed.
    #[command(subcommand)]
    App(app::App),
    /// Collections: named sets of devices.
    #[command(subcommand)]
    Collection(collection::Collection),
    /// Deployments: which application goes to which collection.
    #[command(subcommand)]
    Deployment(deployment::Deployment),
    /// Content: which distribution point has what.
    #[command(subcommand)]
    Content(content::Content),
    /// Hosts: the machines that do the site's work.
    #[command(subcommand)]
    Host(host::Host),
    /// Devices: the machines that are managed.
    #[command(subcommand)]
    Device(device::Device),
    /// Tokens: how a machine becomes a client.
    #[command(subcommand)]
    Token(token::Token),
}

/// How a command shows what it found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: the REST API's own bodies.
    Json,
}

/// The option that every command has that shows something.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// How to show it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
}

impl Cli {
    /// How much is logged unless somebody says otherwise.
    pub(crate) fn usual_log(&self) -> &'static str {
        match self.command {
            Command::Up(_) | Command::Serve(_) | Command::Agent { .. } => "info",
            _ => "warn",
        }
    }

    /// Does what was said.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            // `up`, `serve` and the agent arrange processes and threads themselves.
            Command::Up(up) => up.run(&Folder::at(self.dir)?),
            Command::Create(create) => create.run(&Folder::at(self.dir)?),
            Command::Init(init) => init.run(),
            Command::Join(join) => join.run(&Folder::at(self.dir)?),
            Command::Serve(serve) => serve.run(&Folder::at(self.dir)?),
            Command::Agent { command: Agent::Here(command) } => {
                Ok(Exit::Of(::agent::cli::run(Folder::at(self.dir)?.agent(), command)))
            }
            Command::Agent { command: Agent::Publish(publish) } => {
                let folder = Folder::at(self.dir)?;
                crate::runtime()?.block_on(async { publish.run(&mut Api::of(&folder)?).await })
            }
            Command::Plan(plan) => plan.run(&Folder::at(self.dir)?),
            Command::Rules(rules) => rules.run(&Folder::at(self.dir)?),
            Command::Catalog(catalog) => catalog.run(),
            Command::Completions(completions) => completions.run(),
            Command::Remote(command) => {
                let folder = Folder::at(self.dir)?;
                crate::runtime()?.block_on(command.run(&folder))
            }
        }
    }
}

impl Remote {
    async fn run(self, folder: &Folder) -> Result<Exit, Failure> {
        let mut site = Api::of(folder)?;
        match self {
            Self::Status(output) => status::run(output, &mut site).await,
            Self::App(app) => app.run(&mut site).await,
            Self::Collection(collection) => collection.run(&mut site).await,
            Self::Content(content) => content.run(&mut site).await,
            Self::Host(host) => host.run(&mut site).await,
            Self::Deployment(deployment) => deployment.run(&mut site).await,
            Self::Device(device) => device.run(&mut site).await,
            Self::Token(token) => token.run(&mut site).await,
        }
    }
}
