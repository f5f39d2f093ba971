//! What the installation of a client needs, by method.
//!
//! From the article of 6 October 2016, which is no edition.

use crate::role::{
    CLIENT, DISTRIBUTION_POINT, FALLBACK_STATUS_POINT, FILE_SERVER, MANAGEMENT_POINT, Role,
    SITE_SERVER, SOFTWARE_UPDATE_POINT,
};
use crate::service::{
    HTTP, HTTPS, ICMP_ECHO, RPC, RPC_ENDPOINT_MAPPER, RPC_ENDPOINT_MAPPER_UDP, SMB, Service,
    WSUS_HTTP, WSUS_HTTP_80, WSUS_HTTPS, WSUS_HTTPS_443,
};
use crate::source::Source;

/// A way to install clients.
#[derive(Debug)]
#[non_exhaustive]
pub struct Method {
    pub slug: &'static str,
    pub name: &'static str,
    pub needs: &'static [Need],
    pub facts: &'static [&'static str],
    pub source: Source,
}

/// One port that a method needs.
#[derive(Debug)]
#[non_exhaustive]
pub struct Need {
    pub from: &'static Role,
    pub to: &'static Role,
    /// Whether the text says who begins: “between” it does not.
    pub directed: bool,
    pub service: &'static Service,
    pub when: &'static str,
    /// The article's own note: 1 is note 2 of the port articles, 2 is their note 3.
    pub note: Option<u8>,
    /// Whether it stands in prose, not in a table.
    pub prose: bool,
}

const fn asks(to: &'static Role, service: &'static Service, when: &'static str) -> Need {
    Need { from: &CLIENT, to, directed: true, service, when, note: Some(1), prose: false }
}

const fn between(other: &'static Role, service: &'static Service, when: &'static str) -> Need {
    Need { from: other, directed: false, note: None, ..asks(&CLIENT, service, when) }
}

const fn wsus(service: &'static Service, when: &'static str) -> Need {
    Need { note: Some(2), ..asks(&SOFTWARE_UPDATE_POINT, service, when) }
}

const OVER_HTTP: &str = "when the client talks HTTP";
const OVER_HTTPS: &str = "when the client talks HTTPS";
const WITH_SOURCE: &str = "only with CCMSetup's `/source:` and a path";

pub static METHODS: &[Method] = &[
    Method {
        slug: "all-methods",
        name: "Every method",
        needs: &[asks(
            &FALLBACK_STATUS_POINT,
            &HTTP,
            "when the client is assigned a fallback status point",
        )],
        facts: &[
            "Firewalls between site systems and clients have to pass what the chosen method needs.",
        ],
        source: Source::client_firewall("#ports-that-are-used-for-all-installation-methods"),
    },
    Method {
        slug: "client-push",
        name: "Push by the site server",
        needs: &[
            between(&SITE_SERVER, &SMB, "always"),
            between(&SITE_SERVER, &RPC_ENDPOINT_MAPPER_UDP, "always"),
            between(&SITE_SERVER, &RPC_ENDPOINT_MAPPER, "always"),
            between(&SITE_SERVER, &RPC, "always"),
            asks(&MANAGEMENT_POINT, &HTTP, OVER_HTTP),
            asks(&MANAGEMENT_POINT, &HTTPS, OVER_HTTPS),
            Need {
                directed: true,
                prose: true,
                ..between(&SITE_SERVER, &ICMP_ECHO, "first: is the machine there")
            },
        ],
        facts: &[
            "Devices between have to pass the echo request, or the push does not begin.",
            "Firewalls often block SMB and RPC and make push fail: install by hand or by Group Policy then.",
        ],
        source: Source::client_firewall("#ports-that-are-used-with-client-push-installation"),
    },
    Method {
        slug: "software-update-point",
        name: "As an update, from a software update point",
        needs: &[
            wsus(&WSUS_HTTP_80, "HTTP, WSUS on the default web site"),
            wsus(&WSUS_HTTP, "HTTP, WSUS on a web site of its own"),
            wsus(&WSUS_HTTPS_443, "HTTPS, WSUS on the default web site"),
            wsus(&WSUS_HTTPS, "HTTPS, WSUS on a web site of its own"),
            between(&FILE_SERVER, &SMB, WITH_SOURCE),
        ],
        facts: &[],
        source: Source::client_firewall(
            "#ports-that-are-used-with-software-update-point-based-installation",
        ),
    },
    Method {
        slug: "group-policy",
        name: "By Group Policy",
        needs: &[
            asks(&MANAGEMENT_POINT, &HTTP, OVER_HTTP),
            asks(&MANAGEMENT_POINT, &HTTPS, OVER_HTTPS),
            between(&FILE_SERVER, &SMB, WITH_SOURCE),
        ],
        facts: &[],
        source: Source::client_firewall(
            "#ports-that-are-used-with-group-policy-based-installation",
        ),
    },
    Method {
        slug: "manual",
        name: "By hand, or by a log-on script",
        needs: &[
            Need {
                from: &CLIENT,
                to: &FILE_SERVER,
                ..between(&FILE_SERVER, &SMB, "when CCMSetup.exe is started from a share")
            },
            asks(
                &MANAGEMENT_POINT,
                &HTTP,
                "when the client talks HTTP, and only without `/source:`",
            ),
            asks(
                &MANAGEMENT_POINT,
                &HTTPS,
                "when the client talks HTTPS, and only without `/source:`",
            ),
            between(&FILE_SERVER, &SMB, WITH_SOURCE),
        ],
        facts: &[
            "The two uses of SMB are two: the share from which setup is started, and the one from which it fetches.",
            "Management points share the installation files (the folder Client of the product's); they may be copied to a share of one's own.",
            "Started from removable media, setup needs no share.",
        ],
        source: Source::client_firewall(
            "#ports-that-are-used-with-manual-installation-and-logon-script-based-installation",
        ),
    },
    Method {
        slug: "software-distribution",
        name: "By software distribution",
        needs: &[
            between(&DISTRIBUTION_POINT, &SMB, "always"),
            asks(&DISTRIBUTION_POINT, &HTTP, OVER_HTTP),
            asks(&DISTRIBUTION_POINT, &HTTPS, OVER_HTTPS),
        ],
        facts: &[],
        source: Source::client_firewall(
            "#ports-that-are-used-with-software-distribution-based-installation",
        ),
    },
];

/// The columns of [`Method::lines`].
pub const COLUMNS: [&str; 7] = ["group", "protocol", "port", "initiator", "from", "to", "note"];

impl Method {
    /// The rows as a table writes them, in the order of the text; those that stand
    /// in prose, if wanted.
    pub fn lines(&self, prose: bool) -> impl Iterator<Item = [String; 7]> {
        self.needs.iter().filter(move |need| prose || !need.prose).map(|need| {
            [
                self.slug.to_owned(),
                need.service.protocol.to_string(),
                need.service.ports.to_string(),
                if need.directed { "from" } else { "-" }.to_owned(),
                need.from.slug.to_owned(),
                need.to.slug.to_owned(),
                need.note.map_or_else(|| "-".to_owned(), |note| note.to_string()),
            ]
        })
    }
}

/// The method with this slug.
pub fn find(slug: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.slug == slug)
}
