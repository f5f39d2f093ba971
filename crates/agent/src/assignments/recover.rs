//! What an earlier run of the agent left behind: actions whose start is
//! journalled and whose end is not. Each is brought to an end before anything
//! else is begun.

use std::path::Path;
use std::time::Duration;

use wire::client::{Phase, State};
use wire::policy::{Assignment, Policy};

use super::act::is_package;
use super::{LATER, Progress, Reconciler, Report, Unanswered, done};
use crate::action::{Found, Outcome};
use crate::content::FetchError;
use crate::journal::{Action, JournalError, Standing};
use crate::words::chain;
use crate::{dpkg, platform};

/// As long as somebody else's dpkg is waited for.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

impl Reconciler {
    pub(super) async fn recover(&mut self, policy: &Policy) -> Result<(), JournalError> {
        let unfinished = self.journal.actions()?;
        let ids: Vec<u64> = unfinished.iter().map(|(id, _)| *id).collect();
        self.actions.clean_all_but(&ids);
        for (id, action) in unfinished {
            tracing::info!("action {id} of an earlier run is not over; waiting for it");
            let found = self.actions.find(id, action.runner).await;
            let wanted = policy.assignments.iter().find(|one| one.deployment == action.deployment);
            match wanted {
                Some(assignment) => {
                    self.decide(assignment, id, found).await?;
                }
                None => self.leave_unknown(&action, id, found).await?,
            }
        }
        Ok(())
    }

    /// Brings an action to its end that was not followed to it.
    pub(super) async fn decide(
        &mut self,
        assignment: &Assignment,
        id: u64,
        found: Found,
    ) -> Result<Progress, JournalError> {
        match found {
            Found::Ended(outcome) => self.conclude(assignment, id, outcome).await,
            Found::CutOff { output } => self.cut_off(assignment, id, output).await,
            Found::NotBegun => {
                self.forget(id)?;
                Ok(Progress::At(node::clock::now() + LATER))
            }
        }
    }

    /// The deployment of an action is gone, and with it what success would be.
    /// It may come back; what was begun for it is not begun again unseen.
    async fn leave_unknown(
        &mut self,
        action: &Action,
        id: u64,
        found: Found,
    ) -> Result<(), JournalError> {
        let (how, exit_code, output) = match found {
            Found::NotBegun => return self.forget(id),
            Found::Ended(Outcome { ended, output }) => (ended.to_string(), ended.code(), output),
            Found::CutOff { output } => ("was cut off".to_owned(), None, output),
        };
        let reason = format!("its deployment was taken back while the action ran, which {how}");
        let (deployment, app, phase) = (action.deployment, action.app, Phase::Unknown);
        let state = State { deployment, app, phase, reason, exit_code, output };
        self.journal.report(&Standing { state, attempts: 0 }, Some(id), node::clock::now())?;
        self.actions.clean(id);
        let _stopping = self.events.send(crate::agent::Event::Reported).await;
        Ok(())
    }

    /// Detection decides as soon as its script is there, before anything else.
    pub(super) async fn decide_later(
        &mut self,
        assignment: &Assignment,
        id: u64,
        error: &FetchError,
    ) -> Result<Progress, JournalError> {
        let report = Report::because(chain(error));
        self.report(assignment, Phase::Waiting, report, Some(id)).await?;
        Ok(Progress::At(node::clock::now()))
    }

    fn forget(&self, id: u64) -> Result<(), JournalError> {
        self.journal.forget(id)?;
        self.actions.clean(id);
        Ok(())
    }

    /// An action began, and nobody saw its end, or it was killed before it.
    pub(super) async fn cut_off(
        &mut self,
        assignment: &Assignment,
        id: u64,
        output: String,
    ) -> Result<Progress, JournalError> {
        tracing::warn!("{}: the action was cut off", assignment.name);
        let locks = dpkg::LOCKS.map(Path::new);
        if is_package(assignment) && !platform::unlocked(&locks, PATIENCE).await {
            tracing::warn!("dpkg has been busy for an hour");
        }
        match self.ask(assignment).await {
            Ok(None) => {
                let reason = "the action was cut off, and the application has no detection \
                              that could tell what became of it";
                let report = Report { output, ..Report::because(reason) };
                self.report(assignment, Phase::Unknown, report, Some(id)).await?;
                Ok(Progress::Settled)
            }
            Ok(Some(there)) if there == (assignment.intent == wire::policy::Intent::Install) => {
                self.memory.confirmed.insert(assignment.deployment);
                let phase = done(assignment.intent);
                self.report(assignment, phase, Report::default(), Some(id)).await?;
                Ok(Progress::Settled)
            }
            // It is not as it should be, so it may be begun again.
            Ok(Some(_)) => {
                self.forget(id)?;
                Ok(Progress::At(node::clock::now()))
            }
            Err(Unanswered::NotYet(error)) => self.decide_later(assignment, id, &error).await,
            Err(Unanswered::Failed(error)) => {
                self.end_by_detection_error(assignment, &error, Some(id)).await?;
                Ok(Progress::Settled)
            }
        }
    }
}
