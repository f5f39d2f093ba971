//! Where a client finds content, by where it is. The plan knows which networks
//! belong to which boundary group; here it is only narrowed to the hosts that
//! are of the site at this moment.

use std::collections::HashSet;
use std::net::IpAddr;

use axum::extract::State;
use axum::{Extension, Json};
use node::http::Accepted;
use wire::client::{Location, Locations, Whereabouts};
use wire::limit;

use super::{Uses, visited};
use crate::identity::Device;
use crate::problem::Refusal;
use crate::request;

/// Addresses of a client that are looked at.
const ADDRESSES: usize = 64;

pub(super) async fn locate(
    State(uses): State<Uses>,
    device: Device,
    Extension(accepted): Extension<Accepted>,
    request::Json(at): request::Json<Whereabouts, { limit::UNAUTHENTICATED_BODY }>,
) -> Result<Json<Locations>, Refusal> {
    visited(&uses.store, &device.0.id, device.0.last_seen).await?;
    // What cannot be read is no address of any network of the plan.
    let addresses: Vec<IpAddr> =
        at.addresses.iter().take(ADDRESSES).filter_map(|text| text.parse().ok()).collect();
    let hosts = uses.store.hosts().await;
    let hosts = hosts.map_err(|error| Refusal::internal("list the site's hosts", &error))?;
    let joined: HashSet<_> = hosts
        .into_iter()
        .filter(|host| host.removed.is_none())
        .map(|host| host.name)
        .chain([uses.host.clone()])
        .collect();
    let plan = uses.plan.borrow().clone();
    let found = plan.locations(&addresses);
    let points: Vec<_> = found
        .points
        .into_iter()
        .filter(|place| joined.contains(&place.host))
        .map(|place| Location { host: place.host, after: place.after })
        .collect();
    tracing::debug!(
        from = %accepted.peer,
        device = device.0.name,
        ?addresses,
        groups = found.groups.join(" "),
        points = points.len(),
        "located"
    );
    Ok(Json(Locations { groups: found.groups, points }))
}
