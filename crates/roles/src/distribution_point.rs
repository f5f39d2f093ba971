//! The distribution point: content by digest, for devices of the site. A
//! digest names the same bytes for ever, so it is the `ETag` as well, and a
//! client may resume with `Range` whenever it comes back. What is served was
//! verified when it came into the library (see [`crate::content`]).

mod range;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    IF_RANGE, RANGE,
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
    // A range of something else than what the client has a part of would be
    // worth nothing to it.
    let same = text(&asked, &IF_RANGE).is_none_or(|condition| condition == tag);
    let range = text(&asked, &RANGE).filter(|_| same);
    let (status, first, length) = match range.map_or(Asked::Whole, |r| range::parse(r, size)) {
        Asked::Whole => (StatusCode::OK, 0, size),
        Asked::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Asked::Beyond => {
            let refusal = Refusal::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range-beyond",
                format!("the content has {size} bytes, and the range begins after them"),
                "",
            );
            return Ok(
                (always, [(CONTENT_RANGE, format!("bytes */{size}"))], refusal).into_response()
            );
        }
    };
    let kind = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, length.to_string()),
    ];
    let mut response = (status, always, kind, content::body(file, first, length)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let place = format!("bytes {first}-{}/{size}", first + length - 1);
        let value = place.parse().map_err(|error| Refusal::internal("answer", &error))?;
        let _before = response.headers_mut().insert(CONTENT_RANGE, value);
    }
    Ok(response)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
