//! Content that an administrator publishes: how much has arrived, and the
//! bytes themselves.

use axum::Json;
use axum::extract::{Request, State};
use wire::rest::ContentState;

use super::Uses;
use crate::content::{Arrived, Digest};
use crate::problem::Refusal;
use crate::request::{Query, Segment};

pub(super) async fn show(
    State(uses): State<Uses>,
    Segment(digest): Segment,
) -> Result<Json<ContentState>, Refusal> {
    let digest: Digest = digest.parse()?;
    // Whoever asks sends only what lacks: what is there must stay for a while.
    let wanted = uses.store.want_content(&digest.to_string(), node::clock::now()).await;
    wanted.map_err(|error| Refusal::internal("note the content", &error))?;
    let arrived = uses.library.arrived(digest).await;
    let arrived = arrived.map_err(|error| Refusal::internal("read content", &error))?;
    Ok(Json(state(digest, arrived)))
}

/// Where the bytes of the body belong.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    offset: u64,
    size: u64,
}

pub(super) async fn receive(
    State(uses): State<Uses>,
    Segment(digest): Segment,
    Query(place): Query<Place>,
    request: Request,
) -> Result<Json<ContentState>, Refusal> {
    let digest: Digest = digest.parse()?;
    let failed = |error| Refusal::internal("note the content", &error);
    let (key, now) = (digest.to_string(), node::clock::now());
    uses.store.announce_content(&key, place.size, "", now).await.map_err(failed)?;
    let body = request.into_body();
    let arrived = uses.library.receive(digest, place.offset, place.size, body).await?;
    if arrived.complete {
        let _known = uses
            .store
            .complete_content(&key, arrived.have, node::clock::now())
            .await
            .map_err(failed)?;
    }
    Ok(Json(state(digest, arrived)))
}

fn state(digest: Digest, Arrived { have, complete }: Arrived) -> ContentState {
    ContentState { digest: digest.to_string(), have, complete }
}
