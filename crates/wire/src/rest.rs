//! The administrators' REST API: its bodies, and one table of its endpoints.
//! The SMS provider's routes, the CLI's calls and `docs/openapi.json` come out
//! of that table; a test in `roles` holds the routes to it.
//!
//! Times are Unix milliseconds. Identity is a bearer token over HTTPS.

mod app;
mod content;
mod deployment;
mod device;
mod host;
#[cfg(feature = "schema")]
pub mod openapi;
mod site;

pub use app::{App, AppDependencies, AppInstaller, NewApp};
pub use content::{Content, ContentRef, ContentState, Place};
pub use deployment::{
    Collection, Deployment, DeploymentProgress, DeviceState, NewCollection, NewDeployment,
};
pub use device::{Block, Device, DeviceDetails, DeviceName};
pub use host::{Host, HostInvitation, HostState, NewInvitation, PackageMirror};
pub use site::{AgentPackage, ListenStatus, NewAgentPackage, NewToken, PartStatus, Status, Token};

/// What the caller must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    Read,
    Change,
}

/// One endpoint of the API.
#[derive(Debug)]
pub struct Endpoint {
    pub method: &'static str,
    /// With `{name}` for each variable segment.
    pub path: &'static str,
    pub permission: Permission,
    pub summary: &'static str,
    /// Names of bodies in [`openapi`]; empty for none.
    pub body: &'static str,
    pub answer: &'static str,
}

const fn get(path: &'static str, answer: &'static str, summary: &'static str) -> Endpoint {
    Endpoint { method: "GET", path, permission: Permission::Read, summary, body: "", answer }
}

const fn change(
    method: &'static str,
    path: &'static str,
    body: &'static str,
    answer: &'static str,
    summary: &'static str,
) -> Endpoint {
    Endpoint { method, path, permission: Permission::Change, summary, body, answer }
}

/// Every endpoint, in the order of the documentation.
pub const ENDPOINTS: &[Endpoint] = &[
    get("/api/v1/status", "Status", "How the site is"),
    get("/api/v1/devices", "[Device]", "All devices"),
    get(
        "/api/v1/devices/{device}",
        "DeviceDetails",
        "One device, by name or id, with its inventory",
    ),
    change(
        "POST",
        "/api/v1/devices/{device}/block",
        "Block",
        "Device",
        "Refuse a device from its next request on",
    ),
    change(
        "POST",
        "/api/v1/devices/{device}/unblock",
        "",
        "Device",
        "Accept a blocked device again",
    ),
    change(
        "POST",
        "/api/v1/tokens",
        "NewToken",
        "Token",
        "Make an enrolment token; it is shown this once",
    ),
    get("/api/v1/agent-package", "AgentPackage", "The agent's package that new machines install"),
    change(
        "PUT",
        "/api/v1/agent-package",
        "NewAgentPackage",
        "AgentPackage",
        "Publish the agent's package, from content that is already there",
    ),
    get("/api/v1/hosts", "[Host]", "The hosts of the site"),
    change(
        "POST",
        "/api/v1/hosts/{host}/invite",
        "NewInvitation",
        "HostInvitation",
        "Invite a host of the site file to join; what is returned is shown this once",
    ),
    change(
        "DELETE",
        "/api/v1/hosts/{host}",
        "",
        "Host",
        "Refuse a host from now on, until it is invited again",
    ),
    get(
        "/api/v1/package-mirrors",
        "[PackageMirror]",
        "The package mirrors that the site file names",
    ),
    get("/api/v1/apps", "[App]", "All applications"),
    get("/api/v1/apps/{app}", "App", "One application, by name"),
    change(
        "POST",
        "/api/v1/apps",
        "NewApp",
        "App",
        "Create an application from content that is already there",
    ),
    change(
        "PUT",
        "/api/v1/apps/{app}",
        "NewApp",
        "App",
        "Give an application a new installer; its deployments go on with that",
    ),
    change("DELETE", "/api/v1/apps/{app}", "", "App", "Delete an application that is not deployed"),
    get("/api/v1/content", "[Content]", "All content, and where how much of it is"),
    get("/api/v1/content/{digest}", "ContentState", "How much of a piece of content has arrived"),
    change(
        "PUT",
        "/api/v1/content/{digest}",
        "bytes",
        "ContentState",
        "Send a piece of content from `offset` on",
    ),
    get("/api/v1/collections", "[Collection]", "All collections"),
    get("/api/v1/collections/{collection}", "Collection", "One collection, by name"),
    change("POST", "/api/v1/collections", "NewCollection", "Collection", "Create a collection"),
    change(
        "DELETE",
        "/api/v1/collections/{collection}",
        "",
        "Collection",
        "Delete a collection that nothing is deployed to",
    ),
    get("/api/v1/deployments", "[Deployment]", "All deployments"),
    get(
        "/api/v1/deployments/{app}",
        "DeploymentProgress",
        "An application's deployments, device by device; with `after` it waits for news",
    ),
    change(
        "POST",
        "/api/v1/deployments",
        "NewDeployment",
        "Deployment",
        "Deploy an application to a collection, in place of an earlier deployment of it there",
    ),
    change(
        "DELETE",
        "/api/v1/deployments/{id}",
        "",
        "Deployment",
        "End a deployment; nothing is removed from devices",
    ),
    get("/api/v1/openapi.json", "object", "This API's description"),
];
