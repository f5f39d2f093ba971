//! `cargo xtask seeds DIR [--check]`: the articles' own tables as TSV.
//!
//! The rows of the catalog were written by people who read the articles; this
//! reads them by machine and knows nothing of those rows, so that the two can be
//! held against each other. DIR holds the articles, which are not ours to hand
//! on; what comes out are facts, without their sentences, and is checked in.
//! Known by what their front matter says, not by their file names.

mod arrow;
mod article;
mod cell;
mod connections;
mod dutch;
mod english;
mod firewall;
mod german;
mod swedish;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::{Outcome, place, say};
use article::{Article, Misread};
use connections::Reading;
use words::Words;

/// Where the readings are checked in.
const CHECKED_IN: &str = "xtask/seeds";

/// The article on ports, as one edition of it.
struct Edition {
    name: &'static str,
    locale: &'static str,
    date: &'static str,
    words: &'static Words,
    connections: usize,
    rows: usize,
}

const EDITIONS: &[Edition] = &[
    Edition {
        name: "1802",
        locale: "de-DE",
        date: "02/16/2018",
        words: &german::PORTS,
        connections: 62,
        rows: 143,
    },
    Edition {
        name: "2002",
        locale: "nl-NL",
        date: "04/29/2020",
        words: &dutch::PORTS,
        connections: 70,
        rows: 167,
    },
    Edition {
        name: "2006",
        locale: "sv-SE",
        date: "04/29/2020",
        words: &swedish::PORTS,
        connections: 70,
        rows: 167,
    },
];

/// Translations of one article share this.
const PORTS_ID: &str = "c6777fb0-0754-4abf-8a1b-7639d23e9391";
const FIREWALL_ID: &str = "dce4b640-c92f-401a-9873-ce9aa9262014";
const FIREWALL_LOCALE: &str = "nl-NL";
const FIREWALL_DATE: &str = "10/06/2016";
const FIREWALL_FEATURES: usize = 9;
const FIREWALL_ROWS: [usize; 6] = [1, 6, 5, 3, 4, 3];

/// Headings that refer to note 5, in every edition.
const REVERSIBLE: usize = 6;

pub(crate) fn run(dir: &str, check: bool) -> Outcome {
    let articles = articles(Path::new(dir))?;
    let mut files = Vec::new();
    let mut readings = Vec::new();
    for edition in EDITIONS {
        let reading = read_edition(&articles, edition)?;
        files.push((format!("{}.tsv", edition.name), reading.tsv()));
        files.push((format!("{}.prose.tsv", edition.name), reading.prose_tsv()));
        readings.push((edition.name, reading));
    }
    agree(&readings)?;
    files.push(("client-firewall.tsv".to_owned(), read_firewall(&articles)?.tsv()));
    let place = place::root().join(CHECKED_IN);
    if check { compare(&place, &files) } else { write(&place, &files) }
}

/// The articles of a directory, each with its file's name.
fn articles(dir: &Path) -> Outcome<Vec<(String, Article)>> {
    let entries = fs::read_dir(dir).map_err(|e| format!("cannot read {}: {e}", dir.display()))?;
    let mut articles = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != "txt" && end != "md") {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).map_err(|e| format!("cannot read {name}: {e}"))?;
        let article = Article::read(&text).map_err(|misread| format!("{name}, {misread}"))?;
        articles.push((name, article));
    }
    articles.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(articles)
}

/// The one article with this front matter.
fn find<'a>(
    articles: &'a [(String, Article)],
    facts: [(&str, &str); 3],
) -> Outcome<&'a (String, Article)> {
    let is = |article: &Article| facts.iter().all(|(key, value)| article.fact(key) == Some(*value));
    let mut found = articles.iter().filter(|(_, article)| is(article));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(format!("two articles say {facts:?}").into()),
        (None, _) => Err(format!("no article says {facts:?}").into()),
    }
}

