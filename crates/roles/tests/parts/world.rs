//! A site in this process, and how tests speak to it.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use catalog::service::{HTTP, HTTPS, SITE_LINK};
use catalog::{Service, role};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use node::http::Accepted;
use node::stop::Stop;
use node::task::Tasks;
use plan::Plan;
use roles::content::Library;
use roles::facts::{About, SiteFacts};
use roles::http_host::{self, Mount};
use roles::identity::{AdministratorToken, Roster};
use roles::site_server::{KeeperError, KeyKeeper, SiteServer};
use roles::{desk, distribution_point, management_point, site_server, sms_provider};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use store::Store;
use tokio::sync::watch;
use tower_service::Service as _;
use trust::Fingerprint;
use trust::key::SigningKey;
use trust::seal::SealingKey;
use trust::site::{DELEGATION_LIFE, KeyFile, SiteKeys};
use trust::tls::Peer;
use trust::token::Token;
use wire::client::Enrolled;
use wire::problem::Problem;
use wire::rest;

/// The site server's own host.
const HERE: &str = "keel";
/// Longer than anything here may take, on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

const SITE: &str = r#"
edition = "portolan"
[site.P01]
name = "Head office"
[client-settings]
policy-poll = "7s"
[network.here]
cidr = ["127.0.0.0/8"]
clients = "P01"
[host.keel]
address = "127.0.0.1"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]
[host.dp7]
name = "dp7.example.org"
address = "127.0.0.7"
roles = ["distribution-point"]
[host.dp8]
address = "127.0.0.8"
roles = ["distribution-point"]
"#;

/// A running site. It ends with the test.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) root: Fingerprint,
    pub(crate) administrator: Token,
    pub(crate) keeper: Arc<Keeper>,
    /// The plan can change while the site runs.
    pub(crate) plan: watch::Sender<Arc<Plan>>,
    /// What answers HTTPS, plain HTTP, and the site link.
    router: Router,
    pub(crate) plain: Router,
    link: Router,
    /// Method and path of everything that went well.
    pub(crate) visited: RefCell<Vec<(String, String)>>,
    _tasks: Tasks,
    dir: tempfile::TempDir,
}

/// Keeps the files of the site's keys in memory.
#[derive(Debug)]
pub(crate) struct Keeper(pub(crate) Mutex<Vec<KeyFile>>);

impl Keeper {
    pub(crate) fn keys(&self) -> SiteKeys {
        let files = self.0.lock().unwrap().clone();
        let read = |name| files.iter().find(|file| file.name == name).map(|f| f.bytes.clone());
        SiteKeys::load("P01", read).unwrap()
    }
}

impl KeyKeeper for Keeper {
    fn renewed(&self, now: i64) -> Result<SiteKeys, KeeperError> {
        let mut keys = self.keys();
        assert!(keys.renew(now).unwrap(), "it was time");
        *self.0.lock().unwrap() = keys.files();
        Ok(keys)
    }
}

/// Keys made so long ago that they are renewed as soon as the site runs.
fn keys() -> (SiteKeys, Arc<Keeper>) {
    let made = node::clock::now() - DELEGATION_LIFE / 2;
    let keys = SiteKeys::create("P01", made).unwrap().keys;
    let keeper = Arc::new(Keeper(Mutex::new(keys.files())));
    (keys, keeper)
}

