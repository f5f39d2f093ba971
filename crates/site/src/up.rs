//! `portolan up`: from an empty machine to a site with its first client, in the
//! foreground, with plain words on the way.
//!
//! Three processes, so that each has the rights it needs and no more: this one,
//! which makes the site, starts the other two, starts them again should they
//! die, and otherwise only waits; the roles (`portolan serve`), which leave root
//! behind; and the agent (`portolan agent run`), which keeps root where there
//! is one, because it installs software. The two hang on a pipe of this one:
//! however it ends, they end too.

use std::time::Duration;

use node::process::Child;

use crate::create;
use crate::folder::Folder;
use crate::outcome::{Exit, Failure};
use crate::show::line;
use crate::site_file::SiteFile;

mod introduce;

/// How long the parts may take to end in good order.
const FAREWELL: Duration = Duration::from_secs(15);
/// A child that lived so long has not died of its start.
const SETTLED: Duration = Duration::from_secs(60);
/// Between a child's end and its next start, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(crate) fn run(said: &crate::cli::NewSite, folder: &Folder) -> Result<Exit, Failure> {
    for word in create::ensure(said, folder)? {
        line(word);
    }
    let file = SiteFile::read(folder).and_then(SiteFile::runnable)?;
    crate::runtime()?.block_on(async {
        let stop = node::stop::on_signals()
            .map_err(|error| Failure::because("cannot listen for signals", &error))?;
        let mut roles = Tended::start(Part::Roles, folder)?;
        let mut agent = None;
        let done = tokio::select! {
            () = stop.stopped() => Ok(()),
            done = watch_over(folder, &file, &mut roles, &mut agent) => done,
        };
        farewell(roles, agent).await;
        done.map(|()| Exit::Done)
    })
}

/// Brings both parts up, says so, and then starts again what dies. Ends only
/// with a failure of the first start.
async fn watch_over(
    folder: &Folder,
    file: &SiteFile,
    roles: &mut Tended,
    agent: &mut Option<Tended>,
) -> Result<(), Failure> {
    tokio::select! {
        ready = introduce::until_ready(folder) => ready?,
        end = roles.child.ended() => {
            let end = end.map_or_else(|error| error.to_string(), |end| end.to_string());
            return Err(Failure::new(format!("the roles did not start ({end}); the reason stands above")));
        }
    }
    let agent = agent.insert(Tended::start(Part::Agent, folder)?);
    let device = introduce::agent(&mut agent.child, folder, file).await?;
    welcome(folder, file, &device);
    loop {
        tokio::select! {
            end = roles.child.ended() => {
                roles.again(folder, end).await?;
                introduce::until_ready(folder).await?;
                line("the roles are back");
            }
            end = agent.child.ended() => {
                agent.again(folder, end).await?;
                introduce::map(&mut agent.child, file, folder).await?;
                line("the agent is back");
            }
        }
    }
}

fn welcome(folder: &Folder, file: &SiteFile, device: &introduce::Managed) {
    line(format!("manages   this machine, as device {} ({})", device.name, device.id));
    for limit in &device.limits {
        line(format!("          {limit}"));
    }
    line(format!("site {} is ready", file.plan.site_code()));
    line("");
    let dir = folder.said();
    line("next, in another terminal:");
    line(format!("  portolan{dir} status"));
    line(format!("  portolan{dir} app create NAME --deb FILE"));
    line(format!("  portolan{dir} deployment create NAME --collection all"));
    line("Ctrl-C stops the site and the agent; `portolan up` starts them again");
}

async fn farewell(mut roles: Tended, agent: Option<Tended>) {
    line("stopping");
    // The agent first, so that its last words find somebody to hear them.
    if let Some(mut agent) = agent {
        agent.end().await;
    }
    roles.end().await;
    line("stopped");
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Roles,
    Agent,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Roles => "the roles",
            Self::Agent => "the agent",
        }
    }

    fn spawn(self, folder: &Folder) -> Result<Child, Failure> {
        let verb: &[&str] = match self {
            Self::Roles => &["serve", "--with-parent", "--dir"],
            Self::Agent => &["agent", "run", "--with-parent", "--dir"],
        };
        let words = verb.iter().map(std::ffi::OsString::from).chain([folder.path().into()]);
        node::process::spawn_self(words)
            .map_err(|error| Failure::because(format!("cannot start {}", self.name()), &error))
    }
}

/// A child that is started again when it dies, later each time that it dies
/// soon.
struct Tended {
    part: Part,
    child: Child,
    since: node::clock::Stopwatch,
    pause: Duration,
}

impl Tended {
    fn start(part: Part, folder: &Folder) -> Result<Self, Failure> {
        let child = part.spawn(folder)?;
        Ok(Self { part, child, since: node::clock::Stopwatch::start(), pause: Duration::ZERO })
    }

    async fn again(
        &mut self,
        folder: &Folder,
        end: std::io::Result<node::process::End>,
    ) -> Result<(), Failure> {
        let how = end.map_or_else(|error| error.to_string(), |end| end.to_string());
        self.pause = if self.since.elapsed() > SETTLED {
            Duration::ZERO
        } else {
            (self.pause * 2).clamp(Duration::from_millis(100), LONGEST_PAUSE)
        };
        line(format!("{} {how}; starting anew", self.part.name()));
        node::clock::sleep(self.pause).await;
        self.child = self.part.spawn(folder)?;
        self.since = node::clock::Stopwatch::start();
        Ok(())
    }

    async fn end(&mut self) {
        match self.child.end(FAREWELL).await {
            Ok(end) if end.is_success() => {}
            Ok(end) => line(format!("{} {end}", self.part.name())),
            Err(error) => line(format!("{}: {error}", self.part.name())),
        }
    }
}
