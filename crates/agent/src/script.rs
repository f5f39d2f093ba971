//! Scripts: content that is run as it is if it says what runs it (`#!`), and by
//! the system's shell otherwise. Their environment is small and stated, so that
//! a script does the same whoever started the agent.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::platform;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The program and its arguments that run a script.
pub fn command(file: &Path) -> io::Result<(PathBuf, Vec<String>)> {
    let mut head = Vec::new();
    std::fs::File::open(file)?.take(2).read_to_end(&mut head)?;
    if head == b"#!" {
        platform::make_executable(file)?;
        return Ok((file.to_owned(), Vec::new()));
    }
    Ok((platform::shell().to_owned(), vec![file.to_string_lossy().into_owned()]))
}

/// The whole environment of whatever is run for an application. `action` is
/// `install`, `uninstall` or `detect`.
pub fn environment(app: &str, action: &str) -> Vec<(String, String)> {
    // Root's home, even if it was `sudo` that started the agent.
    let home = match node::privilege::is_root() {
        true => "/root".to_owned(),
        false => std::env::var("HOME").unwrap_or_else(|_| "/".to_owned()),
    };
    [
        ("PATH", PATH),
        ("HOME", &home),
        ("LANG", "C.UTF-8"),
        ("PORTOLAN_APP", app),
        ("PORTOLAN_ACTION", action),
    ]
    // A name with a zero byte could not be passed on, and would stop everything.
    .map(|(name, value)| (name.to_owned(), value.replace('\0', "")))
    .to_vec()
}
