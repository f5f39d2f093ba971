//! The roles of a Configuration Manager site beside those that Portolan plays
//! already: what the port articles call site systems.

use super::{Role, RunBy};

pub static APPLICATION_CATALOG_WEB_SERVICE_POINT: Role = Role {
    slug: "application-catalog-web-service-point",
    name: "Application Catalog web service point",
    sentence: "Hands the Application Catalog website what it shows, from the site's database.",
    run_by: RunBy::Site,
};

pub static APPLICATION_CATALOG_WEBSITE_POINT: Role = Role {
    slug: "application-catalog-website-point",
    name: "Application Catalog website point",
    sentence: "The web page on which users asked for software.",
    run_by: RunBy::Site,
};

pub static ASSET_INTELLIGENCE_SYNCHRONIZATION_POINT: Role = Role {
    slug: "asset-intelligence-synchronization-point",
    name: "Asset Intelligence synchronization point",
    sentence: "Fetches Microsoft's catalogue of software titles.",
    run_by: RunBy::Site,
};

pub static CERTIFICATE_REGISTRATION_POINT: Role = Role {
    slug: "certificate-registration-point",
    name: "Certificate registration point",
    sentence: "Checks requests for certificates that come through a network device enrolment server.",
    run_by: RunBy::Site,
};

pub static CMG_CONNECTION_POINT: Role = Role {
    slug: "cmg-connection-point",
    name: "CMG connection point",
    sentence: "Holds the channel to the cloud management gateway open, from the inside.",
    run_by: RunBy::Site,
};

pub static DATA_WAREHOUSE_SERVICE_POINT: Role = Role {
    slug: "data-warehouse-service-point",
    name: "Data warehouse service point",
    sentence: "Copies history out of the site's database for long reports.",
    run_by: RunBy::Site,
};

pub static DISTRIBUTION_POINT_MULTICAST: Role = Role {
    slug: "distribution-point-multicast",
    name: "Distribution point for multicast",
    sentence: "A distribution point that sends one image to many machines at once.",
    run_by: RunBy::Site,
};

pub static DISTRIBUTION_POINT_PXE: Role = Role {
    slug: "distribution-point-pxe",
    name: "Distribution point for PXE",
    sentence: "A distribution point that boots machines from the network.",
    run_by: RunBy::Site,
};

pub static ENDPOINT_PROTECTION_POINT: Role = Role {
    slug: "endpoint-protection-point",
    name: "Endpoint Protection point",
    sentence: "Holds the licence and the defaults of malware protection.",
    run_by: RunBy::Site,
};

pub static ENROLLMENT_POINT: Role = Role {
    slug: "enrollment-point",
    name: "Enrollment point",
    sentence: "Enrols Mac computers and mobile devices, behind the proxy point.",
    run_by: RunBy::Site,
};

pub static ENROLLMENT_PROXY_POINT: Role = Role {
    slug: "enrollment-proxy-point",
    name: "Enrollment proxy point",
    sentence: "Takes enrolment requests of Mac computers and mobile devices, and passes them on.",
    run_by: RunBy::Site,
};

pub static EXCHANGE_SERVER_CONNECTOR: Role = Role {
    slug: "exchange-server-connector",
    name: "Exchange Server connector",
    sentence: "Learns of mobile devices from Exchange, and manages them through it.",
    run_by: RunBy::Site,
};

pub static FALLBACK_STATUS_POINT: Role = Role {
    slug: "fallback-status-point",
    name: "Fallback status point",
    sentence: "Takes reports of clients that cannot reach their management point.",
    run_by: RunBy::Site,
};

pub static REPORTING_SERVICES_POINT: Role = Role {
    slug: "reporting-services-point",
    name: "Reporting services point",
    sentence: "Reports, served by SQL Server Reporting Services.",
    run_by: RunBy::Site,
};

pub static SERVICE_CONNECTION_POINT: Role = Role {
    slug: "service-connection-point",
    name: "Service connection point",
    sentence: "The site's way to Microsoft's cloud: updates, usage data, gateways.",
    run_by: RunBy::Site,
};

pub static SOFTWARE_UPDATE_POINT: Role = Role {
    slug: "software-update-point",
    name: "Software update point",
    sentence: "WSUS under the site's command: tells clients which updates exist.",
    run_by: RunBy::Site,
};

pub static STATE_MIGRATION_POINT: Role = Role {
    slug: "state-migration-point",
    name: "State migration point",
    sentence: "Keeps users' files and settings while their machine is rebuilt.",
    run_by: RunBy::Site,
};
