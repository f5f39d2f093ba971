//! A program that runs in a machine, and what it has said so far.

use std::io::{BufRead as _, BufReader, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::PATIENCE;
use crate::cell::only_child;

/// A program that runs in a machine. Dropping it leaves it running: it ends
/// with its machine.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    /// All that was waited for so far.
    pub said: Vec<String>,
}

impl Running {
    pub(crate) fn new(mut child: Child) -> Self {
        let (sender, lines) = channel();
        follow(child.stdout.take().expect("piped"), sender.clone());
        follow(child.stderr.take().expect("piped"), sender);
        Self { child, lines, said: Vec::new() }
    }

    /// Waits until a line holds the text, among those not yet waited for.
    ///
    /// # Panics
    /// Where the program ends before, or [`PATIENCE`] does.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        self.wait_within(text, PATIENCE)
            .unwrap_or_else(|| panic!("nothing said {text:?}, but:\n{}", self.said.join("\n")))
    }

    /// The same, for at most so long.
    pub fn wait_within(&mut self, text: &str, patience: Duration) -> Option<String> {
        let end = Instant::now() + patience;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(text) {
                        return Some(line);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// The program's process, as seen from outside: `nsenter`'s only child.
    ///
    /// # Panics
    /// Where the program has ended.
    pub fn pid(&self) -> u32 {
        only_child(self.child.id())
    }

    /// `kill -9`, and waits for its end.
    pub fn kill(mut self) {
        signal(self.pid(), Signal::KILL);
        let _ended = self.child.wait();
    }

    /// Asks it to end, waits, and returns its exit code and all it said.
    ///
    /// # Panics
    /// Where it had ended already.
    #[track_caller]
    pub fn stop(self) -> (Option<i32>, String) {
        signal(self.pid(), Signal::TERM);
        self.ended()
    }

    /// Waits for its end, and returns its exit code and all it said.
    ///
    /// # Panics
    /// Where it does not end within [`PATIENCE`].
    #[track_caller]
    pub fn ended(mut self) -> (Option<i32>, String) {
        // Its streams close when it ends, a little before it is gone.
        self.wait_within("\0", PATIENCE);
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("it was our child") {
                return (status.code(), self.said.join("\n"));
            }
            std::thread::yield_now();
        }
        panic!("it did not end, but said:\n{}", self.said.join("\n"));
    }
}

fn follow(stream: impl Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if to.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may have ended by itself.
    let _gone = kill_process(pid.expect("a process has a number"), signal);
}
