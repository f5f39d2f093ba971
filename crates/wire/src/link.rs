//! What a host of the site and the site server say to each other over the site
//! link, as JSON; signed documents and content travel as they are. The host
//! asks and the site server answers, whichever of them opened the connection.
//!
//! | method and path | who | body → answer |
//! |---|---|---|
//! | `POST /link/v1/join` | an invitation's token | [`Join`] → [`Joined`] |
//! | `POST /link/v1/renew` | the host | [`Renew`](crate::client::Renew) → [`Joined`] |
//! | `GET /link/v1/orders?after=N` | the host | → [`Orders`]; waits up to [`WAIT`] s for a version above `after` |
//! | `GET /link/v1/host-plan` | the host | → host plan, an envelope |
//! | `GET /link/v1/content/DIGEST` | the host | → bytes, with `Range` |
//! | `GET /link/v1/content/DIGEST/blocks` | the host | → the block list, 32 bytes a block |
//! | `POST /link/v1/report` | the host | [`Report`] → nothing |

use serde::{Deserialize, Serialize};

pub const JOIN: &str = "/link/v1/join";
pub const RENEW: &str = "/link/v1/renew";
pub const ORDERS: &str = "/link/v1/orders";
pub const HOST_PLAN: &str = "/link/v1/host-plan";
/// A digest of 64 hexadecimal digits follows, and [`BLOCKS`] for its blocks.
pub const CONTENT: &str = "/link/v1/content/";
/// Follows a content's path: its block list.
pub const BLOCKS: &str = "/blocks";
pub const REPORT: &str = "/link/v1/report";

/// Seconds that the site server holds a question for orders when it has none.
pub const WAIT: u64 = 25;

/// The code of a refusal: an administrator has removed this host. It stops
/// serving, and joins again when it is invited again.
pub const HOST_REMOVED: &str = "host-removed";
/// The code of a refusal: another machine has joined in this host's place.
pub const HOST_KEY: &str = "host-key";
/// The code of a refusal: the site file does not have this host (any more).
pub const HOST_UNPLANNED: &str = "host-unplanned";

/// A host was invited, and comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The one-time token of the invitation.
    pub token: String,
    /// Certificate signing request for the host's key: DER, base64.
    pub csr: String,
    pub version: String,
}

/// The host is of the site, or still is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Certificates, DER, base64: the host's, the authority's, the root's.
    pub certificates: Vec<String>,
    /// The host plan: an envelope, base64.
    pub host_plan: String,
}

/// What a host must know and do now. Whole, not a difference: who missed some
/// has missed nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// Rises with every change.
    pub version: u64,
    /// The number of the host plan that counts.
    pub host_plan: u64,
    /// Devices that are refused, by id; sorted.
    pub blocked: Vec<String>,
    /// Content that a distribution point holds; sorted by digest. What is not
    /// named is removed.
    pub contents: Vec<Wanted>,
}

/// A piece of content that a distribution point holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// BLAKE3, 64 hexadecimal digits.
    pub digest: String,
    /// Bytes.
    pub size: u64,
    /// The file's name, for people.
    pub name: String,
    /// Rises each time somebody found a block of this copy damaged: look at
    /// all of it again. 0 while nobody did.
    #[serde(default)]
    pub doubt: u64,
}

/// What a host has, and what happened to it. Whole: what is not named is not
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub version: String,
    pub contents: Vec<Held>,
}

/// How much of a piece of content a host holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub digest: String,
    /// Bytes that are there and verified.
    pub have: u64,
    pub complete: bool,
    /// The [`Wanted::doubt`] after which all blocks were looked at.
    #[serde(default)]
    pub looked: u64,
    /// Blocks that were found damaged and fetched again, since the copy was
    /// made.
    #[serde(default)]
    pub repaired: u64,
    /// The block that came damaged from the site server: its own copy is to be
    /// looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_damaged: Option<u64>,
    /// Why it does not go on; empty when it does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trouble: String,
}
