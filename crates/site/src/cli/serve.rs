//! `portolan serve`: what can be said to it. What it does is in
//! [`crate::serve`].

use clap::Args;

use crate::folder::Folder;
use crate::outcome::{Exit, Failure};

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// End when standard input closes (`up` starts it so).
    #[arg(long, hide = true)]
    pub(crate) with_parent: bool,
}

impl Serve {
    pub(crate) fn run(&self, folder: &Folder) -> Result<Exit, Failure> {
        crate::serve::run(self.with_parent, folder)
    }
}
