//! Unix. Written for Linux; capabilities and `/proc` exist nowhere else.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use rustix::process::{Gid, Pid, PidfdFlags, Signal, Uid, pidfd_open};
use rustix::thread::{CapabilitySet, CapabilitySets};
use socket2::{Domain, SockAddr, Socket, TcpKeepalive, Type};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{SignalKind, signal};

/// What a local control connection runs over.
pub(crate) type ControlStream = tokio::net::UnixStream;
/// Where local control connections come in.
pub(crate) type ControlListener = tokio::net::UnixListener;

/// Waits for the first signal that asks to end; gives its name.
pub(crate) fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _signal = terminate.recv() => "SIGTERM",
            _signal = interrupt.recv() => "SIGINT",
        }
    })
}

/// Waits for one SIGHUP after the other. From here on it no longer ends us.
pub(crate) struct Hangups(tokio::signal::unix::Signal);

impl Hangups {
    pub(crate) fn new() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    pub(crate) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

/// The permission bits of a file.
pub(crate) fn mode(metadata: &Metadata) -> Option<u32> {
    Some(metadata.mode() & 0o7777)
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Opens for writing; `fresh` demands that the file is not there yet.
pub(crate) fn open_for_writing(path: &Path, mode: u32, fresh: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).mode(mode);
    if fresh {
        options.create_new(true)
    } else {
        options.create(true).truncate(false)
    };
    let file = options.open(path)?;
    if fresh {
        // The umask may have taken bits away.
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    Ok(file)
}

/// Makes a rename in this folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

pub(crate) fn give_to(path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    std::os::unix::fs::lchown(path, Some(uid), Some(gid))
}

pub(crate) fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(crate) fn has_bind_capability() -> bool {
    rustix::thread::capabilities(None)
        .is_ok_and(|sets| sets.effective.contains(CapabilitySet::NET_BIND_SERVICE))
}

/// Becomes another user for good, with CAP_NET_BIND_SERVICE and nothing else.
/// Only for a process of one thread: the system calls change one thread each.
pub(crate) fn become_user(uid: u32, gid: u32) -> io::Result<()> {
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(gid));
    rustix::thread::set_keep_capabilities(true)?;
    rustix::thread::set_thread_groups(&[group])?;
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)?;
    let only = CapabilitySet::NET_BIND_SERVICE;
    let sets =
        CapabilitySets { effective: only, permitted: only, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets)?;
    rustix::thread::set_keep_capabilities(false)?;
    // No child of ours may win anything back through a setuid program.
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// The program that is running, even if its file has been replaced since. Its
/// path where that is still true, so that lists of processes show a name.
pub(crate) fn own_program() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    Ok(if path.exists() { path } else { PathBuf::from("/proc/self/exe") })
}

/// Puts a child into a process group of its own, so that it can be ended with
/// all that it has started.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Kills a process group whose leader has not been waited for yet.
pub(crate) fn kill_group(leader: u32) -> io::Result<()> {
    let leader = i32::try_from(leader).ok().and_then(Pid::from_raw);
    let leader = leader.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::kill_process_group(leader, Signal::KILL)?)
}

/// Waits until a child that has not been waited for has ended, or until it is
/// time to look: where the system does not hand out a descriptor for a process
/// (a kernel before 5.3, a sandbox that forbids it), that is five times a second.
pub(crate) async fn news_of_child(pid: u32) {
    const LOOK: Duration = Duration::from_millis(200);
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let descriptor = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::NONBLOCK).ok());
    match descriptor.and_then(watch) {
        Some(descriptor) => drop(descriptor.readable().await),
        None => tokio::time::sleep(LOOK).await,
    }
}

fn watch(descriptor: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    // SAFETY: the value owns its descriptor, which stays open until the value is
    // dropped, and always is the same one.
    #[allow(unsafe_code)]
    unsafe {
        AsyncFd::register_with_interest(descriptor, Interest::READABLE).ok()
    }
}

/// Says something to the service manager, if one listens (`sd_notify(3)`).
pub(crate) fn tell_service_manager(assignment: &str) -> io::Result<()> {
    sd_notify::notify(&[sd_notify::NotifyState::Custom(assignment)])
}

/// Within which time the service manager wants a sign of life, if it does.
pub(crate) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// The signal that ended a process, if one did.
pub(crate) fn ending_signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Lets this process open as many files as it may be allowed to; gives their
/// number. The usual limit is for programs of another age.
pub(crate) fn allow_many_files() -> io::Result<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    Ok(maximum.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX)))
}

/// Lets a port be bound again while old connections to it fade away.
pub(crate) fn allow_rebinding(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Lets the system end a connection whose other side takes nothing of what was
/// sent, keeps its window shut, or has vanished.
pub(crate) fn give_up_on_silence(socket: &Socket, silence: Duration) -> io::Result<()> {
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence))?;
    let millis = u32::try_from(silence.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(socket, millis)?)
}

/// Listens on a Unix socket that only its owner may open.
pub(crate) fn control_listen(path: &Path) -> io::Result<ControlListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    // Between bind and listen nobody can connect: no moment of wide access.
    set_mode(path, 0o600)?;
    socket.listen(16)?;
    socket.set_nonblocking(true)?;
    ControlListener::from_std(std::os::unix::net::UnixListener::from(OwnedFd::from(socket)))
}

pub(crate) async fn control_accept(listener: &ControlListener) -> io::Result<ControlStream> {
    listener.accept().await.map(|(stream, _nameless)| stream)
}

pub(crate) async fn control_connect(path: &Path) -> io::Result<ControlStream> {
    ControlStream::connect(path).await
}
