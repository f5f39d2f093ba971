//! From an assignment that is not as it should be to one that is: content,
//! deadline, action, detection, and the words for what went wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use node::files::FileError;
use wire::client::Phase;
use wire::policy::{Assignment, Dependencies, Installer, Intent};

use super::{ATTEMPTS, LATER, Progress, Reconciler, Report, Unanswered, done, materials, state};
use crate::action::{Ended, Outcome, Spec};
use crate::dpkg::DpkgError;
use crate::dpkg::apt::Job;
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
    #[error(
        "{package} {installed} is installed, which is newer than {wanted}; nothing is downgraded: \
         remove it first, or publish a newer version"
    )]
    Newer { package: String, installed: String, wanted: String },
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
        if let Err(impossible) = possible(assignment, attempts).await {
            return self.fail(assignment, &impossible).await;
        }
        let mut files = Vec::new();
        for content in materials(assignment) {
            if self.contents.find(content).is_none() {
                self.report(assignment, Phase::Downloading, Report::default(), None).await?;
            }
            match self.fetch(content).await {
                Ok(file) => files.push(file),
                Err(error) => return self.wait(assignment, false, &error).await,
            }
        }
        self.contents.close();
        self.memory.failures.remove(&assignment.deployment);
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
        let work = match work(assignment, files, self.contents.folder()) {
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
        if let Ended::NotStarted { passing: true, .. } = ended {
            let report = Report::because(format!("{} {ended}", runs(assignment)));
            self.report(assignment, Phase::Waiting, report, Some(id)).await?;
            return Ok(Progress::At(node::clock::now() + LATER));
        }
        if was_killed(assignment, &ended) {
            return self.cut_off(assignment, id, output).await;
        }
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
            (Phase::Failed, format!("{} {ended}", runs(assignment)))
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

/// Somebody else has ended it, in the middle of its work.
fn was_killed(assignment: &Assignment, ended: &Ended) -> bool {
    matches!(ended, Ended::Signalled { .. })
        || runs(assignment) == APT && dpkg::apt::was_signalled(ended.code())
}

const APT: &str = "apt";

/// What carries an assignment out, for people.
fn runs(assignment: &Assignment) -> &'static str {
    match &assignment.installer {
        Installer::Deb(_, _, Dependencies::Present) => "dpkg",
        Installer::Deb(..) => APT,
        Installer::Script(..) => "the script",
    }
}

/// What can be known before anything is downloaded.
async fn possible(assignment: &Assignment, attempts: u32) -> Result<(), Impossible> {
    if is_package(assignment) && !node::privilege::is_root() {
        return Err(Impossible::NotRoot);
    }
    if !is_package(assignment) && materials(assignment).is_empty() {
        return Err(Impossible::NoRemover);
    }
    if attempts >= ATTEMPTS {
        return Err(Impossible::CutOff);
    }
    if let (Installer::Deb(_, wanted, _), Intent::Install) =
        (&assignment.installer, assignment.intent)
        && let Some(installed) = dpkg::is_downgrade(wanted).await?
    {
        let (package, wanted) = (wanted.name.clone(), wanted.version.clone());
        return Err(Impossible::Newer { package, installed, wanted });
    }
    Ok(())
}

/// What is to be run; the folder follows.
struct Work {
    how: How,
    environment: Vec<(String, String)>,
}

enum How {
    Program(PathBuf, Vec<String>),
    Apt(Job),
}

impl Work {
    fn spec(self, folder: &Path, time_limit: u32) -> Result<Spec, FileError> {
        let (program, arguments) = match self.how {
            How::Program(program, arguments) => (program, arguments),
            How::Apt(job) => (platform::shell().to_owned(), job.write(folder)?),
        };
        let (environment, folder) = (self.environment, folder.to_owned());
        Ok(Spec { program, arguments, environment, folder, time_limit })
    }
}

/// `files` are the assignment's materials, in their order.
fn work(assignment: &Assignment, files: Vec<PathBuf>, contents: &Path) -> Result<Work, Impossible> {
    let action = match assignment.intent {
        Intent::Install => "install",
        Intent::Uninstall => "uninstall",
    };
    let dpkg = |arguments| How::Program(PathBuf::from("dpkg"), arguments);
    let how = match (&assignment.installer, files.into_iter().next()) {
        (Installer::Deb(content, package, needs), Some(file)) => match needs {
            Dependencies::Present => dpkg(dpkg::install(&file)),
            Dependencies::Published(more) => {
                How::Apt(Job::published(content, package, more, contents.to_owned())?)
            }
            Dependencies::Sources => How::Apt(Job::Sources { file }),
        },
        (Installer::Deb(_, package, Dependencies::Published(more)), None) => {
            How::Apt(Job::remove(package, more)?)
        }
        (Installer::Deb(_, package, _), None) => dpkg(dpkg::remove(package)?),
        (Installer::Script(..), Some(file)) => {
            let (program, arguments) = script::command(&file)?;
            How::Program(program, arguments)
        }
        (Installer::Script(..), None) => return Err(Impossible::NoRemover),
    };
    let environment = if is_package(assignment) { dpkg::environment } else { script::environment };
    Ok(Work { how, environment: environment(&assignment.name, action) })
}
