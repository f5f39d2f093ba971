//! What the running site knows about itself beside its store: who it is, where
//! it listens, and how its parts are. Whoever assembles the site fills it in;
//! the parts report their troubles to it; the SMS provider shows it.

use std::sync::{Arc, Mutex, PoisonError};

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
    pub listens: Vec<ListenStatus>,
    /// Where clients enrol: `10.1.0.10:443`.
    pub management_point: String,
}

/// A handle; clones show and change the same facts.
#[derive(Debug, Clone)]
pub struct SiteFacts {
    about: Arc<About>,
    parts: Arc<Mutex<Vec<PartStatus>>>,
}

impl SiteFacts {
    /// A site whose `parts` do not run yet.
    pub fn new(about: About, parts: &[&'static Role]) -> Self {
        let stopped = |role: &&'static Role| PartStatus {
            role: role.slug.to_owned(),
            running: false,
            trouble: String::new(),
        };
        let parts = parts.iter().map(stopped).collect();
        Self { about: Arc::new(about), parts: Arc::new(Mutex::new(parts)) }
    }

    pub fn about(&self) -> &About {
        &self.about
    }

    pub fn parts(&self) -> Vec<PartStatus> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.iter_mut().find(|part| part.role == role.slug) {
            change(part);
        }
    }
}
