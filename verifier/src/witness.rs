//! What a witness decides (C2SP tlog-witness, `add-checkpoint`): whether a log's checkpoint extends the one it cosigned
//! before. The answers are in the order that the protocol fixes; disk, clock and network are the command's business
//! (`nguon-verify witness`).
//!
//! The caller keeps what it cosigned last of each log, takes a decision and stores its outcome as one step that nothing
//! else of that log comes between, and answers only once the outcome is durable.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use nguon_ledger::checkpoint::{Checkpoint, CheckpointError};
use nguon_ledger::cosignature::{CosignatureTime, cosign};
use nguon_ledger::hash::Hash;
use nguon_ledger::note::{KeyName, Note, NoteSignature, ParseNoteError, VerifierKey, VerifyNoteError};
use nguon_ledger::tree::{
    ConsistencyError, ConsistencyProof, PROOF_HASHES_MAX, TreeSize, empty_root, verify_extension,
};
use thiserror::Error;

/// Longest body of a request: the proof has some 3 KiB, and a note of 64 signatures has 220 KiB if all are ML-DSA-44.
pub const REQUEST_BYTES_MAX: usize = 256 << 10;

/// The media type of an answer that holds the size a witness has.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// A request to cosign a checkpoint, of which nothing is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    old: TreeSize,
    proof: ConsistencyProof,
    note: Note,
    checkpoint: Checkpoint,
}

/// Why bytes are no request. Answered with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseRequestError {
    /// The part before the first empty line is not UTF-8, or there is no empty line.
    #[error("the request has no empty line before its checkpoint")]
    Shape,
    /// The first line does not name the old size.
    #[error("the first line is not `old` and a size")]
    Old,
    /// A line of the proof is not base64 of 32 bytes.
    #[error("hash {line} of the proof is malformed")]
    Hash {
        /// Which, from zero.
        line: usize,
    },
    /// More hashes than any proof has.
    #[error("the proof has more than {PROOF_HASHES_MAX} hashes")]
    ProofTooLong,
    /// What follows the empty line is not a signed note.
    #[error("the checkpoint is malformed: {0}")]
    Note(ParseNoteError),
    /// The note's text is not a checkpoint.
    #[error("the checkpoint is malformed: {0}")]
    Checkpoint(CheckpointError),
    /// The old size is beyond the new one.
    #[error("the old size {old} is larger than the checkpoint's, {new}")]
    OldBeyondNew {
        /// The old size.
        old: TreeSize,
        /// The checkpoint's size.
        new: TreeSize,
    },
}

/// A request whose checkpoint a trusted key of the log has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentic {
    old: TreeSize,
    proof: ConsistencyProof,
    checkpoint: Checkpoint,
    /// The note with the lines of trusted keys alone.
    note: Note,
}

/// Why a checkpoint is not cosigned, in the order in which it is found out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no request. 400.
    #[error(transparent)]
    Malformed(#[from] ParseRequestError),
    /// No key is trusted for the origin. 404.
    #[error("this witness does not know the log")]
    UnknownLog,
    /// No trusted key signed the checkpoint, or a line under one is not valid. 403.
    #[error("the log's signature: {0}")]
    Signature(VerifyNoteError),
    /// The witness has another size than the old one. 409, with the size.
    #[error("the witness has size {has}")]
    Conflict {
        /// What the witness has; 0 if it never cosigned a checkpoint of this log.
        has: TreeSize,
    },
    /// The new tree is not proven to begin with the old one. 422. With an honest log this does not happen.
    #[error("the checkpoint is not consistent with the one cosigned before: {0}")]
    Inconsistent(ConsistencyError),
}

