//! Linux, by `/proc`, `/sys` and system calls, through rustix. One of them needs
//! unsafe code: what a child does between its birth and its program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Flock, FlockType, Pid, Signal};
use wire::client::{Disk, Interface, System};

use super::{Facts, ProcessId};

mod terminal;

pub(crate) use terminal::read_secret;

/// The program that runs now, also after its file was replaced.
pub(crate) fn own_program() -> io::Result<std::path::PathBuf> {
    Ok("/proc/self/exe".into())
}

/// What runs a script that does not say what runs it.
pub(crate) fn shell() -> &'static Path {
    Path::new("/bin/sh")
}

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The process that has this number now, unless it has ended.
pub(super) fn process(pid: u32) -> Option<ProcessId> {
    read_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// The process that a line of `/proc/PID/stat` is about, unless it has ended.
pub(super) fn read_stat(line: &[u8]) -> Option<ProcessId> {
    let line = String::from_utf8_lossy(line);
    let (pid, rest) = line.split_once(' ')?;
    // The name is in brackets and may hold anything; what follows the last does not.
    let mut fields = rest.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    // proc(5): state is field 3, starttime (ticks after boot) is field 22.
    Some(ProcessId { pid: pid.parse().ok()?, start: fields.nth(18)?.parse().ok()? })
}

/// Makes the command's process write its own line of `/proc` into a file before
/// it becomes the program; and end instead, if we have died by then. So whoever
/// knows that we are dead and reads the file knows all that we have started.
pub(crate) fn write_itself_down(command: &mut Command, into: fs::File) {
    write_itself_down_under(rustix::process::getpid(), command, into);
}

#[allow(unsafe_code)]
fn write_itself_down_under(parent: Pid, command: &mut Command, into: fs::File) {
    let before = move || {
        let mut line = [0; 1024];
        let stat = rustix::fs::open(c"/proc/self/stat", OFlags::CLOEXEC, Mode::empty())?;
        let length = rustix::io::read(&stat, &mut line)?;
        // A second try finds the line of the first.
        rustix::fs::ftruncate(&into, 0)?;
        rustix::io::pwrite(&into, line.get(..length).unwrap_or_default(), 0)?;
        if rustix::process::getppid() != Some(parent) {
            return Err(rustix::io::Errno::PIPE.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec only what is async-signal-safe may be done:
    // these are system calls on memory of the stack; nothing allocates or locks.
    unsafe {
        command.pre_exec(before);
    }
}

/// Leaves the session of whoever started this process, so that no terminal and
/// no signal to its group reaches it.
pub(crate) fn leave_session() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Files that are made without saying more may be read by everybody, whatever
/// whoever started us has as a habit: scripts rely on it. Our own say more, or
/// lie in private folders.
pub(crate) fn set_usual_umask() {
    rustix::process::umask(Mode::from_raw_mode(0o022));
}

/// Makes the command's process the leader of a group, which can be ended whole.
pub(crate) fn lead_group(command: &mut Command) {
    command.process_group(0);
}

/// Asks a process's group to end.
pub(crate) fn end_group(pid: u32) {
    signal_group(pid, Signal::TERM);
}

/// Ends a process's group.
pub(crate) fn kill_group(pid: u32) {
    signal_group(pid, Signal::KILL);
}

fn signal_group(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended in between; then there is nothing to do.
        let _gone = rustix::process::kill_process_group(pid, signal);
    }
}

/// The signal that ended a process, where one did.
pub(crate) fn ending_signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Whether this process, or the whole system, had too many files open.
pub(crate) fn out_of_files(error: &io::Error) -> bool {
    let errno = rustix::io::Errno::from_io_error(error);
    matches!(errno, Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE))
}

pub(crate) fn make_executable(file: &Path) -> io::Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o700))
}

/// Whether another process holds a POSIX lock on a file, as dpkg does.
pub(crate) fn file_is_locked(file: &Path) -> bool {
    let Ok(file) = fs::File::open(file) else { return false };
    let lock = Flock::from(FlockType::WriteLock);
    matches!(rustix::process::fcntl_getlk(&file, &lock), Ok(Some(_)))
}

