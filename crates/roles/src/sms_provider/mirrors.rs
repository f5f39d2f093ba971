//! The package mirrors that the site file names, for whoever publishes packages
//! and looks for what they depend on.

use axum::Json;
use axum::extract::State;
use wire::rest::PackageMirror;

use super::Uses;

pub(super) async fn list(State(uses): State<Uses>) -> Json<Vec<PackageMirror>> {
    let mirror = |mirror: &plan::PackageMirror| PackageMirror {
        host: mirror.host.clone(),
        url: mirror.url(),
        suite: mirror.suite.clone(),
        components: mirror.components.clone(),
        signed_by: mirror.signed_by.clone().unwrap_or_default(),
        clients: mirror.clients,
    };
    Json(uses.plan().package_mirrors().iter().map(mirror).collect())
}
