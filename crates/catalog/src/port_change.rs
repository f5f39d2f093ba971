//! How to change the ports that Configuration Manager's clients use, and what
//! becomes of the clients.
//!
//! From the article of 23 April 2017, which is no edition. (Portolan's own clients
//! are told of a change by a signed map, before the old port is closed.)

use crate::source::Source;

/// A part of the answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Part {
    pub slug: &'static str,
    pub question: &'static str,
    pub answers: &'static [&'static str],
    pub source: Source,
}

const TEXT: Source = Source::client_ports(
    "#how-to-configure-client-communication-ports-in-system-center-configuration-manager",
);
const STEPS: Source =
    Source::client_ports("#to-configure-the-client-communication-port-numbers-for-a-site");

pub static PARTS: &[Part] = &[
    Part {
        slug: "what",
        question: "What can be changed?",
        answers: &[
            "The ports on which clients ask site systems: HTTP (80) and HTTPS (443), each with a default and an alternate.",
            "Clients try the alternate by themselves when the default fails.",
            "The port of traditional wake-up packets, for each site.",
            "Client notification can be left to HTTP or HTTPS, which firewalls pass more often; it costs the management point more processor time and memory than a port of its own.",
        ],
        source: TEXT,
    },
    Part {
        slug: "before",
        question: "What to think of before?",
        answers: &[
            "Change ports only for a reason, such as a custom web site.",
            "Changing the ports of IIS's default web site breaks other applications that use it.",
            "Firewalls and other devices on the way have to know the new port first.",
            "On the internet, routers and firewalls of others may block a port other than 443.",
            "Clients that are not told of the change become unmanaged.",
        ],
        source: TEXT,
    },
    Part {
        slug: "how",
        question: "How is it done?",
        answers: &[
            "Console › Administration › Site Configuration › Sites › the primary site › Properties › Ports; choose an item, its properties, and set number and description.",
            "“Use custom web site” makes site systems with IIS use a web site of the name SMSWEB.",
            "Secondary sites inherit the ports of their primary; repeat the steps for every primary of the hierarchy.",
        ],
        source: STEPS,
    },
    Part {
        slug: "learn",
        question: "Who learns of it by itself?",
        answers: &[
            "Clients, old and new, that can read what the site publishes to Active Directory: nothing is to be done for them.",
            "Clients that the site installs by push after the change: they get the new ports.",
        ],
        source: TEXT,
    },
    Part {
        slug: "do-not-learn",
        question: "Who does not?",
        answers: &[
            "Clients of a workgroup.",
            "Clients of another Active Directory forest.",
            "Clients set up for the internet only.",
            "Clients that are on the internet at the moment.",
        ],
        source: TEXT,
    },
    Part {
        slug: "do",
        question: "What to do for them?",
        answers: &[
            "Install them again with the client push wizard, which uses the site's present ports.",
            "Install them again with CCMSetup.exe and the properties CCMHTTPPORT and CCMHTTPSPORT of client.msi.",
            "Install them again by a method that reads the properties from Active Directory.",
            "Or leave them installed and run the script PORTSWITCH.VBS, on the installation media in SMSSETUP\\Tools\\PortConfiguration.",
            "For clients on the internet there is no choice: CCMHTTPPORT and CCMHTTPSPORT must be given.",
            "New clients of these kinds need the same.",
            "Clients on Linux and UNIX have an article of their own.",
        ],
        source: TEXT,
    },
];
