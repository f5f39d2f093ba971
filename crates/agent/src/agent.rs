//! The agent's loop. Everything that can happen is an [`Event`]; the loop
//! decides what follows and leaves the doing to two tasks: visits to the
//! management point ([`crate::home`]) and the assignments
//! ([`crate::assignments`]). So a download of an hour never keeps a heartbeat
//! back, nor an hour without network an installation.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use node::clock;
use node::stop::Stop;
use reach::backoff::{Backoff, LONGEST};
use reach::interval::spread;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use wire::client::{Body, Heartbeat};
use wire::policy::Settings;

use crate::control::{ASSIGNMENTS, AssignmentStatus, Question, Status, Synced};
use crate::home::{Errands, Home, HomeError, News, decode_map};
use crate::journal::{Fact, Journal, JournalError};
use crate::link::Credentials;
use crate::parent::Word;
use crate::policy::Accepted;
use crate::words::{chain, printable};
use crate::{VERSION, heartbeat, inventory, platform};

mod lives;
mod start;

pub use lives::run;
pub use start::RunError;

/// Between two looks at the service map, in milliseconds. It changes rarely,
/// and is asked for as well when something cannot be reached.
const MAP: i64 = 60 * 60 * 1000;
/// Whatever a policy says, nothing is done more often than once in so many
/// milliseconds.
const SHORTEST: i64 = 1000;

/// All that can happen.
#[derive(Debug)]
pub enum Event {
    /// Something is due.
    Timer,
    /// A command on this machine asks.
    Asked(Question, oneshot::Sender<String>),
    /// The parent has written a line.
    Parent(String),
    /// A visit to the management point is over.
    Visited(Result<News, HomeError>),
    /// The spool holds something new.
    Reported,
    /// No distribution point can be reached.
    NoContent,
    /// The journal does not work any more.
    Broken(JournalError),
    Stop,
}

/// Errands that wait to be done; more of them come while a visit goes on.
#[derive(Debug, Default)]
struct Desk {
    errands: Mutex<Option<Errands>>,
    wake: Notify,
}

impl Desk {
    fn add(&self, more: Errands) {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        let all = errands.get_or_insert_default();
        all.policy |= more.policy;
        all.map |= more.map;
        all.given_map = more.given_map.or_else(|| all.given_map.take());
        self.wake.notify_one();
    }

    async fn take(&self) -> Errands {
        loop {
            let errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner).take();
            match errands {
                Some(errands) => return errands,
                None => self.wake.notified().await,
            }
        }
    }
}

/// Makes visits whenever there is an errand.
async fn visit(mut home: Home, desk: Arc<Desk>, events: mpsc::Sender<Event>, stop: Stop) {
    loop {
        let visited = tokio::select! {
            () = stop.stopped() => return,
            visited = async { home.visit(desk.take().await).await } => visited,
        };
        if events.send(Event::Visited(visited)).await.is_err() {
            return;
        }
    }
}

/// When what is due, in Unix milliseconds.
#[derive(Debug)]
struct Due {
    policy: i64,
    map: i64,
    heartbeat: i64,
    inventory: i64,
    /// A visit failed: the next try.
    retry: Option<i64>,
}

impl Due {
    fn next(&self) -> i64 {
        let regular = self.policy.min(self.map).min(self.heartbeat).min(self.inventory);
        self.retry.map_or(regular, |retry| retry.min(regular))
    }

    /// What is further away than its interval allows was planned before the
    /// clock was set back: it is due now.
    fn bring_forward(&mut self, now: i64, settings: &Settings) {
        let millis = |seconds: u32| (i64::from(seconds) * 1000).max(SHORTEST);
        let all = [
            (&mut self.policy, millis(settings.poll)),
            (&mut self.map, MAP),
            (&mut self.heartbeat, millis(settings.heartbeat)),
            (&mut self.inventory, millis(settings.inventory)),
        ];
        for (due, interval) in all {
            // Intervals are spread by a fifth.
            if due.saturating_sub(now) > interval.saturating_add(interval / 4) {
                *due = now;
            }
        }
        self.retry = self.retry.filter(|retry| retry.saturating_sub(now) <= LONGEST);
    }
}

/// The loop and what it remembers.
#[derive(Debug)]
struct Agent {
    journal: Arc<Journal>,
    credentials: watch::Receiver<Credentials>,
    policy: watch::Sender<Option<Arc<Accepted>>>,
    desk: Arc<Desk>,
    busy: Arc<AtomicBool>,
    due: Due,
    settings: Settings,
    /// The last heartbeat, to see what has changed.
    heartbeat: Option<Heartbeat>,
    syncing: Vec<oneshot::Sender<String>>,
    /// While the site has no policy for us yet: just enrolled, mostly.
    hopeful: Backoff,
    last_contact: i64,
    trouble: String,
}

