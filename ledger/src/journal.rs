//! Frames of the node's journal: one group of entries, committed together (`docs/format.md`, section 11).
//!
//! A frame is `"NGJ1"`, the body's length (8 bytes, big-endian), the first 4 bytes of SHA-256 of these twelve, the body, and SHA-256
//! of all before it. (The four bytes keep a changed length from looking like a frame that was cut short.) The body is: number of
//! entries (4 bytes), then for each its leaf hash (32), its length (4) and its bytes; then the checkpoint that covers them, the
//! rest of the body. The leaf hashes let damage be laid to one entry.

use alloc::vec::Vec;

use thiserror::Error;

use crate::hash::{HASH_BYTES, Hash};
use crate::limits::ENTRY_BYTES_MAX;

#[cfg(test)]
mod tests;

const MAGIC: &[u8; 4] = b"NGJ1";
/// Magic and length.
const HEAD_BYTES: usize = MAGIC.len() + 8;
/// Magic, length, and the check of both.
const CHECKED_HEAD_BYTES: usize = HEAD_BYTES + 4;

/// Longest body in bytes that a reader takes for a frame: 1,024 entries of the greatest length and a note of the greatest length,
/// rounded up.
pub const BODY_BYTES_MAX: usize = 1_024 * (HASH_BYTES + 4 + ENTRY_BYTES_MAX) + (1 << 20);

/// Most entries in one frame; see [`BODY_BYTES_MAX`].
pub const FRAME_ENTRIES_MAX: usize = 1_024;

/// A group of entries and the checkpoint that covers it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the layout of a frame is fixed by the format")]
pub struct Frame<'a> {
    /// Each entry with its leaf hash, in order.
    pub entries: Vec<(Hash, &'a [u8])>,
    /// The signed checkpoint of the tree that ends with the last entry.
    pub checkpoint: &'a [u8],
}

/// What stands at some place of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a reader must treat all four")]
pub enum Scanned<'a> {
    /// A whole frame of so many bytes.
    Frame {
        /// The frame.
        frame: Frame<'a>,
        /// Its length in bytes, from magic to hash.
        bytes: usize,
    },
    /// Nothing more.
    End,
    /// The bytes end before the frame does, as after a power cut in mid-write. Only ever right at the end of the last segment.
    Torn,
    /// The bytes are no frame: something was changed.
    Damaged {
        /// How.
        fault: FrameError,
        /// The frame as far as it can still be read, to find the entry at fault, and its length.
        readable: Option<(Frame<'a>, usize)>,
    },
}

/// How a frame is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// It does not begin with the four bytes of a frame.
    #[error("no frame begins here")]
    Magic,
    /// Its length was changed, or is beyond [`BODY_BYTES_MAX`].
    #[error("length changed or out of range")]
    Length,
    /// Its hash is another.
    #[error("hash differs")]
    Hash,
    /// Its body does not divide into entries.
    #[error("body is no list of entries")]
    Body,
}

/// A frame cannot be made of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many or too long entries for one frame")]
#[non_exhaustive]
pub struct FrameTooLong;

impl<'a> Frame<'a> {
    /// The frame's bytes.
    ///
    /// # Errors
    /// More than [`FRAME_ENTRIES_MAX`] entries, or one too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FrameTooLong> {
        if self.entries.len() > FRAME_ENTRIES_MAX {
            return Err(FrameTooLong);
        }
        let mut body = Vec::new();
        body.extend_from_slice(&u32::try_from(self.entries.len()).map_err(|_| FrameTooLong)?.to_be_bytes());
        for (leaf_hash, entry) in &self.entries {
            if entry.len() > ENTRY_BYTES_MAX {
                return Err(FrameTooLong);
            }
            body.extend_from_slice(leaf_hash.as_bytes());
            body.extend_from_slice(&u32::try_from(entry.len()).map_err(|_| FrameTooLong)?.to_be_bytes());
            body.extend_from_slice(entry);
        }
        body.extend_from_slice(self.checkpoint);
        if body.len() > BODY_BYTES_MAX {
            return Err(FrameTooLong);
        }
        let mut bytes = Vec::with_capacity(CHECKED_HEAD_BYTES + body.len() + HASH_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&u64::try_from(body.len()).map_err(|_| FrameTooLong)?.to_be_bytes());
        let check = head_check(&bytes);
        bytes.extend_from_slice(&check);
        bytes.extend_from_slice(&body);
        let hash = Hash::of(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        Ok(bytes)
    }

    fn parse_body(body: &'a [u8]) -> Option<Self> {
        let (count, mut rest) = body.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
        if count > FRAME_ENTRIES_MAX {
            return None;
        }
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let (leaf_hash, after) = rest.split_first_chunk::<HASH_BYTES>()?;
            let (length, after) = after.split_first_chunk::<4>()?;
            let (entry, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
            entries.push((Hash::from_bytes(*leaf_hash), entry));
            rest = after;
        }
        Some(Self { entries, checkpoint: rest })
    }
}

/// Looks at what stands at the start of `bytes`.
#[must_use]
pub fn scan(bytes: &[u8]) -> Scanned<'_> {
    if bytes.is_empty() {
        return Scanned::End;
    }
    let damaged = |fault| Scanned::Damaged { fault, readable: None };
    if !bytes.starts_with(MAGIC) && !MAGIC.starts_with(bytes) {
        return damaged(FrameError::Magic);
    }
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else { return Scanned::Torn };
    let Some((check, rest)) = rest.split_first_chunk::<4>() else { return Scanned::Torn };
    let [_, _, _, _, length @ ..] = *head;
    let length = match usize::try_from(u64::from_be_bytes(length)) {
        Ok(length) if length <= BODY_BYTES_MAX && head_check(head) == *check => length,
        _ => return damaged(FrameError::Length),
    };
    let Some((body, rest)) = rest.split_at_checked(length) else { return Scanned::Torn };
    let Some((hash, _)) = rest.split_first_chunk::<HASH_BYTES>() else { return Scanned::Torn };
    let frame = Frame::parse_body(body);
    let hashed = bytes.get(..CHECKED_HEAD_BYTES + length).unwrap_or_default();
    let whole = CHECKED_HEAD_BYTES + length + HASH_BYTES;
    if Hash::of(hashed).as_bytes() != hash {
        return Scanned::Damaged { fault: FrameError::Hash, readable: frame.map(|frame| (frame, whole)) };
    }
    match frame {
        Some(frame) => Scanned::Frame { frame, bytes: whole },
        None => damaged(FrameError::Body),
    }
}

/// The check of a frame's magic and length.
fn head_check(head: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = *Hash::of(head).as_bytes();
    [a, b, c, d]
}
