//! The agent's package, for machines that are no clients yet. It is public and
//! comes over plain HTTP: whoever fetches it has its digest from an
//! administrator, and nothing else of it is believed.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::Uses;
use crate::content::Digest;
use crate::problem::Refusal;
use crate::request::Segment;

pub(super) async fn serve(
    State(uses): State<Uses>,
    Segment(sha256): Segment,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let absent = || {
        let next = "an administrator publishes one with `portolan agent publish`";
        Refusal::not_found("agent's package", &sha256, next)
    };
    let found = uses.store.agent_package_with(&sha256).await;
    let found = found.map_err(|error| Refusal::internal("find the agent's package", &error))?;
    let digest: Digest = found.and_then(|found| found.digest.parse().ok()).ok_or_else(absent)?;
    crate::content::serve::content(&uses.library, digest, &asked).await
}
