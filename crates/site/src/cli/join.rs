//! `portolan join FILE`: what can be said to it. What it does is in
//! [`crate::join`].

use std::path::PathBuf;

use clap::Args;

use crate::folder::Folder;
use crate::outcome::{Exit, Failure};

#[derive(Debug, Args)]
#[command(
    after_help = "`portolan host invite NAME` on the site server makes the file. It is a secret until it was used, \
                  and worth nothing afterwards."
)]
pub(crate) struct Join {
    /// The invitation.
    file: PathBuf,
}

impl Join {
    pub(crate) fn run(&self, folder: &Folder) -> Result<Exit, Failure> {
        crate::join::run(&self.file, folder)
    }
}
