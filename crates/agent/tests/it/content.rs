//! Downloads over real connections, from distribution points that break off,
//! lie, or have something else: what has arrived is never asked for twice,
//! nothing wrong is ever kept, and nobody is asked before his time.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fs;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use agent::content::places;
use agent::content::{Contents, FetchError};
use agent::identity::{Identity, Keys};
use agent::journal::{Bounds, Fact, Journal};
use agent::link::Credentials;
use bytes::Bytes;
use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT};
use catalog::service::HTTPS;
use content::BlockList;
use content::block::SIZE as BLOCK;
use http::header::{CONTENT_RANGE, RANGE};
use http::{Request, Response, StatusCode};
use hyper::body::{Frame, SizeHint};
use node::http::{Body, Incoming, Limits, Peer};
use node::net::Listen;
use node::stop::Stop;
use tokio::sync::watch;
use tower_service::Service;
use trust::certificate::{DAY, HostNames, csr};
use trust::map::{Row, ServiceMap, VerifiedMap};
use trust::site::SiteKeys;
use wire::client::{Batch, Body as Message, Damaged, LOCATIONS, Location, Locations};
use wire::policy::Content;

const SMALL: usize = 20_000; // not a port: bytes
const CUT: usize = 5_000; // not a port: bytes
/// Four blocks and a bit.
const LARGE: usize = 4 * BLOCK as usize + 1_000;
const HOSTS: [&str; 2] = ["dp1", "dp2"];

/// What a distribution point does with one request for content.
#[derive(Clone, Copy)]
enum Answer {
    /// What was asked for.
    Right,
    /// So many bytes of it; then the connection breaks.
    CutOff(usize),
    /// As many bytes as were asked for, and others.
    Wrong,
    /// What was asked for, with this byte of the content changed.
    Changed(usize),
    /// More bytes than there are.
    TooMany,
    /// The whole, whatever was asked for.
    Whole,
    /// A part that was not asked for.
    OtherPart,
    /// 404.
    Absent,
}

/// A host with a distribution point, and a management point.
#[derive(Clone)]
struct Shelf {
    content: Bytes,
    /// What it does with the next requests; with all others, the last of them.
    answers: Arc<Mutex<VecDeque<Answer>>>,
    /// The `Range` of each request, and whether it came with a certificate.
    asked: Arc<Mutex<Vec<(String, bool)>>>,
    locations: Arc<Mutex<Option<Locations>>>,
}

impl Service<Request<Incoming>> for Shelf {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        std::future::ready(Ok(self.respond(&request)))
    }
}

impl Shelf {
    fn of(content: &Bytes) -> Self {
        let answers = Arc::new(Mutex::new(VecDeque::from([Answer::Right])));
        Self { content: content.clone(), answers, asked: Arc::default(), locations: Arc::default() }
    }

    fn respond(&self, request: &Request<Incoming>) -> Response<Body> {
        if request.uri().path() == LOCATIONS {
            let locations = self.locations.lock().unwrap();
            return match &*locations {
                Some(locations) => Response::new(serde_json::to_vec(locations).unwrap().into()),
                None => status(StatusCode::NOT_FOUND),
            };
        }
        if request.uri().path().ends_with(wire::client::BLOCKS) {
            return Response::new(BlockList::of(&self.content).1.to_bytes().into());
        }
        let range = request.headers().get(RANGE).map_or("", |range| range.to_str().unwrap());
        let known = request.extensions().get::<Peer>().is_some();
        self.asked.lock().unwrap().push((range.to_owned(), known));
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        self.answer(answer.unwrap(), range.strip_prefix("bytes="))
    }

    fn answer(&self, answer: Answer, range: Option<&str>) -> Response<Body> {
        let size = self.content.len();
        let (begin, end) = range.map_or((0, size), |range| {
            let (begin, last) = range.split_once('-').unwrap();
            (begin.parse().unwrap(), last.parse::<usize>().unwrap() + 1)
        });
        let rest = self.content.slice(begin..end);
        let part = |begin: usize, body: Body| {
            let mut response = Response::new(body);
            if begin > 0 {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                let range = format!("bytes {begin}-{}/{size}", end - 1);
                response.headers_mut().insert(CONTENT_RANGE, range.parse().unwrap());
            }
            response
        };
        match answer {
            Answer::Right => part(begin, rest.into()),
            Answer::CutOff(after) => part(begin, Body::new(Torn::after(&rest, after))),
            Answer::Wrong => part(begin, vec![b'?'; rest.len()].into()),
            Answer::Changed(at) => {
                let mut bytes = rest.to_vec();
                if let Some(byte) = at.checked_sub(begin).and_then(|at| bytes.get_mut(at)) {
                    *byte ^= 1;
                }
                part(begin, bytes.into())
            }
            Answer::TooMany => part(begin, vec![b'?'; rest.len() + 1].into()),
            Answer::Whole => part(0, self.content.clone().into()),
            Answer::OtherPart => part(begin + 1, rest.slice(1..).into()),
            Answer::Absent => status(StatusCode::NOT_FOUND),
        }
    }

