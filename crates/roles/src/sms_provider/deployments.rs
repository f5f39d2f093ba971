//! Deployments, and where each device stands with them. Who watches one asks
//! again and again with the version that it has seen; the answer waits until
//! there is a newer one, so that a change is on the screen at once and nobody
//! asks in a circle.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use store::change::Topic;
use store::deployment::{self, DeployError};
use wire::limit;
use wire::rest::{Deployment, DeploymentProgress, NewDeployment};

use super::apps::unknown;
use super::{Uses, devices};
use crate::problem::Refusal;
use crate::request::{self, Query, Segment};

/// So long an answer waits for news.
const PATIENCE: Duration = Duration::from_secs(25);
/// News of other hosts show in the store alone: it is asked so often.
const LOOK: Duration = Duration::from_secs(2);

pub(super) async fn list(State(uses): State<Uses>) -> Result<Json<Vec<Deployment>>, Refusal> {
    all(&uses).await.map(|found| Json(found.into_iter().map(deployment).collect()))
}

/// The version that the caller has seen.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Seen {
    after: Option<u64>,
}

pub(super) async fn watch(
    State(uses): State<Uses>,
    Segment(app): Segment,
    Query(seen): Query<Seen>,
) -> Result<Json<DeploymentProgress>, Refusal> {
    let failed = |error| Refusal::internal("read the deployments", &error);
    if uses.store.app(&app).await.map_err(failed)?.is_none() {
        return Err(unknown(&app));
    }
    if let Some(after) = seen.after {
        // No news is an answer, too.
        tokio::select! {
            news = newer(&uses, after) => news?,
            () = tokio::time::sleep(PATIENCE) => {}
            () = uses.stop.stopped() => {}
        }
    }
    let progress = uses.store.progress(&app).await.map_err(failed)?;
    Ok(Json(DeploymentProgress {
        version: progress.version,
        deployments: progress.deployments.into_iter().map(deployment).collect(),
        states: progress.states.into_iter().map(devices::device_state).collect(),
    }))
}

async fn newer(uses: &Uses, after: u64) -> Result<(), Refusal> {
    let mut changes = uses.store.changes();
    loop {
        let version = uses.store.version(Topic::Progress).await;
        let version = version.map_err(|error| Refusal::internal("wait for news", &error))?;
        if version > after {
            return Ok(());
        }
        let _news_or_time = tokio::time::timeout(LOOK, changes.changed()).await;
    }
}

pub(super) async fn create(
    State(uses): State<Uses>,
    request::Json(new): request::Json<NewDeployment, { limit::REST_BODY }>,
) -> Result<Json<Deployment>, Refusal> {
    let new = deployment::NewDeployment {
        app: new.app,
        collection: new.collection,
        uninstall: new.uninstall,
        deadline: new.deadline,
    };
    let made = uses.store.deploy(&new, node::clock::now()).await?;
    Ok(Json(deployment(made)))
}

pub(super) async fn delete(
    State(uses): State<Uses>,
    Segment(id): Segment,
) -> Result<Json<Deployment>, Refusal> {
    let known = all(&uses).await?.into_iter().find(|deployment| deployment.id.to_string() == id);
    let next = "`portolan deployment list` shows their numbers";
    let found = known.ok_or_else(|| Refusal::not_found("deployment", &id, next))?;
    let ended = uses.store.delete_deployment(found.id).await;
    let _there = ended.map_err(|error| Refusal::internal("end the deployment", &error))?;
    Ok(Json(deployment(found)))
}

async fn all(uses: &Uses) -> Result<Vec<deployment::Deployment>, Refusal> {
    let found = uses.store.deployments().await;
    found.map_err(|error| Refusal::internal("list deployments", &error))
}

fn deployment(found: deployment::Deployment) -> Deployment {
    Deployment {
        id: found.id,
        app: found.app,
        collection: found.collection,
        uninstall: found.uninstall,
        deadline: found.deadline,
        created: found.created,
    }
}

impl From<DeployError> for Refusal {
    fn from(error: DeployError) -> Self {
        let text = error.to_string();
        match error {
            DeployError::AppUnknown { .. } | DeployError::CollectionUnknown { .. } => {
                Self::absent(text)
            }
            DeployError::Store(cause) => Self::internal("deploy", &cause),
        }
    }
}
