//! The site link, the host's side: what a host that has joined does with its
//! site server. It waits for orders, keeps its plan and its certificate fresh,
//! fetches the content that it is to hold, looks at copies that somebody
//! doubts, and reports.
//!
//! The host asks and the site server answers, whichever opened the connection,
//! so nothing here knows but [`line`], where connections come from. There are
//! two: on the one it waits for orders, on the other it fetches and reports. All
//! of it can stop anywhere: orders are whole and not differences, content is
//! resumed block by block, and what is not reported is reported later.

mod copies;
mod line;
mod orders;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use node::http::Stream;
use node::stop::Stop;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use trust::Fingerprint;
use trust::host_plan::VerifiedHostPlan;
use trust::key::SigningKey;
use wire::link::Orders;
use wire::problem::Problem;

use self::line::{Line, Source};
use crate::content::Library;
use crate::identity::Blocked;

/// What the host's side of the link works with.
#[derive(Debug)]
pub struct Uses {
    pub plan: VerifiedHostPlan,
    pub root: Fingerprint,
    pub key: Arc<SigningKey>,
    /// DER: the host's certificate, the authority's, the root's.
    pub chain: Vec<Vec<u8>>,
    pub keeper: Arc<dyn HostKeeper>,
    /// What [`HostKeeper::remember`] was given last; empty at first.
    pub memory: Vec<u8>,
    pub library: Library,
    /// Set by orders; hand the same to the distribution point's roster.
    pub blocked: Blocked,
    /// Where the site server opens: the connections that it opened.
    pub reversed: Option<mpsc::Receiver<Stream>>,
    /// The program's version, for the report.
    pub version: String,
    pub stop: Stop,
}

/// Whoever keeps the host's files, and does what follows from them. May block.
pub trait HostKeeper: Debug + Send + Sync {
    /// There are new certificates for the host's key: DER, its own first.
    ///
    /// # Errors
    ///
    /// They were not kept; the old ones stay in use.
    fn certified(&self, chain: &[Vec<u8>]) -> Result<(), KeeperError>;

    /// There is a new plan, which was verified, with a higher number.
    ///
    /// # Errors
    ///
    /// It was not kept; the old one counts.
    fn planned(&self, envelope: &[u8], plan: &VerifiedHostPlan) -> Result<(), KeeperError>;

    /// What to hand in as [`Uses::memory`] after the next start.
    ///
    /// # Errors
    ///
    /// It was not kept: blocked devices are then not known before the first
    /// orders, and doubted copies are looked at again.
    fn remember(&self, memory: &[u8]) -> Result<(), KeeperError>;

    /// The site does not have this host any more, or has another in its place:
    /// time to stop serving. Called again as long as that is so.
    fn dismissed(&self, why: &Problem);

    /// The site has this host (again).
    fn welcome(&self) {}
}

/// Why something was not kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeeperError(pub String);

/// What a host knows of its site beside plan and certificate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Memory {
    /// The devices that are refused.
    blocked: Vec<String>,
    /// What became of doubts, by digest.
    copies: BTreeMap<String, Looked>,
}

/// How often a copy was looked at and mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Looked {
    /// The doubt after which it was looked at.
    doubt: u64,
    /// Blocks that were fetched again since the copy was made.
    repaired: u64,
}

/// What both halves of the link share.
#[derive(Debug)]
struct Office {
    root: Fingerprint,
    key: Arc<SigningKey>,
    keeper: Arc<dyn HostKeeper>,
    library: Library,
    blocked: Blocked,
    version: String,
    stop: Stop,
    plan: Mutex<Arc<VerifiedHostPlan>>,
    chain: Mutex<Arc<Vec<Vec<u8>>>>,
    memory: Mutex<Memory>,
}

impl Office {
    fn plan(&self) -> Arc<VerifiedHostPlan> {
        Arc::clone(&self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn chain(&self) -> Arc<Vec<Vec<u8>>> {
        Arc::clone(&self.chain.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of a copy.
    fn looked(&self, digest: &str) -> Looked {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.copies.get(digest).copied().unwrap_or_default()
    }

    /// Changes what is remembered, and has it kept if that made a difference.
    fn remember(&self, change: impl FnOnce(&mut Memory)) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let before = serde_json::to_vec(&*memory).unwrap_or_default();
        change(&mut memory);
        let after = serde_json::to_vec(&*memory).unwrap_or_default();
        if after != before
            && let Err(error) = self.keeper.remember(&after)
        {
            tracing::error!("what this host must remember was not kept: {error}");
        }
    }
}

/// Runs the link until the stop. It never gives up.
pub async fn run(uses: Uses) {
    let Uses { plan, root, key, chain, keeper, memory, library, blocked, .. } = uses;
    let memory: Memory = serde_json::from_slice(&memory).unwrap_or_default();
    blocked.are(memory.blocked.iter().cloned());
    let office = Arc::new(Office {
        root,
        key,
        keeper,
        library,
        blocked,
        version: uses.version,
        stop: uses.stop,
        plan: Mutex::new(Arc::new(plan)),
        chain: Mutex::new(Arc::new(chain)),
        memory: Mutex::new(memory),
    });
    let source = Source::new(uses.reversed);
    let (tell, told) = watch::channel(None::<Arc<Orders>>);
    let orders = orders::run(Line::new(Arc::clone(&office), source.clone()), tell);
    let copies = copies::run(Line::new(office, source), told);
    tokio::join!(orders, copies);
}

#[cfg(test)]
mod tests;
