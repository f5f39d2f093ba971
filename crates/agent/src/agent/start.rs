//! One life of the agent: who it is, what it remembers, which tasks it has, and
//! in which order they begin and end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use node::control::{Control, ControlError};
use node::files::{FileError, Folder, create_folder};
use node::stop::Stop;
use node::task::{Joined, Tasks};
use node::{clock, service};
use reach::backoff::Backoff;
use reach::interval::spread;
use tokio::sync::{mpsc, oneshot, watch};
use trust::invitation::Invitation;
use trust::map::VerifiedMap;
use trust::token::Token;
use wire::policy::Settings;

use super::{Agent, Desk, Due, Event, json, later, random, visit};
use crate::action::Actions;
use crate::action::child::is_passing;
use crate::assignments::Reconciler;
use crate::content::{Contents, FetchError};
use crate::control::{Question, Status, Synced};
use crate::enrol::enrol;
use crate::folder::AgentFolder;
use crate::home::Home;
use crate::identity::{Identity, IdentityError};
use crate::journal::{Bounds, Fact, Journal, JournalError};
use crate::link::Credentials;
use crate::parent::Word;
use crate::policy::{self, Accepted};
use crate::words::chain;
use crate::{VERSION, heartbeat, platform};

/// For the tasks to end. Nothing is lost if they do not.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// Before the agent looks again whether a disk is still full. Milliseconds.
const AGAIN: i64 = 30_000;

/// Why the agent does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(
        "this machine is not enrolled; run `portolan-agent enrol` with the words that `portolan token create` prints"
    )]
    NotEnrolled,
    #[error("signals, standard input or threads cannot be used")]
    System(#[from] std::io::Error),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("the agent's content cannot be used")]
    Content(#[from] FetchError),
}

impl RunError {
    /// Whether time may heal it: a disk that is full, or may not be written.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Journal(error) | Self::Content(FetchError::Journal(error)) => error.is_passing(),
            Self::File(error) | Self::Content(FetchError::File(error)) => is_passing_file(error),
            Self::Identity(IdentityError::File(error)) => is_passing_file(error),
            _ => false,
        }
    }
}

/// Until the next life, in milliseconds.
pub(super) fn random_wait() -> i64 {
    spread(AGAIN, random())
}

fn is_passing_file(error: &FileError) -> bool {
    matches!(error, FileError::Write { source, .. } if is_passing(source))
}

/// What a life of the agent has from outside, and leaves behind.
#[derive(Debug)]
pub(super) struct World {
    pub(super) folder: AgentFolder,
    pub(super) before: &'static [&'static str],
    pub(super) with_parent: bool,
    pub(super) sender: mpsc::Sender<Event>,
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) stop: Stop,
    /// What goes on from life to life: the control socket, the watchdog.
    pub(super) tasks: Tasks,
    pub(super) listening: bool,
}

/// One life of the agent, from its journal to the stop, or to an error.
pub(super) async fn live(world: &mut World) -> Result<(), RunError> {
    let folder = world.folder.clone();
    create_folder(folder.root(), Folder::Private)?;
    let journal = Arc::new(Journal::open(&folder.journal(), Bounds::default())?);
    if !world.listening {
        // Not before the journal: it says whether another agent runs here.
        let control = Control::listen(&folder.control()).await?;
        world.tasks.spawn("control", control.serve(ask(world.sender.clone()), world.stop.clone()));
        world.listening = true;
    }
    let identity = match Identity::load(&folder.identity())? {
        Some(identity) => Some(identity),
        None if world.with_parent => {
            be_enrolled(&folder, &journal, &mut world.events, &world.stop).await?
        }
        None => return Err(RunError::NotEnrolled),
    };
    let Some(identity) = identity else { return Ok(()) };
    tracing::info!("this is device {} of site {}", identity.device, identity.site);
    for limit in heartbeat::limits() {
        tracing::warn!("this agent {limit}");
    }
    // The tasks of this life end with it, also where the agent goes on.
    let (end, mut tasks) = (Stop::new(), Tasks::new());
    let sender = world.sender.clone();
    let mut agent = assemble(&folder, journal, identity, world.before, sender, &end, &mut tasks)?;
    service::ready();
    let ended = follow_events(&mut agent, &mut world.events, &world.stop).await;
    end.stop();
    drop(agent);
    let joined = join(&mut tasks, &mut world.events).await;
    if !joined.is_clean() {
        tracing::warn!(unfinished = ?joined.unfinished, "not everything ended in time");
    }
    ended
}