impl Agent {
    /// Handles one event. False: it is time to end.
    fn handle(&mut self, event: Event) -> Result<bool, RunError> {
        match event {
            Event::Timer => self.do_what_is_due()?,
            Event::Asked(question, answer) => self.answer(question, answer)?,
            Event::Parent(line) => self.listen_to_parent(&line),
            Event::Visited(Ok(news)) => self.came_back(&news)?,
            Event::Visited(Err(HomeError::Journal(error))) => return Err(error.into()),
            Event::Visited(Err(error)) => self.came_back_empty(&error),
            Event::Reported => self.desk.add(Errands::default()),
            Event::NoContent => self.desk.add(Errands { map: true, ..Errands::default() }),
            Event::Broken(error) => return Err(error.into()),
            Event::Stop => return Ok(false),
        }
        Ok(true)
    }

    fn do_what_is_due(&mut self) -> Result<(), JournalError> {
        let now = clock::now();
        self.due.bring_forward(now, &self.settings);
        let mut errands = Errands::default();
        if self.due.retry.is_some_and(|retry| retry <= now) {
            self.due.retry = None;
            errands.policy = true;
        }
        if self.due.policy <= now {
            self.due.policy = later(now, self.settings.poll);
            errands.policy = true;
            // Whatever it says of itself has changed is told with the poll.
            let beat = heartbeat::now(self.policy_number());
            if self.heartbeat.as_ref() != Some(&beat) {
                self.beat(beat, now)?;
            }
        }
        if self.due.map <= now {
            self.due.map = now + spread(MAP, random());
            errands.map = true;
        }
        if self.due.heartbeat <= now {
            self.due.heartbeat = later(now, self.settings.heartbeat);
            self.beat(heartbeat::now(self.policy_number()), now)?;
        }
        if self.due.inventory <= now {
            self.due.inventory = later(now, self.settings.inventory);
            self.journal.send(Body::Inventory(Box::new(inventory::take(now))), now)?;
            self.journal.keep(&[(Fact::InventoryAt, &now.to_be_bytes())])?;
        }
        self.desk.add(errands);
        Ok(())
    }

    fn beat(&mut self, beat: Heartbeat, now: i64) -> Result<(), JournalError> {
        self.heartbeat = Some(beat.clone());
        self.journal.send(Body::Heartbeat(beat), now)
    }

    fn came_back(&mut self, news: &News) -> Result<(), JournalError> {
        self.last_contact = clock::now();
        if !self.trouble.is_empty() {
            tracing::info!("the management point answers again");
            self.trouble.clear();
        }
        self.due.retry = None;
        let message = match news {
            News::NotAsked => return Ok(()),
            News::NoPolicy => "the site has no policy for this device yet".to_owned(),
            News::Unchanged => format!("policy {} is unchanged", self.policy_number()),
            News::Refused(why) => format!("the policy was refused: {why}"),
            News::New(accepted) => {
                let count = accepted.policy.assignments.len();
                let plural = if count == 1 { "" } else { "s" };
                format!("policy {} is new: {count} assignment{plural}", accepted.number)
            }
        };
        match news {
            News::New(accepted) => self.follow(Arc::clone(accepted))?,
            // It comes soon after the enrolment: sooner than the next poll.
            News::NoPolicy => {
                let soon = clock::now() + self.hopeful.failed(random());
                self.due.policy = self.due.policy.min(soon);
            }
            // Whoever asks for a sync wants detection to be asked again.
            News::Unchanged if !self.syncing.is_empty() => self.policy.send_modify(|_| {}),
            _ => {}
        }
        self.tell_syncing(!matches!(news, News::Refused(_)), &message);
        Ok(())
    }

    fn came_back_empty(&mut self, error: &HomeError) {
        let trouble = chain(error);
        if self.trouble == trouble {
            tracing::debug!("{trouble}");
        } else {
            tracing::warn!("{trouble}");
        }
        self.due.retry = error.until();
        self.tell_syncing(false, &trouble);
        self.trouble = trouble;
    }

