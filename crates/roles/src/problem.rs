//! Every refusal of the site, as one type: an HTTP status and the problem that
//! its body says. What the caller did wrong is told to the caller; what went
//! wrong inside is told to the log, and the caller hears only that it did.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
pub(crate) use wire::problem::chain;
use wire::problem::{self, Problem};

/// A request that gets no as its answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Refusal {
    pub status: StatusCode,
    pub problem: Problem,
}

impl Refusal {
    /// Pass `""` as `next` where there is nothing to do about it.
    pub fn new(
        status: StatusCode,
        code: &str,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { status, problem: Problem::new(code, message, next) }
    }

    /// 404: there is no `kind` called `name`.
    pub fn not_found(kind: &str, name: &str, next: &str) -> Self {
        let message = format!("there is no {kind} `{}`", printable(name));
        Self::new(StatusCode::NOT_FOUND, "not-found", message, next)
    }

    /// 404, in the words of whoever looked for it.
    pub fn absent(message: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", message, "")
    }

    /// 400: the request says something that cannot be.
    pub fn bad(code: &str, message: impl Into<String>, next: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message, next)
    }

    /// 409: the request does not fit what is there.
    pub fn conflict(code: &str, message: impl Into<String>, next: &str) -> Self {
        Self::new(StatusCode::CONFLICT, code, message, next)
    }

    /// 413: more than `limit` bytes of `what`.
    pub fn too_large(what: &str, limit: u64) -> Self {
        let message = format!("{what} is larger than the limit of {limit} bytes");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            problem::BODY_TOO_LARGE,
            message,
            "send less at once",
        )
    }

    /// 503: nothing is wrong with the request; later it may succeed.
    pub fn later(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message, "try again in a few seconds")
    }

    /// 500: the cause goes to the log.
    pub fn internal(doing: &str, cause: &dyn std::error::Error) -> Self {
        tracing::error!(cause = %chain(cause), "could not {doing}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            format!("the site could not {doing}"),
            "the site's log says why",
        )
    }
}

/// The problem of a refused response, for whoever traces requests.
#[derive(Debug, Clone)]
pub struct Told(pub Problem);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self.problem)).into_response();
        if matches!(self.problem.code.as_str(), "token-missing" | "token-wrong") {
            let _before =
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let _before = response.extensions_mut().insert(Told(self.problem));
        response
    }
}

/// A foreign text as it may stand in a message or a log line.
pub(crate) fn printable(text: &str) -> String {
    wire::problem::printable(text, 100)
}
