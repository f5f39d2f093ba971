//! The attacker: a machine of its own, the files of a host of the site, and
//! Portolan's own crates, which an attacker may have too.

use std::net::UdpSocket;
use std::sync::mpsc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use catalog::Flow;
use catalog::service::HTTP;
use http::{Method, Request};
use lab::Machine;
use node::http::{Body, Connection, Limits};
use node::net::{Dial, Listen};
use node::stop::Stop;
use node::tls::Identity;
use plan::Plan;
use roles::content::Library;
use roles::distribution_point;
use roles::identity::{Blocked, Roster};
use trust::Fingerprint;
use trust::certificate::csr;
use trust::key::SigningKey;
use trust::tls::PinnedServer;
use wire::link::Joined;

use super::{SITE, WITHIN};
use crate::estate::{Estate, Server};

/// An attacker's machine, with all that a distribution point had.
pub(super) struct Thief {
    pub(super) machine: Machine,
    pub(super) root: Fingerprint,
    pub(super) key: SigningKey,
    /// DER: the host's, the authority's, the root's.
    pub(super) chain: Vec<Vec<u8>>,
    /// Its own, an envelope.
    pub(super) host_plan: Vec<u8>,
    /// Where the site's services are, as everybody can find out.
    pub(super) plan: Plan,
}

impl Estate {
    /// Somebody copies a host's disk.
    pub(super) fn stolen_from(&self, host: &Server) -> Thief {
        let read = |name: &str| std::fs::read(host.path(&format!("/var/lib/portolan/host/{name}")));
        let whose = String::from_utf8(read("site").unwrap()).unwrap();
        let joined: Joined = serde_json::from_slice(&read("joined").unwrap()).unwrap();
        let decoded = |text: &String| BASE64.decode(text).unwrap();
        Thief {
            machine: self.lab.machine("thief", &self.servers, "10.1.0.66"),
            root: whose.lines().nth(2).unwrap().parse().unwrap(),
            key: SigningKey::from_pkcs8(&read("key").unwrap()).unwrap(),
            chain: joined.certificates.iter().map(decoded).collect(),
            host_plan: decoded(&joined.host_plan),
            plan: self.plan(),
        }
    }
}

/// A question of the attacker's.
pub(super) struct Ask<'a> {
    pub(super) flow: &'static Flow,
    pub(super) identity: Option<Identity>,
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: Vec<u8>,
    pub(super) token: Option<&'a str>,
}

impl Ask<'_> {
    pub(super) fn get<'a>(
        flow: &'static Flow,
        path: &'a str,
        identity: Option<Identity>,
    ) -> Ask<'a> {
        Ask { flow, identity, method: Method::GET, path, body: Vec::new(), token: None }
    }

    pub(super) fn post<'a>(
        flow: &'static Flow,
        path: &'a str,
        body: &impl serde::Serialize,
    ) -> Ask<'a> {
        let body = serde_json::to_vec(body).unwrap();
        Ask { body, method: Method::POST, ..Ask::get(flow, path, None) }
    }
}

impl Thief {
    /// What it shows itself as.
    pub(super) fn host(&self) -> Identity {
        Identity::from_der(self.chain.clone(), self.key.to_pkcs8().to_vec())
    }

    pub(super) fn request(&self) -> String {
        BASE64.encode(csr(&self.key, "dp7").unwrap())
    }

    /// `STATUS BODY`, or why there is none.
    pub(super) fn ask(&self, ask: Ask<'_>) -> String {
        let about = format!("{} {}", ask.flow.id(), ask.path);
        let answer = self.machine.inside(|| runtime().block_on(self.answer(ask)));
        let answer = answer.unwrap_or_else(|error| wire::problem::chain(error.as_ref()));
        if !answer.starts_with("200") {
            println!("{about}: {answer}");
        }
        answer
    }

    async fn answer(
        &self,
        ask: Ask<'_>,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let target = self.plan.dial_targets(ask.flow).remove(0);
        let pin = PinnedServer::new(self.root, ask.flow.to, SITE);
        let tls = node::tls::client(pin, ask.identity)?;
        let mut connection = Connection::open(&Dial::planned(&target), &tls, WITHIN).await?;
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        if let Some(token) = ask.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.header("content-type", "application/json");
        let answer = connection.send(request.body(Body::from(ask.body))?, WITHIN).await?;
        let status = answer.status();
        let body = node::http::read_limited(answer.into_body(), wire::limit::POLICY_BODY).await?;
        Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
    }

    /// Something that answers; nobody will get so far as to ask.
    fn uses(&self) -> distribution_point::Uses {
        let library = Library::open(self.machine.path("/tmp/content")).unwrap();
        distribution_point::Uses { roster: Roster::without_store(Blocked::default()), library }
    }

    /// Stands at the site server's address and answers wherever it does, while the
    /// closure runs.
    pub(super) fn poses(&self, while_it_does: impl FnOnce()) {
        let (stop, (ready, is_ready)) = (Pull(Stop::new()), mpsc::channel());
        let end = stop.0.clone();
        thread::scope(|scope| {
            scope.spawn(move || {
                self.machine.inside(|| {
                    runtime().block_on(async {
                        let listens = self.plan.listens("head").into_iter();
                        let doors = listens.filter(|listen| {
                            listen.flows().iter().all(|flow| *flow.service != HTTP)
                        });
                        let tls = node::tls::server(self.host(), SITE).unwrap();
                        let bound = doors.map(|listen| {
                            (node::net::listen(&Listen::planned(&listen)).unwrap(), tls.clone())
                        });
                        let bound = bound.collect();
                        hello();
                        ready.send(()).unwrap();
                        let own = distribution_point::router(self.uses());
                        node::http::serve(bound, own, Limits::default(), end).await.unwrap();
                    });
                });
            });
            is_ready.recv().unwrap();
            while_it_does();
            drop(stop);
        });
    }
}

/// The router learns who has an address from whoever asks it for something.
fn hello() {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let _nobody_listens = socket.send_to(b"hello", "10.1.0.1:9"); // not a port: discard
}

/// Ends what it stops, also where a test fails.
struct Pull(Stop);

impl Drop for Pull {
    fn drop(&mut self) {
        self.0.stop();
    }
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
