//! What the site's own hosts need of each other.
//!
//! A distribution point has no row to the database: it needs none, and a stolen
//! one must not have it.

use crate::flow::{Flow, When};
use crate::role::{MANAGEMENT_POINT, SITE_DATABASE_SERVER, SITE_SERVER, SMS_PROVIDER};
use crate::service::SITE_DATABASE;
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
