//! `portolan up`: what can be said to it. What it does is in [`crate::up`].

use clap::Args;

use crate::cli::NewSite;
use crate::folder::Folder;
use crate::outcome::{Exit, Failure};

#[derive(Debug, Args)]
#[command(
    after_help = "The options below count only when the site is made. Afterwards the site file in the \
                        folder says it all; edit it and start again."
)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) site: NewSite,
}

impl Up {
    pub(crate) fn run(&self, folder: &Folder) -> Result<Exit, Failure> {
        crate::up::run(&self.site, folder)
    }
}
