//! The host against a site server of this test, over pipes that break. Time
//! stands still while there is something to do, so that pauses cost nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use content::block::SIZE;
use http::{HeaderMap, StatusCode};
use node::http::Limits;
use node::task::Tasks;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use trust::certificate::{HostNames, csr, is_for_host};
use trust::host_plan::HostPlan;
use trust::site::SiteKeys;
use wire::client::Renew;
use wire::link::{Held, Joined, Report, Wanted};

use super::*;
use crate::content::{Digest, serve};
use crate::problem::Refusal;

const PATIENCE: Duration = Duration::from_secs(60);
const DAY: i64 = 24 * 60 * 60 * 1000;

const SITE: &str = r#"
edition = "portolan"
[site.P01]
name = "Head office"
[network.here]
cidr = ["10.0.0.0/8"]
clients = "P01"
[host.keel]
address = "10.0.0.1"
roles = ["site-server", "management-point", "sms-provider"]
[host.dp7]
address = "10.0.0.7"
roles = ["distribution-point"]
"#;

/// The site server, as far as a host sees it.
#[derive(Clone)]
struct Site {
    keys: Arc<SiteKeys>,
    library: Library,
    orders: watch::Sender<Orders>,
    report: watch::Sender<Report>,
    plan: Arc<Mutex<Vec<u8>>>,
    refuses: Arc<Mutex<Option<Refusal>>>,
}

fn host_plan(keys: &SiteKeys, number: u64) -> Vec<u8> {
    let (plan, _findings) = plan::plan(&plan::read(SITE).unwrap()).unwrap();
    keys.sign_host_plan(&HostPlan::of(&plan, "dp7").unwrap(), number, node::clock::now())
}

fn certificates(keys: &SiteKeys, csr: &[u8], now: i64) -> Vec<Vec<u8>> {
    let roles = [&catalog::role::DISTRIBUTION_POINT];
    let names = HostNames { host: "dp7", roles: &roles, dns: &[], ips: &[] };
    let chain = keys.issue_host(&names, csr, now).unwrap();
    chain.iter().map(|certificate| certificate.to_vec()).collect()
}

impl Site {
    fn router(&self) -> Router {
        Router::new()
            .route(wire::link::ORDERS, get(orders))
            .route(
                wire::link::HOST_PLAN,
                get(async |State(site): State<Self>| site.plan.lock().unwrap().clone()),
            )
            .route(wire::link::RENEW, post(renew))
            .route(
                wire::link::REPORT,
                post(async |State(site): State<Self>, Json(report)| {
                    site.report.send_replace(report);
                }),
            )
            .route("/link/v1/content/{digest}", get(content))
            .route("/link/v1/content/{digest}/blocks", get(blocks))
            .with_state(self.clone())
    }

    async fn put(&self, bytes: &[u8]) -> Wanted {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        let body = axum::body::Body::from(bytes.to_vec());
        assert!(self.library.receive(digest, 0, size, body).await.unwrap().complete);
        Wanted { digest: digest.to_string(), size, name: "a file".into(), doubt: 0 }
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        self.orders.send_modify(|orders| {
            orders.version += 1;
            change(orders);
        });
    }

    /// Waits for a report about one piece of content.
    async fn until(&self, what: &str, found: impl Fn(&[Held]) -> bool) -> Report {
        let mut reports = self.report.subscribe();
        let report = reports.wait_for(|report| found(&report.contents));
        let report = tokio::time::timeout(PATIENCE, report).await;
        report.unwrap_or_else(|_| panic!("{what} did not come")).unwrap().clone()
    }
}

#[derive(serde::Deserialize)]
struct After {
    after: Option<u64>,
}

async fn orders(
    State(site): State<Site>,
    axum::extract::Query(After { after }): axum::extract::Query<After>,
) -> Result<Json<Orders>, Refusal> {
    let mut orders = site.orders.subscribe();
    let news = orders.wait_for(|orders| Some(orders.version) != after).await.unwrap().clone();
    match site.refuses.lock().unwrap().clone() {
        Some(refusal) => Err(refusal),
        None => Ok(Json(news)),
    }
}

