//! One child process from start to end: its output bounded, its time bounded,
//! its whole group ended when the time is over. Blocking; called by the action
//! runner, which is a process of its own. (Detection asks short questions through
//! `node::process`, which kills what is not finished when the agent stops; an
//! installer must be asked to end first, and must outlive the agent.)

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, PipeReader, Read as _, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use node::clock::Stopwatch;
use serde::{Deserialize, Serialize};

use crate::platform;

/// Bytes of a child's output that are kept from its start.
const HEAD: usize = 256 * 1024;
/// Bytes of a child's output that are kept from its end.
const TAIL: usize = 64 * 1024;
/// Between the request to end and the end by force.
const GRACE: Duration = Duration::from_secs(10);
/// How long output is still read after the end: a service that the child has
/// started may hold the pipe open for ever.
const AFTERMATH: Duration = Duration::from_secs(1);
/// How often the child is looked at while it says nothing.
const LOOK: Duration = Duration::from_millis(50);

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Ended {
    Exited {
        code: i32,
    },
    Signalled {
        signal: i32,
    },
    /// It was ended because its time was over.
    TimedOut {
        /// Seconds that it had.
        limit: u64,
    },
    /// It never ran.
    NotStarted {
        why: String,
        /// What was in the way may be gone later: a full disk, too many
        /// processes.
        #[serde(default)]
        passing: bool,
    },
}

impl Ended {
    /// It never ran, because of `what`.
    pub(crate) fn not_started(what: &str, error: &io::Error) -> Self {
        Self::NotStarted { why: format!("{what}: {error}"), passing: is_passing(error) }
    }

    /// The exit code, where it ended by itself.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Exited { code } => Some(*code),
            _ => None,
        }
    }
}

impl std::fmt::Display for Ended {
    /// Continues a sentence that begins with what ran.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "ended with exit code {code}"),
            Self::Signalled { signal } => write!(f, "was ended by signal {signal}"),
            Self::TimedOut { limit } => {
                write!(f, "was ended because it took longer than {limit} s, its time limit")
            }
            Self::NotStarted { why, .. } => write!(f, "did not run: {why}"),
        }
    }
}

/// Whether the system may be able to do later what it could not do now.
pub(crate) fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::OutOfMemory
            | io::ErrorKind::WouldBlock
    ) || platform::out_of_files(error)
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command, limit: Duration, output: &mut dyn Write) -> Ended {
    match start(command) {
        Ok((child, chunks)) => follow(child, &chunks, limit, output),
        Err(error) => {
            let program = command.get_program().to_string_lossy();
            Ended::not_started(&format!("{program} could not be started"), &error)
        }
    }
}

fn start(command: &mut Command) -> io::Result<(Child, Receiver<Vec<u8>>)> {
    let (reader, writer) = io::pipe()?;
    platform::lead_group(command);
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    // The thread first: nothing may fail any more once the child runs.
    let (sender, chunks) = sync_channel(4);
    std::thread::Builder::new().name("output".to_owned()).spawn(move || pump(reader, &sender))?;
    let child = spawn(command)?;
    // The command holds the pipe's write end; without this its end never comes.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Ok((child, chunks))
}

/// Starts the process. A script that was written a moment ago may still be
/// open for writing in a process that was being forked just then; that passes.
fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(LOOK);
            }
            other => return other,
        }
    }
    command.spawn()
}

fn pump(mut reader: PipeReader, chunks: &SyncSender<Vec<u8>>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = reader.read(&mut buffer) {
        let Some(chunk) = buffer.get(..read) else { return };
        if chunks.send(chunk.to_vec()).is_err() {
            return;
        }
    }
}

fn follow(
    mut child: Child,
    chunks: &Receiver<Vec<u8>>,
    limit: Duration,
    output: &mut dyn Write,
) -> Ended {
    let pid = child.id();
    let watch = Stopwatch::start();
    let (mut asked, mut forced) = (false, false);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(error) => {
                return Ended::NotStarted { why: format!("it was lost: {error}"), passing: false };
            }
        }
        let elapsed = watch.elapsed();
        if elapsed > limit && !asked {
            platform::end_group(pid);
            asked = true;
        }
        if elapsed > limit.saturating_add(GRACE) && !forced {
            platform::kill_group(pid);
            forced = true;
        }
        take(chunks, output, LOOK);
    };
    let aftermath = Stopwatch::start();
    while aftermath.elapsed() < AFTERMATH && take(chunks, output, LOOK) {}
    if asked {
        // What it started and left behind has had its time as well.
        platform::kill_group(pid);
        return Ended::TimedOut { limit: limit.as_secs() };
    }
    ended(status)
}

