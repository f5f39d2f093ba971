//! Firewall rules of machines and routers: loaded into the kernel from outside, as the
//! machine's root would, and read back.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cell::Cell;
use crate::machine::Machine;
use crate::network::Router;
use crate::place;
use crate::switch::feed;

/// The libraries that the lab's own programs bring.
const LIBRARIES: &str = "network/usr/lib/x86_64-linux-gnu";

impl Machine {
    /// Loads a text for `nft -f`, in one transaction.
    ///
    /// # Panics
    /// Where nft refuses it.
    #[track_caller]
    pub fn nft(&self, text: &str) {
        load(&self.cell, text);
    }

    /// What `nft -j` says to these words: the list in it.
    ///
    /// # Panics
    /// Where nft refuses them.
    #[track_caller]
    pub fn nft_says(&self, words: &str) -> Vec<Value> {
        says(&self.cell, words)
    }

    /// Installs the program `nft`.
    ///
    /// # Panics
    /// Where the lab has none.
    pub fn give_nft(&self) {
        self.put(&place::folder().join("network/usr/sbin/nft"), "/usr/sbin/nft");
        let libraries = std::fs::read_dir(place::folder().join(LIBRARIES));
        for library in libraries.expect("the lab's libraries").flatten() {
            let path = library.path();
            let name = library.file_name();
            let own = Path::new("/usr/lib/x86_64-linux-gnu").join(&name);
            // What the machine has itself stays as it is.
            if path.is_file() && !self.path(&own.display().to_string()).exists() {
                self.put(&path, &own.display().to_string());
            }
        }
    }
}

impl Router {
    /// As [`Machine::nft`].
    ///
    /// # Panics
    /// Where nft refuses it.
    #[track_caller]
    pub fn nft(&self, text: &str) {
        load(&self.cell, text);
    }

    /// As [`Machine::nft_says`].
    ///
    /// # Panics
    /// Where nft refuses them.
    #[track_caller]
    pub fn nft_says(&self, words: &str) -> Vec<Value> {
        says(&self.cell, words)
    }
}

#[track_caller]
fn load(cell: &Cell, text: &str) {
    feed(cell.in_network(&place::tool("nft")).args(["-f", "-"]), text);
}

#[track_caller]
fn says(cell: &Cell, words: &str) -> Vec<Value> {
    let mut command: Command = cell.in_network(&place::tool("nft"));
    command.arg("-j").args(words.split_whitespace()).stdin(Stdio::null());
    let said = command.output().expect("nft starts");
    let error = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "nft {words}: {error}");
    let value: Value = serde_json::from_slice(&said.stdout).expect("nft -j says JSON");
    value.get("nftables").and_then(Value::as_array).cloned().unwrap_or_default()
}
