//! A leaf's proof in one file: where it stands, its path, and the checkpoint the path leads to (C2SP tlog-proof).

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use thiserror::Error;

use crate::checkpoint::{SignedCheckpoint, decode_hash, encode_hash};
use crate::hash::Hash;
use crate::note::{Note, ParseNoteError};
use crate::policy::{AcceptCheckpointError, Evaluation, Policy};
use crate::tree::{InclusionError, InclusionProof, LeafIndex, PROOF_HASHES_MAX, ProofTooLong, verify_inclusion};

/// First line of the file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A `.tlog-proof`, not verified until [`TlogProof::verify`]. Its [`Display`](fmt::Display) is the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: LeafIndex,
    proof: InclusionProof,
    checkpoint: Note,
}

/// Why bytes are not a `.tlog-proof`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseTlogProofError {
    /// The part before the first empty line is not UTF-8, or there is no empty line.
    #[error("not a proof file")]
    Shape,
    /// The first line is another.
    #[error("the first line is not {HEADER}")]
    Header,
    /// The extra line is not base64 of something.
    #[error("the extra line is malformed")]
    Extra,
    /// There is no index line, or its number is not in canonical form.
    #[error("the index line is malformed")]
    Index,
    /// A line of the proof is not base64 of 32 bytes.
    #[error("hash {line} of the proof is malformed")]
    Hash {
        /// Which, from zero.
        line: usize,
    },
    /// More hashes than any proof has.
    #[error(transparent)]
    TooLong(#[from] ProofTooLong),
    /// What follows the empty line is not a signed note.
    #[error("the checkpoint is malformed")]
    Checkpoint(#[source] ParseNoteError),
}

/// Why a `.tlog-proof` proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VerifyTlogProofError {
    /// The policy does not accept the checkpoint.
    #[error("the checkpoint is not accepted")]
    Checkpoint(#[source] AcceptCheckpointError),
    /// The leaf is not in the checkpoint's tree.
    #[error("the leaf is not proven")]
    Inclusion(#[source] InclusionError),
}

/// What a verified `.tlog-proof` establishes: the leaf stands at the index in this tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenLeaf<'p> {
    /// Where the leaf stands.
    pub index: LeafIndex,
    /// The tree it stands in.
    pub checkpoint: SignedCheckpoint,
    /// Who cosigned the tree.
    pub evaluation: Evaluation<'p>,
}

impl TlogProof {
    /// Puts a proof file together.
    #[must_use]
    pub const fn new(index: LeafIndex, proof: InclusionProof, checkpoint: Note) -> Self {
        Self { extra: None, index, proof, checkpoint }
    }

    /// Reads a proof file.
    ///
    /// # Errors
    ///
    /// [`ParseTlogProofError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseTlogProofError> {
        let at = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or(ParseTlogProofError::Shape)?;
        let (head, note) = bytes.split_at_checked(at).ok_or(ParseTlogProofError::Shape)?;
        let head = core::str::from_utf8(head).map_err(|_| ParseTlogProofError::Shape)?;
        let note = note.strip_prefix(b"\n\n").ok_or(ParseTlogProofError::Shape)?;

        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(ParseTlogProofError::Header);
        }
        let mut line = lines.next().ok_or(ParseTlogProofError::Index)?;
        let mut extra = None;
        if let Some(encoded) = line.strip_prefix("extra ") {
            let decoded = BASE64_STANDARD.decode(encoded).map_err(|_| ParseTlogProofError::Extra)?;
            // Without extra bytes the line is left out: an empty one would be a second spelling.
            extra = Some(decoded).filter(|bytes| !bytes.is_empty());
            if extra.is_none() {
                return Err(ParseTlogProofError::Extra);
            }
            line = lines.next().ok_or(ParseTlogProofError::Index)?;
        }
        let index = line.strip_prefix("index ").and_then(|number| number.parse().ok());
        let index = index.ok_or(ParseTlogProofError::Index)?;
        let mut hashes: Vec<Hash> = Vec::new();
        for (line, hash) in lines.enumerate() {
            if line == PROOF_HASHES_MAX {
                return Err(ProofTooLong { got: line + 1 }.into());
            }
            hashes.push(decode_hash(hash).ok_or(ParseTlogProofError::Hash { line })?);
        }
        let checkpoint = Note::parse(note).map_err(ParseTlogProofError::Checkpoint)?;
        Ok(Self { extra, index, proof: InclusionProof::new(hashes)?, checkpoint })
    }

    /// Bytes the application may have added. Nobody signed them.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// Where the leaf is said to stand.
    #[must_use]
    pub const fn index(&self) -> LeafIndex {
        self.index
    }

    /// The leaf's path.
    #[must_use]
    pub const fn proof(&self) -> &InclusionProof {
        &self.proof
    }

    /// The checkpoint's note, not verified.
    #[must_use]
    pub const fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// Checks that one of the policy's logs signed the checkpoint, that its witnesses cosigned it, and that the leaf is in
    /// its tree. The leaf hash must come from the application's own bytes.
    ///
    /// # Errors
    ///
    /// [`VerifyTlogProofError`].
    pub fn verify<'p>(&self, leaf_hash: &Hash, policy: &'p Policy) -> Result<ProvenLeaf<'p>, VerifyTlogProofError> {
        let (checkpoint, evaluation) =
            policy.accept(self.checkpoint.clone()).map_err(VerifyTlogProofError::Checkpoint)?;
        let tree = checkpoint.checkpoint();
        verify_inclusion(self.index, tree.size(), leaf_hash, &self.proof, &tree.root())
            .map_err(VerifyTlogProofError::Inclusion)?;
        Ok(ProvenLeaf { index: self.index, checkpoint, evaluation })
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64_STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof.hashes().iter().try_for_each(|hash| writeln!(f, "{}", encode_hash(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
