//! Content that an administrator publishes: how much has arrived, the bytes
//! themselves, and where they have got to since.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Request, State};
use catalog::role::DISTRIBUTION_POINT;
use store::held::Copy;
use wire::rest::{Content, ContentState, Place};

use super::Uses;
use crate::content::{Arrived, Digest};
use crate::problem::Refusal;
use crate::request::{Query, Segment};

pub(super) async fn list(State(uses): State<Uses>) -> Result<Json<Vec<Content>>, Refusal> {
    let failed = |error| Refusal::internal("list content", &error);
    let mut apps: HashMap<_, Vec<_>> = HashMap::new();
    for (digest, app) in uses.store.content_uses().await.map_err(failed)? {
        apps.entry(digest).or_default().push(app);
    }
    let mut copies: HashMap<_, Vec<_>> = HashMap::new();
    for copy in uses.store.copies().await.map_err(failed)? {
        copies.entry(copy.held.digest.clone()).or_default().push(copy);
    }
    let hosts = uses.store.hosts().await.map_err(failed)?;
    let plan = uses.plan();
    let holds = |host: &store::host::Host| {
        let planned = plan.host(&host.name);
        let here = planned.is_some_and(|at| at.roles.contains(&&DISTRIBUTION_POINT));
        here && host.removed.is_none()
    };
    let holders: Vec<_> = hosts.into_iter().filter(holds).map(|host| host.name).collect();
    let mut listed = Vec::new();
    for content in uses.store.contents().await.map_err(failed)? {
        let apps = apps.remove(&content.digest).unwrap_or_default();
        let copies = copies.remove(&content.digest).unwrap_or_default();
        let mut places = vec![own(&uses, &content.digest, &copies).await?];
        // A host that is to hold it, and has not said anything yet, has none.
        let silent = holders.iter().filter(|_| !apps.is_empty());
        let silent = silent.filter(|host| copies.iter().all(|copy| copy.host != **host));
        let mut others: Vec<_> = silent.map(|host| nothing(host)).collect();
        others.extend(copies.into_iter().filter(|copy| copy.host != uses.host).map(place));
        others.sort_by(|one, other| one.host.cmp(&other.host));
        places.extend(others);
        let store::content::Content { digest, size, name, .. } = content;
        listed.push(Content { digest, size, name, apps, places });
    }
    Ok(Json(listed))
}

/// The site server's own copy: the library knows what is there, and the store
/// whether somebody found it damaged.
async fn own(uses: &Uses, digest: &str, copies: &[Copy]) -> Result<Place, Refusal> {
    let arrived = uses.library.arrived(digest.parse()?).await;
    let arrived = arrived.map_err(|error| Refusal::internal("read content", &error))?;
    let said = copies.iter().find(|copy| copy.host == uses.host).cloned().map(place);
    Ok(Place {
        have: arrived.have,
        complete: arrived.complete,
        at: node::clock::now(),
        ..said.unwrap_or_else(|| nothing(&uses.host))
    })
}

fn nothing(host: &str) -> Place {
    Place {
        host: host.to_owned(),
        have: 0,
        complete: false,
        doubted: false,
        repaired: 0,
        trouble: String::new(),
        at: 0,
    }
}

fn place(copy: Copy) -> Place {
    Place {
        host: copy.host,
        have: copy.held.have,
        complete: copy.held.complete,
        doubted: copy.held.looked < copy.doubt,
        repaired: copy.held.repaired,
        trouble: copy.held.trouble,
        at: copy.at,
    }
}

pub(super) async fn show(
    State(uses): State<Uses>,
    Segment(digest): Segment,
) -> Result<Json<ContentState>, Refusal> {
    let digest: Digest = digest.parse()?;
    // Whoever asks sends only what lacks: what is there must stay for a while.
    let wanted = uses.store.want_content(&digest.to_string(), node::clock::now()).await;
    wanted.map_err(|error| Refusal::internal("note the content", &error))?;
    let arrived = uses.library.arrived(digest).await;
    let arrived = arrived.map_err(|error| Refusal::internal("read content", &error))?;
    Ok(Json(state(digest, arrived)))
}

/// Where the bytes of the body belong.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Piece {
    #[serde(default)]
    offset: u64,
    size: u64,
}

pub(super) async fn receive(
    State(uses): State<Uses>,
    Segment(digest): Segment,
    Query(piece): Query<Piece>,
    request: Request,
) -> Result<Json<ContentState>, Refusal> {
    let digest: Digest = digest.parse()?;
    let failed = |error| Refusal::internal("note the content", &error);
    let (key, now) = (digest.to_string(), node::clock::now());
    uses.store.announce_content(&key, piece.size, "", now).await.map_err(failed)?;
    let body = request.into_body();
    let arrived = uses.library.receive(digest, piece.offset, piece.size, body).await?;
    if arrived.complete {
        let _known = uses
            .store
            .complete_content(&key, arrived.have, node::clock::now())
            .await
            .map_err(failed)?;
    }
    Ok(Json(state(digest, arrived)))
}

fn state(digest: Digest, Arrived { have, complete }: Arrived) -> ContentState {
    ContentState { digest: digest.to_string(), have, complete }
}
