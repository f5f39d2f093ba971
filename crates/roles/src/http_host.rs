//! One HTTP host for each listen: management point, distribution point and SMS
//! provider share an address and a port where the plan says so, each below its
//! own prefix. Which parts stand on which listen is the plan's word, not this
//! file's; and what is for HTTPS or for the site link stands on no listen for
//! plain HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use catalog::{Flow, Role, Service};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use node::http::Accepted;
use plan::Listen;

use crate::identity::Caller;
use crate::problem::{Refusal, Told, printable};

/// What a part answers on one service, and the role that it plays.
#[derive(Debug, Clone)]
pub struct Mount {
    pub role: &'static Role,
    pub service: &'static Service,
    pub router: Router,
}

/// The router of one listen: those of `mounts` for which the plan has a flow
/// there.
pub fn router(listen: &Listen, mounts: &[Mount]) -> Router {
    let planned = |mount: &Mount| {
        let meant = |flow: &&&Flow| flow.to == mount.role && flow.service == mount.service;
        let flow = listen.flows().iter().find(meant)?;
        Some(traced(mount.router.clone(), &flow.id()))
    };
    whole(mounts.iter().filter_map(planned).fold(Router::new(), Router::merge))
}

/// The router of a connection that this host opened itself, so that the other
/// side can ask on it: the site link, reversed.
pub fn over(mount: &Mount, flow: &Flow) -> Router {
    whole(traced(mount.router.clone(), &flow.id()))
}

/// With an answer for what nobody answers.
fn whole(router: Router) -> Router {
    let rest = Router::new().fallback(nothing_here);
    router.merge(traced(rest, "")).method_not_allowed_fallback(not_so)
}

fn traced(router: Router, flow: &str) -> Router {
    router.layer(middleware::from_fn_with_state(Arc::from(flow), trace))
}

/// What to do about requests that this site does not know.
const NEWER: &str = "if the program that asks is newer than the site, update the site";

async fn nothing_here(request: Request) -> Refusal {
    let message = format!("there is nothing at {}", printable(request.uri().path()));
    Refusal::new(StatusCode::NOT_FOUND, "not-found", message, NEWER)
}

async fn not_so(request: Request) -> Refusal {
    let path = printable(request.uri().path());
    let message = format!("{path} does not take {}", printable(request.method().as_str()));
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message, NEWER)
}

/// Says who asked what by which flow, and what became of it: refusals aloud.
async fn trace(State(flow): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    let caller = Caller::default();
    let _before = request.extensions_mut().insert(caller.clone());
    let from = request.extensions().get::<Accepted>().map(|accepted| accepted.peer);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    // Only what is told is put into words.
    let from = || from.map(|peer| peer.to_string()).unwrap_or_default();
    let path = || printable(uri.path());
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let who = caller.name();
    match response.extensions().get::<Told>() {
        Some(Told(problem)) => {
            tracing::info!(
                %flow, from = from(), who, %method, path = path(), status, code = problem.code,
                "refused: {}", problem.message
            );
        }
        None => tracing::debug!(%flow, from = from(), who, %method, path = path(), status),
    }
    let headers = response.headers_mut();
    let _before = headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let _kept = headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
