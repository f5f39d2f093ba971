//! `portolan join FILE`: makes this machine a host of a site elsewhere.
//!
//! The invitation names the site's root, and all else follows from that: its
//! host plan is believed by the root, and says where the site server is, or
//! where to wait for it; whoever is at the other end must be the site server of
//! that root before it is shown the token. The key is made here and kept before
//! the site hears of it, so that a join that is cut off anywhere can be tried
//! again with the same file.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use catalog::flows::SITE_SYSTEM_TO_SITE_SERVER_LINK as LINK;
use catalog::role::SITE_SERVER;
use http::{Method, Request, header};
use node::http::{Body, Connection, Limits, Stream};
use node::net::{Dial, Listen};
use node::privilege;
use node::stop::Stop;
use node::task::Tasks;
use node::tls::Identity;
use serde::Serialize;
use tokio::sync::mpsc;
use trust::host_invitation::HostInvitation;
use trust::host_plan::VerifiedHostPlan;
use trust::key::SigningKey;
use trust::tls::PinnedServer;
use wire::client::Renew;
use wire::limit;
use wire::link::{self, Join, Joined};
use wire::problem::Problem;

use crate::folder::Folder;
use crate::member::{self, Member, Whose};
use crate::outcome::{Exit, Failure, Kind};
use crate::{create, show};

/// How long the site server may take to be reached.
const REACH: Duration = Duration::from_secs(10);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(60);
/// How long what listens may take to end.
const DRAIN: Duration = Duration::from_secs(2);

pub(crate) fn run(file: &Path, folder: &Folder) -> Result<Exit, Failure> {
    let invitation = read(file)?;
    let now = node::clock::now();
    let plan = invitation
        .verified_plan(now)
        .map_err(|error| Failure::because("the invitation's host plan is not believed", &error))?;
    let whose = Whose {
        site: invitation.site.clone(),
        host: invitation.host.clone(),
        root: invitation.root,
    };
    free(folder, &whose)?;
    if invitation.expires < now {
        return Err(Failure::new(format!(
            "the invitation expired {}",
            show::ago(invitation.expires)
        ))
        .next(format!("`portolan host invite {}` on the site server makes another", whose.host)));
    }
    let account = create::for_host(folder)?;
    let key = own_key(folder, &whose)?;
    let answer = crate::runtime()?.block_on(ask(&invitation, &plan, &key))?;
    // Believed first, and kept then.
    let member = Member::believe(whose, key, &answer, now)?;
    member::keep(folder, &member.whose, &member.key, &answer)?;
    create::give(folder, account.as_ref())?;
    tell(&member, folder);
    Ok(Exit::Done)
}

fn read(file: &Path) -> Result<HostInvitation, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::because(format!("cannot read {}", file.display()), &error))?;
    HostInvitation::parse(&text)
        .map_err(|error| Failure::because(file.display().to_string(), &error))
}

/// One folder is one thing. Who was removed from a site comes back with a new
/// invitation, and so may find itself here.
fn free(folder: &Folder, whose: &Whose) -> Result<(), Failure> {
    let other = |what: String| {
        Err(Failure::new(format!("{} {what}", folder.path().display()))
            .next("name another folder with --dir"))
    };
    if folder.site_file().exists() {
        return other("holds a site of its own".to_owned());
    }
    match Whose::load(folder)? {
        Some(old) if old != *whose => other(format!("is host {} of site {}", old.host, old.site)),
        _ => Ok(()),
    }
}

/// A new key; or that of an attempt which never heard the answer. Where this is
/// a host already, the old key stays until the new one has been accepted.
fn own_key(folder: &Folder, whose: &Whose) -> Result<SigningKey, Failure> {
    let is_host = Member::load(folder).is_ok();
    if !is_host && let Some(key) = member::key(folder)? {
        return Ok(key);
    }
    let key = SigningKey::generate()
        .map_err(|error| Failure::because("cannot make this host's key", &error))?;
    if !is_host {
        member::begin(folder, whose, &key)?;
    }
    Ok(key)
}

