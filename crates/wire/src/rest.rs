//! The administrators' REST API: its bodies, and one table of its endpoints.
//! The SMS provider's routes, the CLI's calls and `docs/openapi.json` come out
//! of that table; a test in `roles` holds the routes to it.
//!
//! Times are Unix milliseconds. Identity is a bearer token over HTTPS.

use serde::{Deserialize, Serialize};

use crate::client::{Inventory, Phase};

#[cfg(feature = "schema")]
pub mod openapi;

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

/// How the site is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {
    /// Every part runs, and the signed service map is published.
    pub ready: bool,
    /// The site's code.
    pub site: String,
    /// The site's name, for people.
    pub name: String,
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub root: String,
    pub started: i64,
    pub parts: Vec<PartStatus>,
    pub listens: Vec<ListenStatus>,
    pub devices: u64,
    pub blocked: u64,
    pub apps: u64,
    pub deployments: u64,
    /// Number of the service map that clients are given.
    pub map: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartStatus {
    /// The role's slug: `management-point`.
    pub role: String,
    pub running: bool,
    /// The last thing that went wrong; empty if nothing did.
    #[serde(default)]
    pub trouble: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListenStatus {
    pub address: String,
    pub port: u16,
    /// `tcp`, `udp`.
    pub protocol: String,
    /// The flows that the socket serves: `client>management-point/https`.
    pub flows: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Device {
    pub id: String,
    pub name: String,
    pub enrolled: i64,
    /// Last request that reached a management point.
    pub last_seen: i64,
    pub blocked: bool,
    #[serde(default)]
    pub blocked_reason: String,
    pub agent_version: String,
    pub addresses: Vec<String>,
    /// What its agent says it cannot do.
    pub limits: Vec<String>,
    /// Number of the policy it acts on; 0 for none yet.
    pub policy: u64,
    /// Number of the policy that is waiting for it.
    pub policy_offered: u64,
    /// The last document that it refused, and why; empty if none.
    #[serde(default)]
    pub refused: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceDetails {
    pub device: Device,
    pub inventory: Option<Inventory>,
    /// When the inventory was taken; 0 for none.
    pub inventory_at: i64,
    /// Its deployments.
    pub states: Vec<DeviceState>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewToken {
    /// Seconds until it expires.
    pub valid_for: u64,
}

/// An enrolment token and what a machine needs beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Token {
    pub token: String,
    pub expires: i64,
    /// The management point's address: `10.1.0.10:443`.
    pub management_point: String,
    /// The root's fingerprint, `sha256:…`.
    pub root: String,
    /// The site's code.
    pub site: String,
    /// The agent's package, where one has been published.
    pub package: Option<AgentPackage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewAgentPackage {
    pub content: ContentRef,
    /// 64 hexadecimal digits; the site computes it again.
    pub sha256: String,
    pub version: String,
    pub architecture: String,
}

/// The agent's package, for machines that are no clients yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgentPackage {
    /// Where anybody can fetch it, by plain HTTP.
    pub url: String,
    pub sha256: String,
    pub version: String,
    pub architecture: String,
    pub size: u64,
}

/// A host of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Host {
    /// Its key in the site file.
    pub name: String,
    /// Empty where the site file no longer has it.
    pub address: String,
    /// Slugs.
    pub roles: Vec<String>,
    pub state: HostState,
    /// When it joined; 0 where it has not.
    pub joined: i64,
    /// The last time that it asked for orders; 0 for never.
    pub last_seen: i64,
    pub version: String,
    /// Who opens the site link: `host` or `site-server`; empty for the site
    /// server's own host.
    pub link: String,
}

/// How a host stands to its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HostState {
    /// The site server's own.
    Here,
    /// In the site file, and nothing more.
    Named,
    Invited,
    Joined,
    /// Refused, until it is invited again.
    Removed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewInvitation {
    /// Seconds until it expires.
    pub valid_for: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostInvitation {
    pub host: String,
    pub expires: i64,
    /// The file for `portolan join`. It holds a secret.
    pub file: String,
}

/// A mirror of Debian's archive, as the site file names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PackageMirror {
    /// Its key in the site file.
    pub host: String,
    /// `http://10.1.0.40/debian`.
    pub url: String,
    pub suite: String,
    pub components: Vec<String>,
    /// The key ring that its lists are signed with; empty for apt's own.
    pub signed_by: String,
    /// Whether clients may use it by themselves.
    pub clients: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewApp {
    /// Letters, digits, `.`, `_`, `+` and `-`; at most 64.
    pub name: String,
    pub installer: AppInstaller,
    /// Seconds.
    pub time_limit: u32,
    pub success_codes: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AppInstaller {
    Deb {
        content: ContentRef,
        /// Name, version and architecture, as the package's control file says.
        package: String,
        version: String,
        architecture: String,
        #[serde(default)]
        dependencies: AppDependencies,
    },
    Script {
        install: ContentRef,
        uninstall: Option<ContentRef>,
        detect: Option<ContentRef>,
    },
}

/// Where what a package depends on comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AppDependencies {
    /// It must be there already.
    #[default]
    Present,
    /// Published with it.
    Published { packages: Vec<ContentRef> },
    /// The client's own package sources.
    Sources,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContentRef {
    /// BLAKE3, 64 hexadecimal digits.
    pub digest: String,
    pub size: u64,
    /// The file's name.
    pub name: String,
}

/// How much of a piece of content is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContentState {
    pub digest: String,
    /// Bytes that have arrived; sending goes on from here.
    pub have: u64,
    /// All of it is there and its digest is right.
    pub complete: bool,
}

/// A piece of content, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Content {
    pub digest: String,
    pub size: u64,
    pub name: String,
    /// The applications that need it; sorted.
    pub apps: Vec<String>,
    /// The site server's own library first, then the hosts by name.
    pub places: Vec<Place>,
}

/// One host's copy of a piece of content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    pub host: String,
    /// Bytes that are there.
    pub have: u64,
    pub complete: bool,
    /// Clients found damaged blocks there, and the host has not looked yet.
    pub doubted: bool,
    /// Blocks that were damaged and are whole again.
    pub repaired: u64,
    #[serde(default)]
    pub trouble: String,
    /// When the host last said so; 0 where it has not.
    pub at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct App {
    pub id: u64,
    pub name: String,
    pub created: i64,
    pub installer: AppInstaller,
    pub time_limit: u32,
    pub success_codes: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewCollection {
    pub name: String,
    /// Names or ids.
    pub devices: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Collection {
    pub id: u64,
    pub name: String,
    /// `all` holds every device, also future ones, and cannot be deleted.
    pub built_in: bool,
    pub devices: Vec<DeviceName>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceName {
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewDeployment {
    pub app: String,
    pub collection: String,
    /// Remove the application instead of installing it.
    pub uninstall: bool,
    /// When it must be done; absent is at once.
    pub deadline: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deployment {
    pub id: u64,
    pub app: String,
    pub collection: String,
    pub uninstall: bool,
    pub deadline: Option<i64>,
    pub created: i64,
}

/// One application's deployments and where each device stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeploymentProgress {
    /// Rises with every news; pass it as `after` to wait for the next.
    pub version: u64,
    pub deployments: Vec<Deployment>,
    pub states: Vec<DeviceState>,
}

/// Where one device stands with one deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceState {
    pub device: DeviceName,
    pub deployment: u64,
    pub app: String,
    pub phase: Phase,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub exit_code: Option<i32>,
    /// The last lines of output.
    #[serde(default)]
    pub output: String,
    /// When the client reached this phase, by its clock; 0 for `pending`.
    pub at: i64,
}
