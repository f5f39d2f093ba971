//! A rule of nftables: its statements, one after the other.

use serde_json::Value;

use super::key::{Compared, Key, key};
use super::{Named, words};
use crate::read::packets::{Field, Packets, State, one, protocol};
use crate::read::{ForeignRule, Interface, Unreadable, Verdict};
use crate::rule::Version;

/// More parts than this a rule is not split into: it is then taken for one that is not
/// understood.
const PARTS: usize = 20_000;

/// Where a rule is.
pub(super) struct Scope<'a> {
    pub(super) named: &'a Named,
    pub(super) family: &'a str,
    pub(super) table: &'a str,
    pub(super) versions: &'a [Version],
}

/// What a statement gave.
enum Said {
    /// Only packets in any of these go on.
    Packets(Vec<Packets>),
    Interface(Interface),
    /// Only some packets go on, and it is not known which.
    Unknown(String),
    Verdict(Verdict),
    /// A verdict for each of some packets; the others go on.
    Verdicts(Vec<(Vec<Packets>, Verdict)>),
    /// It changes nothing about what passes.
    Nothing,
    /// What it does with packets is not known.
    Does(String),
}

/// The rules that stand for one of nftables: several where it has a map of verdicts.
pub(super) fn read(
    scope: &Scope<'_>,
    path: &str,
    at: &str,
    expressions: &[Value],
    comment: &str,
) -> Result<Vec<ForeignRule>, Unreadable> {
    let mut rule = ForeignRule {
        at: at.to_owned(),
        text: words::rule(expressions, comment),
        packets: scope.versions.iter().copied().map(Packets::all).collect(),
        unknown: Vec::new(),
        interfaces: Vec::new(),
        verdict: Verdict::Continue,
    };
    let mut rules = Vec::new();
    for (n, expression) in expressions.iter().enumerate() {
        let path = format!("{path}.expr[{n}]");
        match scope.statement(&path, expression)? {
            Said::Packets(packets) => rule.meet(&packets),
            Said::Interface(interface) => rule.pass(interface),
            Said::Unknown(what) => rule.unknown.push(what),
            Said::Nothing => {}
            Said::Does(what) => {
                rule.unknown.push(what);
                rule.verdict = Verdict::Unknown;
            }
            Said::Verdict(verdict) => rule.verdict = verdict,
            Said::Verdicts(verdicts) => {
                rules.extend(verdicts.into_iter().map(|(packets, verdict)| {
                    let mut one = ForeignRule { verdict, ..rule.clone() };
                    one.meet(&packets);
                    one
                }))
            }
        }
    }
    if rules.is_empty() || rule.verdict != Verdict::Continue {
        rules.push(rule);
    }
    Ok(rules)
}

impl ForeignRule {
    fn meet(&mut self, packets: &[Packets]) {
        if self.packets.len().saturating_mul(packets.len()) > PARTS {
            self.unknown.push("more parts than can be reckoned with".to_owned());
            return;
        }
        let both = self
            .packets
            .iter()
            .flat_map(|one| packets.iter().filter_map(|other| one.intersection(other)));
        self.packets = both.collect();
    }

    /// Nothing that goes from machine to machine passes a machine's way to itself.
    pub(in crate::read) fn pass(&mut self, mut interface: Interface) {
        let before = interface.names.len();
        interface.names.retain(|name| name != "lo");
        if !interface.names.is_empty() {
            self.interfaces.push(interface);
        } else if before > 0 && !interface.not {
            self.packets.clear();
        }
    }
}

