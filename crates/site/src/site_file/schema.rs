//! The JSON Schema of the site file, for editors: what [`plan::schema`] says, in
//! the few words of draft 7 that every editor understands.

use plan::schema::{Form, Key, Text, Word};
use serde_json::{Map, Value, json};

/// The whole schema.
pub(crate) fn schema() -> Value {
    let mut shared = Shared::default();
    let mut schema = shared.form(&plan::schema::schema());
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = "Portolan's site file".into();
    schema["description"] =
        "Sites, hosts and their roles, networks and their clients: what a plan is made from."
            .into();
    schema["definitions"] = shared.0.into();
    schema
}

/// What stands in many places, written once: without, the schema has three times
/// the size.
#[derive(Default)]
struct Shared(Map<String, Value>);

impl Shared {
    fn form(&mut self, of: &Form) -> Value {
        match of {
            Form::Table(keys) => self.table(keys),
            Form::Named(name, each) => json!({
                "type": "object",
                "propertyNames": text(*name),
                "additionalProperties": self.form(each),
            }),
            Form::Text(of) => text(*of),
            Form::Word(words) => {
                json!({ "type": "string", "oneOf": words.iter().map(word).collect::<Vec<_>>() })
            }
            Form::Boolean => json!({ "type": "boolean" }),
            Form::Port => json!({ "type": "integer", "minimum": 1, "maximum": u16::MAX }),
            Form::List(each) => json!({ "type": "array", "items": self.form(each) }),
            Form::Either(forms) => {
                let forms: Vec<Value> = forms.iter().map(|form| self.form(form)).collect();
                json!({ "anyOf": forms })
            }
        }
    }

    fn table(&mut self, keys: &[Key]) -> Value {
        let properties: Map<String, Value> =
            keys.iter().map(|key| (key.name.to_owned(), self.property(key))).collect();
        let mut value = json!({
            "type": "object", "properties": properties, "additionalProperties": false,
        });
        let must: Vec<&str> = keys.iter().filter(|key| key.must).map(|key| key.name).collect();
        if !must.is_empty() {
            value["required"] = must.into();
        }
        value
    }

    fn property(&mut self, key: &Key) -> Value {
        let mut value = match &key.form {
            Form::Either(forms) => match forms.as_slice() {
                // A port, or the default beside the alternate.
                [Form::Port, Form::Table(both)] => {
                    let name = if both.len() > 1 { "port-and-alternate" } else { "port" };
                    json!({ "allOf": [self.named(name, &key.form)] })
                }
                // The settings of a role, once or several times.
                [settings @ Form::Table(_), Form::List(_)] => {
                    let one = self.named(key.name, settings);
                    json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
                }
                _ => self.form(&key.form),
            },
            form => self.form(form),
        };
        value["description"] = key.sentence.clone().into();
        value
    }

    fn named(&mut self, name: &str, form: &Form) -> Value {
        if !self.0.contains_key(name) {
            let form = self.form(form);
            self.0.insert(name.to_owned(), form);
        }
        json!({ "$ref": format!("#/definitions/{name}") })
    }
}

fn text(text: Text) -> Value {
    match text.pattern() {
        Some(pattern) => json!({ "type": "string", "pattern": pattern }),
        None => json!({ "type": "string", "minLength": 1 }),
    }
}

