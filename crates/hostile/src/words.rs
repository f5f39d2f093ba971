//! One small estate for each thing that an estate must be able to say, with the flows
//! and the findings that follow from it. They belong to `plan`, and stand in its
//! tests; it is here that a folder can be walked, which pure code may not.
//!
//! A golden that a program wrote proves only that it does not change. So each file
//! says in its head what must come out, and why: `# expects:` a line of the plan,
//! `# lacks:` a line that must not be there (`*` stands for any cell), `# finds:` and
//! `# finds not:` a kind of finding. `UPDATE_GOLDEN=1` writes the goldens anew; what
//! the heads say is checked all the same.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use plan::show::{COLUMNS, Row, tsv};

const FINDING: [&str; 4] = ["severity", "kind", "line", "message"];

/// The site files, sorted.
pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plan/src/tests/golden/words");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "toml")).collect();
    files.sort();
    files
}

/// What `portolan plan --format tsv` prints, and the same of the findings.
fn planned(text: &str) -> Result<(String, String), String> {
    let tell = |mistakes: Vec<plan::Mistake>| -> String {
        let each = mistakes.iter().map(|one| format!("{}: {one}\n", one.line(text)));
        each.collect()
    };
    let estate = plan::read(text).map_err(tell)?;
    let (plan, findings) = plan::plan(&estate).map_err(tell)?;
    let rows = plan.rows(plan.flows());
    let cells: Vec<[&str; 5]> = rows.iter().map(Row::cells).collect();
    let line = |at: &std::ops::Range<usize>| plan::line_of(text, at).to_string();
    let said: Vec<[String; 4]> = findings
        .iter()
        .map(|one| {
            let line = one.at.as_ref().map_or_else(|| "-".to_owned(), line);
            [one.severity.slug().into(), one.kind.slug().into(), line, one.message.clone()]
        })
        .collect();
    let said: Vec<[&str; 4]> = said.iter().map(|row| row.each_ref().map(String::as_str)).collect();
    Ok((tsv(COLUMNS, &cells), tsv(FINDING, &said)))
}

/// Whether a line has these cells.
fn fits(cells: &[&str], line: &str) -> bool {
    let line: Vec<&str> = line.split('\t').collect();
    let alike = |(want, have): (&&str, &&str)| *want == "*" || want == have;
    line.len() == cells.len() && cells.iter().zip(&line).all(alike)
}

/// What the head of a file says and is not so.
fn broken(text: &str, flows: &str, findings: &str) -> Vec<String> {
    let mut said = 0;
    let mut broken = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
        let Some((what, rest)) = line.split_once(": ") else { continue };
        let cells: Vec<&str> = rest.split_whitespace().collect();
        let there = match what {
            "expects" | "lacks" => flows.lines().any(|line| fits(&cells, line)),
            "finds" | "finds not" => {
                findings.lines().any(|line| line.split('\t').nth(1) == Some(rest))
            }
            _ => continue,
        };
        said += 1;
        let counted = !matches!(what, "expects" | "lacks") || cells.len() == COLUMNS.len();
        if there != matches!(what, "expects" | "finds") || !counted {
            broken.push(format!("{what}: {rest}"));
        }
    }
    if said < 3 {
        broken.push("its head says too little of what must follow".to_owned());
    }
    broken
}

fn differs(golden: &Path, have: &str) -> Option<String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden, have).unwrap();
        return None;
    }
    let want = fs::read_to_string(golden).unwrap_or_default();
    let only = |sign: &str, one: &str, other: &str| -> String {
        let lines = one.lines().filter(|line| !other.lines().any(|known| known == *line));
        lines.map(|line| format!("{sign} {line}\n")).collect()
    };
    let (missing, more) = (only("-", &want, have), only("+", have, &want));
    (want != have).then(|| format!("{} differs\n{missing}{more}", golden.display()))
}

#[test]
fn each_word_says_what_its_file_expects() {
    let files = files();
    assert!(files.len() >= 12, "{} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        match planned(&text) {
            Err(mistakes) => wrong.push(format!("{name} has mistakes\n{mistakes}")),
            Ok((flows, findings)) => {
                let broken = broken(&text, &flows, &findings);
                wrong.extend(broken.into_iter().map(|line| format!("{name} {line}")));
                wrong.extend(differs(&file.with_extension("tsv"), &flows));
                wrong.extend(differs(&file.with_extension("findings.tsv"), &findings));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
