//! What goes into a statement and comes out of it: four kinds of value, the
//! ones that both databases have. A row is read from left to right, in the
//! order in which its statement names the columns; what does not fit is an
//! error that names statement and column, never a panic.

use crate::StoreError;

/// A value in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "a number",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
        }
    }

    /// A list, as JSON text.
    pub(crate) fn list<T: serde::Serialize>(items: &[T]) -> Self {
        // Lists of texts and numbers, which is all that is kept so, have no
        // way to fail.
        Self::Text(serde_json::to_string(items).unwrap_or_else(|_| "[]".into()))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Value {
    /// Ids and numbers. The largest that a database holds is 2^63 - 1; beyond
    /// stands for that one, which no row ever has.
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(yes.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        // PostgreSQL has no way to store U+0000 in a text, so neither have we.
        Self::Text(text.replace('\0', "\u{fffd}"))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row, read from left to right.
#[derive(Debug)]
pub struct Row {
    statement: &'static str,
    read: usize,
    values: std::vec::IntoIter<Value>,
}

impl Row {
    pub(crate) fn new(statement: &'static str, values: Vec<Value>) -> Self {
        Self { statement, read: 0, values: values.into_iter() }
    }

    fn next(&mut self) -> Option<Value> {
        self.read += 1;
        self.values.next()
    }

    fn wrong(&self, wanted: &'static str, found: Option<&Value>) -> StoreError {
        StoreError::Column {
            statement: self.statement,
            column: self.read,
            wanted,
            found: found.map_or("nothing", Value::kind),
        }
    }

    /// The next column: a number.
    pub fn int(&mut self) -> Result<i64, StoreError> {
        match self.next() {
            Some(Value::Int(number)) => Ok(number),
            other => Err(self.wrong("a number", other.as_ref())),
        }
    }

    /// The next column: a number, or null.
    pub fn int_or_null(&mut self) -> Result<Option<i64>, StoreError> {
        match self.next() {
            Some(Value::Int(number)) => Ok(Some(number)),
            Some(Value::Null) => Ok(None),
            other => Err(self.wrong("a number or null", other.as_ref())),
        }
    }

    /// The next column: a number that is not negative.
    pub fn count(&mut self) -> Result<u64, StoreError> {
        let number = self.int()?;
        u64::try_from(number)
            .map_err(|_| self.wrong("a number from 0 on", Some(&Value::Int(number))))
    }

    /// The next column: 0 or 1.
    pub fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    /// The next column: a text.
    pub fn text(&mut self) -> Result<String, StoreError> {
        match self.next() {
            Some(Value::Text(text)) => Ok(text),
            other => Err(self.wrong("text", other.as_ref())),
        }
    }

    /// The next column: a text, or null.
    pub fn text_or_null(&mut self) -> Result<Option<String>, StoreError> {
        match self.next() {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            other => Err(self.wrong("text or null", other.as_ref())),
        }
    }

    /// The next column: bytes.
    pub fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.next() {
            Some(Value::Blob(bytes)) => Ok(bytes),
            other => Err(self.wrong("bytes", other.as_ref())),
        }
    }

    /// The next column: bytes, or null.
    pub fn blob_or_null(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.next() {
            Some(Value::Blob(bytes)) => Ok(Some(bytes)),
            Some(Value::Null) => Ok(None),
            other => Err(self.wrong("bytes or null", other.as_ref())),
        }
    }

    /// The next column: a list, kept as JSON text.
    pub fn list<T: serde::de::DeserializeOwned>(&mut self) -> Result<Vec<T>, StoreError> {
        let text = self.text()?;
        serde_json::from_str(&text).map_err(|_| self.wrong("a list", Some(&Value::Text(text))))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_row_says_what_does_not_fit() {
        let mut row = Row::new("store::x::Y", vec![Value::Int(-1), Value::Null, "x".into()]);
        let wrong = row.count().unwrap_err().to_string();
        assert_eq!(wrong, "store::x::Y: column 1 holds a number where a number from 0 on belongs");
        assert_eq!(row.int_or_null().unwrap(), None);
        assert!(row.list::<String>().is_err());
        let wrong = row.blob().unwrap_err().to_string();
        assert_eq!(wrong, "store::x::Y: column 4 holds nothing where bytes belongs");
    }
}
