//! Content as an HTTP answer: whole or in ranges, and its block list. The
//! distribution point, the site link and the door for agents' packages answer in
//! the same way; who may ask is their business. A digest names the same bytes
//! for ever, so it is the `ETag` as well, and whoever was cut off may resume with
//! `Range` at any time.
//!
//! Each answer leaves a line at the level `debug` under the target `served`:
//! who took how many bytes of what. It is written when the answer ends, and
//! counts what was handed to the connection, so that the sum of the lines of one
//! digest is what its distribution cost (`PORTOLAN_LOG=info,served=debug`).

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderName, StatusCode};

use super::range::{self, Asked};
use super::read::Reading;
use super::small::SMALL;
use super::{Digest, Library};
use crate::problem::Refusal;

/// What was sent of an answer, told when the answer ends.
#[derive(Debug)]
pub(super) struct Receipt {
    digest: Digest,
    taker: String,
    first: u64,
    pub(super) sent: u64,
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let Self { digest, taker, first, sent } = self;
        tracing::debug!(target: "served", taker, %digest, first, bytes = sent);
    }
}

/// Where the bytes of a piece of content are.
enum Source {
    Memory(Bytes),
    File(std::fs::File, u64),
}

/// The content, or the range of it that `asked` names, for whoever asks.
///
/// # Errors
///
/// 404 `not-found`, 416 `range-beyond`, 500.
pub async fn content(
    library: &Library,
    digest: Digest,
    asked: &HeaderMap,
) -> Result<Response, Refusal> {
    content_for("", library, digest, asked).await
}

/// The same, for somebody whose name stands in the count: a device, a host.
///
/// # Errors
///
/// Those of [`content`].
pub async fn content_for(
    taker: &str,
    library: &Library,
    digest: Digest,
    asked: &HeaderMap,
) -> Result<Response, Refusal> {
    let source = source(library, digest).await?;
    let tag = format!("\"{digest}\"");
    if text(asked, &IF_NONE_MATCH) == Some(&tag) {
        return Ok(unchanged(&tag));
    }
    let size = match &source {
        Source::Memory(bytes) => bytes.len() as u64,
        Source::File(_, size) => *size,
    };
    let (status, first, length) = match range::asked(asked, &tag, size) {
        Asked::Whole => (StatusCode::OK, 0, size),
        Asked::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Asked::Beyond => return Ok(beyond(&tag, size)),
    };
    let mut receipt = Receipt { digest, taker: taker.to_owned(), first, sent: 0 };
    let body = match source {
        Source::Memory(bytes) => {
            receipt.sent = length;
            Body::from(slice(&bytes, first, length))
        }
        Source::File(file, _) => {
            Body::new(Reading::new(file, first, length, library.0.buffers.clone(), receipt))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    always(headers, &tag);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, length.into());
    if status == StatusCode::PARTIAL_CONTENT {
        let place = format!("bytes {first}-{}/{size}", first + length - 1);
        headers.insert(CONTENT_RANGE, visible(&place));
    }
    Ok(response)
}

/// The block list of the content: 32 bytes a block.
///
/// # Errors
///
/// 404 `not-found`, 500.
pub async fn blocks(
    library: &Library,
    digest: Digest,
    asked: &HeaderMap,
) -> Result<Response, Refusal> {
    // The list has the content's digest for its proof, and follows from it.
    let tag = format!("\"{digest}.blocks\"");
    if text(asked, &IF_NONE_MATCH) == Some(&tag) {
        return Ok(unchanged(&tag));
    }
    let list = library.list(digest).await;
    let list = list.map_err(|error| Refusal::internal("read a block list", &error))?;
    let list = list.ok_or_else(|| absent(digest))?;
    let mut response = Response::new(Body::from(list.to_bytes()));
    always(response.headers_mut(), &tag);
    Ok(response)
}

async fn source(library: &Library, digest: Digest) -> Result<Source, Refusal> {
    if let Some(bytes) = library.0.small.find(digest) {
        return Ok(Source::Memory(bytes));
    }
    let failed = |error| Refusal::internal("read content", &error);
    match library.find(digest).await.map_err(failed)? {
        None => Err(absent(digest)),
        Some((file, size)) if size <= SMALL => {
            let bytes = super::blocking(move || whole(file, size)).await.map_err(failed)?;
            // What is damaged is found by whoever takes it, and is not kept.
            if Digest::of(&bytes) == digest {
                library.0.small.remember(digest, &bytes);
            }
            Ok(Source::Memory(bytes))
        }
        Some((file, size)) => Ok(Source::File(file, size)),
    }
}

fn whole(mut file: std::fs::File, size: u64) -> std::io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    std::io::Read::read_to_end(&mut file, &mut bytes)?;
    Ok(bytes.into())
}

/// `first` and `length` lie within the bytes.
fn slice(bytes: &Bytes, first: u64, length: u64) -> Bytes {
    let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
    let (first, end) = (place(first), first.saturating_add(length));
    bytes.slice(first..place(end))
}

fn always(headers: &mut HeaderMap, tag: &str) {
    headers.insert(ETAG, visible(tag));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, immutable"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
}

fn unchanged(tag: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    always(response.headers_mut(), tag);
    response
}

fn beyond(tag: &str, size: u64) -> Response {
    let message = format!("the content has {size} bytes, and the range begins after them");
    let status = StatusCode::RANGE_NOT_SATISFIABLE;
    let mut response = Refusal::new(status, "range-beyond", message, "").into_response();
    let headers = response.headers_mut();
    headers.insert(ETAG, visible(tag));
    headers.insert(CONTENT_RANGE, visible(&format!("bytes */{size}")));
    response
}

fn absent(digest: Digest) -> Refusal {
    Refusal::not_found("content", &digest.to_string(), "try again later")
}

/// A text of ours as a header: digits and punctuation.
fn visible(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A header's text; none where it holds anything but visible ASCII.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
