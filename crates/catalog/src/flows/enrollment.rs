//! Devices that enrol, and certificates that are ordered for them: Mac computers,
//! mobile devices, Exchange, and the way of a certificate request.

use crate::edition::Editions;
use crate::flow::{Flow, When};
use crate::role::{
    APPLICATION_CATALOG_WEB_SERVICE_POINT, APPLICATION_CATALOG_WEBSITE_POINT,
    CERTIFICATE_REGISTRATION_POINT, ENROLLMENT_POINT, ENROLLMENT_PROXY_POINT, EXCHANGE_ONLINE,
    EXCHANGE_SERVER, EXCHANGE_SERVER_CONNECTOR, INTUNE, MAC_COMPUTER, MOBILE_DEVICE,
    NDES_POLICY_MODULE, SERVICE_CONNECTION_POINT,
};
use crate::service::{
    APPLICATION_CATALOG_SERVICE_HTTP, APPLICATION_CATALOG_SERVICE_HTTPS,
    CERTIFICATE_REGISTRATION_HTTPS, ENROLLMENT_HTTPS, WEB_HTTPS, WINRM_HTTP, WINRM_HTTPS,
};
use crate::source::{Source, in_all};

const WEBSITE_TO_SERVICE: Flow = Flow {
    editions: Editions::MICROSOFT,
    notes: &[2],
    source: &in_all("#BKMK_PortsAppCatalogWebSitePoint_AppCatalogWebServicePoint"),
    sentence: "The catalogue's page asks what to show.",
    ..Flow::new(
        &APPLICATION_CATALOG_WEBSITE_POINT,
        &APPLICATION_CATALOG_WEB_SERVICE_POINT,
        &APPLICATION_CATALOG_SERVICE_HTTP,
    )
};

pub(super) static ROWS: &[&Flow] = &[
    &WEBSITE_TO_SERVICE,
    &Flow { service: &APPLICATION_CATALOG_SERVICE_HTTPS, ..WEBSITE_TO_SERVICE },
    &Flow {
        editions: Editions::MICROSOFT,
        when: When::Feature("certificate-profiles"),
        notes: &[2],
        source: &in_all("#BKMK_PortsCertificateRegistationPoint_PolicyModule"),
        sentence: "Was this certificate ordered, and for this device?",
        ..Flow::new(
            &NDES_POLICY_MODULE,
            &CERTIFICATE_REGISTRATION_POINT,
            &CERTIFICATE_REGISTRATION_HTTPS,
        )
    },
    &Flow {
        editions: Editions::MICROSOFT,
        notes: &[2],
        source: &in_all("#BKMK_PortsEnrollmentProxyEnrollmentPoint"),
        sentence: "Enrolment requests, passed on from the proxy point.",
        ..Flow::new(&ENROLLMENT_PROXY_POINT, &ENROLLMENT_POINT, &ENROLLMENT_HTTPS)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsMacEnrollmentProxyPoint"),
        sentence: "A Mac enrols.",
        ..Flow::new(&MAC_COMPUTER, &ENROLLMENT_PROXY_POINT, &WEB_HTTPS)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsMobileDeviceClient-EnrollmentProxyPoint"),
        sentence: "A telephone or tablet enrols.",
        ..Flow::new(&MOBILE_DEVICE, &ENROLLMENT_PROXY_POINT, &WEB_HTTPS)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsExchangeConnectorHosted"),
        sentence: "Mobile devices, as Exchange Online knows them.",
        ..Flow::new(&EXCHANGE_SERVER_CONNECTOR, &EXCHANGE_ONLINE, &WINRM_HTTPS)
    },
    &Flow {
        editions: Editions::MICROSOFT,
        source: &in_all("#BKMK_PortsExchangeConnectorOnPrem"),
        sentence: "Mobile devices, as Exchange on the premises knows them.",
        ..Flow::new(&EXCHANGE_SERVER_CONNECTOR, &EXCHANGE_SERVER, &WINRM_HTTP)
    },
    &Flow {
        editions: Editions::V1802,
        source: &[Source::ports_1802("#BKMK_PortsMobileDeviceClient-WindowsIntune")],
        sentence: "A telephone or tablet is managed through the cloud.",
        ..Flow::new(&MOBILE_DEVICE, &INTUNE, &WEB_HTTPS)
    },
    &Flow {
        editions: Editions::V1802,
        source: &[Source::ports_1802("#BKMK_PortsIntuneConnector-WindowsIntune")],
        sentence: "The site manages mobile devices through the cloud.",
        ..Flow::new(&SERVICE_CONNECTION_POINT, &INTUNE, &WEB_HTTPS)
    },
];
