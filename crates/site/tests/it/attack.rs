//! What an attacker would do, as a program: this test binary starts itself with
//! `--attack` inside a sandbox, and prints what came of it. It uses the
//! product's own crates, because an attacker may have them too.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use agent::identity::Identity as Device;
use catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
use catalog::role::{DISTRIBUTION_POINT, MANAGEMENT_POINT};
use http::{Method, Request, Response};
use node::http::{Body, Connection, Incoming};
use node::net::Dial;
use node::tls::Identity;
use store::Store;
use store::policy::Policy;
use trust::certificate::{Authority, HostNames, Root, csr};
use trust::invitation::Invitation;
use trust::key::SigningKey;
use trust::site::SiteKeys;
use trust::tls::PinnedServer;
use wire::client::{Batch, Body as Says, Message, Refused};

const WITHIN: Duration = Duration::from_secs(10);
const KEPT: &str = "/root/kept-policy";
const SITE: &str = "/var/lib/portolan/site";

/// Does what the words say; prints `STATUS BODY` for each answer, or the error.
pub(crate) fn main(words: &[String]) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    runtime.block_on(async {
        match words.as_slice() {
            ["forged", invitation, device] => forged(&invited(invitation), device).await,
            ["replayed", invitation, folder] => replayed(&invited(invitation), folder).await,
            ["oversized", invitation, folder] => oversized(&invited(invitation), folder).await,
            ["wrong-role", invitation] => wrong_role(&invited(invitation)).await,
            ["pose", file] => pose(file).await,
            ["keep-policy", device] => keep_policy(device).await,
            ["tamper-policy", device] => tamper_policy(device).await,
            ["bring-back-policy", device] => bring_back_policy(device).await,
            ["message-numbers", device] => message_numbers(device).await,
            _ => panic!("no such attack: {words:?}"),
        }
    });
    ExitCode::SUCCESS
}

fn invited(text: &str) -> Invitation {
    Invitation::parse(text).unwrap()
}

/// A device certificate for a real device's id, from a root of the attacker's.
async fn forged(to: &Invitation, device: &str) {
    let now = node::clock::now();
    let root = Root::create(&to.site, now).unwrap();
    let authority = Authority::create(&root, &to.site, now).unwrap();
    let key = SigningKey::generate().unwrap();
    let chain = authority.issue_device(&to.site, device, &csr(&key, "x").unwrap(), now).unwrap();
    let chain = chain.iter().map(|der| der.to_vec()).collect();
    let identity = Identity::from_der(chain, key.to_pkcs8().to_vec());
    say(ask(to, Some(identity), Method::GET, wire::client::POLICY, Vec::new()).await);
}

/// The same message three times: as it was, again, and with other words.
async fn replayed(to: &Invitation, folder: &str) {
    for why in ["once", "once", "changed"] {
        let body = Says::Refused(Refused { what: "map".into(), why: why.into() });
        let batch =
            Batch { journal: "a".repeat(32), messages: vec![Message { number: 1, at: 1, body }] };
        let body = serde_json::to_vec(&batch).unwrap();
        say(ask(to, Some(device(folder)), Method::POST, wire::client::MESSAGES, body).await);
    }
}

/// More than anybody may send: without a certificate, and with one.
async fn oversized(to: &Invitation, folder: &str) {
    let large = |limit: usize| vec![b' '; limit + 1];
    let stranger = large(wire::limit::UNAUTHENTICATED_BODY);
    say(ask(to, None, Method::POST, wire::client::ENROL, stranger).await);
    let client = large(wire::limit::INVENTORY_BODY);
    say(ask(to, Some(device(folder)), Method::POST, wire::client::MESSAGES, client).await);
}

/// A stolen distribution point asks for policy.
async fn wrong_role(to: &Invitation) {
    say(ask(to, Some(stolen()), Method::GET, wire::client::POLICY, Vec::new()).await);
}