/// Bytes that may still be written to the file system of a folder.
pub(crate) fn free_space(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// What the machine is made of. What cannot be read is left empty.
pub(crate) fn facts(now: i64) -> Facts {
    Facts { system: system(now), disks: disks(), interfaces: interfaces() }
}

fn system(now: i64) -> System {
    let uname = rustix::system::uname();
    let cpuinfo = text("/proc/cpuinfo");
    let uptime: f64 = first_word(&text("/proc/uptime")).parse().unwrap_or(0.0);
    System {
        hostname: node::interfaces::hostname(),
        os: os_name(&text("/etc/os-release")),
        kernel: uname.release().to_string_lossy().into_owned(),
        architecture: uname.machine().to_string_lossy().into_owned(),
        cpu: after_colon(&cpuinfo, "model name").unwrap_or_default(),
        cpus: cpus(&cpuinfo),
        memory: memory(&text("/proc/meminfo")),
        booted: now - (uptime * 1000.0) as i64,
        manufacturer: text("/sys/class/dmi/id/sys_vendor").trim().to_owned(),
        model: text("/sys/class/dmi/id/product_name").trim().to_owned(),
        serial: text("/sys/class/dmi/id/product_serial").trim().to_owned(),
    }
}

/// A small file of the kernel or of the system; empty if it cannot be read.
fn text(path: impl AsRef<Path>) -> String {
    const MOST: u64 = 1024 * 1024;
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
    if read.is_err() {
        return String::new();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn first_word(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or_default()
}

fn after_colon(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    })
}

fn cpus(cpuinfo: &str) -> u32 {
    let count = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn memory(meminfo: &str) -> u64 {
    let total = after_colon(meminfo, "MemTotal").unwrap_or_default();
    first_word(&total).parse::<u64>().unwrap_or(0).saturating_mul(1024)
}

fn os_name(os_release: &str) -> String {
    os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map(|value| value.trim().trim_matches('"').to_owned())
        .unwrap_or_default()
}

/// Mounted file systems that live on a device, each device once.
fn disks() -> Vec<Disk> {
    let mut seen = BTreeSet::new();
    let mut disks = Vec::new();
    for line in text("/proc/mounts").lines() {
        let mut fields = line.split_ascii_whitespace();
        let (Some(device), Some(mount), Some(kind)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        if !device.starts_with("/dev/") || kind == "squashfs" || !seen.insert(device.to_owned()) {
            continue;
        }
        let mount = unescape(mount);
        let Ok(stat) = rustix::fs::statvfs(mount.as_str()) else { continue };
        disks.push(Disk {
            mount,
            device: unescape(device),
            file_system: kind.to_owned(),
            size: stat.f_blocks.saturating_mul(stat.f_frsize),
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
        });
    }
    disks
}

/// `/proc/mounts` writes white space and backslashes as `\040`, in octal.
fn unescape(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .filter(|_| *first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { tail.get(3..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn interfaces() -> Vec<Interface> {
    let mut all: BTreeMap<String, Interface> = BTreeMap::new();
    for entry in fs::read_dir("/sys/class/net").into_iter().flatten().flatten() {
        if !entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let mac = text(entry.path().join("address")).trim().to_owned();
        let mac = if mac == "00:00:00:00:00:00" { String::new() } else { mac };
        all.insert(name.clone(), Interface { name, mac, addresses: Vec::new() });
    }
    for found in node::interfaces::all().unwrap_or_default() {
        let interface = all.entry(found.name.clone()).or_insert_with(|| Interface {
            name: found.name.clone(),
            mac: String::new(),
            addresses: Vec::new(),
        });
        interface.addresses.push(format!("{}/{}", found.address, found.prefix));
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::process::Stdio;

    #[test]
    fn this_machine_has_facts() {
        let facts = facts(node::clock::now());
        assert!(facts.system.cpus > 0 && facts.system.memory > 1024 * 1024, "{facts:?}");
        assert!(!facts.system.kernel.is_empty());
        assert!(facts.interfaces.iter().any(|i| i.addresses.iter().any(|a| a == "127.0.0.1/8")));
    }

    #[test]
    fn mount_points_with_spaces() {
        assert_eq!(unescape(r"/media/my\040disk"), "/media/my disk");
        assert_eq!(unescape(r"a\134b\99"), r"a\b\99");
    }

    #[test]
    fn a_process_is_told_from_its_successor() {
        let own = ProcessId::of(std::process::id()).unwrap();
        assert!(own.is_alive());
        assert!(!ProcessId { start: own.start + 1, ..own }.is_alive());
        let mut child = Command::new("/bin/sh").args(["-c", "exit 0"]).spawn().unwrap();
        let id = child.id();
        child.wait().unwrap();
        assert_eq!(ProcessId::of(id), None);
    }

    #[test]
    fn a_child_writes_itself_down_and_does_nothing_without_its_parent() {
        let folder = tempfile::tempdir().unwrap();
        let (path, mark) = (folder.path().join("child"), folder.path().join("mark"));
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "touch mark; read line"]).current_dir(&folder).stdin(Stdio::piped());

        write_itself_down(&mut command, fs::File::create(&path).unwrap());
        let mut child = command.spawn().unwrap();
        let written = ProcessId::written_down(&fs::read(&path).unwrap());
        assert_eq!(written, ProcessId::of(child.id()));
        assert!(written.unwrap().is_alive());
        child.wait().unwrap();
        assert!(mark.exists());
        fs::remove_file(&mark).unwrap();

        let mut command = Command::new("/bin/touch");
        command.arg(&mark);
        let gone = Pid::from_child(&child);
        write_itself_down_under(gone, &mut command, fs::File::create(&path).unwrap());
        assert_eq!(command.spawn().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(!mark.exists());
    }

    #[test]
    fn os_release_with_and_without_quotes() {
        assert_eq!(os_name("NAME=x\nPRETTY_NAME=\"Debian 13\"\n"), "Debian 13");
        assert_eq!(os_name("PRETTY_NAME=Void"), "Void");
        assert_eq!(os_name(""), "");
    }
}
