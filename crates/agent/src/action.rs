//! An action: one installation or removal, begun at most once. What is done is
//! written into a folder, carried out by a process that does not depend on the
//! agent's life ([`runner`]), and read back from the folder, by this agent or
//! by the next.
//!
//! ```text
//! actions/17/spec.json     what to do                   (agent)
//! actions/17/begun         the runner was told to go    (runner)
//! actions/17/child         the installer's process      (the installer, before it begins)
//! actions/17/output.log    what it printed, bounded     (runner)
//! actions/17/result.json   how it ended                 (runner)
//! ```

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use node::clock::Stopwatch;
use node::files::{self, FileError, Folder};
use serde::{Deserialize, Serialize};

use crate::journal::{Action, Journal, JournalError, Standing};
use crate::platform::{self, ProcessId};

pub(crate) mod child;
pub mod runner;

pub use child::Ended;

/// How often a running action is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
    /// Where it runs.
    pub folder: PathBuf,
    /// Seconds.
    pub time_limit: u32,
}

/// Why an action could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    #[error("the action could not be journalled")]
    Journal(#[from] JournalError),
    #[error("the action's folder could not be written")]
    File(#[from] FileError),
    #[error("the action could not be described")]
    Spec(#[from] serde_json::Error),
    #[error("the action's runner could not be started")]
    Runner(#[source] io::Error),
}

/// How an action ended, with its last lines of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub ended: Ended,
    pub output: String,
}

/// What became of an action that was found in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It came to its end.
    Ended(Outcome),
    /// It never began; nothing was done.
    NotBegun,
    /// It began and was cut off: nobody knows how far it came.
    CutOff { output: String },
}

/// The folders of actions, and how to start a runner.
#[derive(Debug, Clone)]
pub struct Actions {
    folder: PathBuf,
    /// This program, or whichever knows `act`.
    program: PathBuf,
    /// Arguments that come before `act`: none in `portolan-agent`, `agent` in
    /// `portolan`.
    before: &'static [&'static str],
}

/// A runner that has been told to go.
#[derive(Debug)]
pub struct Running {
    paths: Paths,
    child: Child,
}

#[derive(Debug)]
pub(crate) struct Paths {
    spec: PathBuf,
    begun: PathBuf,
    child: PathBuf,
    output: PathBuf,
    result: PathBuf,
}

impl Paths {
    fn of(folder: &Path) -> Self {
        Self {
            spec: folder.join("spec.json"),
            begun: folder.join("begun"),
            child: folder.join("child"),
            output: folder.join("output.log"),
            result: folder.join("result.json"),
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        let ended = serde_json::from_slice(&files::read_private(&self.result).ok()?).ok()?;
        Some(Outcome { ended, output: child::last_lines(&self.output) })
    }

    fn time_limit(&self) -> Duration {
        let spec = files::read_private(&self.spec).ok();
        let spec = spec.and_then(|json| serde_json::from_slice::<Spec>(&json).ok());
        Duration::from_secs(spec.map_or(0, |spec| u64::from(spec.time_limit)))
    }

    fn child(&self) -> Option<ProcessId> {
        ProcessId::written_down(&std::fs::read(&self.child).ok()?)
    }
}

impl Actions {
    /// Actions in a folder, which is made when the first begins.
    pub fn new(folder: PathBuf, program: PathBuf, before: &'static [&'static str]) -> Self {
        Self { folder, program, before }
    }

    /// Begins an action: journalled first, then told to go. An action that
    /// could not be told to go has done nothing, and is forgotten. `spec` may
    /// put more files into the action's folder.
    pub fn begin(
        &self,
        journal: &Journal,
        standing: &Standing,
        spec: impl FnOnce(&Path) -> Result<Spec, FileError>,
        now: i64,
    ) -> Result<(u64, Running), ActionError> {
        let action = Action {
            deployment: standing.state.deployment,
            app: standing.state.app,
            started: now,
            runner: None,
        };
        let id = journal.begin(&action, standing, now)?;
        match self.start(journal, id, action, spec) {
            Ok(running) => Ok((id, running)),
            Err(error) => {
                journal.forget(id)?;
                self.clean(id);
                Err(error)
            }
        }
    }

