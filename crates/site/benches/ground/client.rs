//! A client of the site as its server sees one: the agent's keys, certificate
//! and connection, its requests, and its checks of what comes back; without its
//! journal, so that two hundred of them fit beside the server.

use std::sync::Arc;
use std::time::Duration;

use agent::identity::{Identity, Keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use catalog::role::MANAGEMENT_POINT;
use http::header::{CONTENT_TYPE, HeaderMap, IF_NONE_MATCH};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use node::http::{Body, Connection, Incoming};
use node::net::Dial;
use trust::invitation::Invitation;
use trust::key::SigningKey;
use trust::map::VerifiedMap;
use trust::seal::SealingKey;
use trust::tls::PinnedServer;
use wire::client::{self, Enrol, Enrolled};
use wire::limit;

use crate::site::PATIENCE;

/// Who was told to come again, or found no policy yet, asks again so soon.
pub(crate) const AGAIN: Duration = Duration::from_millis(100);

/// An enrolled client.
pub(crate) struct Client {
    pub(crate) identity: Identity,
}

/// The keys that a machine makes before it asks.
pub(crate) fn keys() -> Keys {
    let signing = SigningKey::generate().expect("a key");
    Keys { signing, sealing: SealingKey::generate().expect("a key") }
}

impl Client {
    /// Shows a token, again where it is told to, and checks what comes back as
    /// the agent does.
    pub(crate) async fn enrol(to: &Invitation, name: String, token: String, keys: Keys) -> Self {
        let body = Enrol {
            token,
            csr: keys.request(&name).expect("a request"),
            sealing_key: BASE64.encode(keys.sealing.public()),
            name,
            agent_version: agent::VERSION.to_owned(),
        };
        let mut line = Line::open(to, None).await;
        let body = serde_json::to_vec(&body).expect("JSON");
        let answer = loop {
            let (status, answer) = line.post(client::ENROL, body.clone()).await;
            if status.is_success() {
                break answer;
            }
            let said = String::from_utf8_lossy(&answer);
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{said}");
            node::clock::sleep(AGAIN).await;
        };
        let Enrolled { device, site, certificates, map } =
            serde_json::from_slice(&answer).expect("JSON");
        let map = BASE64.decode(map).expect("base64");
        VerifiedMap::open(&map, &to.root, &site, node::clock::now(), 0).expect("a map");
        let chain = certificates.iter().map(|text| BASE64.decode(text).expect("base64")).collect();
        Self { identity: Identity { site, root: to.root, device, chain, keys } }
    }

    /// A connection on which the client shows its certificate.
    pub(crate) async fn connect(&self, to: &Invitation) -> Line {
        Line::open(to, Some(&self.identity)).await
    }
}

/// A connection that is kept.
pub(crate) struct Line(Connection);

impl Line {
    async fn open(to: &Invitation, identity: Option<&Identity>) -> Self {
        let pin = PinnedServer::new(to.root, &MANAGEMENT_POINT, &to.site);
        let shown = identity.map(|identity| {
            let key = identity.keys.signing.to_pkcs8().to_vec();
            node::tls::Identity::from_der(identity.chain.clone(), key)
        });
        let tls = node::tls::client(Arc::clone(&pin), shown).expect("TLS");
        let opened = Connection::open(&Dial::along(&to.way()), &tls, PATIENCE).await;
        Self(
            opened
                .unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error))),
        )
    }

    /// Asks, and gives head and body; `known` is the tag of what we have.
    pub(crate) async fn get(&mut self, path: &str, known: Option<&str>) -> Answer {
        let mut request = Request::builder().method(Method::GET).uri(path);
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let request = request.body(Body::empty()).expect("a request");
        let answer = self.0.send(request, PATIENCE).await;
        let (head, body) = answer.expect("an answer").into_parts();
        Answer { status: head.status, headers: head.headers, body }
    }

    async fn post(&mut self, path: &str, body: Vec<u8>) -> (StatusCode, bytes::Bytes) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .expect("a request");
        let answer = self.0.send(request, PATIENCE).await.expect("an answer");
        let status = answer.status();
        let body = node::http::read_limited(answer.into_body(), limit::REST_BODY).await;
        (status, body.expect("a body"))
    }
}

/// An answer whose body is still to come; it must be read before the next.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
}

impl Answer {
    /// Reads the body, and says how long it was.
    pub(crate) async fn length(mut self) -> u64 {
        let mut length = 0;
        while let Some(frame) = self.body.frame().await {
            length += frame.expect("a whole body").data_ref().map_or(0, |data| data.len() as u64);
        }
        length
    }

    /// Reads the body, of at most `limit` bytes.
    pub(crate) async fn bytes(self, limit: usize) -> bytes::Bytes {
        node::http::read_limited(self.body, limit).await.expect("a whole body")
    }
}
