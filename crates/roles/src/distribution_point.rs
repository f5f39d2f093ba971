//! The distribution point: content by digest, and its block lists, for devices
//! of the site ([`crate::content::serve`]). It needs no store: on a host of its
//! own it knows which devices are blocked, and certificates say the rest.

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;

pub use crate::content::range;
use crate::content::{Digest, Library, serve};
use crate::identity::{Roster, Visitor};
use crate::problem::Refusal;
use crate::request::Segment;

/// What a distribution point works with.
#[derive(Debug, Clone)]
pub struct Uses {
    pub roster: Roster,
    pub library: Library,
}

impl FromRef<Uses> for Roster {
    fn from_ref(uses: &Uses) -> Self {
        uses.roster.clone()
    }
}

/// The part's routes.
pub fn router(uses: Uses) -> Router {
    Router::new()
        .route("/dp/v1/content/{digest}", get(content))
        .route("/dp/v1/content/{digest}/blocks", get(blocks))
        .with_state(uses)
}

async fn content(
    State(uses): State<Uses>,
    Visitor(device): Visitor,
    Segment(digest): Segment,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let digest: Digest = digest.parse()?;
    serve::content_for(&device, &uses.library, digest, &asked).await
}

async fn blocks(
    State(uses): State<Uses>,
    _device: Visitor,
    Segment(digest): Segment,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let digest: Digest = digest.parse()?;
    serve::blocks(&uses.library, digest, &asked).await
}