    fn start(
        &self,
        journal: &Journal,
        id: u64,
        action: Action,
        spec: impl FnOnce(&Path) -> Result<Spec, FileError>,
    ) -> Result<Running, ActionError> {
        let folder = self.folder(id);
        files::create_folder(&self.folder, Folder::Private)?;
        files::create_folder(&folder, Folder::Private)?;
        let paths = Paths::of(&folder);
        files::write_private(&paths.spec, &serde_json::to_vec(&spec(&folder)?)?)?;
        files::sync_folder(&self.folder)?;
        let mut child = self.spawn(&folder).map_err(ActionError::Runner)?;
        match tell_to_go(journal, id, action, &mut child) {
            Ok(()) => Ok(Running { paths, child }),
            Err(error) => {
                // Without the word it ends at once.
                let _whatever = child.wait();
                Err(error)
            }
        }
    }

    /// What became of an action of an earlier run of the agent. Waits for its
    /// runner, and for an installer that has lost its runner.
    pub async fn find(&self, id: u64, runner: Option<ProcessId>) -> Found {
        let paths = Paths::of(&self.folder(id));
        if let Some(process) = runner {
            while process.is_alive() {
                node::clock::sleep(LOOK).await;
            }
        }
        if let Some(outcome) = paths.outcome() {
            return Found::Ended(outcome);
        }
        if !paths.begun.exists() {
            return Found::NotBegun;
        }
        if let Some(process) = paths.child() {
            outlive(process, paths.time_limit()).await;
        }
        Found::CutOff { output: child::last_lines(&paths.output) }
    }

    /// Removes an action's folder, once its outcome has been journalled.
    pub fn clean(&self, id: u64) {
        let folder = self.folder(id);
        if let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{} could not be removed: {error}", folder.display());
        }
    }

    /// Removes folders of actions that the journal does not know as unfinished.
    pub fn clean_all_but(&self, unfinished: &[u64]) {
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(id) = id.filter(|id| !unfinished.contains(id)) {
                self.clean(id);
            }
        }
    }

    fn folder(&self, id: u64) -> PathBuf {
        self.folder.join(id.to_string())
    }

    fn spawn(&self, folder: &Path) -> io::Result<Child> {
        Command::new(&self.program)
            .args(self.before)
            .arg("act")
            .arg(folder)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }
}

/// Journals who the runner is, then tells it to go.
fn tell_to_go(
    journal: &Journal,
    id: u64,
    mut action: Action,
    child: &mut Child,
) -> Result<(), ActionError> {
    let failed = |why: &str| ActionError::Runner(io::Error::other(why));
    action.runner = Some(ProcessId::of(child.id()).ok_or_else(|| failed("it ended at once"))?);
    journal.update(id, &action)?;
    let mut stdin = child.stdin.take().ok_or_else(|| failed("it does not listen"))?;
    stdin.write_all(&[runner::GO]).map_err(ActionError::Runner)
}

/// Waits for an installer without a runner. Nobody else ends it when its time
/// is over, counted from now.
async fn outlive(process: ProcessId, limit: Duration) {
    let watch = Stopwatch::start();
    let mut told = false;
    while process.is_alive() {
        if watch.elapsed() > limit {
            if !told {
                tracing::warn!("process {} has had its time and is ended", process.pid);
            }
            told = true;
            platform::kill_group(process.pid);
        }
        node::clock::sleep(LOOK).await;
    }
}

impl Running {
    /// Waits for the end. None if the runner died without saying how it ended.
    pub async fn ended(&mut self) -> Option<Outcome> {
        loop {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return self.paths.outcome();
            }
            node::clock::sleep(LOOK).await;
        }
    }
}
