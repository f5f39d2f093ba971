//! Whether an application is there: asked before an action, so that nothing is
//! done twice, and after it, because an installer's word is not enough.

use std::path::Path;
use std::time::Duration;

use node::process::{End, Program};
use wire::policy::{Assignment, Detection, Intent, Package};

use crate::action::child::plain;
use crate::dpkg::{self, DpkgError, Presence};
use crate::script;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    #[error("detection failed: {0}")]
    Dpkg(#[from] DpkgError),
    #[error("the detection script could not be run: {0}")]
    NotRun(#[source] std::io::Error),
    #[error("the detection script {end}; 0 means there, 1 means not there")]
    Script { end: End, output: String },
}

/// Whether the application is there; none if it has no detection. `script` is
/// the detection script, where there is one; `folder` is where it runs.
pub async fn detect(
    assignment: &Assignment,
    script: Option<&Path>,
    folder: &Path,
) -> Result<Option<bool>, DetectError> {
    match (&assignment.detection, script) {
        (Detection::Absent, _) => Ok(None),
        (Detection::Package(package), _) => is_there(package, assignment.intent).await.map(Some),
        (Detection::Script(_), Some(script)) => run(assignment, script, folder).await.map(Some),
        (Detection::Script(content), None) => {
            Err(DetectError::NotRun(std::io::Error::other(format!("{} is missing", content.name))))
        }
    }
}

/// To be installed, a package must be whole and new enough; to be gone, it must
/// not be there in any version or half-way state.
async fn is_there(package: &Package, intent: Intent) -> Result<bool, DetectError> {
    match (dpkg::presence(package).await?, intent) {
        (Presence::Absent, _) => Ok(false),
        (_, Intent::Uninstall) => Ok(true),
        (Presence::Broken { .. }, Intent::Install) => Ok(false),
        (Presence::Installed { version }, Intent::Install) => {
            Ok(dpkg::is_enough(&version, &package.version).await?)
        }
    }
}

async fn run(assignment: &Assignment, script: &Path, folder: &Path) -> Result<bool, DetectError> {
    let (program, arguments) = script::command(script).map_err(DetectError::NotRun)?;
    let outcome = node::process::run(&Program {
        program,
        arguments: arguments.into_iter().map(Into::into).collect(),
        environment: script::environment(&assignment.name, "detect"),
        folder: folder.to_owned(),
        within: Duration::from_secs(u64::from(assignment.time_limit)),
        tail: wire::limit::OUTPUT_TAIL,
    })
    .await
    .map_err(DetectError::NotRun)?;
    match outcome.end {
        End::Exit(0) => Ok(true),
        End::Exit(1) => Ok(false),
        end => Err(DetectError::Script { end, output: plain(&outcome.output) }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use wire::policy::{Content, Installer};

    fn assignment() -> Assignment {
        let content = Content { digest: [0; 32], size: 0, name: "detect".into() };
        Assignment {
            deployment: 1,
            app: 1,
            name: "hello".into(),
            intent: Intent::Install,
            deadline: None,
            installer: Installer::Script(content.clone(), None),
            detection: Detection::Script(content),
            time_limit: 60,
            success_codes: vec![0],
        }
    }

    async fn ask(text: &str) -> Result<Option<bool>, DetectError> {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("detect");
        std::fs::write(&script, text).unwrap();
        detect(&assignment(), Some(&script), folder.path()).await
    }

    #[tokio::test]
    async fn the_exit_code_answers() {
        assert_eq!(
            ask("test \"$PORTOLAN_APP $PORTOLAN_ACTION\" = 'hello detect'").await.unwrap(),
            Some(true)
        );
        assert_eq!(ask("exit 1").await.unwrap(), Some(false));
        let error = ask("echo no such thing; exit 7").await.unwrap_err();
        assert!(error.to_string().contains("ended with code 7"), "{error}");
        assert!(matches!(error, DetectError::Script { output, .. } if output == "no such thing\n"));
        let missing = detect(&assignment(), None, Path::new("/")).await;
        assert!(matches!(missing, Err(DetectError::NotRun(_))));
        let none = Assignment { detection: Detection::Absent, ..assignment() };
        assert_eq!(detect(&none, None, Path::new("/")).await.unwrap(), None);
    }
}
