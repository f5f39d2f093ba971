//! The hosts of the site, and the mirrors beside them.

use serde::{Deserialize, Serialize};

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
