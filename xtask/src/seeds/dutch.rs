//! The Dutch words of the articles on ports (`ports-2002`) and on the clients'
//! firewall (`client-firewall`).
//!
//! A machine translated both: compounds fall apart at random, and one role has
//! several names.

use super::words::Words;

pub(super) const PORTS: Words = Words {
    description: "Beschrijving",
    note: "Opmerking",
    titles: &[("alternatieve poort beschikbaar", 2)],
    between_ports: &["en", "of"],
    dynamic: "DYNAMISCHE",
    parties: &[
        ("asset intelligence synchronisatie punt", "asset-intelligence-synchronization-point"),
        ("azure (cmg)", "azure"),
        ("beheer punt", "management-point"),
        ("certificaat registratiepunt", "certificate-registration-point"),
        ("client", "client"),
        ("cloud beheer gateway (cmg)", "cloud-management-gateway"),
        ("cloud distributiepunt", "cloud-distribution-point"),
        ("cmg-cloud service", "cloud-management-gateway"),
        ("cmg-verbindings punt", "cmg-connection-point"),
        (
            "configuration manager beleids module voor de registratie service voor netwerk \
             apparaten (ndes)",
            "ndes-policy-module",
        ),
        (
            "configuration manager ndes-beleids module (registratie service voor netwerk \
             apparaten)",
            "ndes-policy-module",
        ),
        ("configuration manager-console", "console"),
        ("data warehouse-service punt", "data-warehouse-service-point"),
        (
            "distributie punt dat is geconfigureerd voor multi cast, zowel standaard als pull",
            "distribution-point-multicast",
        ),
        (
            "distributie punt dat is geconfigureerd voor pxe, zowel standaard als pull",
            "distribution-point-pxe",
        ),
        ("distributie punt, zowel standaard als pull", "distribution-point"),
        ("domein controller", "domain-controller"),
        ("endpoint protection punt", "endpoint-protection-point"),
        ("exchange online", "exchange-online"),
        ("exchange server-connector", "exchange-server-connector"),
        ("globale catalogus-domein controller", "global-catalog-domain-controller"),
        ("inschrijvings punt", "enrollment-point"),
        ("internet", "internet"),
        ("mac-computer", "mac-computer"),
        ("micro soft", "microsoft"),
        ("mobiel apparaat", "mobile-device"),
        ("on-premises exchange server", "exchange-server"),
        ("proxy punt voor inschrijving", "enrollment-proxy-point"),
        ("reporting services-punt", "reporting-services-point"),
        (
            "server die als host fungeert voor een externe inhouds bibliotheek share",
            "remote-content-library",
        ),
        ("service verbindings punt", "service-connection-point"),
        ("site server", "site-server"),
        ("sms-provider", "sms-provider"),
        ("software-update punt", "software-update-point"),
        ("sql server", "sql-server"),
        ("sql server voor wsus", "wsus-sql-server"),
        ("status migratie punt", "state-migration-point"),
        ("terugval status punt", "fallback-status-point"),
        ("toepassingscatalogus web service point", "application-catalog-web-service-point"),
        ("toepassingscatalogus website punt", "application-catalog-website-point"),
        ("toepassingscatalogus-webservicepunt", "application-catalog-web-service-point"),
        ("uitgeven van certificerings instantie (ca)", "issuing-certification-authority"),
        ("upstream-wsus-server", "upstream-wsus-server"),
    ],
};

/// The older article numbers its notes for itself, and names parties in the
/// sentence of each row (see [`FROM_TO`] and [`BETWEEN`]).
pub(super) const FIREWALL: Words = Words {
    description: "Beschrijving",
    note: "zie opmerking",
    titles: &[("alternatieve poort beschikbaar", 1), ("windows server update services", 2)],
    between_ports: &["of"],
    dynamic: "DYNAMISCH",
    parties: &[
        ("de bron server", "file-server"),
        ("de client", "client"),
        ("de client computer", "client"),
        ("de clientcomputer", "client"),
        ("clientcomputer", "client"),
        ("de siteserver", "site-server"),
        ("een beheer punt", "management-point"),
        ("een beheerpunt", "management-point"),
        ("een distributiepunt", "distribution-point"),
        ("een netwerkshare", "file-server"),
        ("een terugvalstatuspunt", "fallback-status-point"),
        ("het distributiepunt", "distribution-point"),
        ("het software-updatepunt", "software-update-point"),
    ],
};

/// Around the parties where a row says who opens.
pub(super) const FROM_TO: [&str; 2] = [" van ", " naar "];
/// Around the parties where it does not.
pub(super) const BETWEEN: [&str; 2] = [" tussen ", " en "];
/// What may follow the second party.
pub(super) const AFTER_PARTY: &[&str] = &[", ", ".", " wanneer ", " van waaruit "];