/// Passes on one chunk of output, if one comes in time. False when no more will.
fn take(chunks: &Receiver<Vec<u8>>, output: &mut dyn Write, within: Duration) -> bool {
    match chunks.recv_timeout(within) {
        Ok(chunk) => {
            // Output that cannot be kept (disk full) is no reason to end the child.
            let _lost = output.write_all(&chunk);
            true
        }
        Err(RecvTimeoutError::Timeout) => true,
        Err(RecvTimeoutError::Disconnected) => {
            std::thread::sleep(within);
            false
        }
    }
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), platform::ending_signal(status)) {
        (Some(code), _) => Ended::Exited { code },
        (None, signal) => Ended::Signalled { signal: signal.unwrap_or(0) },
    }
}

/// A file that keeps the head and the tail of what is written to it.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    head: usize,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Log {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, head: HEAD, tail: VecDeque::new(), left_out: 0 })
    }

    /// Writes the tail behind the head.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.left_out > 0 {
            writeln!(self.file, "\n[{} bytes left out]", self.left_out)?;
        }
        let (front, back) = self.tail.as_slices();
        self.file.write_all(front)?;
        self.file.write_all(back)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (head, rest) = bytes.split_at(self.head.min(bytes.len()));
        self.head -= head.len();
        self.file.write_all(head)?;
        self.tail.extend(rest);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
        self.left_out += surplus as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The last lines of a log, at most [`wire::limit::OUTPUT_TAIL`] bytes, without
/// control characters: it will be shown in terminals.
pub(crate) fn last_lines(log: &Path) -> String {
    use std::io::{Seek as _, SeekFrom};
    let most = wire::limit::OUTPUT_TAIL as u64;
    let mut bytes = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(most)))?;
        file.take(most).read_to_end(&mut bytes)?;
        Ok(size > most)
    });
    let Ok(cut) = read else { return String::new() };
    let text = plain(&bytes);
    let text = match text.split_once('\n') {
        Some((_partial, rest)) if cut => rest,
        _ => text.as_str(),
    };
    text.trim_end().to_owned()
}

/// Text without control characters but line ends and tabs, and no longer than
/// the bytes were allowed to be.
pub(crate) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut text: String =
        text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    // A replacement character is longer than the byte that it stands for.
    let mut end = wire::limit::OUTPUT_TAIL.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new(platform::shell());
        command.args(["-c", script]);
        command
    }

    fn run_it(script: &str, limit: Duration) -> (Ended, String) {
        let mut output = Vec::new();
        let ended = run(&mut sh(script), limit, &mut output);
        (ended, String::from_utf8(output).unwrap())
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn output_of_both_kinds_and_the_exit_code() {
        let (ended, output) = run_it("echo one; echo two >&2; exit 3", MINUTE);
        assert_eq!(ended, Ended::Exited { code: 3 });
        assert_eq!(output, "one\ntwo\n");
    }

    #[test]
    fn a_signal_is_told_from_an_exit() {
        assert_eq!(run_it("kill -9 $$", MINUTE).0, Ended::Signalled { signal: 9 });
    }

    #[test]
    fn what_cannot_start_says_why() {
        let mut command = Command::new("/nowhere/at-all");
        let ended = run(&mut command, MINUTE, &mut Vec::new());
        let Ended::NotStarted { why, passing: false } = ended else { panic!("{ended:?}") };
        assert!(why.starts_with("/nowhere/at-all could not be started: "), "{why}");
    }

    #[test]
    fn the_whole_group_is_ended_when_the_time_is_over() {
        let watch = Stopwatch::start();
        let (ended, _) = run_it("sleep 600 & sleep 600", Duration::from_millis(100));
        assert_eq!(ended, Ended::TimedOut { limit: 0 });
        assert!(watch.elapsed() < GRACE, "both sleepers held the pipe open");
    }

    #[test]
    fn a_service_left_behind_is_not_waited_for() {
        let (ended, output) = run_it("echo started; sleep 5 & exit 0", MINUTE);
        assert_eq!(ended, Ended::Exited { code: 0 });
        assert_eq!(output, "started\n");
    }

    #[test]
    fn much_output_keeps_its_head_and_tail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output.log");
        let mut log = Log::create(&path).unwrap();
        log.write_all(b"first line\n").unwrap();
        for _ in 0..1000 {
            log.write_all(&[b'.'; 1000]).unwrap();
        }
        log.write_all(b"\nlast \x1b[31mline\xff\n").unwrap();
        log.finish().unwrap();
        let text = std::fs::read(&path).unwrap();
        assert!(text.len() < HEAD + TAIL + 100 && text.starts_with(b"first line\n"));
        let last = last_lines(&path);
        assert_eq!(last, "last [31mline\u{fffd}");
        assert_eq!(last_lines(&folder.path().join("missing")), "");
    }
}