async fn renew(State(site): State<Site>, Json(renew): Json<Renew>) -> Json<Joined> {
    let csr = BASE64.decode(renew.csr).unwrap();
    let chain = certificates(&site.keys, &csr, node::clock::now());
    let certificates = chain.iter().map(|certificate| BASE64.encode(certificate)).collect();
    Json(Joined { certificates, host_plan: BASE64.encode(host_plan(&site.keys, 1)) })
}

async fn content(
    State(site): State<Site>,
    Path(digest): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    serve::content(&site.library, digest.parse()?, &asked).await
}

async fn blocks(
    State(site): State<Site>,
    Path(digest): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    serve::blocks(&site.library, digest.parse()?, &asked).await
}

#[derive(Debug, Default)]
struct Keeper {
    chain: Mutex<Vec<Vec<u8>>>,
    planned: Mutex<Vec<u64>>,
    memory: Mutex<Vec<u8>>,
    dismissed: watch::Sender<String>,
}

impl HostKeeper for Keeper {
    fn certified(&self, chain: &[Vec<u8>]) -> Result<(), KeeperError> {
        *self.chain.lock().unwrap() = chain.to_vec();
        Ok(())
    }

    fn planned(&self, _envelope: &[u8], plan: &VerifiedHostPlan) -> Result<(), KeeperError> {
        self.planned.lock().unwrap().push(plan.number());
        Ok(())
    }

    fn remember(&self, memory: &[u8]) -> Result<(), KeeperError> {
        *self.memory.lock().unwrap() = memory.to_vec();
        Ok(())
    }

    fn dismissed(&self, why: &Problem) {
        self.dismissed.send_replace(why.code.clone());
    }
}

/// The host's end of a pipe that breaks after some bytes, and the count of what
/// came through all of them.
struct Cable {
    io: DuplexStream,
    left: u64,
    came: Arc<AtomicU64>,
}

impl AsyncRead for Cable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.remaining());
        let mut some = vec![0; most];
        let mut piece = ReadBuf::new(&mut some);
        let read = Pin::new(&mut self.io).poll_read(context, &mut piece);
        let bytes = piece.filled();
        buffer.put_slice(bytes);
        self.left -= bytes.len() as u64;
        self.came.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Cable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

struct World {
    site: Site,
    host: Library,
    keeper: Arc<Keeper>,
    blocked: Blocked,
    key: Arc<SigningKey>,
    /// After how many bytes the next connections break; endless after these.
    cuts: Arc<Mutex<Vec<u64>>>,
    came: Arc<AtomicU64>,
    stop: Stop,
    tasks: Tasks,
    _dir: tempfile::TempDir,
}

/// A host whose certificate is so many milliseconds old.
fn world(age: i64, cuts: Vec<u64>) -> World {
    let dir = tempfile::tempdir().unwrap();
    let open = |name| Library::open(dir.path().join(name)).unwrap();
    let now = node::clock::now();
    let keys = Arc::new(SiteKeys::create("P01", now - age).unwrap().keys);
    let plan = Arc::new(Mutex::new(host_plan(&keys, 1)));
    let key = Arc::new(SigningKey::generate().unwrap());
    let site = Site {
        keys,
        library: open("site"),
        orders: watch::Sender::new(Orders { version: 1, host_plan: 1, ..Orders::default() }),
        report: watch::Sender::default(),
        plan,
        refuses: Arc::default(),
    };
    let mut world = World {
        site,
        host: open("host"),
        keeper: Arc::default(),
        blocked: Blocked::default(),
        key,
        cuts: Arc::new(Mutex::new(cuts)),
        came: Arc::default(),
        stop: Stop::new(),
        tasks: Tasks::new(),
        _dir: dir,
    };
    let chain = certificates(&world.site.keys, &csr(&world.key, "dp7").unwrap(), now - age);
    world.start(chain);
    world
}

