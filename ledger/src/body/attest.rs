//! The body of an `attest` statement (`docs/format.md`, section 4.7).

use alloc::string::ToString as _;

use super::fields::{self, Fields};
use super::registry::words;
use crate::hash::Hash;
use crate::json::Object;
use crate::refusal::{Code, Refusal};

/// Longest note in characters.
const NOTE_CHARS_MAX: usize = 1_000;

words! {
    /// What a second person says of an entry.
    Claim {
        /// It is so.
        StandsBy = "stands_by",
        /// It is not so.
        Disputes = "disputes",
    }
}

/// A second person's word on an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attest<'j> {
    /// Leaf hash of the entry.
    pub entry: Hash,
    /// What is said of it.
    pub claim: Claim,
    /// A remark.
    pub note: Option<&'j str>,
}

impl<'j> Attest<'j> {
    /// Reads the body of an `attest` statement.
    ///
    /// # Errors
    /// [`Code::MalformedStatement`] with the field at fault.
    pub fn parse(body: &'j Object<'j>) -> Result<Self, Refusal> {
        let fields = Fields::of_body(body, Code::MalformedStatement, &["entry", "claim", "note"])?;
        Ok(Self {
            entry: fields.read("entry", fields::hash)?,
            claim: fields.read("claim", |json| {
                json.as_str().and_then(Claim::parse).ok_or_else(|| "not stands_by or disputes".to_string())
            })?,
            note: fields.optional_text("note", NOTE_CHARS_MAX)?,
        })
    }
}
