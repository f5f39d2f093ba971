//! From the agent's start to its end, by way of as many lives as it takes. A
//! life ends early where the disk is full: what cannot be journalled must not be
//! done. The agent then waits, says so to whoever asks, and begins again as
//! after a restart, which loses nothing and does nothing twice.

use node::clock;
use node::service;
use node::stop::on_signals;
use node::task::Tasks;
use tokio::sync::{mpsc, oneshot};

use super::start::{RunError, World, live, random_wait};
use super::{Event, json};
use crate::control::{Question, Status, Synced};
use crate::folder::AgentFolder;
use crate::journal::JournalError;
use crate::words::chain;
use crate::{VERSION, heartbeat, parent};

/// Events that wait to be handled.
const EVENTS: usize = 64;
/// Words of a parent that wait for the next life.
const WORDS: usize = 16;

/// Runs the agent until it is told to stop. `before` are the arguments that
/// this program needs before `act`; with a parent, standard input is its pipe.
pub async fn run(
    folder: AgentFolder,
    before: &'static [&'static str],
    with_parent: bool,
) -> Result<(), RunError> {
    let stop = on_signals()?;
    let (sender, events) = mpsc::channel(EVENTS);
    if with_parent {
        parent::listen(sender.clone(), stop.clone())?;
    }
    let mut tasks = Tasks::new();
    tasks.spawn("watchdog", service::watchdog(stop.clone()));
    let listening = false;
    let mut world = World { folder, before, with_parent, sender, events, stop, tasks, listening };
    let mut again = false;
    let ended = loop {
        match live(&mut world).await {
            Err(error) if is_passing(&error, again) && !world.stop.is_stopped() => {
                again = true;
                rest(&error, &mut world).await;
                if world.stop.is_stopped() {
                    break Ok(());
                }
            }
            ended => break ended,
        }
    };
    service::stopping();
    world.stop.stop();
    drop(world.events);
    let _soon = world.tasks.join(super::start::GRACE).await;
    ended
}

/// What is left of an earlier life may still hold the journal for a moment.
fn is_passing(error: &RunError, again: bool) -> bool {
    error.is_passing() || again && matches!(error, RunError::Journal(JournalError::InUse))
}

/// Waits before the next life, and answers meanwhile.
async fn rest(error: &RunError, world: &mut World) {
    let until = clock::now() + random_wait();
    let trouble = format!("{}; the agent does nothing until that is over", chain(error));
    tracing::error!("{trouble}");
    // It runs, and knows what it waits for: restarting it would not help.
    service::ready();
    service::status(&trouble);
    let mut words = Vec::new();
    loop {
        let event = tokio::select! {
            () = world.stop.stopped() => return,
            () = clock::sleep_until(until) => break,
            event = world.events.recv() => event,
        };
        match event {
            Some(Event::Asked(question, answer)) => reply(question, answer, &trouble),
            Some(Event::Parent(word)) if words.len() < WORDS => words.push(word),
            Some(_) => {}
            None => return,
        }
    }
    service::status("");
    for word in words {
        // A parent says it again where there is no room.
        let _full = world.sender.try_send(Event::Parent(word));
    }
}

fn reply(question: Question, answer: oneshot::Sender<String>, trouble: &str) {
    let text = match question {
        Question::Status => json(&Status {
            running: true,
            version: VERSION.to_owned(),
            trouble: trouble.to_owned(),
            limits: heartbeat::limits(),
            ..Status::default()
        }),
        Question::Sync => json(&Synced { ok: false, message: trouble.to_owned() }),
    };
    // Whoever asked may have gone.
    let _gone = answer.send(text);
}
