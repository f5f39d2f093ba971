//! The site file as a command meets it: read, planned, and its mistakes shown
//! all at once, each with the line that it stands on.

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity,
};
use plan::{Finding, Mistake, Plan};

use crate::folder::Folder;
use crate::outcome::{Failure, Kind};

pub(crate) struct SiteFile {
    pub(crate) text: String,
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
}

impl SiteFile {
    /// The folder's site file, if it holds no mistake.
    pub(crate) fn read(folder: &Folder) -> Result<Self, Failure> {
        let path = folder.site_file();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Failure::new(format!(
                    "there is no site in {}",
                    folder.path().display()
                ))
                .kind(Kind::Unreachable)
                .next("`portolan up` makes one; --dir names another folder"));
            }
            Err(error) => {
                return Err(Failure::because(format!("cannot read {}", path.display()), &error));
            }
        };
        Self::parse(text, &path.display().to_string())
    }

    /// The site file that a running site of this folder has, whatever became of
    /// the other since; nothing where none ever ran.
    pub(crate) fn applied(folder: &Folder) -> Option<Self> {
        let path = folder.applied();
        let text = std::fs::read_to_string(&path).ok()?;
        Self::parse(text, &path.display().to_string()).ok()
    }

    /// A site file's text; `name` is what reports call it.
    pub(crate) fn parse(text: String, name: &str) -> Result<Self, Failure> {
        match plan::read(&text).and_then(|estate| plan::plan(&estate)) {
            Ok((plan, findings)) => Ok(Self { text, plan, findings }),
            Err(mistakes) => Err(mistaken(&mistakes, &text, name)),
        }
    }
}

fn mistaken(mistakes: &[Mistake], text: &str, name: &str) -> Failure {
    let theme = if crate::show::colour() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme).without_syntax_highlighting();
    let mut shown = format!("{} in {name}", crate::show::counted(mistakes.len() as u64, "mistake"));
    for mistake in mistakes {
        let mut diagnostic = MietteDiagnostic::new(mistake.message.clone())
            .with_severity(Severity::Error)
            .with_label(LabeledSpan::underline(mistake.at.clone()));
        if let Some(help) = &mistake.help {
            diagnostic = diagnostic.with_help(help.clone());
        }
        let source = NamedSource::new(name, text.to_owned());
        let report = miette::Report::from(diagnostic).with_source_code(source);
        shown.push('\n');
        // A report goes into a String, which takes everything.
        let _infallible = handler.render_report(&mut shown, report.as_ref());
    }
    Failure::new(shown.trim_end()).kind(Kind::SiteFile)
}