impl Scope<'_> {
    fn statement(&self, path: &str, value: &Value) -> Result<Said, Unreadable> {
        let next = "give what `nft -j list ruleset` prints";
        let Some((kind, body)) = value.as_object().and_then(|object| object.iter().next()) else {
            return Ok(Said::Unknown(words::short(value)));
        };
        Ok(match kind.as_str() {
            "accept" => Said::Verdict(Verdict::Accept),
            "drop" | "reject" => Said::Verdict(Verdict::Drop),
            "continue" => Said::Verdict(Verdict::Continue),
            "return" => Said::Verdict(Verdict::Return),
            "jump" | "goto" => Said::Verdict(self.verdict(path, value)?),
            "match" => {
                let part = |key: &str| {
                    let problem = format!("the match has no `{key}`");
                    body.get(key).ok_or_else(|| Unreadable::new(path, problem, next))
                };
                let op = body.get("op").and_then(Value::as_str).unwrap_or("==");
                self.matches(path, op, part("left")?, part("right")?)?
            }
            "vmap" => self.vmap(path, body)?,
            "counter" | "log" | "mangle" | "ct helper" | "ct timeout" | "ct expectation"
            | "comment" | "secmark" => Said::Nothing,
            "limit" | "quota" | "ct count" | "meter" | "set" | "map" | "xt" => {
                Said::Unknown(kind.clone())
            }
            _ => Said::Does(kind.clone()),
        })
    }

    fn verdict(&self, path: &str, value: &Value) -> Result<Verdict, Unreadable> {
        let next = "give what `nft -j list ruleset` prints, whole";
        let Some((kind, body)) = value.as_object().and_then(|object| object.iter().next()) else {
            return Err(Unreadable::new(path, "a verdict is no object", next));
        };
        let chain = || {
            let target = body.get("target").and_then(Value::as_str).unwrap_or_default();
            let name = (self.family.to_owned(), self.table.to_owned(), target.to_owned());
            let problem = || format!("there is no chain {} {} {target}", self.family, self.table);
            let found = self.named.chains.get(&name).copied();
            found.ok_or_else(|| Unreadable::new(path, problem(), next))
        };
        Ok(match kind.as_str() {
            "accept" => Verdict::Accept,
            "drop" => Verdict::Drop,
            "continue" => Verdict::Continue,
            "return" => Verdict::Return,
            "jump" => Verdict::Jump(chain()?),
            "goto" => Verdict::Goto(chain()?),
            _ => Verdict::Unknown,
        })
    }

    fn matches(
        &self,
        path: &str,
        op: &str,
        left: &Value,
        right: &Value,
    ) -> Result<Said, Unreadable> {
        let not_understood = || {
            let op = if matches!(op, "==" | "in") { String::new() } else { format!("{op} ") };
            Said::Unknown(format!("{} {op}{}", words::short(left), words::short(right)))
        };
        let how = match op {
            "==" | "in" => Compared::Is,
            "!=" => Compared::Not,
            "<=" | "<" => Compared::UpTo,
            ">=" | ">" => Compared::From,
            _ => return Ok(not_understood()),
        };
        if let Some(packets) = begins_tcp(left, right, how) {
            return Ok(Said::Packets(packets));
        }
        let Some((values, passing)) = self.values(path, right)? else {
            return Ok(not_understood());
        };
        if passing {
            return Ok(not_understood());
        }
        if let Some(Key::Interface { incoming }) = key(left) {
            let names: Option<Vec<String>> =
                values.iter().map(|v| v.as_str().map(str::to_owned)).collect();
            return Ok(match names {
                Some(names) if matches!(how, Compared::Is | Compared::Not) => {
                    Said::Interface(Interface { incoming, names, not: how == Compared::Not })
                }
                _ => not_understood(),
            });
        }
        let values: Vec<Value> = match op {
            "<" | ">" => values.into_iter().filter_map(|value| beside(value, op)).collect(),
            _ => values.into_iter().cloned().collect(),
        };
        let values: Vec<&Value> = values.iter().collect();
        let found = match left.get("concat").and_then(Value::as_array) {
            Some(keys) if how == Compared::Is => concat(keys, &values),
            Some(_) => None,
            None => key(left).and_then(|key| key.packets(&values, how)),
        };
        Ok(found.map_or_else(not_understood, Said::Packets))
    }

    fn vmap(&self, path: &str, body: &Value) -> Result<Said, Unreadable> {
        let (Some(left), Some(data)) = (body.get("key"), body.get("data")) else {
            return Ok(Said::Does("vmap".to_owned()));
        };
        let Some((pairs, passing)) = self.values(path, data)? else {
            return Ok(Said::Does("vmap".to_owned()));
        };
        let (one, mut verdicts) = (key(left), Vec::new());
        for pair in pairs {
            let Some([value, verdict]) = pair.as_array().map(Vec::as_slice) else {
                return Ok(Said::Does("vmap".to_owned()));
            };
            let value = bare(value);
            let found = match left.get("concat").and_then(Value::as_array) {
                Some(keys) => concat(keys, &[value]),
                None => one.as_ref().and_then(|key| key.packets(&[value], Compared::Is)),
            };
            match found {
                Some(packets) if !passing => verdicts.push((packets, self.verdict(path, verdict)?)),
                _ => return Ok(Said::Does(format!("{} vmap", words::short(left)))),
            }
        }
        Ok(Said::Verdicts(verdicts))
    }

    /// The single values on the right, and whether they come and go by themselves;
    /// none where there is something else. A part of the list counts as one, and a
    /// map's as a pair.
    fn values<'v>(
        &'v self,
        path: &str,
        right: &'v Value,
    ) -> Result<Option<(Vec<&'v Value>, bool)>, Unreadable> {
        let all = |values: &'v [Value]| values.iter().map(bare).collect();
        if let Some(name) = right.as_str().and_then(|text| text.strip_prefix('@')) {
            let key = (self.family.to_owned(), self.table.to_owned(), name.to_owned());
            return match self.named.sets.get(&key) {
                Some(set) => Ok(Some((all(&set.all), set.passing))),
                None => {
                    let problem = format!("there is no set {} {} {name}", self.family, self.table);
                    Err(Unreadable::new(
                        path,
                        problem,
                        "give what `nft -j list ruleset` prints, whole",
                    ))
                }
            };
        }
        Ok(match (right.get("set"), right) {
            (Some(Value::Array(values)), _) | (None, Value::Array(values)) => {
                Some((all(values), false))
            }
            (Some(one), _) => Some((vec![bare(one)], false)),
            (None, one) => Some((vec![bare(one)], false)),
        })
    }
}

