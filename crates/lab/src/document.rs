//! Documents that show a session: what is typed, and what is printed. Tests
//! replay them, so that no document shows what is not so.
//!
//! In a block of the language `console`, a line that begins with `$ ` is a
//! command, one that begins with `NAME# ` is a command for root on the machine
//! of that name, `> ` goes on with a command, and everything else is what was
//! printed.

/// A command of a document, and what it is shown to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where; nothing where the document speaks of one machine only.
    pub machine: Option<String>,
    /// What is typed, without the prompt.
    pub command: String,
    /// Lines that are printed.
    pub shown: String,
}

/// The sessions of a document, one after the other.
pub fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in blocks(text, "console") {
        if let Some((machine, command)) = prompt(&line) {
            let (command, shown) = (command.to_owned(), String::new());
            steps.push(Step { machine: machine.map(str::to_owned), command, shown });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix('>').filter(|_| step.shown.is_empty()) {
                Some(more) => {
                    step.command.push('\n');
                    step.command.push_str(more.strip_prefix(' ').unwrap_or(more));
                }
                None => {
                    step.shown.push_str(&line);
                    step.shown.push('\n');
                }
            }
        }
    }
    steps
}

fn prompt(line: &str) -> Option<(Option<&str>, &str)> {
    if let Some(command) = line.strip_prefix("$ ") {
        return Some((None, command));
    }
    let (machine, command) = line.split_once("# ")?;
    let is_name = !machine.is_empty() && machine.bytes().all(|c| c.is_ascii_alphanumeric());
    is_name.then_some((Some(machine), command))
}

/// The lines of the blocks of one language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(word) => inside = word == language,
            None if inside => lines.push(line.to_owned()),
            None => {}
        }
    }
    lines
}

/// What differs from run to run, replaced; runs of spaces, because tables are
/// as wide as what stands in them; and without the phases on the way, of which
/// a watcher sees those that last long enough.
pub fn masked(text: &str) -> String {
    let words = text.lines().map(|line| {
        let words = line.split_whitespace().map(|word| {
            let parts: Vec<String> = word.split('/').map(mask).collect();
            parts.join("/")
        });
        words.collect::<Vec<_>>().join(" ")
    });
    let on_the_way = ["pending", "waiting", "downloading", "installing", "uninstalling", "its way"];
    let stays = |line: &String| {
        !line.is_empty() && !on_the_way.iter().any(|phase| line.ends_with(&format!(" {phase}")))
    };
    words.filter(stays).collect::<Vec<_>>().join("\n")
}

const UNITS: &[&str] = &["s", "min", "h", "days", "B", "KiB", "MiB", "GiB", "TiB", "kB", "MB"];

fn mask(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let counted = bare.trim_end_matches('s');
    let hex = bare.len() >= 12 && bare.chars().all(|c| c.is_ascii_hexdigit());
    let number = counted.chars().any(|c| c.is_ascii_digit())
        && counted.chars().all(|c| "0123456789.,:-TZ".contains(c));
    // A package's, which its archive may raise.
    let version = bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.contains('.')
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || ".+-:~".contains(c));
    if hex || ["sha256:", "SHA256:", "ptk_"].iter().any(|start| bare.starts_with(start)) {
        word.replace(bare, "ID")
    } else if number || version {
        word.replace(bare, "N")
    } else if UNITS.contains(&bare) {
        word.replace(bare, "UNIT")
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read() {
        let text =
            "Text.\n```console\n$ date\nMon\nhead# cat <<END\n> a\n>\n> END\n> shown\n```\n$ no\n";
        let step = |machine: Option<&str>, command: &str, shown: &str| Step {
            machine: machine.map(str::to_owned),
            command: command.to_owned(),
            shown: shown.to_owned(),
        };
        let read = steps(text);
        assert_eq!(read[0], step(None, "date", "Mon\n"));
        assert_eq!(read[1], step(Some("head"), "cat <<END\na\n\nEND\nshown", ""));
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn only_what_differs_by_chance_is_masked() {
        assert_eq!(masked("seen  3 s ago at 10.1.0.10:443"), "seen N UNIT ago at N"); // not a port: masked away
        assert_eq!(masked("hello 2.10-3 (amd64), 51.8 KiB"), "hello N (amd64), N UNIT");
        assert_eq!(masked("http://10.1.0.10/a/5a83d33f5195b251 in 0s"), "http://N/a/ID in N");
        assert_eq!(masked("dp7  installing\ndp7  installed\n\n"), "dp7 installed");
        assert_ne!(masked("site P01 is ready"), masked("site P02 is ready"));
    }
}
