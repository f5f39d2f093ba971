//! The reconciler: makes the machine what its policy says, one assignment at a
//! time, and reports every step once.
//!
//! - What is there already is not installed; detection is asked before and
//!   after every action, and again for settled assignments when the agent
//!   starts and whenever policy changes.
//! - A final state stands for its deployment: a failed installer is not run
//!   again until another deployment asks for it. What only could not be done
//!   yet (no content, no space, dpkg busy) is `waiting` and is tried again.
//! - An action that was cut off is decided by detection; without one it ends
//!   as `unknown` and is never repeated.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use node::stop::Stop;
use reach::backoff::Backoff;
use tokio::sync::{mpsc, watch};
use wire::client::{Phase, State};
use wire::policy::{Assignment, Content, Dependencies, Detection, Installer, Intent, Policy};

use crate::action::Actions;
use crate::agent::Event;
use crate::content::{Contents, FetchError};
use crate::detect::{DetectError, detect};
use crate::journal::{Journal, JournalError, Standing};
use crate::platform;
use crate::policy::Accepted;
use crate::words::{chain, printable};

mod act;
mod recover;

/// Actions of one deployment that may be cut off before it has failed.
const ATTEMPTS: u32 = 3;
/// Until something that was in the way is looked at again. Milliseconds.
const LATER: i64 = 30_000;

/// What the reconciler works with.
#[derive(Debug)]
pub struct Reconciler {
    pub journal: Arc<Journal>,
    pub contents: Contents,
    pub actions: Actions,
    /// Where detection scripts run.
    pub folder: PathBuf,
    pub policy: watch::Receiver<Option<Arc<Accepted>>>,
    pub events: mpsc::Sender<Event>,
    /// Whether there is work; shown by `status`.
    pub busy: Arc<AtomicBool>,
    memory: Memory,
}

/// What need not survive a restart.
#[derive(Debug, Default)]
struct Memory {
    /// Deployments whose settled state was confirmed under this policy.
    confirmed: HashSet<u64>,
    /// Downloads that failed in a row.
    failures: HashMap<u64, Backoff>,
}

/// How far an assignment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Settled,
    /// To be looked at again, in Unix milliseconds.
    At(i64),
}

/// A state to be reported.
#[derive(Debug, Default)]
struct Report {
    reason: String,
    exit_code: Option<i32>,
    output: String,
}

impl Report {
    fn because(reason: impl Into<String>) -> Self {
        Self { reason: printable(&reason.into()), ..Self::default() }
    }
}

impl Reconciler {
    #[allow(clippy::too_many_arguments, reason = "one for each thing it works with")]
    pub fn new(
        journal: Arc<Journal>,
        contents: Contents,
        actions: Actions,
        folder: PathBuf,
        policy: watch::Receiver<Option<Arc<Accepted>>>,
        events: mpsc::Sender<Event>,
        busy: Arc<AtomicBool>,
    ) -> Self {
        let memory = Memory::default();
        Self { journal, contents, actions, folder, policy, events, busy, memory }
    }

    /// Works until the stop. An action that runs is not waited for: its runner
    /// goes on, and the next agent finds what came of it.
    pub async fn run(mut self, stop: Stop) {
        let trouble = tokio::select! {
            () = stop.stopped() => return,
            Err(trouble) = self.work() => trouble,
        };
        let _stopping = self.events.send(Event::Broken(trouble)).await;
    }

    async fn work(&mut self) -> Result<std::convert::Infallible, JournalError> {
        let mut recovered = false;
        loop {
            self.busy.store(true, Ordering::Relaxed);
            if self.policy.has_changed().unwrap_or(false) {
                self.memory.confirmed.clear();
            }
            let newest = self.policy.borrow_and_update().clone();
            let mut wake = None;
            if let Some(accepted) = newest {
                // Without a policy nobody can say what an action was for.
                if !recovered {
                    self.recover(&accepted.policy).await?;
                    recovered = true;
                }
                wake = self.settle_all(&accepted.policy).await?;
                self.contents.close();
            }
            self.busy.store(false, Ordering::Relaxed);
            let mut changes = self.policy.clone();
            tokio::select! {
                Ok(()) = changes.changed() => {}
                () = node::clock::sleep_until(wake.unwrap_or(i64::MAX)) => {}
            }
        }
    }

