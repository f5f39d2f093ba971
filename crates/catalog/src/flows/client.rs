//! What a client needs to be managed: everything that the agent dials.

use crate::flow::Flow;
use crate::role::{CLIENT, DISTRIBUTION_POINT, MANAGEMENT_POINT};
use crate::service::HTTPS;
use crate::source::Source;

pub static CLIENT_TO_MANAGEMENT_POINT_HTTPS: Flow = Flow {
    source: &[Source::ours("#the-http-host")],
    sentence: "Enrolment, the service map, policy, and all reports.",
    ..Flow::new(&CLIENT, &MANAGEMENT_POINT, &HTTPS)
};

pub static CLIENT_TO_DISTRIBUTION_POINT_HTTPS: Flow = Flow {
    source: &[Source::ours("#the-http-host")],
    sentence: "Content, by digest and in ranges.",
    ..Flow::new(&CLIENT, &DISTRIBUTION_POINT, &HTTPS)
};
