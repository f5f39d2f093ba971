//! The reconciler with scripts, whose content is there already: what is run,
//! how often, and what is reported.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use agent::action::Actions;
use agent::agent::Event;
use agent::assignments::Reconciler;
use agent::content::Contents;
use agent::identity::{Identity, Keys};
use agent::journal::{Bounds, Journal, Standing};
use agent::link::Credentials;
use agent::policy::Accepted;
use node::stop::Stop;
use tokio::sync::{mpsc, watch};
use wire::client::{Batch, Body, Phase, State};
use wire::policy::{Assignment, Content, Detection, Installer, Intent, Policy, Settings};

struct World {
    folder: tempfile::TempDir,
    journal: Arc<Journal>,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("content")).unwrap();
    fs::create_dir(folder.path().join("actions")).unwrap();
    let journal = Journal::open(&folder.path().join("journal"), Bounds::default()).unwrap();
    World { folder, journal: Arc::new(journal) }
}

impl World {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a script where a download would have left it.
    fn content(&self, script: &str) -> Content {
        let digest = *blake3::hash(script.as_bytes()).as_bytes();
        let content = Content { digest, size: script.len() as u64, name: "script".into() };
        fs::write(self.path("content").join(content.hex()), script).unwrap();
        content
    }

    fn install(&self, deployment: u64, script: &str, detection: Detection) -> Assignment {
        Assignment {
            deployment,
            app: deployment,
            name: format!("app-{deployment}"),
            intent: Intent::Install,
            deadline: None,
            installer: Installer::Script(self.content(script), None),
            detection,
            time_limit: 60,
            success_codes: vec![0],
        }
    }

    /// An agent's life: until every assignment stands as it will.
    async fn live(&self, assignments: Vec<Assignment>) -> HashMap<u64, State> {
        self.live_with(assignments, false).await
    }

    /// With news of the policy, which changes nothing, after every report.
    async fn live_with(&self, assignments: Vec<Assignment>, news: bool) -> HashMap<u64, State> {
        // Where nothing can tell, unknown is all that there will be.
        let deployments: Vec<(u64, bool)> = assignments
            .iter()
            .map(|one| (one.deployment, one.detection == Detection::Absent))
            .collect();
        let device = "0".repeat(32);
        let policy = Policy { device: device.clone(), settings: Settings::default(), assignments };
        let accepted = Arc::new(Accepted { number: 1, stale: false, policy });
        let keys = Keys::load_or_make(&self.path("identity")).unwrap();
        let root = keys.signing.public().fingerprint();
        let identity = Identity { site: "P01".into(), root, device, chain: vec![], keys };
        let credentials = Credentials { identity: Arc::new(identity), map: None };
        let (_known, known) = watch::channel(credentials);
        let (newer, policy) = watch::channel(Some(accepted));
        let (sender, mut events) = mpsc::channel(8);
        let journal = Arc::clone(&self.journal);
        let reconciler = Reconciler::new(
            Arc::clone(&self.journal),
            Contents::new(self.path("content"), journal, known, 1).unwrap(),
            Actions::new(self.path("actions"), super::program(), &[]),
            self.path("actions"),
            policy,
            sender,
            Arc::new(AtomicBool::new(false)),
        );
        let stop = Stop::new();
        let standing = |deployment: u64| self.journal.standing(deployment).unwrap();
        let settled = |(deployment, blind): &(u64, bool)| {
            let phase = standing(*deployment).map(|standing| standing.state.phase);
            phase.is_some_and(|phase| match phase {
                Phase::Unknown => *blind,
                phase => phase.is_final() || phase == Phase::Waiting,
            })
        };
        tokio::join!(reconciler.run(stop.clone()), async {
            while !deployments.iter().all(settled) {
                let event = events.recv().await.unwrap();
                assert!(matches!(event, Event::Reported | Event::NoContent), "{event:?}");
                if news {
                    newer.send_modify(|_| {});
                }
            }
            stop.stop();
        });
        deployments.into_iter().map(|(one, _)| (one, standing(one).unwrap().state)).collect()
    }

    /// An agent and its runner died together, after the runner was told to go.
    fn cut_off(&self, deployment: u64) -> PathBuf {
        let state = State {
            deployment,
            app: deployment,
            phase: Phase::Installing,
            reason: String::new(),
            exit_code: None,
            output: String::new(),
        };
        let app = deployment;
        let action = agent::journal::Action { deployment, app, started: 0, runner: None };
        let standing = Standing { state, attempts: 1 };
        let id = self.journal.begin(&action, &standing, 0).unwrap();
        let folder = self.path("actions").join(id.to_string());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("begun"), "").unwrap();
        folder
    }

    fn phases(&self) -> Vec<Phase> {
        let parcel = self.journal.parcel(0, 500).unwrap().unwrap();
        let batch: Batch = serde_json::from_slice(&parcel.body).unwrap();
        let phase = |body| if let Body::State(state) = body { Some(state.phase) } else { None };
        batch.messages.into_iter().filter_map(|message| phase(message.body)).collect()
    }
}

fn counted(mark: &Path) -> String {
    format!("echo \"$PORTOLAN_APP $PORTOLAN_ACTION\" >> {}", mark.display())
}

fn count(mark: &Path) -> usize {
    fs::read_to_string(mark).map_or(0, |text| text.lines().count())
}

