//! The English names inside the headings' anchors.
//!
//! The later translations keep the English heading as an anchor. It is a second
//! reading of the same heading, by a table of its own: where a translated word
//! was understood wrongly, the two differ.

/// What an anchor calls a party, and the slug of its role.
pub(super) const PARTIES: &[(&str, &str)] = &[
    ("application-catalog-web-service-point", "application-catalog-web-service-point"),
    ("application-catalog-website-point", "application-catalog-website-point"),
    ("asset-intelligence-synchronization-point", "asset-intelligence-synchronization-point"),
    ("azure-cmg", "azure"),
    ("certificate-registration-point", "certificate-registration-point"),
    ("client", "client"),
    ("cloud-distribution-point", "cloud-distribution-point"),
    ("cloud-management-gateway-cmg", "cloud-management-gateway"),
    ("cmg-cloud-service", "cloud-management-gateway"),
    ("cmg-connection-point", "cmg-connection-point"),
    ("configuration-manager-console", "console"),
    (
        "configuration-manager-network-device-enrollment-service-ndes-policy-module",
        "ndes-policy-module",
    ),
    ("data-warehouse-service-point", "data-warehouse-service-point"),
    ("distribution-point-both-standard-and-pull", "distribution-point"),
    (
        "distribution-point-configured-for-multicast-both-standard-and-pull",
        "distribution-point-multicast",
    ),
    ("distribution-point-configured-for-pxe-both-standard-and-pull", "distribution-point-pxe"),
    ("domain-controller", "domain-controller"),
    ("endpoint-protection-point", "endpoint-protection-point"),
    ("enrollment-point", "enrollment-point"),
    ("enrollment-proxy-point", "enrollment-proxy-point"),
    ("exchange-online", "exchange-online"),
    ("exchange-server-connector", "exchange-server-connector"),
    ("fallback-status-point", "fallback-status-point"),
    ("global-catalog-domain-controller", "global-catalog-domain-controller"),
    ("internet", "internet"),
    ("issuing-certification-authority-ca", "issuing-certification-authority"),
    ("mac-computer", "mac-computer"),
    ("management-point", "management-point"),
    ("microsoft", "microsoft"),
    ("mobile-device", "mobile-device"),
    ("on-premises-exchange-server", "exchange-server"),
    ("reporting-services-point", "reporting-services-point"),
    ("server-hosting-remote-content-library-share", "remote-content-library"),
    ("service-connection-point", "service-connection-point"),
    ("site-server", "site-server"),
    ("sms-provider", "sms-provider"),
    ("software-update-point", "software-update-point"),
    ("sql-server", "sql-server"),
    ("sql-server-for-wsus", "wsus-sql-server"),
    ("state-migration-point", "state-migration-point"),
    ("upstream-wsus-server", "upstream-wsus-server"),
];
