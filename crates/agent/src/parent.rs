//! The parent on this machine: `portolan up` starts the agent as its child and
//! holds a pipe to its standard input. Lines on it are JSON; its end is the
//! parent's end, and the agent's.

use std::io::{self, BufRead as _, Read as _};

use node::stop::Stop;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::agent::Event;

/// The longest line, in bytes: a map in base64 fits.
const LINE: u64 = 1024 * 1024;

/// What a parent may say.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Become a client of this site.
    Enrol {
        /// [`trust::invitation::Invitation`] as text.
        invitation: String,
        token: String,
    },
    /// A service map: an envelope, base64.
    Map(String),
}

impl Word {
    /// The line that says it.
    pub fn to_line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let word = serde_json::from_str(line);
        // The line may hold a token, so the log does not.
        word.inspect_err(|_| tracing::warn!("a line from the parent makes no sense")).ok()
    }
}

/// Listens to the parent on a thread of its own, and stops the agent when the
/// pipe closes. Standard input cannot be read without a thread.
pub(crate) fn listen(events: mpsc::Sender<Event>, stop: Stop) -> io::Result<()> {
    std::thread::Builder::new().name("parent".to_owned()).stack_size(128 * 1024).spawn(
        move || {
            let mut stdin = io::stdin().lock();
            loop {
                let mut line = Vec::new();
                match stdin.by_ref().take(LINE).read_until(b'\n', &mut line) {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => break,
                }
                let line = String::from_utf8_lossy(&line).into_owned();
                if !line.trim().is_empty() && events.blocking_send(Event::Parent(line)).is_err() {
                    break;
                }
            }
            tracing::info!("the parent has ended: stopping");
            stop.stop();
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_parent_and_an_agent_understand_each_other() {
        let (invitation, token) = ("portolan:…".to_owned(), "ptk_…".to_owned());
        let line = Word::Enrol { invitation, token }.to_line().unwrap();
        assert_eq!(line, "{\"enrol\":{\"invitation\":\"portolan:…\",\"token\":\"ptk_…\"}}");
        assert!(matches!(Word::parse(&line), Some(Word::Enrol { .. })));
        assert!(matches!(Word::parse("{\"map\":\"AA==\"}"), Some(Word::Map(map)) if map == "AA=="));
        assert!(Word::parse("{\"map\":1}").is_none());
    }
}
