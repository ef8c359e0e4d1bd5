//! Checkpoints: a log's signed word on its size and root (C2SP tlog-checkpoint).

#[cfg(test)]
mod tests;

use alloc::{format, string::String, vec::Vec};
use core::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use thiserror::Error;

use crate::hash::Hash;
use crate::note::{
    KeyName, KeyNameError, Note, NoteSignature, NoteTextError, ParseNoteError, SignatureType, TooManySignatures,
    VerifierKey, VerifyNoteError, has_control_character,
};
use crate::tree::{DecimalError, TreeSize};

/// A log's state: its origin, size and root. On its own it is a claim by nobody; see [`SignedCheckpoint`].
///
/// [`Display`](fmt::Display) and [`FromStr`] are the exact text that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: KeyName,
    size: TreeSize,
    root: Hash,
    extensions: Vec<String>,
}

/// Why text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Fewer than three lines, or no line feed at the end.
    #[error("a checkpoint has three lines or more")]
    TooShort,
    /// The origin cannot name a log's key.
    #[error("the checkpoint's origin is no key name")]
    Origin(#[source] KeyNameError),
    /// The size is not a decimal number in canonical form.
    #[error("the checkpoint's size is not a number")]
    Size(#[source] DecimalError),
    /// The root is not base64 of 32 bytes.
    #[error("the checkpoint's root is not a hash")]
    Root,
    /// An extension line is empty or holds a control character.
    #[error("extension line {line} of the checkpoint is malformed")]
    Extension {
        /// Which, from zero.
        line: usize,
    },
}

impl Checkpoint {
    /// States a log's size and root.
    #[must_use]
    pub const fn new(origin: KeyName, size: TreeSize, root: Hash) -> Self {
        Self { origin, size, root, extensions: Vec::new() }
    }

    /// The log's name.
    #[must_use]
    pub const fn origin(&self) -> &KeyName {
        &self.origin
    }

    /// The tree's size.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.size
    }

    /// The tree's root.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Lines after the root. We write none; they are signed and so are kept.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::TooShort)?.split('\n');
        let mut line = || lines.next().ok_or(CheckpointError::TooShort);
        let origin = KeyName::new(line()?).map_err(CheckpointError::Origin)?;
        let size = line()?.parse().map_err(CheckpointError::Size)?;
        let root = decode_hash(line()?).ok_or(CheckpointError::Root)?;
        let extensions: Vec<String> = lines.map(String::from).collect();
        if let Some(line) = extensions.iter().position(|line| line.is_empty() || has_control_character(line)) {
            return Err(CheckpointError::Extension { line });
        }
        Ok(Self { origin, size, root, extensions })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, encode_hash(&self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Writes a hash as C2SP text formats do.
pub(crate) fn encode_hash(hash: &Hash) -> String {
    BASE64_STANDARD.encode(hash.as_bytes())
}

/// Reads the one base64 spelling of a hash.
pub(crate) fn decode_hash(text: &str) -> Option<Hash> {
    Hash::from_slice(&BASE64_STANDARD.decode(text).ok()?)
}

/// A checkpoint that its log has signed, with whatever other signatures came along. Those are not verified here; see
/// [`crate::policy::Policy::evaluate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    log: VerifierKey,
    note: Note,
}

/// Why a note is not a checkpoint signed by the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenCheckpointError {
    /// The bytes are not a signed note.
    #[error("not a signed note")]
    Note(#[source] ParseNoteError),
    /// The note's text is not a checkpoint.
    #[error("the note holds no checkpoint")]
    Checkpoint(#[source] CheckpointError),
    /// No key is known for this log: it is another log's checkpoint.
    #[error("{origin} is no log known here")]
    UnknownOrigin {
        /// The origin line.
        origin: KeyName,
    },
    /// The log's signature is missing or wrong.
    #[error("the log did not sign the checkpoint")]
    Signature(#[source] VerifyNoteError),
}

/// A key cannot sign checkpoints, because it is weak or its name is not the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the key cannot sign for a log")]
pub struct SignCheckpointError;

impl SignedCheckpoint {
    /// Signs a checkpoint for its log; the key's name is the origin.
    ///
    /// # Errors
    ///
    /// [`SignCheckpointError`] for a weak key, which no generator gives.
    pub fn sign(checkpoint: Checkpoint, key: &SigningKey) -> Result<Self, SignCheckpointError> {
        let public_key = crate::key::PublicKey::from_bytes(key.verifying_key().to_bytes());
        let log = VerifierKey::new(checkpoint.origin.clone(), SignatureType::Ed25519, public_key)
            .map_err(|_| SignCheckpointError)?;
        let note = Note::sign(format!("{checkpoint}"), &checkpoint.origin, key)
            .map_err(|_: NoteTextError| SignCheckpointError)?;
        Ok(Self { checkpoint, log, note })
    }

    /// Opens the checkpoint of the log that `log` belongs to.
    ///
    /// # Errors
    ///
    /// [`OpenCheckpointError`].
    pub fn open(bytes: &[u8], log: &VerifierKey) -> Result<Self, OpenCheckpointError> {
        Self::open_any(bytes, [log])
    }

    /// Opens a checkpoint of any of these logs, chosen by the origin. A log may have several keys.
    ///
    /// # Errors
    ///
    /// [`OpenCheckpointError`].
    pub fn open_any<'k>(
        bytes: &[u8],
        logs: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Self, OpenCheckpointError> {
        Self::from_note(Note::parse(bytes).map_err(OpenCheckpointError::Note)?, logs)
    }

    /// Does what [`SignedCheckpoint::open_any`] does with a note already parsed.
    ///
    /// # Errors
    ///
    /// [`OpenCheckpointError`].
    pub fn from_note<'k>(
        note: Note,
        logs: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Self, OpenCheckpointError> {
        let checkpoint: Checkpoint = note.text().parse().map_err(OpenCheckpointError::Checkpoint)?;
        let keys: Vec<_> = logs
            .into_iter()
            .filter(|key| *key.name() == checkpoint.origin && key.signature_type() == SignatureType::Ed25519)
            .collect();
        if keys.is_empty() {
            return Err(OpenCheckpointError::UnknownOrigin { origin: checkpoint.origin });
        }
        let verified = note.verify(&keys).map_err(OpenCheckpointError::Signature)?;
        let log =
            verified.first().ok_or(OpenCheckpointError::Signature(VerifyNoteError::NoKnownSignature))?.key.clone();
        Ok(Self { checkpoint, log, note })
    }

    /// What the log signed.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The key that the log signed with.
    #[must_use]
    pub const fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// The note, to be stored and served as it is.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// Adds a line, such as a witness's cosignature. Verify it first.
    ///
    /// # Errors
    ///
    /// [`TooManySignatures`].
    pub fn add_signature(&mut self, signature: NoteSignature) -> Result<(), TooManySignatures> {
        self.note.add_signature(signature)
    }
}

/// The note's text and signatures, as it goes over the wire.
impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}
