//! The site links that the site server opens, where the site file says so: two
//! connections to each host that has joined (one on which it waits for orders,
//! one for everything else), and one to each that is invited and has not. They
//! are opened again when they end, later each time that they end soon.
//!
//! Who opens is not who asks: on all of them the host asks, and is answered by
//! the same router as on the site link's own port.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::flows::SITE_SYSTEM_TO_SITE_SERVER_LINK as LINK;
use catalog::role::SITE_SYSTEM;
use node::http::{Limits, Stream};
use node::net::Dial;
use node::stop::Stop;
use node::task::Tasks;
use plan::{Plan, PlannedHost, Target};
use roles::http_host::{self, Mount};
use store::{Store, StoreError};
use tokio::sync::watch;
use trust::tls::{PinnedServer, peer_of};

use crate::certificate;
use crate::keys::Keyring;
use crate::outcome::Failure;

/// How often it is looked which links there should be.
const LOOK: Duration = Duration::from_secs(2);
/// How long a host may take to be reached.
const REACH: Duration = Duration::from_secs(10);
/// Between two attempts, at least and at most.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);
/// A link that was open so long has not failed.
const SETTLED: Duration = Duration::from_secs(10);
/// How long links may take to end.
const DRAIN: Duration = Duration::from_secs(11);

/// What the links are opened with.
#[derive(Clone)]
pub(crate) struct Reversed {
    pub(crate) plan: watch::Receiver<Arc<Plan>>,
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    /// The site server's own.
    pub(crate) host: PlannedHost,
    /// What answers on the site link.
    pub(crate) link: Mount,
    pub(crate) stop: Stop,
}

/// How a host stands to its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// It waits to be asked for its token.
    Invited,
    Joined,
}

/// One connection that is to be open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Wish {
    host: String,
    at: String,
    standing: Standing,
    lane: u8,
}

impl Reversed {
    pub(crate) async fn run(mut self) {
        let mut tasks = Tasks::new();
        let mut open: BTreeMap<Wish, Stop> = BTreeMap::new();
        let (mut news, stop) = (self.store.order_changes(), self.stop.clone());
        while !stop.is_stopped() {
            match self.wished().await {
                Ok(wished) => {
                    open.retain(|wish, end| {
                        let stays = wished.contains_key(wish);
                        if !stays {
                            end.stop();
                        }
                        stays
                    });
                    for (wish, target) in wished {
                        open.entry(wish.clone()).or_insert_with(|| {
                            let end = Stop::new();
                            let name = format!("link to {} ({})", wish.host, wish.lane);
                            tasks.spawn(name, self.clone().keep_open(wish, target, end.clone()));
                            end
                        });
                    }
                }
                Err(error) => tracing::error!("cannot tell which hosts to link: {error}"),
            }
            tokio::select! {
                () = stop.stopped() => {}
                Ok(()) = self.plan.changed() => {}
                Ok(()) = news.changed() => {}
                Some(_ended) = tasks.ended() => {}
                () = node::clock::sleep(LOOK) => {}
            }
        }
        for end in open.into_values() {
            end.stop();
        }
        let _late = tasks.join(DRAIN).await;
    }

    async fn wished(&self) -> Result<BTreeMap<Wish, Target>, StoreError> {
        let targets = self.plan.borrow().dial_targets(&LINK);
        // Only what the site server itself opens: the others dial its own port.
        let targets: Vec<Target> =
            targets.into_iter().filter(|target| target.host() != self.host.name).collect();
        if targets.is_empty() {
            return Ok(BTreeMap::new());
        }
        let joined: Vec<String> = self
            .store
            .hosts()
            .await?
            .into_iter()
            .filter(|host| host.removed.is_none())
            .map(|host| host.name)
            .collect();
        let invited = self.store.open_invitations(node::clock::now()).await?;
        let mut wished = BTreeMap::new();
        for target in targets.into_iter().filter(|target| target.rank() == 0) {
            let host = target.host().to_owned();
            let (standing, lanes) = if joined.contains(&host) {
                (Standing::Joined, 2)
            } else if invited.iter().any(|one| one.host == host) {
                (Standing::Invited, 1)
            } else {
                continue;
            };
            for lane in 1..=lanes {
                let wish = Wish { host: host.clone(), at: target.to_string(), standing, lane };
                wished.insert(wish, target.clone());
            }
        }
        Ok(wished)
    }

    async fn keep_open(self, wish: Wish, target: Target, end: Stop) {
        let mut pause = SHORTEST;
        let mut told = String::new();
        while !end.is_stopped() {
            let watch = node::clock::Stopwatch::start();
            match self.opened(&wish, &target).await {
                Ok(stream) => {
                    told.clear();
                    tracing::debug!("the link to {} is open", wish.host);
                    let router = http_host::over(&self.link, &LINK);
                    node::http::serve_stream(stream, router, Limits::link(), end.clone()).await;
                }
                Err(failure) => {
                    // Said once, and not every few seconds.
                    let said = failure.to_string();
                    if said != told {
                        tracing::warn!("no link to {}: {said}", wish.host);
                        told = said;
                    }
                }
            }
            pause = if watch.elapsed() > SETTLED { SHORTEST } else { (pause * 2).min(LONGEST) };
            tokio::select! {
                () = end.stopped() => {}
                () = node::clock::sleep(pause) => {}
            }
        }
    }

    async fn opened(&self, wish: &Wish, target: &Target) -> Result<Stream, Failure> {
        let failed =
            |error: &dyn std::error::Error| Failure::because("cannot open the site link", error);
        let keys = self.keyring.load()?;
        let identity = certificate::issue(&keys, &self.host)?;
        let (root, site) = (keys.fingerprint(), keys.site());
        let tls = match wish.standing {
            Standing::Invited => node::tls::client_to_pending_join(identity),
            Standing::Joined => {
                let pin = PinnedServer::host(root, &wish.host, &SITE_SYSTEM, site);
                node::tls::client(pin, Some(identity))
            }
        };
        let tls = tls.map_err(|error| failed(&error))?;
        let opened = node::http::open(&Dial::planned(target), &tls, REACH).await;
        let stream = opened.map_err(|error| failed(&error))?;
        // Who signed its own certificate is nobody: it can join, and no more.
        let peer = match wish.standing {
            Standing::Invited => None,
            Standing::Joined => stream.certificate().and_then(|own| peer_of(&own, site)),
        };
        Ok(stream.with_peer(peer))
    }
}
