//! Content: what has arrived, and where it is.

use serde::{Deserialize, Serialize};

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
