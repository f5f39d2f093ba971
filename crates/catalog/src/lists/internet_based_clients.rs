//! What site systems need that serve clients on the internet without a gateway, to
//! be installed and repaired.

use super::{Entry, List, Stated};
use crate::flow::Opens;
use crate::role::{DISTRIBUTION_POINT, SITE_SERVER, SITE_SYSTEM};
use crate::service::{RPC, RPC_ENDPOINT_MAPPER, RPC_ENDPOINT_MAPPER_UDP, SMB};
use crate::source::in_all;

const INSTALL: Entry = Entry {
    from: Some(&SITE_SERVER),
    to: Some(&SITE_SYSTEM),
    source: &in_all("#BKMK_IBCMports"),
    ..Entry::new("RPC endpoint mapper", Stated::Service(&RPC_ENDPOINT_MAPPER))
};

const APPLICATIONS: Entry = Entry {
    to: Some(&DISTRIBUTION_POINT),
    what: "RPC endpoint mapper, for applications and packages",
    ..INSTALL
};

pub static INTERNET_BASED_CLIENTS: List = List {
    slug: "internet-based-clients",
    name: "Internet-based clients",
    sentence: "Between the site server and the management points, distribution points, software update point and fallback status point that serve clients on the internet: for installation and repair.",
    source: &in_all("#BKMK_IBCMports"),
    entries: &[
        Entry { ports: Stated::Service(&RPC_ENDPOINT_MAPPER_UDP), ..INSTALL },
        INSTALL,
        Entry { what: "RPC, dynamic ports", ports: Stated::Service(&RPC), ..INSTALL },
        Entry { what: "SMB", opens: Opens::Either, ports: Stated::Service(&SMB), ..INSTALL },
        Entry { ports: Stated::Service(&RPC_ENDPOINT_MAPPER_UDP), ..APPLICATIONS },
        APPLICATIONS,
        Entry {
            what: "RPC, dynamic ports, for applications and packages",
            ports: Stated::Service(&RPC),
            ..APPLICATIONS
        },
    ],
};
