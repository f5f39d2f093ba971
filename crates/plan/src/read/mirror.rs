//! `role.package-mirror = { … }`. Its values become words of apt's lists, so each
//! is one word.

use std::ops::Range;

use crate::estate::{Mirror, Said};
use crate::mistake::Mistake;

use super::fields::{Field, Fields, show};

pub(super) const KEYS: &[&str] = &["path", "suite", "components", "signed-by", "clients", "ports"];

pub(super) fn mirror(fields: &Fields<'_>, mistakes: &mut Vec<Mistake>) -> Mirror {
    let path = fields.get("path").and_then(|field| path(&field, mistakes));
    let suite = match fields.get("suite") {
        Some(field) => field.text(mistakes).and_then(|text| word(&field, text, mistakes)),
        None => {
            suite_is_missing(fields.at.clone(), mistakes);
            None
        }
    };
    let components = fields.get("components").map(|field| {
        let texts = field.texts(mistakes);
        if texts.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("`{}` names none", show(&field.path));
            mistakes.push(Mistake::new(field.at(), message).help("for example [\"main\"]"));
        }
        let texts = texts.unwrap_or_default();
        texts.into_iter().filter_map(|text| word(&field, text, mistakes)).collect()
    });
    Mirror {
        path: path.unwrap_or_else(|| "/debian".to_owned()),
        // No estate with the empty one is handed out.
        suite: suite.unwrap_or_default(),
        components: components.unwrap_or_else(|| vec!["main".to_owned()]),
        signed_by: fields.get("signed-by").and_then(|field| self::path(&field, mistakes)),
        clients: fields.get("clients").and_then(|field| {
            let said = field.boolean(mistakes)?;
            said.value.then_some(said.at)
        }),
    }
}

/// There is no suite that is right for everybody.
pub(super) fn suite_is_missing(at: Range<usize>, mistakes: &mut Vec<Mistake>) {
    mistakes.push(
        Mistake::new(at, "a package-mirror has no `suite`")
            .help("write role.package-mirror = { suite = \"bookworm\" }, as its clients have it"),
    );
}

fn path(field: &Field<'_>, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let text = field.text(mistakes)?;
    if !text.value.starts_with('/') {
        let message =
            format!("`{}`: {} does not begin with /", show(&field.path), show(&text.value));
        mistakes.push(
            Mistake::new(text.at, message).help(format!("did you mean /{}?", show(&text.value))),
        );
        return None;
    }
    word(field, text, mistakes)
}

/// Letters, digits and the marks that names of suites and files have; and no way
/// upwards.
fn word(field: &Field<'_>, text: Said<String>, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "/._-+~".contains(c);
    if text.value.chars().all(fine) && text.value.split('/').all(|part| part != "..") {
        return Some(text.value);
    }
    let message = format!("`{}`: {} is no such name", show(&field.path), show(&text.value));
    mistakes.push(
        Mistake::new(text.at, message).help("only letters, digits and / . _ - + ~, and no `..`"),
    );
    None
}
