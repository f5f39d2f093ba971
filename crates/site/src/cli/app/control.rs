//! Debian's control format, as far as finding dependencies needs it; and what
//! of dpkg's database every machine of the same kind has.

use std::collections::{BTreeSet, HashMap};

use super::apt::is_everywhere;

/// The paragraphs of a text.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|one| !one.is_empty())
}

/// A field of one line.
pub(super) fn field<'a>(paragraph: &'a str, name: &str) -> Option<&'a str> {
    paragraph.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Of dpkg's database what every machine has: what is essential or required,
/// and what that needs.
pub(super) fn everywhere(status: &str) -> String {
    let installed: Vec<&str> = paragraphs(status)
        .filter(|one| field(one, "Status") == Some("install ok installed"))
        .collect();
    let mut called: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, paragraph) in installed.iter().enumerate() {
        let provided = names(field(paragraph, "Provides").unwrap_or_default());
        for name in field(paragraph, "Package").into_iter().chain(provided) {
            called.entry(name).or_default().push(index);
        }
    }
    let mut found: BTreeSet<usize> =
        (0..installed.len()).filter(|index| is_everywhere(installed[*index])).collect();
    let mut new: Vec<usize> = found.iter().copied().collect();
    while let Some(index) = new.pop() {
        for kind in ["Depends", "Pre-Depends"] {
            for name in names(field(installed[index], kind).unwrap_or_default()) {
                for needed in called.get(name).into_iter().flatten() {
                    if found.insert(*needed) {
                        new.push(*needed);
                    }
                }
            }
        }
    }
    found.iter().map(|index| format!("{}\n\n", installed[*index])).collect()
}

/// `libc6 (>= 2.36), debconf:any | debconf-2.0` names three packages.
fn names(relations: &str) -> impl Iterator<Item = &str> {
    relations
        .split([',', '|'])
        .filter_map(|one| one.trim().split([' ', '(', ':', '[']).next())
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_name_packages() {
        let found: Vec<_> =
            names("libc6 (>= 2.36), debconf:any | debconf-2.0, x [amd64]").collect();
        assert_eq!(found, ["libc6", "debconf", "debconf-2.0", "x"]);
        assert_eq!(names("").count(), 0);
    }

    #[test]
    fn every_machine_has_what_is_essential_and_what_that_needs() {
        let status = "\
Package: dpkg\nEssential: yes\nStatus: install ok installed\nPre-Depends: libzip (>= 1)\n\n\
Package: mount\nPriority: required\nStatus: install ok installed\nDepends: zip-api\n\n\
Package: libzip\nPriority: optional\nStatus: install ok installed\nDescription: x\n y: z\n\n\
Package: zipper\nPriority: optional\nStatus: install ok installed\nProvides: zip-api (= 1), b\n\n\
Package: editor\nPriority: optional\nStatus: install ok installed\nDepends: libzip\n\n\
Package: gone\nEssential: yes\nStatus: deinstall ok config-files\n";
        let text = everywhere(status);
        let found: Vec<_> = paragraphs(&text).filter_map(|one| field(one, "Package")).collect();
        assert_eq!(found, ["dpkg", "mount", "libzip", "zipper"]);
    }
}
