//! What is wrong with an event, and where.

use alloc::format;
use alloc::string::String;

use thiserror::Error;

use crate::amount::AmountError;

/// Why JSON is no EPCIS event. The producer's software is at fault; answered with 400.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: {kind}")]
#[non_exhaustive]
pub struct EventError {
    /// The field at fault, from the event or document down: `quantityList[0].uom`. Empty for the whole.
    pub path: String,
    /// What is wrong with it.
    pub kind: EventErrorKind,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventErrorKind {
    /// It is required and not there.
    #[error("missing")]
    Missing,
    /// It is not the kind of JSON value that it must be.
    #[error("not {expected}")]
    WrongKind {
        /// What it must be.
        expected: &'static str,
    },
    /// No such field belongs here, and it is not under a namespace.
    #[error("no such field here")]
    UnknownField,
    /// The field's prefix is declared nowhere.
    #[error("undeclared prefix")]
    UndeclaredPrefix,
    /// It is no URI.
    #[error("not a uri")]
    Uri,
    /// It is no RFC 3339 date-time.
    #[error("not a date-time")]
    Time,
    /// It is no time zone offset from -14:00 to +14:00.
    #[error("not a time zone offset")]
    Offset,
    /// It is neither a word of the vocabulary nor a URI outside of it.
    #[error("neither a word of the vocabulary nor a uri outside of it")]
    Word,
    /// The amount cannot be read.
    #[error("{0}")]
    Amount(AmountError),
    /// It is no unit code.
    #[error("not a unit code")]
    Unit,
    /// It must hold at least one value.
    #[error("empty")]
    Empty,
    /// It stands in the list twice.
    #[error("stands twice")]
    Repeated,
    /// There are more than allowed.
    #[error("more than {most}")]
    TooMany {
        /// How many are allowed.
        most: usize,
    },
    /// The event may not hold this field together with its action.
    #[error("does not go with the action")]
    Action,
}

impl EventError {
    /// An error of the value at hand; those who hold the value add where it stands.
    pub(super) const fn here(kind: EventErrorKind) -> Self {
        Self { path: String::new(), kind }
    }

    /// An error of a member of the value at hand.
    pub(super) fn of(key: &str, kind: EventErrorKind) -> Self {
        Self { path: key.into(), kind }
    }

    /// The same error, seen from the object whose member it stands in.
    pub(super) fn within(self, key: &str) -> Self {
        self.behind(key.into())
    }

    /// The same error, seen from the array that it stands in.
    pub(super) fn within_item(self, index: usize) -> Self {
        self.behind(format!("[{index}]"))
    }

    fn behind(mut self, mut path: String) -> Self {
        if !self.path.is_empty() && !self.path.starts_with('[') {
            path.push('.');
        }
        path.push_str(&self.path);
        self.path = path;
        self
    }
}
