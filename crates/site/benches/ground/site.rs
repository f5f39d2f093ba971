//! The site that is measured: the released `portolan`, made by `portolan create`
//! in a folder of its own on the disk, run by `portolan serve` on the loopback
//! address. Root hands it to an account that may do nothing, so that no account
//! is made here.

use std::fs::{self, File};
use std::net::IpAddr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use catalog::role::MANAGEMENT_POINT;
use catalog::service::HTTPS;
use http::{Method, Request, header};
use node::http::{Body, Connection};
use node::net::Dial;
use plan::Plan;
use serde::de::DeserializeOwned;
use trust::Fingerprint;
use trust::certificate::{HostIdentity, HostNames};
use trust::invitation::Invitation;
use trust::site::SiteKeys;
use trust::tls::PinnedServer;

pub(crate) const CODE: &str = "P01";
const HERE: &str = "127.0.0.1";
/// `nobody`, on every Linux.
const NOBODY: u32 = 65_534; // not a port: a user
/// For anything that is asked of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Site {
    folder: PathBuf,
    plan: Plan,
    server: Child,
    invitation: Invitation,
}

impl Site {
    /// A site that answers; what `prepare` puts into its folder is there before.
    pub(crate) fn start(prepare: impl FnOnce(&Path)) -> Self {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = temporary.join(format!("bench-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the site");
        give(&folder);
        done(portolan(&folder, "create").args(["--code", CODE, "--address", HERE]));
        prepare(&folder);
        let text = fs::read_to_string(folder.join("site.toml")).expect("a site file");
        let (plan, _) = plan::plan(&plan::read(&text).expect("a site file")).expect("a plan");
        let log = File::create(folder.join("serve.log")).expect("a log");
        // It ends when our end of its standard input does, however we end.
        let mut serve = portolan(&folder, "serve");
        serve.arg("--with-parent").stdin(Stdio::piped()).stderr(log);
        let server = serve.spawn().expect("portolan serve");
        let root = secret(&folder, "root.fingerprint").parse().expect("a fingerprint");
        let endpoints = plan.endpoints(&MANAGEMENT_POINT, &HTTPS);
        let [point] = endpoints.as_slice() else { panic!("one management point") };
        let (address, port) = (point.address, point.port);
        let invitation = Invitation { site: CODE.to_owned(), address, port, root };
        Self { folder, plan, server, invitation }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.server.id()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn root(&self) -> Fingerprint {
        self.invitation.root
    }

    /// Where clients find it: all of its roles answer on one port.
    pub(crate) fn invitation(&self) -> Invitation {
        self.invitation.clone()
    }

    /// A certificate like the one that the site shows, by the same authority,
    /// and its key: for the other server.
    pub(crate) fn host_identity(&self) -> HostIdentity {
        let read = |name: &str| fs::read(self.folder.join("site/keys").join(name)).ok();
        let keys = SiteKeys::load(CODE, read).expect("the site's keys");
        let [host] = self.plan.hosts() else { panic!("one host") };
        let names =
            HostNames { host: &host.name, roles: &host.roles, dns: &[], ips: &[host.address] };
        keys.host_identity(&names, node::clock::now()).expect("a certificate")
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.invitation.address
    }

    /// An administrator's command.
    pub(crate) fn portolan(&self, words: &str) {
        done(portolan(&self.folder, words));
    }

    /// So many enrolment tokens.
    pub(crate) async fn tokens(&self, count: usize) -> Vec<String> {
        let mut administrator = self.administrator().await;
        let mut tokens = Vec::with_capacity(count);
        for _ in 0..count {
            let new = wire::rest::NewToken { valid_for: 3600 };
            let made: wire::rest::Token = administrator.post("/api/v1/tokens", &new).await;
            tokens.push(made.token);
        }
        tokens
    }

    /// Waits until it answers.
    async fn administrator(&self) -> Administrator {
        let way = self.invitation.way();
        let pin = PinnedServer::new(self.root(), &MANAGEMENT_POINT, CODE);
        let tls = node::tls::client(pin, None).expect("TLS");
        let watch = node::clock::Stopwatch::start();
        loop {
            match Connection::open(&Dial::along(&way), &tls, PATIENCE).await {
                Ok(connection) => {
                    let token = secret(&self.folder, "administrator.token");
                    return Administrator { connection, token };
                }
                Err(error) if watch.elapsed() > PATIENCE => {
                    let log = fs::read_to_string(self.folder.join("serve.log"));
                    panic!("{error}\n{}", log.unwrap_or_default());
                }
                Err(_not_yet) => node::clock::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ended = self.server.wait();
        let _removed = fs::remove_dir_all(&self.folder);
    }
}

struct Administrator {
    connection: Connection,
    token: String,
}

impl Administrator {
    async fn post<T: DeserializeOwned>(&mut self, path: &str, body: &impl serde::Serialize) -> T {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(serde_json::to_vec(body).expect("JSON")))
            .expect("a request");
        let answer = self.connection.send(request, PATIENCE).await.expect("an answer");
        let status = answer.status();
        let body = node::http::read_limited(answer.into_body(), wire::limit::REST_BODY).await;
        let body = body.expect("a body");
        assert!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("JSON")
    }
}

fn portolan(folder: &Path, words: &str) -> Command {
    let mut command = as_nobody(Path::new(env!("CARGO_BIN_EXE_portolan")));
    command.arg("--dir").arg(folder).args(words.split_whitespace());
    command
}

/// A program that need not be root.
pub(crate) fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdout(Stdio::null());
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Lets such a program write there.
pub(crate) fn give(path: &Path) {
    if rustix::process::geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may do this");
    }
}

#[track_caller]
fn done(mut command: impl std::borrow::BorrowMut<Command>) {
    let output = command.borrow_mut().output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", command.borrow_mut());
}

fn secret(folder: &Path, name: &str) -> String {
    let text = fs::read_to_string(folder.join("site").join(name)).expect("a file of the site");
    text.trim().to_owned()
}