    fn ranges(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(range, _)| range.clone()).collect()
    }
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A body whose sender breaks off once its bytes have left.
struct Torn {
    bytes: Option<Bytes>,
    announced: u64,
    /// Polls until then.
    patience: u32,
}

impl Torn {
    fn after(rest: &Bytes, after: usize) -> Self {
        Self { bytes: Some(rest.slice(..after)), announced: rest.len() as u64, patience: 1000 }
    }
}

impl hyper::body::Body for Torn {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.patience > 0 {
            self.patience -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

struct World {
    folder: tempfile::TempDir,
    journal: Arc<Journal>,
    credentials: watch::Sender<Credentials>,
    content: Content,
    shelves: [Shelf; 2],
    listens: [plan::Listen; 2],
    tls: [node::tls::Server; 2],
    now: i64,
}

/// A site with two distribution points, and a device of it, whose certificate
/// was made so many milliseconds ago. The first that it asks is shelf 0.
fn world(size: usize, age: i64) -> World {
    static NUMBER: AtomicU8 = AtomicU8::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let addresses = [1, 2].map(|host| IpAddr::from([127, 78, host, number]));
    let port = node::net::free_port(addresses[0], &[]).unwrap();
    let now = node::clock::now();
    let site = SiteKeys::create("P01", now - age).unwrap().keys;
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal"), Bounds::default()).unwrap();

    let device = "0".repeat(32);
    let mut hosts = HOSTS;
    if places::order(&map(&site, hosts, addresses, port), None, &device)[0].host != hosts[0] {
        hosts.reverse();
    }

    let keys = Keys::load_or_make(&folder.path().join("identity")).unwrap();
    let chain = site.issue_device(&device, &csr(&keys.signing, "x").unwrap(), now - age).unwrap();
    let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
    let root = site.fingerprint();
    let identity = Arc::new(Identity { site: "P01".into(), root, device, chain, keys });
    let map = Some(Arc::new(map(&site, hosts, addresses, port)));
    let credentials = Credentials { identity, map };

    let bytes: Bytes = (0..size).map(|at| (at % 251) as u8).collect::<Vec<_>>().into();
    let digest = *blake3::hash(&bytes).as_bytes();
    World {
        folder,
        journal: Arc::new(journal),
        credentials: watch::channel(credentials).0,
        content: Content { digest, size: size as u64, name: "hello.deb".into() },
        shelves: [Shelf::of(&bytes), Shelf::of(&bytes)],
        listens: listens(hosts, addresses, port),
        tls: hosts.map(|host| {
            let roles = [&DISTRIBUTION_POINT, &MANAGEMENT_POINT];
            let names = HostNames { host, roles: &roles, dns: &[], ips: &[] };
            let identity = site.host_identity(&names, now).unwrap();
            node::tls::server(identity.into(), "P01").unwrap()
        }),
        now,
    }
}

/// Both hosts are distribution points, and the first is a management point.
fn map(site: &SiteKeys, hosts: [&str; 2], addresses: [IpAddr; 2], port: u16) -> VerifiedMap {
    let dp = |(host, address): (&str, IpAddr)| {
        Row::new(&DISTRIBUTION_POINT, &HTTPS, "P01", host, address, port, None)
    };
    let mp = Row::new(&MANAGEMENT_POINT, &HTTPS, "P01", hosts[0], addresses[0], port, None);
    let rows = hosts.into_iter().zip(addresses).map(dp).chain([mp]).collect();
    let recovery = site.recovery().0;
    let map = ServiceMap { site: "P01".into(), rows, next_root: None, recovery };
    let now = node::clock::now();
    let bytes = site.sign_map(&map, 1, now);
    VerifiedMap::open(&bytes, &site.fingerprint(), "P01", now, 0).unwrap()
}

fn listens(hosts: [&str; 2], addresses: [IpAddr; 2], port: u16) -> [plan::Listen; 2] {
    let text = format!(
        r#"
        edition = "portolan"
        [site.P01]
        name = "Head office"
        ports = {{ https = {port} }}
        [network.here]
        cidr = ["127.0.0.0/8"]
        clients = "P01"
        [host.{}]
        address = "{}"
        roles = ["site-server", "management-point", "distribution-point"]
        [host.{}]
        address = "{}"
        roles = ["distribution-point"]
        "#,
        hosts[0], addresses[0], hosts[1], addresses[1]
    );
    let (plan, _findings) = plan::plan(&plan::read(&text).unwrap()).unwrap();
    hosts.map(|host| plan.listens(host).into_iter().find(|one| one.port() == port).unwrap())
}

impl World {
    fn answers(&self, shelf: usize, answers: &[Answer]) {
        *self.shelves[shelf].answers.lock().unwrap() = answers.iter().copied().collect();
    }

