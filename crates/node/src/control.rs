//! The control socket: how a command on this machine speaks to the program
//! that is running here (`portolan-agent sync`). A Unix socket with mode 0600;
//! one line is asked, one answer is given, the connection closes.
//!
//! It is no flow: nothing of it can leave the machine.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::os;
use crate::stop::Stop;
use crate::task::Tasks;

/// The longest question, its line feed included. Bytes.
pub const QUESTION: usize = 1024; // not a port: bytes
/// The longest answer. Bytes.
pub const ANSWER: usize = 64 * 1024;
/// How long either side waits for the other to write.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the control socket does not work.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Another process answers there.
    #[error("another process is answering at {}: is the program running already?", .path.display())]
    Running {
        /// The socket.
        path: PathBuf,
    },
    /// It could not be opened for listening.
    #[error("cannot listen at {}", .path.display())]
    Listen {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nobody answers there.
    #[error("nothing answers at {}: is the program running, and is this its user?", .path.display())]
    Nobody {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The conversation broke off.
    #[error("the conversation at {} broke off", .path.display())]
    Broken {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A question or an answer is over its limit.
    #[error("a line on the control socket is longer than {limit} bytes or has a line feed inside")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

/// A control socket that is open. Dropping it removes its file.
#[derive(Debug)]
pub struct Control {
    listener: os::ControlListener,
    path: PathBuf,
}

impl Control {
    /// Opens the socket at `path`, whose folder must be there. What a dead
    /// process has left behind is replaced. Needs a running tokio runtime.
    ///
    /// # Errors
    /// [`ControlError::Running`] when somebody answers there already;
    /// [`ControlError::Listen`].
    pub async fn listen(path: &Path) -> Result<Self, ControlError> {
        let fail = |source| ControlError::Listen { path: path.to_owned(), source };
        if path.symlink_metadata().is_ok() {
            if os::control_connect(path).await.is_ok() {
                return Err(ControlError::Running { path: path.to_owned() });
            }
            std::fs::remove_file(path).map_err(fail)?;
        }
        let listener = os::control_listen(path).map_err(fail)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers every question until `stop`.
    pub async fn serve<F, A>(self, answer: F, stop: Stop)
    where
        F: Fn(String) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = String> + Send + 'static,
    {
        let mut conversations = Tasks::new();
        loop {
            tokio::select! {
                () = stop.stopped() => break,
                Some(_ended) = conversations.ended() => {}
                accepted = os::control_accept(&self.listener) => match accepted {
                    Ok(stream) => conversations.spawn("control", converse(stream, answer.clone())),
                    Err(error) => {
                        tracing::warn!("the control socket: {error}");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
        conversations.join(PATIENCE).await;
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Nothing is lost if it stays: the next one replaces it.
        drop(std::fs::remove_file(&self.path));
    }
}

async fn converse<F, A>(mut stream: os::ControlStream, answer: F)
where
    F: Fn(String) -> A,
    A: Future<Output = String>,
{
    let question = tokio::time::timeout(PATIENCE, read_question(&mut stream)).await;
    let Ok(Ok(Some(question))) = question else {
        tracing::debug!(
            "a question on the control socket was not a line of up to {QUESTION} bytes"
        );
        return;
    };
    let reply = answer(question).await;
    let written = tokio::time::timeout(PATIENCE, async {
        stream.write_all(reply.as_bytes()).await?;
        stream.shutdown().await
    });
    if !matches!(written.await, Ok(Ok(()))) {
        tracing::debug!("whoever asked on the control socket did not wait for the answer");
    }
}

/// One line without its end; `None` when it is too long, cut off or not UTF-8.
async fn read_question(stream: &mut os::ControlStream) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    while bytes.len() < QUESTION {
        match stream.read_u8().await? {
            b'\n' => return Ok(String::from_utf8(bytes).ok()),
            byte => bytes.push(byte),
        }
    }
    Ok(None)
}

/// Asks the program behind `path` one line and gives its answer.
///
/// # Errors
/// [`ControlError::Nobody`] when nothing listens there, [`ControlError::Broken`]
/// also when no answer came `within`, [`ControlError::TooLong`].
pub async fn ask(path: &Path, question: &str, within: Duration) -> Result<String, ControlError> {
    if question.len() >= QUESTION || question.contains('\n') {
        return Err(ControlError::TooLong { limit: QUESTION });
    }
    let nobody = |source| ControlError::Nobody { path: path.to_owned(), source };
    let stream = os::control_connect(path).await.map_err(nobody)?;
    let asked = tokio::time::timeout(within, ask_on(stream, question)).await;
    let answer = asked
        .unwrap_or_else(|_late| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| ControlError::Broken { path: path.to_owned(), source })?;
    if answer.len() > ANSWER {
        return Err(ControlError::TooLong { limit: ANSWER });
    }
    Ok(answer)
}

async fn ask_on(mut stream: os::ControlStream, question: &str) -> io::Result<String> {
    stream.write_all(format!("{question}\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.take(ANSWER as u64 + 1).read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_line_is_asked_and_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        assert!(matches!(ask(&path, "sync", SOON).await, Err(ControlError::Nobody { .. })));

        let stop = Stop::new();
        let control = Control::listen(&path).await.unwrap();
        let mode = os::mode(&path.metadata().unwrap());
        assert!(mode.is_none_or(|mode| mode == 0o600), "{mode:?}");
        let answer = async |line: String| format!("done: {line}");
        let serving = tokio::spawn(control.serve(answer, stop.clone()));
        assert_eq!(ask(&path, "sync now", SOON).await.unwrap(), "done: sync now");
        assert!(matches!(Control::listen(&path).await, Err(ControlError::Running { .. })));
        let long = "x".repeat(QUESTION);
        assert!(matches!(ask(&path, &long, SOON).await, Err(ControlError::TooLong { .. })));

        // A silent client does not keep the program from ending.
        let silent = os::control_connect(&path).await.unwrap();
        drop(silent);
        stop.stop();
        serving.await.unwrap();
        assert!(!path.exists());
    }
}
