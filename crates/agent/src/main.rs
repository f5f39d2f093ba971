//! `portolan-agent`: the program on a managed machine. It parses, does one
//! thing, and exits with a code that means something ([`agent::cli`]).

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// The agent of a Portolan site: takes policy and content from it, makes this
/// machine what they say, and reports.
#[derive(Debug, Parser)]
#[command(
    name = "portolan-agent",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 done · 1 failed · 2 wrong usage · 3 the running agent does not answer"
)]
struct Cli {
    /// The agent's folder [default: /var/lib/portolan-agent as root, else
    /// `portolan-agent` in the user's data folder].
    #[arg(long, global = true, env = "PORTOLAN_AGENT_DIR", value_name = "DIR")]
    dir: Option<PathBuf>,

    #[command(subcommand)]
    command: agent::cli::Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = node::log::init("info") {
        // Nobody is left to tell when standard error is closed.
        let _closed = writeln!(std::io::stderr(), "portolan-agent: {error}");
        return ExitCode::from(2);
    }
    agent::cli::run_alone(cli.dir, cli.command)
}
