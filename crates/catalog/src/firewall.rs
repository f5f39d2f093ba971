//! Which exceptions a client's own firewall needs, feature by feature.
//!
//! From the article of 6 October 2016, which is no edition. Its words for Windows
//! Firewall's predefined groups are translated on every machine; the groups' resource
//! ids are not, and are what a rule should name.

use crate::port::Protocol;
use crate::service::{
    CLIENT_NOTIFICATION, HTTP, HTTPS, ICMP_ECHO, REMOTE_CONTROL, RPC_ENDPOINT_MAPPER, Service,
    WAKE_ON_LAN, WAKE_UP_PROXY,
};
use crate::source::Source;

/// A feature, and what it needs.
#[derive(Debug)]
#[non_exhaustive]
pub struct Feature {
    pub slug: &'static str,
    pub name: &'static str,
    pub exceptions: &'static [Exception],
    /// What else to know.
    pub facts: &'static [&'static str],
    pub source: Source,
}

/// One exception.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exception {
    pub allows: Allows,
    pub direction: Direction,
    /// On whose firewall.
    pub host: Host,
    pub sentence: &'static str,
    /// The correction that this exception carries out: the text lacks it.
    pub fixes: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
pub enum Allows {
    Port(&'static Service),
    /// Echo requests, which stand in prose.
    Echo(&'static Service),
    Program(&'static str),
    /// A predefined group of rules: its name in English, and its resource id.
    Group(&'static str, &'static str),
}

/// As seen from the machine with the firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
    Both,
    /// The text gives none.
    NotSaid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    Client,
    /// The machine on which the console runs.
    Console,
}

const SHARING: Allows = Allows::Group("File and Printer Sharing", "@FirewallAPI.dll,-28502");
const WMI: Allows =
    Allows::Group("Windows Management Instrumentation (WMI)", "@FirewallAPI.dll,-34251");
const ASSISTANCE: Allows = Allows::Group("Remote Assistance", "@FirewallAPI.dll,-33002");
const DESKTOP: Allows = Allows::Group("Remote Desktop", "@FirewallAPI.dll,-28752");

const fn out(allows: Allows, sentence: &'static str) -> Exception {
    Exception { allows, direction: Direction::Out, host: Host::Client, sentence, fixes: None }
}

const fn comes_in(allows: Allows, sentence: &'static str) -> Exception {
    Exception { direction: Direction::In, ..out(allows, sentence) }
}

pub static FEATURES: &[Feature] = &[
    Feature {
        slug: "queries",
        name: "Queries in the console",
        exceptions: &[Exception {
            direction: Direction::NotSaid,
            host: Host::Console,
            ..out(Allows::Program("Statview.exe"), "On the console's own machine.")
        }],
        facts: &[
            "Without it the first query fails, and Windows asks whether to unblock the program. Allowed there or beforehand, queries work.",
        ],
        source: Source::client_firewall("#queries"),
    },
    Feature {
        slug: "client-push",
        name: "Installation by push",
        exceptions: &[
            Exception {
                direction: Direction::Both,
                ..out(SHARING, "The site server copies the installation files.")
            },
            comes_in(WMI, "The site server starts the installation."),
            comes_in(
                Allows::Echo(&ICMP_ECHO),
                "The site server asks first whether the machine is there.",
            ),
        ],
        facts: &[
            "Devices between site server and client have to pass the echo requests too.",
            "Firewalls on the way often block SMB and RPC, and push with them: then install in another way.",
        ],
        source: Source::client_firewall("#client-push-installation"),
    },
    Feature {
        slug: "group-policy-installation",
        name: "Installation by Group Policy",
        exceptions: &[Exception {
            direction: Direction::NotSaid,
            ..out(
                SHARING,
                "The client fetches the installation files; the text says neither in nor out.",
            )
        }],
        facts: &[],
        source: Source::client_firewall("#client-installation-by-using-group-policy"),
    },
    Feature {
        slug: "client-requests",
        name: "Requests of clients",
        exceptions: &[
            out(Allows::Port(&HTTP), "Where clients talk HTTP."),
            out(Allows::Port(&HTTPS), "Where clients talk HTTPS."),
        ],
        facts: &["Both are defaults. Who changes them in the site changes the exceptions too."],
        source: Source::client_firewall("#client-requests"),
    },
    Feature {
        slug: "client-notification",
        name: "Notification of clients",
        exceptions: &[
            out(
                Allows::Port(&CLIENT_NOTIFICATION),
                "What an administrator asks of a client arrives at once.",
            ),
            out(Allows::Port(&HTTP), "Fall-back, where the first fails and clients talk HTTP."),
            out(Allows::Port(&HTTPS), "Fall-back, where the first fails and clients talk HTTPS."),
        ],
        facts: &[
            "The fall-back is automatic, to the ports on which the client reaches its management point anyway.",
            "All are defaults. Who changes them in the site changes the exceptions too.",
        ],
        source: Source::client_firewall("#client-notification"),
    },
    Feature {
        slug: "remote-control",
        name: "Remote control",
        exceptions: &[comes_in(
            Allows::Port(&REMOTE_CONTROL),
            "The administrator's console connects.",
        )],
        facts: &[],
        source: Source::client_firewall("#remote-control"),
    },
    Feature {
        slug: "remote-assistance",
        name: "Remote Assistance and Remote Desktop",
        exceptions: &[
            Exception {
                direction: Direction::NotSaid,
                ..out(Allows::Program("Helpsvc.exe"), "Where help is begun from the console.")
            },
            comes_in(
                Allows::Port(&RPC_ENDPOINT_MAPPER),
                "Where help is begun from the console: a port of one's own making.",
            ),
            Exception { direction: Direction::NotSaid, ..out(ASSISTANCE, "Help itself.") },
            Exception { direction: Direction::NotSaid, ..out(DESKTOP, "The user's desktop.") },
        ],
        facts: &[
            "Where the user begins at the client, Windows Firewall allows both groups by itself.",
        ],
        source: Source::client_firewall("#remote-assistance-and-remote-desktop"),
    },
    Feature {
        slug: "wake-up-proxy",
        name: "Wake-up proxy",
        exceptions: &[
            out(Allows::Port(&WAKE_UP_PROXY), "Clients of a subnet agree who watches over whom."),
            out(Allows::Port(&WAKE_ON_LAN), "The packet that wakes."),
            Exception {
                fixes: Some("wake-up-proxy-comes-in-too"),
                ..comes_in(Allows::Port(&WAKE_UP_PROXY), "The neighbour's side of the same.")
            },
            Exception {
                fixes: Some("wake-up-proxy-comes-in-too"),
                ..comes_in(Allows::Port(&WAKE_ON_LAN), "The neighbour's side of the same.")
            },
            Exception {
                direction: Direction::NotSaid,
                ..out(
                    Allows::Echo(&ICMP_ECHO),
                    "Is the neighbour awake: from one client to another.",
                )
            },
        ],
        facts: &[
            "Set by itself in Windows Firewall, and only with the client setting “Windows Firewall exception for wake-up proxy” (Power Management). For any other firewall: by hand.",
            "Both ports are defaults: client settings › Power Management, “Wake-up proxy port number (UDP)” and “Wake On LAN port number (UDP)”.",
        ],
        source: Source::client_firewall("#wake-up-proxy"),
    },
    Feature {
        slug: "event-viewer",
        name: "Event Viewer, Performance Monitor and Diagnostics",
        exceptions: &[Exception {
            direction: Direction::NotSaid,
            ..out(
                SHARING,
                "The console reads the client's logs and counters; the text says neither in nor out.",
            )
        }],
        facts: &[],
        source: Source::client_firewall(
            "#windows-event-viewer-windows-performance-monitor-and-windows-diagnostics",
        ),
    },
];

impl Feature {
    /// The exceptions as the text has them, or with what it lacks.
    pub fn exceptions(&self, reading: crate::Reading) -> impl Iterator<Item = &'static Exception> {
        self.exceptions
            .iter()
            .filter(move |one| one.fixes.is_none() || reading == crate::Reading::Corrected)
    }
}

impl Exception {
    /// The service, where it is about one.
    pub fn service(&self) -> Option<&'static Service> {
        match self.allows {
            Allows::Port(service) | Allows::Echo(service) => Some(service),
            Allows::Program(_) | Allows::Group(..) => None,
        }
    }
}

impl Allows {
    /// `TCP 443`, `program Statview.exe`, `group File and Printer Sharing (…)`.
    pub fn text(self) -> String {
        match self {
            Self::Port(service) => {
                let protocol = if service.protocol == Protocol::Tcp { "TCP" } else { "UDP" };
                format!("{protocol} {}", service.ports)
            }
            Self::Echo(_) => "ICMP echo request".to_owned(),
            Self::Program(file) => format!("program {file}"),
            Self::Group(name, id) => format!("group {name} ({id})"),
        }
    }
}

impl Direction {
    pub fn text(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Both => "in and out",
            Self::NotSaid => "not stated",
        }
    }
}

impl Host {
    pub fn text(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Console => "console",
        }
    }
}

/// The feature with this slug.
pub fn find(slug: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|feature| feature.slug == slug)
}