    /// Fetches at each of these times, each time as an agent that was started
    /// just then.
    async fn fetch_at(&self, times: &[i64]) -> Vec<Result<(), FetchError>> {
        let stop = Stop::new();
        let serve = |at: usize| {
            let bound = node::net::listen(&Listen::planned(&self.listens[at])).unwrap();
            let doors = vec![(bound, self.tls[at].clone())];
            node::http::serve(doors, self.shelves[at].clone(), Limits::default(), stop.clone())
        };
        let fetching = async {
            let mut outcomes = Vec::new();
            for time in times {
                let fetched = self.contents().fetch(&self.content, *time).await;
                outcomes.push(fetched.map(|path| {
                    assert_eq!(fs::read(path).unwrap(), self.shelves[0].content);
                }));
            }
            stop.stop();
            outcomes
        };
        let (one, two, outcomes) = tokio::join!(serve(0), serve(1), fetching);
        one.and(two).unwrap();
        outcomes
    }

    /// From the first place alone, so many times.
    async fn fetch(&self, times: usize) -> Vec<Result<(), FetchError>> {
        self.locate(&[(0, 0)]);
        self.fetch_at(&vec![self.now; times]).await
    }

    /// What the management point will say: shelves, and after how many seconds.
    fn locate(&self, points: &[(usize, u32)]) {
        let host = |at: usize| self.listens[at].host().to_owned();
        let points = points.iter().map(|(at, after)| Location { host: host(*at), after: *after });
        let locations = Locations { groups: vec!["here".into()], points: points.collect() };
        *self.shelves[0].locations.lock().unwrap() = Some(locations);
    }

    fn contents(&self) -> Contents {
        let (folder, known) = (self.folder.path().join("content"), self.credentials.subscribe());
        Contents::new(folder, Arc::clone(&self.journal), known, 1).unwrap()
    }

    fn files(&self) -> usize {
        fs::read_dir(self.folder.path().join("content")).unwrap().count()
    }

