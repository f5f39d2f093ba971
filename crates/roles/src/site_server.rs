//! The site server: the only part with signing keys, and the only one that
//! decides. It answers the signing desk, publishes the service map, keeps every
//! device's policy signed and fresh, works through what clients reported, has
//! its keys renewed, and forgets what nobody needs.
//!
//! Each of the latter five is a reconciler without input: it looks at what the
//! store holds, makes it what it should be, and may be stopped anywhere. News
//! from the store only make it look sooner.

mod enrolment;
mod keys;
mod map;
mod messages;
mod policy;
mod retention;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use catalog::role::SITE_SERVER;
use node::stop::Stop;
use node::task::Tasks;
use plan::Plan;
use store::Store;
use tokio::sync::watch;
use trust::site::SiteKeys;

pub use self::keys::{KeeperError, KeyKeeper};
use crate::content::Library;
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
    pub plan: Plan,
    /// The site server's side of the signing desk.
    pub queue: Queue,
    pub facts: SiteFacts,
}

/// What the reconcilers share.
#[derive(Debug)]
struct Office {
    store: Store,
    keys: RwLock<Arc<SiteKeys>>,
    plan: Plan,
    facts: SiteFacts,
}

impl Office {
    /// The keys as they are now: to be asked for each time.
    fn keys(&self) -> Arc<SiteKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs the part until it is told to stop.
pub async fn run(uses: Uses, stop: Stop) {
    let Uses { store, library, keys, keeper, plan, queue, facts } = uses;
    let keys = RwLock::new(Arc::new(keys));
    let office = Arc::new(Office { store, keys, plan, facts: facts.clone() });
    let mut tasks = Tasks::new();
    tasks.spawn("enrolment", enrolment::run(Arc::clone(&office), queue, stop.clone()));
    tasks.spawn("service map", map::run(Arc::clone(&office), stop.clone()));
    tasks.spawn("policy", policy::run(Arc::clone(&office), stop.clone()));
    tasks.spawn("messages", messages::run(Arc::clone(&office), stop.clone()));
    tasks.spawn("keys", keys::run(Arc::clone(&office), keeper, stop.clone()));
    tasks.spawn("retention", retention::run(office, library, stop.clone()));
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

/// When a reconciler looks: at every news, and every [`LOOK`].
struct Pace {
    what: &'static str,
    news: watch::Receiver<u64>,
    facts: SiteFacts,
    stop: Stop,
    troubled: bool,
}

impl Pace {
    fn new(what: &'static str, news: watch::Receiver<u64>, office: &Office, stop: Stop) -> Self {
        Self { what, news, facts: office.facts.clone(), stop, troubled: false }
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
