//! What must be so here: estate × catalog → plan.
//!
//! A site file says little ([`read`] → [`Estate`], what was *said*); the plan
//! says all ([`plan()`] → [`Plan`], what is *meant*): every flow from party to
//! party with the causes that made it, and from the flows what each host may
//! listen on ([`Listen`]) and dial ([`Target`]).
//!
//! Pure: text in, values out. No file, no socket, no clock, no name is
//! resolved; the same text gives the same plan, whatever the order of its
//! tables. `node` opens sockets for a [`Listen`] or for what a [`Target`]
//! names, and neither can be made but by a plan (see there).

pub mod boundary;
pub mod cidr;
pub mod diff;
pub mod draft;
pub mod draw;
pub mod estate;
pub mod explain;
pub mod lock;
pub mod mirror;
pub mod mistake;
pub mod planned;
pub mod show;
pub mod socket;

mod check;
mod derive;
mod read;
mod subnets;
#[cfg(test)]
mod tests;

pub use boundary::{Locations, Place, PlannedGroup};
pub use cidr::Cidr;
pub use derive::{plan, plan_as};
pub use draft::{Draft, draft};
pub use estate::{
    Addresses, BoundaryGroup, ClientSettings, Estate, Host, Network, Opener, Said, Site, SiteKind,
};
pub use explain::{Explained, Reason};
pub use lock::Lock;
pub use mirror::PackageMirror;
pub use mistake::{Finding, Kind, Mistake, Severity, line_of};
pub use planned::{
    Cause, End, Plan, Planned, PlannedCloud, PlannedCluster, PlannedHost, PlannedNat,
    PlannedNetwork, PlannedSite,
};
pub use read::{read, read_with, schema};
pub use show::{Only, Row, UnknownParty};
pub use socket::{Endpoint, Listen, Target};
