//! The signed documents, as the site server left them in the store. Their
//! number is their `ETag`: a client that has it already is told so in a line.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

use super::{Point, Uses, visited};
use crate::identity::{self, Shown};
use crate::problem::Refusal;

pub(super) async fn map(State(uses): State<Uses>, asked: HeaderMap) -> Result<Response, Refusal> {
    let map = uses.store.document(crate::MAP).await;
    let map = map.map_err(|error| Refusal::internal("read the service map", &error))?;
    Ok(match map {
        Some(map) => envelope(map.number, &map.envelope, &asked),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// What clients ask for most often, and mostly in vain: one look at the store
/// must do, for who asks and for what there is.
pub(super) async fn policy(
    State(point): State<Point>,
    Shown { device, caller }: Shown,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let store = &point.uses.store;
    let visit = store.visit(&device).await;
    let visit = visit.map_err(|error| Refusal::internal("read the policy", &error))?;
    let Some(visit) = visit else {
        caller.is(&device);
        return Err(identity::unknown(&device));
    };
    caller.is(&visit.name);
    if visit.blocked.is_some() {
        return Err(identity::blocked(&visit.blocked_reason));
    }
    visited(store, &device, visit.last_seen).await?;
    Ok(match visit.number {
        0 => StatusCode::NO_CONTENT.into_response(),
        number => envelope(number, &visit.envelope, &asked),
    })
}

fn envelope(number: u64, bytes: &[u8], asked: &HeaderMap) -> Response {
    let tag = format!("\"{number}\"");
    let known = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if known {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    let kind = (CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
    ([kind], [(ETAG, tag)], bytes.to_vec()).into_response()
}
