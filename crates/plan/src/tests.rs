//! What must hold for every plan, and what a person reads who made a mistake.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod golden;
mod groups;
mod law;
mod mistakes;
mod order;
mod slow;
mod what_follows;
mod words;

use crate::{Estate, Finding, Plan};

/// Everything on one machine, as `portolan up` writes it for an ordinary user.
pub(crate) const KEEL: &str = r#"
edition = "portolan"
[site.P01]
name = "Head office"
ports = { https = 18443, http = 18080 }
[client-settings]
policy-poll = "5s"
[network.here]
cidr = ["127.0.0.0/8"]
clients = "P01"
[host.keel]
name = "keel.example.org"
address = "127.0.0.1"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]
role.distribution-point = { ports = { https = 18444 } }
"#;

/// Several hosts, a shared database, two families, the platform's servers.
pub(crate) const HARBOUR: &str = r#"
[site.P01]
name = "Harbour"
ports = { https = { default = 18443, alternate = 19443 }, site-database = 15432 }

[network.servers]
cidr = ["10.1.0.0/24", "2001:db8:1::/64"]

[network.branch-7]
cidr = ["10.7.0.0/16"]
clients = "P01"

[host.head]
address = "10.1.0.10"
roles = ["site-server", "sms-provider"]

[host.mp1]
address = "10.1.0.11"
roles = ["management-point"]

[host.dp7]
address = "10.7.0.5"
role.distribution-point = { ports = { https = 18444 } }

[host.db]
address = "10.1.0.30"
roles = ["site-database-server"]

[host.ns]
address = "10.1.0.53"
roles = ["dns-server", "time-server"]

[host.desk]
address = "10.1.0.99"
roles = ["console"]
"#;

/// Boundary groups, a link that the site server opens, a package mirror.
pub(crate) const VOYAGE: &str = r#"
[site.P01]
name = "Voyage"

[network.servers]
cidr = ["10.1.0.0/24"]

[network.office]
cidr = ["10.2.0.0/16"]
clients = "P01"
boundary-groups = ["head-office"]

[network.branch]
cidr = ["10.7.0.0/16", "10.8.0.0/16"]
clients = "P01"
boundary-groups = ["branches"]

[network.roaming]
cidr = ["10.9.0.0/16"]
clients = "P01"

[boundary-group.head-office]
hosts = ["head"]

[boundary-group.branches]
hosts = ["dp7", "dp8"]
neighbours = [{ group = "head-office", after = "1h" }]

[host.head]
address = "10.1.0.10"
roles = ["site-server", "management-point", "distribution-point", "sms-provider"]

[host.dp7]
address = "10.7.0.5"
roles = ["distribution-point"]

[host.dp8]
address = "10.8.0.5"
role.distribution-point = { site-link = "site-server-opens", ports = { site-link = 18100 } }

[host.mirror]
address = "10.1.0.40"
role.package-mirror = { suite = "bookworm", clients = true, ports = { package-mirror = 18200 } }

[host.archive]
address = "10.1.0.41"
role.package-mirror = { suite = "bookworm", path = "/archive", components = ["main", "contrib"], signed-by = "/etc/archive.gpg" }
"#;

pub(crate) fn estate(text: &str) -> Estate {
    crate::read(text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

pub(crate) fn plan(text: &str) -> (Plan, Vec<Finding>) {
    crate::plan(&estate(text)).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// One line for each planned flow.
pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    let line = |planned: &crate::Planned| {
        let [opener, answerer] = [planned.opener, planned.answerer].map(|end| plan.party_name(end));
        format!("{} {opener} -> {answerer} {}", planned.flow, planned.ports_text())
    };
    plan.flows().iter().map(line).collect()
}
