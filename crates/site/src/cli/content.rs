//! `portolan content status`: which content is on which distribution point, how
//! much of it, and what was found damaged there. Asked for everything, it sums
//! up by application; asked for one thing, it names each file.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use wire::rest::{Content as Shown, Place};

use crate::api::Api;
use crate::cli::{Format, Output};
use crate::outcome::{Exit, Failure};
use crate::show;

mod sum;

/// Between two looks at how far it has come.
const LOOK: Duration = Duration::from_secs(1);
/// Digits of a digest that people are shown.
const SHORT: usize = 12;

#[derive(Debug, Subcommand)]
pub(crate) enum Content {
    /// Show where what is.
    Status(Status),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Each host's copy is `complete`, or shows how much of it has arrived. `doubted` is a copy in \
                  which a client found a damaged block; the host looks at all of it again, and fetches what is \
                  bad anew."
)]
pub(crate) struct Status {
    /// An application, a file, or the beginning of a digest [default: everything].
    name: Option<String>,
    /// Stay until every host has all of it.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    output: Output,
}

impl Content {
    pub(crate) async fn run(self, site: &mut Api) -> Result<Exit, Failure> {
        let Self::Status(status) = self;
        status.run(site).await
    }
}

impl Status {
    async fn run(&self, site: &mut Api) -> Result<Exit, Failure> {
        let found = self.ask(site).await?;
        if self.watch {
            return self.follow(site, found).await;
        }
        match self.output.format {
            Format::Json => show::json(&found)?,
            Format::Table if self.name.is_some() => table(&found),
            Format::Table => sum::table(&found),
        }
        Ok(Exit::Done)
    }

    async fn ask(&self, site: &mut Api) -> Result<Vec<Shown>, Failure> {
        let all: Vec<Shown> = site.get("/api/v1/content").await?;
        let Some(name) = &self.name else { return Ok(all) };
        let found: Vec<Shown> = all.into_iter().filter(|one| is_meant(one, name)).collect();
        if found.is_empty() {
            return Err(Failure::new(format!("the site holds no content for {name}"))
                .next("`portolan content status` shows all of it"));
        }
        Ok(found)
    }

    async fn follow(&self, site: &mut Api, mut found: Vec<Shown>) -> Result<Exit, Failure> {
        let mut told = HashMap::new();
        let bar = bar(self.output.format);
        loop {
            let places = || found.iter().flat_map(|one| one.places.iter().map(move |at| (one, at)));
            bar.set_length(places().map(|(content, _)| content.size).sum());
            bar.set_position(places().map(|(_, place)| place.have).sum());
            for (who, now) in news(&found) {
                if told.insert(who.clone(), now.clone()) != Some(now.clone())
                    && self.output.format == Format::Table
                {
                    bar.suspend(|| show::line(format!("{who}  {now}")));
                }
            }
            if places().all(|(_, place)| place.complete && !place.doubted) {
                bar.finish_and_clear();
                if self.output.format == Format::Json {
                    show::json(&found)?;
                }
                return Ok(Exit::Done);
            }
            node::clock::sleep(LOOK).await;
            found = self.ask(site).await?;
        }
    }
}

/// What there is to say while it is watched: of each host whether it has all, and
/// of each file in which something is wrong, or was. How much has arrived is the
/// bar's to show.
fn news(found: &[Shown]) -> Vec<(String, String)> {
    let mut news: Vec<(String, String)> = sum::by_host(found)
        .into_iter()
        .map(|(host, sum)| {
            (host.to_owned(), if sum.is_all() { sum.to_string() } else { "on its way".into() })
        })
        .collect();
    for (content, place) in found.iter().flat_map(|one| one.places.iter().map(move |at| (one, at)))
    {
        if place.doubted || place.repaired > 0 || !place.trouble.is_empty() {
            news.push((format!("{}  {}", place.host, title(content)), state(content, place)));
        }
    }
    news
}

fn is_meant(content: &Shown, name: &str) -> bool {
    content.name == name
        || content.apps.iter().any(|app| app == name)
        || (name.len() >= 4 && content.digest.starts_with(&name.to_ascii_lowercase()))
}

fn table(all: &[Shown]) {
    let rows = all.iter().flat_map(|content| {
        content.places.iter().enumerate().map(move |(index, place)| {
            // What is the same for every place is said once.
            let first = |text: String| if index == 0 { text } else { String::new() };
            [
                first(title(content)),
                first(show::size(content.size)),
                first(content.apps.join(", ")),
                place.host.clone(),
                state(content, place),
            ]
        })
    });
    show::table(["CONTENT", "SIZE", "FOR", "HOST", "STATE"], rows);
}

fn title(content: &Shown) -> String {
    let short: String = content.digest.chars().take(SHORT).collect();
    if content.name.is_empty() { short } else { format!("{} {short}", content.name) }
}

fn state(content: &Shown, place: &Place) -> String {
    let mut words = if place.complete {
        "complete".to_owned()
    } else {
        // Less than all is never shown as 100 %.
        let percent = u128::from(place.have) * 100 / u128::from(content.size.max(1));
        format!(
            "{} of {} ({} %)",
            show::size(place.have),
            show::size(content.size),
            percent.min(99)
        )
    };
    if place.doubted {
        words.push_str(", doubted: a client found damage");
    }
    if place.repaired > 0 {
        words.push_str(&format!(", {} repaired", show::counted(place.repaired, "block")));
    }
    if !place.trouble.is_empty() {
        words.push_str(&format!(": {}", place.trouble));
    }
    words
}

fn bar(format: Format) -> ProgressBar {
    if format == Format::Json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes} on all hosts, {elapsed}")
    {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Shown {
        Shown {
            digest: "abcdef".repeat(10) + "0123",
            size: 2048,
            name: "hello.deb".into(),
            apps: vec!["hello".into()],
            places: Vec::new(),
        }
    }

    #[test]
    fn content_is_found_by_app_file_and_digest() {
        for name in ["hello", "hello.deb", "ABCDEF", "abcdefa"] {
            assert!(is_meant(&content(), name), "{name}");
        }
        for name in ["", "a", "hell", "abd"] {
            assert!(!is_meant(&content(), name), "{name}");
        }
    }

    #[test]
    fn what_is_not_all_there_is_never_a_hundred_percent() {
        let mut place = Place {
            host: "dp7".into(),
            have: 2047,
            complete: false,
            doubted: false,
            repaired: 0,
            trouble: String::new(),
            at: 0,
        };
        assert_eq!(state(&content(), &place), "2.0 KiB of 2.0 KiB (99 %)");
        place.have = 2048;
        assert!(state(&content(), &place).contains("99 %"), "not yet verified");
        (place.complete, place.doubted, place.repaired) = (true, true, 1);
        assert_eq!(
            state(&content(), &place),
            "complete, doubted: a client found damage, 1 block repaired"
        );
    }
}
