//! Where a role on a host is found: what was said for the role there, else for
//! its site, else for the site above, else the catalog's default.

use std::ops::Range;

use catalog::service::{WSUS_HTTP, WSUS_HTTP_80, WSUS_HTTPS, WSUS_HTTPS_443};
use catalog::{Ports, Service};

use crate::estate::{HostRole, PortSetting, Said};
use crate::planned::Cause;

use super::sites::Sites;

/// One place to find a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// 0 for the one to try first, 1 for the alternate.
    pub(crate) rank: u8,
    pub(crate) ports: Option<(u16, u16)>,
    /// Why there; none where nobody could have said otherwise.
    pub(crate) cause: Option<Cause>,
}

/// Who answers, as far as his ports go.
#[derive(Clone, Copy)]
pub(crate) struct Answers<'a> {
    /// The role that he plays, where the file gives it to him.
    pub(crate) on: Option<&'a HostRole>,
    /// The sites that he belongs to.
    pub(crate) sites: &'a [usize],
    /// His range of dynamic ports, where it was said.
    pub(crate) dynamic: Option<&'a Said<(u16, u16)>>,
}

/// Every place of `service`, as somebody answers it.
pub(crate) fn places(sites: &Sites<'_>, who: Answers<'_>, service: &'static Service) -> Vec<Place> {
    let of_sites = || -> Vec<Answers<'_>> {
        match who.sites {
            [] | [_] => vec![who],
            several => several
                .iter()
                .map(|site| Answers { sites: std::slice::from_ref(site), ..who })
                .collect(),
        }
    };
    match service.ports {
        Ports::Setting { .. } => {
            let mut places: Vec<Place> = Vec::new();
            for who in of_sites() {
                for place in of_setting(sites, who, service).into_iter().flatten() {
                    if !places.iter().any(|one| (one.rank, one.ports) == (place.rank, place.ports))
                    {
                        places.push(place);
                    }
                }
            }
            places
        }
        Ports::Series { first, last, .. } => {
            let [said, _] = of_setting(sites, who, service);
            let moved = said.and_then(|place| Some((place.ports?.0, place.cause)));
            let (start, cause) = moved.unwrap_or((first, Some(Cause::Default)));
            let end = start.saturating_add(last.saturating_sub(first));
            vec![Place { rank: 0, ports: Some((start, end)), cause }]
        }
        Ports::Fixed(first, last) => {
            vec![Place { rank: 0, ports: Some((first, last)), cause: None }]
        }
        Ports::Dynamic => {
            let cause = who.dynamic.map(|said| Cause::Setting(said.at.clone()));
            let ports = who.dynamic.map(|said| said.value);
            vec![Place { rank: 0, ports, cause }]
        }
        Ports::None => vec![Place { rank: 0, ports: None, cause: None }],
    }
}

/// The default and the alternate place of a service that can be configured.
pub(crate) fn of_setting(
    sites: &Sites<'_>,
    who: Answers<'_>,
    service: &'static Service,
) -> [Option<Place>; 2] {
    let set = |rank, port: u16, at: &Range<usize>| Place {
        rank,
        ports: Some((port, port)),
        cause: Some(Cause::Setting(at.clone())),
    };
    let default = said(sites, who, service, |setting| setting.default.as_ref())
        .map(|said| set(0, said.value, &said.at))
        .or_else(|| {
            let (port, at) = beside_http(sites, who, service)?;
            Some(set(0, port, &at))
        })
        .or_else(|| {
            let port = service.default_port()?;
            Some(Place { rank: 0, ports: Some((port, port)), cause: Some(Cause::Default) })
        });
    let alternate = said(sites, who, service, |setting| setting.alternate.as_ref());
    [default, alternate.map(|said| set(1, said.value, &said.at))]
}

fn said<'a, T>(
    sites: &Sites<'a>,
    who: Answers<'a>,
    service: &'static Service,
    part: impl Fn(&'a PortSetting) -> Option<&'a Said<T>>,
) -> Option<&'a Said<T>> {
    let here = who.on.and_then(|on| part(on.ports.get(service.key()?)?));
    here.or_else(|| who.sites.iter().find_map(|site| sites.setting(*site, service, &part)))
}

/// The HTTPS port of WSUS, where only its HTTP port was said: the two are a pair.
fn beside_http(
    sites: &Sites<'_>,
    who: Answers<'_>,
    service: &'static Service,
) -> Option<(u16, Range<usize>)> {
    if *service != WSUS_HTTPS {
        return None;
    }
    let http = said(sites, who, &WSUS_HTTP, |setting| setting.default.as_ref())?;
    Some((paired(http.value)?, http.at.clone()))
}

/// The HTTPS port that goes with an HTTP port of WSUS.
pub(crate) fn paired(http: u16) -> Option<u16> {
    if WSUS_HTTP_80.default_port() == Some(http) {
        return WSUS_HTTPS_443.default_port();
    }
    http.checked_add(1)
}

/// Which of its two pairs WSUS is on, and where that was said: 1 for the one on the
/// default web site.
pub(super) fn pair(sites: &Sites<'_>, who: Answers<'_>) -> (u8, Cause) {
    let Some(http) = said(sites, who, &WSUS_HTTP, |setting| setting.default.as_ref()) else {
        return (0, Cause::Default);
    };
    let old = WSUS_HTTP_80.default_port() == Some(http.value);
    (u8::from(old), Cause::Setting(http.at.clone()))
}
