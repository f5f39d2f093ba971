//! What is worth saying about a plan that can be carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use catalog::role::{
    DHCP_SERVER, DISTRIBUTION_POINT, DNS_SERVER, SITE_SERVER, SMS_PROVIDER, TIME_SERVER,
};
use catalog::{Edition, Flow, Reading, Role, RunBy, When};

use crate::estate::{Estate, INTERNET, PortSetting, SiteKind};
use crate::mistake::{Finding, Kind, Severity};
use crate::planned::{End, Plan, PlannedNetwork};

use super::rows;

/// Two that should meet on `flow` and cannot.
pub(super) fn unreachable(flow: &Flow, answerer: &Range<usize>, why: &str) -> Finding {
    let message = format!("{why}; {flow} is not in the plan");
    Finding {
        severity: Severity::Warning,
        kind: Kind::Unreachable,
        at: Some(answerer.clone()),
        message,
    }
}

/// All findings: the most urgent first, then in the order of their words, so
/// that the order of the file's tables does not matter. `used`: the rows that any flow
/// of the plan comes of.
pub(super) fn findings(
    estate: &Estate,
    plan: &Plan,
    reading: Reading,
    used: &[&'static Flow],
    apart: Vec<Finding>,
) -> Vec<Finding> {
    let ours = estate.edition.value == Edition::Portolan;
    let mut findings = apart;
    if estate.networks.iter().all(|network| network.clients.is_none()) {
        // A central site has none.
        let mut sites = plan.sites.iter();
        let primary = sites.find(|site| site.kind == SiteKind::Primary);
        let code = primary.map_or(&plan.site_code, |site| &site.code);
        findings.push(Finding {
            severity: Severity::Warning,
            kind: Kind::NoClients,
            at: None,
            message: format!("the site has no clients: no network says clients = \"{code}\""),
        });
    }
    missing(estate, &DISTRIBUTION_POINT, "no content can be installed", &mut findings);
    missing(estate, &SMS_PROVIDER, "nobody can administer the site", &mut findings);
    if ours {
        elsewhere(estate, &mut findings);
        platform(estate, plan, &mut findings);
    } else {
        strangers(estate, reading, &mut findings);
    }
    idle(estate, used, &mut findings);
    unchosen(estate, used, &mut findings);
    stranded(plan, &mut findings);
    empty_groups(estate, plan, &mut findings);
    forsaken(estate, plan, &mut findings);
    unused_ports(estate, used, &mut findings);
    findings.retain(|finding| !estate.silenced.contains_key(&finding.kind));
    findings.sort_by(|one, other| {
        (one.severity, one.kind, &one.message).cmp(&(other.severity, other.kind, &other.message))
    });
    findings.dedup_by(|one, other| one.message == other.message);
    findings
}

fn missing(estate: &Estate, role: &'static Role, so: &str, findings: &mut Vec<Finding>) {
    if estate.with_role(role).next().is_none() {
        findings.push(Finding {
            severity: Severity::Warning,
            kind: Kind::NoRole,
            at: None,
            message: format!("no host has the role {role}: {so}"),
        });
    }
}

/// Roles that need the site's database have to be where the site server is: on
/// several hosts it would have to be PostgreSQL.
fn elsewhere(estate: &Estate, findings: &mut Vec<Finding>) {
    let ours = |role: &&Role| role.run_by == RunBy::Site && **role != DISTRIBUTION_POINT;
    for host in estate.hosts.iter().filter(|host| host.role(&SITE_SERVER).is_none()) {
        for on in host.roles.iter().filter(|on| ours(&on.role.value)) {
            findings.push(Finding {
                severity: Severity::Warning,
                kind: Kind::NotServed,
                at: Some(on.role.at.clone()),
                message: format!(
                    "host {}: {} beside the site server needs PostgreSQL, which this version \
                     cannot use yet; nothing runs it there",
                    host.name.value, on.role.value
                ),
            });
        }
    }
}

/// Groups without a distribution point of their own, and whether others help.
fn empty_groups(estate: &Estate, plan: &Plan, findings: &mut Vec<Finding>) {
    let groups = plan.groups();
    let helps =
        |name: &String| plan.boundaries.group(name).is_some_and(|one| !one.hosts.is_empty());
    for group in groups.iter().filter(|group| group.hosts.is_empty()) {
        let first = group.neighbours.iter().filter(|(name, _)| helps(name)).min_by_key(|(_, t)| *t);
        let then = match first {
            Some((neighbour, seconds)) => {
                format!("its clients wait {seconds} s for boundary group {neighbour}")
            }
            None => "its clients can install no content".to_owned(),
        };
        let said = estate.groups.iter().find(|said| said.name.value == group.name);
        findings.push(Finding {
            severity: Severity::Warning,
            kind: Kind::NoPlace,
            at: said.map(|said| said.name.at.clone()),
            message: format!("boundary group {} has no distribution-point: {then}", group.name),
        });
    }
}

/// Distribution points to which no client's network is sent.
fn forsaken(estate: &Estate, plan: &Plan, findings: &mut Vec<Finding>) {
    // Many networks are in the same groups.
    let groups: BTreeSet<&[String]> = plan
        .networks
        .iter()
        .filter(|network| network.clients)
        .map(|network| network.groups.as_slice())
        .collect();
    if groups.is_empty() {
        return;
    }
    let sent: BTreeSet<String> = groups
        .into_iter()
        .map(|groups| groups.iter().map(String::as_str).collect())
        .flat_map(|groups| plan.boundaries.locate(groups).points)
        .map(|place| place.host)
        .collect();
    for (host, on) in estate.with_role(&DISTRIBUTION_POINT) {
        if !sent.contains(&host.name.value) {
            findings.push(Finding {
                severity: Severity::Warning,
                kind: Kind::NobodyComes,
                at: Some(on.role.at.clone()),
                message: format!(
                    "host {}: no client is sent to this distribution-point: name one of its \
                     boundary groups in the `boundary-groups` of a network with clients",
                    host.name.value
                ),
            });
        }
    }
}

fn unused_ports(estate: &Estate, used: &[&'static Flow], findings: &mut Vec<Finding>) {
    let used: BTreeSet<_> = used.iter().map(|flow| flow.service).collect();
    let unused = |setting: &&PortSetting| !used.contains(setting.service);
    for setting in estate.sites.iter().flat_map(|site| site.ports.values()).filter(unused) {
        let said = setting.default.as_ref().or(setting.alternate.as_ref());
        findings.push(Finding {
            severity: Severity::Notice,
            kind: Kind::UnusedPort,
            at: said.map(|said| said.at.clone()),
            message: format!("a port is set for {}, which nothing uses", setting.service),
        });
    }
}

/// A site on loopback alone needs none of them.
fn platform(estate: &Estate, plan: &Plan, findings: &mut Vec<Finding>) {
    let mut blocks = plan.networks.iter().flat_map(|network| &network.cidr);
    if blocks.all(|block| block.is_loopback()) {
        return;
    }
    for role in [&DNS_SERVER, &TIME_SERVER, &DHCP_SERVER] {
        if estate.with_role(role).next().is_none() {
            findings.push(Finding {
                severity: Severity::Notice,
                kind: Kind::PlatformUnknown,
                at: None,
                message: format!("no host has the role {role}: flows to it are not in the plan"),
            });
        }
    }
}

/// Roles whose rows lead to nobody, because the file names nobody who plays the
/// other end: clouds, directories.
fn strangers(estate: &Estate, reading: Reading, findings: &mut Vec<Finding>) {
    let on_hosts = estate.hosts.iter().flat_map(|host| &host.roles);
    let clusters = estate.clusters.iter().map(|cluster| &cluster.on);
    let clouds = estate.clouds.iter().map(|cloud| &cloud.on);
    let played: BTreeSet<&Role> =
        on_hosts.chain(clusters).chain(clouds).map(|on| on.role.value).collect();
    let asked = rows(estate.edition.value, reading)
        .filter(|flow| flow.when == When::Always && flow.from.run_by == RunBy::Site)
        .filter(|flow| flow.to.run_by == RunBy::Others && played.contains(flow.from));
    let missing: BTreeSet<&Role> =
        asked.map(|flow| flow.to).filter(|role| !played.contains(role)).collect();
    for role in missing {
        findings.push(Finding {
            severity: Severity::Notice,
            kind: Kind::PartyUnknown,
            at: None,
            message: format!(
                "no host, cluster or cloud has the role {role}: flows to it are not in the plan"
            ),
        });
    }
}

/// Features that are on for nothing.
fn idle(estate: &Estate, used: &[&'static Flow], findings: &mut Vec<Finding>) {
    for (feature, at) in &estate.features {
        if !used.iter().any(|flow| asks_for(&flow.when, feature)) {
            findings.push(Finding {
                severity: Severity::Warning,
                kind: Kind::IdleFeature,
                at: Some(at.clone()),
                message: format!("the feature {feature} is on, and no flow comes of it"),
            });
        }
    }
}

fn asks_for(when: &When, feature: &str) -> bool {
    match when {
        When::Feature(asked) => *asked == feature,
        When::All(all) => all.iter().any(|when| asks_for(when, feature)),
        When::Not(when) => asks_for(when, feature),
        _ => false,
    }
}

/// Ways that were taken because nobody chose one.
fn unchosen(estate: &Estate, used: &[&'static Flow], findings: &mut Vec<Finding>) {
    let taken: BTreeSet<&str> = used
        .iter()
        .filter_map(|flow| match flow.when {
            When::OneOf { group, .. } if group != "wsus-ports" => Some(group),
            _ => None,
        })
        .filter(|group| !estate.alternatives.contains_key(group))
        .collect();
    for group in taken {
        findings.push(Finding {
            severity: Severity::Notice,
            kind: Kind::Unchosen,
            at: None,
            message: format!(
                "of the ways of {group} none was chosen under [alternatives]: the first is planned"
            ),
        });
    }
}

/// Clients on the internet who find nobody.
fn stranded(plan: &Plan, findings: &mut Vec<Finding>) {
    let networks = plan
        .networks
        .iter()
        .enumerate()
        .filter(|(_, network)| network.clients && network.zone.as_deref() == Some(INTERNET));
    let mut roaming: BTreeMap<End, &PlannedNetwork> = networks
        .filter_map(|(n, network)| Some((End::Network(u32::try_from(n).ok()?), network)))
        .collect();
    if roaming.is_empty() {
        return;
    }
    for planned in &plan.flows {
        roaming.remove(&planned.opener);
    }
    for network in roaming.into_values() {
        findings.push(Finding {
            severity: Severity::Warning,
            kind: Kind::Stranded,
            at: None,
            message: format!(
                "network {}: clients on the internet find nobody: give a host a `nat` from \
                 the internet, or a cloud the role of a gateway",
                network.name
            ),
        });
    }
}
