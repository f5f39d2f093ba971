//! What depends on the operating system: the only place in the agent that asks
//! which one it is. Linux does all of it. Windows compiles, so that nothing
//! else grows a dependence on Linux by accident, and says what it cannot do
//! yet instead of pretending.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(not(target_os = "linux"))]
mod windows;
#[cfg(not(target_os = "linux"))]
use windows as system;

pub(crate) use system::{
    end_group, ending_signal, facts, file_is_locked, free_space, kill_group, lead_group,
    leave_session, make_executable, out_of_files, own_program, random, read_secret,
    set_usual_umask, shell, write_itself_down,
};

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pub pid: u32,
    /// When it started, in the system's own unit.
    pub start: u64,
}

impl ProcessId {
    /// The process that has this number now, if it runs.
    pub fn of(pid: u32) -> Option<Self> {
        system::process(pid)
    }

    /// The process that has written itself down ([`write_itself_down`]).
    pub(crate) fn written_down(line: &[u8]) -> Option<Self> {
        system::read_stat(line)
    }

    /// Whether it still runs. One that has ended and was not collected by its
    /// parent does not.
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// Waits until none of these files is locked, at most `limit`. True when so.
pub(crate) async fn unlocked(files: &[&Path], limit: Duration) -> bool {
    const LOOK: Duration = Duration::from_millis(500);
    let watch = node::clock::Stopwatch::start();
    while files.iter().any(|file| file_is_locked(file)) {
        if watch.elapsed() > limit {
            return false;
        }
        node::clock::sleep(LOOK).await;
    }
    true
}

/// Shows what a person is asked, on standard error.
fn ask(question: &str) {
    use std::io::Write as _;
    // Nobody is there to be asked when it is closed.
    let _closed = write!(std::io::stderr(), "{question}");
}

/// What inventory asks of the system, beside the packages.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) system: wire::client::System,
    pub(crate) disks: Vec<wire::client::Disk>,
    pub(crate) interfaces: Vec<wire::client::Interface>,
}
