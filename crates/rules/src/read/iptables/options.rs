//! The options of one rule of iptables.

use std::collections::BTreeMap;

use crate::read::packets::{Field, Packets, State, one, protocol};
use crate::read::{ForeignRule, Interface, Verdict, address, icmp};
use crate::rule::Version;
use crate::space::Space;

/// The rule, and its comment.
///
/// # Errors
/// In words, without the place.
pub(super) fn read(
    n: usize,
    line: &str,
    words: &[String],
    version: Version,
    chains: &BTreeMap<String, usize>,
) -> Result<(ForeignRule, String), String> {
    let rule = ForeignRule {
        at: format!("line {n}"),
        text: line.to_owned(),
        packets: vec![Packets::all(version)],
        unknown: Vec::new(),
        interfaces: Vec::new(),
        verdict: Verdict::Continue,
    };
    let mut reader = Reader { rule, version, chains, comment: String::new() };
    let mut words = words;
    while let Some((first, mut rest)) = words.split_first() {
        let mut not = first == "!";
        let mut name = first;
        if not {
            let Some((second, after)) = rest.split_first() else {
                return Err("a `!` has nothing after it".to_owned());
            };
            (name, rest) = (second, after);
        }
        // Older versions put it after the name.
        if let Some(("!", after)) = rest.split_first().map(|(word, after)| (word.as_str(), after)) {
            (not, rest) = (!not, after);
        }
        let until = match name.as_str() {
            // People's own words, which may look like anything.
            "--comment" | "--log-prefix" | "--nflog-prefix" => 1,
            _ => rest.iter().position(|word| is_option(word)).unwrap_or(rest.len()),
        };
        let (values, after) = rest.split_at(until.min(rest.len()));
        reader.option(name, values, not)?;
        words = after;
    }
    Ok((reader.rule, reader.comment))
}

fn is_option(word: &str) -> bool {
    word == "!" || (word.starts_with('-') && word.len() > 1 && word.parse::<f64>().is_err())
}

struct Reader<'c> {
    rule: ForeignRule,
    version: Version,
    chains: &'c BTreeMap<String, usize>,
    comment: String,
}

