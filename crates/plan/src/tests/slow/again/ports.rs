//! At which port somebody answers a service.

use catalog::{Ports, Service};

use super::{Again, Party, Who};
use crate::estate::{PortSetting, Said};

impl<'a> Again<'a> {
    /// The ports of a service as somebody answers it, and which of them is the
    /// alternate.
    pub(super) fn ports(
        &self,
        service: &'static Service,
        party: &Party<'a>,
    ) -> Vec<(String, bool)> {
        let range = |first: u16, last: u16| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        match service.ports {
            Ports::None => vec![("-".to_owned(), false)],
            Ports::Fixed(first, last) => vec![(range(first, last), false)],
            Ports::Dynamic => {
                let said = party.host().and_then(|host| host.dynamic.as_ref());
                let said = said.map(|said| range(said.value.0, said.value.1));
                vec![(said.unwrap_or_else(|| "dynamic".to_owned()), false)]
            }
            Ports::Series { first, last, .. } => {
                let start = self.said(service, party, |set| set.default.as_ref()).unwrap_or(first);
                vec![(range(start, start + (last - first)), false)]
            }
            Ports::Setting { default, .. } => {
                let mut ports = Vec::new();
                for party in one_for_each_site(party) {
                    let said = self.said(service, &party, |set| set.default.as_ref());
                    let beside = || self.beside_http(service, &party);
                    let port = said.or_else(beside).unwrap_or(default);
                    ports.push((port.to_string(), false));
                    let other = self.said(service, &party, |set| set.alternate.as_ref());
                    ports.extend(other.map(|port| (port.to_string(), true)));
                }
                ports
            }
        }
    }

    /// What was said of a service: for the role there, for its site, or for the
    /// primary of a secondary site.
    pub(super) fn said(
        &self,
        service: &Service,
        party: &Party<'a>,
        part: impl Fn(&PortSetting) -> Option<&Said<u16>>,
    ) -> Option<u16> {
        let key = service.key()?;
        let here = party.on.and_then(|on| part(on.ports.get(key)?)).map(|said| said.value);
        // Clients are told by the primary that they are assigned to.
        let mut codes = party.codes();
        if matches!(party.who, Who::Network(_) | Who::Itself(_)) {
            let below =
                |code: &&String| self.parent(code).is_some_and(|p| codes.iter().any(|c| *c == p));
            let lower: Vec<String> =
                codes.iter().filter(|c| below(c)).map(|c| (*c).clone()).collect();
            codes.retain(|code| !lower.contains(code));
        }
        here.or_else(|| codes.into_iter().find_map(|code| self.of_site(code, service, &part)))
    }

    /// What a secondary site takes over is what is set once for all site systems of the
    /// primary (of ours, everything).
    fn of_site(
        &self,
        code: &str,
        service: &Service,
        part: impl Fn(&PortSetting) -> Option<&Said<u16>>,
    ) -> Option<u16> {
        let key = service.key()?;
        let set = |code: &str| part(self.site(code).ports.get(key)?).map(|said| said.value);
        let once = ["http", "https", "client-notification", "wake-on-lan"].contains(&key);
        let above = self.parent(code).filter(|_| self.is_secondary(code) && (self.ours || once));
        set(code).or_else(|| set(above?))
    }

    /// Note 3.
    fn beside_http(&self, service: &Service, party: &Party<'a>) -> Option<u16> {
        if service.slug != "wsus-https" {
            return None;
        }
        let usual = |slug: &str| catalog::find_service(slug).unwrap().default_port();
        let http = catalog::find_service("wsus-http").unwrap();
        let http = self.said(http, party, |set| set.default.as_ref())?;
        if usual("wsus-http-80") == Some(http) { usual("wsus-https-443") } else { Some(http + 1) }
    }
}

/// Whoever serves several sites answers each at its ports.
fn one_for_each_site<'a>(party: &Party<'a>) -> Vec<Party<'a>> {
    let clients = matches!(party.who, Who::Network(_) | Who::Itself(_));
    match &party.sites {
        Some(sites) if sites.len() > 1 && !clients => {
            let one = |code: &String| Party { sites: Some([code.clone()].into()), ..party.clone() };
            sites.iter().map(one).collect()
        }
        _ => vec![party.clone()],
    }
}
