//! The keys of one table, and what may be wrong with any of them.

use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

use crate::estate::Said;
use crate::mistake::Mistake;

/// A table, with its path for messages.
pub(super) struct Fields<'a> {
    table: &'a dyn TableLike,
    path: String,
    /// Where the table's name is.
    pub(super) at: Range<usize>,
}

/// One key with its value.
pub(super) struct Field<'a> {
    pub(super) key: &'a str,
    pub(super) path: String,
    pub(super) key_at: Range<usize>,
    item: &'a Item,
}

impl<'a> Fields<'a> {
    pub(super) fn root(table: &'a dyn TableLike) -> Self {
        Self { table, path: String::new(), at: 0..0 }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let (key, item) = self.table.get_key_value(key)?;
        Some(self.field(key.get(), item))
    }

    /// In the file's order.
    pub(super) fn all(&self) -> Vec<Field<'a>> {
        self.table.iter().map(|(key, item)| self.field(key, item)).collect()
    }

    fn field(&self, key: &'a str, item: &'a Item) -> Field<'a> {
        let key_at = self.table.key(key).and_then(toml_edit::Key::span).unwrap_or_default();
        let path = match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        Field { key, path, key_at, item }
    }

    /// Reports every key that is not in `known`.
    pub(super) fn only(&self, known: &[&str], mistakes: &mut Vec<Mistake>) {
        for field in self.all().iter().filter(|field| !known.contains(&field.key)) {
            let meant = catalog::nearest(field.key, known.iter().copied());
            let message = format!("unknown key `{}`", show(&field.path));
            mistakes
                .push(Mistake::new(field.key_at.clone(), message).help(did_you_mean(meant, known)));
        }
    }

    /// The table under `key`; none where it is absent or no table.
    pub(super) fn table(&self, key: &str, mistakes: &mut Vec<Mistake>) -> Option<Self> {
        self.get(key)?.table(mistakes)
    }

    /// The text under `key`; none where it is absent or no text.
    pub(super) fn text(&self, key: &str, mistakes: &mut Vec<Mistake>) -> Option<Said<String>> {
        self.get(key)?.text(mistakes)
    }
}

impl<'a> Field<'a> {
    /// Where the value is; of a table, where its name is.
    pub(super) fn at(&self) -> Range<usize> {
        let value = self.item.as_value().and_then(Value::span);
        value.unwrap_or_else(|| self.key_at.clone())
    }

    pub(super) fn is_table(&self) -> bool {
        self.item.is_table_like()
    }

