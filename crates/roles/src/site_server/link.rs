//! The site link, the site server's side: what a host of the site may ask, on
//! whichever connection it asks. A host is known by its certificate, and looked
//! up in the store with every request: one that was removed is refused from its
//! next request on, and so is a key in whose place another has joined. What it
//! is told is its own: no request names a host.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use catalog::role::DISTRIBUTION_POINT;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use plan::PlannedHost;
use store::change::Topic;
use store::held;
use trust::tls::Peer;
use wire::client::Renew;
use wire::limit;
use wire::link::{self, Held, Join, Joined, Orders, Report, Wanted};

use super::{Office, enrolment, host_plans};
use crate::content::{self, Digest};
use crate::identity::Caller;
use crate::problem::{Refusal, printable};
use crate::request::{self, Query, Segment};

/// So long an answer waits for news.
const PATIENCE: Duration = Duration::from_secs(link::WAIT);
/// News of other hosts show in the store alone: it is asked so often.
const LOOK: Duration = Duration::from_secs(2);
/// `last_seen` is written at most so often for a host. Milliseconds.
const SEEN: i64 = 10_000; // not a port: milliseconds
/// Bytes of a host's trouble that are kept.
const TROUBLE: usize = 1024;

type Site = State<Arc<Office>>;

pub(super) fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route(link::JOIN, post(join))
        .route(link::RENEW, post(renew))
        .route(link::ORDERS, get(orders))
        .route(link::HOST_PLAN, get(host_plan))
        .route("/link/v1/content/{digest}", get(serve))
        .route("/link/v1/content/{digest}/blocks", get(serve_blocks))
        .route(link::REPORT, post(report))
        .with_state(office)
}

/// A host that is of the site, and in its plan.
#[derive(Debug, Clone)]
struct Member {
    host: store::host::Host,
    planned: PlannedHost,
}

impl Member {
    fn holds_content(&self) -> bool {
        self.planned.roles.contains(&&DISTRIBUTION_POINT)
    }
}

impl FromRequestParts<Arc<Office>> for Member {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Office>) -> Result<Self, Refusal> {
        let (name, key) = match parts.extensions.get::<Peer>() {
            Some(Peer::Host { host, key, .. }) => (host, key),
            Some(Peer::Device(_)) => return Err(wrong_role()),
            None => return Err(no_certificate()),
        };
        if let Some(caller) = parts.extensions.get::<Caller>() {
            caller.is(name);
        }
        let member = office.member(name).await?;
        if key.is_none_or(|key| key.0 != member.host.public_key.as_slice()) {
            return Err(other_key(name));
        }
        Ok(member)
    }
}

impl Office {
    async fn member(&self, name: &str) -> Result<Member, Refusal> {
        let host = self.store.host(name).await;
        let host = host.map_err(|error| Refusal::internal("look up the host", &error))?;
        let host = host.ok_or_else(unknown)?;
        if host.removed.is_some() {
            return Err(removed(name));
        }
        let planned = self.plan().host(name).cloned().ok_or_else(|| unplanned(name))?;
        Ok(Member { host, planned })
    }

    /// Whole; the version first, so that waiting for a later one misses
    /// nothing.
    async fn orders(&self, version: u64, member: &Member) -> Result<Orders, Refusal> {
        let failed = |error| Refusal::internal("read the host's orders", &error);
        let name = &member.host.name;
        let contents = match member.holds_content() {
            true => self.store.wanted_by(name).await.map_err(failed)?,
            false => Vec::new(),
        };
        let number = self.store.document_number(&host_plans::kind(name)).await;
        Ok(Orders {
            version,
            host_plan: number.map_err(failed)?,
            blocked: self.store.blocked_devices().await.map_err(failed)?,
            contents: contents.into_iter().map(wanted).collect(),
        })
    }

    /// What a host takes is what its orders name: the library holds more, such as
    /// what is not published yet.
    async fn ordered(&self, member: &Member, digest: &str) -> Result<Digest, Refusal> {
        if !member.holds_content() {
            return Err(no_content(&member.host.name));
        }
        let digest: Digest = digest.parse()?;
        let ordered = self.store.is_wanted(&digest.to_string()).await;
        match ordered.map_err(|error| Refusal::internal("look up the content", &error))? {
            true => Ok(digest),
            false => Err(not_ordered(&digest)),
        }
    }

    async fn orders_version(&self) -> Result<u64, Refusal> {
        let version = self.store.version(Topic::Orders).await;
        version.map_err(|error| Refusal::internal("wait for orders", &error))
    }

    /// Until there is another version than the one that the host has seen.
    async fn other_orders(&self, seen: u64) -> Result<(), Refusal> {
        let mut changes = self.store.order_changes();
        while self.orders_version().await? == seen {
            let _news_or_time = tokio::time::timeout(LOOK, changes.changed()).await;
        }
        Ok(())
    }
}

async fn join(
    State(office): Site,
    request::Json(join): request::Json<Join, { limit::UNAUTHENTICATED_BODY }>,
) -> Result<Json<Joined>, Refusal> {
    office.join(&join).await.map(Json)
}