impl Refusal {
    /// The HTTP status that says so.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::UnknownLog => 404,
            Self::Signature(_) => 403,
            Self::Conflict { .. } => 409,
            Self::Inconsistent(_) => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// [`ParseRequestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseRequestError> {
        let at = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or(ParseRequestError::Shape)?;
        let (head, rest) = bytes.split_at_checked(at).ok_or(ParseRequestError::Shape)?;
        let head = core::str::from_utf8(head).map_err(|_| ParseRequestError::Shape)?;
        let note = rest.strip_prefix(b"\n\n").ok_or(ParseRequestError::Shape)?;

        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(|size| size.parse().ok());
        let old: TreeSize = old.ok_or(ParseRequestError::Old)?;
        let mut hashes: Vec<Hash> = Vec::new();
        for (line, encoded) in lines.enumerate() {
            if line == PROOF_HASHES_MAX {
                return Err(ParseRequestError::ProofTooLong);
            }
            let decoded = BASE64_STANDARD.decode(encoded).ok();
            let hash = decoded.and_then(|bytes| Hash::from_slice(&bytes)).ok_or(ParseRequestError::Hash { line })?;
            hashes.push(hash);
        }
        let proof = ConsistencyProof::new(hashes).map_err(|_| ParseRequestError::ProofTooLong)?;
        let note = Note::parse(note).map_err(ParseRequestError::Note)?;
        let checkpoint: Checkpoint = note.text().parse().map_err(ParseRequestError::Checkpoint)?;
        let new = checkpoint.size();
        if old > new {
            Err(ParseRequestError::OldBeyondNew { old, new })
        } else {
            Ok(Self { old, proof, note, checkpoint })
        }
    }

    /// Whose checkpoint it is said to be.
    #[must_use]
    pub const fn origin(&self) -> &KeyName {
        self.checkpoint.origin()
    }

    /// Checks that one of the keys trusted for its origin signed the checkpoint; none are given where the log is unknown.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLog`] or [`Refusal::Signature`].
    pub fn authenticate(self, trusted: &[VerifierKey]) -> Result<Authentic, Refusal> {
        if trusted.is_empty() {
            return Err(Refusal::UnknownLog);
        }
        let keys: Vec<_> = trusted.iter().collect();
        self.note.verify(&keys).map_err(Refusal::Signature)?;
        // Lines of strangers are not kept: anybody could fill the witness's disk with them, or its answer to others.
        let is_trusted =
            |line: &&NoteSignature| trusted.iter().any(|key| key.name() == line.name() && key.id() == line.key_id());
        let lines = self.note.signatures().iter().filter(is_trusted).cloned();
        let note = Note::with_signatures(self.note.text(), lines)
            .ok_or(Refusal::Signature(VerifyNoteError::NoKnownSignature))?;
        Ok(Authentic { old: self.old, proof: self.proof, checkpoint: self.checkpoint, note })
    }
}

impl Authentic {
    /// The checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note, with the lines of trusted keys alone.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// Whether this and what was cosigned last are of one size and have different roots: the log signed two histories. That needs no proof,
    /// while a refused proof may be nothing but a bad one, which anybody can send.
    #[must_use]
    pub fn contradicts(&self, last: &Checkpoint) -> bool {
        self.checkpoint.size() == last.size() && self.checkpoint.root() != last.root()
    }

    /// Decides, given the checkpoint that was cosigned last, and returns the note to be cosigned.
    ///
    /// # Errors
    ///
    /// [`Refusal::Conflict`] or [`Refusal::Inconsistent`].
    pub fn extend(self, last: Option<&Checkpoint>) -> Result<Cosignable, Refusal> {
        let (has, root) = last.map_or_else(|| (TreeSize::ZERO, empty_root()), |last| (last.size(), last.root()));
        if self.old != has {
            return Err(Refusal::Conflict { has });
        }
        let new = &self.checkpoint;
        verify_extension(has, &root, new.size(), &new.root(), &self.proof).map_err(Refusal::Inconsistent)?;
        Ok(Cosignable { checkpoint: self.checkpoint, note: self.note })
    }
}

/// A checkpoint that this witness may cosign: it extends the last one, or is the last one again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignable {
    checkpoint: Checkpoint,
    note: Note,
}

/// A checkpoint with the log's signatures and this witness's, and the line alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cosigned {
    /// What is kept, and served to whoever watches the log.
    pub note: Note,
    /// What is answered to whoever asked for it.
    pub line: NoteSignature,
}

impl Cosignable {
    /// The checkpoint in a note that this witness cosigned before and has kept, to be cosigned with a newer time. `None` if
    /// the note is not one of these: then it must not be built upon.
    #[must_use]
    pub fn kept(note: &Note, witness: &VerifierKey) -> Option<(Self, CosignatureTime)> {
        let verified = note.verify(&[witness]).ok()?;
        let time = verified.iter().filter_map(|signature| signature.time).max()?;
        let lines =
            note.signatures().iter().filter(|line| line.name() != witness.name() || line.key_id() != witness.id());
        let checkpoint = note.text().parse().ok()?;
        Some((Self { checkpoint, note: Note::with_signatures(note.text(), lines.cloned())? }, time))
    }

    /// The checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Cosigns it. Store the note durably before anybody sees the line. `None` if the time is 0 or the note is full.
    #[must_use]
    pub fn cosign(self, name: &KeyName, key: &SigningKey, time: CosignatureTime) -> Option<Cosigned> {
        // A time of 0 means in C2SP that none is claimed, which is not for whole checkpoints.
        if time.seconds() == 0 {
            return None;
        }
        let line = cosign(&self.checkpoint, name, key, time);
        let mut note = self.note;
        note.add_signature(line.clone()).ok()?;
        Some(Cosigned { note, line })
    }
}
