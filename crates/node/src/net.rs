//! Sockets. This file and its two halves are where Portolan opens them, and
//! each is opened on a ground that was declared before: [`listen`] takes a
//! `plan::Listen`, [`dial`] a [`Dial`]. Both are made from catalog rows by
//! somebody who had the right to, and neither can be made here out of an
//! address and a number.
//!
//! A listener comes from the plan:
//!
//! ```
//! fn open(plan: &plan::Plan, host: &str) -> Result<(), node::net::BindError> {
//!     for listen in plan.listens(host) {
//!         let _bound: node::net::Bound = node::net::listen(&listen)?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! and from nowhere else:
//!
//! ```compile_fail,E0308
//! let address: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
//! let bound = node::net::listen(&address);
//! ```
//!
//! A dial comes from a verified map, an invitation or the plan:
//!
//! ```
//! async fn home(invitation: &trust::invitation::Invitation) -> Result<(), node::net::DialError> {
//!     let dial = node::net::Dial::along(&invitation.way());
//!     let _stream = node::net::dial(&dial, std::time::Duration::from_secs(1)).await?;
//!     Ok(())
//! }
//! ```
//!
//! and cannot be written down:
//!
//! ```compile_fail,E0451
//! fn anywhere(flow: &'static catalog::Flow) -> node::net::Dial {
//!     node::net::Dial { flow, address: [127, 0, 0, 1].into(), port: 0, ground: todo!() }
//! }
//! ```
//!
//! nor dialled without:
//!
//! ```compile_fail,E0308
//! async fn anywhere(address: std::net::SocketAddr) {
//!     let _stream = node::net::dial(&address, std::time::Duration::from_secs(1)).await;
//! }
//! ```

mod bind;
mod dial;
#[cfg(test)]
mod tests;

pub use bind::{BindError, Bound, free_port, listen};
pub use dial::{Cause, Dial, DialError, dial};