impl Reader<'_> {
    fn option(&mut self, name: &str, values: &[String], not: bool) -> Result<(), String> {
        let value = values.first().map(String::as_str).unwrap_or_default();
        let said = match name {
            // What a module asks follows in its own options.
            "-m" | "--match" => {
                self.module(value);
                return Ok(());
            }
            "--comment" => {
                self.comment = values.join(" ");
                return Ok(());
            }
            "-j" | "--jump" | "-g" | "--goto" => return self.target(name, values),
            // How a packet is refused, marked or logged: nothing of whether it passes.
            "--reject-with" | "--log-prefix" | "--log-level" | "--nflog-group"
            | "--nflog-prefix" | "--set-xmark" | "--set-mark" | "--log-tcp-options"
            | "--log-ip-options" => return Ok(()),
            "-i" | "--in-interface" | "-o" | "--out-interface" => {
                let incoming = matches!(name, "-i" | "--in-interface");
                let names = vec![value.to_owned()];
                self.rule.pass(Interface { incoming, names, not });
                return Ok(());
            }
            "--syn" => self.syn(not),
            "--tcp-flags" => match values {
                // As iptables-save prints `--syn`.
                [mask, set] if set == "SYN" && mask.split(',').any(|flag| flag == "SYN") => {
                    self.syn(not)
                }
                _ => false,
            },
            _ => self.field(name, value, not)?,
        };
        if !said {
            let not = if not { "! " } else { "" };
            self.rule
                .unknown
                .push(format!("{not}{name} {}", values.join(" ")).trim_end().to_owned());
        }
        Ok(())
    }

    /// Modules that ask something by being there.
    fn module(&mut self, name: &str) {
        if matches!(name, "socket" | "rpfilter" | "realm" | "bpf" | "u32" | "time") {
            self.rule.unknown.push(format!("-m {name}"));
        }
    }

    /// Whether it was understood.
    fn field(&mut self, name: &str, value: &str, not: bool) -> Result<bool, String> {
        let wrong = |what: &str| format!("`{value}` is no {what} ({name})");
        let ports = |separator: char| {
            let all = value.split(separator).map(address::ports).collect::<Option<Vec<_>>>();
            all.map(Space::of_ports).ok_or_else(|| wrong("port"))
        };
        let (field, space) = match name {
            "-s" | "--source" | "--src" | "--src-range" => (
                Field::Source,
                self.addresses(value).ok_or_else(|| wrong("address of its version"))?,
            ),
            "-d" | "--destination" | "--dst" | "--dst-range" => (
                Field::Destination,
                self.addresses(value).ok_or_else(|| wrong("address of its version"))?,
            ),
            "-p" | "--protocol" if matches!(value, "all" | "0") => return Ok(!not),
            "-p" | "--protocol" => {
                let number =
                    protocol(value).ok_or_else(|| wrong("protocol that is known by name"))?;
                (Field::Protocol, one(number.into()))
            }
            "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
                (Field::Ports, ports(',')?)
            }
            "--sport" | "--source-port" | "--sports" | "--source-ports" => {
                (Field::SourcePorts, ports(',')?)
            }
            "--ctstate" | "--state" => match states(value) {
                Some(space) => (Field::State, space),
                None => return Ok(false),
            },
            "--icmp-type" | "--icmpv6-type" => match self.types(value) {
                Some(space) => (Field::Type, space),
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        let space = if not { field.all(self.version).difference(&space) } else { space };
        let packets = std::mem::take(&mut self.rule.packets).into_iter();
        self.rule.packets = packets.filter_map(|one| one.narrowed(field, &space)).collect();
        Ok(true)
    }

    fn addresses(&self, value: &str) -> Option<Space> {
        let parts = value.split(',').map(address::addresses);
        let spaces = parts.map(|part| part.filter(|(version, _)| *version == self.version));
        let spaces: Vec<Space> = spaces.map(|part| Some(part?.1)).collect::<Option<_>>()?;
        Some(spaces.iter().fold(Space::default(), |all, one| all.union(one)))
    }

    /// A code beside the type asks more than the type, and is not understood.
    fn types(&mut self, value: &str) -> Option<Space> {
        if value == "any" {
            return Some(Field::Type.all(self.version));
        }
        let (kind, code) =
            value.split_once('/').map_or((value, None), |(kind, code)| (kind, Some(code)));
        if let Some(code) = code {
            self.rule.unknown.push(format!("code {code} of icmp type {kind}"));
        }
        icmp::kind(self.version, kind).map(|kind| one(kind.into()))
    }

    /// The first packet of a connection, which is all of TCP that is new.
    fn syn(&mut self, not: bool) -> bool {
        let new = State::New.space();
        let states = if not { Field::State.all(self.version).difference(&new) } else { new };
        let packets = std::mem::take(&mut self.rule.packets).into_iter();
        self.rule.packets = packets.filter_map(|one| one.narrowed(Field::State, &states)).collect();
        true
    }

    fn target(&mut self, name: &str, values: &[String]) -> Result<(), String> {
        let Some(target) = values.first() else { return Err(format!("{name} has no target")) };
        let goes = matches!(name, "-g" | "--goto");
        self.rule.verdict = match (target.as_str(), self.chains.get(target)) {
            (_, Some(chain)) if goes => Verdict::Goto(*chain),
            (_, Some(chain)) => Verdict::Jump(*chain),
            (_, None) if goes => return Err(format!("there is no chain {target}")),
            ("ACCEPT", _) => Verdict::Accept,
            ("DROP" | "REJECT", _) => Verdict::Drop,
            ("RETURN", _) => Verdict::Return,
            (
                "LOG" | "NFLOG" | "MARK" | "CONNMARK" | "TRACE" | "AUDIT" | "SECMARK"
                | "CONNSECMARK" | "CLASSIFY" | "DSCP" | "TOS" | "TTL" | "HL" | "TCPMSS"
                | "CHECKSUM" | "SET",
                _,
            ) => Verdict::Continue,
            // It names a helper, and the answers are then related.
            ("CT", _) => Verdict::Continue,
            _ => {
                self.rule.unknown.push(format!("-j {target}"));
                Verdict::Unknown
            }
        };
        Ok(())
    }
}

fn states(value: &str) -> Option<Space> {
    let parts = value.split(',').map(|one| Some(State::parse(one)?.space()));
    let parts: Vec<Space> = parts.collect::<Option<_>>()?;
    Some(parts.iter().fold(Space::default(), |all, one| all.union(one)))
}
