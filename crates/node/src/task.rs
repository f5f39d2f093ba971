//! Named tasks that are joined, never forgotten: what does not end in time, or
//! panics, is reported by its name.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

/// A group of running tasks. Dropping it aborts them.
#[derive(Debug, Default)]
pub struct Tasks {
    running: JoinSet<()>,
    names: HashMap<Id, String>,
}

/// One task that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The name it was given.
    pub name: String,
    /// What it said when it panicked; `None` when it simply returned.
    pub panic: Option<String>,
}

/// How a group came to its end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Tasks that had not ended at the deadline and were aborted.
    pub unfinished: Vec<String>,
    /// Tasks that panicked.
    pub panicked: Vec<Ended>,
}

impl Joined {
    /// Whether every task ended by itself and in time.
    pub fn is_clean(&self) -> bool {
        self.unfinished.is_empty() && self.panicked.is_empty()
    }
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts `task` under `name`.
    pub fn spawn<F>(&mut self, name: impl Into<String>, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = self.running.spawn(task).id();
        self.names.insert(id, name.into());
    }

    /// How many have not been joined yet.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether all have been joined.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Waits for the next task to end; `None` when there is none. A main loop
    /// selects on it, so that the early end of a part is seen when it happens.
    pub async fn ended(&mut self) -> Option<Ended> {
        let outcome = self.running.join_next_with_id().await?;
        let ended = self.name(outcome);
        if let Some(panic) = &ended.panic {
            tracing::error!(task = %ended.name, "panicked: {panic}");
        }
        Some(ended)
    }

    /// Waits for all tasks, at most `within`; aborts and names the rest.
    pub async fn join(&mut self, within: Duration) -> Joined {
        let mut joined = Joined::default();
        let deadline = tokio::time::sleep(within);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                ended = self.ended() => match ended {
                    Some(ended) if ended.panic.is_some() => joined.panicked.push(ended),
                    Some(_) => {}
                    None => return joined,
                },
                () = &mut deadline => break,
            }
        }
        joined.unfinished = self.names.drain().map(|(_, name)| name).collect();
        joined.unfinished.sort();
        self.running.shutdown().await;
        joined
    }

    fn name(&mut self, outcome: Result<(Id, ()), JoinError>) -> Ended {
        let (id, panic) = match outcome {
            Ok((id, ())) => (id, None),
            Err(error) => (error.id(), panic_text(error)),
        };
        Ended { name: self.names.remove(&id).unwrap_or_default(), panic }
    }
}

fn panic_text(error: JoinError) -> Option<String> {
    let payload = error.try_into_panic().ok()?;
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    Some(text.unwrap_or_else(|| "no text".to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_and_what_panics_is_named() {
        let mut tasks = Tasks::new();
        tasks.spawn("short", async {});
        tasks.spawn("endless", std::future::pending());
        tasks.spawn("broken", async { panic!("the mast {}", "broke") });
        let joined = tasks.join(Duration::from_secs(5)).await;
        assert_eq!(joined.unfinished, ["endless"]);
        assert_eq!(joined.panicked.len(), 1);
        assert_eq!(joined.panicked[0].name, "broken");
        assert_eq!(joined.panicked[0].panic.as_deref(), Some("the mast broke"));
        assert!(tasks.is_empty());
        assert!(tasks.join(Duration::ZERO).await.is_clean());
    }
}