fn word(word: &Word) -> Value {
    json!({ "const": word.word, "description": word.sentence })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::path::{Path, PathBuf};

    use regex_automata::meta::Regex;
    use toml_edit::{Document, Item, TableLike, Value as Toml};

    use super::*;

    /// Where `value` is not what the schema says; in the few words that we write.
    fn wrong(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let said = schema.as_object().expect("a schema is an object");
        let each = said.iter();
        each.flat_map(|(keyword, want)| breaks(root, said, keyword, want, value, at)).collect()
    }

    /// Where it breaks one of the schema's keywords.
    fn breaks(
        root: &Value,
        said: &Map<String, Value>,
        keyword: &str,
        want: &Value,
        value: &Value,
        at: &str,
    ) -> Vec<String> {
        let wrong = |schema: &Value, value: &Value, at: &str| wrong(root, schema, value, at);
        let text = || want.as_str().unwrap();
        let all = || want.as_array().unwrap();
        let fine = match (keyword, value) {
            ("$schema" | "title" | "description" | "definitions", _) => true,
            ("$ref", _) => {
                let name = text().strip_prefix("#/definitions/").unwrap();
                return wrong(root.get("definitions").unwrap().get(name).unwrap(), value, at);
            }
            ("allOf", _) => return all().iter().flat_map(|one| wrong(one, value, at)).collect(),
            ("type", _) => fits(text(), value),
            ("const", _) => want == value,
            ("minimum", Value::Number(have)) => have.as_i64() >= want.as_i64(),
            ("maximum", Value::Number(have)) => have.as_i64() <= want.as_i64(),
            ("minLength", Value::String(have)) => have.len() as u64 >= want.as_u64().unwrap(),
            ("pattern", Value::String(have)) => Regex::new(text()).unwrap().is_match(have),
            ("required", Value::Object(have)) => {
                all().iter().all(|name| have.contains_key(name.as_str().unwrap()))
            }
            ("anyOf" | "oneOf", _) => all().iter().any(|one| wrong(one, value, at).is_empty()),
            ("items", Value::Array(have)) => {
                let each = have.iter().enumerate();
                return each.flat_map(|(n, one)| wrong(want, one, &format!("{at}[{n}]"))).collect();
            }
            ("properties", Value::Object(have)) => {
                let own = have.iter().filter_map(|(key, one)| Some((key, one, want.get(key)?)));
                return own
                    .flat_map(|(key, one, want)| wrong(want, one, &format!("{at}.{key}")))
                    .collect();
            }
            ("propertyNames", Value::Object(have)) => {
                return have.keys().flat_map(|key| wrong(want, &json!(key), at)).collect();
            }
            ("additionalProperties", Value::Object(have)) => {
                let own = said.get("properties");
                let others =
                    have.iter().filter(|(key, _)| own.and_then(|all| all.get(*key)).is_none());
                return others
                    .flat_map(|(key, one)| match want {
                        Value::Bool(false) => vec![format!("{at}.{key}: unknown")],
                        want => wrong(want, one, &format!("{at}.{key}")),
                    })
                    .collect();
            }
            ("minimum" | "maximum" | "minLength" | "pattern" | "required" | "items", _) => true,
            ("properties" | "propertyNames" | "additionalProperties", _) => true,
            (other, _) => panic!("the check does not know {other}"),
        };
        if fine { Vec::new() } else { vec![format!("{at}: {value} breaks {keyword}")] }
    }

    fn fits(kind: &str, value: &Value) -> bool {
        match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64(),
            other => panic!("the check does not know {other}"),
        }
    }

    fn from_table(table: &dyn TableLike) -> Value {
        table
            .iter()
            .map(|(key, item)| (key.to_owned(), from_item(item)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn from_item(item: &Item) -> Value {
        match item {
            Item::None => Value::Null,
            Item::Value(value) => from_value(value),
            Item::Table(table) => from_table(table),
            Item::ArrayOfTables(tables) => tables.iter().map(|table| from_table(table)).collect(),
        }
    }

    fn from_value(value: &Toml) -> Value {
        match value {
            Toml::String(text) => text.value().as_str().into(),
            Toml::Integer(number) => (*number.value()).into(),
            Toml::Float(number) => (*number.value()).into(),
            Toml::Boolean(said) => (*said.value()).into(),
            Toml::Datetime(date) => date.value().to_string().into(),
            Toml::Array(array) => array.iter().map(from_value).collect(),
            Toml::InlineTable(table) => from_table(table),
        }
    }

    fn against(schema: &Value, text: &str) -> Vec<String> {
        let document = Document::parse(text).expect("TOML");
        wrong(schema, schema, &from_table(document.as_table()), "")
    }

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// Every site file under a folder.
    fn site_files(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                site_files(&path, into);
            } else if path.extension().is_some_and(|end| end == "toml") {
                into.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    #[test]
    fn the_schema_of_the_site_file_is_true() {
        let path = repository().join("docs/site-file.schema.json");
        let text = format!("{:#}\n", schema());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let have = std::fs::read_to_string(path).unwrap_or_default();
        assert!(have == text, "docs/site-file.schema.json is old: `cargo xtask gen` makes it");
    }

    #[test]
    fn what_the_reader_takes_the_schema_takes() {
        let schema = schema();
        let mut files = Vec::new();
        site_files(&repository().join("crates/plan/src/tests/golden"), &mut files);
        let guide = repository().join("docs/site-file.md");
        let text = std::fs::read_to_string(&guide).unwrap();
        let examples = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        files.extend(examples.map(|example| (guide.clone(), example.to_owned())));
        files.retain(|(_, text)| plan::read(text).is_ok());
        assert!(files.len() >= 5, "{files:?}");
        for (path, text) in &files {
            assert_eq!(against(&schema, text), [""; 0], "{}", path.display());
        }
    }

    #[test]
    fn what_the_reader_refuses_for_its_form_the_schema_refuses() {
        let schema = schema();
        for (text, why) in [
            ("", "required"),
            ("[site.p01]", "pattern"),
            ("[site.P01]\nnmae = \"x\"", "unknown"),
            ("[site.P01]\nports = { https = 0 }", "anyOf"),
            ("[site.P01]\nkind = \"prinary\"", "oneOf"),
            ("[site.P01]\n[host.x]\nroles = \"site-server\"", "type"),
            ("[site.P01]\n[host.x]\nnat = [{ from = \"internet\" }]", "required"),
            ("[site.P01]\n[silenced]\nunchosen = 1", "type"),
        ] {
            let found = against(&schema, text);
            assert!(found.iter().any(|one| one.contains(why)), "{text}\n{found:#?}");
        }
    }

    /// What the guide calls a key: `host.NAME.roles`. Ports, features and the like are
    /// lists of the catalog's, and stand there as one.
    fn paths(form: &Form, path: &str, into: &mut Vec<String>) {
        match form {
            Form::Table(keys) => {
                for key in keys {
                    let dot = if path.is_empty() { "" } else { "." };
                    let own = format!("{path}{dot}{}", key.name);
                    match key.name {
                        "ports" | "features" | "alternatives" | "silenced" | "nat"
                        | "neighbours" => into.push(own),
                        "role" if path == "host.NAME" => {
                            into.push(format!("{own}.ROLE"));
                            paths(&key.form, &own, into);
                        }
                        _ if matches!(key.form, Form::Table(_) | Form::Named(..)) => {
                            paths(&key.form, &own, into)
                        }
                        _ if path == "host.NAME.role" => paths(&key.form, &own, into),
                        _ => into.push(own),
                    }
                }
            }
            Form::Named(Text::Code, each) => paths(each, &format!("{path}.CODE"), into),
            Form::Named(_, each) => paths(each, &format!("{path}.NAME"), into),
            Form::Either(forms) => forms.iter().take(1).for_each(|one| paths(one, path, into)),
            _ => {}
        }
    }

    #[test]
    fn the_guide_tells_of_every_key_and_of_no_other() {
        let guide = std::fs::read_to_string(repository().join("docs/site-file.md")).unwrap();
        let rows = guide.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let told: Vec<String> = rows.map(str::to_owned).collect();
        let mut keys = Vec::new();
        paths(&plan::schema::schema(), "", &mut keys);
        // What every role has is told once.
        let every = |key: &str| {
            key.starts_with("host.NAME.role.")
                && (key.ends_with(".ports") || key.ends_with(".site"))
        };
        // A property of most roles is told of the one that runs.
        let turns = |key: &str| key.ends_with(".site-link") && !key.contains("distribution-point.");
        let known = |one: &String| keys.contains(one) || one == "site.CODE";
        let strange: Vec<_> = told.iter().filter(|one| !known(one)).collect();
        assert!(strange.is_empty(), "the reader does not know {strange:?}");
        let silent: Vec<_> = keys
            .iter()
            .filter(|key| {
                !told.contains(key)
                    && !every(key)
                    && !turns(key)
                    && !key.contains("wsus-sql-server.instance")
            })
            .collect();
        assert!(silent.is_empty(), "the guide is silent about {silent:?}");
    }
}
