//! The distribution point: content by digest, for devices of the site. A
//! digest names the same bytes for ever, so it is the `ETag` as well, and a
//! client may resume with `Range` whenever it comes back. What is served was
//! verified when it came into the library (see [`crate::content`]).

pub mod range;

use std::fs::File;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderName, StatusCode};

use self::range::Asked;
use crate::content::{self, Digest, Library};
use crate::identity::{Device, Roster};
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
    Router::new().route("/dp/v1/content/{digest}", get(serve)).with_state(uses)
}

async fn serve(
    State(uses): State<Uses>,
    _device: Device,
    Segment(digest): Segment,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let digest: Digest = digest.parse()?;
    let found = uses.library.find(digest).await;
    let found = found.map_err(|error| Refusal::internal("read content", &error))?;
    let Some((file, size)) = found else {
        return Err(Refusal::not_found("content", &digest.to_string(), "try again later"));
    };
    let tag = format!("\"{digest}\"");
    let always = [
        (ETAG, tag.clone()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CACHE_CONTROL, "private, immutable".to_owned()),
    ];
    if text(&asked, &IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, always).into_response());
    }
    Ok((always, part(file, size, range::asked(&asked, &tag, size))).into_response())
}

fn part(file: File, size: u64, wanted: Asked) -> Response {
    let bytes = |first, length: u64| {
        let kind = [
            (CONTENT_TYPE, "application/octet-stream".to_owned()),
            (CONTENT_LENGTH, length.to_string()),
        ];
        (kind, content::body(file, first, length))
    };
    match wanted {
        Asked::Whole => bytes(0, size).into_response(),
        Asked::Part { first, last } => {
            let place = [(CONTENT_RANGE, format!("bytes {first}-{last}/{size}"))];
            (StatusCode::PARTIAL_CONTENT, place, bytes(first, last - first + 1)).into_response()
        }
        Asked::Beyond => {
            let message = format!("the content has {size} bytes, and the range begins after them");
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let place = [(CONTENT_RANGE, format!("bytes */{size}"))];
            (place, Refusal::new(status, "range-beyond", message, "")).into_response()
        }
    }
}

/// A header's text; none where it holds anything but visible ASCII.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
