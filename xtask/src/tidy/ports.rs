//! No port number outside the catalog.
//!
//! A port that is written twice is changed once. The numbers come from the
//! catalog's own rows, so a new row is guarded the day it is written.

use std::collections::BTreeSet;

use catalog::port::Ports;
use proc_macro2::Delimiter;

use super::house::House;
use super::source::{Kind, Source};
use super::{Breach, Law};

pub(super) const LAWS: &[Law] = &[Law {
    name: "ports",
    reason: "a port that stands in code cannot be changed in the site file, and no firewall rule \
             knows of it",
    way_out: "ask the catalog's service, or a free port in a test; where the number is none, say \
              so: `// not a port: why`",
    check: ports,
}];

/// Below 1024 only these count: other small numbers mean anything.
const LOW: &[u16] = &[67, 68, 80, 88, 123, 135, 137, 138, 139, 389, 443, 445, 636];
/// They only end a range.
const ENDS: &[u16] = &[1024, 5000, 49152, 65535];
/// An argument of one of these is a port, or holds one.
const TAKES_PORT: &[&str] = &[
    "Port",
    "Ports",
    "SocketAddr",
    "SocketAddrV4",
    "SocketAddrV6",
    "bind",
    "connect",
    "listen",
    "dial",
    "set_port",
    "with_port",
    "free_port",
    "port",
];
const ESCAPE: &str = "not a port:";

/// What the law guards.
pub(super) fn of_the_catalog() -> BTreeSet<u16> {
    let declared = catalog::service::SERVICES.iter().flat_map(|service| match service.ports {
        Ports::Fixed(first, last) | Ports::Series { first, last, .. } => vec![first, last],
        Ports::Setting { default, unprivileged, .. } => vec![default, unprivileged],
        Ports::Dynamic | Ports::None => Vec::new(),
    });
    let high = declared.filter(|port| *port >= 1024 && !ENDS.contains(port));
    high.chain(LOW.iter().copied()).collect()
}

fn ports(house: &House) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in
        house.sources.iter().filter(|source| !["catalog", "xtask"].contains(&source.krate()))
    {
        let mut found = in_texts(source, &house.ports);
        found.extend(in_numbers(source, &house.ports));
        found.retain(|(line, _)| !source.escapes(*line, ESCAPE));
        breaches.extend(found.into_iter().map(|(line, port)| Breach {
            at: source.at(line),
            what: format!("the port {port} is written out"),
        }));
    }
    breaches
}

/// `:N` in a string.
fn in_texts(source: &Source, ports: &BTreeSet<u16>) -> Vec<(usize, u16)> {
    let mut found = Vec::new();
    for (line, text) in source.texts() {
        let mut before = "";
        let mut pieces = text.split(':').peekable();
        while let Some(piece) = pieces.next() {
            let digits: &str =
                piece.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            // `::443` and `00:80:41` are addresses, not ports.
            let address = before.is_empty() || (digits == piece && pieces.peek().is_some());
            if let Some(port) = digits.parse().ok().filter(|port| !address && ports.contains(port))
            {
                found.push((line, port));
            }
            before = piece;
        }
    }
    found
}

/// A number as the argument of what takes a port, or under a name of a port.
fn in_numbers(source: &Source, ports: &BTreeSet<u16>) -> Vec<(usize, u16)> {
    let mut found = Vec::new();
    let mut callees: Vec<bool> = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        match &token.kind {
            Kind::Open(delimiter) => {
                let outer = *delimiter != Delimiter::Brace && callees.last() == Some(&true);
                callees.push(
                    outer || (*delimiter == Delimiter::Parenthesis && takes_port(source, index)),
                );
            }
            Kind::Close(_) => {
                callees.pop();
            }
            Kind::Int(number) => {
                let port = u16::try_from(*number).ok().filter(|port| ports.contains(port));
                let position =
                    callees.last() == Some(&true) || under_the_name_of_a_port(source, index);
                if let Some(port) = port.filter(|_| position) {
                    found.push((token.line, port));
                }
            }
            _ => {}
        }
    }
    found
}

/// The path before the parenthesis at `open` ends in a name that takes a port.
fn takes_port(source: &Source, open: usize) -> bool {
    let mut at = open;
    while at > 0 {
        at -= 1;
        match source.kind(at) {
            Some(Kind::Ident(name)) if TAKES_PORT.contains(&name.as_str()) => return true,
            Some(Kind::Ident(_))
                if at >= 2 && source.punct(at - 1, ':') && source.punct(at - 2, ':') =>
            {
                at -= 2;
            }
            _ => return false,
        }
    }
    false
}

/// `port: N`, `PORT: u16 = N`, `port == N`, `port = Some(N)`.
fn under_the_name_of_a_port(source: &Source, number: usize) -> bool {
    let mut at = number;
    let mut joined = false;
    while at > 0 {
        at -= 1;
        match source.kind(at) {
            Some(Kind::Punct(':' | '=' | '!')) => joined = true,
            Some(Kind::Open(Delimiter::Parenthesis)) => {}
            Some(Kind::Ident(name)) if name == "u16" || name == "Some" => {}
            Some(Kind::Ident(name)) => {
                let name = name.to_ascii_lowercase();
                return joined && name.split('_').any(|word| word == "port" || word == "ports");
            }
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        ports(&House::of(&[("crates/x/src/a.rs", text)])).len()
    }

    #[test]
    fn a_port_is_found_where_ports_stand() {
        for text in [
            "fn f() { SocketAddr::new(ip, 8530); }",
            "fn f() { SocketAddr::from(([127, 0, 0, 1], 443)); }",
            "fn f() { Port::from(443); }",
            "fn f() { listener.bind((ip, 8_530)); }",
            "const HTTPS_PORT: u16 = 443;",
            "fn f() { A { port: 443 }; }",
            "fn f() { assert!(port == 8530); }",
            "const A: &str = \"https://mp1.example.org:8530/mp\";",
            "const A: &str = \"{host}:443\";",
        ] {
            assert_eq!(count(text), 1, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "const LIMIT: usize = 443;",
            "fn f() { wait(443); }",
            "const A: &str = \"fe80::443\";",
            "const A: &str = \"00:443:41\";",
            "/// Listens on :443.\nfn f() {}",
            "fn f() { SocketAddr::new(ip, 0); }",
            "// not a port: the answer's length\nconst PORT: u16 = 443;",
            "fn f() { Ports { at: 1 }; report = 443; }",
        ] {
            assert_eq!(count(text), 0, "{text}");
        }
    }

    #[test]
    fn no_port_is_written_out_in_this_house() {
        let house = House::read(&crate::place::root()).unwrap_or_else(|error| panic!("{error}"));
        let breaches: Vec<String> =
            ports(&house).iter().map(|one| format!("{}: {}", one.at, one.what)).collect();
        assert!(breaches.is_empty(), "{breaches:#?}");
    }

    #[test]
    fn the_catalog_gives_the_numbers() {
        let ports = of_the_catalog();
        assert!(ports.contains(&443) && ports.iter().any(|port| *port >= 1024));
        assert!(ENDS.iter().all(|end| !ports.contains(end)));
    }
}
