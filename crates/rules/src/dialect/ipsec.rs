//! IPsec between the ends of each flow, as a PowerShell file for one machine
//! (`New-NetIPsecRule`): who speaks is authenticated, and on demand nobody else reads it.
//!
//! It opens nothing. A rule of Windows takes single ports only, and both ends have to
//! know each other before: by Kerberos in a Windows domain, or by certificates under one
//! root. Whatever cannot be said so stays without IPsec, and a finding says it.

use std::collections::BTreeMap;

use catalog::role::{
    DHCP_SERVER, DIRECTORY, DNS_SERVER, DOMAIN_CONTROLLER, GLOBAL_CATALOG_DOMAIN_CONTROLLER,
    MAC_COMPUTER, MOBILE_DEVICE, NETWORK_BOOT_FIRMWARE, ROUTER, TIME_SERVER,
};
use catalog::{Cast, Role};
use plan::End;

use super::Written;
use super::powershell::{self, Beside, Cmdlets, parameters as given, quoted, remark, table};
use super::words::about;
use crate::decided::Decided;
use crate::rule::{Finding, Kind, Rule, RuleSet, range_text};

#[cfg(test)]
mod tests;

const CMDLETS: Cmdlets = Cmdlets { noun: "NetIPsecRule", name: "IPsecRuleName" };
const AUTHENTICATION: Cmdlets = Cmdlets { noun: "NetIPsecPhase1AuthSet", name: "Name" };
const PROTECTION: Cmdlets = Cmdlets { noun: "NetIPsecQuickModeCryptoSet", name: "Name" };

/// Who has to be reached before anybody can authenticate, or never can himself.
const OUTSIDE: [&Role; 10] = [
    &DHCP_SERVER,
    &DIRECTORY,
    &DNS_SERVER,
    &DOMAIN_CONTROLLER,
    &GLOBAL_CATALOG_DOMAIN_CONTROLLER,
    &MAC_COMPUTER,
    &MOBILE_DEVICE,
    &NETWORK_BOOT_FIRMWARE,
    &ROUTER,
    &TIME_SERVER,
];

const PARAMETERS: &str = "param(
    # Request authenticates whom it can and lets the others pass: to see what Require would cut.
    [ValidateSet('Require', 'Request')]
    [string]$Security = 'Require',

    # Besides authenticating each packet, encrypt it (ESP, AES-256).
    [switch]$Encrypt,

    # The root's distinguished name where the machines have certificates ('C=US, O=Example, CN=Root').
    # Without it they authenticate by Kerberos, as members of a domain.
    [string]$Authority = ''
)
";

/// Which methods the rules use, before any is made.
const METHODS: &str = "if ($Authority) {
    $method = New-NetIPsecAuthProposal -Machine -Cert -Authority $Authority -AuthorityType 'Root' -ErrorAction 'Stop'
}
else {
    $method = New-NetIPsecAuthProposal -Machine -Kerberos -ErrorAction 'Stop'
}
if ($Encrypt) {
    $protection = New-NetIPsecQuickModeCryptoProposal -Encapsulation 'ESP' -ESPHash 'SHA256' -Encryption 'AES256' -ErrorAction 'Stop'
}
else {
    $protection = New-NetIPsecQuickModeCryptoProposal -Encapsulation 'ESP' -ESPHash 'SHA256' -Encryption 'None' -ErrorAction 'Stop'
}
";

pub(super) fn write(set: &RuleSet<'_>, decided: &Decided) -> Written {
    let name = format!("{}-ipsec.ps1", set.place.stem());
    let mut text = powershell::head(set, "IPsec rules", &name, &notes(set));
    text.push_str(PARAMETERS);
    text.push('\n');
    text.push_str(&powershell::beginning(set));
    let beside = beside(set);
    text.push_str(&format!("$always = {}\n\n$rules = @(\n", table("", &always(&beside))));
    let mut not = BTreeMap::new();
    for rule in &set.rules {
        let (ports, why) = secured(set, rule);
        if let Some(why) = why {
            let flows: &mut Vec<u32> = not.entry(why).or_default();
            flows.extend(&rule.serves);
            let said = format!("{}: {}", rule.id, about(set, rule, decided));
            text.push_str(&format!(
                "    {}    {}",
                remark(&said),
                remark(&format!("not secured: {why}"))
            ));
        }
        if !ports.is_empty() {
            let parameters = parameters(set, rule, decided, ports);
            text.push_str(&format!("    {}\n", table("    ", &parameters)));
        }
    }
    text.push_str(&format!(")\n\n{METHODS}\n"));
    text.push_str(&powershell::replacement(set, CMDLETS, &beside));
    let findings = not.into_iter().map(|(why, flows)| finding(set, why, flows)).collect();
    Written { findings, ..Written::one(name, text) }
}

