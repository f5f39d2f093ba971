//! Words of the catalog on the command line: each is read here, refused with the
//! nearest right one, and known to the shells' completion.

use std::collections::BTreeSet;

use catalog::corrections::{CORRECTIONS, Correction};
use catalog::explain::{self, Unknown};
use catalog::firewall::{FEATURES, Feature};
use catalog::install::{METHODS, Method};
use catalog::lists::{LISTS, List};
use catalog::{Edition, ROLES, Reading, Role, nearest};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

/// How clap reads one of a number of known words.
#[derive(Clone)]
pub(in crate::cli) struct Words<T> {
    read: fn(&str) -> Result<T, Unknown>,
    all: fn() -> Vec<&'static str>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Words<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<T, clap::Error> {
        let read = self.read;
        let parser = StringValueParser::new().try_map(move |text| read(&text));
        parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.all)().into_iter().map(PossibleValue::new)))
    }
}

pub(in crate::cli) fn edition() -> Words<Edition> {
    Words { read: explain::edition, all: || Edition::ALL.map(Edition::slug).to_vec() }
}

/// An edition of the articles, which have lists beside their tables.
pub(super) fn edition_of_an_article() -> Words<Edition> {
    fn read(word: &str) -> Result<Edition, Unknown> {
        let edition = explain::edition(word)?;
        if edition == Edition::Portolan {
            let message = "the lists are Microsoft's: ours has connections alone".to_owned();
            return Err(Unknown { message, near: Some(Edition::V2006.to_string()) });
        }
        Ok(edition)
    }
    Words { read, all: || Edition::MICROSOFT.map(Edition::slug).to_vec() }
}

pub(super) fn role() -> Words<&'static Role> {
    Words { read: explain::role, all: || ROLES.iter().map(|role| role.slug).collect() }
}

pub(in crate::cli) fn reading() -> Words<Reading> {
    const ALL: [Reading; 2] = [Reading::Documented, Reading::Corrected];
    Words {
        read: |word| one_of("reading", word, ALL.map(|one| (one.slug(), one))),
        all: || ALL.map(Reading::slug).to_vec(),
    }
}

pub(super) fn list() -> Words<&'static List> {
    Words {
        read: |word| one_of("list", word, LISTS.iter().map(|one| (one.slug, *one))),
        all: || LISTS.iter().map(|one| one.slug).collect(),
    }
}

pub(super) fn correction() -> Words<&'static Correction> {
    Words {
        read: |word| one_of("correction", word, CORRECTIONS.iter().map(|one| (one.id, one))),
        all: || CORRECTIONS.iter().map(|one| one.id).collect(),
    }
}

pub(super) fn feature() -> Words<&'static Feature> {
    Words {
        read: |word| one_of("feature", word, FEATURES.iter().map(|one| (one.slug, one))),
        all: || FEATURES.iter().map(|one| one.slug).collect(),
    }
}

pub(super) fn method() -> Words<&'static Method> {
    Words {
        read: |word| one_of("method", word, METHODS.iter().map(|one| (one.slug, one))),
        all: || METHODS.iter().map(|one| one.slug).collect(),
    }
}

/// Whatever can be explained: ports and connections too, which no list can hold.
pub(super) fn anything() -> Words<String> {
    // A word may mean two things, and is offered once.
    let all = || BTreeSet::from_iter(explain::words()).into_iter().collect();
    Words { read: |word| Ok(word.to_owned()), all }
}

/// An edition, or one in its corrected reading: `1802`, `2006:corrected`.
pub(super) fn edition_read() -> Words<(Edition, Reading)> {
    fn read(text: &str) -> Result<(Edition, Reading), Unknown> {
        match text.split_once(':') {
            None => Ok((explain::edition(text)?, Reading::Documented)),
            Some((edition, word)) => Ok((explain::edition(edition)?, (reading().read)(word)?)),
        }
    }
    Words {
        read,
        all: || {
            let corrected = ["1802:corrected", "2002:corrected", "2006:corrected"];
            Edition::ALL.map(Edition::slug).into_iter().chain(corrected).collect()
        },
    }
}

fn one_of<T>(
    what: &str,
    word: &str,
    all: impl IntoIterator<Item = (&'static str, T)>,
) -> Result<T, Unknown> {
    let mut known = Vec::new();
    for (slug, one) in all {
        if slug == word {
            return Ok(one);
        }
        known.push(slug);
    }
    Err(Unknown {
        message: format!("there is no {what} `{word}`: known are {}", known.join(", ")),
        near: nearest(word, known).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T>(words: &Words<T>, wrong: &str, right: &str) {
        for word in (words.all)() {
            assert!((words.read)(word).is_ok(), "{word} is offered and refused");
        }
        let near = (words.read)(wrong).err().and_then(|unknown| unknown.near);
        assert_eq!(near.as_deref(), Some(right), "{wrong}");
    }

    #[test]
    fn every_offered_word_is_read_and_a_wrong_one_meets_the_nearest() {
        check(&edition(), "2007", "2006");
        check(&edition_read(), "2006:corr", "corrected");
        check(&edition_of_an_article(), "portolan", "2006");
        check(&reading(), "documentd", "documented");
        check(&role(), "managment-point", "management-point");
        check(&list(), "externl", "external-connections");
        check(&correction(), "ldaps", "ldaps-is-tcp");
        check(&feature(), "wakeup-proxy", "wake-up-proxy");
        check(&method(), "push", "client-push");
    }
}
