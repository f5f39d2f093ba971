//! HTTP and HTTPS, which are one protocol but many settings: whose web server it
//! is decides whether its port can be moved, and where.
//!
//! [`HTTP`] and [`HTTPS`] are the site's own: clients come to them, and one
//! setting moves them all. Each of the others has a setting of its own, or none.

use super::{Service, Share};
use crate::port::Ports;
use crate::source::Source;

pub static HTTPS: Service = Service {
    slug: "https",
    name: "HTTPS",
    ports: Ports::Setting { key: "https", default: 443, unprivileged: 8443, alternate: true },
    share: Share::HttpHost,
    served: true,
    sentence: "HTTP over TLS, on the web server that the roles of a machine share.",
    source: Source::ours("#the-http-host"),
    ..Service::TCP
};

pub static HTTP: Service = Service {
    slug: "http",
    name: "HTTP",
    ports: Ports::Setting { key: "http", default: 80, unprivileged: 8080, alternate: true },
    share: Share::HttpHost,
    served: true,
    sentence: "HTTP without TLS; of ours for what is public anyway: nothing secret, nothing that is believed.",
    source: Source::ours("#the-http-host"),
    ..Service::TCP
};

pub static WEB_HTTP: Service = Service {
    slug: "web-http",
    name: "HTTP, fixed",
    ports: Ports::one(80),
    share: Share::HttpHost,
    sentence: "HTTP to a web server whose port nobody here decides.",
    source: Source::ports_2006("#BKMK_NonConfigurablePorts"),
    ..Service::TCP
};

pub static WEB_HTTPS: Service = Service {
    slug: "web-https",
    name: "HTTPS, fixed",
    ports: Ports::one(443),
    share: Share::HttpHost,
    sentence: "HTTPS to a web server whose port nobody here decides.",
    source: Source::ports_2006("#BKMK_NonConfigurablePorts"),
    ..Service::TCP
};

pub static APPLICATION_CATALOG_HTTP: Service = Service {
    slug: "application-catalog-http",
    name: "Application Catalog over HTTP",
    ports: Ports::movable("application-catalog-http", 80),
    share: Share::HttpHost,
    sentence: "Users' browsers at the Application Catalog website.",
    source: Source::ports_2006("#BKMK_PortsClient-AppCatalogWebsitePoint"),
    ..Service::TCP
};

pub static APPLICATION_CATALOG_HTTPS: Service = Service {
    slug: "application-catalog-https",
    name: "Application Catalog over HTTPS",
    ports: Ports::movable("application-catalog-https", 443),
    share: Share::HttpHost,
    sentence: "Users' browsers at the Application Catalog website.",
    source: Source::ports_2006("#BKMK_PortsClient-AppCatalogWebsitePoint"),
    ..Service::TCP
};

pub static APPLICATION_CATALOG_SERVICE_HTTP: Service = Service {
    slug: "application-catalog-service-http",
    name: "Application Catalog web service over HTTP",
    ports: Ports::movable("application-catalog-service-http", 80),
    share: Share::HttpHost,
    sentence: "What the Application Catalog website asks its web service.",
    source: Source::ports_2006("#BKMK_PortsAppCatalogWebSitePoint_AppCatalogWebServicePoint"),
    ..Service::TCP
};

pub static APPLICATION_CATALOG_SERVICE_HTTPS: Service = Service {
    slug: "application-catalog-service-https",
    name: "Application Catalog web service over HTTPS",
    ports: Ports::movable("application-catalog-service-https", 443),
    share: Share::HttpHost,
    sentence: "What the Application Catalog website asks its web service.",
    source: Source::ports_2006("#BKMK_PortsAppCatalogWebSitePoint_AppCatalogWebServicePoint"),
    ..Service::TCP
};

pub static ENROLLMENT_HTTPS: Service = Service {
    slug: "enrollment-https",
    name: "Enrolment, behind the proxy point",
    ports: Ports::movable("enrollment-https", 443),
    share: Share::HttpHost,
    sentence: "Enrolment requests that the proxy point passes on.",
    source: Source::ports_2006("#BKMK_PortsEnrollmentProxyEnrollmentPoint"),
    ..Service::TCP
};

pub static CERTIFICATE_REGISTRATION_HTTPS: Service = Service {
    slug: "certificate-registration-https",
    name: "Certificate registration",
    ports: Ports::movable("certificate-registration-https", 443),
    share: Share::HttpHost,
    sentence: "Questions of the NDES policy module: was this certificate ordered?",
    source: Source::ports_2006("#BKMK_PortsCertificateRegistationPoint_PolicyModule"),
    ..Service::TCP
};

pub static REPORTING_HTTP: Service = Service {
    slug: "reporting-http",
    name: "Reports over HTTP",
    ports: Ports::movable("reporting-http", 80),
    share: Share::HttpHost,
    sentence: "Reports, from SQL Server Reporting Services.",
    source: Source::ports_2006("#BKMK_PortsConsole-RSP"),
    ..Service::TCP
};

pub static REPORTING_HTTPS: Service = Service {
    slug: "reporting-https",
    name: "Reports over HTTPS",
    ports: Ports::movable("reporting-https", 443),
    share: Share::HttpHost,
    sentence: "Reports, from SQL Server Reporting Services.",
    source: Source::ports_2006("#BKMK_PortsConsole-RSP"),
    ..Service::TCP
};

pub static WSUS_HTTP: Service = Service {
    slug: "wsus-http",
    name: "WSUS over HTTP",
    ports: Ports::movable("wsus-http", 8530),
    share: Share::HttpHost,
    sentence: "Which updates exist, and what their licences say: HTTP stays open beside HTTPS.",
    source: Source::ports_2006("#bkmk_note3"),
    ..Service::TCP
};

pub static WSUS_HTTPS: Service = Service {
    slug: "wsus-https",
    name: "WSUS over HTTPS",
    ports: Ports::movable("wsus-https", 8531),
    share: Share::HttpHost,
    sentence: "Which updates exist: the HTTP port plus one.",
    source: Source::ports_2006("#bkmk_note3"),
    ..Service::TCP
};

pub static WSUS_HTTP_80: Service = Service {
    slug: "wsus-http-80",
    name: "WSUS over HTTP, on the default web site",
    ports: Ports::one(80),
    share: Share::HttpHost,
    sentence: "WSUS as it was set up before Windows Server 2012.",
    source: Source::ports_2006("#bkmk_note3"),
    ..Service::TCP
};

pub static WSUS_HTTPS_443: Service = Service {
    slug: "wsus-https-443",
    name: "WSUS over HTTPS, on the default web site",
    ports: Ports::one(443),
    share: Share::HttpHost,
    sentence: "WSUS as it was set up before Windows Server 2012: where HTTP is 80, this is 443.",
    source: Source::ports_2006("#bkmk_note3"),
    ..Service::TCP
};
