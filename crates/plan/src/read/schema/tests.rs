//! The reader is asked for what it knows, and the schema must know the same: no key
//! fewer, no key more, no other kind of value.

#![allow(clippy::expect_used)]

use std::collections::BTreeSet;

use catalog::{Edition, RunBy};

use super::{Form, Key, Text, Word, schema};

/// A key that nobody knows, and that is near to no other.
const NONSENSE: &str = "qqqqqqq";

/// A table of the schema, and how a file says something in it.
struct Place<'a> {
    keys: &'a [Key],
    path: String,
    /// What a file says besides, one after the other, so that all of the table
    /// counts.
    beside: Vec<String>,
    /// `host.x.nat = [{ … }]`.
    listed: bool,
}

/// A mistake: the text that it is about, its words, its help.
type Said = (String, String, String);

impl<'a> Place<'a> {
    /// Every table of the schema.
    fn all(schema: &'a Form) -> Vec<Self> {
        let mut found = Vec::new();
        Self::find(schema, "", &[String::new()], false, &mut found);
        assert!(found.len() > 100, "{}", found.len());
        found
    }

    fn find(form: &'a Form, path: &str, beside: &[String], listed: bool, into: &mut Vec<Self>) {
        match form {
            // A port of a cluster is said as a port of a site, and asked for there.
            Form::Table(_) if beside.len() > 1 && path.contains(".ports.") => {}
            Form::Table(keys) => {
                let beside = besides(keys, path).unwrap_or_else(|| beside.to_vec());
                for key in keys.iter().filter(|_| !listed) {
                    let dot = if path.is_empty() { "" } else { "." };
                    let path = format!("{path}{dot}{}", key.name);
                    Self::find(&key.form, &path, &beside, false, into);
                }
                // A table in a list cannot be said in several lines.
                let beside = if listed { vec![String::new()] } else { beside };
                into.push(Self { keys, path: path.to_owned(), beside, listed });
            }
            Form::Named(text, each) => {
                let name = if *text == Text::Code { "P01" } else { "x" };
                Self::find(each, &format!("{path}.{name}"), beside, false, into);
            }
            Form::List(each) => Self::find(each, path, beside, true, into),
            Form::Either(forms) => {
                forms.iter().for_each(|form| Self::find(form, path, beside, listed, into));
            }
            Form::Text(_) | Form::Word(_) | Form::Boolean | Form::Port => {}
        }
    }

    /// What the reader says in any edition where a file has this in the table.
    fn said(&self, what: &str) -> Vec<Said> {
        let own = |key: &&Key| key.must && !what.starts_with(key.name);
        let rest = self.keys.iter().filter(own).map(|key| format!(", {} = \"x\"", key.name));
        let line = match (self.path.as_str(), self.listed) {
            ("", _) => what.to_owned(),
            (path, true) => format!("{path} = [{{ {what}{} }}]", rest.collect::<String>()),
            (path, false) => format!("{path}.{what}"),
        };
        let mut said = Vec::new();
        for edition in Edition::ALL {
            for beside in &self.beside {
                // Nothing is said twice.
                let same = |name| beside.contains(&format!("{}.{name} = ", self.path));
                let twice = what.split(' ').next().is_some_and(same);
                let beside = if twice { "" } else { beside.as_str() };
                let edition = format!("edition = \"{edition}\"\n");
                let edition = if line.starts_with("edition") { "" } else { edition.as_str() };
                let text = format!("{edition}{beside}{line}\n");
                let mistakes = crate::read(&text).expect_err("no such file is right");
                said.extend(mistakes.into_iter().map(|mistake| {
                    let about = text.get(mistake.at).unwrap_or_default().to_owned();
                    (about, mistake.message, mistake.help.unwrap_or_default())
                }));
            }
        }
        said
    }

    /// What the reader knows instead of [`NONSENSE`].
    fn known(&self, what: &str) -> BTreeSet<String> {
        let said = self.said(what);
        let mine = said.iter().filter(|(about, ..)| about.contains(NONSENSE));
        let lists = mine.filter_map(|(_, _, help)| help.strip_prefix("known are "));
        lists.flat_map(|list| list.split(", ")).map(str::to_owned).collect()
    }
}

