//! A machine for a test: namespaces of its own for processes, mounts and
//! network, whose root file system is this machine's own under an overlay in
//! memory, and whose network is `lo` alone. What is installed in it is really
//! installed, by the real package database, and gone with it. All of it ends
//! when the value is dropped, and also when the test's process dies: its first
//! process reads a pipe that the test holds.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything takes on a loaded machine; a test that waits so long
/// has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

const SET_UP: &str = r#"
set -e
ip link set lo up
mount -t tmpfs -o size=3g sandbox /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t proc proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
mount --rbind /sys /mnt/root/sys
mount -t tmpfs tmp /mnt/root/tmp
mount -t tmpfs run /mnt/root/run
chmod 1777 /mnt/root/tmp
mkdir -p "/mnt/root$PORTOLAN_REPOSITORY"
mount --rbind "$PORTOLAN_REPOSITORY" "/mnt/root$PORTOLAN_REPOSITORY"
install -m 755 "$PORTOLAN_PROGRAM" /mnt/root/usr/bin/portolan
exec chroot /mnt/root sh -c 'echo up; exec cat'
"#;

/// The machine.
pub(crate) struct Sandbox {
    first: Child,
    /// Closing it ends the machine.
    held: Option<ChildStdin>,
    /// The machine's first process, as seen from outside.
    pid: u32,
}

impl Sandbox {
    /// # Panics
    /// When namespaces or overlays are not to be had; see [`obstacle`].
    pub(crate) fn new() -> Self {
        let mut first = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"])
            .args(["--mount-proc", "sh", "-c", SET_UP])
            .env("PORTOLAN_PROGRAM", env!("CARGO_BIN_EXE_portolan"))
            .env("PORTOLAN_REPOSITORY", repository())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare starts");
        let held = first.stdin.take().expect("its input is a pipe");
        let mut out = BufReader::new(first.stdout.take().expect("its output is a pipe"));
        let mut said = String::new();
        out.read_line(&mut said).expect("its output is text");
        assert_eq!(said, "up\n", "the sandbox did not come up");
        let pid = only_child(first.id());
        Self { first, held: Some(held), pid }
    }

    /// A command in the machine, as its root.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.pid.to_string(), "--all", "--root", "--wd", "--"])
            .arg(program)
            .env_remove("XDG_DATA_HOME")
            .env_remove("PORTOLAN_DIR")
            .env("HOME", "/root")
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("NO_COLOR", "1");
        command
    }

    /// A command line in the machine, by its shell.
    pub(crate) fn shell(&self, line: &str) -> Said {
        Said::of(&self.command("sh").args(["-c", line]).output().expect("nsenter runs"), line)
    }

    /// `portolan` with these words.
    pub(crate) fn portolan(&self, words: &str) -> Said {
        self.shell(&format!("portolan {words}"))
    }

    /// Starts `portolan` with these words, and leaves it running.
    pub(crate) fn start(&self, words: &str) -> Running {
        self.start_shell(&format!("exec portolan {words}"))
    }

    /// Starts a command line, and leaves it running.
    pub(crate) fn start_shell(&self, line: &str) -> Running {
        let child = self
            .command("sh")
            .args(["-c", line])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nsenter starts");
        Running::new(child)
    }

    /// Writes a file in the machine.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let at = self.path(path);
        if let Some(parent) = at.parent() {
            std::fs::create_dir_all(parent).expect("a folder in the machine");
        }
        std::fs::write(at, text).expect("a file in the machine");
    }

    /// A path of the machine, from outside.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        Path::new(&format!("/proc/{}/root", self.pid)).join(path.trim_start_matches('/'))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The first process ends with its input, and with it all others of its
        // namespace.
        drop(self.held.take());
        let _reaped = self.first.wait();
    }
}

/// Why no sandbox can be made here; nothing when one can.
pub(crate) fn obstacle() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("needs root, for namespaces and for installing packages".into());
    }
    let found = Command::new("unshare").arg("--version").output();
    found.is_err().then(|| "needs unshare, of the package util-linux".into())
}

/// The workspace's folder.
pub(crate) fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// What a command said and how it ended.
pub(crate) struct Said {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &Output, line: &str) -> Self {
        Self {
            line: line.to_owned(),
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// # Panics
    /// Unless it ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.ended(0)
    }

    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "`{}` said:\n{}{}", self.line, self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        let said = self.ok();
        serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("`{}`: {error}:\n{}", said.line, said.out))
    }

    /// # Panics
    /// Unless either stream holds the text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let both = format!("{}{}", self.out, self.err);
        assert!(both.contains(text), "`{}` does not say {text:?} but:\n{both}", self.line);
        self
    }
}

/// A program that runs in the machine.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    /// All that it said so far.
    pub(crate) said: Vec<String>,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let (sender, lines) = channel();
        follow(child.stdout.take().expect("piped"), sender.clone());
        follow(child.stderr.take().expect("piped"), sender);
        Self { child, lines, said: Vec::new() }
    }

    /// Waits until a line holds the text, among those not yet waited for.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        self.wait_within(text, PATIENCE)
            .unwrap_or_else(|| panic!("nothing said {text:?}, but:\n{}", self.said.join("\n")))
    }

    pub(crate) fn wait_within(&mut self, text: &str, patience: Duration) -> Option<String> {
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
    pub(crate) fn pid(&self) -> u32 {
        only_child(self.child.id())
    }

    /// `kill -9`, and waits for its end.
    pub(crate) fn kill(mut self) {
        signal(self.pid(), Signal::KILL);
        let _ended = self.child.wait();
    }

    /// Asks it to end, waits, and returns its exit code and all it said.
    #[track_caller]
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        signal(self.pid(), Signal::TERM);
        let code = self.child.wait().expect("it was our child").code();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push(line);
        }
        (code, self.said.join("\n"))
    }
}

fn follow(stream: impl std::io::Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if to.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may have ended by itself.
    let _gone = kill_process(pid.expect("a process has a number"), signal);
}

/// The one child of a process that has just started it.
fn only_child(parent: u32) -> u32 {
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
