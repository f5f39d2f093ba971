//! A server and its clients over real sockets and real certificates: the good
//! ones, the strangers, the slow ones, and the end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tower_service::Service;
use trust::tls::{PeerRefusal, peer_of};

use super::{
    Accepted, Body, BodyError, Connection, Incoming, Limits, OpenError, Peer, SendError, open,
    read_limited, serve, serve_plain, serve_stream, take,
};
use crate::net::{dial, listen};
use crate::sample::{DEVICE, SOON, Sample};
use crate::stop::Stop;
use crate::tls::{self, TlsFailure};

const BODY_LIMIT: usize = 1000; // not a port: bytes

/// Answers who asked; reads a body up to its limit; waits until it is told to
/// go on.
#[derive(Clone, Default)]
struct Desk {
    asked: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Service<Request<Incoming>> for Desk {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let desk = self.clone();
        Box::pin(async move { Ok(desk.answer(request).await) })
    }
}

impl Desk {
    async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        let peer = request.extensions().get::<Peer>().cloned();
        let from = *request.extensions().get::<Accepted>().unwrap();
        if request.uri().path() == "/wait" {
            self.asked.notify_one();
            self.go_on.notified().await;
        }
        match read_limited(request.into_body(), BODY_LIMIT).await {
            Ok(body) => {
                let text = format!("{peer:?} by {} sent {}", from.local, body.len());
                Response::new(Body::from(text.into_bytes()))
            }
            Err(error) => {
                let mut response = Response::new(Body::from(error.to_string().into_bytes()));
                *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
                response
            }
        }
    }
}

struct Running {
    sample: Sample,
    tls: tls::Server,
    desk: Desk,
    stop: Stop,
    serving: JoinHandle<std::io::Result<()>>,
}

fn start(limits: Limits) -> Running {
    let sample = Sample::new();
    let (tls, desk, stop) = (sample.server(), Desk::default(), Stop::new());
    let doors = vec![(listen(&sample.listen()).unwrap(), tls.clone())];
    let serving = tokio::spawn(serve(doors, desk.clone(), limits, stop.clone()));
    Running { sample, tls, desk, stop, serving }
}

impl Running {
    async fn open(&self, tls: &tls::Client) -> Result<Connection, OpenError> {
        Connection::open(&self.sample.dial(), tls, SOON).await
    }

    async fn end(self) {
        self.stop.stop();
        tokio::time::timeout(SOON, self.serving).await.expect("an end").unwrap().unwrap();
    }
}