async fn renew(
    State(office): Site,
    request::Json(renew): request::Json<Renew, { limit::UNAUTHENTICATED_BODY }>,
) -> Result<Json<Joined>, Refusal> {
    office.renew_host(&renew).await.map(Json)
}

/// The version that the host has seen.
#[derive(Debug, serde::Deserialize)]
struct Seen {
    after: Option<u64>,
}

async fn orders(
    State(office): Site,
    member: Member,
    Query(seen): Query<Seen>,
) -> Result<Json<Orders>, Refusal> {
    let (name, now) = (&member.host.name, node::clock::now());
    if now.saturating_sub(member.host.last_seen) >= SEEN {
        let touched = office.store.touch_host(name, now).await;
        touched.map_err(|error| Refusal::internal("note the host's visit", &error))?;
    }
    if let Some(seen) = seen.after {
        // No news is an answer, too.
        tokio::select! {
            news = office.other_orders(seen) => news?,
            () = tokio::time::sleep(PATIENCE) => {}
            () = office.stop.stopped() => {}
        }
    }
    // What became of the host meanwhile may be the news.
    let member = office.member(name).await?;
    let version = office.orders_version().await?;
    office.orders(version, &member).await.map(Json)
}

async fn host_plan(State(office): Site, member: Member) -> Result<Response, Refusal> {
    let name = &member.host.name;
    let found = office.store.document(&host_plans::kind(name)).await;
    let found = found.map_err(|error| Refusal::internal("read the host's plan", &error))?;
    let found = found.ok_or_else(|| Refusal::later("not-ready", "the plan is not signed yet"))?;
    Ok(([(CONTENT_TYPE, "application/cbor")], found.envelope).into_response())
}

async fn serve(
    State(office): Site,
    member: Member,
    Segment(digest): Segment,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let digest = office.ordered(&member, &digest).await?;
    content::serve::content_for(&member.host.name, &office.library, digest, &asked).await
}

async fn serve_blocks(
    State(office): Site,
    member: Member,
    Segment(digest): Segment,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    content::serve::blocks(&office.library, office.ordered(&member, &digest).await?, &asked).await
}

async fn report(
    State(office): Site,
    member: Member,
    request::Json(report): request::Json<Report, { limit::REPORT_BODY }>,
) -> Result<StatusCode, Refusal> {
    let failed = |error| Refusal::internal("keep the host's report", &error);
    let name = &member.host.name;
    let version = enrolment::word("a program's version", &report.version)?;
    let now = node::clock::now();
    for held in report.contents.iter().filter(|held| held.source_damaged.is_some()) {
        office.doubt_own(name, held, now).await?;
    }
    let held = report.contents.into_iter().map(said).collect::<Result<Vec<_>, _>>()?;
    if version != member.host.version {
        office.store.note_host_version(name, &version).await.map_err(failed)?;
    }
    office.store.report_held(name, &held, now).await.map_err(failed)?;
    Ok(StatusCode::NO_CONTENT)
}

fn said(held: Held) -> Result<held::Held, Refusal> {
    let _digest: Digest = held.digest.parse()?;
    Ok(held::Held {
        digest: held.digest,
        have: held.have,
        complete: held.complete,
        looked: held.looked,
        repaired: held.repaired,
        trouble: wire::problem::printable(&held.trouble, TROUBLE),
    })
}

fn wanted(wanted: held::Wanted) -> Wanted {
    let held::Wanted { digest, size, name, doubt } = wanted;
    Wanted { digest, size, name, doubt }
}

/// 403 `host-removed`.
pub(super) fn removed(name: &str) -> Refusal {
    let message = format!("{} was removed from the site", printable(name));
    let next = "to take it back, an administrator makes an invitation with `portolan host invite`";
    Refusal::new(StatusCode::FORBIDDEN, link::HOST_REMOVED, message, next)
}

/// 403 `host-unknown`.
pub(super) fn unknown() -> Refusal {
    let next = "join with an invitation, which `portolan host invite` makes";
    Refusal::new(StatusCode::FORBIDDEN, "host-unknown", "no such host has joined the site", next)
}

fn other_key(name: &str) -> Refusal {
    let message = format!("another machine has joined as {} since", printable(name));
    let next = "join with a new invitation, or switch this machine off";
    Refusal::new(StatusCode::FORBIDDEN, link::HOST_KEY, message, next)
}

fn unplanned(name: &str) -> Refusal {
    let message = format!("the site file has no host {}", printable(name));
    let next = "put it back there, or remove the host with `portolan host remove`";
    Refusal::new(StatusCode::FORBIDDEN, link::HOST_UNPLANNED, message, next)
}

fn no_content(name: &str) -> Refusal {
    let message = format!("{} is no distribution point, and holds no content", printable(name));
    Refusal::new(StatusCode::FORBIDDEN, "wrong-role", message, "give it the role in the site file")
}

fn not_ordered(digest: &Digest) -> Refusal {
    Refusal::not_found("content", &digest.to_string(), "a host takes what its orders name")
}

fn no_certificate() -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "certificate-missing",
        "this needs a host's certificate, and none was shown",
        "join, or renew the certificate",
    )
}

fn wrong_role() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "wrong-role",
        "this needs a host's certificate, and a device's was shown",
        "devices talk to the management point",
    )
}
