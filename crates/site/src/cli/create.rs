//! `portolan create`: a site for `portolan serve`, which a unit of systemd runs.

use std::net::IpAddr;

use clap::Args;

use crate::folder::Folder;
use crate::outcome::{Exit, Failure};
use crate::show;

/// What can be said of a site that is not there yet.
#[derive(Debug, Args)]
pub(crate) struct NewSite {
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

#[derive(Debug, Args)]
#[command(
    after_help = "What `up` does before it runs the site: the account, the site file, the site's identity. The \
                  options count only when the site is made. A site file that is there already is kept."
)]
pub(crate) struct Create {
    #[command(flatten)]
    site: NewSite,
}

impl Create {
    pub(crate) fn run(&self, folder: &Folder) -> Result<Exit, Failure> {
        for word in crate::create::ensure(&self.site, folder)? {
            show::line(word);
        }
        let dir = folder.said();
        show::line(if folder.is_usual() && node::privilege::is_root() {
            "next: systemctl enable --now portolan".to_owned()
        } else {
            format!("next: portolan{dir} serve")
        });
        Ok(Exit::Done)
    }
}
