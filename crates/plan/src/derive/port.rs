//! Where a role on a host is found: what was said for the role there, else for
//! the site, else the catalog's default.

use catalog::{Ports, Service};

use crate::estate::{Estate, HostRole, PortSetting, Said};
use crate::planned::Cause;

/// One place to find a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// 0 for the one to try first, 1 for the alternate.
    pub(crate) rank: u8,
    pub(crate) ports: Option<(u16, u16)>,
    /// Why there; none where nobody could have said otherwise.
    pub(crate) cause: Option<Cause>,
}

/// Every place of `service`, as the role `on` a host answers it.
pub(crate) fn places(
    estate: &Estate,
    on: Option<&HostRole>,
    service: &'static Service,
) -> Vec<Place> {
    match service.ports {
        Ports::Setting { .. } => of_setting(estate, on, service).into_iter().flatten().collect(),
        Ports::Series { first, last, .. } => {
            let [said, _] = of_setting(estate, on, service);
            let moved = said.and_then(|place| Some((place.ports?.0, place.cause)));
            let (start, cause) = moved.unwrap_or((first, Some(Cause::Default)));
            let end = start.saturating_add(last.saturating_sub(first));
            vec![Place { rank: 0, ports: Some((start, end)), cause }]
        }
        Ports::Fixed(first, last) => {
            vec![Place { rank: 0, ports: Some((first, last)), cause: None }]
        }
        Ports::Dynamic | Ports::None => vec![Place { rank: 0, ports: None, cause: None }],
    }
}

/// The default and the alternate place of a service that can be configured.
pub(crate) fn of_setting(
    estate: &Estate,
    on: Option<&HostRole>,
    service: &'static Service,
) -> [Option<Place>; 2] {
    let said = |part: fn(&PortSetting) -> Option<&Said<u16>>| {
        let here = on.into_iter().map(|on| &on.ports);
        here.chain([&estate.site.ports]).find_map(|ports| part(ports.get(service.key()?)?))
    };
    let set = |rank, said: &Said<u16>| Place {
        rank,
        ports: Some((said.value, said.value)),
        cause: Some(Cause::Setting(said.at.clone())),
    };
    let default = said(|setting| setting.default.as_ref()).map(|said| set(0, said)).or_else(|| {
        let port = service.default_port()?;
        Some(Place { rank: 0, ports: Some((port, port)), cause: Some(Cause::Default) })
    });
    [default, said(|setting| setting.alternate.as_ref()).map(|said| set(1, said))]
}