fn notes(set: &RuleSet<'_>) -> Vec<String> {
    let ours = quoted(&format!("{}*", powershell::prefix(&set.place)));
    let lines = [
        "Look:    Get-NetIPsecRule -Group 'Portolan: *'; Get-NetIPsecMainModeSA".to_owned(),
        format!(
            "Remove:  Get-NetIPsecRule | Where-Object {{ $_.IPsecRuleName -like {ours} }} | Remove-NetIPsecRule"
        ),
        String::new(),
        "Both ends need their file, or Require cuts them off: load all with -Security Request, look".to_owned(),
        "whether they agree, and then load all again without it. Between them IKE (UDP 500 and 4500)".to_owned(),
        "and ESP (protocol 50) have to pass, which the plan does not have.".to_owned(),
        "What is not atomic: Windows changes its rules one by one. While this runs, former and new".to_owned(),
        "rules hold together; and if it is killed both stay, until it is run again.".to_owned(),
        String::new(),
        "Microsoft advises IPsec between the site server and site systems for clients on the internet".to_owned(),
        "(internet-based-clients), and asks for the ports as set, not as shipped, in its filters (note 2):".to_owned(),
        "they are the plan's. A rule that secures takes single ports, no ranges (Microsoft's reference).".to_owned(),
        String::new(),
    ];
    lines.to_vec()
}

/// The sets that the rules name. Who loads the rules of one direction keeps those of
/// the other, and what they use.
fn beside(set: &RuleSet<'_>) -> [Beside; 2] {
    let directions: Vec<&str> = set.directions.iter().map(|one| one.slug()).collect();
    let named = |cmdlets: Cmdlets, what: &str, proposal: &str| {
        let last = format!("{what}-{}", directions.join("-"));
        let display = quoted(&format!("Portolan: {what} of {}", set.place));
        let made = format!(
            "$null = New-{} -PolicyStore 'PersistentStore' -Name ($fresh + {}) -DisplayName {display} \
             -Proposal {proposal} -ErrorAction 'Stop'",
            cmdlets.noun,
            quoted(&last)
        );
        Beside { cmdlets, last, made }
    };
    [
        named(AUTHENTICATION, "authentication", "$method"),
        named(PROTECTION, "protection", "$protection"),
    ]
}

fn always(beside: &[Beside; 2]) -> Vec<(&'static str, String)> {
    let [authentication, protection] = beside;
    let named = |one: &Beside| format!("$fresh + {}", quoted(&one.last));
    vec![
        ("PolicyStore", quoted("PersistentStore")),
        ("Profile", quoted("Any")),
        ("Enabled", quoted("True")),
        ("Mode", quoted("Transport")),
        ("InboundSecurity", "$Security".to_owned()),
        ("OutboundSecurity", "$Security".to_owned()),
        ("Phase1AuthSet", named(authentication)),
        ("QuickModeCryptoSet", named(protection)),
        ("ErrorAction", quoted("Stop")),
    ]
}

/// The ports that a rule can secure, and why some or all are left out.
fn secured(set: &RuleSet<'_>, rule: &Rule) -> (Vec<String>, Option<&'static str>) {
    if set.flows(rule).any(|planned| planned.flow.cast != Cast::Unicast) {
        return (Vec::new(), Some("it is for many at once, and IPsec is between two"));
    }
    if !rule.protocol.has_ports() {
        return (Vec::new(), Some("a rule of Windows can only exempt ICMP, not secure it"));
    }
    let cloud = |end| matches!(end, End::Cloud(_));
    if set.flows(rule).any(|planned| cloud(planned.opener) || cloud(planned.answerer)) {
        return (Vec::new(), Some("a party in a cloud is no member of the domain"));
    }
    let outside = |role: &Role| OUTSIDE.contains(&role);
    if set.flows(rule).any(|one| outside(one.opening()) || outside(one.answering())) {
        let why = "a party is reached before anybody can authenticate, or never can himself";
        return (Vec::new(), Some(why));
    }
    let single = rule.ports.iter().filter(|(first, last)| first == last);
    let ports: Vec<String> = single.map(|range| range_text(*range)).collect();
    let ranges = rule.source_ports.is_some() || ports.len() < rule.ports.len();
    let why = ranges.then_some("a rule that secures takes no range of ports");
    (if rule.source_ports.is_some() { Vec::new() } else { ports }, why)
}

fn parameters(
    set: &RuleSet<'_>,
    rule: &Rule,
    decided: &Decided,
    ports: Vec<String>,
) -> Vec<(&'static str, String)> {
    let mut parameters = given::named(set, rule, decided, CMDLETS.name);
    parameters.push(("Protocol", quoted(given::protocol(rule.protocol))));
    parameters.extend(given::ports(rule.direction, Vec::new(), ports));
    parameters.extend(given::addresses(rule));
    parameters
}

fn finding(set: &RuleSet<'_>, why: &str, mut flows: Vec<u32>) -> Finding {
    flows.sort_unstable();
    flows.dedup();
    let message = format!("no IPsec for some of the rules of {}: {why}", set.place);
    Finding { kind: Kind::NotSayable, party: set.place.stem().to_owned(), message, flows }
}
