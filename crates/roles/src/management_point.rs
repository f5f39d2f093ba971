//! The management point: what clients talk to. It enrols and renews through
//! the signing desk, hands out the documents that the site server has signed,
//! says where content is for whom, and takes clients' messages into the store.
//! It holds no signing key, so whoever takes it over can withhold, but not
//! invent.
//!
//! Two routers: one for HTTPS, and one of what is public, which may stand on
//! plain HTTP, because a machine without the agent has nothing else to ask with.

mod documents;
mod intake;
mod locations;
mod messages;
mod package;

use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use plan::Plan;
use store::Store;
use tokio::sync::watch;
use wire::client::{self, Enrol, Enrolled, Renew, Renewed};
use wire::limit;

use self::intake::Intake;
use crate::content::Library;
use crate::desk::SigningDesk;
use crate::identity::{Caller, Roster};
use crate::problem::Refusal;
use crate::request;

/// What a management point works with.
#[derive(Debug, Clone)]
pub struct Uses {
    pub store: Store,
    pub desk: SigningDesk,
    /// Where the agent's package is.
    pub library: Library,
    /// As it is now.
    pub plan: watch::Receiver<Arc<Plan>>,
    /// The site server's own host, by its key in the site file: the one that
    /// never had to join.
    pub host: String,
}

/// What its requests share.
#[derive(Debug, Clone)]
struct Point {
    uses: Arc<Uses>,
    intake: Intake,
    roster: Roster,
}

impl FromRef<Point> for Uses {
    fn from_ref(point: &Point) -> Self {
        point.uses.as_ref().clone()
    }
}

impl FromRef<Point> for Intake {
    fn from_ref(point: &Point) -> Self {
        point.intake.clone()
    }
}

impl FromRef<Point> for Roster {
    fn from_ref(point: &Point) -> Self {
        point.roster.clone()
    }
}

/// [`client::AGENT`], and the digest.
const PACKAGE: &str = "/mp/v1/agent/{sha256}";
/// `last_seen` is written at most so often for a device. Milliseconds.
const SEEN: i64 = 60_000;

/// Notes that the device was here.
async fn visited(store: &Store, device: &str, last_seen: i64) -> Result<(), Refusal> {
    let now = node::clock::now();
    if now.saturating_sub(last_seen) < SEEN {
        return Ok(());
    }
    let touched = store.touch_device(device, now).await;
    touched.map_err(|error| Refusal::internal("note the device's visit", &error))
}

/// What is public, and for plain HTTP.
pub fn public(uses: Uses) -> Router {
    Router::new().route(PACKAGE, get(package::serve)).with_state(uses)
}

/// The part's routes, for HTTPS.
pub fn router(uses: Uses) -> Router {
    let public = public(uses.clone());
    let roster = Roster::of(uses.store.clone());
    Router::new()
        .route(client::MAP, get(documents::map))
        .route(client::ENROL, post(enrol))
        .route(client::RENEW, post(renew))
        .route(client::POLICY, get(documents::policy))
        .route(client::MESSAGES, post(messages::receive))
        .route(client::LOCATIONS, post(locations::locate))
        .with_state(Point { uses: Arc::new(uses), intake: Intake::new(), roster })
        .merge(public)
}

/// From somebody who has nothing but a token.
async fn enrol(
    State(uses): State<Uses>,
    caller: Caller,
    request::Json(enrol): request::Json<Enrol, { limit::UNAUTHENTICATED_BODY }>,
) -> Result<Json<Enrolled>, Refusal> {
    caller.is(&enrol.name);
    uses.desk.enrol(enrol).await.map(Json)
}

/// From a device whose certificate may have expired long ago: the signature of
/// its request is its proof, so no certificate is asked for.
async fn renew(
    State(uses): State<Uses>,
    request::Json(renew): request::Json<Renew, { limit::UNAUTHENTICATED_BODY }>,
) -> Result<Json<Renewed>, Refusal> {
    uses.desk.renew(renew).await.map(Json)
}