impl World {
    fn start(&mut self, chain: Vec<Vec<u8>>) {
        let (site, root) = (&self.site, self.site.keys.fingerprint());
        let envelope = site.plan.lock().unwrap().clone();
        let now = node::clock::now();
        let plan = VerifiedHostPlan::open(&envelope, &root, "P01", "dp7", now, 0).unwrap();
        let (sender, receiver) = mpsc::channel(1);
        let uses = Uses {
            plan,
            root,
            key: Arc::clone(&self.key),
            chain,
            keeper: self.keeper.clone(),
            memory: self.keeper.memory.lock().unwrap().clone(),
            library: self.host.clone(),
            blocked: self.blocked.clone(),
            reversed: Some(receiver),
            version: "1".into(),
            stop: self.stop.clone(),
        };
        self.tasks.spawn("link", run(uses));
        let (site, cuts) = (self.site.clone(), Arc::clone(&self.cuts));
        let (came, stop) = (Arc::clone(&self.came), self.stop.clone());
        self.tasks.spawn("site", async move {
            let mut open = tokio::task::JoinSet::new();
            loop {
                let (ours, theirs) = tokio::io::duplex(64 * 1024);
                let left = cuts.lock().unwrap().pop().unwrap_or(u64::MAX);
                let cable = Cable { io: theirs, left, came: Arc::clone(&came) };
                let ours = Stream::over(ours, None);
                let (router, stop) = (site.router(), stop.clone());
                open.spawn(node::http::serve_stream(ours, router, Limits::link(), stop));
                if sender.send(Stream::over(cable, None)).await.is_err() {
                    return;
                }
            }
        });
    }

    async fn end(mut self) {
        self.stop.stop();
        assert!(self.tasks.join(PATIENCE).await.is_clean());
    }
}

