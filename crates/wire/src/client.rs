//! What a client and a management point say to each other, as JSON over the
//! management point's HTTPS. Signed documents (map, policy) travel as they
//! are, `application/cbor`.
//!
//! | method and path | who | body → answer |
//! |---|---|---|
//! | `GET /mp/v1/map` | anybody | → service map, an envelope |
//! | `POST /mp/v1/enrol` | a token | [`Enrol`] → [`Enrolled`] |
//! | `POST /mp/v1/renew` | a device key | [`Renew`] → [`Renewed`] |
//! | `GET /mp/v1/policy` | a device | → sealed policy, an envelope; `ETag` is its number, `304` when unchanged |
//! | `POST /mp/v1/messages` | a device | [`Batch`] → [`Receipt`] |
//! | `POST /mp/v1/locations` | a device | [`Whereabouts`] → [`Locations`] |
//!
//! Content comes from a distribution point, for devices:
//! `GET /dp/v1/content/DIGEST`, with `Range`, and its block list,
//! `GET /dp/v1/content/DIGEST/blocks`, 32 bytes a block. The list is
//! proved by the digest (see the crate `content`).
//!
//! The agent's package is public: `GET /mp/v1/agent/SHA256`, over plain HTTP
//! too.

use serde::{Deserialize, Serialize};

pub const MAP: &str = "/mp/v1/map";
pub const ENROL: &str = "/mp/v1/enrol";
pub const RENEW: &str = "/mp/v1/renew";
pub const POLICY: &str = "/mp/v1/policy";
pub const MESSAGES: &str = "/mp/v1/messages";
pub const LOCATIONS: &str = "/mp/v1/locations";
/// A SHA-256 of 64 hexadecimal digits follows.
pub const AGENT: &str = "/mp/v1/agent/";
/// A digest of 64 hexadecimal digits follows, and [`BLOCKS`] for its blocks.
pub const CONTENT: &str = "/dp/v1/content/";
/// Follows a content's path: its block list.
pub const BLOCKS: &str = "/blocks";

/// A machine asks to become a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrol {
    /// The one-time token, as `portolan token create` printed it.
    pub token: String,
    /// Certificate signing request for the device key: DER, base64.
    pub csr: String,
    /// The device's public sealing key (X25519), base64.
    pub sealing_key: String,
    /// What the machine calls itself.
    pub name: String,
    pub agent_version: String,
}

/// The machine is a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// 32 hexadecimal digits, for good.
    pub device: String,
    /// The site's code.
    pub site: String,
    /// Certificates, DER, base64: the device's, then the authority's.
    pub certificates: Vec<String>,
    /// The service map: an envelope, base64.
    pub map: String,
}

/// A client asks for a fresh certificate, at any age of the old one. The
/// request's own signature proves possession of the device key, which is the
/// client's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renew {
    pub csr: String,
}

/// The fresh certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    pub certificates: Vec<String>,
}

/// Where a client is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// Its addresses, without prefix lengths; at most 64 are looked at.
    pub addresses: Vec<String>,
}

/// Where a client finds content, in the order in which to try. The names are
/// hosts of the service map: what this answer says can change the order of
/// places that the map names, and no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locations {
    /// The boundary groups that the client is in; empty where it is in none.
    pub groups: Vec<String>,
    pub points: Vec<Location>,
}

/// One distribution point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The host's name in the service map.
    pub host: String,
    /// Seconds after a piece of content was first wanted and could not be
    /// had, from which on this place may be asked; 0 for the client's own
    /// boundary groups.
    pub after: u32,
}

/// Numbered messages of one journal. A journal is an agent's memory since it
/// was made; an agent that lost its memory starts another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// 32 hexadecimal digits.
    pub journal: String,
    /// In any order; the number makes each unique.
    pub messages: Vec<Message>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// From 1, rising by one within the journal.
    pub number: u64,
    /// When it happened, by the client's clock, in Unix milliseconds.
    pub at: i64,
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Body {
    Heartbeat(Heartbeat),
    State(State),
    Inventory(Box<Inventory>),
    Refused(Refused),
    Dropped(Dropped),
    Damaged(Damaged),
}

/// I am here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    pub name: String,
    pub agent_version: String,
    pub addresses: Vec<String>,
    /// What this agent cannot do, in plain words; empty when it can do all.
    #[serde(default)]
    pub limits: Vec<String>,
    /// The number of the policy that the agent acts on; 0 for none.
    #[serde(default)]
    pub policy: u64,
}

/// Where an assignment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub deployment: u64,
    pub app: u64,
    pub phase: Phase,
    /// Why, for `failed`, `unknown` and `waiting`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The installer's exit code, where it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The last lines of output, for `failed` and `unknown`; at most
    /// [`crate::limit::OUTPUT_TAIL`] bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// The steps of an assignment, on the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nothing reported yet (only the site says this).
    Pending,
    /// Known to the client; its time has not come.
    Waiting,
    Downloading,
    Installing,
    Uninstalling,
    Installed,
    Uninstalled,
    Failed,
    /// Cut off, without a detection that could tell what became of it.
    Unknown,
}

impl Phase {
    /// Nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Installed | Self::Uninstalled | Self::Failed | Self::Unknown)
    }

    /// The word in tables and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Downloading => "downloading",
            Self::Installing => "installing",
            Self::Uninstalling => "uninstalling",
            Self::Installed => "installed",
            Self::Uninstalled => "uninstalled",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// What the machine is made of. Sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inventory {
    pub system: System,
    pub disks: Vec<Disk>,
    pub interfaces: Vec<Interface>,
    pub packages: Vec<InstalledPackage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct System {
    pub hostname: String,
    /// `PRETTY_NAME` of os-release, where there is one.
    pub os: String,
    pub kernel: String,
    pub architecture: String,
    pub cpu: String,
    pub cpus: u32,
    pub memory: u64,
    /// Unix milliseconds.
    pub booted: i64,
    /// From SMBIOS where the machine shows it; empty otherwise.
    pub manufacturer: String,
    pub model: String,
    pub serial: String,
}

/// A mounted file system that lives on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disk {
    pub mount: String,
    pub device: String,
    pub file_system: String,
    pub size: u64,
    pub free: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interface {
    pub name: String,
    /// Empty where the interface has none.
    pub mac: String,
    /// With prefix length.
    pub addresses: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalledPackage {
    pub name: String,
    pub version: String,
    pub architecture: String,
}

/// A document that the client did not accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// `policy`, `map`, `content`.
    pub what: String,
    pub why: String,
}

/// A distribution point gave bytes that are not those of the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damaged {
    /// The host's name in the service map.
    pub host: String,
    /// The content's: 64 hexadecimal digits.
    pub digest: String,
    /// Which block, from 0.
    pub block: u64,
}

/// The spool was full or too old, and messages were dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// `state`, `inventory`, `log`.
    pub class: String,
    pub count: u64,
}

/// What became of each message of a batch. What is in none of the lists was
/// not looked at; send it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Stored durably; the client may forget them.
    pub stored: Vec<u64>,
    /// Already there with the same content; the client may forget them.
    pub duplicates: Vec<u64>,
    /// Never acceptable: a number that was used for something else.
    pub refused: Vec<u64>,
}
