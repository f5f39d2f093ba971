//! What the site's own hosts speak: with each other, with administrators, and with
//! whoever stores or supplies content.

use super::{Service, Share};
use crate::port::{Family, Ports, Protocol};
use crate::source::Source;

pub static SITE_LINK: Service = Service {
    slug: "site-link",
    name: "Site link",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting {
        key: "site-link",
        default: 10180,
        unprivileged: 10180,
        alternate: false,
    },
    types: &[],
    share: Share::Own,
    served: true,
    sentence: "One mutual TLS connection between the site server and a host of the site: plans, content, reports.",
    source: Source::ours("#the-site-link"),
};

pub static PACKAGE_MIRROR: Service = Service {
    slug: "package-mirror",
    name: "Package mirror",
    protocol: Protocol::Tcp,
    family: Family::Any,
    ports: Ports::Setting {
        key: "package-mirror",
        default: 80,
        unprivileged: 8080,
        alternate: false,
    },
    types: &[],
    share: Share::Own,
    served: true,
    sentence: "Debian's packages and their lists, as apt fetches them over HTTP.",
    source: Source::ours("#where-packages-come-from"),
};

pub static PROBE_RESPONDER: Service = Service {
    slug: "probe-responder",
    name: "Probe responder",
    ports: Ports::movable("probe-responder", 10181),
    sentence: "Confirms what arrives, for the time of a probe.",
    source: Source::ours("#what-is-declared-and-not-yet-served"),
    ..Service::TCP
};

pub static OBJECT_STORE: Service = Service {
    slug: "object-store",
    name: "Object store",
    ports: Ports::Setting {
        key: "object-store",
        default: 443,
        unprivileged: 8443,
        alternate: false,
    },
    sentence: "Content in storage that speaks S3.",
    source: Source::ours("#what-is-declared-and-not-yet-served"),
    ..Service::TCP
};

pub static SSH: Service = Service {
    slug: "ssh",
    name: "SSH",
    ports: Ports::movable("ssh", 22),
    sentence: "Installation on a machine that has no agent yet.",
    source: Source::ours("#what-is-declared-and-not-yet-served"),
    ..Service::TCP
};