    fn damage(&self) -> Vec<(String, u64)> {
        let Some(parcel) = self.journal.parcel(self.now, 500).unwrap() else { return vec![] };
        let batch: Batch = serde_json::from_slice(&parcel.body).unwrap();
        let told = |message| match message {
            Message::Damaged(Damaged { host, block, digest }) => {
                assert_eq!(digest, self.content.hex());
                Some((host, block))
            }
            _ => None,
        };
        batch.messages.into_iter().filter_map(|message| told(message.body)).collect()
    }
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_where_it_was() {
    let world = world(SMALL, 0);
    world.answers(0, &[Answer::CutOff(CUT), Answer::CutOff(CUT), Answer::Right]);
    let outcomes = world.fetch(3).await;
    let [first, second, third] = outcomes.as_slice() else { panic!() };
    assert!(matches!(first, Err(FetchError::Broken { have: 5_000, .. })), "{first:?}");
    assert!(matches!(second, Err(FetchError::Broken { have: 10_000, .. })), "{second:?}"); // not a port: bytes
    third.as_ref().unwrap();
    assert_eq!(world.shelves[0].ranges(), ["", "bytes=5000-19999", "bytes=10000-19999"]);
    assert_eq!(world.files(), 1, "no part is left");
    assert!(world.shelves[0].asked.lock().unwrap().iter().all(|(_, known)| *known));
}

#[tokio::test]
async fn half_of_a_large_download_is_not_fetched_again() {
    let world = world(LARGE, 0);
    world.answers(0, &[Answer::CutOff(LARGE / 2), Answer::Right]);
    let outcomes = world.fetch(2).await;
    let Err(FetchError::Broken { have, .. }) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert!(*have > BLOCK && *have <= LARGE as u64 / 2, "{have}");
    outcomes[1].as_ref().unwrap();
    assert_eq!(world.shelves[0].ranges(), ["".into(), format!("bytes={have}-{}", LARGE - 1)]);
    assert_eq!(world.files(), 1, "neither a part nor a list is left");
}

#[tokio::test]
async fn a_damaged_block_is_fetched_elsewhere_and_told_once() {
    let world = world(LARGE, 0);
    world.locate(&[(0, 0), (1, 0)]);
    let damaged = Answer::Changed(2 * BLOCK as usize + 7);
    world.answers(0, &[damaged]);
    world.answers(1, &[Answer::Absent, Answer::Right]);

    let mut outcomes = world.fetch_at(&[world.now, world.now]).await;
    outcomes.remove(1).unwrap();
    outcomes.remove(0).unwrap_err();
    assert_eq!(world.damage(), [(world.listens[0].host().to_owned(), 2)], "once");
    let from = |block: u64| format!("bytes={}-{}", block * BLOCK, LARGE - 1);
    assert_eq!(world.shelves[0].ranges(), ["".to_owned(), from(2)], "no good block twice");
    assert_eq!(world.shelves[1].ranges(), [from(2), from(2)]);
}

#[tokio::test]
async fn what_is_not_what_was_signed_is_not_kept() {
    let world = world(SMALL, 0);
    let answers =
        [Answer::CutOff(CUT), Answer::Wrong, Answer::Wrong, Answer::TooMany, Answer::Right];
    world.answers(0, &answers);
    let outcomes = world.fetch(4).await;
    let [_, wrong, more, right] = outcomes.as_slice() else { panic!() };
    assert!(matches!(wrong, Err(FetchError::Damaged { block: 0, .. })), "{wrong:?}");
    assert!(matches!(more, Err(FetchError::Broken { .. })), "{more:?}");
    right.as_ref().unwrap();
    let ranges = world.shelves[0].ranges();
    assert_eq!(ranges[..3], ["", "bytes=5000-19999", ""], "accused only when all is its own");
}

#[tokio::test]
async fn an_answer_to_another_question_is_none() {
    for misfit in [Answer::Absent, Answer::OtherPart, Answer::Whole] {
        let world = world(SMALL, 0);
        world.answers(0, &[Answer::CutOff(CUT), misfit, Answer::Right]);
        let outcomes = world.fetch(3).await;
        assert!(outcomes[1].is_err());
        outcomes[2].as_ref().unwrap();
        assert_eq!(world.shelves[0].ranges(), ["", "bytes=5000-19999", "bytes=5000-19999"]);
    }
}

#[tokio::test]
async fn a_neighbour_is_asked_after_its_time_and_not_before() {
    const HOURS: i64 = 2 * 60 * 60 * 1000;
    let world = world(SMALL, 0);
    world.locate(&[(0, 0), (1, 7200)]);
    world.answers(0, &[Answer::Absent]);
    let start = world.now;
    let outcomes = world.fetch_at(&[start, start + HOURS - 1, start + HOURS]).await;
    let [first, second, third] = outcomes.as_slice() else { panic!() };
    assert!(matches!(first, Err(FetchError::Problem { .. })), "{first:?}");
    assert!(second.is_err(), "a restart does not begin anew, nor does it end the wait");
    third.as_ref().unwrap();
    assert_eq!(world.shelves[1].ranges().len(), 1);
}

#[tokio::test]
async fn who_roams_asks_again_and_who_cannot_ask_keeps_the_answer() {
    let there = |world: &World| {
        let host = world.listens[1].host();
        let answer = format!(
            r#"{{"asked":{},"addresses":["203.0.113.9"],"answer":{{"groups":[],"points":[{{"host":"{host}","after":0}}]}}}}"#,
            world.now
        );
        world.journal.keep(&[(Fact::Locations, answer.as_bytes())]).unwrap();
    };
    let roamed = world(SMALL, 0);
    there(&roamed);
    roamed.fetch(1).await.remove(0).unwrap();
    assert_eq!(roamed.shelves.each_ref().map(|shelf| shelf.ranges().len()), [1, 0]);

    let alone = world(SMALL, 0);
    there(&alone);
    alone.fetch_at(&[alone.now]).await.remove(0).unwrap();
    assert_eq!(alone.shelves.each_ref().map(|shelf| shelf.ranges().len()), [0, 1]);
}

#[tokio::test]
async fn an_expired_certificate_is_not_shown() {
    let world = world(SMALL, 60 * DAY);
    world.fetch_at(&[world.now]).await.remove(0).unwrap();
    assert!(!world.shelves[0].asked.lock().unwrap()[0].1);
}
