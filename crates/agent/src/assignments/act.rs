//! From an assignment that is not as it should be to one that is: content,
//! deadline, action, detection, and the words for what went wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wire::client::Phase;
use wire::policy::{Assignment, Installer, Intent};

use super::{ATTEMPTS, LATER, Progress, Reconciler, Report, Unanswered, done, installer, state};
use crate::action::{Ended, Outcome, Spec};
use crate::dpkg::DpkgError;
use crate::journal::{JournalError, Standing};
use crate::words::{chain, date};
use crate::{dpkg, platform, script};

/// Why nothing can be run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Impossible {
    #[error("this agent does not run as root, so it cannot install packages")]
    NotRoot,
    #[error("the application has no script that removes it")]
    NoRemover,
    #[error("it was cut off {ATTEMPTS} times")]
    CutOff,
    #[error(transparent)]
    Package(#[from] DpkgError),
    #[error("the script could not be read: {0}")]
    Script(#[from] io::Error),
}

impl Reconciler {
    pub(super) async fn make(
        &mut self,
        assignment: &Assignment,
        standing: Option<Standing>,
    ) -> Result<Progress, JournalError> {
        let attempts = standing.map_or(0, |standing| standing.attempts);
        if let Err(impossible) = possible(assignment, attempts) {
            return self.fail(assignment, &impossible).await;
        }
        let file = match installer(assignment) {
            None => None,
            Some(content) => {
                if self.contents.find(content).is_none() {
                    self.report(assignment, Phase::Downloading, Report::default(), None).await?;
                }
                match self.fetch(content).await {
                    Ok(file) => Some(file),
                    Err(error) => return self.wait(assignment, false, &error).await,
                }
            }
        };
        self.memory.failures.remove(&assignment.deployment);
        self.memory.bad_digests.remove(&assignment.deployment);
        let now = node::clock::now();
        if let Some(deadline) = assignment.deadline.filter(|deadline| *deadline > now) {
            let until = Report::because(format!("until {}", date(deadline)));
            self.report(assignment, Phase::Waiting, until, None).await?;
            return Ok(Progress::At(deadline));
        }
        let locks = dpkg::LOCKS.map(Path::new);
        if is_package(assignment) && !platform::unlocked(&locks, Duration::ZERO).await {
            return self.wait_for_dpkg(assignment, None).await;
        }
        let work = match work(assignment, file) {
            Ok(work) => work,
            Err(impossible) => return self.fail(assignment, &impossible).await,
        };
        self.act(assignment, work, attempts + 1).await
    }

    async fn act(
        &mut self,
        assignment: &Assignment,
        work: Work,
        attempts: u32,
    ) -> Result<Progress, JournalError> {
        let phase = match assignment.intent {
            Intent::Install => Phase::Installing,
            Intent::Uninstall => Phase::Uninstalling,
        };
        tracing::info!("{}: {phase}", assignment.name);
        let standing = Standing { state: state(assignment, phase, Report::default()), attempts };
        let spec = |folder: &Path| work.spec(folder, assignment.time_limit);
        let begun = self.actions.begin(&self.journal, &standing, spec, node::clock::now());
        let (id, mut running) = match begun {
            Ok(begun) => begun,
            Err(crate::action::ActionError::Journal(error)) => return Err(error),
            Err(error) => {
                // Nothing was done, so it does not count as an attempt.
                let report = Report::because(chain(&error));
                self.report(assignment, Phase::Waiting, report, None).await?;
                return Ok(Progress::At(node::clock::now() + LATER));
            }
        };
        let _stopping = self.events.send(crate::agent::Event::Reported).await;
        match running.ended().await {
            Some(outcome) => self.conclude(assignment, id, outcome).await,
            // The runner was killed; what it started may still run.
            None => {
                let found = self.actions.find(id, None).await;
                self.decide(assignment, id, found).await
            }
        }
    }

    /// An action has come to its end: detection has the last word.
    pub(super) async fn conclude(
        &mut self,
        assignment: &Assignment,
        id: u64,
        outcome: Outcome,
    ) -> Result<Progress, JournalError> {
        let Outcome { ended, output } = outcome;
        let success =
            matches!(ended, Ended::Exited { code } if assignment.success_codes.contains(&code));
        let exit_code = ended.code();
        if is_package(assignment) && dpkg::was_locked(exit_code, &output) {
            return self.wait_for_dpkg(assignment, Some(id)).await;
        }
        let (phase, reason) = if success {
            match self.ask(assignment).await {
                Ok(None) => (done(assignment.intent), String::new()),
                Ok(Some(there)) if there == (assignment.intent == Intent::Install) => {
                    (done(assignment.intent), String::new())
                }
                Ok(Some(_)) => (Phase::Failed, contradiction(assignment.intent).to_owned()),
                Err(Unanswered::NotYet(error)) => {
                    return self.decide_later(assignment, id, &error).await;
                }
                Err(Unanswered::Failed(error)) => {
                    self.end_by_detection_error(assignment, &error, Some(id)).await?;
                    return Ok(Progress::Settled);
                }
            }
        } else {
            let program = if is_package(assignment) { "dpkg" } else { "the script" };
            (Phase::Failed, format!("{program} {ended}"))
        };
        self.memory.confirmed.insert(assignment.deployment);
        let mut report = Report::because(reason);
        if matches!(phase, Phase::Failed | Phase::Unknown) {
            report.output = output;
        }
        report.exit_code = exit_code;
        self.report(assignment, phase, report, Some(id)).await?;
        Ok(Progress::Settled)
    }

    async fn wait_for_dpkg(
        &mut self,
        assignment: &Assignment,
        ended: Option<u64>,
    ) -> Result<Progress, JournalError> {
        let report = Report::because("another program is using dpkg");
        self.report(assignment, Phase::Waiting, report, ended).await?;
        Ok(Progress::At(node::clock::now() + LATER))
    }

    pub(super) async fn fail(
        &mut self,
        assignment: &Assignment,
        impossible: &Impossible,
    ) -> Result<Progress, JournalError> {
        let report = Report::because(chain(impossible));
        self.report(assignment, Phase::Failed, report, None).await?;
        Ok(Progress::Settled)
    }
}

fn contradiction(intent: Intent) -> &'static str {
    match intent {
        Intent::Install => "the installer said success but detection does not find it",
        Intent::Uninstall => "the removal said success but detection still finds it",
    }
}

