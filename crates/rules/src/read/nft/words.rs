//! A rule of nftables in few words, much as `nft list ruleset` has it: people have to
//! find the rule again.

use serde_json::Value;

/// Longer than this is cut: a rule may hold a set of thousands.
const LONGEST: usize = 160;

/// All statements of a rule.
pub(super) fn rule(expressions: &[Value], comment: &str) -> String {
    let mut words: Vec<String> = expressions.iter().map(statement).collect();
    if !comment.is_empty() {
        words.push(format!("comment \"{comment}\""));
    }
    let text = words.join(" ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain("…".chars()).collect()
}

fn statement(value: &Value) -> String {
    let Some((kind, body)) = value.as_object().and_then(|object| object.iter().next()) else {
        return short(value);
    };
    let of = |key: &str| body.get(key).map(short).unwrap_or_default();
    match (kind.as_str(), body) {
        ("match", _) => match of("op").as_str() {
            "==" | "in" => format!("{} {}", of("left"), of("right")),
            op => format!("{} {op} {}", of("left"), of("right")),
        },
        ("vmap", _) => format!("{} vmap {}", of("key"), of("data")),
        ("jump" | "goto", _) => format!("{kind} {}", of("target")),
        ("counter" | "log" | "limit" | "reject", _) | (_, Value::Null) => kind.clone(),
        _ => format!("{kind} {}", short(body)),
    }
}

/// A value.
pub(super) fn short(value: &Value) -> String {
    let list = |values: &[Value], between: &str| {
        values.iter().map(short).collect::<Vec<_>>().join(between)
    };
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => list(values, ","),
        Value::Object(object) => {
            let Some((kind, body)) = object.iter().next() else { return "{}".to_owned() };
            let of = |key: &str| body.get(key).map(short).unwrap_or_default();
            match (kind.as_str(), body) {
                ("payload", _) => format!("{} {}", of("protocol"), of("field")),
                ("meta" | "ct", _) => format!("{kind} {}", of("key")),
                ("prefix", _) => format!("{}/{}", of("addr"), of("len")),
                ("elem", _) => of("val"),
                ("range", Value::Array(ends)) => list(ends, "-"),
                ("set", Value::Array(values)) => format!("{{ {} }}", list(values, ", ")),
                ("concat", Value::Array(values)) => list(values, " . "),
                (_, Value::Null) => kind.clone(),
                _ => format!("{kind} {}", short(body)),
            }
        }
        other => other.to_string(),
    }
}
