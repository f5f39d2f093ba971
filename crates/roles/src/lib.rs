//! What a site server does: its parts. A part is a role that runs in our
//! process; each has one entry, a function that takes a struct of exactly what
//! the part uses, and gives back its routes or runs until it is told to stop.
//! Who hands out what is the business of the crate `site`.
//!
//! Parts do not import one another. What two of them need stands beside them:
//!
//! - [`identity`]: who asks. [`request`], [`problem`]: what was asked, and no.
//! - [`content`]: the content library. [`facts`]: what the site knows of itself.
//! - [`desk`]: how a management point has something signed.
//! - [`http_host`]: the parts that share a listen, on one router.
//!
//! What runs on a host that has no store is a distribution point, and
//! [`host_link`], by which it has everything from the site server.
//!
//! Nothing that comes from the network may panic, hang, or grow without bound:
//! every body has a limit, every wait a time, every queue an end.

pub mod content;
pub mod desk;
pub mod facts;
pub mod http_host;
pub mod identity;
pub mod problem;
pub mod request;

pub mod distribution_point;
pub mod host_link;
pub mod management_point;
pub mod site_server;
pub mod sms_provider;

use catalog::role::{self, Role};

/// What the store calls the signed service map: the site server puts it there,
/// the others find it there.
const MAP: &str = "map";

/// Every part: its role, and where it begins.
pub static ALL: &[(&Role, &str)] = &[
    (&role::SITE_SERVER, "site_server::run"),
    (&role::MANAGEMENT_POINT, "management_point::router"),
    (&role::DISTRIBUTION_POINT, "distribution_point::router"),
    (&role::SMS_PROVIDER, "sms_provider::router"),
];

#[cfg(test)]
mod laws {
    use catalog::{Edition, FLOWS, Opens, Protocol, RunBy};

    use super::*;

    /// The catalog promises what somebody here must keep.
    #[test]
    fn every_role_that_listens_has_a_part() {
        for flow in FLOWS.iter().filter(|flow| flow.editions.contains(Edition::Portolan)) {
            let listens = match flow.opens {
                // Nobody listens where there is no port: the system answers.
                _ if !matches!(flow.service.protocol, Protocol::Tcp | Protocol::Udp) => vec![],
                Opens::From => vec![flow.to],
                Opens::To => vec![flow.from],
                Opens::Either => vec![flow.from, flow.to],
            };
            for role in listens.into_iter().filter(|role| role.run_by == RunBy::Site) {
                let part = ALL.iter().any(|(known, _)| *known == role);
                assert!(part || !flow.service.served, "{flow}: no part plays {role}");
            }
        }
    }
}