fn read_edition(articles: &[(String, Article)], edition: &Edition) -> Outcome<Reading> {
    let (file, article) = find(
        articles,
        [("ms.assetid", PORTS_ID), ("ms.contentlocale", edition.locale), ("ms.date", edition.date)],
    )?;
    let at_file = |misread: Misread| format!("{file}, {misread}");
    let reading = Reading::of(article, edition.words).map_err(at_file)?;
    let count = |is: fn(&connections::Connection) -> bool| {
        reading.connections.iter().filter(|connection| is(connection)).count()
    };
    let reversible = count(|connection| connection.reversible);
    let prose = count(|connection| connection.icmp);
    let confirmed = count(|connection| connection.confirmed);
    say::line(&format!(
        "{} ({file}): {} connections, {} rows, {prose} in prose; {reversible} headings with note 5; \
         {confirmed} headings confirmed by their English anchor",
        edition.name,
        reading.connections.len(),
        reading.rows(),
    ));
    for (line, remark) in &reading.remarks {
        say::line(&format!("  {file}, line {line}: {remark}"));
    }
    let found = (reading.connections.len(), reading.rows(), prose, reversible);
    let expected = (edition.connections, edition.rows, 1, REVERSIBLE);
    if found != expected {
        return Err(format!("{file}: {found:?} is not {expected:?}").into());
    }
    Ok(reading)
}

/// The editions name the same connection by the same anchor: their parties must
/// be the same, in whatever language.
fn agree(readings: &[(&'static str, Reading)]) -> Outcome {
    let mut known = BTreeMap::new();
    let mut shared = 0;
    for (edition, reading) in readings {
        for connection in &reading.connections {
            let anchor = connection.anchor.to_lowercase();
            let Some((other, parties)) = known.get(&anchor) else {
                known.insert(anchor, (edition, connection.parties));
                continue;
            };
            if *parties != connection.parties {
                let (one, two) = (parties.to_string(), connection.parties.to_string());
                let what = format!("{anchor}: {other} says {one}, {edition} {two}");
                return Err(what.replace('\t', " ").into());
            }
            shared += 1;
        }
    }
    say::line(&format!("{shared} anchors met again in a later edition, with the same parties"));
    Ok(())
}

fn read_firewall(articles: &[(String, Article)]) -> Outcome<firewall::Reading> {
    let (file, article) = find(
        articles,
        [
            ("ms.assetid", FIREWALL_ID),
            ("ms.contentlocale", FIREWALL_LOCALE),
            ("ms.date", FIREWALL_DATE),
        ],
    )?;
    let reading = firewall::Reading::of(article).map_err(|misread| format!("{file}, {misread}"))?;
    let groups: Vec<usize> = reading.groups.iter().map(firewall::Group::len).collect();
    let names: Vec<&str> = reading.groups.iter().map(|group| group.name).collect();
    say::line(&format!(
        "client-firewall ({file}): {} features with exceptions; {} rows, {groups:?} for {}",
        reading.features,
        reading.rows(),
        names.join(", "),
    ));
    if reading.features != FIREWALL_FEATURES || groups != FIREWALL_ROWS {
        let what = format!("{FIREWALL_FEATURES} features and {FIREWALL_ROWS:?} rows");
        return Err(format!("{file}: expected {what}").into());
    }
    Ok(reading)
}

fn write(place: &Path, files: &[(String, String)]) -> Outcome {
    fs::create_dir_all(place)?;
    for (name, text) in files {
        fs::write(place.join(name), text)?;
    }
    say::line(&format!("wrote {} files to {CHECKED_IN}", files.len()));
    Ok(())
}

/// Says each line that the articles and a checked-in file do not share.
fn compare(place: &Path, files: &[(String, String)]) -> Outcome {
    let mut different = 0;
    for (name, text) in files {
        let path = place.join(name);
        let old = fs::read_to_string(&path).map_err(|e| format!("{CHECKED_IN}/{name}: {e}"))?;
        if old == *text {
            continue;
        }
        different += 1;
        say::problem(&format!("{CHECKED_IN}/{name} is not what the article says"));
        for line in old.lines().filter(|line| !text.lines().any(|other| other == *line)) {
            say::problem(&format!("  only checked in: {line}"));
        }
        for line in text.lines().filter(|line| !old.lines().any(|other| other == *line)) {
            say::problem(&format!("  only in the article: {line}"));
        }
    }
    if different > 0 {
        return Err(format!("{different} of {} files differ", files.len()).into());
    }
    say::line(&format!("{} files in {CHECKED_IN} are what the articles say", files.len()));
    Ok(())
}
