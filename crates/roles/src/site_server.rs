//! The site server: the only part with signing keys, and the only one that
//! decides. It answers the signing desk and the site link, publishes the service
//! map and each host's plan, keeps every device's policy signed and fresh, works
//! through what clients reported, looks at its own content where somebody found
//! it damaged, has its keys renewed, and forgets what nobody needs.
//!
//! All but the first two are reconcilers without input: each looks at what the
//! plan says and the store holds, makes it what it should be, and may be stopped
//! anywhere. News only make it look sooner.

mod copies;
mod enrolment;
mod host_plans;
mod invitations;
mod keys;
mod link;
mod map;
mod messages;
mod policy;
mod retention;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use catalog::role::SITE_SERVER;
use node::stop::Stop;
use node::task::Tasks;
use plan::Plan;
use store::Store;
use tokio::sync::watch;
use trust::site::SiteKeys;

pub use self::keys::{KeeperError, KeyKeeper};
use crate::content::{Digest, Library};
use crate::desk::Queue;
use crate::facts::SiteFacts;
use crate::problem::chain;

/// Everything is looked at so often, news or none.
const LOOK: Duration = Duration::from_secs(30);
/// So long the reconcilers have to come to a good end.
const GRACE: Duration = Duration::from_secs(5);

/// What a site server works with.
#[derive(Debug)]
pub struct Uses {
    pub store: Store,
    pub library: Library,
    pub keys: SiteKeys,
    pub keeper: Arc<dyn KeyKeeper>,
    /// As it is now.
    pub plan: watch::Receiver<Arc<Plan>>,
    /// The site server's own host, by its key in the site file.
    pub host: String,
    /// The site server's side of the signing desk.
    pub queue: Queue,
    pub facts: SiteFacts,
    pub stop: Stop,
}

/// A site server that does not run yet.
#[derive(Debug)]
pub struct SiteServer {
    office: Arc<Office>,
    keeper: Arc<dyn KeyKeeper>,
    queue: Queue,
}

/// What everything in the part shares.
#[derive(Debug)]
struct Office {
    store: Store,
    library: Library,
    keys: RwLock<Arc<SiteKeys>>,
    plan: watch::Receiver<Arc<Plan>>,
    host: String,
    facts: SiteFacts,
    stop: Stop,
    /// When hosts last said that our own copies are damaged. Unix milliseconds.
    doubted: Mutex<HashMap<Digest, i64>>,
}

impl Office {
    /// The keys as they are now: to be asked for each time.
    fn keys(&self) -> Arc<SiteKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The plan as it is now: to be asked for each time.
    fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan.borrow())
    }
}

impl SiteServer {
    pub fn new(uses: Uses) -> Self {
        let Uses { store, library, keys, keeper, plan, host, queue, facts, stop } = uses;
        let keys = RwLock::new(Arc::new(keys));
        let doubted = Mutex::default();
        let office = Office { store, library, keys, plan, host, facts, stop, doubted };
        Self { office: Arc::new(office), keeper, queue }
    }

    /// What the site server answers on the site link.
    pub fn link(&self) -> Router {
        link::router(Arc::clone(&self.office))
    }

    /// Runs the part until it is told to stop.
    pub async fn run(self) {
        let Self { office, keeper, queue } = self;
        let (facts, stop) = (office.facts.clone(), office.stop.clone());
        let mut tasks = Tasks::new();
        tasks.spawn("desk", enrolment::run(Arc::clone(&office), queue));
        tasks.spawn("service map", map::run(Arc::clone(&office)));
        tasks.spawn("host plans", host_plans::run(Arc::clone(&office)));
        tasks.spawn("policy", policy::run(Arc::clone(&office)));
        tasks.spawn("messages", messages::run(Arc::clone(&office)));
        tasks.spawn("copies", copies::run(Arc::clone(&office)));
        tasks.spawn("keys", keys::run(Arc::clone(&office), keeper));
        tasks.spawn("retention", retention::run(office));
        facts.running(&SITE_SERVER, true);
        while !stop.is_stopped() {
            tokio::select! {
                () = stop.stopped() => {}
                Some(ended) = tasks.ended() => if !stop.is_stopped() {
                    facts.running(&SITE_SERVER, false);
                    facts.trouble(&SITE_SERVER, &format!("the task `{}` has ended", ended.name));
                },
            }
        }
        let joined = tasks.join(GRACE).await;
        if !joined.is_clean() {
            tracing::warn!(unfinished = ?joined.unfinished, "the site server did not end in time");
        }
        facts.running(&SITE_SERVER, false);
    }
}

/// When a reconciler looks: at every news, at another plan, and every
/// [`LOOK`].
struct Pace {
    what: &'static str,
    news: watch::Receiver<u64>,
    plan: watch::Receiver<Arc<Plan>>,
    facts: SiteFacts,
    stop: Stop,
    troubled: bool,
}

impl Pace {
    fn new(what: &'static str, news: watch::Receiver<u64>, office: &Office) -> Self {
        let (plan, facts) = (office.plan.clone(), office.facts.clone());
        Self { what, news, plan, facts, stop: office.stop.clone(), troubled: false }
    }

    /// Takes down how a look went, and waits until it is time for the next;
    /// `false` when it is time to stop. A look says whether there is more to do
    /// at once. One that failed is reported and tried again: nothing that it
    /// did before is undone or done twice.
    async fn next<E: std::error::Error>(&mut self, looked: Result<bool, E>) -> bool {
        if self.take_down(looked) && !self.stop.is_stopped() {
            return true;
        }
        tokio::select! {
            biased;
            () = self.stop.stopped() => false,
            Ok(()) = self.news.changed() => true,
            Ok(()) = self.plan.changed() => true,
            () = tokio::time::sleep(LOOK) => true,
        }
    }

    fn take_down<E: std::error::Error>(&mut self, looked: Result<bool, E>) -> bool {
        match looked {
            Ok(more) => {
                if std::mem::take(&mut self.troubled) {
                    self.facts.trouble(&SITE_SERVER, "");
                }
                more
            }
            Err(error) => {
                self.troubled = true;
                let trouble = format!("{}: {}", self.what, chain(&error));
                tracing::error!("{trouble}");
                self.facts.trouble(&SITE_SERVER, &trouble);
                false
            }
        }
    }
}

/// Whether a document has lived half its life, and is to be signed anew.
fn half_over(issued: i64, expires: i64, now: i64) -> bool {
    now >= issued.saturating_add(expires.saturating_sub(issued) / 2)
}
