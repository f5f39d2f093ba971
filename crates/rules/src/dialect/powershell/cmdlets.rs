//! The cmdlets that our files call: which parameters each has, and what those take.

use std::collections::BTreeMap;
use std::net::IpAddr;

use plan::Cidr;

use super::check::{Table, Value};

const PARAMETERS: &str = include_str!("parameters.tsv");
/// Of every cmdlet, as far as we use them (about_CommonParameters).
const COMMON: [(&str, &str, &str); 2] = [
    (
        "ErrorAction",
        "ActionPreference",
        "Break,Continue,Ignore,Inquire,SilentlyContinue,Stop,Suspend",
    ),
    ("Verbose", "SwitchParameter", ""),
];
/// Of no module of the firewall (Microsoft.PowerShell.Core).
const OTHERS: [(&str, &str, &str, &str); 2] = [
    ("Where-Object", "FilterScript!", "ScriptBlock", ""),
    ("Set-StrictMode", "Version!", "String", ""),
];

/// One cmdlet.
#[derive(Debug, Default)]
pub(crate) struct Cmdlet {
    pub(crate) name: String,
    /// By name in lower case.
    parameters: BTreeMap<String, Kind>,
    needed: Vec<String>,
}

/// What a parameter takes.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    name: String,
    /// As the reference has it: `String[]`.
    of: String,
    /// Those of an enumeration.
    values: Vec<String>,
}

/// The cmdlet with this name, in whatever case.
pub(crate) fn find(name: &str) -> Option<Cmdlet> {
    let listed = PARAMETERS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        (cell(), cell(), cell(), cell())
    });
    let mut cmdlet = Cmdlet::default();
    for (of, parameter, kind, values) in listed.chain(OTHERS) {
        if of.eq_ignore_ascii_case(name) {
            cmdlet.name = of.to_owned();
            cmdlet.add(parameter, kind, values);
        }
    }
    for (parameter, kind, values) in COMMON {
        cmdlet.add(parameter, kind, values);
    }
    (!cmdlet.name.is_empty()).then_some(cmdlet)
}

impl Cmdlet {
    fn add(&mut self, parameter: &str, of: &str, values: &str) {
        let name = parameter.trim_end_matches('!').to_owned();
        if parameter.ends_with('!') {
            self.needed.push(name.clone());
        }
        let values = values.split(',').filter(|value| !value.is_empty()).map(str::to_owned);
        let kind = Kind { name: name.clone(), of: of.to_owned(), values: values.collect() };
        self.parameters.insert(name.to_ascii_lowercase(), kind);
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&Kind> {
        self.parameters.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn needed(&self) -> &[String] {
        &self.needed
    }
}

impl Kind {
    /// Why it does not take this value.
    pub(crate) fn fault(&self, value: &Value) -> Option<String> {
        let texts = match (value, self.of.as_str()) {
            (Value::Nothing, "SwitchParameter") => return None,
            (Value::Nothing, _) => return Some("a value is missing".to_owned()),
            (Value::Computed, _) => return None,
            (Value::Texts(texts), _) => texts,
        };
        let flags = ["Profile", "IPsecEncapsulation"].contains(&self.of.as_str());
        if texts.len() != 1 && !self.of.ends_with("[]") && !flags {
            return Some(format!("takes one value, not {}", texts.len()));
        }
        texts.iter().find_map(|text| self.of_one(text))
    }

    fn of_one(&self, text: &str) -> Option<String> {
        let known = |values: &[String]| values.iter().any(|value| value.eq_ignore_ascii_case(text));
        let right = match (self.of.trim_end_matches("[]"), self.name.as_str()) {
            (_, "LocalPort" | "RemotePort") => is_port(text),
            (_, "LocalAddress" | "RemoteAddress") => is_address(text),
            (_, "IcmpType") => is_icmp(text),
            (_, "Protocol") => {
                ["TCP", "UDP", "ICMPv4", "ICMPv6", "Any"].contains(&text)
                    || text.parse::<u8>().is_ok()
            }
            // Both end a field where rules are stored as text, and are none of a name's.
            (_, "Name" | "IPsecRuleName" | "DisplayName" | "Description" | "Group") => {
                !text.is_empty() && text.len() <= 10_000 && !text.contains('|') && text != "All"
            }
            ("String" | "WildcardPattern", _) => true,
            ("UInt32" | "UInt64" | "Int32", _) => text.parse::<u64>().is_ok(),
            _ if self.values.is_empty() => false,
            _ => known(&self.values),
        };
        (!right).then(|| format!("does not take {text:?}"))
    }
}

/// One number, or two with a hyphen, the greater last.
fn is_port(text: &str) -> bool {
    let number = |text: &str| text.parse::<u16>().ok().filter(|n| n.to_string() == text);
    match text.split_once('-') {
        None => text == "Any" || number(text).is_some(),
        Some((first, last)) => match (number(first), number(last)) {
            (Some(first), Some(last)) => first < last,
            _ => false,
        },
    }
}

/// An address or a block of either version. No keyword: whatever a rule says, it says
/// with addresses. No mask of no bits, which is none.
fn is_address(text: &str) -> bool {
    let block = Cidr::parse(text).is_ok_and(|block| block.length() > 0);
    text.parse::<IpAddr>().is_ok() || (text.contains('/') && block)
}

/// A type, or a type and a code.
fn is_icmp(text: &str) -> bool {
    let number = |text: &str| text.parse::<u8>().is_ok();
    match text.split_once(':') {
        None => number(text),
        Some((kind, code)) => number(kind) && number(code),
    }
}

/// What of a rule's filters does not go together: ports are TCP's and UDP's, and types
/// ICMP's; and both ends are of one version.
pub(crate) fn packets(given: &Table) -> Vec<String> {
    let texts = |name: &str| match given.get(name) {
        Some(Value::Texts(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let protocol = texts("Protocol").concat();
    let mut faults = Vec::new();
    let mut fits = |parameter: &str, protocols: [&str; 2]| {
        if given.contains_key(parameter) && !protocols.contains(&protocol.as_str()) {
            faults.push(format!("-{parameter} does not go with -Protocol {protocol}"));
        }
    };
    fits("LocalPort", ["TCP", "UDP"]);
    fits("RemotePort", ["TCP", "UDP"]);
    fits("IcmpType", ["ICMPv4", "ICMPv6"]);
    let addresses = [texts("LocalAddress"), texts("RemoteAddress")].concat();
    if addresses.iter().any(|one| one.contains(':'))
        && addresses.iter().any(|one| one.contains('.'))
    {
        faults.push("addresses of both versions".to_owned());
    }
    faults
}