    /// Goes through all assignments once, and says when to come again. Breaks
    /// off when a newer policy is there.
    async fn settle_all(&mut self, policy: &Policy) -> Result<Option<i64>, JournalError> {
        let mut wake: Option<i64> = None;
        let mut needed = HashSet::new();
        for assignment in &policy.assignments {
            if let Progress::At(time) = self.settle(assignment).await? {
                wake = Some(wake.map_or(time, |earlier| earlier.min(time)));
                needed.extend(materials(assignment).into_iter().map(Content::hex));
            }
            needed.extend(detection(assignment).map(Content::hex));
            if self.policy.has_changed().unwrap_or(false) {
                return Ok(Some(node::clock::now()));
            }
        }
        let known: HashSet<u64> = policy.assignments.iter().map(|one| one.deployment).collect();
        self.memory.failures.retain(|deployment, _| known.contains(deployment));
        self.journal.forget_all_but(&known)?;
        self.contents.keep(&needed)?;
        Ok(wake)
    }

    async fn settle(&mut self, assignment: &Assignment) -> Result<Progress, JournalError> {
        let standing = self.journal.standing(assignment.deployment)?;
        let phase = standing.as_ref().map(|standing| standing.state.phase);
        let settled = matches!(phase, Some(Phase::Installed | Phase::Uninstalled));
        match phase {
            Some(Phase::Failed) => return Ok(Progress::Settled),
            // What was cut off while nobody wanted it can be told once it is wanted again.
            Some(Phase::Unknown) if assignment.detection == Detection::Absent => {
                return Ok(Progress::Settled);
            }
            _ if settled && !self.needs_confirming(assignment) => return Ok(Progress::Settled),
            _ => {}
        }
        let there = match self.ask(assignment).await {
            Ok(there) => there,
            Err(Unanswered::NotYet(error)) => return self.wait(assignment, settled, &error).await,
            Err(Unanswered::Failed(error)) if settled => {
                tracing::warn!("{}: {}", assignment.name, chain(&error));
                return Ok(Progress::Settled);
            }
            Err(Unanswered::Failed(error)) => return self.fail_detection(assignment, &error).await,
        };
        if there == Some(assignment.intent == Intent::Install) {
            self.memory.confirmed.insert(assignment.deployment);
            if !settled {
                let report = Report::default();
                self.report(assignment, done(assignment.intent), report, None).await?;
            }
            return Ok(Progress::Settled);
        }
        if settled {
            tracing::info!("{} is no longer as it was left; it is done again", assignment.name);
        }
        self.make(assignment, standing.filter(|_| !settled)).await
    }

    fn needs_confirming(&self, assignment: &Assignment) -> bool {
        assignment.detection != Detection::Absent
            && !self.memory.confirmed.contains(&assignment.deployment)
    }

    /// Whether the application is there; none without detection.
    async fn ask(&mut self, assignment: &Assignment) -> Result<Option<bool>, Unanswered> {
        let script = match detection(assignment) {
            Some(content) => Some(self.fetch(content).await.map_err(Unanswered::NotYet)?),
            None => None,
        };
        let asked = detect(assignment, script.as_deref(), &self.folder).await;
        asked.map_err(Unanswered::Failed)
    }

    /// Fetches content; gives up a download when a newer policy is there.
    async fn fetch(&mut self, content: &Content) -> Result<PathBuf, FetchError> {
        if let Some(path) = self.contents.find(content) {
            return Ok(path);
        }
        let mut changes = self.policy.clone();
        tokio::select! {
            fetched = self.contents.fetch(content, node::clock::now()) => fetched,
            Ok(()) = changes.changed() => Err(FetchError::GivenUp { name: content.name.clone() }),
        }
    }

