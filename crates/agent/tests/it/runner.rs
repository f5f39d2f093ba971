//! Actions outlive the agent that began them, and nothing is begun twice.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use agent::action::runner::GO;
use agent::action::{Actions, Ended, Found, Outcome, Running, Spec};
use agent::journal::{Bounds, Journal, Standing};
use node::clock::Stopwatch;
use wire::client::{Phase, State};

const LONG: Duration = Duration::from_secs(60);

struct World {
    folder: tempfile::TempDir,
    journal: Journal,
    actions: Actions,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal"), Bounds::default()).unwrap();
    let actions = Actions::new(folder.path().join("actions"), super::program(), &[]);
    World { folder, journal, actions }
}

fn standing() -> Standing {
    let state = State {
        deployment: 1,
        app: 1,
        phase: Phase::Installing,
        reason: String::new(),
        exit_code: None,
        output: String::new(),
    };
    Standing { state, attempts: 1 }
}

fn spec(script: &str, folder: &Path, time_limit: u32) -> Spec {
    Spec {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
        folder: folder.to_owned(),
        time_limit,
    }
}

impl World {
    fn begin(&self, script: &str, time_limit: u32) -> (u64, Running) {
        let spec = |folder: &Path| Ok(spec(script, folder, time_limit));
        self.actions.begin(&self.journal, &standing(), spec, 0).unwrap()
    }

    async fn run(&self, script: &str, time_limit: u32) -> Outcome {
        self.begin(script, time_limit).1.ended().await.unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[tokio::test]
async fn ends_and_last_lines_are_told() {
    let world = world();
    let done = world.run("echo \"$HOME$PATH\"; pwd; exit 0", 60).await;
    assert_eq!(done.ended, Ended::Exited { code: 0 });
    assert!(done.output.starts_with("/usr/bin:/bin\n"), "not our environment: {}", done.output);
    assert!(done.output.ends_with("/actions/1"), "{}", done.output);

    let failed = world.run("seq 100000; echo cannot find the cheese >&2; exit 100", 60).await;
    assert_eq!(failed.ended, Ended::Exited { code: 100 });
    assert!(failed.output.ends_with("100000\ncannot find the cheese"), "{}", failed.output);
    assert!(failed.output.len() <= wire::limit::OUTPUT_TAIL);

    let killed = world.run("kill -9 $$", 60).await;
    assert_eq!(killed.ended, Ended::Signalled { signal: 9 });
    let late = world.run("echo begun; exec sleep 600", 1).await;
    assert_eq!(late, Outcome { ended: Ended::TimedOut { limit: 1 }, output: "begun".into() });
}

#[tokio::test]
async fn the_next_agent_finds_the_outcome() {
    let world = world();
    let (id, running) = world.begin("echo done by nobody in particular; exit 3", 60);
    // As after kill -9: whoever began it is gone.
    drop(running);
    let (known, action) = world.journal.actions().unwrap().remove(0);
    assert_eq!(known, id);
    let Found::Ended(outcome) = world.actions.find(id, action.runner).await else { panic!() };
    assert_eq!(outcome.ended, Ended::Exited { code: 3 });
    assert_eq!(outcome.output, "done by nobody in particular");
    world.actions.clean_all_but(&[]);
    assert_eq!(fs::read_dir(world.path("actions")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_installer_that_lost_its_runner_is_waited_for() {
    let world = world();
    let (gate, mark) = (world.path("gate"), world.path("mark"));
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let script = format!("echo half; read line < {}; touch {}", gate.display(), mark.display());
    let (id, running) = world.begin(&script, 600);
    until_said(&world.path("actions/1/output.log"), "half\n");
    drop(running);
    let runner = world.journal.actions().unwrap().remove(0).1.runner.unwrap();
    let kill = Command::new("kill").args(["-9", &runner.pid.to_string()]).status().unwrap();
    assert!(kill.success());

    // Opening succeeds when the installer reads; writing lets it go on.
    let open = tokio::task::spawn_blocking(move || fs::write(gate, "go\n"));
    let (found, opened) = tokio::join!(world.actions.find(id, Some(runner)), open);
    opened.unwrap().unwrap();
    assert!(mark.exists(), "the verdict came before the installer's end");
    assert_eq!(found, Found::CutOff { output: "half".into() });
}

#[test]
fn nothing_begins_without_the_word_and_nothing_twice() {
    let world = world();
    let folder = world.path("action");
    let mark = world.path("mark");
    node::files::create_folder(&folder, node::files::Folder::Private).unwrap();
    let spec = spec(&format!("echo once >> {}", mark.display()), &folder, 60);
    node::files::write_private(&folder.join("spec.json"), &serde_json::to_vec(&spec).unwrap())
        .unwrap();

    for word in ["", "no"] {
        act(&folder, word.as_bytes());
        assert!(!folder.join("begun").exists() && !mark.exists());
    }
    for _ in 0..2 {
        act(&folder, &[GO]);
        assert_eq!(fs::read_to_string(&mark).unwrap(), "once\n");
    }
    assert!(folder.join("result.json").exists());
}

#[tokio::test]
async fn an_action_that_never_began_is_told_from_one_that_was_cut_off() {
    let world = world();
    assert_eq!(world.actions.find(1, None).await, Found::NotBegun);
    fs::create_dir_all(world.path("actions/1")).unwrap();
    fs::write(world.path("actions/1/begun"), "").unwrap();
    assert_eq!(world.actions.find(1, None).await, Found::CutOff { output: String::new() });
}

/// Runs the runner as a parent does that says these bytes and dies.
fn act(folder: &Path, word: &[u8]) {
    let mut child = Command::new(super::program())
        .arg("act")
        .arg(folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(word).unwrap();
    child.wait().unwrap();
}

fn until_said(log: &Path, text: &str) {
    let watch = Stopwatch::start();
    while fs::read_to_string(log).unwrap_or_default() != text {
        assert!(watch.elapsed() < LONG, "{text:?} never came");
        std::thread::yield_now();
    }
}
