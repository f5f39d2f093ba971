//! The SMS provider: the administrators' REST API. Its routes are the table
//! below, which a test holds to [`wire::rest::ENDPOINTS`]; every one of them
//! is behind the administrator's token, because the token is asked for around
//! the whole table and not in each function.
//!
//! One file for each subject. What an administrator may say is checked here;
//! what the store holds was checked when it came.

mod apps;
mod collections;
mod content;
mod deployments;
mod devices;
mod hosts;
mod mirrors;
mod name;
mod package;
mod status;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::header::CONTENT_TYPE;
use node::stop::Stop;
use plan::Plan;
use store::Store;
use tokio::sync::watch;

use crate::content::Library;
use crate::desk::SigningDesk;
use crate::facts::SiteFacts;
use crate::identity::{AdministratorToken, administrator};

/// What an SMS provider works with.
#[derive(Debug, Clone)]
pub struct Uses {
    pub store: Store,
    pub library: Library,
    pub desk: SigningDesk,
    /// As it is now.
    pub plan: watch::Receiver<Arc<Plan>>,
    /// The site server's own host, by its key in the site file.
    pub host: String,
    pub facts: SiteFacts,
    pub administrator: AdministratorToken,
    /// Ends the waiting of those who wait for news.
    pub stop: Stop,
}

impl Uses {
    fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan.borrow())
    }
}

/// One route: what `ENDPOINTS` calls it, and what answers.
struct Route {
    method: &'static str,
    path: &'static str,
    answer: MethodRouter<Uses>,
}

fn get<H: Handler<T, Uses>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "GET", path, answer: on(MethodFilter::GET, handler) }
}

fn post<H: Handler<T, Uses>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "POST", path, answer: on(MethodFilter::POST, handler) }
}

fn put<H: Handler<T, Uses>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "PUT", path, answer: on(MethodFilter::PUT, handler) }
}

fn delete<H: Handler<T, Uses>, T: 'static>(path: &'static str, handler: H) -> Route {
    Route { method: "DELETE", path, answer: on(MethodFilter::DELETE, handler) }
}

fn table() -> Vec<Route> {
    vec![
        get("/api/v1/status", status::show),
        get("/api/v1/devices", devices::list),
        get("/api/v1/devices/{device}", devices::show),
        post("/api/v1/devices/{device}/block", devices::block),
        post("/api/v1/devices/{device}/unblock", devices::unblock),
        post("/api/v1/tokens", tokens::create),
        get("/api/v1/agent-package", package::show),
        put("/api/v1/agent-package", package::publish),
        get("/api/v1/hosts", hosts::list),
        post("/api/v1/hosts/{host}/invite", hosts::invite),
        delete("/api/v1/hosts/{host}", hosts::remove),
        get("/api/v1/package-mirrors", mirrors::list),
        get("/api/v1/apps", apps::list),
        get("/api/v1/apps/{app}", apps::show),
        post("/api/v1/apps", apps::create),
        put("/api/v1/apps/{app}", apps::update),
        delete("/api/v1/apps/{app}", apps::delete),
        get("/api/v1/content", content::list),
        get("/api/v1/content/{digest}", content::show),
        put("/api/v1/content/{digest}", content::receive),
        get("/api/v1/collections", collections::list),
        get("/api/v1/collections/{collection}", collections::show),
        post("/api/v1/collections", collections::create),
        delete("/api/v1/collections/{collection}", collections::delete),
        get("/api/v1/deployments", deployments::list),
        get("/api/v1/deployments/{app}", deployments::watch),
        post("/api/v1/deployments", deployments::create),
        delete("/api/v1/deployments/{id}", deployments::delete),
        get("/api/v1/openapi.json", description),
    ]
}

/// The part's routes.
pub fn router(uses: Uses) -> Router {
    let token = uses.administrator;
    table()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(&place(route.path), route.answer))
        .route_layer(middleware::from_fn_with_state(token, administrator))
        .with_state(uses)
}

/// Method and path of every route.
pub fn routes() -> Vec<(&'static str, &'static str)> {
    table().iter().map(|route| (route.method, route.path)).collect()
}

/// A path for axum, which wants one name for one place: of `deployments/{app}`
/// and `deployments/{id}` it would take only one.
fn place(path: &str) -> String {
    let segment = |s: &str| if s.starts_with('{') { "{name}".to_owned() } else { s.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

async fn description() -> impl axum::response::IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("../../../docs/openapi.json"))
}
