//! What the running site knows about itself beside its store: who it is, where
//! it listens, and how its parts are. Whoever assembles the site fills it in;
//! the parts report their troubles to it; the SMS provider shows it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::role::Role;
use wire::rest::{ListenStatus, PartStatus};

/// Who the site is; fixed while it runs.
#[derive(Debug, Clone)]
pub struct About {
    /// The site's code.
    pub code: String,
    pub name: String,
    pub version: String,
    /// The root's fingerprint, `sha256:…`.
    pub root: String,
    /// Unix milliseconds.
    pub started: i64,
}

/// A handle; clones show and change the same facts.
#[derive(Debug, Clone)]
pub struct SiteFacts {
    about: Arc<About>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    parts: Vec<PartStatus>,
    listens: Vec<ListenStatus>,
}

impl SiteFacts {
    /// A site whose `parts` do not run yet.
    pub fn new(about: About, parts: &[&'static Role]) -> Self {
        let stopped = |role: &&'static Role| PartStatus {
            role: role.slug.to_owned(),
            running: false,
            trouble: String::new(),
        };
        let state = State { parts: parts.iter().map(stopped).collect(), listens: Vec::new() };
        Self { about: Arc::new(about), state: Arc::new(Mutex::new(state)) }
    }

    pub fn about(&self) -> &About {
        &self.about
    }

    pub fn parts(&self) -> Vec<PartStatus> {
        self.state().parts.clone()
    }

    pub fn listens(&self) -> Vec<ListenStatus> {
        self.state().listens.clone()
    }

    /// Where the site listens now; it may come to listen in more places while
    /// it runs.
    pub fn listening(&self, listens: Vec<ListenStatus>) {
        self.state().listens = listens;
    }

    /// The part of `role` runs, or has stopped.
    pub fn running(&self, role: &'static Role, running: bool) {
        self.change(role, |part| part.running = running);
    }

    /// The last thing that went wrong with the part of `role`; empty when it
    /// is well again.
    pub fn trouble(&self, role: &'static Role, trouble: &str) {
        self.change(role, |part| trouble.clone_into(&mut part.trouble));
    }

    fn change(&self, role: &'static Role, change: impl FnOnce(&mut PartStatus)) {
        if let Some(part) = self.state().parts.iter_mut().find(|part| part.role == role.slug) {
            change(part);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
