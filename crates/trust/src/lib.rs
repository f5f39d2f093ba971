//! Whom to believe: the keys of a site, the documents it signs, the
//! certificates of its roles and devices, and what each of them may say.
//!
//! Everything here is pure. Bytes come in and bytes go out, time is an
//! argument, and nothing opens a socket or a file, because the site server, the
//! roles and the client must come to the same verdict from the same bytes, and
//! because a verdict that depends on a clock in the corner cannot be tested.
//! What it takes from outside is randomness (aws-lc-rs).
//!
//! From the root downwards:
//!
//! - [`key`]: Ed25519 keys, the [`Fingerprint`] that pins a root, and the
//!   recovery key.
//! - [`envelope`]: how a document is signed, delegated, and believed or refused.
//! - [`map`]: the service map, and [`way`]: where it lets a client go.
//! - [`invitation`]: what a person is given to install a client.
//! - [`host_plan`]: what a host of the site listens on and dials, and
//!   [`host_invitation`]: what it is given to join.
//! - [`certificate`]: the root's, the authority's, hosts' and devices'.
//! - [`tls`]: who may be at the other end of a connection.
//! - [`seal`]: secrets for one device. [`token`]: leave to enrol, once.
//! - [`site`]: the keys that a site server keeps, and signs with every day.

pub mod certificate;
pub mod envelope;
mod fingerprint;
pub mod hex;
pub mod host_invitation;
pub mod host_plan;
pub mod invitation;
pub mod key;
pub mod map;
pub mod seal;
pub mod site;
pub mod tls;
pub mod token;
pub mod way;

pub use fingerprint::{BadFingerprint, Fingerprint};
