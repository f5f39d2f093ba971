//! The signed documents, as the site server left them in the store. Their
//! number is their `ETag`: a client that has it already is told so in a line.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

use super::{Uses, visited};
use crate::identity::Device;
use crate::problem::Refusal;

pub(super) async fn map(State(uses): State<Uses>, asked: HeaderMap) -> Result<Response, Refusal> {
    let map = uses.store.document(crate::MAP).await;
    let map = map.map_err(|error| Refusal::internal("read the service map", &error))?;
    Ok(match map {
        Some(map) => envelope(map.number, map.envelope, &asked),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

pub(super) async fn policy(
    State(uses): State<Uses>,
    device: Device,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    visited(&uses, &device).await?;
    let policy = uses.store.policy_of(&device.0.id).await;
    let policy = policy.map_err(|error| Refusal::internal("read the policy", &error))?;
    Ok(match policy {
        Some(policy) => envelope(policy.number, policy.envelope, &asked),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

fn envelope(number: u64, bytes: Vec<u8>, asked: &HeaderMap) -> Response {
    let tag = format!("\"{number}\"");
    let known = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if known {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    ([(ETAG, tag), (CONTENT_TYPE, "application/cbor".to_owned())], bytes).into_response()
}
