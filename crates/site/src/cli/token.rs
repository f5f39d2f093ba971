//! `portolan token create`: how another machine becomes a client.

use clap::{Args, Subcommand};
use wire::rest::{AgentPackage, NewToken, Token as Made};

use crate::api::Api;
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token that enrols one machine, and print the command for it.
    Create(Create),
}

#[derive(Debug, Args)]
#[command(
    after_help = "The command that it prints is for root on a Debian machine: it fetches the agent's package, \
                  checks it by its digest, asks for the token, makes the machine a client, and only then \
                  installs. Whatever fails leaves nothing behind. `portolan agent publish` puts the package \
                  on the site."
)]
pub(crate) struct Create {
    /// How long it can be used: 30m, 24h, 7d.
    #[arg(long, value_name = "TIME", default_value = "24h")]
    valid_for: jiff::SignedDuration,
    #[command(flatten)]
    output: Output,
}

impl Token {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let Self::Create(create) = self;
        let body = NewToken { valid_for: create.valid_for.as_secs().unsigned_abs() };
        let made: Made = site.post("/api/v1/tokens", &body).await?;
        if create.output.format == Format::Json {
            show::json(&made)?;
            return Ok(Exit::Done);
        }
        show::line(format!("token     {}", made.token));
        show::line(format!("expires   {}; it enrols one machine", show::moment(made.expires)));
        show::line("");
        show::line("On the machine, as root, then type or paste the token when it asks for it:");
        show::line("");
        match &made.package {
            Some(package) => show::line(format!("  {}", install(&made, package))),
            None => {
                show::line(format!("  portolan-agent enrol {}", whom(&made)));
                show::line("  portolan-agent run");
                show::line("");
                show::line(
                    "No agent package is published, so the machine needs the program first.",
                );
                show::line(
                    "With `portolan agent publish FILE` this prints a command that brings it along;",
                );
                show::line("`cargo xtask dist` makes the package, in target/dist.");
            }
        }
        Ok(Exit::Done)
    }
}

/// Whom the machine may believe.
fn whom(made: &Made) -> String {
    format!("--site {} --code {} --root {}", made.management_point, made.site, made.root)
}

/// One line for any shell, of tools that the barest Debian has. It leaves
/// nothing behind: neither on the way nor where something fails.
fn install(made: &Made, package: &AgentPackage) -> String {
    // What comes over the network is looked at only after its digest is right.
    // The folder is root's alone, so apt's own user could not write to it. A
    // shell that a signal ends does not come to its EXIT, unless told to.
    format!(
        "(set -e; d=$(mktemp -d); trap 'rm -rf \"$d\"' EXIT; trap 'exit 130' HUP INT TERM; \
         /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file {url} \"$d/agent.deb\" SHA256:{sha256}; \
         dpkg-deb --extract \"$d/agent.deb\" \"$d/agent\"; \
         \"$d/agent/usr/bin/portolan-agent\" install --package \"$d/agent.deb\" {whom})",
        url = package.url,
        sha256 = package.sha256,
        whom = whom(made),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_install_command_is_one_line_that_any_shell_understands() {
        let package = AgentPackage {
            url: "http://10.1.0.10/mp/agent.deb".into(),
            sha256: "a".repeat(64),
            version: "1".into(),
            architecture: "amd64".into(),
            size: 1,
        };
        let made = Made {
            token: "ptk_secret".into(),
            expires: 0,
            management_point: "[2001:db8::1]:443".into(), // not a port: an example
            root: format!("sha256:{}", "b".repeat(64)),
            site: "P01".into(),
            package: None,
        };
        let line = install(&made, &package);
        assert!(!line.contains('\n') && !line.contains("ptk_"), "{line}");
        for shell in ["sh", "bash"] {
            let read = std::process::Command::new(shell).args(["-n", "-c", &line]).status();
            // Not every machine has every shell.
            assert!(read.map_or(true, |read| read.success()), "{shell}: {line}");
        }
    }
}
