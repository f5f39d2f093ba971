//! Names that administrators give: letters, digits, `.`, `_`, `+` and `-`, so
//! that they stand in addresses, on command lines and in tables as they are. And names that come with packages and files.

use crate::problem::{Refusal, printable};

/// Characters of a name.
const LONGEST: usize = 64;

/// `name` if it may be one.
pub(super) fn check(kind: &str, name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= LONGEST && name.chars().all(allowed) {
        return Ok(());
    }
    let message = format!("`{}` cannot be the name of {kind}", printable(name));
    let next = "use letters, digits, `.`, `_`, `+` and `-`, a letter or digit first, \
                and at most 64 of them";
    Err(Refusal::bad("name-invalid", message, next))
}

/// The identity of a Debian package, in the letters of Debian's policy (§5.6):
/// an agent puts it on a command line.
pub(super) fn check_deb(package: &str, version: &str, architecture: &str) -> Result<(), Refusal> {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let version_letter = |c: char| c.is_ascii_alphanumeric() || ".+-:~".contains(c);
    let fits = |text: &str, first: &dyn Fn(char) -> bool, rest: &dyn Fn(char) -> bool| {
        text.starts_with(first) && text.len() <= 128 && text.chars().all(rest)
    };
    if !fits(package, &lower, &|c| lower(c) || "+-.".contains(c)) {
        return Err(not_debian("package", package));
    }
    if !fits(version, &|c| c.is_ascii_digit(), &version_letter) {
        return Err(not_debian("version", version));
    }
    if !fits(architecture, &lower, &|c| lower(c) || c == '-') {
        return Err(not_debian("architecture", architecture));
    }
    Ok(())
}

fn not_debian(what: &str, text: &str) -> Refusal {
    let message = format!("`{}` cannot be the {what} of a Debian package", printable(text));
    Refusal::bad("package-invalid", message, "take it from the package's control file")
}

/// The name of a file, without a folder.
pub(super) fn check_file(name: &str) -> Result<(), Refusal> {
    let plain = !name.contains('/') && !name.chars().any(char::is_control);
    if plain && !name.starts_with('.') && !name.is_empty() && name.len() <= 255 {
        return Ok(());
    }
    let message = format!("`{}` cannot be the name of a file", printable(name));
    Err(Refusal::bad("file-name-invalid", message, "leave out folders"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["hello", "g++-12", "7zip", "a.b_c", &"x".repeat(64)] {
            assert_eq!(check("an application", name), Ok(()), "{name}");
        }
        for name in ["", "-x", ".", "a b", "a/b", "é", "a\n", &"x".repeat(65)] {
            assert!(check("an application", name).is_err(), "{name}");
        }
    }

    #[test]
    fn packages_and_files() {
        assert_eq!(check_deb("libstdc++6", "1:2.10-3+b1~x", "amd64"), Ok(()));
        for (package, version, architecture) in
            [("-x", "1", "all"), ("a", "", "all"), ("a", "-1", "all"), ("a", "1", "all;rm")]
        {
            assert!(check_deb(package, version, architecture).is_err());
        }
        assert_eq!(check_file("hello_2.10-3_amd64.deb"), Ok(()));
        for name in ["", "..", "a/b", ".bashrc", "a\nb"] {
            assert!(check_file(name).is_err(), "{name}");
        }
    }
}
