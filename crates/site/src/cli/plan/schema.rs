//! `portolan plan schema`: what can stand in a site file, for editors.

use clap::Args;

use crate::outcome::{Exit, Failure};
use crate::{show, site_file};

#[derive(Debug, Args)]
#[command(
    after_help = "Beside the site file, and named in its first line, an editor completes and checks it:\n  \
                  portolan plan schema > site-file.schema.json\n  \
                  #:schema ./site-file.schema.json"
)]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        show::json(&site_file::schema()).map(|()| Exit::Done)
    }
}
