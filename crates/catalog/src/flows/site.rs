//! What the site's own hosts need of each other.
//!
//! A distribution point has no row to the database: it needs none, and a stolen
//! one must not have it.

use crate::flow::{Flow, When, Where};
use crate::role::{
    MANAGEMENT_POINT, PACKAGE_MIRROR as MIRROR, SITE_DATABASE_SERVER, SITE_SERVER, SITE_SYSTEM,
    SMS_PROVIDER,
};
use crate::service::{PACKAGE_MIRROR, SITE_DATABASE, SITE_LINK};
use crate::source::Source;

const WITH_POSTGRESQL: When = When::Setting("database", "postgresql");

pub static SITE_SERVER_TO_SITE_DATABASE: Flow = Flow {
    when: WITH_POSTGRESQL,
    source: &[Source::ours("#the-site-database")],
    sentence: "The site server reads and writes what the site knows.",
    ..Flow::new(&SITE_SERVER, &SITE_DATABASE_SERVER, &SITE_DATABASE)
};

pub static MANAGEMENT_POINT_TO_SITE_DATABASE: Flow = Flow {
    when: WITH_POSTGRESQL,
    source: &[Source::ours("#the-site-database")],
    sentence: "The management point reads policy and writes reports.",
    ..Flow::new(&MANAGEMENT_POINT, &SITE_DATABASE_SERVER, &SITE_DATABASE)
};

pub static SMS_PROVIDER_TO_SITE_DATABASE: Flow = Flow {
    when: WITH_POSTGRESQL,
    source: &[Source::ours("#the-site-database")],
    sentence: "The SMS provider reads state and writes what administrators want.",
    ..Flow::new(&SMS_PROVIDER, &SITE_DATABASE_SERVER, &SITE_DATABASE)
};

pub static SITE_SYSTEM_TO_SITE_SERVER_LINK: Flow = Flow {
    reversible: true,
    scope: Where::OtherHost,
    source: &[Source::ours("#the-site-link")],
    sentence: "A host of the site takes its plan, its certificate and content, and reports.",
    ..Flow::new(&SITE_SYSTEM, &SITE_SERVER, &SITE_LINK)
};

pub static SITE_SERVER_TO_PACKAGE_MIRROR: Flow = Flow {
    source: &[Source::ours("#where-packages-come-from")],
    sentence: "What a published package depends on, found and fetched by apt.",
    ..Flow::new(&SITE_SERVER, &MIRROR, &PACKAGE_MIRROR)
};
