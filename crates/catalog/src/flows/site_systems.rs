//! How a Configuration Manager site server works its site systems: files by SMB,
//! calls by RPC, as a rule in both directions.
//!
//! Fifteen connections with the same few rows. Which of them can be turned so that
//! the site server always begins (note 5) is said of each.

use crate::edition::Editions;
use crate::flow::{Flow, Opens, Proof, When};
use crate::role::{
    APPLICATION_CATALOG_WEB_SERVICE_POINT, APPLICATION_CATALOG_WEBSITE_POINT,
    ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT, CERTIFICATE_REGISTRATION_POINT, CMG_CONNECTION_POINT,
    DISTRIBUTION_POINT, ENDPOINT_PROTECTION_POINT, ENROLLMENT_POINT, ENROLLMENT_PROXY_POINT,
    FALLBACK_STATUS_POINT, MANAGEMENT_POINT, REPORTING_SERVICES_POINT, Role,
    SERVICE_CONNECTION_POINT, SITE_SERVER, SMS_PROVIDER, SOFTWARE_UPDATE_POINT,
    STATE_MIGRATION_POINT,
};
use crate::service::{
    RPC, RPC_ENDPOINT_MAPPER, RPC_ENDPOINT_MAPPER_UDP, SMB, WSUS_HTTP, WSUS_HTTP_80, WSUS_HTTPS,
    WSUS_HTTPS_443,
};
use crate::source::{in_2020, in_all};

/// The site server and a site system, either of which may begin.
const fn works(role: &'static Role) -> Flow {
    Flow {
        editions: Editions::MICROSOFT,
        opens: Opens::Either,
        ..Flow::new(&SITE_SERVER, role, &SMB)
    }
}

const WEB_SERVICE: Flow = Flow {
    source: &in_all("#BKMK_PortsAppCatalogWebServicePoint_SiteServer"),
    ..works(&APPLICATION_CATALOG_WEB_SERVICE_POINT)
};
const WEBSITE: Flow = Flow {
    source: &in_all("#BKMK_PortsAppCatalogWebSitePoint_SiteServer"),
    ..works(&APPLICATION_CATALOG_WEBSITE_POINT)
};
const ASSETS: Flow = Flow {
    source: &in_all("#BKMK_PortsSite-AISP"),
    ..works(&ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT)
};
const CERTIFICATES: Flow = Flow {
    source: &in_all("#BKMK_PortsCertificateRegistrationPoint_SiteServer"),
    ..works(&CERTIFICATE_REGISTRATION_POINT)
};
const CMG_CONNECTION: Flow = Flow {
    editions: Editions::SINCE_2002,
    source: &in_2020("#BKMK_CMGCP_SiteServer"),
    ..works(&CMG_CONNECTION_POINT)
};
const PROTECTION: Flow = Flow {
    source: &in_all("#BKMK_PortsEndpointProtection_SiteServer"),
    ..works(&ENDPOINT_PROTECTION_POINT)
};
const ENROLLMENT: Flow =
    Flow { source: &in_all("#BKMK_EnrollmentPoint_SiteServer"), ..works(&ENROLLMENT_POINT) };
const ENROLLMENT_PROXY: Flow = Flow {
    source: &in_all("#BKMK_EnrollmentProxyPoint_SiteServer"),
    ..works(&ENROLLMENT_PROXY_POINT)
};
const SERVICE_CONNECTION: Flow = Flow {
    editions: Editions::SINCE_2002,
    source: &in_2020("#BKMK_SCP_SiteServer"),
    ..works(&SERVICE_CONNECTION_POINT)
};
const FALLBACK: Flow = Flow {
    reversible: true,
    source: &in_all("#BKMK_PortsSite-FSP"),
    ..works(&FALLBACK_STATUS_POINT)
};
const REPORTING: Flow = Flow {
    reversible: true,
    source: &in_all("#BKMK_PortsSite-RSP"),
    ..works(&REPORTING_SERVICES_POINT)
};
const MIGRATION: Flow = Flow {
    reversible: true,
    source: &in_all("#BKMK_PortsSite-SMP"),
    ..works(&STATE_MIGRATION_POINT)
};
const UPDATES: Flow = Flow {
    reversible: true,
    source: &in_all("#BKMK_PortsSite-SUP"),
    ..works(&SOFTWARE_UPDATE_POINT)
};
/// The only one whose heading names the site system first.
const POLICY: Flow = Flow {
    from: &MANAGEMENT_POINT,
    to: &SITE_SERVER,
    reversible: true,
    source: &in_all("#BKMK_PortsMP-Site"),
    ..works(&MANAGEMENT_POINT)
};
/// Carries note 5, and is one-way all the same: a distribution point sends no
/// status.
const CONTENT: Flow = Flow {
    opens: Opens::From,
    reversible: true,
    source: &in_all("#BKMK_PortsSite-DP"),
    ..works(&DISTRIBUTION_POINT)
};
const PROVIDER: Flow = Flow {
    opens: Opens::From,
    source: &in_all("#BKMK_PortsSite-Provider"),
    ..works(&SMS_PROVIDER)
};