fn bytes(size: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    blake3::Hasher::new().update(&size.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

async fn held_whole(library: &Library, digest: &str) -> bool {
    let digest: Digest = digest.parse().unwrap();
    library.look(digest).await.unwrap() == Some(vec![])
}

#[tokio::test(start_paused = true)]
async fn a_host_holds_what_is_ordered_and_nothing_else() {
    let world = world(0, vec![]);
    let (small, large) =
        (world.site.put(b"small").await, world.site.put(&bytes(3 * SIZE + 7)).await);
    let both = vec![small.clone(), large.clone()];
    world.site.order(|orders| orders.contents = both);
    let all = |held: &[Held]| held.len() == 2 && held.iter().all(|held| held.complete);
    let report = world.site.until("both", all).await;
    assert_eq!(report.version, "1");
    assert!(held_whole(&world.host, &large.digest).await);

    // What cannot be had is told, and does not hold up the rest.
    let lost = Wanted { digest: "0".repeat(64), size: 9, name: "lost".into(), doubt: 0 };
    let other = world.site.put(b"other").await;
    let contents = vec![lost.clone(), other.clone(), small.clone()];
    world.site.order(|orders| {
        orders.contents = contents;
        orders.blocked = vec!["b".repeat(32)];
    });
    let told = |held: &[Held]| held.len() == 3 && !held[0].trouble.is_empty() && held[1].complete;
    let report = world.site.until("the trouble", told).await;
    assert!(report.contents[0].trouble.contains("no content"), "{report:?}");
    let gone: Digest = large.digest.parse().unwrap();
    assert_eq!(world.host.arrived(gone).await.unwrap().have, 0);
    assert!(world.blocked.has(&"b".repeat(32)) && !world.blocked.has(&"a".repeat(32)));

    // All of it survives a restart.
    let memory: Memory = serde_json::from_slice(&world.keeper.memory.lock().unwrap()).unwrap();
    assert_eq!(memory.blocked, ["b".repeat(32)]);
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_doubted_copy_is_looked_at_and_mended() {
    let world = world(0, vec![]);
    let wanted = world.site.put(&bytes(4 * SIZE)).await;
    let digest: Digest = wanted.digest.parse().unwrap();
    let contents = vec![wanted.clone()];
    world.site.order(|orders| orders.contents = contents);
    world.site.until("the copy", |held| held.len() == 1 && held[0].complete).await;

    let path = world.host.path_of(digest);
    let mut copy = std::fs::read(&path).unwrap();
    copy[7] ^= 1;
    copy[3 * 1024 * 1024] ^= 1;
    std::fs::write(&path, copy).unwrap();
    let before = world.came.load(Ordering::Relaxed);
    world.site.order(|orders| orders.contents[0].doubt = 1);
    let looked = |held: &[Held]| held.len() == 1 && held[0].looked == 1;
    let report = world.site.until("a look", looked).await;
    assert_eq!((report.contents[0].repaired, report.contents[0].complete), (2, true));
    assert!(held_whole(&world.host, &wanted.digest).await);
    let came = world.came.load(Ordering::Relaxed) - before;
    assert!(came < 2 * SIZE + 64 * 1024, "{came}");

    // A copy that is right is only looked at.
    world.site.order(|orders| orders.contents[0].doubt = 2);
    let looked = |held: &[Held]| held.len() == 1 && held[0].looked == 2;
    let report = world.site.until("a second look", looked).await;
    assert_eq!(report.contents[0].repaired, 2);

    // Where the site's own copy is damaged, nothing wrong is taken.
    let path = world.site.library.path_of(digest);
    let mut copy = std::fs::read(&path).unwrap();
    copy[7] ^= 1;
    std::fs::write(&path, &copy).unwrap();
    std::fs::write(world.host.path_of(digest), &copy).unwrap();
    world.site.order(|orders| orders.contents[0].doubt = 3);
    let told = |held: &[Held]| held.len() == 1 && !held[0].trouble.is_empty();
    let report = world.site.until("the trouble", told).await;
    assert!(report.contents[0].trouble.contains("block 0"), "{report:?}");
    assert_eq!(report.contents[0].looked, 2);
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn certificate_and_plan_are_kept_fresh() {
    let world = world(60 * DAY, vec![]);
    world.site.order(|orders| orders.host_plan = 5);
    *world.site.plan.lock().unwrap() = host_plan(&world.site.keys, 5);
    world.site.order(|_| {});
    let mut news = world.keeper.dismissed.subscribe();
    let refusal = Refusal::new(StatusCode::FORBIDDEN, wire::link::HOST_REMOVED, "gone", "");
    *world.site.refuses.lock().unwrap() = Some(refusal);
    world.site.order(|_| {});
    let dismissed = news.wait_for(|code| code == wire::link::HOST_REMOVED);
    let _seen = tokio::time::timeout(PATIENCE, dismissed).await.unwrap().unwrap();
    let chain = world.keeper.chain.lock().unwrap().clone();
    let own = chain[0].as_slice().into();
    assert!(is_for_host(&own, "dp7", "P01", &world.key.public()));
    world.end().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 0, ..ProptestConfig::default() })]

    /// Wherever the link is cut, at most the block in which it fell comes twice.
    #[test]
    fn a_cut_costs_at_most_a_block(cuts in prop::collection::vec(0..6 * SIZE, 1..4)) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let size = 6 * SIZE + 99;
            let count = cuts.len() as u64;
            let world = world(0, cuts);
            let wanted = world.site.put(&bytes(size)).await;
            let (digest, contents) = (wanted.digest.clone(), vec![wanted]);
            world.site.order(|orders| orders.contents = contents);
            world.site.until("the content", |held| held.len() == 1 && held[0].complete).await;
            assert!(held_whole(&world.host, &digest).await);
            let came = world.came.load(Ordering::Relaxed);
            // Heads, orders and reports are small.
            assert!(came <= size + count * SIZE + 64 * 1024, "{came} of {size}");
            world.end().await;
        });
    }
}