/// Waits for the tasks to end, and takes from them what nobody will hear any
/// more: a task that waits to tell it would not end.
async fn join(tasks: &mut Tasks, events: &mut mpsc::Receiver<Event>) -> Joined {
    let mut joined = std::pin::pin!(tasks.join(GRACE));
    loop {
        tokio::select! {
            joined = &mut joined => return joined,
            Some(event) = events.recv() => drop(event),
        }
    }
}

async fn follow_events(
    agent: &mut Agent,
    events: &mut mpsc::Receiver<Event>,
    stop: &Stop,
) -> Result<(), RunError> {
    loop {
        let event = tokio::select! {
            () = stop.stopped() => Event::Stop,
            event = events.recv() => event.unwrap_or(Event::Stop),
            () = clock::sleep_until(agent.due.next()) => Event::Timer,
        };
        if !agent.handle(event)? {
            return Ok(());
        }
    }
}

/// Puts the parts together and starts the two tasks.
fn assemble(
    folder: &AgentFolder,
    journal: Arc<Journal>,
    identity: Identity,
    before: &'static [&'static str],
    sender: mpsc::Sender<Event>,
    stop: &Stop,
    tasks: &mut Tasks,
) -> Result<Agent, RunError> {
    let accepted = recall_policy(&journal, &identity)?.map(Arc::new);
    let map = recall_map(&journal, &identity)?.map(Arc::new);
    let settings = accepted.as_ref().map_or_else(Settings::default, |a| a.policy.settings.clone());
    let (credentials, known) = watch::channel(Credentials { identity: Arc::new(identity), map });
    let (policy, news) = watch::channel(accepted);
    let (desk, busy) = (Arc::new(Desk::default()), Arc::new(AtomicBool::new(false)));

    let contents = Contents::new(folder.content(), Arc::clone(&journal), known.clone(), random())?;
    create_folder(&folder.actions(), Folder::Private)?;
    let reconciler = Reconciler::new(
        Arc::clone(&journal),
        contents,
        Actions::new(folder.actions(), platform::own_program()?, before),
        folder.actions(),
        news,
        sender.clone(),
        Arc::clone(&busy),
    );
    let home = Home::new(Arc::clone(&journal), credentials, folder.identity(), random());
    tasks.spawn("assignments", reconciler.run(stop.clone()));
    tasks.spawn("visits", visit(home, Arc::clone(&desk), sender, stop.clone()));
    Ok(Agent {
        due: first_due(&journal, &settings)?,
        journal,
        credentials: known,
        policy,
        desk,
        busy,
        settings,
        heartbeat: None,
        syncing: Vec::new(),
        hopeful: Backoff::default(),
        last_contact: 0,
        trouble: String::new(),
    })
}

/// At the start policy, map and heartbeat are due, and an inventory if the
/// last is as old as it may be.
fn first_due(journal: &Journal, settings: &Settings) -> Result<Due, JournalError> {
    let now = clock::now();
    let taken = i64::try_from(journal.number(Fact::InventoryAt)?).unwrap_or(0);
    let inventory = if taken == 0 { now } else { later(taken, settings.inventory) };
    // A clock that was set back must not put the next inventory off for years.
    let inventory = inventory.min(later(now, settings.inventory));
    Ok(Due { policy: now, map: now, heartbeat: now, inventory, retry: None })
}

