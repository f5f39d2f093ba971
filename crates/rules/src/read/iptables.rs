//! What `iptables-save` and `ip6tables-save` print (iptables(8), iptables-extensions(8)).
//!
//! One text holds one version of IP, and does not say which: it is the sixth where an
//! address or a protocol of it is named, else the fourth. Both texts, one after the
//! other, are two sets, told apart by their tables that begin anew.

use std::collections::BTreeMap;

use super::{Base, Chain, Foreign, Format, Hook, Unreadable};
use crate::rule::Version;

mod options;

/// In which order the kernel asks the tables, as nftables counts.
fn priority(table: &str) -> i64 {
    match table {
        "raw" => -300,
        "mangle" => -150,
        "security" => 50,
        _ => 0,
    }
}

pub(super) fn read(text: &str) -> Result<Foreign, Unreadable> {
    let lines: Vec<(usize, &str)> = (1..).zip(text.lines().map(str::trim)).collect();
    let mut foreign = Foreign {
        format: Format::Iptables,
        chains: Vec::new(),
        bases: Vec::new(),
        notes: Vec::new(),
        digests: Vec::new(),
    };
    for save in saves(&lines) {
        let version = version(save);
        let mut reader =
            Reader { foreign: &mut foreign, version, table: None, chains: BTreeMap::new() };
        for (n, line) in save {
            reader.line(*n, line)?;
        }
        if let Some((table, n)) = reader.table {
            let next = "give the whole of what iptables-save prints";
            let problem = format!("table {table} does not end with COMMIT");
            return Err(Unreadable::new(format!("line {n}"), problem, next));
        }
    }
    if foreign.chains.is_empty() {
        let next = "give what iptables-save or ip6tables-save prints";
        return Err(Unreadable::new("the whole", "there is no table", next));
    }
    Ok(foreign)
}

type Lines<'a, 'b> = &'b [(usize, &'a str)];

/// The texts, apart: where a table is there a second time, another begins.
fn saves<'a, 'b>(lines: Lines<'a, 'b>) -> Vec<Lines<'a, 'b>> {
    let (mut saves, mut seen, mut from) = (Vec::new(), Vec::new(), 0);
    for (place, (_, line)) in lines.iter().enumerate() {
        let Some(table) = line.strip_prefix('*') else { continue };
        if seen.contains(&table) {
            seen.clear();
            saves.extend(lines.get(from..place));
            from = place;
        }
        seen.push(table);
    }
    saves.extend(lines.get(from..));
    saves
}

fn version(save: Lines<'_, '_>) -> Version {
    let of_v6 = |word: &str| {
        let protocol = matches!(
            word,
            "icmpv6" | "ipv6-icmp" | "icmp6" | "icmp6-port-unreachable" | "--icmpv6-type"
        );
        let address = word.split('/').next().unwrap_or_default();
        protocol || address.parse::<std::net::Ipv6Addr>().is_ok()
    };
    let rules = save.iter().filter(|(_, line)| line.starts_with(['-', '[']));
    // Inside quotes an address is only a word, and a comment may have one.
    let mut unquoted =
        rules.flat_map(|(_, line)| line.split('"').step_by(2)).flat_map(str::split_whitespace);
    if unquoted.any(of_v6) { Version::V6 } else { Version::V4 }
}

struct Reader<'f> {
    foreign: &'f mut Foreign,
    version: Version,
    /// Which one is open, and since which line.
    table: Option<(String, usize)>,
    /// Of the open table.
    chains: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn line(&mut self, n: usize, line: &str) -> Result<(), Unreadable> {
        let next = "give what iptables-save prints, unchanged";
        let wrong = |problem: String| Unreadable::new(format!("line {n}"), problem, next);
        if line.is_empty() || line.starts_with('#') {
            self.foreign.digests.extend(super::digests(line));
            return Ok(());
        }
        if let Some(table) = line.strip_prefix('*') {
            if let Some((open, _)) = self.table.replace((table.to_owned(), n)) {
                return Err(wrong(format!("table {open} does not end with COMMIT")));
            }
            self.chains.clear();
            return Ok(());
        }
        let Some((table, _)) = self.table.clone() else {
            return Err(wrong("it stands in no table".to_owned()));
        };
        if line == "COMMIT" {
            self.table = None;
            return Ok(());
        }
        if let Some(chain) = line.strip_prefix(':') {
            let mut words = chain.split_whitespace();
            let (Some(name), Some(policy)) = (words.next(), words.next()) else {
                return Err(wrong("a chain has a name and a policy".to_owned()));
            };
            self.chain(n, &table, name, policy);
            return Ok(());
        }
        // Counters come before the rule when they were asked for.
        let rule = match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((_, rule)) => rule.trim_start(),
            None => line,
        };
        self.rule(n, &table, rule)
    }

    fn chain(&mut self, n: usize, table: &str, name: &str, policy: &str) {
        let place = self.foreign.chains.len();
        let version = match self.version {
            Version::V4 => "ip",
            Version::V6 => "ip6",
        };
        self.foreign
            .chains
            .push(Chain { name: format!("{version} {table} {name}"), rules: Vec::new() });
        self.chains.insert(name.to_owned(), place);
        if table == "nat" {
            return;
        }
        if let (Some(hook), true) = (Hook::parse(name), policy != "-") {
            self.foreign.bases.push(Base {
                chain: place,
                hook,
                priority: priority(table),
                accepts: policy == "ACCEPT",
                versions: vec![self.version],
            });
        } else if policy != "-" {
            self.foreign
                .notes
                .push(format!("line {n}: chain {name} is at no hook that is known, and was left"));
        }
    }

    fn rule(&mut self, n: usize, table: &str, line: &str) -> Result<(), Unreadable> {
        let next = "give what iptables-save prints, unchanged";
        let wrong = |problem: String| Unreadable::new(format!("line {n}"), problem, next);
        let words = words(line).ok_or_else(|| wrong("a quote does not end".to_owned()))?;
        let (Some("-A" | "--append"), Some(chain)) =
            (words.first().map(String::as_str), words.get(1))
        else {
            return Err(wrong(format!("`{line}` is no table, chain, rule or COMMIT")));
        };
        let Some(place) = self.chains.get(chain).copied() else {
            return Err(wrong(format!("there is no chain {chain} in table {table}")));
        };
        if table == "nat" {
            let left = "table nat was left: the addresses here are those that the other tables see";
            if !self.foreign.notes.iter().any(|note| note == left) {
                self.foreign.notes.push(left.to_owned());
            }
            return Ok(());
        }
        let (rule, comment) =
            options::read(n, line, words.get(2..).unwrap_or_default(), self.version, &self.chains)
                .map_err(wrong)?;
        self.foreign.digests.extend(super::digests(&comment));
        if let Some(chain) = self.foreign.chains.get_mut(place) {
            chain.rules.push(rule);
        }
        Ok(())
    }
}

/// As a shell would part them, which is how iptables-save quotes.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => word.get_or_insert_default().extend(letters.next()),
            space if space.is_whitespace() && !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}
