//! Downloads over real connections, from a distribution point that breaks off,
//! lies, or has something else: what has arrived is never asked for twice, and
//! nothing wrong is ever kept.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fs;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use agent::content::{Contents, FetchError};
use agent::identity::{Identity, Keys};
use agent::journal::{Bounds, Fact, Journal};
use agent::link::{Credentials, Link};
use bytes::Bytes;
use catalog::flows::CLIENT_TO_DISTRIBUTION_POINT_HTTPS;
use catalog::role::DISTRIBUTION_POINT;
use catalog::service::HTTPS;
use http::header::{CONTENT_RANGE, RANGE};
use http::{Request, Response, StatusCode};
use hyper::body::{Frame, SizeHint};
use node::http::{Body, Incoming, Limits, Peer};
use node::stop::Stop;
use tokio::sync::watch;
use tower_service::Service;
use trust::certificate::{DAY, HostNames, csr};
use trust::map::{Row, ServiceMap, VerifiedMap};
use trust::site::SiteKeys;
use wire::policy::Content;

const SIZE: usize = 20_000; // not a port: bytes
const CUT: usize = 5_000; // not a port: bytes

/// What the distribution point does with one request.
#[derive(Clone, Copy)]
enum Answer {
    /// What was asked for.
    Right,
    /// So many bytes of it; then the connection breaks.
    CutOff(usize),
    /// As many bytes as were asked for, and others.
    Wrong,
    /// More bytes than there are.
    TooMany,
    /// The whole, whatever was asked for.
    Whole,
    /// A part that was not asked for.
    OtherPart,
    /// 416.
    Beyond,
}

#[derive(Clone)]
struct Shelf {
    content: Bytes,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    /// The `Range` of each request, and whether it came with a certificate.
    asked: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Service<Request<Incoming>> for Shelf {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let range = request.headers().get(RANGE).map_or("", |range| range.to_str().unwrap());
        let known = request.extensions().get::<Peer>().is_some();
        self.asked.lock().unwrap().push((range.to_owned(), known));
        let begin = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap_or(0);
        let answer = self.answers.lock().unwrap().pop_front().unwrap();
        std::future::ready(Ok(self.answer(answer, begin)))
    }
}

impl Shelf {
    fn answer(&self, answer: Answer, begin: usize) -> Response<Body> {
        let rest = self.content.slice(begin..);
        let part = |begin: usize, body: Body| {
            let mut response = Response::new(body);
            if begin > 0 {
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                let range = format!("bytes {begin}-{}/{SIZE}", SIZE - 1);
                response.headers_mut().insert(CONTENT_RANGE, range.parse().unwrap());
            }
            response
        };
        match answer {
            Answer::Right => part(begin, rest.into()),
            Answer::CutOff(after) => part(begin, Body::new(Torn(Some(rest.slice(..after)), false))),
            Answer::Wrong => part(begin, vec![b'?'; rest.len()].into()),
            Answer::TooMany => part(begin, vec![b'?'; rest.len() + 1].into()),
            Answer::Whole => part(0, self.content.clone().into()),
            Answer::OtherPart => part(begin + 1, rest.slice(1..).into()),
            Answer::Beyond => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
                response
            }
        }
    }
}

/// A body whose sender breaks off once its bytes have left.
struct Torn(Option<Bytes>, bool);

impl hyper::body::Body for Torn {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(bytes) = self.0.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !std::mem::replace(&mut self.1, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(SIZE as u64)
    }
}

struct World {
    folder: tempfile::TempDir,
    journal: Arc<Journal>,
    credentials: watch::Sender<Credentials>,
    content: Content,
    shelf: Shelf,
    listen: plan::Listen,
    tls: node::tls::Server,
}

/// A site with a distribution point, and a device of it, whose certificate was
/// made so many milliseconds ago.
fn world(age: i64) -> World {
    static HOST: AtomicU8 = AtomicU8::new(1);
    let address = IpAddr::from([127, 78, 0, HOST.fetch_add(1, Ordering::Relaxed)]);
    let port = node::net::free_port(address, &[]).unwrap();
    let now = node::clock::now();
    let site = SiteKeys::create("P01", now - age).unwrap().keys;
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal"), Bounds::default()).unwrap();

    let names = HostNames { host: "keel", roles: &[&DISTRIBUTION_POINT], dns: &[], ips: &[] };
    let identity = site.host_identity(&names, now).unwrap();
    let row = Row::new(&DISTRIBUTION_POINT, &HTTPS, "P01", "keel", address, port, None);
    let recovery = site.recovery().0;
    let map = ServiceMap { site: "P01".into(), rows: vec![row], next_root: None, recovery };
    let root = site.fingerprint();
    let map = VerifiedMap::open(&site.sign_map(&map, 1, now), &root, "P01", now, 0).unwrap();

    let keys = Keys::load_or_make(&folder.path().join("identity")).unwrap();
    let device = "0".repeat(32);
    let chain = site.issue_device(&device, &csr(&keys.signing, "x").unwrap(), now - age).unwrap();
    let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
    let identity_of_device = Identity { site: "P01".into(), root, device, chain, keys };

    let identity_of_device = Arc::new(identity_of_device);
    let credentials = Credentials { identity: identity_of_device, map: Some(Arc::new(map)) };

    let bytes: Vec<u8> = (0..SIZE).map(|at| (at % 251) as u8).collect();
    let digest = *blake3::hash(&bytes).as_bytes();
    World {
        folder,
        journal: Arc::new(journal),
        credentials: watch::channel(credentials).0,
        content: Content { digest, size: SIZE as u64, name: "hello.deb".into() },
        shelf: Shelf { content: bytes.into(), answers: Arc::default(), asked: Arc::default() },
        listen: listen(address, port),
        tls: node::tls::server(identity.into(), "P01").unwrap(),
    }
}

