//! What `nft -j list ruleset` prints (libnftables-json(5)).
//!
//! Tables of IP are read; those of frames and of ARP are none of the plan's, and are
//! said to have been left.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Base, Chain, Foreign, Format, Hook, Unreadable, digests};
use crate::rule::Version;

mod key;
mod rule;
mod words;

/// Of a chain, set or map: family, table, name.
type Name = (String, String, String);

/// What rules refer to.
#[derive(Debug, Default)]
struct Named {
    /// Places in [`Foreign::chains`].
    chains: BTreeMap<Name, usize>,
    /// Elements of sets and maps.
    sets: BTreeMap<Name, Elements>,
}

#[derive(Debug, Default)]
struct Elements {
    all: Vec<Value>,
    /// They come and go by themselves.
    passing: bool,
}

pub(super) fn read(text: &str) -> Result<Foreign, Unreadable> {
    let next = "give what `nft -j list ruleset` prints";
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        Unreadable::new(at, "it is no JSON", next)
    })?;
    let Some(items) = value.get("nftables").and_then(Value::as_array) else {
        return Err(Unreadable::new("the whole", "there is no list `nftables`", next));
    };
    let mut reader = Reader::default();
    // Rules may refer to what stands after them.
    for (n, item) in items.iter().enumerate() {
        reader.name(n, item)?;
    }
    for (n, item) in items.iter().enumerate() {
        if let Some(rule) = item.get("rule") {
            reader.rule(&format!("nftables[{n}].rule"), rule)?;
        }
    }
    Ok(reader.finish())
}

struct Reader {
    named: Named,
    foreign: Foreign,
    /// Chains that translate, or see other packets than IP's: by their place, what is
    /// said when they have a rule.
    left: BTreeMap<usize, String>,
}

impl Default for Reader {
    fn default() -> Self {
        let foreign = Foreign {
            format: Format::NftJson,
            versions: Version::ALL.to_vec(),
            chains: Vec::new(),
            bases: Vec::new(),
            notes: Vec::new(),
            digests: Vec::new(),
        };
        Self { named: Named::default(), foreign, left: BTreeMap::new() }
    }
}

/// The versions of IP of which a family sees packets; none for one that is not of IP.
fn versions(family: &str) -> Option<&'static [Version]> {
    match family {
        "ip" => Some(&[Version::V4]),
        "ip6" => Some(&[Version::V6]),
        "inet" => Some(&Version::ALL),
        _ => None,
    }
}

impl Reader {
    /// Learns what an item is called, if rules can refer to it.
    fn name(&mut self, n: usize, item: &Value) -> Result<(), Unreadable> {
        let Some((kind, body)) = item.as_object().and_then(|object| object.iter().next()) else {
            let next = "give what `nft -j list ruleset` prints";
            return Err(Unreadable::new(
                format!("nftables[{n}]"),
                "it is no object with a key",
                next,
            ));
        };
        for word in ["comment", "name"].iter().filter_map(|key| body.get(key)?.as_str()) {
            self.foreign.digests.extend(digests(word));
        }
        let path = format!("nftables[{n}].{kind}");
        match kind.as_str() {
            "chain" => self.chain(&path, body),
            "set" | "map" => {
                let all = body.get("elem").and_then(Value::as_array).cloned().unwrap_or_default();
                let flags = body.get("flags").and_then(Value::as_array).into_iter().flatten();
                let passing = |flag: &Value| matches!(flag.as_str(), Some("dynamic" | "timeout"));
                let passing = flags.into_iter().any(passing);
                let name = name_of(&path, body, "name")?;
                self.named.sets.insert(name, Elements { all, passing });
                Ok(())
            }
            // Printed apart from its set by some versions, and by `nft monitor`.
            "element" => {
                let name = name_of(&path, body, "name")?;
                let all = body.get("elem").and_then(Value::as_array).cloned().unwrap_or_default();
                self.named.sets.entry(name).or_default().all.extend(all);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn chain(&mut self, path: &str, body: &Value) -> Result<(), Unreadable> {
        let name = name_of(path, body, "name")?;
        let (family, table, own) = &name;
        let shown = format!("{family} {table} {own}");
        let place = self.foreign.chains.len();
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        match (versions(family), text("hook")) {
            (None, _) => {
                let left = format!("chain {shown} is not one of IP, and was left");
                self.left.insert(place, left);
            }
            (Some(_), "") => {}
            (Some(versions), hook) => match (Hook::parse(hook), text("type")) {
                (Some(hook), "filter" | "route") => self.foreign.bases.push(Base {
                    chain: place,
                    hook,
                    priority: body.get("prio").and_then(Value::as_i64).unwrap_or_default(),
                    accepts: text("policy") != "drop",
                    versions: versions.to_vec(),
                }),
                (_, kind) => {
                    let left = format!(
                        "chain {shown} (type {kind}, hook {hook}) was left: the addresses here are \
                         those that the other chains see"
                    );
                    self.left.insert(place, left);
                }
            },
        }
        self.foreign.chains.push(Chain { name: shown, rules: Vec::new() });
        if self.named.chains.insert(name, place).is_some() {
            let next = "give the rules of one machine";
            return Err(Unreadable::new(path, "this chain is there twice", next));
        }
        Ok(())
    }

    fn rule(&mut self, path: &str, body: &Value) -> Result<(), Unreadable> {
        let (family, table, chain) = name_of(path, body, "chain")?;
        let name = (family.clone(), table.clone(), chain);
        let next = "give what `nft -j list ruleset` prints, whole";
        let Some(place) = self.named.chains.get(&name).copied() else {
            let problem = format!("there is no chain {} {} {}", name.0, name.1, name.2);
            return Err(Unreadable::new(path, problem, next));
        };
        if let Some(left) = self.left.get(&place) {
            if !self.foreign.notes.contains(left) {
                self.foreign.notes.push(left.clone());
            }
            return Ok(());
        }
        let Some(versions) = versions(&name.0) else { return Ok(()) };
        let comment = body.get("comment").and_then(Value::as_str).unwrap_or_default();
        self.foreign.digests.extend(digests(comment));
        let Some(expressions) = body.get("expr").and_then(Value::as_array) else {
            return Err(Unreadable::new(path, "the rule has no list `expr`", next));
        };
        let scope = rule::Scope { named: &self.named, family: &name.0, table: &name.1, versions };
        let handle = body.get("handle").and_then(Value::as_u64);
        let at = handle.map_or_else(|| path.to_owned(), |handle| format!("handle {handle}"));
        let rules = rule::read(&scope, path, &at, expressions, comment)?;
        if let Some(chain) = self.foreign.chains.get_mut(place) {
            chain.rules.extend(rules);
        }
        Ok(())
    }

    fn finish(self) -> Foreign {
        self.foreign
    }
}

/// Family, table and name of an item.
fn name_of(path: &str, body: &Value, key: &str) -> Result<Name, Unreadable> {
    let text = |key: &str| {
        let text = body.get(key).and_then(Value::as_str).map(str::to_owned);
        let next = "give what `nft -j list ruleset` prints";
        text.ok_or_else(|| Unreadable::new(path, format!("it has no text `{key}`"), next))
    };
    Ok((text("family")?, text("table")?, text(key)?))
}