fn recall_policy(journal: &Journal, identity: &Identity) -> Result<Option<Accepted>, JournalError> {
    let Some(envelope) = journal.fact(Fact::Policy)? else { return Ok(None) };
    let recalled = policy::recall(&envelope, identity, clock::now());
    Ok(recalled.inspect_err(|error| tracing::warn!("the policy that was kept: {error}")).ok())
}

fn recall_map(journal: &Journal, identity: &Identity) -> Result<Option<VerifiedMap>, JournalError> {
    let Some(envelope) = journal.fact(Fact::Map)? else { return Ok(None) };
    let map = VerifiedMap::recall(&envelope, &identity.root, &identity.site, clock::now());
    Ok(map.inspect_err(|error| tracing::warn!("the map that was kept: {error}")).ok())
}

/// Waits for the parent's word to enrol, and enrols. None when it is time to
/// stop.
async fn be_enrolled(
    folder: &AgentFolder,
    journal: &Journal,
    events: &mut mpsc::Receiver<Event>,
    stop: &Stop,
) -> Result<Option<Identity>, RunError> {
    let mut backoff = Backoff::default();
    let mut invited: Option<(Invitation, Token)> = None;
    let mut again = i64::MAX;
    loop {
        let event = tokio::select! {
            () = stop.stopped() => return Ok(None),
            event = events.recv() => event.unwrap_or(Event::Stop),
            () = clock::sleep_until(again) => Event::Timer,
        };
        match event {
            Event::Stop => return Ok(None),
            Event::Asked(question, answer) => {
                let _gone = answer.send(not_enrolled(question));
            }
            // Also where the clock was set back meanwhile.
            Event::Timer => again = again.min(clock::now()),
            Event::Parent(line) => match read_invitation(&line) {
                Some(word) => (invited, again) = (Some(word), clock::now()),
                None => continue,
            },
            _ => {}
        }
        let Some((invitation, token)) = invited.as_ref().filter(|_| again <= clock::now()) else {
            continue;
        };
        let enrolled = tokio::select! {
            () = stop.stopped() => return Ok(None),
            enrolled = enrol(folder, journal, invitation, token) => enrolled,
        };
        match enrolled {
            Ok(identity) => return Ok(Some(identity)),
            Err(error) if error.is_passing() => {
                tracing::info!("not enrolled yet: {}", chain(&error));
                again = clock::now() + backoff.failed(random());
            }
            Err(error) => {
                tracing::error!("not enrolled: {}", chain(&error));
                (invited, again) = (None, i64::MAX);
            }
        }
    }
}

fn read_invitation(line: &str) -> Option<(Invitation, Token)> {
    let Word::Enrol { invitation, token } = Word::parse(line)? else { return None };
    let invitation = Invitation::parse(&invitation)
        .inspect_err(|error| tracing::error!("the parent's invitation: {error}"))
        .ok()?;
    let token = Token::parse(&token)
        .inspect_err(|error| tracing::error!("the parent's token: {error}"))
        .ok()?;
    Some((invitation, token))
}

pub(super) fn not_enrolled(question: Question) -> String {
    match question {
        Question::Status => json(&Status {
            running: true,
            version: VERSION.to_owned(),
            limits: heartbeat::limits(),
            ..Status::default()
        }),
        Question::Sync => json(&Synced { ok: false, message: RunError::NotEnrolled.to_string() }),
    }
}

/// How the control socket asks the loop.
fn ask(
    events: mpsc::Sender<Event>,
) -> impl Fn(String) -> std::pin::Pin<Box<dyn Future<Output = String> + Send>> + Clone {
    move |line| {
        let events = events.clone();
        Box::pin(async move {
            let unanswered = |message: &str| json(&Synced { ok: false, message: message.into() });
            let Some(question) = Question::parse(&line) else {
                return unanswered("the agent does not know this question");
            };
            let (answer, answered) = oneshot::channel();
            if events.send(Event::Asked(question, answer)).await.is_err() {
                return unanswered("the agent is stopping");
            }
            answered.await.unwrap_or_else(|_| unanswered("the agent is stopping"))
        })
    }
}
