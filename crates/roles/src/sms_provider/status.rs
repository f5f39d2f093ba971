//! How the site is: what it is, whether its parts run, and how much of
//! everything there is.

use axum::Json;
use axum::extract::State;
use wire::rest::Status;

use super::Uses;
use crate::problem::Refusal;

pub(super) async fn show(State(uses): State<Uses>) -> Result<Json<Status>, Refusal> {
    let failed = |error| Refusal::internal("count what there is", &error);
    let counts = uses.store.counts().await.map_err(failed)?;
    let map = uses.store.document(crate::MAP).await.map_err(failed)?.map_or(0, |map| map.number);
    let about = uses.facts.about();
    let parts = uses.facts.parts();
    Ok(Json(Status {
        ready: map > 0 && parts.iter().all(|part| part.running),
        site: about.code.clone(),
        name: about.name.clone(),
        version: about.version.clone(),
        root: about.root.clone(),
        started: about.started,
        parts,
        listens: uses.facts.listens(),
        devices: counts.devices,
        blocked: counts.blocked,
        apps: counts.apps,
        deployments: counts.deployments,
        map,
    }))
}