pub(super) fn is_package(assignment: &Assignment) -> bool {
    matches!(assignment.installer, Installer::Deb(..))
}

/// What can be known before anything is downloaded.
fn possible(assignment: &Assignment, attempts: u32) -> Result<(), Impossible> {
    if is_package(assignment) && !node::privilege::is_root() {
        return Err(Impossible::NotRoot);
    }
    if !is_package(assignment) && installer(assignment).is_none() {
        return Err(Impossible::NoRemover);
    }
    if attempts >= ATTEMPTS {
        return Err(Impossible::CutOff);
    }
    Ok(())
}

/// What is to be run; the folder follows.
struct Work {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Work {
    fn spec(self, folder: &Path, time_limit: u32) -> Spec {
        let Self { program, arguments, environment } = self;
        Spec { program, arguments, environment, folder: folder.to_owned(), time_limit }
    }
}

fn work(assignment: &Assignment, file: Option<PathBuf>) -> Result<Work, Impossible> {
    let action = match assignment.intent {
        Intent::Install => "install",
        Intent::Uninstall => "uninstall",
    };
    let (program, arguments) = match (&assignment.installer, file) {
        (Installer::Deb(..), Some(file)) => (PathBuf::from("dpkg"), dpkg::install(&file)),
        (Installer::Deb(_, package, _), None) => (PathBuf::from("dpkg"), dpkg::remove(package)?),
        (Installer::Script(..), Some(file)) => script::command(&file)?,
        (Installer::Script(..), None) => return Err(Impossible::NoRemover),
    };
    let environment = if is_package(assignment) { dpkg::environment } else { script::environment };
    Ok(Work { program, arguments, environment: environment(&assignment.name, action) })
}