#[tokio::test]
async fn a_script_runs_once_whatever_it_says() {
    let world = world();
    let mark = world.path("mark");
    let good = world.install(1, &counted(&mark), Detection::Absent);
    let bad = world.install(2, "#!/bin/sh\necho no cheese\nexit 4", Detection::Absent);
    for _life in 0..2 {
        let states = world.live(vec![good.clone(), bad.clone()]).await;
        assert_eq!(states[&1].phase, Phase::Installed);
        assert_eq!(states[&2].phase, Phase::Failed);
        assert_eq!(states[&2].exit_code, Some(4));
        assert_eq!(states[&2].reason, "the script ended with exit code 4");
        assert_eq!(states[&2].output, "no cheese");
    }
    assert_eq!(fs::read_to_string(&mark).unwrap(), "app-1 install\n");
    let told = [Phase::Installing, Phase::Installed, Phase::Installing, Phase::Failed];
    assert_eq!(world.phases(), told, "each step once");
    assert_eq!(fs::read_dir(world.path("content")).unwrap().count(), 0, "no longer needed");
}

#[tokio::test]
async fn detection_has_the_first_and_the_last_word() {
    let world = world();
    let (mark, flag) = (world.path("mark"), world.path("flag"));
    let detect = |flag: &Path| world.content(&format!("test -e {}", flag.display()));
    let liar = world.install(1, &counted(&mark), Detection::Script(detect(&flag)));
    let states = world.live(vec![liar]).await;
    assert_eq!(states[&1].phase, Phase::Failed);
    assert!(states[&1].reason.contains("detection does not find it"), "{}", states[&1].reason);

    fs::write(&flag, "").unwrap();
    let there = world.install(2, &counted(&mark), Detection::Script(detect(&flag)));
    assert_eq!(world.live(vec![there.clone()]).await[&2].phase, Phase::Installed);
    assert_eq!(count(&mark), 1, "what is there is not installed");

    let remover = world.content(&format!("rm {}", flag.display()));
    let installer = Installer::Script(world.content("exit 1"), Some(remover));
    let gone = Assignment { deployment: 3, intent: Intent::Uninstall, installer, ..there };
    assert_eq!(world.live(vec![gone]).await[&3].phase, Phase::Uninstalled);
    assert!(!flag.exists());
}

#[tokio::test]
async fn a_cut_off_script_without_detection_is_unknown_and_not_repeated() {
    let world = world();
    let mark = world.path("mark");
    let script = world.install(1, &counted(&mark), Detection::Absent);
    let folder = world.cut_off(1);

    for _life in 0..2 {
        let states = world.live(vec![script.clone()]).await;
        assert_eq!(states[&1].phase, Phase::Unknown);
    }
    assert_eq!(count(&mark), 0);
    assert!(world.journal.actions().unwrap().is_empty() && !folder.exists());
}

#[tokio::test]
async fn what_became_of_a_killed_installer_is_for_detection_to_say() {
    let world = world();
    let (mark, flag) = (world.path("mark"), world.path("flag"));
    let (killed, done) = (counted(&mark), format!("touch {}", flag.display()));
    let script = format!("{killed}; test $(wc -l < {}) = 2 || kill -9 $$; {done}", mark.display());
    let detection = Detection::Script(world.content(&format!("test -e {}", flag.display())));
    let seen = world.install(1, &script, detection);
    let blind = world.install(2, "kill -9 $$", Detection::Absent);
    let states = world.live(vec![seen, blind]).await;
    assert_eq!(states[&1].phase, Phase::Installed);
    assert_eq!(count(&mark), 2, "it was begun again, once");
    assert_eq!(states[&2].phase, Phase::Unknown);
}

#[tokio::test]
async fn a_policy_that_comes_meanwhile_does_not_decide_what_became_of_an_action() {
    let world = world();
    let apps = (1..=6).map(|id| {
        let flag = world.path(&format!("flag-{id}"));
        let detection = world.content(&format!("test -e {}", flag.display()));
        let script = format!("touch {}", flag.display());
        world.install(id, &script, Detection::Script(detection))
    });
    let states = world.live_with(apps.collect(), true).await;
    for state in states.values() {
        assert_eq!(state.phase, Phase::Installed, "{state:?}");
    }
}

#[tokio::test]
async fn an_action_whose_deployment_is_gone_is_told_and_not_repeated() {
    let world = world();
    let mark = world.path("mark");
    let detect = format!("test -e {}", world.path("flag").display());
    let flag = world.content(&detect);
    let script = world.install(1, &counted(&mark), Detection::Absent);
    let detected = world.install(2, &counted(&mark), Detection::Script(flag));
    for deployment in [1, 2] {
        world.cut_off(deployment);
    }
    let other = world.install(3, "exit 0", Detection::Absent);
    world.live(vec![other.clone()]).await;
    assert_eq!(world.phases()[..2], [Phase::Unknown, Phase::Unknown]);

    fs::write(world.path("flag"), "").unwrap();
    world.content(&detect);
    let states = world.live(vec![script, detected, other]).await;
    assert_eq!(states[&1].phase, Phase::Unknown);
    assert_eq!(states[&2].phase, Phase::Installed, "detection can tell");
    assert_eq!(count(&mark), 0);
}

#[tokio::test]
async fn a_deadline_is_waited_for() {
    let world = world();
    let mark = world.path("mark");
    let deadline = Some(node::clock::now() + 24 * 60 * 60 * 1000);
    let later = Assignment { deadline, ..world.install(1, &counted(&mark), Detection::Absent) };
    let state = world.live(vec![later]).await.remove(&1).unwrap();
    assert_eq!(state.phase, Phase::Waiting);
    assert!(state.reason.starts_with("until 20"), "{}", state.reason);
    assert_eq!(count(&mark), 0);
}
