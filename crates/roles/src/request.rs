//! What a request says: its body, read with a limit and within a time, its
//! query, its path. Each route names its limit in its signature,
//! `Json<Enrol, UNAUTHENTICATED_BODY>`; what is larger is refused before it is
//! in memory. Whatever cannot be read is refused with a problem like any
//! other, which axum's own extractors do not do.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use wire::problem;

use crate::problem::{Refusal, chain, printable};

/// What to do about a request that cannot be understood.
const DESCRIPTION: &str = "the site may be of another version: GET /api/v1/openapi.json describes \
                           what it takes";
/// Within this time a whole body must have arrived.
const PATIENCE: Duration = Duration::from_secs(60);
/// So long the rest of a body that is too large is read.
const POUR: Duration = Duration::from_secs(5);
/// So many bytes of it beyond a second helping of the limit.
const SPARE: usize = 64 * 1024;

/// A JSON body of at most `LIMIT` bytes.
#[derive(Debug)]
pub struct Json<T, const LIMIT: usize>(pub T);

impl<S: Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        parse(&read(request, LIMIT).await?).map(Self)
    }
}

/// The query, as `T`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        let query =
            query.map_err(|cause| Refusal::bad("query-malformed", chain(&cause), DESCRIPTION))?;
        Ok(Self(query.0))
    }
}

/// The one variable segment of the path.
#[derive(Debug)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let path =
            path.map_err(|cause| Refusal::bad("path-malformed", chain(&cause), DESCRIPTION))?;
        Ok(Self(path.0))
    }
}

/// The whole body, if it has at most `limit` bytes.
///
/// # Errors
///
/// 413 `body-too-large`, 408 `body-too-slow`, 400 `body-cut-off`.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, Refusal> {
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    let mut body = request.into_body();
    if announced.is_some_and(|length: u64| length > limit as u64) {
        pour_away(&mut body, limit).await;
        return Err(Refusal::too_large("the body", limit as u64));
    }
    match tokio::time::timeout(PATIENCE, collect(body, limit)).await {
        Ok(read) => read,
        Err(_elapsed) => Err(Refusal::new(
            http::StatusCode::REQUEST_TIMEOUT,
            problem::BODY_TOO_SLOW,
            format!("the body did not arrive within {} s", PATIENCE.as_secs()),
            "try again when the network is faster, or send less at once",
        )),
    }
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|cause| {
            let message = format!("the body ended early: {}", chain(&cause));
            Refusal::bad("body-cut-off", message, "try again")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            pour_away(&mut body, limit).await;
            return Err(Refusal::too_large("the body", limit as u64));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// Reads on for a while and keeps nothing. Whoever sends too much can only
/// hear why once he has sent it: a connection that is closed under his hands
/// takes the answer with it.
async fn pour_away(body: &mut Body, limit: usize) {
    let pour = async {
        let mut left = limit + SPARE;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    // What comes too slowly is not waited for.
    let _cut_short = tokio::time::timeout(POUR, pour).await;
}

/// A JSON text as `T`; where it is wrong, the refusal says at which line and
/// column.
///
/// # Errors
///
/// 400 `json-malformed`.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        // The words quote what was sent, at any length and with any character.
        let words = error.to_string();
        let place = format!(" at line {line} column {column}");
        let words = printable(words.strip_suffix(&place).unwrap_or(&words));
        let message = format!("the body cannot be read at line {line}, column {column}: {words}");
        Refusal::bad(problem::JSON_MALFORMED, message, DESCRIPTION)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use wire::client::Body as Message;

    use super::*;

    #[test]
    fn a_refusal_does_not_give_back_what_was_sent() {
        for kind in ["k".repeat(100_000), "\\u001b]0;x\\u0007".to_owned()] {
            let text = format!("{{\n\"kind\":\"{kind}\"}}");
            let refusal = parse::<Message>(text.as_bytes()).unwrap_err();
            let message = refusal.problem.message;
            assert!(message.starts_with("the body cannot be read at line 2, column "), "{message}");
            assert!(message.len() < 300 && !message.chars().any(char::is_control), "{message}");
        }
    }
}
