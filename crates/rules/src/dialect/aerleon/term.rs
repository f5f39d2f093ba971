//! A term of Aerleon's policy, and its YAML.

use catalog::Protocol;

use super::names::{self, Names};
use crate::rule::{Ends, Rule, Version};

/// Terms for some makes of firewall.
pub(super) struct Filter {
    pub(super) comment: String,
    /// Generators, and the words that they want.
    pub(super) targets: Vec<(&'static str, String)>,
    pub(super) terms: Vec<Term>,
}

/// What passes. Where there is no source or destination, tags say it.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) source: Option<Ends>,
    pub(super) source_tags: Vec<String>,
    pub(super) source_ports: Vec<(u16, u16)>,
    pub(super) destination: Option<Ends>,
    pub(super) destination_tags: Vec<String>,
    pub(super) ports: Vec<(u16, u16)>,
    pub(super) version: Version,
    pub(super) protocol: Protocol,
    pub(super) types: Vec<u8>,
    /// Only what belongs to a connection of TCP.
    pub(super) established: bool,
    /// A generator of the filter that must not have it.
    pub(super) not_for: Option<&'static str>,
}

impl Default for Term {
    fn default() -> Self {
        Self {
            name: String::new(),
            comment: String::new(),
            source: None,
            source_tags: Vec::new(),
            source_ports: Vec::new(),
            destination: None,
            destination_tags: Vec::new(),
            ports: Vec::new(),
            version: Version::V4,
            protocol: Protocol::Tcp,
            types: Vec::new(),
            established: false,
            not_for: None,
        }
    }
}

impl Term {
    pub(super) fn of(rule: &Rule, comment: String) -> Self {
        Self {
            name: rule.id.clone(),
            comment,
            source: Some(rule.source.clone()),
            source_ports: rule.source_ports.into_iter().collect(),
            destination: Some(rule.destination.clone()),
            ports: rule.ports.clone(),
            version: rule.version,
            protocol: rule.protocol,
            types: rule.types.clone(),
            ..Self::default()
        }
    }

    fn text(&self, names: &Names) -> String {
        let mut text = format!("      - name: {}\n", self.name);
        let mut say = |key: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(&format!("        {key}: {value}\n"));
            }
        };
        let network = |ends: &Option<Ends>| {
            ends.as_ref().and_then(|ends| names.of_network(ends)).unwrap_or_default().to_owned()
        };
        let services = |ports: &[(u16, u16)]| {
            let services = ports.iter().map(|range| names::service(self.protocol, *range));
            services.collect::<Vec<_>>().join(" ")
        };
        let types: Vec<&str> =
            self.types.iter().filter_map(|kind| type_name(self.protocol, *kind)).collect();
        say("comment", &quoted(&self.comment));
        say("source-address", &network(&self.source));
        say("source-tag", &self.source_tags.join(" "));
        say("source-port", &services(&self.source_ports));
        say("destination-address", &network(&self.destination));
        say("destination-tag", &self.destination_tags.join(" "));
        say("destination-port", &services(&self.ports));
        say("protocol", self.protocol.slug());
        say("icmp-type", &types.join(" "));
        say("option", if self.established { "tcp-established" } else { "" });
        say("platform-exclude", self.not_for.unwrap_or_default());
        say("action", "accept");
        text
    }
}

impl Filter {
    pub(super) fn text(&self, names: &Names) -> String {
        let mut text =
            format!("  - header:\n      comment: {}\n      targets:\n", quoted(&self.comment));
        for (target, options) in &self.targets {
            text.push_str(&format!("        {target}: {options}\n"));
        }
        text.push_str("    terms:\n");
        text.extend(self.terms.iter().map(|term| term.text(names)));
        text
    }
}

/// A string of JSON is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What Aerleon calls a type of ICMP (its policy.py); none where it has no word for it.
pub(super) fn type_name(protocol: Protocol, kind: u8) -> Option<&'static str> {
    let v4 = protocol == Protocol::Icmp;
    Some(match (v4, kind) {
        (true, 0) | (false, 129) => "echo-reply",
        (true, 8) | (false, 128) => "echo-request",
        (true, 3) => "unreachable",
        (false, 1) => "destination-unreachable",
        (false, 2) => "packet-too-big",
        (true, 11) | (false, 3) => "time-exceeded",
        (true, 12) | (false, 4) => "parameter-problem",
        (false, 130) => "multicast-listener-query",
        (false, 131) => "multicast-listener-report",
        (false, 132) => "multicast-listener-done",
        (false, 133) => "router-solicit",
        (false, 134) => "router-advertisement",
        (false, 135) => "neighbor-solicit",
        (false, 136) => "neighbor-advertisement",
        (false, 137) => "redirect-message",
        (false, 143) => "version-2-multicast-listener-report",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::type_name;

    #[test]
    fn every_type_of_the_catalog_has_a_word() {
        for service in catalog::SERVICES {
            for kind in service.types {
                assert!(type_name(service.protocol, *kind).is_some(), "{} {kind}", service.slug);
            }
        }
    }
}