    /// Content is missing: says so and tries again later, however often. A
    /// damaged copy is repaired by the site, or another place has a good one.
    async fn wait(
        &mut self,
        assignment: &Assignment,
        settled: bool,
        error: &FetchError,
    ) -> Result<Progress, JournalError> {
        let now = node::clock::now();
        if matches!(error, FetchError::GivenUp { .. }) {
            return Ok(Progress::At(now));
        }
        let failures = self.memory.failures.entry(assignment.deployment).or_default();
        let random = u64::from_le_bytes(platform::random().unwrap_or_default());
        let backoff = now.saturating_add(failures.failed(random));
        let failed = failures.failures();
        tracing::warn!("{}: {}", assignment.name, chain(error));
        let next = match error {
            FetchError::Nowhere { until, .. } => {
                let _stopping = self.events.send(Event::NoContent).await;
                *until
            }
            FetchError::Damaged { .. } => {
                let _stopping = self.events.send(Event::Reported).await;
                backoff
            }
            _ => backoff,
        };
        // A short break is not worth a message; a settled state stays what it is.
        if failed > 1 && !settled {
            self.report(assignment, Phase::Waiting, Report::because(chain(error)), None).await?;
        }
        Ok(Progress::At(next))
    }

    async fn fail_detection(
        &mut self,
        assignment: &Assignment,
        error: &DetectError,
    ) -> Result<Progress, JournalError> {
        self.end_by_detection_error(assignment, error, None).await?;
        Ok(Progress::Settled)
    }

    async fn end_by_detection_error(
        &mut self,
        assignment: &Assignment,
        error: &DetectError,
        ended: Option<u64>,
    ) -> Result<(), JournalError> {
        let mut report = Report::because(chain(error));
        if let DetectError::Script { end, output } = error {
            report.output.clone_from(output);
            report.exit_code = match end {
                node::process::End::Exit(code) => Some(*code),
                _ => None,
            };
        }
        self.report(assignment, Phase::Failed, report, ended).await
    }

    /// Journals where an assignment stands, if that is news, and sees to it that
    /// the site is told.
    async fn report(
        &mut self,
        assignment: &Assignment,
        phase: Phase,
        report: Report,
        ended: Option<u64>,
    ) -> Result<(), JournalError> {
        let before = self.journal.standing(assignment.deployment)?;
        let state = state(assignment, phase, report);
        if ended.is_none() && before.as_ref().is_some_and(|before| before.state == state) {
            return Ok(());
        }
        tracing::info!(
            "{}: {phase}{}{}",
            assignment.name,
            if state.reason.is_empty() { "" } else { ": " },
            state.reason
        );
        // Only actions that were cut off one after the other count.
        let over = phase.is_final() || phase == Phase::Waiting;
        let attempts = if over { 0 } else { before.map_or(0, |before| before.attempts) };
        let standing = Standing { state, attempts };
        self.journal.report(&standing, ended, node::clock::now())?;
        if let Some(id) = ended {
            self.actions.clean(id);
        }
        let _stopping = self.events.send(Event::Reported).await;
        Ok(())
    }
}

/// Why detection gave no answer.
#[derive(Debug)]
enum Unanswered {
    /// Its script is not there yet.
    NotYet(FetchError),
    Failed(DetectError),
}

fn state(assignment: &Assignment, phase: Phase, report: Report) -> State {
    let Report { reason, exit_code, output } = report;
    let (deployment, app) = (assignment.deployment, assignment.app);
    State { deployment, app, phase, reason, exit_code, output }
}

/// The phase that an intent leads to.
fn done(intent: Intent) -> Phase {
    match intent {
        Intent::Install => Phase::Installed,
        Intent::Uninstall => Phase::Uninstalled,
    }
}

/// What must be there to act: what is installed or run, then what it needs.
fn materials(assignment: &Assignment) -> Vec<&Content> {
    match (&assignment.installer, assignment.intent) {
        (Installer::Deb(content, _, Dependencies::Published(more)), Intent::Install) => {
            std::iter::once(content).chain(more).collect()
        }
        (Installer::Deb(content, ..) | Installer::Script(content, _), Intent::Install) => {
            vec![content]
        }
        (Installer::Deb(..), Intent::Uninstall) => Vec::new(),
        (Installer::Script(_, remover), Intent::Uninstall) => remover.iter().collect(),
    }
}

fn detection(assignment: &Assignment) -> Option<&Content> {
    match &assignment.detection {
        Detection::Script(content) => Some(content),
        Detection::Package(_) | Detection::Absent => None,
    }
}