    pub(super) fn table(&self, mistakes: &mut Vec<Mistake>) -> Option<Fields<'a>> {
        let Some(table) = self.item.as_table_like() else {
            self.wrong("a table", None, mistakes);
            return None;
        };
        Some(Fields { table, path: self.path.clone(), at: self.key_at.clone() })
    }

    pub(super) fn text(&self, mistakes: &mut Vec<Mistake>) -> Option<Said<String>> {
        let Some(text) = self.item.as_str() else {
            let help = self.item.as_integer().map(|number| format!("write \"{number}\""));
            self.wrong("text in quotes", help, mistakes);
            return None;
        };
        checked(text, &self.path, self.at(), mistakes)
    }

    /// A list of texts. Those that are none are reported and left out.
    pub(super) fn texts(&self, mistakes: &mut Vec<Mistake>) -> Option<Vec<Said<String>>> {
        let Some(array) = self.item.as_array() else {
            let help = self.item.as_str().map(|text| format!("write [\"{}\"]", show(text)));
            self.wrong("a list of texts", help, mistakes);
            return None;
        };
        let text = |value: &Value| {
            let at = value.span().unwrap_or_else(|| self.at());
            let Some(text) = value.as_str() else {
                let message = format!(
                    "`{}` must hold texts in quotes, not {}",
                    show(&self.path),
                    kind(value.type_name())
                );
                mistakes.push(Mistake::new(at, message));
                return None;
            };
            checked(text, &self.path, at, mistakes)
        };
        Some(array.iter().filter_map(text).collect())
    }

    /// One text, or a list of them.
    pub(super) fn one_or_more(&self, mistakes: &mut Vec<Mistake>) -> Vec<Said<String>> {
        if self.item.is_array() {
            return self.texts(mistakes).unwrap_or_default();
        }
        self.text(mistakes).into_iter().collect()
    }

    /// Whether it is a list, of tables or of anything.
    pub(super) fn is_list(&self) -> bool {
        self.item.is_array() || self.item.is_array_of_tables()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &self,
        known: &[(&str, T)],
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Said<T>> {
        let text = self.text(mistakes)?;
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == text.value) {
            return Some(Said { value: *value, at: text.at });
        }
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let meant = catalog::nearest(&text.value, words.iter().copied());
        let message = format!("`{}` cannot be `{}`", show(&self.path), show(&text.value));
        mistakes.push(Mistake::new(text.at, message).help(did_you_mean(meant, &words)));
        None
    }

    /// A list of tables, however it is written. What is none is reported and left
    /// out.
    pub(super) fn tables(&self, mistakes: &mut Vec<Mistake>) -> Vec<Fields<'a>> {
        let fields = |table: &'a dyn TableLike, at: Option<Range<usize>>| Fields {
            table,
            path: self.path.clone(),
            at: at.unwrap_or_else(|| self.at()),
        };
        if let Some(tables) = self.item.as_array_of_tables() {
            return tables.iter().map(|table| fields(table, table.span())).collect();
        }
        let Some(array) = self.item.as_array() else {
            self.wrong("a list of tables", None, mistakes);
            return Vec::new();
        };
        let table = |value: &'a Value| {
            if let Some(table) = value.as_inline_table() {
                return Some(fields(table, table.span()));
            }
            let have = kind(value.type_name());
            let message = format!("`{}` must hold tables, not {have}", show(&self.path));
            let at = value.span().unwrap_or_else(|| self.at());
            mistakes.push(Mistake::new(at, message));
            None
        };
        array.iter().filter_map(table).collect()
    }

    pub(super) fn boolean(&self, mistakes: &mut Vec<Mistake>) -> Option<Said<bool>> {
        let Some(value) = self.item.as_bool() else {
            self.wrong("true or false", None, mistakes);
            return None;
        };
        Some(Said { value, at: self.at() })
    }

    /// A port: 1 to 65535.
    pub(super) fn port(&self, mistakes: &mut Vec<Mistake>) -> Option<Said<u16>> {
        let Some(number) = self.item.as_integer() else {
            let number = self.item.as_str().and_then(|text| text.parse::<u16>().ok());
            self.wrong(
                "a port number",
                number.map(|n| format!("write {n}, without quotes")),
                mistakes,
            );
            return None;
        };
        match u16::try_from(number) {
            Ok(value) if value > 0 => Some(Said { value, at: self.at() }),
            _ => {
                let message = format!("`{}`: {number} is no port", show(&self.path));
                mistakes.push(Mistake::new(self.at(), message).help("ports are 1 to 65535"));
                None
            }
        }
    }

    fn wrong(&self, want: &str, help: Option<String>, mistakes: &mut Vec<Mistake>) {
        let have = kind(self.item.type_name());
        let message = format!("`{}` must be {want}, not {have}", show(&self.path));
        mistakes.push(Mistake::new(self.at(), message).maybe(help));
    }
}

/// Texts end up on terminals and in certificates, so they hold no controls.
fn checked(
    text: &str,
    path: &str,
    at: Range<usize>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Said<String>> {
    const LONGEST: usize = 253;
    let message = if text.is_empty() {
        format!("`{}` is empty", show(path))
    } else if text.chars().any(char::is_control) {
        format!("`{}` holds a control character", show(path))
    } else if text.len() > LONGEST {
        format!("`{}` is longer than {LONGEST} bytes", show(path))
    } else {
        return Some(Said { value: text.to_owned(), at });
    };
    mistakes.push(Mistake::new(at, message));
    None
}

/// The nearest known word, else all of them.
pub(super) fn did_you_mean(meant: Option<&str>, known: &[&str]) -> String {
    match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "this edition has none".to_owned(),
        None => format!("known are {}", known.join(", ")),
    }
}

/// A text of the file, fit for a message: short, and without controls.
pub(super) fn show(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn kind(type_name: &str) -> &'static str {
    match type_name {
        "string" => "a text",
        "integer" => "a whole number",
        "float" => "a fraction",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "a list",
        "array of tables" => "a list of tables",
        _ => "a table",
    }
}
