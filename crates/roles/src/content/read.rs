//! Content on its way from the disk to a connection. What is in the system's
//! page cache, which is nearly all that is asked for by many, is read where the
//! request is served, without a change of thread and into a buffer that was used
//! before; only what must come from the disk is fetched by a thread that may
//! wait. One piece at a time: a slow client holds one buffer.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::task::JoinHandle;

use super::serve::Receipt;

/// Bytes that are read and sent at once.
const PIECE: usize = 128 * 1024;
/// Buffers that wait for their next use; more are given back to the system.
const WAITING: usize = 32;

/// Buffers that are used again: fresh memory of this size costs the system more
/// than what is read into it.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Box<[u8]>>>>);

/// A buffer, until it is dropped.
struct Lent {
    bytes: Box<[u8]>,
    filled: usize,
    home: Buffers,
}

impl Buffers {
    fn lend(&self) -> Lent {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = waiting.unwrap_or_else(|| vec![0; PIECE].into_boxed_slice());
        Lent { bytes, filled: 0, home: self.clone() }
    }
}

impl Lent {
    /// Reads from the file; with [`ReadWriteFlags::NOWAIT`], what can be read
    /// at once.
    fn fill(&mut self, file: &File, place: u64, left: u64, how: ReadWriteFlags) -> io::Result<()> {
        let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let into = self.bytes.get_mut(..wanted).unwrap_or_default();
        loop {
            match preadv2(file, &mut [IoSliceMut::new(into)], place, how) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.filled = read;
                    return Ok(());
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut waiting = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING {
            waiting.push(std::mem::take(&mut self.bytes));
        }
    }
}

/// A part of a file. When the disk fails, the connection breaks, and whoever
/// asked resumes.
pub(super) struct Reading {
    file: Arc<File>,
    place: u64,
    left: u64,
    buffers: Buffers,
    fetching: Option<JoinHandle<io::Result<Lent>>>,
    receipt: Receipt,
}

impl Reading {
    /// `length` bytes of `file` from `place` on.
    pub(super) fn new(
        file: File,
        place: u64,
        length: u64,
        buffers: Buffers,
        receipt: Receipt,
    ) -> Self {
        Self { file: Arc::new(file), place, left: length, buffers, fetching: None, receipt }
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Lent>> {
        if self.fetching.is_none() {
            let mut buffer = self.buffers.lend();
            // Some file systems cannot say what is cached; they wait elsewhere.
            if buffer.fill(&self.file, self.place, self.left, ReadWriteFlags::NOWAIT).is_ok() {
                return Poll::Ready(Ok(buffer));
            }
            let (file, place, left) = (Arc::clone(&self.file), self.place, self.left);
            self.fetching = Some(tokio::task::spawn_blocking(move || {
                buffer.fill(&file, place, left, ReadWriteFlags::empty())?;
                Ok(buffer)
            }));
        }
        let Some(fetching) = &mut self.fetching else { return Poll::Pending };
        let fetched = ready!(Pin::new(fetching).poll(context));
        self.fetching = None;
        Poll::Ready(fetched.map_err(io::Error::other).flatten())
    }
}

impl Body for Reading {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = ready!(self.poll_piece(context)).inspect_err(|error| {
            tracing::error!("content cannot be read: {error}");
        })?;
        let bytes = Bytes::from_owner(piece);
        self.place += bytes.len() as u64;
        self.left -= bytes.len() as u64;
        self.receipt.sent += bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
