//! How the site is, how machines come to it, and the agent's package that
//! they install.

use serde::{Deserialize, Serialize};

use super::ContentRef;

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