/// What must be said in a table before all of its keys count.
fn besides(keys: &[Key], path: &str) -> Option<Vec<String>> {
    keys.iter().find_map(|key| match &key.form {
        Form::Word(_) if key.name == "site-link" => {
            Some(vec![format!("{path}.site-link = \"site-server-opens\"\n")])
        }
        Form::Word(words) if key.name == "role" => {
            Some(words.iter().map(|word| format!("{path}.role = \"{}\"\n", word.word)).collect())
        }
        _ => None,
    })
}

fn words(words: &[Word]) -> BTreeSet<String> {
    words.iter().map(|word| word.word.to_owned()).collect()
}

#[test]
fn every_table_has_the_keys_that_the_reader_knows() {
    let schema = schema();
    for place in Place::all(&schema) {
        let mut wanted = place.known(&format!("{NONSENSE} = 1"));
        let have: BTreeSet<String> = place.keys.iter().map(|key| key.name.to_owned()).collect();
        // The reader knows it everywhere, and then says that there is none.
        if !have.contains("alternate") && wanted.remove("alternate") {
            let said = place.said("alternate = 1");
            let none = |(_, words, _): &Said| words.ends_with("has no alternate port");
            assert!(said.iter().any(none), "{}", place.path);
        }
        assert_eq!(have, wanted, "{}", place.path);
    }
}

#[test]
fn every_key_has_the_words_that_the_reader_knows() {
    let schema = schema();
    let mut checked = 0;
    for place in Place::all(&schema) {
        for key in place.keys {
            let nonsense = format!("\"{NONSENSE}\"");
            let (have, value) = match &key.form {
                Form::Word(have) => (words(have), nonsense),
                Form::List(each) => match each.as_ref() {
                    Form::Word(have) => (words(have), format!("[{nonsense}]")),
                    _ => continue,
                },
                _ => continue,
            };
            let alone = Place { beside: vec![String::new()], path: place.path.clone(), ..place };
            let mut wanted = alone.known(&format!("{} = {value}", key.name));
            if place.path == "cloud.x" {
                // The reader knows them all, and then says that they are no clouds.
                let theirs = |role: &&catalog::Role| role.run_by == RunBy::Others;
                wanted.retain(|word| catalog::find_role(word).filter(theirs).is_some());
            }
            assert_eq!(have, wanted, "{} in {}", key.name, place.path);
            checked += 1;
        }
    }
    assert!(checked > 8, "{checked}");
}

#[test]
fn every_key_has_the_form_that_the_reader_wants() {
    let schema = schema();
    for place in Place::all(&schema) {
        for key in place.keys {
            let want = wanted(&key.form);
            // No key takes a fraction, so that the reader says what it wants.
            let said = place.said(&format!("{} = 0.5", key.name));
            let want = format!("must be {want}, not a fraction");
            let wants = said.iter().any(|(_, words, _)| words.ends_with(&want));
            assert!(wants, "{} in {}: {want}: {said:#?}", key.name, place.path);
        }
    }
}

fn wanted(form: &Form) -> &'static str {
    match form {
        Form::Table(_) | Form::Named(..) => "a table",
        Form::Text(_) | Form::Word(_) => "text in quotes",
        Form::Boolean => "true or false",
        Form::Port => "a port number",
        Form::List(each) if matches!(**each, Form::Table(_)) => "a list of tables",
        Form::List(_) => "a list of texts",
        Form::Either(forms) => forms.first().map_or("", wanted),
    }
}

#[test]
fn what_must_be_there_is_what_the_reader_misses() {
    let schema = schema();
    for place in Place::all(&schema) {
        for key in place.keys.iter().filter(|key| key.must) {
            let empty = match (place.path.as_str(), place.listed) {
                ("", _) => String::new(),
                (path, true) => format!("{path} = [{{ }}]\n"),
                (path, false) => format!("{path} = {{ }}\n"),
            };
            let said = crate::read(&empty).expect_err("something is missing");
            let misses = |words: &str| {
                words.contains(&format!("`{}`", key.name))
                    || (empty.is_empty() && words == format!("the file names no {}", key.name))
            };
            assert!(said.iter().any(|one| misses(&one.message)), "{empty}{}: {said:#?}", key.name);
        }
    }
}

#[test]
fn every_key_says_what_it_means() {
    let schema = schema();
    for key in Place::all(&schema).iter().flat_map(|place| place.keys) {
        assert!(key.sentence.ends_with('.'), "{}: {}", key.name, key.sentence);
    }
}
