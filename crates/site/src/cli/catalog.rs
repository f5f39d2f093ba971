//! `portolan catalog`: what the catalog knows. It needs no site and asks nobody: the
//! same facts from which plans are made, for Portolan and for Configuration Manager.

mod answer;
mod articles;
mod connections;
pub(super) mod words;

use catalog::Source;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};

use crate::outcome::{Exit, Failure};
use crate::show;

#[derive(Debug, Args)]
#[command(after_help = "To begin with:\n  \
                  portolan catalog explain 10123                         all that is known of a port\n  \
                  portolan catalog connections --from client             what our clients open\n  \
                  portolan catalog connections --edition 2006 --port 443 who uses a port of Configuration Manager\n  \
                  portolan catalog diff 1802 2006                        what changed\n\n\
                  Editions: 1802, 2002 and 2006 are Microsoft's articles of these versions, portolan is ours.")]
pub(crate) struct Catalog {
    #[command(subcommand)]
    command: Command,
    /// How to show it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every port of every connection of an edition.
    Connections(connections::Connections),
    /// Tell all that is known of a port, range, role, service, connection or note.
    Explain(answer::Explain),
    /// Compare two editions: what was added, removed, changed.
    Diff(connections::Diff),
    /// List what is wrong in the articles, and what is true.
    Corrections(articles::Corrections),
    /// List which ports can be changed and where, and which cannot.
    Settings(articles::Settings),
    /// Show the articles' additional lists: external connections, SQL Server, migration …
    Lists(articles::Lists),
    /// List the exceptions that a client's firewall needs, by feature.
    FirewallExceptions(articles::FirewallExceptions),
    /// List the ports that the installation of clients needs, by method.
    InstallPorts(articles::InstallPorts),
    /// Tell how the ports of Configuration Manager's clients are changed.
    PortChange,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For spreadsheets and comparisons.
    Tsv,
    /// For programs.
    Json,
}

impl Catalog {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let format = self.format;
        match self.command {
            Command::Connections(connections) => connections.run(format),
            Command::Explain(explain) => explain.run(format),
            Command::Diff(diff) => diff.run(format),
            Command::Corrections(corrections) => corrections.run(format),
            Command::Settings(settings) => settings.run(format),
            Command::Lists(lists) => lists.run(format),
            Command::FirewallExceptions(exceptions) => exceptions.run(format),
            Command::InstallPorts(ports) => ports.run(format),
            Command::PortChange => articles::port_change(format),
        }
        .map(|()| Exit::Done)
    }
}

/// Rows under the names of their columns, in whatever form was asked for.
fn put<const N: usize>(
    format: Format,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), Failure> {
    match format {
        Format::Table => {
            let header = columns.map(str::to_uppercase);
            show::table(header.each_ref().map(String::as_str), rows);
        }
        Format::Tsv => {
            show::line(columns.join("\t"));
            rows.into_iter().for_each(|row| show::line(row.join("\t")));
        }
        Format::Json => {
            let objects = rows.into_iter().map(|row| {
                let cells = columns.iter().map(|name| (*name).to_owned());
                cells.zip(row.map(Value::from)).collect::<Map<_, _>>()
            });
            return show::json(&objects.collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// A line for people only.
fn tell(format: Format, text: impl AsRef<str>) {
    if format == Format::Table {
        hang("", text.as_ref());
    }
}

/// Text for people, set in after what stands before its first line.
fn hang(before: &str, text: &str) {
    const WIDTH: usize = 100;
    let indent = before.chars().count();
    for (n, line) in wrapped(text, WIDTH - indent).into_iter().enumerate() {
        let start = if n == 0 { before.to_owned() } else { " ".repeat(indent) };
        show::line(format!("{start}{line}").trim_end());
    }
}

/// Sources for people: the articles of one section are named together, as in
/// `ports-1802/2002/2006#BKMK_PortsAI`.
fn cited(all: &[Source]) -> String {
    let mut texts: Vec<(String, &str)> = Vec::new();
    for source in all {
        let edition = source.document.strip_prefix("ports-");
        match (texts.last_mut(), edition) {
            (Some((text, anchor)), Some(edition))
                if *anchor == source.anchor && text.starts_with("ports-") =>
            {
                text.push('/');
                text.push_str(edition);
            }
            _ => texts.push((source.document.to_owned(), source.anchor)),
        }
    }
    texts.iter().map(|(text, anchor)| format!("{text}{anchor}")).collect::<Vec<_>>().join(" ")
}

/// The text in lines of at most `width` characters, where its words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_none_is_lost() {
        let text = "one two three four";
        assert_eq!(wrapped(text, 9), ["one two", "three", "four"]);
        assert_eq!(wrapped(text, 1).join(" "), text);
        assert_eq!(wrapped("", 9), [""]);
        assert_eq!(wrapped("one\n\ntwo", 9), ["one", "", "two"]);
    }

    #[test]
    fn articles_of_one_section_are_cited_together() {
        let flow = &catalog::flows::CLIENT_TO_MANAGEMENT_POINT_HTTPS;
        assert_eq!(
            cited(flow.source),
            "ports-1802/2002/2006#BKMK_PortsClient-MP ARCHITECTURE.md#the-http-host"
        );
    }
}