/// An element without what is said beside it. One that will be gone is no value.
fn bare(value: &Value) -> &Value {
    match value.get("elem") {
        Some(element) if element.get("timeout").is_none() => element.get("val").unwrap_or(value),
        _ => value,
    }
}

/// The number before or after.
fn beside(value: &Value, op: &str) -> Option<Value> {
    let number = value.as_u64()?;
    let number = if op == "<" { number.checked_sub(1) } else { number.checked_add(1) };
    number.map(Value::from)
}

/// Packets that have, field by field, what one of the elements has.
fn concat(keys: &[Value], values: &[&Value]) -> Option<Vec<Packets>> {
    let keys: Vec<Key> = keys.iter().map(key).collect::<Option<_>>()?;
    let mut all = Vec::new();
    for value in values {
        let parts = value.get("concat").and_then(Value::as_array)?;
        if parts.len() != keys.len() {
            return None;
        }
        let mut packets = Packets::any();
        for (key, part) in keys.iter().zip(parts) {
            let asked = key.packets(&[bare(part)], Compared::Is)?;
            let both = packets
                .iter()
                .flat_map(|one| asked.iter().filter_map(|other| one.intersection(other)));
            packets = both.collect();
        }
        all.extend(packets);
        if all.len() > PARTS {
            return None;
        }
    }
    Some(all)
}

/// `tcp flags & (… syn …) == syn`: the first packet of a connection, which is all of
/// TCP that is new.
fn begins_tcp(left: &Value, right: &Value, how: Compared) -> Option<Vec<Packets>> {
    let [of, mask] = left.get("&")?.as_array()?.as_slice() else { return None };
    let payload = of.get("payload")?;
    let flags = payload.get("field")? == "flags" && payload.get("protocol")? == "tcp";
    let masked = mask.as_array().is_some_and(|all| all.iter().any(|one| one == "syn"));
    if !flags || !masked || right != "syn" {
        return None;
    }
    let states = match how {
        Compared::Is => State::New.space(),
        Compared::Not => Field::State.all(Version::V4).difference(&State::New.space()),
        _ => return None,
    };
    let tcp = one(u128::from(protocol("tcp")?));
    let all = Packets::any().into_iter();
    Some(
        all.map(|one| one.with(Field::Protocol, tcp.clone()).with(Field::State, states.clone()))
            .collect(),
    )
}
