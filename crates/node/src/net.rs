//! Sockets. This file and its three parts are where Portolan opens them, and
//! each is opened on a ground that was declared before: [`listen`] takes a
//! [`Listen`], [`dial`] a [`Dial`]. Both are made from catalog rows by
//! somebody who had the right to, and neither can be made here out of an
//! address and a number.
//!
//! A listener comes from the plan, or from the verified plan of a host:
//!
//! ```
//! use node::net::{BindError, Bound, Listen};
//!
//! fn open(plan: &plan::Plan, host: &str) -> Result<(), BindError> {
//!     for listen in plan.listens(host) {
//!         let _bound: Bound = node::net::listen(&Listen::planned(&listen))?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! from nowhere else:
//!
//! ```compile_fail,E0308
//! let address: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
//! let bound = node::net::listen(&address);
//! ```
//!
//! nor can it be written down:
//!
//! ```compile_fail,E0451
//! fn anywhere(flow: &'static catalog::Flow) -> node::net::Listen {
//!     let address = [127, 0, 0, 1].into();
//!     node::net::Listen { address, port: 0, protocol: todo!(), flows: vec![flow] }
//! }
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

mod ask;
mod bind;
mod dial;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use ask::ask;
pub use bind::{BindError, Bound, Listen, free_port, listen};
pub use dial::{Cause, Dial, DialError, dial};

/// How long the other side of a connection may take nothing of what we send, or
/// be gone without a word.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);
