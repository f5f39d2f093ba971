//! `portolan completions SHELL`.

use clap::{Args, CommandFactory as _};

use crate::cli::Cli;
use crate::outcome::{Exit, Failure};

#[derive(Debug, Args)]
#[command(after_help = "For bash: portolan completions bash > /etc/bash_completion.d/portolan")]
pub(crate) struct Completions {
    shell: clap_complete::Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "portolan", &mut script);
        crate::show::line(String::from_utf8_lossy(&script).trim_end());
        Ok(Exit::Done)
    }
}
