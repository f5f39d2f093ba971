//! `portolan up`: what can be said to it. What it does is in [`crate::up`].

use std::net::IpAddr;

use clap::Args;

use crate::folder::Folder;
use crate::outcome::{Exit, Failure};

#[derive(Debug, Args)]
#[command(
    after_help = "The options below count only when the site is made. Afterwards the site file in the \
                        folder says it all; edit it and start again."
)]
pub(crate) struct Up {
    /// The site's code: three letters or digits.
    #[arg(long, default_value = "P01")]
    pub(crate) code: String,
    /// The site's name, for people [default: this machine's name].
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The address at which clients reach this machine [default: its first].
    #[arg(long)]
    pub(crate) address: Option<IpAddr>,
}

impl Up {
    pub(crate) fn run(&self, folder: &Folder) -> Result<Exit, Failure> {
        crate::up::run(self, folder)
    }
}
