//! What the bytes are: the bodies that travel between a site, its clients and
//! its administrators, and the limits on each. No socket, no clock, and no
//! opinion on what a body means: `trust` decides whether to believe it,
//! `roles` and `agent` decide what to do.
//!
//! - [`policy`]: what a client is told to do (CBOR, inside a signed envelope).
//! - [`client`]: what a client and a management point say to each other (JSON).
//! - [`link`]: what a host of the site and the site server say to each other.
//! - [`rest`]: what administrators' tools and the SMS provider say (JSON), and
//!   the table of endpoints out of which routes, help and OpenAPI come.
//! - [`limit`]: how large any of it may be.

pub mod client;
pub mod limit;
pub mod link;
pub mod policy;
pub mod problem;
pub mod rest;