async fn ask(connection: &mut Connection, path: &str, body: Body) -> (StatusCode, String) {
    let request = Request::post(path).body(body).unwrap();
    let answer = connection.send(request, SOON).await.unwrap();
    let status = answer.status();
    let text = read_limited(answer.into_body(), BODY_LIMIT).await.unwrap();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn one_address_does_not_take_all_seats() {
    let running = start(Limits { from_one: 1, ..Limits::default() });
    let nobody = running.sample.nobody();
    let first = running.open(&nobody).await.unwrap();
    assert!(running.open(&nobody).await.is_err());
    drop(first);
    // As soon as the server has noticed.
    let again = async { while running.open(&nobody).await.is_err() {} };
    tokio::time::timeout(SOON, again).await.unwrap();
    running.end().await;
}

#[tokio::test]
async fn a_device_is_known_and_nobody_is_let_in_too() {
    let running = start(Limits::default());
    let mut device = running.open(&running.sample.device(&MANAGEMENT_POINT)).await.unwrap();
    for _again in 0..3 {
        let (status, text) = ask(&mut device, "/who", Body::from(vec![7; 3])).await;
        assert_eq!(status, StatusCode::OK);
        let listener = running.sample.dial().address();
        assert_eq!(text, format!("Some(Device({DEVICE:?})) by {listener} sent 3"));
        assert!(!device.is_closed());
    }
    let mut nobody = running.open(&running.sample.nobody()).await.unwrap();
    assert!(ask(&mut nobody, "/who", Body::empty()).await.1.starts_with("None by "));
    assert_eq!(running.tls.refusals().count, 0);
    running.end().await;
}

#[tokio::test]
async fn a_server_of_another_site_or_role_is_refused() {
    let running = start(Limits::default());
    let other = Sample::new();
    let error = running.open(&other.nobody()).await.unwrap_err();
    assert!(
        matches!(
            &error,
            OpenError::Tls { cause: TlsFailure::Peer(PeerRefusal::NotPinned { .. }), .. }
        ),
        "{error}"
    );
    let error = running.open(&running.sample.device(&DISTRIBUTION_POINT)).await.unwrap_err();
    assert!(
        matches!(
            &error,
            OpenError::Tls { cause: TlsFailure::Peer(PeerRefusal::NotTheRole { .. }), .. }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("does not count for distribution-point"), "{error}");
    running.end().await;
}

#[tokio::test]
async fn a_client_of_another_site_is_refused_and_told() {
    let running = start(Limits::default());
    let stranger = running.sample.stranger(&Sample::new());
    // In TLS 1.3 a client learns of it with its first answer.
    let mut connection = running.open(&stranger).await.unwrap();
    let request = Request::get("/who").body(Body::empty()).unwrap();
    let error = connection.send(request, SOON).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Tls { cause: TlsFailure::Refused(_), .. }),
        "{error} {error:?}"
    );
    assert!(connection.is_closed());
    let refusals = running.tls.refusals();
    assert_eq!(refusals.count, 1);
    assert!(refusals.last.unwrap().2.starts_with("certificate refused: "));
    running.end().await;
}

#[tokio::test]
async fn a_body_over_its_limit_is_refused_announced_or_not() {
    let running = start(Limits::default());
    for announced in [true, false] {
        let full = Full::new(Bytes::from(vec![0u8; BODY_LIMIT + 1]));
        let body = if announced { Body::new(full) } else { Body::new(full.map_frame(|it| it)) };
        let mut nobody = running.open(&running.sample.nobody()).await.unwrap();
        let (status, text) = ask(&mut nobody, "/read", body).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "announced: {announced}");
        assert_eq!(text, "the body is larger than the limit of 1000 bytes");
    }
    let whole = Full::new(Bytes::from(vec![0u8; BODY_LIMIT])).map_frame(|it| it);
    assert_eq!(read_limited(whole, BODY_LIMIT).await.unwrap().len(), BODY_LIMIT);
    let empty = read_limited(Full::new(Bytes::from_static(b"x")), 0).await;
    assert!(matches!(empty, Err(BodyError::TooLarge { limit: 0 })));
    running.end().await;
}

#[tokio::test]
async fn a_slow_head_is_cut() {
    let running = start(Limits { head: Duration::from_millis(100), ..Limits::default() });
    let stream = dial(&running.sample.dial(), SOON).await.unwrap();
    let mut stream = running.sample.nobody().connect(stream).await.unwrap();
    stream.write_all(b"GET /who HTTP/1.1\r\nho").await.unwrap();
    let mut rest = Vec::new();
    // Cut, with or without the good manners of a TLS goodbye.
    drop(tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.expect("a cut"));
    running.end().await;
}

#[tokio::test]
async fn plain_http_on_a_tls_port_is_named() {
    let running = start(Limits::default());
    let mut stream = dial(&running.sample.dial(), SOON).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    drop(tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.expect("a cut"));
    let (_when, who, why) = running.tls.refusals().last.unwrap();
    assert!(who.is_loopback());
    assert_eq!(why, "the other side does not speak TLS on this port");
    running.end().await;
}

