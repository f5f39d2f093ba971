//! Whom the site's roles talk to, and nobody of ours runs: databases,
//! directories, clouds, devices, and servers of other products.

use super::{Role, RunBy};

pub static AZURE: Role = Role {
    slug: "azure",
    name: "Microsoft Azure",
    sentence: "Microsoft's cloud, in which gateways are set up and run.",
    run_by: RunBy::Others,
};

pub static CLOUD_DISTRIBUTION_POINT: Role = Role {
    slug: "cloud-distribution-point",
    name: "Cloud distribution point",
    sentence: "Content for clients, in Microsoft's cloud.",
    run_by: RunBy::Others,
};

pub static CLOUD_MANAGEMENT_GATEWAY: Role = Role {
    slug: "cloud-management-gateway",
    name: "Cloud management gateway",
    sentence: "Lets clients on the internet reach the site, from Microsoft's cloud.",
    run_by: RunBy::Others,
};

pub static DIRECTORY: Role = Role {
    slug: "directory",
    name: "Directory",
    sentence: "An LDAP directory in which the site can publish where it is.",
    run_by: RunBy::Others,
};

pub static DOMAIN_CONTROLLER: Role = Role {
    slug: "domain-controller",
    name: "Domain controller",
    sentence: "Active Directory: accounts, discovery, and where the site publishes itself.",
    run_by: RunBy::Others,
};

pub static EXCHANGE_ONLINE: Role = Role {
    slug: "exchange-online",
    name: "Exchange Online",
    sentence: "Microsoft's mail in the cloud.",
    run_by: RunBy::Others,
};

pub static EXCHANGE_SERVER: Role = Role {
    slug: "exchange-server",
    name: "Exchange server",
    sentence: "Microsoft's mail on one's own premises.",
    run_by: RunBy::Others,
};

pub static FILE_SERVER: Role = Role {
    slug: "file-server",
    name: "File server",
    sentence: "A server with shares: installation sources, definitions of malware protection.",
    run_by: RunBy::Others,
};

pub static GLOBAL_CATALOG_DOMAIN_CONTROLLER: Role = Role {
    slug: "global-catalog-domain-controller",
    name: "Global catalog domain controller",
    sentence: "A domain controller that answers for the whole forest.",
    run_by: RunBy::Others,
};

pub static INTERNET: Role = Role {
    slug: "internet",
    name: "Internet",
    sentence: "Public web servers, of Microsoft or of others.",
    run_by: RunBy::Others,
};

pub static INTUNE: Role = Role {
    slug: "intune",
    name: "Microsoft Intune",
    sentence: "Microsoft's device management in the cloud; gone from the later texts.",
    run_by: RunBy::Others,
};

pub static ISSUING_CERTIFICATION_AUTHORITY: Role = Role {
    slug: "issuing-certification-authority",
    name: "Issuing certification authority",
    sentence: "Issues the certificates that certificate profiles ask for.",
    run_by: RunBy::Others,
};

pub static LOAD_BALANCER: Role = Role {
    slug: "load-balancer",
    name: "Load balancer",
    sentence: "Stands in front of several database servers, in the cloud or before it.",
    run_by: RunBy::Others,
};

pub static MAC_COMPUTER: Role = Role {
    slug: "mac-computer",
    name: "Mac computer",
    sentence: "A Mac that enrols itself.",
    run_by: RunBy::Others,
};

pub static MICROSOFT: Role = Role {
    slug: "microsoft",
    name: "Microsoft",
    sentence: "A service of Microsoft on the internet that the text names no closer.",
    run_by: RunBy::Others,
};

pub static MOBILE_DEVICE: Role = Role {
    slug: "mobile-device",
    name: "Mobile device",
    sentence: "A telephone or tablet that enrols itself.",
    run_by: RunBy::Others,
};

pub static NDES_POLICY_MODULE: Role = Role {
    slug: "ndes-policy-module",
    name: "NDES policy module",
    sentence: "The site's gatekeeper on a network device enrolment server.",
    run_by: RunBy::Others,
};

pub static NETWORK_BOOT_FIRMWARE: Role = Role {
    slug: "network-boot-firmware",
    name: "Network boot firmware",
    sentence: "The firmware of a network card that looks for something to boot.",
    run_by: RunBy::Others,
};

pub static OBJECT_STORE: Role = Role {
    slug: "object-store",
    name: "Object store",
    sentence: "Storage that speaks S3, for content.",
    run_by: RunBy::Others,
};

pub static PROXY_SERVER: Role = Role {
    slug: "proxy-server",
    name: "Proxy server",
    sentence: "Passes web requests on, for those that may not go out themselves.",
    run_by: RunBy::Others,
};

pub static REMOTE_CONTENT_LIBRARY: Role = Role {
    slug: "remote-content-library",
    name: "Remote content library",
    sentence: "A file server that holds the content library of a site server.",
    run_by: RunBy::Others,
};

pub static SOURCE_SITE: Role = Role {
    slug: "source-site",
    name: "Source site",
    sentence: "A site of another hierarchy, whose data are migrated into this one.",
    run_by: RunBy::Others,
};

pub static SQL_SERVER: Role = Role {
    slug: "sql-server",
    name: "SQL Server",
    sentence: "Microsoft's database server, with the site's database.",
    run_by: RunBy::Others,
};

pub static UPSTREAM_WSUS_SERVER: Role = Role {
    slug: "upstream-wsus-server",
    name: "Upstream WSUS server",
    sentence: "The update server from which a software update point takes its catalogue.",
    run_by: RunBy::Others,
};

pub static WINS_SERVER: Role = Role {
    slug: "wins-server",
    name: "WINS server",
    sentence: "Resolves NetBIOS names, where that is still done.",
    run_by: RunBy::Others,
};

pub static WSUS_SQL_SERVER: Role = Role {
    slug: "wsus-sql-server",
    name: "SQL Server for WSUS",
    sentence: "The database server that holds the database of WSUS (SUSDB).",
    run_by: RunBy::Others,
};