async fn ask(
    invitation: &HostInvitation,
    plan: &VerifiedHostPlan,
    key: &SigningKey,
) -> Result<Joined, Failure> {
    let csr = trust::certificate::csr(key, &invitation.host)
        .map_err(|error| Failure::because("cannot ask for a certificate", &error))?;
    let csr = BASE64.encode(csr);
    let join = Join {
        token: invitation.token.text().to_string(),
        csr: csr.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut door = Door::open(invitation, plan, key)?;
    let refused =
        match post(&mut door.connection(invitation, plan).await?, link::JOIN, &join).await? {
            Ok(joined) => return door.close(joined).await,
            Err(problem) => problem,
        };
    // Spent by ourselves, perhaps: then the site knows our key.
    if refused.code == "invitation-spent" {
        let mut connection = door.connection(invitation, plan).await?;
        if let Ok(joined) = post(&mut connection, link::RENEW, &Renew { csr }).await? {
            return door.close(joined).await;
        }
    }
    Err(refused.into())
}

/// How the site server is met: by going there, or by waiting for it.
enum Door {
    Dialled,
    Waiting { taken: mpsc::Receiver<Stream>, tasks: Tasks, stop: Stop },
}

impl Door {
    fn open(
        invitation: &HostInvitation,
        plan: &VerifiedHostPlan,
        key: &SigningKey,
    ) -> Result<Self, Failure> {
        if !plan.ways(&LINK).is_empty() {
            return Ok(Self::Dialled);
        }
        let failed = |error: &dyn std::error::Error| {
            Failure::because("cannot wait for the site server", error)
        };
        let own = trust::certificate::joining(key, node::clock::now()).map_err(|e| failed(&e))?;
        let identity = Identity::from_der(vec![own.to_vec()], key.to_pkcs8().to_vec());
        let tls = node::tls::host_server(identity, invitation.root, &invitation.site)
            .map_err(|error| failed(&error))?;
        let mut doors = Vec::new();
        for post in plan.posts().iter().filter(|post| post.flows().contains(&&LINK)) {
            let bound = node::net::listen(&Listen::ordered(post)).map_err(|e| failed(&e))?;
            show::line(format!("waiting   on {post} for the site server, which opens the link"));
            doors.push((bound, tls.clone()));
        }
        if doors.is_empty() {
            return Err(Failure::new(
                "the host plan says neither where the site server is nor where to wait for it",
            ));
        }
        let (sender, taken) = mpsc::channel(1);
        let (mut tasks, stop) = (Tasks::new(), Stop::new());
        let took = node::http::take(doors, Limits::link(), stop.clone(), sender);
        tasks.spawn("site link", async move {
            if let Err(error) = took.await {
                tracing::error!("cannot wait for the site server: {error}");
            }
        });
        Ok(Self::Waiting { taken, tasks, stop })
    }

    async fn connection(
        &mut self,
        invitation: &HostInvitation,
        plan: &VerifiedHostPlan,
    ) -> Result<Connection, Failure> {
        let Self::Waiting { taken, .. } = self else { return dialled(invitation, plan).await };
        let Some(stream) = taken.recv().await else {
            return Err(Failure::new("nobody can come any more").kind(Kind::Unreachable));
        };
        Connection::over(stream).await.map_err(|error| unreachable(&error))
    }

    /// Lets go of the port before `serve` wants it.
    async fn close(self, joined: Joined) -> Result<Joined, Failure> {
        if let Self::Waiting { taken, mut tasks, stop } = self {
            drop(taken);
            stop.stop();
            let _late = tasks.join(DRAIN).await;
        }
        Ok(joined)
    }
}

/// The first way on which the site server answers.
async fn dialled(
    invitation: &HostInvitation,
    plan: &VerifiedHostPlan,
) -> Result<Connection, Failure> {
    let pin = PinnedServer::new(invitation.root, &SITE_SERVER, &invitation.site);
    let tls = node::tls::client(pin, None)
        .map_err(|error| Failure::because("cannot speak TLS", &error))?;
    let mut failure = Failure::new("the host plan knows no way to the site server");
    for way in plan.ways(&LINK) {
        match Connection::open(&Dial::along(&way), &tls, REACH).await {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = unreachable(&error),
        }
    }
    Err(failure)
}

fn unreachable(error: &dyn std::error::Error) -> Failure {
    Failure::because("the site server is not reached", error)
        .kind(Kind::Unreachable)
        .next("is `portolan serve` running there, and may this machine connect to it? (`portolan plan` on the site server shows the flow)")
}

async fn post(
    connection: &mut Connection,
    path: &str,
    body: &impl Serialize,
) -> Result<Result<Joined, Problem>, Failure> {
    let cannot = |error: &dyn std::error::Error| Failure::because("cannot ask to join", error);
    let body = serde_json::to_vec(body).map_err(|error| cannot(&error))?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .map_err(|error| cannot(&error))?;
    let answer = connection.send(request, ANSWER).await.map_err(|error| unreachable(&error))?;
    let status = answer.status();
    let body = node::http::read_limited(answer.into_body(), limit::REST_BODY).await;
    let body = body.map_err(|error| unreachable(&error))?;
    if status.is_success() {
        return serde_json::from_slice(&body)
            .map(Ok)
            .map_err(|error| Failure::because("the site's answer is not understood", &error));
    }
    match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => Ok(Err(problem)),
        Err(_) => {
            Err(Failure::new(format!("the site server answers {status}")).kind(Kind::Refused))
        }
    }
}

fn tell(member: &Member, folder: &Folder) {
    let Member { whose, plan, .. } = member;
    let roles: Vec<_> = plan.roles().iter().map(|role| role.name).collect();
    show::line(format!(
        "joined    site {} {:?} as host {}: {}",
        whose.site,
        plan.site_name(),
        whose.host,
        roles.join(", ")
    ));
    for post in plan.posts() {
        show::line(format!("listens   {post}, once it runs"));
    }
    show::line(if folder.is_usual() && privilege::is_root() {
        "next: systemctl enable --now portolan".to_owned()
    } else {
        format!("next: portolan{} serve", folder.said())
    });
}
