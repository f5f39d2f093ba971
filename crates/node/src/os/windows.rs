//! Windows. What is not built yet says so.

use std::fs::{File, Metadata, OpenOptions};
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use socket2::{Socket, TcpKeepalive};

/// What a local control connection would run over.
pub(crate) type ControlStream = tokio::io::DuplexStream;

/// Where local control connections would come in: nowhere yet, so that there
/// is no value of it.
#[derive(Debug)]
pub(crate) enum ControlListener {}

/// Waits for Ctrl-C.
pub(crate) fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    let mut signal = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        let _signal = signal.recv().await;
        "Ctrl-C"
    })
}

/// There is no such signal.
pub(crate) struct Hangups;

impl Hangups {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}

/// Windows has access lists in place of modes; they are inherited from the
/// folder, which the installer closes.
pub(crate) fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

pub(crate) fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Opens for writing; `fresh` demands that the file is not there yet.
pub(crate) fn open_for_writing(path: &Path, _mode: u32, fresh: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if fresh {
        options.create_new(true)
    } else {
        options.create(true).truncate(false)
    };
    options.open(path)
}

/// NTFS writes a rename to its journal by itself.
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn give_to(_path: &Path, _uid: u32, _gid: u32) -> io::Result<()> {
    Err(not_yet("giving files to another user"))
}

/// Windows does not count them.
pub(crate) fn allow_many_files() -> io::Result<usize> {
    Ok(usize::MAX)
}

pub(crate) fn hostname() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

pub(crate) fn is_root() -> bool {
    false
}

pub(crate) fn has_bind_capability() -> bool {
    true
}

pub(crate) fn become_user(_uid: u32, _gid: u32) -> io::Result<()> {
    Err(not_yet("running as another user"))
}

pub(crate) fn own_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// A job object would do it; until then a child is ended alone.
pub(crate) fn own_group(_command: &mut Command) {}

pub(crate) fn kill_group(_leader: u32) -> io::Result<()> {
    Err(not_yet("ending a program with all that it has started"))
}

pub(crate) fn ending_signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// Nothing to do: on Windows the option of that name would let two programs
/// share one port, and a closed port can be bound again at once anyway.
pub(crate) fn allow_rebinding(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Notices who has vanished; a window that stays shut is not noticed yet.
pub(crate) fn give_up_on_silence(socket: &Socket, silence: Duration) -> io::Result<()> {
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence))
}

pub(crate) fn control_listen(_path: &Path) -> io::Result<ControlListener> {
    Err(not_yet("the control socket"))
}

pub(crate) async fn control_accept(listener: &ControlListener) -> io::Result<ControlStream> {
    match *listener {}
}

pub(crate) async fn control_connect(_path: &Path) -> io::Result<ControlStream> {
    Err(not_yet("the control socket"))
}

fn not_yet(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("{what} is not built for Windows yet"))
}

/// It is time to look, five times a second.
pub(crate) async fn news_of_child(_pid: u32) {
    const LOOK: Duration = Duration::from_millis(200);
    tokio::time::sleep(LOOK).await;
}

/// There is no such service manager; the Windows service is told otherwise.
pub(crate) fn tell_service_manager(_assignment: &str) -> io::Result<()> {
    Ok(())
}

pub(crate) fn watchdog() -> Option<Duration> {
    None
}