#[tokio::test]
async fn a_stop_frees_the_port_at_once_and_loses_no_answer() {
    let running = start(Limits::default());
    let mut idle = running.open(&running.sample.nobody()).await.unwrap();
    ask(&mut idle, "/who", Body::empty()).await;
    let mut busy = running.open(&running.sample.nobody()).await.unwrap();
    let waiting = tokio::spawn(async move { ask(&mut busy, "/wait", Body::empty()).await });
    running.desk.asked.notified().await;

    running.stop.stop();
    let again = tokio::time::timeout(SOON, async {
        loop {
            match listen(&running.sample.listen()) {
                Ok(bound) => break bound,
                Err(_still_closing) => tokio::task::yield_now().await,
            }
        }
    });
    drop(again.await.expect("the port"));
    assert!(!running.serving.is_finished(), "a request is under way");
    running.desk.go_on.notify_one();
    assert_eq!(waiting.await.unwrap().0, StatusCode::OK);
    running.end().await;
}

#[tokio::test]
async fn half_open_clients_do_not_hold_up_the_end() {
    let running = start(Limits { drain: Duration::from_millis(100), ..Limits::default() });
    let _no_handshake = dial(&running.sample.dial(), SOON).await.unwrap();
    let stream = dial(&running.sample.dial(), SOON).await.unwrap();
    let mut half_head = running.sample.nobody().connect(stream).await.unwrap();
    half_head.write_all(b"GET /who HT").await.unwrap();
    let mut busy = running.open(&running.sample.nobody()).await.unwrap();
    let endless = tokio::spawn(async move {
        busy.send(Request::get("/wait").body(Body::empty()).unwrap(), SOON).await
    });
    running.desk.asked.notified().await;
    running.end().await;
    assert!(matches!(endless.await.unwrap(), Err(SendError::Broken { .. })));
}

/// The site link that the site server opens: it dials, and is asked.
#[tokio::test]
async fn who_opens_need_not_be_who_asks() {
    let sample = Sample::new();
    let stop = Stop::new();
    let (sender, mut taken) = mpsc::channel(1);
    let doors = vec![(listen(&sample.listen()).unwrap(), sample.host_server())];
    let taking = tokio::spawn(take(doors, Limits::link(), stop.clone(), sender));

    // A device has no business there.
    let device = sample.device(&MANAGEMENT_POINT);
    let refused = Connection::open(&sample.dial(), &device, SOON).await;
    if let Ok(mut connection) = refused {
        let request = Request::get("/").body(Body::empty()).unwrap();
        assert!(connection.send(request, SOON).await.is_err());
    }

    let stream = open(&sample.dial(), &sample.site_server(), SOON).await.unwrap();
    let host = peer_of(&stream.certificate().unwrap(), "P01").unwrap();
    assert!(matches!(&host, Peer::Host { host, .. } if host == "keel"), "{host:?}");
    let stream = stream.with_peer(Some(host));
    let desk = Desk::default();
    let answering = tokio::spawn(serve_stream(stream, desk.clone(), Limits::link(), stop.clone()));

    let accepted = taken.recv().await.unwrap();
    assert!(matches!(accepted.peer(), Some(Peer::Host { .. })), "{accepted:?}");
    let mut connection = Connection::over(accepted).await.unwrap();
    for _ in 0..2 {
        let (status, text) = ask(&mut connection, "/", Body::from(vec![7; 10])).await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("keel") && text.ends_with("sent 10"), "{text}");
    }
    stop.stop();
    tokio::time::timeout(SOON, answering).await.unwrap().unwrap();
    tokio::time::timeout(SOON, taking).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_is_public_needs_no_tls_and_names_nobody() {
    let (sample, desk, stop) = (Sample::new(), Desk::default(), Stop::new());
    let doors = vec![listen(&sample.listen()).unwrap()];
    let serving = tokio::spawn(serve_plain(doors, desk, Limits::default(), stop.clone()));
    let mut stream = dial(&sample.dial(), SOON).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200") && answer.contains("None by"), "{answer}");
    stop.stop();
    tokio::time::timeout(SOON, serving).await.unwrap().unwrap().unwrap();
}
