//! The agent's command line, the same in `portolan-agent` and as `portolan
//! agent`. Exit codes: 0 done · 1 failed · 2 wrong usage · 3 the running agent
//! does not answer.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use node::control;
use trust::Fingerprint;
use trust::invitation::{BadInvitation, Invitation};
use trust::token::{BadToken, Token};

use crate::action::runner;
use crate::agent::{RunError, run as run_agent};
use crate::control::{Question, Status, Synced};
use crate::enrol::{EnrolError, enrol};
use crate::folder::AgentFolder;
use crate::identity::Identity;
use crate::install::{Ground, InstallError, Installation, Undone};
use crate::journal::{Bounds, Journal};
use crate::platform;
use crate::words::chain;

mod show;

/// As long as a sync may take.
const SYNC: Duration = Duration::from_secs(120);
/// As long as the running agent may take to say how it is.
const STATUS: Duration = Duration::from_secs(10);
/// The largest token file, in bytes.
const TOKEN_FILE: u64 = 4096;

/// What can be said.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the agent in the foreground, until it is told to stop.
    Run(Run),
    /// Make this machine a client of a site.
    Enrol(Enrol),
    /// Install this program's package and make the machine a client: all of it,
    /// or nothing.
    Install(Install),
    /// Tell the running agent to ask for policy now.
    Sync(Sync),
    /// Show how the agent is.
    Status(ShowStatus),
    /// Carry out one action; the agent calls this itself.
    #[command(hide = true)]
    Act { folder: PathBuf },
}

/// `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Standard input is the parent's pipe; stop when it closes.
    #[arg(long, hide = true)]
    with_parent: bool,
}

/// `enrol`.
#[derive(Debug, Args)]
#[command(
    after_help = "The token is asked for, or read from a file or standard input; it is never \
                        an argument, which others on the machine could see."
)]
pub struct Enrol {
    #[command(flatten)]
    whom: Whom,
}

/// `install`.
#[derive(Debug, Args)]
#[command(
    after_help = "`portolan token create` prints the whole command. The machine becomes a client \
                        before anything is installed; whatever fails leaves nothing behind."
)]
pub struct Install {
    /// The agent's package.
    #[arg(long, value_name = "FILE")]
    package: PathBuf,
    #[command(flatten)]
    whom: Whom,
}

