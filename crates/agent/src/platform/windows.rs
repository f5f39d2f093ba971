//! Windows, so far: enough to compile and to say what is missing. Nothing here
//! claims to have done what it has not.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use wire::client::System;

use super::{Facts, ProcessId};

fn not_yet(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("{what} is not built for this system yet"))
}

pub(crate) fn own_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

pub(crate) fn shell() -> &'static Path {
    Path::new("sh")
}

pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    Err(not_yet("the agent's journal"))
}

pub(crate) fn read_secret(question: &str) -> io::Result<String> {
    super::ask(question);
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line)
}

pub(super) fn process(_pid: u32) -> Option<ProcessId> {
    None
}

pub(super) fn read_stat(_line: &[u8]) -> Option<ProcessId> {
    None
}

pub(crate) fn write_itself_down(_command: &mut Command, _into: File) {}

pub(crate) fn leave_session() -> io::Result<()> {
    Err(not_yet("running actions"))
}

pub(crate) fn set_usual_umask() {}

pub(crate) fn lead_group(_command: &mut Command) {}

pub(crate) fn end_group(_pid: u32) {}

pub(crate) fn kill_group(_pid: u32) {}

pub(crate) fn ending_signal(_status: ExitStatus) -> Option<i32> {
    None
}

pub(crate) fn out_of_files(_error: &io::Error) -> bool {
    false
}

pub(crate) fn make_executable(_file: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn file_is_locked(_file: &Path) -> bool {
    false
}

pub(crate) fn free_space(_folder: &Path) -> io::Result<u64> {
    Err(not_yet("asking for free space"))
}

pub(crate) fn facts(now: i64) -> Facts {
    let system = System {
        hostname: node::interfaces::hostname(),
        os: std::env::consts::OS.to_owned(),
        kernel: String::new(),
        architecture: std::env::consts::ARCH.to_owned(),
        cpu: String::new(),
        cpus: std::thread::available_parallelism()
            .map_or(0, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        memory: 0,
        booted: now,
        manufacturer: String::new(),
        model: String::new(),
        serial: String::new(),
    };
    Facts { system, disks: Vec::new(), interfaces: Vec::new() }
}
