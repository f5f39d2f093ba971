//! Content summed up: an application is often dozens of files, and what an
//! administrator wants to know first is where all of it is.

use std::collections::BTreeMap;
use std::fmt;

use wire::rest::{Content as Shown, Place};

use super::title;
use crate::show;

/// So much of several files on one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sum {
    files: u64,
    complete: u64,
    size: u64,
    have: u64,
    doubted: u64,
    repaired: u64,
    troubled: u64,
}

impl Sum {
    fn add(&mut self, content: &Shown, place: &Place) {
        self.files += 1;
        self.complete += u64::from(place.complete);
        self.size += content.size;
        self.have += place.have.min(content.size);
        self.doubted += u64::from(place.doubted);
        self.repaired += place.repaired;
        self.troubled += u64::from(!place.trouble.is_empty());
    }

    /// Whether all is there, and nobody doubts it.
    pub(super) fn is_all(&self) -> bool {
        self.complete == self.files && self.doubted == 0
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = show::size(self.size);
        if self.complete == self.files {
            write!(f, "complete: {}, {size}", show::counted(self.files, "file"))?;
        } else {
            let files = show::counted(self.files, "file");
            write!(f, "{} of {files}, {} of {size}", self.complete, show::size(self.have))?;
        }
        if self.doubted > 0 {
            write!(f, ", {} doubted: clients found damage", self.doubted)?;
        }
        if self.repaired > 0 {
            write!(f, ", {} repaired", show::counted(self.repaired, "block"))?;
        }
        if self.troubled > 0 {
            write!(f, ", trouble with {}: name it to see more", self.troubled)?;
        }
        Ok(())
    }
}

/// By host, in the order of the first file that names it.
pub(super) fn by_host(found: &[Shown]) -> Vec<(&str, Sum)> {
    let mut hosts: Vec<(&str, Sum)> = Vec::new();
    for (content, place) in found.iter().flat_map(|one| one.places.iter().map(move |at| (one, at)))
    {
        let at = hosts.iter().position(|(host, _)| *host == place.host).unwrap_or_else(|| {
            hosts.push((&place.host, Sum::default()));
            hosts.len() - 1
        });
        if let Some((_, sum)) = hosts.get_mut(at) {
            sum.add(content, place);
        }
    }
    hosts
}

/// A line for each application and host; what several applications need counts
/// for each of them, and what none needs stands for itself.
pub(super) fn table(all: &[Shown]) {
    let mut groups: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
    for content in all {
        if content.apps.is_empty() {
            groups.entry(title(content)).or_default().push(content.clone());
        }
        for app in &content.apps {
            groups.entry(app.clone()).or_default().push(content.clone());
        }
    }
    let rows = groups.iter().flat_map(|(name, contents)| {
        by_host(contents).into_iter().enumerate().map(move |(index, (host, sum))| {
            let first = if index == 0 { name.clone() } else { String::new() };
            [first, host.to_owned(), sum.to_string()]
        })
    });
    show::table(["CONTENT", "HOST", "STATE"], rows);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn content(size: u64, places: &[(&str, u64, bool)]) -> Shown {
        let place = |(host, have, complete): &(&str, u64, bool)| Place {
            host: (*host).to_owned(),
            have: *have,
            complete: *complete,
            doubted: false,
            repaired: 0,
            trouble: String::new(),
            at: 0,
        };
        Shown {
            digest: "ab".repeat(32),
            size,
            name: "hello.deb".into(),
            apps: vec!["hello".into()],
            places: places.iter().map(place).collect(),
        }
    }

    #[test]
    fn files_are_summed_up_by_host() {
        let all = [
            content(1024, &[("head", 1024, true), ("dp7", 1024, true)]),
            content(2048, &[("head", 2048, true), ("dp7", 1024, false)]),
        ];
        let sums = by_host(&all);
        let said: Vec<String> = sums.iter().map(|(host, sum)| format!("{host} {sum}")).collect();
        assert_eq!(
            said,
            ["head complete: 2 files, 3.0 KiB", "dp7 1 of 2 files, 2.0 KiB of 3.0 KiB"]
        );
        assert!(sums[0].1.is_all() && !sums[1].1.is_all());
    }

    #[test]
    fn a_copy_that_somebody_doubts_is_not_all() {
        let mut one = content(1, &[("dp7", 1, true)]);
        one.places[0].doubted = true;
        let one = [one];
        let sum = &by_host(&one)[0].1;
        assert!(!sum.is_all());
        assert_eq!(sum.to_string(), "complete: 1 file, 1 B, 1 doubted: clients found damage");
    }
}
