//! dpkg's database of packages (`/var/lib/dpkg/status`): paragraphs of fields,
//! as deb-control(5) describes them. Read line by line, so that the file never
//! stands in memory whole, and tolerantly: a line that makes no sense costs at
//! most its package.

use std::io::{self, BufRead};

use wire::client::InstalledPackage;

/// Longer lines are no names, versions or states; their rest is skipped.
const LINE: u64 = 4096;

/// The installed packages, in the file's order, at most `most`.
pub fn installed(mut status: impl BufRead, most: usize) -> io::Result<Vec<InstalledPackage>> {
    let mut packages = Vec::new();
    let mut paragraph = Paragraph::default();
    let mut line = Vec::new();
    while packages.len() < most && read_line(&mut status, &mut line)? {
        if line.trim_ascii().is_empty() {
            packages.extend(std::mem::take(&mut paragraph).package());
        } else {
            paragraph.take(&String::from_utf8_lossy(&line));
        }
    }
    if packages.len() < most {
        packages.extend(paragraph.package());
    }
    Ok(packages)
}

/// Reads the first [`LINE`] bytes of a line, and passes over the rest. False at
/// the end.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    use io::Read as _;
    line.clear();
    let read = from.by_ref().take(LINE).read_until(b'\n', line)?;
    if read > 0 && !line.ends_with(b"\n") {
        from.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

#[derive(Default)]
struct Paragraph {
    name: String,
    version: String,
    architecture: String,
    installed: bool,
}

impl Paragraph {
    fn take(&mut self, line: &str) {
        // A continuation line belongs to a field of several lines: none of ours.
        if line.starts_with([' ', '\t']) {
            return;
        }
        let Some((field, value)) = line.split_once(':') else { return };
        let value = value.trim();
        match field {
            "Package" => self.name = value.to_owned(),
            "Version" => self.version = value.to_owned(),
            "Architecture" => self.architecture = value.to_owned(),
            // `Status: install ok installed`; the last word is the state.
            "Status" => self.installed = value.split(' ').next_back() == Some("installed"),
            _ => {}
        }
    }

    fn package(self) -> Option<InstalledPackage> {
        let Self { name, version, architecture, installed } = self;
        let whole = installed && !name.is_empty();
        whole.then_some(InstalledPackage { name, version, architecture })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    const SAMPLE: &str = "\
Package: adduser
Status: install ok installed
Conffiles:
 /etc/adduser.conf 3a7ab0ac37a8d5c9a8e4a8a4a9e7d0f1
Version: 3.152
Architecture: all
Description: add and remove users
 Package: not-a-package
 Status: install ok installed

Package: gone
Status: deinstall ok config-files
Version: 1
Architecture: amd64

Package: broken
Status: install ok half-configured
Version: 1
Architecture: amd64

garbage
Package: hello
Architecture: amd64
Version: 2.10-5
Status: install ok installed";

    #[test]
    fn only_what_is_installed_counts() {
        let found = installed(SAMPLE.as_bytes(), usize::MAX).unwrap();
        let names: Vec<_> = found.iter().map(|p| (p.name.as_str(), p.version.as_str())).collect();
        assert_eq!(names, [("adduser", "3.152"), ("hello", "2.10-5")]);
        assert_eq!(installed(SAMPLE.as_bytes(), 1).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            installed(bytes.as_slice(), 100).unwrap();
        }

        #[test]
        fn what_is_written_is_read(
            packages in proptest::collection::vec(
                ("[a-z][a-z0-9+.-]{0,20}", "[0-9][0-9.~+-]{0,10}", any::<bool>(), 0usize..9000),
                0..20,
            ),
        ) {
            let mut text = String::new();
            for (name, version, there, noise) in &packages {
                let state = if *there { "installed" } else { "config-files" };
                let long = "x".repeat(*noise);
                text += &format!(
                    "Package: {name}\nStatus: install ok {state}\nDepends: {long}\nVersion: {version}\n\n",
                );
            }
            let found = installed(text.as_bytes(), usize::MAX).unwrap();
            let found: Vec<_> = found.into_iter().map(|p| (p.name, p.version)).collect();
            let expected: Vec<_> = packages
                .into_iter()
                .filter(|(_, _, there, _)| *there)
                .map(|(name, version, _, _)| (name, version))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
