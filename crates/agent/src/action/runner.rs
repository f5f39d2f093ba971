//! The action runner: this program again (`act DIR`), in a session of its own,
//! so that an installer outlives the agent that asked for it. An agent that was
//! killed, upgraded or stopped finds the outcome, or the runner, when it comes
//! back; a `dpkg` that died with its agent would leave a package half done.
//!
//! The runner begins nothing before it has read one byte from its parent, which
//! comes after the parent has journalled the runner's process id. So an agent
//! that dies in between has started nothing that it does not know of. The
//! installer writes its own down before it begins, for the same reason.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use node::files;

use super::child::{self, Ended, Log};
use super::{Paths, Spec};
use crate::platform;

/// What the parent writes when the runner may begin.
pub const GO: u8 = b'g';

/// Carries out the action that is described in a folder. The exit code tells
/// nobody anything: the outcome is in the folder.
pub fn act(folder: &Path) -> ExitCode {
    let left = platform::leave_session();
    if let Err(error) = &left {
        tracing::warn!("the runner stays in its parent's session: {error}");
    }
    match carry_out(folder, &mut io::stdin()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the action in {} broke off: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn carry_out(folder: &Path, parent: &mut dyn Read) -> io::Result<()> {
    let mut word = [0];
    if parent.read(&mut word)? == 0 || word != [GO] {
        return Ok(());
    }
    let paths = Paths::of(folder);
    let spec: Spec = serde_json::from_slice(&files::read_private(&paths.spec).map_err(other)?)?;
    // Whoever else was told to go has been here before, and is not repeated.
    OpenOptions::new().write(true).create_new(true).open(&paths.begun)?.sync_all()?;
    files::sync_folder(folder).map_err(other)?;
    let ended = run(&spec, &paths);
    files::write_private(&paths.result, &serde_json::to_vec(&ended)?).map_err(other)
}

fn run(spec: &Spec, paths: &Paths) -> Ended {
    let files = Log::create(&paths.output).and_then(|log| Ok((log, File::create(&paths.child)?)));
    let (mut log, child) = match files {
        Ok(files) => files,
        Err(error) => return Ended::not_started("its output cannot be kept", &error),
    };
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.arguments)
        .env_clear()
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&spec.folder);
    platform::write_itself_down(&mut command, child);
    let limit = Duration::from_secs(u64::from(spec.time_limit));
    let ended = child::run(&mut command, limit, &mut log);
    if let Err(error) = log.finish() {
        tracing::warn!("the end of the output could not be kept: {error}");
    }
    ended
}

fn other(error: files::FileError) -> io::Error {
    io::Error::other(error)
}