/// A machine with keys of its own.
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) key: SigningKey,
    pub(crate) sealing: SealingKey,
    /// Empty before it is enrolled.
    pub(crate) id: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::sqlite(&dir.path().join("site.db")).await.unwrap();
        let plan = watch::Sender::new(planned(SITE));
        let (keys, keeper) = keys();
        let root = keys.fingerprint();
        let library = Library::open(dir.path().join("content")).unwrap();
        let administrator = Token::generate().unwrap();
        let parts = [
            &role::SITE_SERVER,
            &role::MANAGEMENT_POINT,
            &role::DISTRIBUTION_POINT,
            &role::SMS_PROVIDER,
        ];
        let facts = SiteFacts::new(about(&root), &parts);
        let (desk, queue) = desk::open();
        let provider = sms_provider::Uses {
            store: store.clone(),
            library: library.clone(),
            desk: desk.clone(),
            plan: plan.subscribe(),
            host: HERE.into(),
            facts: facts.clone(),
            administrator: AdministratorToken(administrator.hash()),
            stop: Stop::new(),
        };
        let point = distribution_point::Uses {
            roster: Roster::of(store.clone()),
            library: library.clone(),
        };
        let management = management_point::Uses {
            store: store.clone(),
            desk,
            library: library.clone(),
            plan: plan.subscribe(),
            host: HERE.into(),
        };
        for part in &parts[1..] {
            facts.running(part, true);
        }
        let server = SiteServer::new(site_server::Uses {
            store: store.clone(),
            library,
            keys,
            keeper: keeper.clone(),
            plan: plan.subscribe(),
            host: HERE.into(),
            queue,
            facts,
            stop: Stop::new(),
        });
        let mount = |role, service, router| Mount { role, service, router };
        let mounts = [
            mount(&role::MANAGEMENT_POINT, &HTTPS, management_point::router(management.clone())),
            mount(&role::MANAGEMENT_POINT, &HTTP, management_point::public(management)),
            mount(&role::DISTRIBUTION_POINT, &HTTPS, distribution_point::router(point)),
            mount(&role::SMS_PROVIDER, &HTTPS, sms_provider::router(provider)),
            mount(&role::SITE_SERVER, &SITE_LINK, server.link()),
        ];
        let router = |service| router(&plan.borrow(), service, &mounts);
        let (router, plain, link) = (router(&HTTPS), router(&HTTP), router(&SITE_LINK));
        let mut tasks = Tasks::new();
        tasks.spawn("site server", server.run());
        let visited = RefCell::default();
        let world = Self {
            store,
            root,
            administrator,
            keeper,
            plan,
            router,
            plain,
            link,
            visited,
            _tasks: tasks,
            dir,
        };
        world.until("a service map", async || world.store.document("map").await.unwrap()).await;
        world
    }

    /// A machine that is enrolled.
    pub(crate) async fn device(&self, name: &str) -> Machine {
        let mut machine = Machine::new(name);
        let token = self.token().await;
        let enrolled = self.enrol(&machine, &token).await;
        machine.id = enrolled.json::<Enrolled>().device;
        machine
    }

    pub(crate) async fn token(&self) -> String {
        let made = self.admin("POST", "/api/v1/tokens", &json!({ "valid_for": 60 })).await;
        made.json::<rest::Token>().token
    }

    pub(crate) async fn enrol(&self, machine: &Machine, token: &str) -> Answer {
        self.send(post("/mp/v1/enrol", &machine.enrol(token))).await
    }

    /// As an administrator, with a JSON body.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: &impl Serialize) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.administrator.text()));
        let body = serde_json::to_vec(body).unwrap();
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn admin_get(&self, path: &str) -> Answer {
        self.admin("GET", path, &()).await
    }

    /// Sends content as an administrator, and gives what refers to it.
    pub(crate) async fn publish(&self, bytes: &[u8], name: &str) -> rest::ContentRef {
        let digest = blake3::hash(bytes).to_hex().to_string();
        let size = bytes.len() as u64;
        let sent = self.put_content(&digest, 0, size, bytes).await.json::<rest::ContentState>();
        assert!(sent.complete);
        rest::ContentRef { digest, size, name: name.into() }
    }

    pub(crate) async fn put_content(
        &self,
        digest: &str,
        offset: u64,
        size: u64,
        bytes: &[u8],
    ) -> Answer {
        let request = Request::put(format!("/api/v1/content/{digest}?offset={offset}&size={size}"))
            .header("authorization", format!("Bearer {}", self.administrator.text()));
        self.send(request.body(Body::from(bytes.to_vec())).unwrap()).await
    }

    /// An application that is a script, and its content.
    pub(crate) async fn app(&self, name: &str) -> rest::App {
        let install = self.publish(format!("#!/bin/sh\n# {name}\n").as_bytes(), "install").await;
        self.app_of(name, install).await
    }

    pub(crate) async fn app_of(&self, name: &str, install: rest::ContentRef) -> rest::App {
        let installer = rest::AppInstaller::Script { install, uninstall: None, detect: None };
        let new =
            rest::NewApp { name: name.into(), installer, time_limit: 60, success_codes: vec![0] };
        self.admin("POST", "/api/v1/apps", &new).await.json()
    }

    pub(crate) async fn deploy(
        &self,
        app: &str,
        collection: &str,
        uninstall: bool,
    ) -> rest::Deployment {
        let new = rest::NewDeployment {
            app: app.into(),
            collection: collection.into(),
            uninstall,
            deadline: None,
        };
        self.admin("POST", "/api/v1/deployments", &new).await.json()
    }

    /// A request on a connection from somewhere.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let asked = (request.method().to_string(), request.uri().path().to_owned());
        let answer = answered(&self.router, request).await;
        if answer.status.is_success() {
            self.visited.borrow_mut().push(asked);
        }
        answer
    }

    /// A request over the site link.
    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        answered(&self.link, request).await
    }

    /// Where the library has a whole piece of content.
    pub(crate) fn content_file(&self, digest: &str) -> PathBuf {
        self.dir.path().join("content").join(&digest[..2]).join(digest)
    }

    /// Another site file.
    pub(crate) fn replan(&self, change: impl Fn(&str) -> String) {
        self.plan.send_replace(planned(&change(SITE)));
    }

    /// Waits until `found` finds something.
    pub(crate) async fn until<T>(&self, what: &str, found: impl AsyncFn() -> Option<T>) -> T {
        let mut look = tokio::time::interval(Duration::from_millis(5));
        let looking = async {
            loop {
                let _at = look.tick().await;
                if let Some(found) = found().await {
                    return found;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        found.unwrap_or_else(|_elapsed| panic!("{what} did not come"))
    }
}

pub(crate) async fn answered(router: &Router, mut request: Request<Body>) -> Answer {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let _before = request.extensions_mut().insert(Accepted { local: anywhere, peer: anywhere });
    let answered = router.clone().call(request);
    let response = tokio::time::timeout(PATIENCE, answered).await.unwrap().unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn planned(text: &str) -> Arc<Plan> {
    let estate = plan::read(text).unwrap();
    let (plan, _findings) = plan::plan(&estate).unwrap();
    Arc::new(plan)
}

/// The router of the site server's listen for a service.
fn router(plan: &Plan, service: &'static Service, mounts: &[Mount]) -> Router {
    let listens = plan.listens(HERE);
    let carries = |listen: &&plan::Listen| listen.flows().iter().any(|f| f.service == service);
    http_host::router(listens.iter().find(carries).unwrap(), mounts)
}

fn about(root: &Fingerprint) -> About {
    About {
        code: "P01".into(),
        name: "Head office".into(),
        version: "0".into(),
        root: root.to_string(),
        started: 1,
    }
}

impl Machine {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            key: SigningKey::generate().unwrap(),
            sealing: SealingKey::generate().unwrap(),
            id: String::new(),
        }
    }

    pub(crate) fn csr(&self) -> Vec<u8> {
        trust::certificate::csr(&self.key, &self.name).unwrap()
    }

    pub(crate) fn enrol(&self, token: &str) -> wire::client::Enrol {
        wire::client::Enrol {
            token: token.into(),
            csr: BASE64.encode(self.csr()),
            sealing_key: BASE64.encode(self.sealing.public()),
            name: self.name.clone(),
            agent_version: "0.1.0".into(),
        }
    }

    /// A request with this machine's certificate.
    pub(crate) fn shows<B>(&self, mut request: Request<B>) -> Request<B> {
        let _before = request.extensions_mut().insert(Peer::Device(self.id.clone()));
        request
    }

    pub(crate) fn get(&self, path: &str) -> Request<Body> {
        self.shows(get(path))
    }
}

impl Answer {
    /// The body of an answer that is not a refusal.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, StatusCode::OK, "{text}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Status and code of a refusal; its problem must say something.
    pub(crate) fn refused(&self) -> (u16, String) {
        let problem = self.problem();
        assert!(!problem.message.is_empty());
        (self.status.as_u16(), problem.code)
    }

    pub(crate) fn problem(&self) -> Problem {
        let text = String::from_utf8_lossy(&self.body);
        assert!(self.status.is_client_error() || self.status.is_server_error(), "{text}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub(crate) fn post(path: &str, body: &impl Serialize) -> Request<Body> {
    Request::post(path).body(Body::from(serde_json::to_vec(body).unwrap())).unwrap()
}

/// What a refusal should be.
pub(crate) fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
