//! Child processes: ourselves a second time, tied to our life by a pipe; and
//! programs that are run to their end under limits.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::os;

/// A second process of our own program. Its standard input is a pipe that we
/// hold open: when we end, however we end, the pipe closes and the child sees
/// it ([`crate::stop::Stop::when_stdin_closes`]).
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code; 0 is success.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// We ended it because its time was over.
    TimeOver(Duration),
}

impl End {
    /// Whether it ended by itself with code 0.
    pub fn is_success(self) -> bool {
        self == Self::Exit(0)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(0) => write!(f, "ended normally"),
            Self::Exit(code) => write!(f, "ended with code {code}"),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
            Self::TimeOver(limit) => write!(f, "was ended after {} seconds", limit.as_secs()),
        }
    }
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), os::ending_signal(status)) {
            (Some(code), _) => Self::Exit(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

/// Starts our own program again with `arguments`. Needs no runtime, so that it
/// can be done before rights are given up ([`crate::privilege::drop_to`]).
///
/// # Errors
/// When the program cannot be found or started.
pub fn spawn_self<I, A>(arguments: I) -> io::Result<Child>
where
    I: IntoIterator<Item = A>,
    A: Into<OsString>,
{
    let mut command = Command::new(os::own_program()?);
    command.args(arguments.into_iter().map(Into::into)).stdin(Stdio::piped());
    // A Ctrl-C at the terminal is for the parent, which then ends the child.
    os::own_group(&mut command);
    Ok(Child { process: command.spawn()? })
}

impl Child {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Writes a line into the pipe that the child reads, which no other process
    /// can: the way for what must not stand among its arguments.
    ///
    /// # Errors
    /// When the child has gone, or does not read.
    pub fn tell(&mut self, line: &str) -> io::Result<()> {
        let pipe = self.process.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        pipe.write_all(line.as_bytes())?;
        pipe.write_all(b"\n")
    }

    /// Waits until it has ended; safe to drop and to ask again. The child is
    /// older than the runtime, whose own way to wait therefore does not serve.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub async fn ended(&mut self) -> io::Result<End> {
        loop {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status.into());
            }
            os::news_of_child(self.pid()).await;
        }
    }

    /// Closes the pipe, which asks the child to end; waits `within`, then kills.
    ///
    /// # Errors
    /// When the system cannot tell how it ended.
    pub async fn end(&mut self, within: Duration) -> io::Result<End> {
        drop(self.process.stdin.take());
        if let Ok(end) = tokio::time::timeout(within, self.ended()).await {
            return end;
        }
        self.process.kill()?;
        self.ended().await?;
        Ok(End::TimeOver(within))
    }
}

/// A program to run to its end.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its file, or a name that is looked up in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment; ours is not inherited.
    pub environment: Vec<(String, String)>,
    /// The folder in which it starts.
    pub folder: PathBuf,
    /// How long it may run; then it is killed with all that it has started.
    pub within: Duration,
    /// How many bytes of its output are kept: the last ones.
    pub tail: usize,
}

/// What came of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The end of what it printed on either output.
    pub output: Vec<u8>,
}

/// Runs a program to its end. A service that it has left running lives on. When
/// the time is over, or the future is dropped, the program is killed with all
/// that it has started.
///
/// # Errors
/// When it cannot be started, or its output cannot be read.
pub async fn run(program: &Program) -> io::Result<Outcome> {
    let mut child = start(program)?;
    let mut group = Group { leader: child.id() };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let mut output = Tail { kept: Vec::new(), limit: program.tail };
    let mut open = true;
    let end = {
        let mut following = std::pin::pin!(output.follow(out, err));
        let ended = tokio::time::timeout(program.within, async {
            loop {
                tokio::select! {
                    status = child.wait() => return status,
                    read = &mut following, if open => {
                        read?;
                        open = false;
                    }
                }
            }
        });
        let end = match ended.await {
            Ok(status) => {
                group.leader = None;
                status?.into()
            }
            Err(_over) => End::TimeOver(program.within),
        };
        drop(group);
        if open {
            // A service that holds the output open must not hold us up.
            drop(tokio::time::timeout(LAST_WORDS, following).await);
        }
        end
    };
    // Waits for a killed program too, so that no dead one is left over.
    child.wait().await?;
    Ok(Outcome { end, output: output.kept })
}

/// How long output is read after the program itself has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

fn start(program: &Program) -> io::Result<tokio::process::Child> {
    let mut command = Command::new(&program.program);
    command
        .args(&program.arguments)
        .env_clear()
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&program.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    os::own_group(&mut command);
    tokio::process::Command::from(command).kill_on_drop(true).spawn()
}

/// Kills a process group when dropped, unless its leader has been waited for:
/// after that its number may belong to somebody else.
struct Group {
    leader: Option<u32>,
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // An error means that the group is gone already.
            drop(os::kill_group(leader));
        }
    }
}

struct Tail {
    kept: Vec<u8>,
    limit: usize,
}

impl Tail {
    /// Reads both outputs, as they come, until both have ended.
    async fn follow(
        &mut self,
        mut out: Option<impl AsyncRead + Unpin>,
        mut err: Option<impl AsyncRead + Unpin>,
    ) -> io::Result<()> {
        let (mut first, mut second) = ([0u8; 4096], [0u8; 4096]);
        while out.is_some() || err.is_some() {
            tokio::select! {
                read = read_some(&mut out, &mut first), if out.is_some() => {
                    self.push(first.get(..read?).unwrap_or_default());
                }
                read = read_some(&mut err, &mut second), if err.is_some() => {
                    self.push(second.get(..read?).unwrap_or_default());
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        let surplus = self.kept.len().saturating_sub(self.limit);
        self.kept.drain(..surplus);
    }
}

/// Reads from a stream, and forgets it at its end.
async fn read_some(
    from: &mut Option<impl AsyncRead + Unpin>,
    buffer: &mut [u8],
) -> io::Result<usize> {
    let Some(stream) = from else { return Ok(0) };
    let count = stream.read(buffer).await?;
    if count == 0 {
        *from = None;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn shell(script: &str, within: Duration, tail: usize) -> Program {
        Program {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            folder: std::env::temp_dir(),
            within,
            tail,
        }
    }

    #[tokio::test]
    async fn ends_are_told_in_words() {
        let minute = Duration::from_secs(60);
        let run_shell = async |script| run(&shell(script, minute, 8)).await.unwrap();
        assert_eq!(run_shell("echo 0123456789; exit 3").await.end.to_string(), "ended with code 3");
        assert_eq!(run_shell("echo 0123456789").await.output, b"3456789\n");
        assert_eq!(run_shell("kill -9 $$").await.end.to_string(), "ended by signal 9");
        assert!(run_shell("test -z \"$HOME$CARGO\"").await.end.is_success(), "not our environment");
    }

    #[tokio::test]
    async fn time_over_ends_the_whole_family() {
        // The inner shell holds the output open: only its end ends the reading.
        let script = "sh -c 'echo begun; while :; do read x < /dev/zero; done' & wait";
        let outcome = run(&shell(script, Duration::from_millis(300), 100)).await.unwrap();
        assert!(matches!(outcome.end, End::TimeOver(_)));
        assert_eq!(outcome.output, b"begun\n");
    }
}
