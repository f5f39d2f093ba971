//! `portolan init`: the first site file of an estate, from flags, from a few
//! questions, or from the list of servers that every administrator has.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use catalog::{Edition, Reading};
use clap::{Args, ValueHint};

use crate::cli::catalog::words;
use crate::outcome::{Exit, Failure, Kind};
use crate::show;
use crate::site_file::{self, SiteFile};

use outline::{Network, Outline, Server};

mod outline;
mod servers;

#[derive(Debug, Args)]
#[command(after_help = "Without flags it asks. With them it does not:\n  \
                  portolan init --code P01 --name 'Head office' \\\n    \
                  --host keel.example.org=10.1.0.10:site-server,management-point,sms-provider \\\n    \
                  --host dp7=10.7.0.5:distribution-point --network branch-7=10.7.0.0/16\n\n\
                  From a spreadsheet, saved as CSV:\n  \
                  portolan init --edition 2006 --code P01 --from-csv servers.csv --network office=10.2.0.0/16\n\n\
                  The first line names the columns, in any order: name, address, roles, and where wanted site and dns; \
                  other columns are left alone. Between cells stand commas or semicolons; between roles in a cell \
                  spaces, plus signs or whatever does not stand between cells. Roles are written as in the site file \
                  or as people call them: `management-point`, `Management point`. All bad rows are told at once.\n\n\
                  It makes a file and nothing else; `portolan up` makes a site.")]
pub(crate) struct Init {
    /// Where to write it.
    #[arg(long, value_name = "FILE", default_value = "site.toml", value_hint = ValueHint::FilePath)]
    site: PathBuf,
    /// Portolan's own, or the version of Configuration Manager: 1802, 2002, 2006.
    #[arg(long, value_parser = words::edition(), hide_possible_values = true, default_value = "portolan", value_name = "EDITION")]
    edition: Edition,
    /// The site's code: three letters or digits.
    #[arg(long)]
    code: Option<String>,
    /// The site's name, for people [default: its code].
    #[arg(long)]
    name: Option<String>,
    /// A host, by its name or DNS name, and what it is.
    #[arg(long = "host", value_name = "NAME=ADDRESS[:ROLE,ROLE…]")]
    hosts: Vec<String>,
    /// A network whose machines are clients.
    #[arg(long = "network", value_name = "NAME=CIDR[,CIDR…]")]
    networks: Vec<String>,
    /// A network without clients.
    #[arg(long = "server-network", value_name = "NAME=CIDR[,CIDR…]")]
    server_networks: Vec<String>,
    /// A list of servers, as CSV.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_csv: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(crate) fn run(mut self) -> Result<Exit, Failure> {
        let path = self.site.display().to_string();
        if self.site.exists() && !self.force {
            return Err(Failure::new(format!("{path} is there already"))
                .next("name another with --site, or replace it with --force"));
        }
        if self.says_nothing() {
            self.ask()?;
        }
        let outline = self.outline()?;
        let text = outline.text();
        // Whatever the pieces look like, only a file that holds is written.
        let read = SiteFile::planned(text.clone(), &path, Reading::Corrected, None)?;
        std::fs::write(&self.site, &text)
            .map_err(|error| Failure::because(format!("cannot write {path}"), &error))?;
        show::line(format!(
            "{path} (new): {}, {}, {} planned",
            show::counted(read.plan.hosts().len() as u64, "host"),
            show::counted(read.plan.networks().len() as u64, "network"),
            show::counted(read.plan.flows().len() as u64, "flow"),
        ));
        for finding in &read.findings {
            show::line(format!("note: {}", finding.message));
        }
        show::line(format!("next: portolan plan --site {path}"));
        Ok(Exit::Done)
    }

    fn says_nothing(&self) -> bool {
        self.code.is_none() && self.hosts.is_empty() && self.from_csv.is_none()
    }

    fn outline(&self) -> Result<Outline, Failure> {
        let mut wrong = Vec::new();
        let code = self.code.clone().unwrap_or_else(|| "P01".to_owned()).to_uppercase();
        let mut servers = Vec::new();
        for said in &self.hosts {
            match Server::parse(said, self.edition) {
                Ok(server) => servers.push(server),
                Err(why) => {
                    wrong.extend(why.into_iter().map(|why| format!("--host {said}: {why}")))
                }
            }
        }
        if let Some(path) = &self.from_csv {
            let text = site_file::text_at(path)?;
            match servers::read(&text, self.edition) {
                Ok(listed) => servers.extend(listed),
                Err(why) => {
                    let file = path.display();
                    wrong.extend(why.into_iter().map(|why| format!("{file}: {why}")));
                }
            }
        }
        let mut networks = Vec::new();
        let flags = [
            (&self.networks, "--network", true),
            (&self.server_networks, "--server-network", false),
        ];
        for (all, flag, clients) in flags {
            for said in all {
                match Network::parse(said, clients) {
                    Ok(network) => networks.push(network),
                    Err(why) => wrong.push(format!("{flag} {said}: {why}")),
                }
            }
        }
        wrong.extend(outline::repeated(&servers));
        if wrong.is_empty() && servers.is_empty() {
            wrong
                .push("no host was named: --host NAME=ADDRESS:ROLE, or --from-csv FILE".to_owned());
        }
        if wrong.is_empty() {
            let name = self.name.clone().unwrap_or_else(|| code.clone());
            return Ok(Outline { edition: self.edition, code, name, servers, networks });
        }
        let counted = show::counted(wrong.len() as u64, "mistake");
        Err(Failure::new(format!("{counted}, and nothing is written\n  {}", wrong.join("\n  ")))
            .kind(Kind::Usage))
    }

    /// The few things without which there is no site.
    fn ask(&mut self) -> Result<(), Failure> {
        if !std::io::stdin().is_terminal() {
            return Err(Failure::new("nothing was said of the site, and nobody can be asked")
                .kind(Kind::Usage)
                .next("say it with --code, --host and --network, or with --from-csv; --help has examples"));
        }
        self.code = Some(question("Site code, three letters or digits", "P01")?);
        self.name = Some(question("Site name, for people", "Head office")?);
        show::line("Hosts, one by one; an empty line ends them.");
        loop {
            let example = "NAME=ADDRESS:ROLE,ROLE";
            let host = question(&format!("Host, as {example}"), "")?;
            if host.is_empty() {
                break;
            }
            match Server::parse(&host, self.edition) {
                Ok(_) => self.hosts.push(host),
                Err(why) => why.iter().for_each(|why| show::line(format!("  {why}"))),
            }
        }
        let network = question("Network of the clients, as NAME=10.7.0.0/16", "")?;
        self.networks.extend(Some(network).filter(|said| !said.is_empty()));
        Ok(())
    }
}

/// Asks on the terminal; an empty answer is the usual one.
fn question(text: &str, usual: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::because("cannot ask", &error);
    let hint = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
    let mut out = std::io::stdout();
    write!(out, "{text}{hint}: ").and_then(|()| out.flush()).map_err(failed)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    let answer = answer.trim();
    Ok(if answer.is_empty() { usual } else { answer }.to_owned())
}
