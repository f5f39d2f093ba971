//! A secret, asked for at a terminal that does not show it, or read from what
//! standard input is instead.

use std::io::{self, BufRead as _, Read as _};

use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, isatty, tcgetattr, tcsetattr,
};

use crate::platform::ask;

/// The longest secret that is read, in bytes.
const LIMIT: u64 = 4096;
/// What a terminal sends for Ctrl-C.
const INTERRUPT: u8 = 3;

/// Asks for a line from standard input without showing it, where that is a
/// terminal.
pub(crate) fn read_secret(question: &str) -> io::Result<String> {
    let stdin = io::stdin();
    if !isatty(&stdin) {
        ask(question);
        let mut line = String::new();
        stdin.lock().take(LIMIT).read_line(&mut line)?;
        return Ok(line);
    }
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    // Ctrl-C ends the line here, and us only when the terminal is as it was:
    // otherwise it would leave a terminal that shows nothing.
    silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
    silent.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
    // Before the question: an answer may be pasted the moment that it is seen.
    tcsetattr(&stdin, OptionalActions::Now, &silent)?;
    ask(question);
    let line = line(&mut stdin.lock());
    tcsetattr(&stdin, OptionalActions::Now, &before)?;
    let line = line?;
    if line.last() == Some(&INTERRUPT) {
        kill_current_process_group(Signal::INT)?;
        return Err(io::ErrorKind::Interrupted.into());
    }
    String::from_utf8(line).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text"))
}

/// Up to the end of the line, or the interruption, with that byte.
fn line(from: &mut impl io::BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    for byte in from.take(LIMIT).bytes() {
        let byte = byte?;
        line.push(byte);
        if [b'\n', INTERRUPT].contains(&byte) {
            break;
        }
    }
    Ok(line)
}
