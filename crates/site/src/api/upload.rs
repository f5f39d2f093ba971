//! Sends a file to the content library, from where an earlier attempt ended.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use wire::rest::{ContentRef, ContentState};

use super::Api;
use crate::outcome::Failure;

/// So many bytes go with one request.
const PIECE: usize = 8 * 1024 * 1024;

/// Sends what the site does not have yet of this file.
pub(crate) async fn file(site: &mut Api, path: &Path) -> Result<ContentRef, Failure> {
    send(site, path, "sending").await
}

/// The same for a file of many; `which` is `3 of 7`.
pub(crate) async fn file_of_many(
    site: &mut Api,
    path: &Path,
    which: &str,
) -> Result<ContentRef, Failure> {
    send(site, path, &format!("sending {which}")).await
}

async fn send(site: &mut Api, path: &Path, what: &str) -> Result<ContentRef, Failure> {
    let failed =
        |error: std::io::Error| Failure::because(format!("cannot read {}", path.display()), &error);
    let mut file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let digest = digest(&mut file, size).map_err(failed)?;
    let mut state: ContentState = site.get(&format!("/api/v1/content/{digest}")).await?;
    let bar = bar(size, what);
    let mut piece = vec![0; PIECE];
    while !state.complete {
        bar.set_position(state.have);
        file.seek(SeekFrom::Start(state.have)).map_err(failed)?;
        let length = fill(&mut file, &mut piece).map_err(failed)?;
        let bytes = Bytes::copy_from_slice(&piece[..length]);
        let address = format!("/api/v1/content/{digest}?offset={}&size={size}", state.have);
        let next: ContentState = site.put(&address, bytes).await?;
        if !next.complete && next.have <= state.have {
            return Err(Failure::new(format!("{} changed while it was sent", path.display())));
        }
        state = next;
    }
    bar.finish_and_clear();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(ContentRef { digest, size, name })
}

fn digest(file: &mut File, size: u64) -> std::io::Result<String> {
    let bar = bar(size, "reading");
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; 1024 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            length => {
                hasher.update(&piece[..length]);
                bar.inc(length as u64);
            }
        }
    }
    bar.finish_and_clear();
    Ok(hasher.finalize().to_hex().to_string())
}

fn fill(file: &mut File, piece: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < piece.len() {
        match file.read(&mut piece[filled..])? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

fn bar(size: u64, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(size);
    if let Ok(style) =
        ProgressStyle::with_template("{msg} {bar:30} {bytes} of {total_bytes}, {eta}")
    {
        bar.set_style(style);
    }
    bar.with_message(what.to_owned())
}
