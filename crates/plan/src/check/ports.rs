//! Ports that do not fit each other.

use std::ops::Range;

use catalog::Service;
use catalog::service::{WSUS_HTTP, WSUS_HTTPS};

use crate::derive::port::{self, Answers, paired};
use crate::derive::sites::Sites;
use crate::estate::{Estate, HostRole, PortSetting, Ports, Said};
use crate::mistake::Mistake;

/// Every mistake in ports.
pub(super) fn ports(estate: &Estate, mistakes: &mut Vec<Mistake>) {
    let sites = Sites::of(estate);
    for (n, site) in estate.sites.iter().enumerate() {
        let who = Answers { on: None, sites: &[n], dynamic: None };
        settings(&sites, who, &site.ports, mistakes);
        update_pair(&site.ports, mistakes);
    }
    let on_hosts = estate
        .hosts
        .iter()
        .flat_map(|host| host.roles.iter().map(move |on| (on, host.sites.as_slice())));
    let clusters = estate.clusters.iter().map(|cluster| (&cluster.on, [].as_slice()));
    let clouds = estate.clouds.iter().map(|cloud| (&cloud.on, [].as_slice()));
    for (on, host) in on_hosts.chain(clusters).chain(clouds) {
        let member = sites.member(if on.sites.is_empty() { host } else { &on.sites });
        let who = Answers { on: Some(on), sites: member.sites(), dynamic: None };
        settings(&sites, who, &on.ports, mistakes);
        update_pair(&on.ports, mistakes);
        instance(on, mistakes);
    }
}

/// An alternate that is the default would be tried in vain.
fn settings(sites: &Sites<'_>, who: Answers<'_>, ports: &Ports, mistakes: &mut Vec<Mistake>) {
    for setting in ports.values() {
        let [default, alternate] = port::of_setting(sites, who, setting.service);
        let Some(same) = alternate.filter(|alternate| {
            default.as_ref().is_some_and(|default| default.ports == alternate.ports)
        }) else {
            continue;
        };
        let message = format!(
            "{}: the alternate port is the default, {}",
            setting.service,
            same.ports.map_or(0, |(port, _)| port)
        );
        mistakes.push(
            Mistake::new(place(setting), message)
                .help("leave the alternate out, or choose another port"),
        );
    }
}

fn place(setting: &PortSetting) -> Range<usize> {
    let said = setting.alternate.as_ref().or(setting.default.as_ref());
    said.map(|said| said.at.clone()).unwrap_or_default()
}

/// Note 3: the HTTPS port of WSUS follows from its HTTP port.
fn update_pair(ports: &Ports, mistakes: &mut Vec<Mistake>) {
    let said = |service: &'static Service| -> Option<&Said<u16>> {
        ports.get(service.key()?)?.default.as_ref()
    };
    let (http, https) = (said(&WSUS_HTTP), said(&WSUS_HTTPS));
    let usual = WSUS_HTTP.default_port();
    let Some(http_port) = http.map(|said| said.value).or(usual) else { return };
    let Some(at) = https.or(http).map(|said| said.at.clone()) else { return };
    let Some(right) = paired(http_port) else {
        let message = format!("wsus-http {http_port} leaves no port for wsus-https");
        return mistakes.push(
            Mistake::new(at, message).help("the HTTPS port of WSUS is the HTTP port plus one"),
        );
    };
    if let Some(https) = https.filter(|https| https.value != right) {
        let message = format!(
            "wsus-http {http_port} and wsus-https {} are no pair of WSUS (note 3)",
            https.value
        );
        mistakes.push(Mistake::new(https.at.clone(), message).help(format!(
            "write wsus-https = {right}, or leave it out: it follows from wsus-http"
        )));
    }
}

/// A named instance has no port but the one it is given.
fn instance(on: &HostRole, mistakes: &mut Vec<Mistake>) {
    if let Some(named) = on.instance.as_ref().filter(|_| on.ports.is_empty()) {
        let message = format!("instance {} of {} has no port", named.value, on.role.value);
        mistakes.push(
            Mistake::new(named.at.clone(), message)
                .help("a named instance is given a static one: add it to the `ports` of the role"),
        );
    }
}
