//! A machine for a test, with `portolan` in it: the lab's [`Machine`] without a
//! network, whose system is this machine's own, and the words that these tests
//! say to it.

use std::ops::Deref;
use std::path::Path;

use lab::Machine;
pub(crate) use lab::{Running, Said, obstacle_to_alone as obstacle, repository};

pub(crate) struct Sandbox(Machine);

impl Sandbox {
    /// # Panics
    /// When namespaces or overlays are not to be had; see [`obstacle`].
    pub(crate) fn new() -> Self {
        Self(Machine::alone(&[Path::new(env!("CARGO_BIN_EXE_portolan"))], &[repository()]))
    }

    /// A command line in the machine, by its shell.
    pub(crate) fn shell(&self, line: &str) -> Said {
        self.run(line)
    }

    /// `portolan` with these words.
    pub(crate) fn portolan(&self, words: &str) -> Said {
        self.run(&format!("portolan {words}"))
    }

    /// Starts `portolan` with these words, and leaves it running.
    pub(crate) fn start(&self, words: &str) -> Running {
        self.0.start(&format!("portolan {words}"))
    }
}

impl Deref for Sandbox {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.0
    }
}