fn listen(address: IpAddr, port: u16) -> plan::Listen {
    let text = format!(
        r#"
        edition = "portolan"
        [site.P01]
        name = "Head office"
        ports = {{ https = {port} }}
        [network.here]
        cidr = ["127.0.0.0/8"]
        clients = "P01"
        [host.keel]
        address = "{address}"
        roles = ["site-server", "management-point", "distribution-point"]
        "#
    );
    let (plan, _findings) = plan::plan(&plan::read(&text).unwrap()).unwrap();
    plan.listens("keel").into_iter().find(|listen| listen.port() == port).unwrap()
}

impl World {
    /// Fetches once for each answer, each time as an agent that was started just
    /// then. What came of it, and what was asked.
    async fn fetch(&self, answers: &[Answer]) -> (Vec<Result<(), FetchError>>, Vec<String>) {
        self.shelf.answers.lock().unwrap().extend(answers);
        let stop = Stop::new();
        let doors = vec![(node::net::listen(&node::net::Listen::planned(&self.listen)).unwrap(), self.tls.clone())];
        let serving = node::http::serve(doors, self.shelf.clone(), Limits::default(), stop.clone());
        let fetching = async {
            let mut outcomes = Vec::new();
            for _ in answers {
                outcomes.push(self.contents().fetch(&self.content).await.map(|path| {
                    assert_eq!(fs::read(path).unwrap(), self.shelf.content);
                }));
            }
            stop.stop();
            outcomes
        };
        let (served, outcomes) = tokio::join!(serving, fetching);
        served.unwrap();
        let asked = self.shelf.asked.lock().unwrap();
        (outcomes, asked.iter().map(|(range, _)| range.clone()).collect())
    }

    fn contents(&self) -> Contents {
        let known = self.credentials.subscribe();
        let flow = &CLIENT_TO_DISTRIBUTION_POINT_HTTPS;
        let link = Link::new(flow, Fact::DistributionPoint, Arc::clone(&self.journal), known, 1);
        Contents::new(self.folder.path().join("content"), link).unwrap()
    }

    fn files(&self) -> usize {
        fs::read_dir(self.folder.path().join("content")).unwrap().count()
    }
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_where_it_was() {
    let world = world(0);
    let answers = [Answer::CutOff(CUT), Answer::CutOff(CUT), Answer::Right];
    let (outcomes, asked) = world.fetch(&answers).await;
    let [first, second, third] = outcomes.as_slice() else { panic!() };
    assert!(matches!(first, Err(FetchError::Broken { have: 5_000, .. })), "{first:?}");
    assert!(matches!(second, Err(FetchError::Broken { have: 10_000, .. })), "{second:?}"); // not a port: bytes
    third.as_ref().unwrap();
    assert_eq!(asked, ["", "bytes=5000-", "bytes=10000-"]);
    assert_eq!(world.files(), 1, "no part is left");
    assert!(world.shelf.asked.lock().unwrap().iter().all(|(_, known)| *known));
}

#[tokio::test]
async fn what_is_not_what_was_signed_is_not_kept() {
    let world = world(0);
    let answers = [Answer::CutOff(CUT), Answer::Wrong, Answer::TooMany, Answer::Right];
    let (outcomes, asked) = world.fetch(&answers).await;
    let [_, wrong, more, right] = outcomes.as_slice() else { panic!() };
    assert!(matches!(wrong, Err(FetchError::Digest { .. })), "{wrong:?}");
    assert!(matches!(more, Err(FetchError::Broken { have: 0, .. })), "{more:?}");
    right.as_ref().unwrap();
    assert_eq!(asked, ["", "bytes=5000-", "", ""], "it begins anew");
}

#[tokio::test]
async fn a_part_that_does_not_fit_is_begun_anew() {
    for misfit in [Answer::Beyond, Answer::OtherPart] {
        let world = world(0);
        let (outcomes, asked) = world.fetch(&[Answer::CutOff(CUT), misfit, Answer::Right]).await;
        let [_, misfit, right] = outcomes.as_slice() else { panic!() };
        assert!(matches!(misfit, Err(FetchError::Problem { .. })), "{misfit:?}");
        right.as_ref().unwrap();
        assert_eq!(asked, ["", "bytes=5000-", ""]);
    }
    let world = world(0);
    let (outcomes, _) = world.fetch(&[Answer::CutOff(CUT), Answer::Whole]).await;
    outcomes[1].as_ref().unwrap();
}

#[tokio::test]
async fn an_expired_certificate_is_not_shown() {
    let world = world(60 * DAY);
    let (outcomes, _) = world.fetch(&[Answer::Right]).await;
    outcomes[0].as_ref().unwrap();
    assert!(!world.shelf.asked.lock().unwrap()[0].1);
}
