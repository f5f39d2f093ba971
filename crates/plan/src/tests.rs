//! What must hold for every plan, and what a person reads who made a mistake.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod law;
mod mistakes;
mod what_follows;

use crate::{Estate, Finding, Plan};

/// Everything on one machine, as `portolan up` writes it for an ordinary user.
pub(crate) const KEEL: &str = r#"
edition = "portolan"
[site.P01]
name = "Head office"
ports = { https = 18443 }
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
