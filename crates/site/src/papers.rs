//! What the site tells a host of its own, kept, with what follows from it: a
//! new certificate is shown from the next connection on; a plan with other
//! places to listen, and to be dismissed or welcome again, make the host begin
//! anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use node::files;
use node::stop::Stop;
use node::tls::{Identity, Server};
use roles::host_link::{HostKeeper, KeeperError};
use trust::host_plan::{Post, VerifiedHostPlan};
use wire::problem::Problem;

use crate::folder::Folder;
use crate::member;

/// Whether the site has dismissed this host; it outlives each beginning.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing(Arc<AtomicBool>);

impl Standing {
    pub(crate) fn is_dismissed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says what it was before.
    fn set(&self, dismissed: bool) -> bool {
        self.0.swap(dismissed, Ordering::Relaxed)
    }
}

/// A host's papers.
pub(crate) struct Papers {
    pub(crate) folder: Folder,
    /// Where it listens now.
    pub(crate) posts: Vec<Post>,
    /// PKCS #8.
    pub(crate) key: Vec<u8>,
    /// Whoever shows the certificate.
    pub(crate) tls: Vec<Server>,
    pub(crate) standing: Standing,
    pub(crate) anew: Stop,
}

impl std::fmt::Debug for Papers {
    /// Never the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Papers({})", self.folder.host().display())
    }
}

impl Papers {
    /// What [`HostKeeper::remember`] was given last.
    pub(crate) fn memory(&self) -> Vec<u8> {
        files::read_private(&self.at()).unwrap_or_else(|error| {
            if !error.is_missing() {
                tracing::warn!("{}", wire::problem::chain(&error));
            }
            Vec::new()
        })
    }

    fn at(&self) -> std::path::PathBuf {
        member::memory(&self.folder)
    }
}

impl HostKeeper for Papers {
    fn certified(&self, chain: &[Vec<u8>]) -> Result<(), KeeperError> {
        let mut answer = member::answer(&self.folder).map_err(kept_not)?;
        answer.certificates = chain.iter().map(|der| BASE64.encode(der)).collect();
        member::keep_answer(&self.folder, &answer).map_err(kept_not)?;
        for tls in &self.tls {
            let identity = Identity::from_der(chain.to_vec(), self.key.clone());
            tls.renew(identity).map_err(|error| KeeperError(wire::problem::chain(&error)))?;
        }
        Ok(())
    }

    fn planned(&self, envelope: &[u8], plan: &VerifiedHostPlan) -> Result<(), KeeperError> {
        let mut answer = member::answer(&self.folder).map_err(kept_not)?;
        answer.host_plan = BASE64.encode(envelope);
        member::keep_answer(&self.folder, &answer).map_err(kept_not)?;
        if plan.posts() != self.posts {
            tracing::info!("the host plan has other places to listen: beginning anew");
            self.anew.stop();
        }
        Ok(())
    }

    fn remember(&self, memory: &[u8]) -> Result<(), KeeperError> {
        files::write_private(&self.at(), memory)
            .map_err(|error| KeeperError(wire::problem::chain(&error)))
    }

    fn dismissed(&self, why: &Problem) {
        if !self.standing.set(true) {
            tracing::error!("the site has dismissed this host, which no longer serves: {why}");
            self.anew.stop();
        }
    }

    fn welcome(&self) {
        if self.standing.set(false) {
            tracing::info!("the site has this host again");
            self.anew.stop();
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn kept_not(failure: crate::outcome::Failure) -> KeeperError {
    KeeperError(failure.to_string())
}