/// A stolen distribution point poses as a management point, on the port that
/// this site file gives to one.
async fn pose(file: &str) {
    let estate = plan::read(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (plan, _) = plan::plan(&estate).unwrap();
    let host = plan.hosts()[0].name.clone();
    let listens = plan.listens(&host);
    let https =
        |listen: &&plan::Listen| listen.flows().contains(&&CLIENT_TO_MANAGEMENT_POINT_HTTPS);
    let listen = listens.iter().find(https).expect("a management point");
    let bound = node::net::listen(&node::net::Listen::planned(listen)).unwrap();
    let tls = node::tls::server(stolen(), plan.site_code()).unwrap();
    println!("posing");
    let stop = node::stop::on_signals().unwrap();
    node::http::serve(vec![(bound, tls)], Yes, node::http::Limits::default(), stop).await.unwrap();
}

/// The store in the hands of somebody who has no keys.
async fn stolen_store() -> Store {
    Store::sqlite(&Path::new(SITE).join("portolan.db")).await.unwrap()
}

async fn policy_now(store: &Store, device: &str) -> Policy {
    store.policy_of(device).await.unwrap().expect("a policy")
}

async fn keep_policy(device: &str) {
    let policy = policy_now(&stolen_store().await, device).await;
    std::fs::write(KEPT, policy.envelope).unwrap();
}

/// Changes one bit of the sealed body, which lies between the short head and
/// the delegation.
async fn tamper_policy(device: &str) {
    let store = stolen_store().await;
    let mut policy = policy_now(&store, device).await;
    policy.envelope[100] ^= 1;
    policy.number += 1;
    assert!(store.put_policy(device, &policy).await.unwrap());
}

/// Offers the policy that was kept as if it were the newest.
async fn bring_back_policy(device: &str) {
    let store = stolen_store().await;
    let now = policy_now(&store, device).await;
    let old = Policy { number: now.number + 1, envelope: std::fs::read(KEPT).unwrap(), ..now };
    assert!(store.put_policy(device, &old).await.unwrap());
}

/// What the site has of a device, as JSON.
async fn message_numbers(device: &str) {
    let numbers = stolen_store().await.message_numbers(device).await.unwrap();
    println!("{}", serde_json::to_string(&numbers).unwrap());
}

fn stolen() -> Identity {
    let read = |name: &str| std::fs::read(Path::new(SITE).join("keys").join(name)).ok();
    let keys = SiteKeys::load("P01", read).unwrap();
    let names = HostNames { host: "dp7", roles: &[&DISTRIBUTION_POINT], dns: &[], ips: &[] };
    let issued = keys.host_identity(&names, node::clock::now()).unwrap();
    Identity::new(issued.chain, issued.key)
}

fn device(folder: &str) -> Identity {
    let device = Device::load(Path::new(folder)).unwrap().expect("an enrolled device");
    Identity::from_der(device.chain, device.keys.signing.to_pkcs8().to_vec())
}

async fn ask(
    to: &Invitation,
    identity: Option<Identity>,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<String, Box<dyn std::error::Error>> {
    let pin = PinnedServer::new(to.root, &MANAGEMENT_POINT, &to.site);
    let tls = node::tls::client(Arc::clone(&pin), identity)?;
    let mut connection = Connection::open(&Dial::along(&to.way()), &tls, WITHIN).await?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body))?;
    let answer = connection.send(request, WITHIN).await?;
    let status = answer.status();
    let body = node::http::read_limited(answer.into_body(), wire::limit::POLICY_BODY).await?;
    Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
}

fn say(answer: Result<String, Box<dyn std::error::Error>>) {
    match answer {
        Ok(answer) => println!("{answer}"),
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            println!("{text}");
        }
    }
}

/// Says yes to everything.
#[derive(Clone)]
struct Yes;

impl tower_service::Service<Request<Incoming>> for Yes {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Incoming>) -> Self::Future {
        ready(Ok(Response::new(Body::empty())))
    }
}