const LOOK_UP: Proof = Proof::Ask("an endpoint look-up by datagram");
const FILES: &str = "Files: what the role is to do, and what it reports.";
const MAPPER: &str = "Asks on which port the other side's remote calls arrive.";
const CALLS: &str = "Remote calls: the role is set up, watched and repaired.";
const SYNCHRONIZE: &str = "WSUS is told what to synchronise, and asked what came of it.";

const DEFAULT_PAIR: When = When::OneOf { group: "wsus-ports", rank: 0 };
const OLD_PAIR: When = When::OneOf { group: "wsus-ports", rank: 1 };

pub(super) static ROWS: &[&Flow] = &[
    &Flow { service: &SMB, sentence: FILES, ..WEB_SERVICE },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..WEB_SERVICE },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..WEB_SERVICE },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..WEB_SERVICE },
    &Flow { service: &SMB, sentence: FILES, ..WEBSITE },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..WEBSITE },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..WEBSITE },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..WEBSITE },
    &Flow { service: &SMB, sentence: FILES, ..ASSETS },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..ASSETS },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..ASSETS },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..ASSETS },
    &Flow { service: &SMB, sentence: FILES, ..CERTIFICATES },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..CERTIFICATES },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..CERTIFICATES },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..CERTIFICATES },
    &Flow { service: &SMB, sentence: FILES, ..CMG_CONNECTION },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..CMG_CONNECTION },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..CMG_CONNECTION },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..CMG_CONNECTION },
    &Flow { service: &SMB, sentence: FILES, ..PROTECTION },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..PROTECTION },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..PROTECTION },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..PROTECTION },
    &Flow { service: &SMB, sentence: FILES, ..ENROLLMENT },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..ENROLLMENT },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..ENROLLMENT },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..ENROLLMENT },
    &Flow { service: &SMB, sentence: FILES, ..ENROLLMENT_PROXY },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..ENROLLMENT_PROXY },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER_UDP,
        sentence: MAPPER,
        proof: LOOK_UP,
        ..ENROLLMENT_PROXY
    },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..ENROLLMENT_PROXY },
    &Flow { service: &SMB, sentence: FILES, ..SERVICE_CONNECTION },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..SERVICE_CONNECTION },
    &Flow {
        service: &RPC_ENDPOINT_MAPPER_UDP,
        sentence: MAPPER,
        proof: LOOK_UP,
        ..SERVICE_CONNECTION
    },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..SERVICE_CONNECTION },
    &Flow { service: &SMB, sentence: FILES, ..FALLBACK },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..FALLBACK },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..FALLBACK },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..FALLBACK },
    &Flow { service: &SMB, sentence: FILES, ..REPORTING },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..REPORTING },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..REPORTING },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..REPORTING },
    &Flow { service: &SMB, sentence: FILES, ..MIGRATION },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..MIGRATION },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..MIGRATION },
    &Flow {
        service: &RPC,
        notes: &[6],
        fixes: Some("state-migration-point-needs-dynamic-rpc"),
        sentence: CALLS,
        ..MIGRATION
    },
    &Flow { service: &SMB, sentence: FILES, ..UPDATES },
    &Flow {
        service: &WSUS_HTTP,
        when: DEFAULT_PAIR,
        notes: &[3],
        sentence: SYNCHRONIZE,
        ..UPDATES
    },
    &Flow {
        service: &WSUS_HTTPS,
        when: DEFAULT_PAIR,
        notes: &[3],
        sentence: SYNCHRONIZE,
        ..UPDATES
    },
    &Flow { service: &WSUS_HTTP_80, when: OLD_PAIR, notes: &[3], sentence: SYNCHRONIZE, ..UPDATES },
    &Flow {
        service: &WSUS_HTTPS_443,
        when: OLD_PAIR,
        notes: &[3],
        sentence: SYNCHRONIZE,
        ..UPDATES
    },
    &Flow { service: &SMB, sentence: FILES, ..POLICY },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..POLICY },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..POLICY },
    &Flow { service: &SMB, sentence: "Content, and what the point is to do with it.", ..CONTENT },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..CONTENT },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..CONTENT },
    &Flow {
        service: &RPC,
        notes: &[6],
        sentence: "Calls that put content into its library.",
        ..CONTENT
    },
    &Flow { service: &SMB, sentence: FILES, ..PROVIDER },
    &Flow { service: &RPC_ENDPOINT_MAPPER, sentence: MAPPER, ..PROVIDER },
    &Flow { service: &RPC_ENDPOINT_MAPPER_UDP, sentence: MAPPER, proof: LOOK_UP, ..PROVIDER },
    &Flow { service: &RPC, notes: &[6], sentence: CALLS, ..PROVIDER },
];
