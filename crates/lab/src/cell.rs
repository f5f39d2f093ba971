//! A cell: namespaces that live as long as their first process, and a first
//! process that lives as long as a pipe of ours.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

use crate::PATIENCE;

/// A first process waits for its input to end, and reaps nobody: what loses
/// its parent must not stay a zombie.
pub(crate) const WAIT: &str = "echo up; exec env --ignore-signal=CHLD cat";

/// Namespaces for processes, mounts, network, IPC and the host name.
#[derive(Debug)]
pub(crate) struct Cell {
    first: Child,
    /// Closing it ends the cell.
    held: Option<ChildStdin>,
    /// The cell's first process, as seen from outside.
    pid: u32,
}

impl Cell {
    /// Starts a cell by a shell script that ends with [`WAIT`].
    ///
    /// # Panics
    /// Where the script does not come to that.
    pub(crate) fn new(name: &str, script: &str, variables: &[(&str, &str)]) -> Self {
        let mut first = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"])
            .args(["--mount-proc", "sh", "-c", script])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare starts");
        let held = first.stdin.take().expect("its input is a pipe");
        let mut out = BufReader::new(first.stdout.take().expect("its output is a pipe"));
        let mut said = String::new();
        out.read_line(&mut said).expect("its output is text");
        assert_eq!(said, "up\n", "{name} did not come up");
        let pid = only_child(first.id());
        Self { first, held: Some(held), pid }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// A program of this machine, in the cell's network only.
    pub(crate) fn in_network(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid.to_string(), "--net", "--"]).arg(program);
        command
    }

    /// A program of this machine, in all of the cell's namespaces, so that it
    /// ends with the cell.
    pub(crate) fn within(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.pid.to_string(), "--mount", "--net", "--pid", "--"])
            .arg(program);
        command
    }

    /// Runs a closure on a thread that is in the cell's network: its sockets
    /// are the cell's.
    pub(crate) fn inside<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let path = PathBuf::from(format!("/proc/{}/ns/net", self.pid));
        let network = std::fs::File::open(&path).expect("a cell has a network");
        let entered = move || {
            rustix::thread::move_into_link_name_space(
                std::os::fd::AsFd::as_fd(&network),
                Some(rustix::thread::LinkNameSpaceType::Network),
            )
            .expect("root may enter a network");
            act()
        };
        let done = std::thread::scope(|scope| scope.spawn(entered).join());
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        // The first process ends with its input, and with it all others of its
        // namespace.
        drop(self.held.take());
        let _reaped = self.first.wait();
    }
}

/// The one child of a process that has just started it.
///
/// # Panics
/// Where there is none within [`PATIENCE`].
pub(crate) fn only_child(parent: u32) -> u32 {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let mut text = String::new();
        if std::fs::File::open(&path).and_then(|mut file| file.read_to_string(&mut text)).is_err() {
            break;
        }
        if let Some(pid) = text.split_whitespace().next().and_then(|pid| pid.parse().ok()) {
            return pid;
        }
        std::thread::yield_now();
    }
    panic!("process {parent} has no child");
}
