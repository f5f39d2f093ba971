//! All rows, filed as a newcomer would ask: what does a client need ([`client`]) and
//! what do clients need of each other ([`neighbours`]); how does a machine boot from
//! the network ([`boot`]) and enrol ([`enrollment`]); what does an administrator need
//! ([`administration`]); what do the site's own hosts need ([`site`],
//! [`site_systems`]), of the database ([`database`]), the directory ([`directory`]),
//! the update servers ([`updates`]) and the cloud ([`gateway`]); and what does every
//! machine need anyway ([`platform`]).
//!
//! One row serves all editions in which it stands. Rows of the same connection begin
//! with what they have in common: `..TO_MANAGEMENT_POINT` is the heading, what stands
//! before it the line under it.

pub mod administration;
pub mod boot;
pub mod client;
pub mod database;
pub mod directory;
pub mod enrollment;
pub mod gateway;
pub mod neighbours;
pub mod platform;
pub mod site;
pub mod site_systems;
pub mod updates;

pub use administration::CONSOLE_TO_SMS_PROVIDER_HTTPS;
pub use client::{
    CLIENT_TO_DISTRIBUTION_POINT_HTTPS, CLIENT_TO_MANAGEMENT_POINT_HTTP,
    CLIENT_TO_MANAGEMENT_POINT_HTTPS, CLIENT_TO_PACKAGE_MIRROR,
};
pub use database::{
    MANAGEMENT_POINT_TO_SITE_DATABASE, SITE_SERVER_TO_SITE_DATABASE, SMS_PROVIDER_TO_SITE_DATABASE,
};
pub use site::{SITE_SERVER_TO_PACKAGE_MIRROR, SITE_SYSTEM_TO_SITE_SERVER_LINK};

use crate::edition::Edition;
use crate::flow::{Flow, Reading};
use crate::service::{SERVICES, Service};

const SUBJECTS: [&[&Flow]; 12] = [
    client::ROWS,
    neighbours::ROWS,
    boot::ROWS,
    enrollment::ROWS,
    administration::ROWS,
    site::ROWS,
    site_systems::ROWS,
    database::ROWS,
    directory::ROWS,
    updates::ROWS,
    gateway::ROWS,
    platform::ROWS,
];

/// Every flow that any edition declares, subject after subject.
pub static FLOWS: &[&Flow] = &joined::<{ count() }>();

/// The rows of an edition: in the documented reading what its text says, in the
/// corrected one what is true.
pub fn rows(edition: Edition, reading: Reading) -> impl Iterator<Item = &'static Flow> {
    FLOWS.iter().filter_map(move |flow| flow.read(edition, reading))
}

/// The services in force in an edition, in the order of [`SERVICES`].
pub fn services(edition: Edition) -> impl Iterator<Item = &'static Service> {
    let used = move |service: &&'static Service| {
        FLOWS.iter().any(|flow| flow.service == *service && flow.editions.contains(edition))
    };
    SERVICES.iter().copied().filter(used)
}

const fn count() -> usize {
    let mut sum = 0;
    let mut subject = 0;
    while subject < SUBJECTS.len() {
        sum += SUBJECTS[subject].len();
        subject += 1;
    }
    sum
}

const fn joined<const N: usize>() -> [&'static Flow; N] {
    let mut all = [SUBJECTS[0][0]; N];
    let (mut at, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        let mut row = 0;
        while row < SUBJECTS[subject].len() {
            all[at] = SUBJECTS[subject][row];
            at += 1;
            row += 1;
        }
        subject += 1;
    }
    all
}
