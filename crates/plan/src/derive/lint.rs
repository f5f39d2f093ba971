//! What is worth saying about a plan that can be carried out.

use catalog::role::{DHCP_SERVER, DISTRIBUTION_POINT, DNS_SERVER, SMS_PROVIDER, TIME_SERVER};
use catalog::{Flow, Role};

use crate::estate::{Estate, PortSetting};
use crate::mistake::{Finding, Kind, Severity};
use crate::planned::Plan;

use super::party::Party;

/// Two that should meet on `flow` and cannot.
pub(super) fn unreachable(flow: &Flow, answerer: &Party, why: &str) -> Finding {
    let message = format!("{why}; {flow} is not in the plan");
    Finding {
        severity: Severity::Warning,
        kind: Kind::Unreachable,
        at: Some(answerer.at.clone()),
        message,
    }
}

/// All findings: the most urgent first, then in the order of their words, so
/// that the order of the file's tables does not matter.
pub(super) fn findings(estate: &Estate, plan: &Plan, apart: Vec<Finding>) -> Vec<Finding> {
    let mut findings = apart;
    if estate.networks.iter().all(|network| network.clients.is_none()) {
        findings.push(Finding {
            severity: Severity::Warning,
            kind: Kind::NoClients,
            at: None,
            message: format!(
                "the site has no clients: no network says clients = \"{}\"",
                plan.site_code
            ),
        });
    }
    missing(estate, &DISTRIBUTION_POINT, "no content can be installed", &mut findings);
    missing(estate, &SMS_PROVIDER, "nobody can administer the site", &mut findings);
    unused_ports(estate, plan, &mut findings);
    platform(estate, plan, &mut findings);
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

fn unused_ports(estate: &Estate, plan: &Plan, findings: &mut Vec<Finding>) {
    let unused = |setting: &&PortSetting| {
        plan.flows.iter().all(|planned| planned.flow.service != setting.service)
    };
    for setting in estate.site.ports.values().filter(unused) {
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
