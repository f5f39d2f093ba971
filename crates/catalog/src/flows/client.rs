//! What a client needs to be managed: everything that the agent dials.

use crate::flow::{Flow, When, Where};
use crate::role::{CLIENT, DISTRIBUTION_POINT, MANAGEMENT_POINT, PACKAGE_MIRROR as MIRROR};
use crate::service::{HTTP, HTTPS, PACKAGE_MIRROR};
use crate::source::Source;

pub static CLIENT_TO_MANAGEMENT_POINT_HTTPS: Flow = Flow {
    source: &[Source::ours("#the-http-host")],
    sentence: "Enrolment, the service map, policy, and all reports.",
    ..Flow::new(&CLIENT, &MANAGEMENT_POINT, &HTTPS)
};

pub static CLIENT_TO_MANAGEMENT_POINT_HTTP: Flow = Flow {
    source: &[Source::ours("#the-http-host")],
    sentence: "The agent's own package, fetched by its digest before the machine is a client.",
    ..Flow::new(&CLIENT, &MANAGEMENT_POINT, &HTTP)
};

pub static CLIENT_TO_DISTRIBUTION_POINT_HTTPS: Flow = Flow {
    scope: Where::BoundaryGroup,
    source: &[Source::ours("#the-http-host")],
    sentence: "Content, by digest and in ranges.",
    ..Flow::new(&CLIENT, &DISTRIBUTION_POINT, &HTTPS)
};

pub static CLIENT_TO_PACKAGE_MIRROR: Flow = Flow {
    when: When::Setting("package-mirror-for", "clients"),
    source: &[Source::ours("#where-packages-come-from")],
    sentence: "Where clients may fetch by themselves what a package depends on.",
    ..Flow::new(&CLIENT, &MIRROR, &PACKAGE_MIRROR)
};
