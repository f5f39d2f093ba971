//! The Swedish words of the article on ports (`ports-2006`).
//!
//! A machine translated it: compounds fall apart at random, and one role has
//! several names.

use super::words::Words;

pub(super) const PORTS: Words = Words {
    description: "Beskrivning",
    note: "Anmärkning",
    titles: &[("alternativ port tillgänglig", 2)],
    between_ports: &["och", "eller"],
    dynamic: "DYNAMISK",
    parties: &[
        ("azure (cmg)", "azure"),
        ("certifikat registrerings plats", "certificate-registration-point"),
        // The product's name slipped from the other party to this one.
        ("certifikat registrerings plats configuration manager", "certificate-registration-point"),
        ("cloud management gateway (cmg)", "cloud-management-gateway"),
        ("cmg cloud service", "cloud-management-gateway"),
        ("cmg kopplings punkt", "cmg-connection-point"),
        ("cmg-anslutnings punkt", "cmg-connection-point"),
        ("configuration manager konsol", "console"),
        (
            "configuration manager princip module för registrerings tjänsten för nätverks enheter \
             (ndes)",
            "ndes-policy-module",
        ),
        ("configuration manager-konsol", "console"),
        (
            "distributions plats konfigurerad för pxe, både standard och pull",
            "distribution-point-pxe",
        ),
        (
            "distributions plats som kon figurer ats för multicast, både standard och pull",
            "distribution-point-multicast",
        ),
        ("distributions plats, både standard och pull", "distribution-point"),
        ("distributions plats, både standard-och pull", "distribution-point"),
        ("domänkontrollant", "domain-controller"),
        ("endpoint protection point", "endpoint-protection-point"),
        ("exchange online", "exchange-online"),
        ("exchange server-koppling", "exchange-server-connector"),
        ("global katalog-domänkontrollant", "global-catalog-domain-controller"),
        ("hanterings plats", "management-point"),
        ("informations lager service punkt", "data-warehouse-service-point"),
        ("internet", "internet"),
        ("klient", "client"),
        ("klienten", "client"),
        ("lokal exchange server", "exchange-server"),
        ("mac-dator", "mac-computer"),
        ("microsoft", "microsoft"),
        ("mobil enhet", "mobile-device"),
        ("moln distributions plats", "cloud-distribution-point"),
        ("plats för tillståndsmigrering", "state-migration-point"),
        ("plats server", "site-server"),
        (
            "princip modul för registrerings tjänsten för nätverks enheter (ndes)",
            "ndes-policy-module",
        ),
        ("program uppdaterings plats", "software-update-point"),
        ("programkatalog webb tjänst punkt", "application-catalog-web-service-point"),
        ("programkatalog webbplats", "application-catalog-website-point"),
        ("programkatalog webbplats punkt", "application-catalog-website-point"),
        ("programkatalog-webb tjänst punkt", "application-catalog-web-service-point"),
        ("proxy för registrerings plats", "enrollment-proxy-point"),
        ("registrerings plats", "enrollment-point"),
        ("repor ting services-plats", "reporting-services-point"),
        ("server som är värd för fjär innehålls biblioteks resurs", "remote-content-library"),
        ("sms-provider", "sms-provider"),
        ("sql server", "sql-server"),
        ("sql server för wsus", "wsus-sql-server"),
        (
            "tillgångsinformation plats för synkronisering",
            "asset-intelligence-synchronization-point",
        ),
        ("tjänst anslutnings punkt", "service-connection-point"),
        ("utfärdande certifikat utfärdare (ca)", "issuing-certification-authority"),
        ("återställnings status plats", "fallback-status-point"),
        ("återställnings status punkt", "fallback-status-point"),
        ("överordnad wsus-server", "upstream-wsus-server"),
    ],
};
