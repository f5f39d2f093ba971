//! What a command said and how it ended.

use std::process::Output;

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    line: String,
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub(crate) fn of(output: &Output, line: &str) -> Self {
        Self {
            line: line.to_owned(),
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// # Panics
    /// Unless it ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.ended(0)
    }

    /// # Panics
    /// Unless it ended with this exit code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "`{}` said:\n{}{}", self.line, self.out, self.err);
        self
    }

    /// # Panics
    /// Unless it ended well and said JSON.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let said = self.ok();
        serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("`{}`: {error}:\n{}", said.line, said.out))
    }

    /// # Panics
    /// Unless either stream holds the text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let both = format!("{}{}", self.out, self.err);
        assert!(both.contains(text), "`{}` does not say {text:?} but:\n{both}", self.line);
        self
    }
}