    /// Acts on a policy from now on.
    fn follow(&mut self, accepted: Arc<Accepted>) -> Result<(), JournalError> {
        let now = clock::now();
        let settings = accepted.policy.settings.clone();
        if settings != self.settings {
            self.due.policy = self.due.policy.min(later(now, settings.poll));
            self.due.heartbeat = self.due.heartbeat.min(later(now, settings.heartbeat));
            self.due.inventory = self.due.inventory.min(later(now, settings.inventory));
            self.settings = settings;
        }
        self.policy.send_replace(Some(accepted));
        self.beat(heartbeat::now(self.policy_number()), now)?;
        self.desk.add(Errands::default());
        Ok(())
    }

    fn listen_to_parent(&mut self, line: &str) {
        match Word::parse(line) {
            // It is enrolled: the parent cannot know, and says it at every start.
            Some(Word::Enrol { .. }) | None => {}
            Some(Word::Map(text)) => match decode_map(&text) {
                Some(map) => {
                    self.desk.add(Errands { given_map: Some(map), ..Errands::default() });
                }
                None => tracing::warn!("the parent's service map is not base64, or too large"),
            },
        }
    }

    fn answer(
        &mut self,
        question: Question,
        answer: oneshot::Sender<String>,
    ) -> Result<(), JournalError> {
        match question {
            Question::Status => {
                // Whoever asked may have gone.
                let _gone = answer.send(json(&self.status()?));
            }
            Question::Sync => {
                self.syncing.push(answer);
                self.desk.add(Errands { policy: true, map: true, ..Errands::default() });
            }
        }
        Ok(())
    }

    fn tell_syncing(&mut self, ok: bool, message: &str) {
        for answer in self.syncing.drain(..) {
            let _gone = answer.send(json(&Synced { ok, message: message.to_owned() }));
        }
    }

    fn status(&self) -> Result<Status, JournalError> {
        let Credentials { identity, map } = self.credentials.borrow().clone();
        let mut assignments = Vec::new();
        if let Some(accepted) = self.policy.borrow().as_deref() {
            for assignment in accepted.policy.assignments.iter().take(ASSIGNMENTS) {
                let standing = self.journal.standing(assignment.deployment)?;
                let state = standing.map(|standing| standing.state);
                assignments.push(AssignmentStatus {
                    name: printable(&assignment.name).chars().take(64).collect(),
                    deployment: assignment.deployment,
                    phase: state.as_ref().map_or(wire::client::Phase::Pending, |s| s.phase),
                    reason: state.map(|s| s.reason.chars().take(200).collect()).unwrap_or_default(),
                });
            }
        }
        let place = self.journal.fact(Fact::ManagementPoint)?.unwrap_or_default();
        Ok(Status {
            running: true,
            version: VERSION.to_owned(),
            device: identity.device.clone(),
            site: identity.site.clone(),
            root: identity.root.to_string(),
            management_point: String::from_utf8_lossy(&place).into_owned(),
            last_contact: self.last_contact,
            trouble: self.trouble.clone(),
            policy: self.policy_number(),
            map: map.map_or(0, |map| map.number()),
            spool: self.journal.waiting()?.0,
            busy: self.busy.load(Ordering::Relaxed),
            limits: heartbeat::limits(),
            assignments,
        })
    }

    fn policy_number(&self) -> u64 {
        self.policy.borrow().as_ref().map_or(0, |accepted| accepted.number)
    }
}

/// So many seconds from now, spread.
fn later(now: i64, seconds: u32) -> i64 {
    now + spread((i64::from(seconds) * 1000).max(SHORTEST), random())
}

fn random() -> u64 {
    u64::from_le_bytes(platform::random().unwrap_or_default())
}

fn json(answer: &impl serde::Serialize) -> String {
    // These types have no maps with keys that JSON does not know.
    serde_json::to_string(answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_puts_nothing_off() {
        let settings = Settings::default();
        let (before, year) = (1_800_000_000_000, 365 * 24 * 60 * 60 * 1000);
        let planned = |now| Due {
            policy: later(now, settings.poll),
            map: now + spread(MAP, u64::MAX),
            heartbeat: later(now, settings.heartbeat),
            inventory: later(now, settings.inventory),
            retry: Some(now + LONGEST),
        };
        let mut due = planned(before);
        let next = due.next();
        due.bring_forward(before, &settings);
        assert_eq!((due.next(), due.retry), (next, Some(before + LONGEST)), "all as planned");
        let now = before - year;
        due.bring_forward(now, &settings);
        assert_eq!([due.policy, due.map, due.heartbeat, due.inventory], [now; 4]);
        assert_eq!(due.retry, None);
    }
}
