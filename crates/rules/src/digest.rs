//! The digest of a plan: by what two people see that they speak of the same one.

use std::fmt;

use plan::Plan;

/// BLAKE3 of everything that a plan says about packets: who has which addresses, and
/// which flows there are. A comment in the site file changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub fn of(plan: &Plan) -> Self {
        let mut hasher = blake3::Hasher::new();
        let mut line = |cells: &[&str]| {
            for cell in cells {
                hasher.update(cell.as_bytes());
                hasher.update(b"\t");
            }
            hasher.update(b"\n");
        };
        line(&["portolan rules 1", plan.edition().slug()]);
        for host in plan.hosts() {
            line(&["host", &host.name, &list(&host.addresses)]);
            for nat in &host.nat {
                line(&["nat", &nat.zone, &nat.address.to_string()]);
            }
        }
        for network in plan.networks() {
            let zone = network.zone.as_deref().unwrap_or_default();
            line(&["network", &network.name, &list(&network.cidr), zone]);
        }
        for cluster in plan.clusters() {
            let hosts = list(&cluster.hosts);
            line(&["cluster", &cluster.name, &cluster.listener.to_string(), &hosts]);
        }
        for cloud in plan.clouds() {
            line(&["cloud", &cloud.name, &list(&cloud.addresses)]);
        }
        for planned in plan.flows() {
            let ends = [planned.opener, planned.answerer].map(|end| plan.party(end));
            let seen = match plan.translated(planned) {
                Some((address, Some(port))) => format!("{address} {port}"),
                Some((address, None)) => address.to_string(),
                None => String::new(),
            };
            let [opener, answerer] = &ends;
            line(&[&planned.flow.id(), opener, answerer, &planned.ports_text(), &seen]);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Digest {
    /// The first half, in hex: 32 digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(16).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
