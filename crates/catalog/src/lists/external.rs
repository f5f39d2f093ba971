//! Connections that leave one's own network, as the articles list them: fewer than
//! the tables hold.

use super::{Entry, List, Stated};
use crate::edition::Editions;
use crate::flow::Opens;
use crate::role::{
    ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT, AZURE, CLIENT, CLOUD_MANAGEMENT_GATEWAY,
    CMG_CONNECTION_POINT, CONSOLE, DOMAIN_CONTROLLER, ENDPOINT_PROTECTION_POINT,
    GLOBAL_CATALOG_DOMAIN_CONTROLLER, INTERNET, INTUNE, ISSUING_CERTIFICATION_AUTHORITY,
    MANAGEMENT_POINT, MICROSOFT, Role, SERVICE_CONNECTION_POINT, SITE_SERVER,
    SOFTWARE_UPDATE_POINT, UPSTREAM_WSUS_SERVER,
};
use crate::source::{Source, in_2020, in_all};

const HERE: &[Source] = &in_all("#BKMK_External");

const fn leaves(what: &'static str, from: &'static Role, to: &'static Role) -> Entry {
    Entry { from: Some(from), to: Some(to), source: HERE, ..Entry::new(what, Stated::Connection) }
}

pub static EXTERNAL_CONNECTIONS: List = List {
    slug: "external-connections",
    name: "External connections",
    sentence: "What the product may open to the outside. Only what the article lists: the tables hold more, such as the site server's own way to the internet.",
    source: HERE,
    entries: &[
        leaves(
            "Catalogue of software titles",
            &ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT,
            &MICROSOFT,
        ),
        leaves("Malware protection", &ENDPOINT_PROTECTION_POINT, &INTERNET),
        leaves("Look-ups of clients", &CLIENT, &GLOBAL_CATALOG_DOMAIN_CONTROLLER),
        leaves("Updates, feedback and documentation", &CONSOLE, &INTERNET),
        leaves("Look-ups of the management point", &MANAGEMENT_POINT, &DOMAIN_CONTROLLER),
        leaves("Discovery and publishing", &SITE_SERVER, &DOMAIN_CONTROLLER),
        Entry {
            opens: Opens::Either,
            ..leaves("Certificates", &SITE_SERVER, &ISSUING_CERTIFICATION_AUTHORITY)
        },
        leaves("Catalogue of updates", &SOFTWARE_UPDATE_POINT, &INTERNET),
        leaves(
            "Catalogue of updates, from one's own server above",
            &SOFTWARE_UPDATE_POINT,
            &UPSTREAM_WSUS_SERVER,
        ),
        Entry {
            editions: Editions::V1802,
            source: &[Source::ports_1802("#BKMK_External")],
            ..leaves("Mobile devices", &SERVICE_CONNECTION_POINT, &INTUNE)
        },
        Entry {
            editions: Editions::SINCE_2002,
            source: &in_2020("#BKMK_External"),
            ..leaves("The gateway is set up", &SERVICE_CONNECTION_POINT, &AZURE)
        },
        Entry {
            editions: Editions::SINCE_2002,
            source: &in_2020("#BKMK_External"),
            ..leaves("The gateway's channel", &CMG_CONNECTION_POINT, &CLOUD_MANAGEMENT_GATEWAY)
        },
    ],
};
