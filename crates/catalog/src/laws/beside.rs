//! What stands beside the rows is as complete as they are: corrections, remarks, notes,
//! lists, settings, exceptions and methods.

use super::{check_sentence, check_source, check_unique, is_kebab};
use crate::corrections::{self, CORRECTIONS};
use crate::firewall::FEATURES;
use crate::flows::FLOWS;
use crate::install::METHODS;
use crate::lists::LISTS;
use crate::notes::NOTES;
use crate::port_change::PARTS;
use crate::remarks;
use crate::settings::{COMMUNICATIONS, SETTINGS};
use crate::source::Source;

#[test]
fn every_correction_is_complete_and_every_one_that_a_row_names_exists() {
    check_unique(CORRECTIONS.iter().map(|correction| correction.id));
    for correction in CORRECTIONS {
        let id = correction.id;
        assert!(is_kebab(id), "{id}");
        for words in [correction.says, correction.truth, correction.because] {
            check_sentence(id, words);
        }
        assert!(!correction.source.is_empty() && !correction.at.is_empty(), "{id} has no source");
        let cited = correction.at.iter().chain(correction.source);
        cited.for_each(|source| check_source(id, source));
        assert!(!correction.about.is_empty(), "{id} is about nothing");
    }
    let known = |id: &str| assert!(corrections::find(id).is_some(), "no correction {id}");
    FLOWS.iter().flat_map(|flow| flow.corrections()).for_each(known);
    LISTS.iter().flat_map(|list| list.entries).filter_map(|entry| entry.fixes).for_each(known);
    FEATURES.iter().flat_map(|one| one.exceptions).filter_map(|one| one.fixes).for_each(known);
}

#[test]
fn everything_beside_the_rows_says_something_and_cites_it() {
    let cites = |of: &str, sources: &[Source]| {
        assert!(!sources.is_empty(), "{of} has no source");
        sources.iter().for_each(|source| check_source(of, source));
    };
    for remark in remarks::all() {
        check_sentence("a remark", remark.text);
        cites(remark.text, remark.source);
        assert!(!remark.about.is_empty(), "{} is about nothing", remark.text);
    }
    for note in NOTES {
        note.facts.iter().for_each(|fact| {
            check_sentence(note.title, fact.text);
            cites(note.title, fact.source);
        });
    }
    assert!(NOTES.iter().map(|note| note.number).eq(1..=6));
    for list in LISTS {
        check_sentence(list.slug, list.sentence);
        cites(list.slug, list.source);
        list.entries.iter().for_each(|entry| cites(entry.what, entry.source));
    }
    for setting in SETTINGS {
        check_sentence(setting.service.slug, setting.sentence);
        cites(setting.service.slug, setting.source);
        assert!(setting.service.key().is_some(), "{} has no key", setting.service);
    }
    for one in COMMUNICATIONS {
        check_sentence(one.sentence, one.sentence);
        cites(one.sentence, one.source);
    }
    let facts = FEATURES.iter().flat_map(|one| one.facts);
    let facts = facts.chain(METHODS.iter().flat_map(|method| method.facts));
    let facts = facts.chain(PARTS.iter().flat_map(|part| part.answers));
    facts.for_each(|fact| check_sentence("a fact", fact));
    check_unique(FEATURES.iter().map(|one| one.slug));
    check_unique(LISTS.iter().map(|list| list.slug));
    check_unique(METHODS.iter().map(|method| method.slug));
}
