//! The hosts of the site: those of the site file, and those that joined,
//! whatever the site file says by now.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use catalog::RunBy;
use catalog::flows::SITE_SYSTEM_TO_SITE_SERVER_LINK;
use plan::{Plan, PlannedHost};
use wire::limit;
use wire::rest::{Host, HostInvitation, HostState, NewInvitation};

use super::Uses;
use crate::desk::Invite;
use crate::problem::Refusal;
use crate::request::{self, Segment};

/// An invitation may be good for at most 30 days. Seconds.
const LONGEST: u64 = 30 * 24 * 60 * 60;

pub(super) async fn list(State(uses): State<Uses>) -> Result<Json<Vec<Host>>, Refusal> {
    all(&uses).await.map(Json)
}

pub(super) async fn invite(
    State(uses): State<Uses>,
    Segment(host): Segment,
    request::Json(new): request::Json<NewInvitation, { limit::REST_BODY }>,
) -> Result<Json<HostInvitation>, Refusal> {
    if !(1..=LONGEST).contains(&new.valid_for) {
        let message =
            format!("an invitation is valid for 1 to {LONGEST} seconds, which is 30 days");
        return Err(Refusal::bad("validity-invalid", message, ""));
    }
    uses.desk.invite(Invite { host, valid_for: new.valid_for }).await.map(Json)
}

pub(super) async fn remove(
    State(uses): State<Uses>,
    Segment(name): Segment,
) -> Result<Json<Host>, Refusal> {
    let found = find(&uses, &name).await?;
    if found.state == HostState::Here {
        let message = format!("{name} is the site server's own host");
        return Err(Refusal::conflict("host-here", message, "without it there is no site"));
    }
    let removed = uses.store.remove_host(&name, node::clock::now()).await;
    if !removed.map_err(|error| Refusal::internal("remove the host", &error))? {
        let message = format!("{name} has not joined, and is not invited");
        let next = "delete it from the site file if it should not be there";
        return Err(Refusal::conflict("host-not-joined", message, next));
    }
    tracing::info!(host = name, "removed a host: it is refused from now on");
    find(&uses, &name).await.map(Json)
}

async fn find(uses: &Uses, name: &str) -> Result<Host, Refusal> {
    let found = all(uses).await?.into_iter().find(|host| host.name == name);
    found.ok_or_else(|| Refusal::not_found("host", name, "see `portolan host list`"))
}

async fn all(uses: &Uses) -> Result<Vec<Host>, Refusal> {
    let failed = |error| Refusal::internal("list the site's hosts", &error);
    let plan = uses.plan();
    let known = uses.store.hosts().await.map_err(failed)?;
    let mut known: BTreeMap<_, _> =
        known.into_iter().map(|host| (host.name.clone(), host)).collect();
    let open = uses.store.open_invitations(node::clock::now()).await.map_err(failed)?;
    let invited: BTreeSet<_> = open.into_iter().map(|invitation| invitation.host).collect();
    let planned: BTreeMap<_, _> = plan
        .hosts()
        .iter()
        .filter(|host| host.roles.iter().any(|role| role.run_by == RunBy::Site))
        .map(|host| (host.name.clone(), host))
        .collect();
    let mut names: BTreeSet<_> = planned.keys().cloned().collect();
    names.extend(known.keys().cloned());
    let host = |name: String| {
        let (joined, at) = (known.remove(&name), planned.get(&name).copied());
        let state = match &joined {
            _ if name == uses.host => HostState::Here,
            Some(joined) if joined.removed.is_none() => HostState::Joined,
            _ if invited.contains(&name) => HostState::Invited,
            Some(_) => HostState::Removed,
            None => HostState::Named,
        };
        let link = link(&plan, &name);
        host(name, at, joined.as_ref(), state, link)
    };
    Ok(names.into_iter().map(host).collect())
}

fn host(
    name: String,
    at: Option<&PlannedHost>,
    joined: Option<&store::host::Host>,
    state: HostState,
    link: &str,
) -> Host {
    let slug = |role: &&'static catalog::Role| role.slug.to_owned();
    Host {
        name,
        address: at.map(|at| at.address.to_string()).unwrap_or_default(),
        roles: at.map(|at| at.roles.iter().map(slug).collect()).unwrap_or_default(),
        state,
        joined: joined.map_or(0, |joined| joined.joined),
        last_seen: joined.map_or(0, |joined| joined.last_seen),
        version: joined.map(|joined| joined.version.clone()).unwrap_or_default(),
        link: link.to_owned(),
    }
}

/// Who opens a host's site link.
fn link(plan: &Plan, host: &str) -> &'static str {
    let mut links = plan.flows().iter().filter(|f| *f.flow == SITE_SYSTEM_TO_SITE_SERVER_LINK);
    let found = links.find_map(|planned| {
        if plan.party_name(planned.opener) == host {
            return Some("host");
        }
        (plan.party_name(planned.answerer) == host).then_some("site-server")
    });
    found.unwrap_or_default()
}
