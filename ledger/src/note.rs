//! Signed notes: text under which names with Ed25519 keys stand (C2SP signed-note).

mod key;
#[cfg(test)]
mod tests;

use alloc::{string::String, vec::Vec};
use core::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signer as _, SigningKey};
use thiserror::Error;

pub use key::{KeyId, KeyName, KeyNameError, SignatureType, VerifierKey, VerifierKeyError};

use crate::cosignature::{CosignatureTime, verify_cosignature};
use crate::key::Signature;

/// Most signatures on a note: C2SP asks for 16 at least; 64 leave room for a log key and every witness of a policy.
pub const NOTE_SIGNATURES_MAX: usize = 64;

/// What a signature line begins with: U+2014 and a space.
const LINE_START: &str = "\u{2014} ";
/// Bytes of the key id before a signature.
const KEY_ID_BYTES: usize = 4;

/// One signature line: who signed, with which key, and the bytes, whose meaning depends on the key's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    key_id: KeyId,
    bytes: Vec<u8>,
}

/// Why text is not a signature line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureLineError {
    /// Not an em dash, a name and a signature, each separated by one space.
    #[error("not a signature line")]
    Shape,
    /// The name cannot name a key.
    #[error("the signature line names no key")]
    Name(#[source] KeyNameError),
    /// Not base64 of a key id and at least one byte.
    #[error("the signature is not base64 of a key id and a signature")]
    Signature,
}

/// Why bytes are not a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseNoteError {
    /// The bytes are not UTF-8.
    #[error("the note is not UTF-8")]
    Utf8,
    /// A control character other than the line feed.
    #[error("the note contains a control character")]
    ControlCharacter,
    /// No empty line between text and signatures, or no line feed at the end.
    #[error("the note has no signatures")]
    Unsigned,
    /// More than [`NOTE_SIGNATURES_MAX`] lines.
    #[error("the note has too many signatures")]
    TooManySignatures,
    /// A line after the last empty line is not a signature.
    #[error("signature line {line} of the note is malformed")]
    Line {
        /// Which, from zero.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: SignatureLineError,
    },
}

/// Text cannot be signed as a note: it must end in a line feed and hold no other control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the text does not end in a line feed or contains a control character")]
pub struct NoteTextError;

/// A note cannot take another signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the note has {NOTE_SIGNATURES_MAX} signatures already")]
pub struct TooManySignatures;

/// Why a note is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VerifyNoteError {
    /// A line under a known key does not verify. The note was tampered with or its maker is faulty.
    #[error("the signature by {name} with key {key_id} is not valid")]
    InvalidSignature {
        /// Name of the key.
        name: KeyName,
        /// Id of the key.
        key_id: KeyId,
    },
    /// Two of the given keys share name and id. This does not happen by accident: mend the list of keys.
    #[error("two keys are known as {name} with id {key_id}")]
    AmbiguousKey {
        /// Name of the keys.
        name: KeyName,
        /// Id of the keys.
        key_id: KeyId,
    },
    /// No line is by a known key.
    #[error("no known key signed the note")]
    NoKnownSignature,
}

/// A signature that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedSignature<'k> {
    /// The key that signed.
    pub key: &'k VerifierKey,
    /// When, for a timestamped cosignature; the signer's own claim.
    pub time: Option<CosignatureTime>,
}

/// A well-formed note. Its signatures are not verified until [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl NoteSignature {
    /// Takes the parts of a line; `bytes` is what follows the key id.
    ///
    /// # Errors
    ///
    /// [`SignatureLineError::Signature`] if there are no bytes.
    pub fn new(name: KeyName, key_id: KeyId, bytes: Vec<u8>) -> Result<Self, SignatureLineError> {
        if bytes.is_empty() { Err(SignatureLineError::Signature) } else { Ok(Self { name, key_id, bytes }) }
    }

    /// Takes the bytes of a signature just made, which are never empty.
    pub(crate) const fn of_signer(name: KeyName, key_id: KeyId, bytes: Vec<u8>) -> Self {
        Self { name, key_id, bytes }
    }

    /// Signs `text`, which must be a note's text, as type 0x01.
    #[must_use]
    pub fn sign(text: &str, name: &KeyName, key: &SigningKey) -> Self {
        let key_id = KeyId::of(name, SignatureType::Ed25519, &key.verifying_key().to_bytes());
        Self::of_signer(name.clone(), key_id, key.sign(text.as_bytes()).to_bytes().to_vec())
    }

    /// Reads one line, without its line feed.
    ///
    /// # Errors
    ///
    /// [`SignatureLineError`].
    pub fn parse(line: &str) -> Result<Self, SignatureLineError> {
        let rest = line.strip_prefix(LINE_START).ok_or(SignatureLineError::Shape)?;
        let (name, encoded) = rest.split_once(' ').ok_or(SignatureLineError::Shape)?;
        let name = KeyName::new(name).map_err(SignatureLineError::Name)?;
        let decoded = BASE64_STANDARD.decode(encoded).map_err(|_| SignatureLineError::Signature)?;
        let (key_id, bytes) = decoded.split_first_chunk::<KEY_ID_BYTES>().ok_or(SignatureLineError::Signature)?;
        Self::new(name, KeyId::from_bytes(*key_id), bytes.to_vec())
    }

    /// Name of the key.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Id of the key.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The signature, without the key id before it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn is_by(&self, key: &VerifierKey) -> bool {
        key.id() == self.key_id && *key.name() == self.name
    }

    /// Verifies this line over `text` with a key of this name and id.
    fn verify<'k>(&self, text: &str, key: &'k VerifierKey) -> Option<VerifiedSignature<'k>> {
        let time = match key.signature_type() {
            SignatureType::Ed25519 => {
                let signature = Signature::from_slice(&self.bytes)?;
                key.public_key().verifies(text.as_bytes(), &signature).then_some(None)
            }
            SignatureType::CosignatureV1 => verify_cosignature(text, &key.public_key(), &self.bytes).ok().map(Some),
        }?;
        Some(VerifiedSignature { key, time })
    }
}