/// Which site the machine joins, and with which right.
#[derive(Debug, Args)]
struct Whom {
    /// A management point of the site.
    #[arg(long, value_name = "ADDRESS:PORT")]
    site: String,
    /// The site's code, such as P01.
    #[arg(long)]
    code: String,
    /// The fingerprint of the site's root.
    #[arg(long, value_name = "sha256:…")]
    root: Fingerprint,
    /// Read the token from here; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// `sync`.
#[derive(Debug, Args)]
pub struct Sync {
    /// Wait until nothing is left to be done.
    #[arg(long)]
    wait: bool,
}

/// `status`.
#[derive(Debug, Args)]
pub struct ShowStatus {
    /// How to show it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How a command shows what it found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Install(#[from] InstallError),
    #[error(transparent)]
    Undone(Box<Undone>),
    #[error("this machine was not enrolled")]
    Enrol(#[source] Box<EnrolError>),
    #[error("this machine is device {device} of site {site} already; its identity is in {folder}")]
    Enrolled { device: String, site: String, folder: String },
    #[error(transparent)]
    Invitation(#[from] BadInvitation),
    #[error(transparent)]
    Token(#[from] BadToken),
    #[error("the token could not be read")]
    TokenFile(#[source] io::Error),
    #[error("the running agent was asked in vain")]
    Control(#[from] control::ControlError),
    #[error("the running agent is of another version: its answer makes no sense")]
    Answer(#[from] serde_json::Error),
    #[error("{0}")]
    NotSynced(String),
    #[error("the agent cannot start")]
    Start(#[from] io::Error),
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Invitation(_) | Self::Token(_) => ExitCode::from(2),
            Self::Control(_) => ExitCode::from(3),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Does what was said, as a part of `portolan`, whose word for it is `agent`.
/// The agent's folder is then one of the site's.
pub fn run(folder: PathBuf, command: Command) -> ExitCode {
    run_in(AgentFolder::at(Some(folder)), command, &["agent"])
}

/// Does what was said, as `portolan-agent`; without a folder in the usual one.
pub fn run_alone(folder: Option<PathBuf>, command: Command) -> ExitCode {
    run_in(AgentFolder::at(folder), command, &[])
}

fn run_in(folder: AgentFolder, command: Command, before: &'static [&'static str]) -> ExitCode {
    platform::set_usual_umask();
    let done = match command {
        // No runtime: it is one child and two threads.
        Command::Act { folder } => return runner::act(&folder),
        Command::Run(run) => block_on(async move {
            run_agent(folder, before, run.with_parent).await?;
            Ok(())
        }),
        Command::Enrol(enrol) => block_on(enrol.run(folder)),
        Command::Install(install) => block_on(install.run(folder)),
        Command::Sync(sync) => block_on(sync.run(folder)),
        Command::Status(status) => block_on(status.run(folder)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            let _closed = writeln!(io::stderr(), "portolan-agent: {}", chain(&failure));
            failure.code()
        }
    }
}

/// One thread does it all; the agent waits far more than it works.
fn block_on(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

impl Enrol {
    async fn run(self, folder: AgentFolder) -> Result<(), Failure> {
        let invitation = self.whom.invitation()?;
        if let Some(identity) = Identity::load(&folder.identity()).map_err(RunError::from)? {
            let Identity { device, site, .. } = identity;
            let folder = folder.identity().display().to_string();
            return Err(Failure::Enrolled { device, site, folder });
        }
        let token = self.whom.token()?;
        node::files::create_folder(folder.root(), node::files::Folder::Private)
            .map_err(RunError::from)?;
        let journal =
            Journal::open(&folder.journal(), Bounds::default()).map_err(RunError::from)?;
        let identity = enrol(&folder, &journal, &invitation, &token)
            .await
            .map_err(|error| Failure::Enrol(Box::new(error)))?;
        show::line(&format!(
            "this machine is now device {} of site {}; `portolan-agent run` starts its agent",
            identity.device, identity.site
        ));
        Ok(())
    }
}

impl Install {
    async fn run(self, folder: AgentFolder) -> Result<(), Failure> {
        let invitation = self.whom.invitation()?;
        let ground = Ground::usual(folder);
        let installation = Installation::prepare(ground, &self.package).await?;
        let token = self.whom.token()?;
        // Not before the question: who is asked may end it with Ctrl-C.
        let stop = node::stop::on_signals()?;
        let installed = installation.carry_out(&invitation, &token, &stop).await;
        let installed = installed.map_err(|undone| Failure::Undone(Box::new(undone)))?;
        let how = match installed.running {
            true => "its agent is running",
            false => "`portolan-agent run` starts its agent",
        };
        show::line(&format!(
            "this machine is now device {} of site {}; {how}",
            installed.device, installed.site
        ));
        Ok(())
    }
}

impl Whom {
    fn invitation(&self) -> Result<Invitation, BadInvitation> {
        Invitation::parse(&format!("portolan:{}@{}#{}", self.code, self.site, self.root))
    }

    fn token(&self) -> Result<Token, Failure> {
        Ok(Token::parse(&read_token(self.token_file.as_deref())?)?)
    }
}

fn read_token(file: Option<&Path>) -> Result<String, Failure> {
    use io::Read as _;
    let mut text = String::new();
    let read = match file {
        None => {
            let secret = platform::read_secret("token: ");
            let _closed = writeln!(io::stderr());
            return secret.map_err(Failure::TokenFile);
        }
        Some(path) if path == Path::new("-") => {
            io::stdin().take(TOKEN_FILE).read_to_string(&mut text)
        }
        Some(path) => std::fs::File::open(path)
            .and_then(|file| file.take(TOKEN_FILE).read_to_string(&mut text)),
    };
    read.map_err(Failure::TokenFile)?;
    Ok(text)
}

impl Sync {
    async fn run(self, folder: AgentFolder) -> Result<(), Failure> {
        const LOOK: Duration = Duration::from_millis(500);
        let answer = control::ask(&folder.control(), Question::Sync.word(), SYNC).await?;
        let synced: Synced = serde_json::from_str(&answer)?;
        if !synced.ok {
            return Err(Failure::NotSynced(synced.message));
        }
        show::line(&synced.message);
        if !self.wait {
            return Ok(());
        }
        loop {
            node::clock::sleep(LOOK).await;
            let status = ask_status(&folder).await?;
            if !status.busy && status.spool == 0 {
                show::assignments(&status);
                return Ok(());
            }
        }
    }
}

impl ShowStatus {
    async fn run(self, folder: AgentFolder) -> Result<(), Failure> {
        let status = match ask_status(&folder).await {
            Err(Failure::Control(control::ControlError::Nobody { .. })) => at_rest(&folder)?,
            other => other?,
        };
        match self.format {
            Format::Json => show::line(&serde_json::to_string_pretty(&status)?),
            Format::Table => show::status(&status),
        }
        Ok(())
    }
}

async fn ask_status(folder: &AgentFolder) -> Result<Status, Failure> {
    let answer = control::ask(&folder.control(), Question::Status.word(), STATUS).await?;
    Ok(serde_json::from_str(&answer)?)
}

/// What can be said of an agent that does not run.
fn at_rest(folder: &AgentFolder) -> Result<Status, Failure> {
    let identity = Identity::load(&folder.identity()).map_err(RunError::from)?;
    let version = crate::VERSION.to_owned();
    Ok(match identity {
        None => Status { version, ..Status::default() },
        Some(identity) => Status {
            version,
            device: identity.device,
            site: identity.site,
            root: identity.root.to_string(),
            ..Status::default()
        },
    })
}
