//! Where things are: the work tree, and the cargo that runs us.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// The root of the work tree.
///
/// Asked at run time: a binary that was built in another copy of the tree must
/// not judge that copy.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    match here.as_deref().and_then(Path::parent) {
        Some(parent) => parent.to_path_buf(),
        None => PathBuf::from("."),
    }
}

/// Where the unpacked tools are.
pub(crate) fn lab() -> PathBuf {
    root().join("target/lab")
}

/// Where release builds are.
pub(crate) fn release() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    target.map_or_else(|| root().join("target"), PathBuf::from).join("release")
}

/// A `cargo` of the same toolchain, in the root of the work tree.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // What cargo told us about ourselves is no business of the next cargo, and
    // would make crates that watch these variables build again.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH");
    command
}

/// True where a program of this name is on the PATH.
pub(crate) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Runs a command to its end and gives its standard output.
///
/// # Errors
/// Where it cannot be started or ends badly, with the last lines it said.
pub(crate) fn output_of(command: &mut Command) -> Outcome<String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let name = format!("`{}`", words.join(" "));
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n  ");
    Err(format!("{name} ended with {}:\n  {tail}", output.status).into())
}