/// The line without its line feed.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_bytes().as_slice(), &self.bytes].concat();
        write!(f, "{LINE_START}{} {}", self.name, BASE64_STANDARD.encode(bytes))
    }
}

impl Note {
    /// Signs a text as type 0x01. Ed25519 is deterministic: the same input gives the same note.
    ///
    /// # Errors
    ///
    /// [`NoteTextError`].
    pub fn sign(text: String, name: &KeyName, key: &SigningKey) -> Result<Self, NoteTextError> {
        if !text.ends_with('\n') || has_control_character(&text) {
            return Err(NoteTextError);
        }
        let signature = NoteSignature::sign(&text, name, key);
        Ok(Self { text, signatures: Vec::from([signature]) })
    }

    /// Reads a note.
    ///
    /// # Errors
    ///
    /// [`ParseNoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseNoteError> {
        let note = core::str::from_utf8(bytes).map_err(|_| ParseNoteError::Utf8)?;
        if has_control_character(note) {
            return Err(ParseNoteError::ControlCharacter);
        }
        // The text keeps the first of the two line feeds.
        let at = note.rfind("\n\n").ok_or(ParseNoteError::Unsigned)?;
        let (text, rest) = note.split_at_checked(at + 1).ok_or(ParseNoteError::Unsigned)?;
        let lines = rest.strip_prefix('\n').and_then(|rest| rest.strip_suffix('\n')).ok_or(ParseNoteError::Unsigned)?;
        let mut signatures = Vec::new();
        for (line, signature) in lines.split('\n').enumerate() {
            if line == NOTE_SIGNATURES_MAX {
                return Err(ParseNoteError::TooManySignatures);
            }
            let signature = NoteSignature::parse(signature).map_err(|source| ParseNoteError::Line { line, source })?;
            signatures.push(signature);
        }
        Ok(Self { text: text.into(), signatures })
    }

    /// A note of a text with some signatures, as when lines of strangers are left out; `None` if it would be none.
    #[must_use]
    pub fn with_signatures(text: &str, signatures: impl IntoIterator<Item = NoteSignature>) -> Option<Self> {
        let signatures: Vec<_> = signatures.into_iter().take(NOTE_SIGNATURES_MAX + 1).collect();
        let is_text = text.ends_with('\n') && !has_control_character(text);
        let is_note = is_text && !signatures.is_empty() && signatures.len() <= NOTE_SIGNATURES_MAX;
        is_note.then(|| Self { text: text.into(), signatures })
    }

    /// The signed text, with the line feed at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, none of them verified.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line, unless the very same line is there already.
    ///
    /// # Errors
    ///
    /// [`TooManySignatures`].
    pub fn add_signature(&mut self, signature: NoteSignature) -> Result<(), TooManySignatures> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() >= NOTE_SIGNATURES_MAX {
            return Err(TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Verifies every line that is by one of these keys and passes over the others. The result has one element for each
    /// such line, in the note's order, and at least one.
    ///
    /// # Errors
    ///
    /// [`VerifyNoteError`].
    pub fn verify<'k>(&self, keys: &[&'k VerifierKey]) -> Result<Vec<VerifiedSignature<'k>>, VerifyNoteError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            let mut known = keys.iter().copied().filter(|key| signature.is_by(key));
            let Some(key) = known.next() else { continue };
            let (name, key_id) = (signature.name.clone(), signature.key_id);
            if known.any(|other| other != key) {
                return Err(VerifyNoteError::AmbiguousKey { name, key_id });
            }
            let valid = signature.verify(&self.text, key);
            verified.push(valid.ok_or(VerifyNoteError::InvalidSignature { name, key_id })?);
        }
        if verified.is_empty() { Err(VerifyNoteError::NoKnownSignature) } else { Ok(verified) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// Whether a note must not hold this text: only the line feed is allowed below U+0020.
pub(crate) fn has_control_character(text: &str) -> bool {
    text.bytes().any(|b| b < b' ' && b != b'\n')
}
