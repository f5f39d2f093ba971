//! The program `nft`, by which this machine's kernel is told its rules, and asked
//! for them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use rules::dialect::nftables::{TABLE, TRIAL_TABLE};
use serde_json::Value;

use crate::outcome::{Failure, Kind};

/// Whether there is a table of ours, and what is in it.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Its base chains.
    pub(super) chains: Vec<String>,
    /// Its sets, each with whether it holds anything.
    pub(super) sets: Vec<(String, bool)>,
}

impl Table {
    /// The table of this name, if the kernel has one.
    pub(super) fn find(name: &str) -> Result<Option<Self>, Failure> {
        let tables = list(&["list", "tables", "inet"])?;
        let there = tables.iter().filter_map(|item| item.get("table"));
        if !there.into_iter().any(|table| table.get("name").and_then(Value::as_str) == Some(name)) {
            return Ok(None);
        }
        let mut found = Self::default();
        for item in list(&["list", "table", "inet", name])? {
            let named = |value: &Value| Some(value.get("name")?.as_str()?.to_owned());
            if let Some(chain) = item.get("chain").filter(|chain| chain.get("hook").is_some()) {
                found.chains.extend(named(chain));
            }
            if let Some(set) = item.get("set") {
                let holds =
                    set.get("elem").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
                found.sets.extend(named(set).map(|name| (name, holds)));
            }
        }
        Ok(Some(found))
    }

    pub(super) fn set(&self, name: &str) -> Option<bool> {
        self.sets.iter().find(|(one, _)| one == name).map(|(_, holds)| *holds)
    }
}

/// The rules that hold, and those on trial.
pub(super) fn tables() -> Result<[Option<Table>; 2], Failure> {
    Ok([Table::find(TABLE)?, Table::find(TRIAL_TABLE)?])
}

/// Loads a text in one transaction: all of it or nothing.
pub(super) fn load(text: &str) -> Result<(), Failure> {
    run(&["-f", "-"], text).map(drop)
}

/// Whether the kernel would take a text.
pub(super) fn check(text: &str) -> Result<(), Failure> {
    run(&["-c", "-f", "-"], text).map(drop)
}

/// What `nft -j` lists.
fn list(words: &[&str]) -> Result<Vec<Value>, Failure> {
    let words: Vec<&str> = ["-j"].iter().chain(words).copied().collect();
    let said = run(&words, "")?;
    let value: Value = serde_json::from_str(&said)
        .map_err(|error| Failure::because("cannot read what nft lists", &error))?;
    Ok(value.get("nftables").and_then(Value::as_array).cloned().unwrap_or_default())
}

/// Everything that the kernel has, as `nft -j list ruleset` says it.
pub(super) fn ruleset() -> Result<String, Failure> {
    run(&["-j", "list", "ruleset"], "")
}

fn run(words: &[&str], text: &str) -> Result<String, Failure> {
    let mut command = Command::new("nft");
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| Failure::because("cannot run nft", &error).next("apt install nftables"))?;
    // It reads all before it writes, and who reads nothing has failed anyway.
    let told = child.stdin.take().map(|mut input| input.write_all(text.as_bytes()));
    let output = child
        .wait_with_output()
        .map_err(|error| Failure::because("cannot wait for nft", &error))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        let failure = Failure::new(format!("nft refuses: {}", error.trim()));
        let rights = error.contains("Operation not permitted");
        let failure = if rights { failure.kind(Kind::Refused) } else { failure };
        return Err(failure.next(if rights { "run it as root" } else { "nothing was changed" }));
    }
    if let Some(Err(error)) = told {
        return Err(Failure::because("cannot tell nft", &error));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
