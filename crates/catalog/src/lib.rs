//! What exists: whatever may cross a wire is named here, and nowhere else.
//!
//! Facts only: no I/O, no clock, no dependencies. A row is plain data that a
//! network engineer can read and correct. Listeners, dials, documentation and
//! tests are derived from the rows; a reader never adds a fact of its own, and
//! no port number stands outside this crate.
//!
//! Read on in this order: [`role`] (who), [`service`] (what is spoken),
//! [`port`] (where), [`flow`] (one service on one connection), [`flows`] (the
//! rows, of which [`table`] makes lines). Beside the rows: what is wrong in the texts
//! ([`corrections`]), the articles' [`notes`] and [`lists`], which ports can be moved
//! ([`settings`], [`port_change`]), what a client's [`firewall`] and its [`install`]ation
//! need, and whatever fits no row ([`remarks`]). [`mod@explain`] gathers all of it about one
//! thing, [`mod@diff`] compares two editions.
//!
//! No row can be made outside this crate, so that a `&'static Flow` is a proof
//! that the catalog knows the flow. One can be looked up,
//!
//! ```
//! static MINE: &catalog::Flow = &catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
//! assert_eq!(catalog::find_flow("client>management-point/https"), Some(MINE));
//! ```
//!
//! but not written:
//!
//! ```compile_fail,E0639
//! static MINE: catalog::Flow = catalog::Flow {
//!     sentence: "a way in that nobody planned",
//!     ..catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS
//! };
//! ```
//!
//! nor copied and bent:
//!
//! ```compile_fail,E0599
//! let mut mine = catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS.clone();
//! ```

pub mod about;
pub mod corrections;
pub mod diff;
pub mod edition;
pub mod explain;
pub mod firewall;
pub mod flow;
pub mod flows;
pub mod install;
pub mod lists;
pub mod notes;
pub mod port;
pub mod port_change;
pub mod remarks;
pub mod role;
pub mod service;
pub mod settings;
pub mod source;
pub mod table;

mod find;
#[cfg(test)]
mod laws;

pub use edition::{Edition, Editions};
pub use find::{find_flow, find_role, find_service, nearest};
pub use flow::{Cast, Flow, Opens, Proof, Reading, Reply, Truth, When, Where};
pub use flows::{FLOWS, rows, services};
pub use port::{Family, Ports, Protocol};
pub use role::{ROLES, Role, RunBy};
pub use service::{SERVICES, Service, Share};
pub use source::{ARTICLES, Article, Source};
