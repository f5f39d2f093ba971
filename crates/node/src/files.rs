//! Files that others may not read, and files that are never half written.
//!
//! A write goes to a new file beside the old one, is forced to disk, and then
//! takes its name: after a power cut there is the old content or the new one.
//! A private file that somebody has opened to others is refused: a key that
//! may have been read is no longer a secret, and silence would hide that.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::os;

/// Owner only: rw.
const PRIVATE: u32 = 0o600;
/// Everybody may read.
const PUBLIC: u32 = 0o644;

/// Who may look into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// The owner alone (0700).
    Private,
    /// Everybody may look, the owner may write (0755).
    Public,
}

/// What went wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It, its folder, its owner or its mode could not be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than the owner may read or write a file that must be private.
    #[error("{path} may be opened by others (mode {mode:04o}); if nobody has read it, run: chmod 600 {path}", path = .path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another process holds the lock.
    #[error("{} is locked: another portolan process is using this folder", .path.display())]
    Locked {
        /// Which file.
        path: PathBuf,
    },
}

impl FileError {
    /// Whether the file is simply not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Writes a file that only its owner may read (0600), whole or not at all.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, PRIVATE)
}

/// Writes a file that everybody may read (0644), whole or not at all.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, PUBLIC)
}

/// Gives a file another name in the same folder, in place of what had it; on
/// the disk when this returns.
///
/// # Errors
/// [`FileError::Write`].
pub fn rename(path: &Path, to: &Path) -> Result<(), FileError> {
    let renamed = fs::rename(path, to).and_then(|()| os::sync_folder(folder_of(to)));
    renamed.map_err(|source| FileError::Write { path: to.to_owned(), source })
}

/// Reads a private file.
///
/// # Errors
/// [`FileError::TooOpen`] when others may open it; [`FileError::Read`].
pub fn read_private(path: &Path) -> Result<Vec<u8>, FileError> {
    let fail = |source| FileError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(fail)?;
    // Asked of the open file, so that nobody can swap it in between.
    if let Some(mode) = os::mode(&file.metadata().map_err(fail)?).filter(|mode| mode & 0o077 != 0) {
        return Err(FileError::TooOpen { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut file, &mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// Makes a folder, and those above it, unless it is there; sets its mode.
///
/// # Errors
/// [`FileError::Write`].
pub fn create_folder(path: &Path, folder: Folder) -> Result<(), FileError> {
    let mode = match folder {
        Folder::Private => 0o700,
        Folder::Public => 0o755,
    };
    fs::create_dir_all(path)
        .and_then(|()| os::set_mode(path, mode))
        .map_err(|source| FileError::Write { path: path.to_owned(), source })
}

/// Makes what was put into a folder survive a power cut.
///
/// # Errors
/// [`FileError::Write`].
pub fn sync_folder(path: &Path) -> Result<(), FileError> {
    os::sync_folder(path).map_err(|source| FileError::Write { path: path.to_owned(), source })
}

/// Gives a folder and all that is in it to a user. Links are given, not
/// followed.
///
/// # Errors
/// [`FileError::Write`] at the first that could not be given.
pub fn chown_tree(path: &Path, uid: u32, gid: u32) -> Result<(), FileError> {
    let fail = |source| FileError::Write { path: path.to_owned(), source };
    os::give_to(path, uid, gid).map_err(fail)?;
    if fs::symlink_metadata(path).map_err(fail)?.is_dir() {
        for entry in fs::read_dir(path).map_err(fail)? {
            chown_tree(&entry.map_err(fail)?.path(), uid, gid)?;
        }
    }
    Ok(())
}

/// A lock on a folder's file, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _held: File,
}

/// Takes the lock of which `path` is the file, without waiting.
///
/// # Errors
/// [`FileError::Locked`] when another process holds it; [`FileError::Write`].
pub fn lock(path: &Path) -> Result<Lock, FileError> {
    let fail = |source| FileError::Write { path: path.to_owned(), source };
    let file = os::open_for_writing(path, PRIVATE, false).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _held: file }),
        Err(fs::TryLockError::WouldBlock) => Err(FileError::Locked { path: path.to_owned() }),
        Err(fs::TryLockError::Error(source)) => Err(fail(source)),
    }
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let draft = draft_beside(path);
    let written = write_draft(&draft, bytes, mode)
        .and_then(|()| fs::rename(&draft, path))
        .and_then(|()| os::sync_folder(folder_of(path)));
    written.map_err(|source| {
        // The draft may never have existed; the first error is the one to tell.
        drop(fs::remove_file(&draft));
        FileError::Write { path: path.to_owned(), source }
    })
}

fn write_draft(draft: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = os::open_for_writing(draft, mode, true)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name in the same folder, which is the same file system: only there is a
/// rename one step. The process id keeps two processes apart, the count two
/// threads.
fn draft_beside(path: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{count}.new", std::process::id()));
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_private_file_is_private_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        assert!(read_private(&path).unwrap_err().is_missing());
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(read_private(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");

        os::set_mode(&path, 0o640).unwrap();
        let refused = read_private(&path).unwrap_err().to_string();
        assert!(refused.contains("mode 0640") && refused.contains("chmod 600 /"), "{refused}");
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(matches!(write_public(&path, b"x"), Err(FileError::Write { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = lock(&path).unwrap();
        assert!(matches!(lock(&path), Err(FileError::Locked { .. })));
        drop(held);
        assert!(lock(&path).is_ok());
    }
}
