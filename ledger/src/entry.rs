//! Entries: what the log holds, one per statement (`docs/format.md`, section 6).

use alloc::vec::Vec;

use thiserror::Error;

use crate::hash::{HASH_BYTES, Hash};
use crate::identifier::LotKey;
use crate::key::{PUBLIC_KEY_BYTES, PublicKey, SIGNATURE_BYTES, Signature};
use crate::limits::{ENTRY_BYTES_MAX, ENTRY_FIXED_BYTES, LOT_LINK_BYTES, LOT_LINKS_MAX, PAYLOAD_BYTES_MAX};
use crate::time::UnixMillis;
use crate::tree::LeafIndex;

#[cfg(test)]
mod tests;

/// The only version of the entry layout.
pub const ENTRY_VERSION: u8 = 1;

/// A link of an entry into the chain of one lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the layout of a link is fixed by the format")]
pub struct LotLink {
    /// The lot.
    pub lot: LotKey,
    /// The entry's place among the lot's entries, from 0.
    pub seq: u32,
    /// Leaf hash of the lot's entry before; zeros at seq 0.
    pub previous: Hash,
}

/// An entry, taken apart; the payload is the statement's exact bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the layout of an entry is fixed by the format")]
pub struct Entry<'a> {
    /// Where it stands in the log.
    pub index: LeafIndex,
    /// Leaf hash of the entry before; zeros at index 0.
    pub previous: Hash,
    /// When the node received it.
    pub received_at: UnixMillis,
    /// Its links, ascending by lot key, no lot twice.
    pub links: Vec<LotLink>,
    /// Who signed.
    pub signer: PublicKey,
    /// The signature over the payload's PAE.
    pub signature: Signature,
    /// The statement.
    pub payload: &'a [u8],
}

/// Why bytes are no entry. In a stored log the operator is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Longer than [`ENTRY_BYTES_MAX`] or holding a payload longer than [`PAYLOAD_BYTES_MAX`].
    #[error("too long")]
    TooLong,
    /// The bytes end inside a field.
    #[error("cut short")]
    CutShort,
    /// The first byte is not 1.
    #[error("unknown version {version}")]
    Version {
        /// The first byte.
        version: u8,
    },
    /// More links than [`LOT_LINKS_MAX`].
    #[error("more than {LOT_LINKS_MAX} lot links")]
    TooManyLinks,
    /// Links are not in ascending order of lot key, or a lot stands twice.
    #[error("lot links out of order")]
    LinkOrder,
    /// The received time does not fit signed milliseconds.
    #[error("received time out of range")]
    Time,
}

impl<'a> Entry<'a> {
    /// Takes the bytes of an entry apart.
    ///
    /// # Errors
    /// The bytes are not the fixed layout.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        let mut reader = Reader(bytes);
        let [version] = reader.array()?;
        if version != ENTRY_VERSION {
            return Err(EntryError::Version { version });
        }
        let index = LeafIndex::new(u64::from_be_bytes(reader.array()?));
        let previous = reader.hash()?;
        let millis = i64::try_from(u64::from_be_bytes(reader.array()?)).map_err(|_| EntryError::Time)?;
        let [count] = reader.array()?;
        let count = usize::from(count);
        if count > LOT_LINKS_MAX {
            return Err(EntryError::TooManyLinks);
        }
        let mut links: Vec<LotLink> = Vec::with_capacity(count);
        for _ in 0..count {
            let lot = LotKey::from_hash(reader.hash()?);
            if links.last().is_some_and(|last| last.lot >= lot) {
                return Err(EntryError::LinkOrder);
            }
            links.push(LotLink { lot, seq: u32::from_be_bytes(reader.array()?), previous: reader.hash()? });
        }
        let signer = PublicKey::from_bytes(reader.array::<PUBLIC_KEY_BYTES>()?);
        let signature = Signature::from_bytes(reader.array::<SIGNATURE_BYTES>()?);
        let payload = reader.0;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        Ok(Self { index, previous, received_at: UnixMillis::new(millis), links, signer, signature, payload })
    }

    /// The entry's bytes.
    ///
    /// # Errors
    /// A part is out of its bounds, so that [`Entry::parse`] would not read the bytes back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        if self.payload.len() > PAYLOAD_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        let count = u8::try_from(self.links.len()).map_err(|_| EntryError::TooManyLinks)?;
        if self.links.len() > LOT_LINKS_MAX {
            return Err(EntryError::TooManyLinks);
        }
        if !self.links.is_sorted_by(|a, b| a.lot < b.lot) {
            return Err(EntryError::LinkOrder);
        }
        let millis = u64::try_from(self.received_at.get()).map_err(|_| EntryError::Time)?;
        let mut bytes = Vec::with_capacity(ENTRY_FIXED_BYTES + self.links.len() * LOT_LINK_BYTES + self.payload.len());
        bytes.push(ENTRY_VERSION);
        bytes.extend_from_slice(&self.index.get().to_be_bytes());
        bytes.extend_from_slice(self.previous.as_bytes());
        bytes.extend_from_slice(&millis.to_be_bytes());
        bytes.push(count);
        for link in &self.links {
            bytes.extend_from_slice(link.lot.hash().as_bytes());
            bytes.extend_from_slice(&link.seq.to_be_bytes());
            bytes.extend_from_slice(link.previous.as_bytes());
        }
        bytes.extend_from_slice(self.signer.as_bytes());
        bytes.extend_from_slice(self.signature.as_bytes());
        bytes.extend_from_slice(self.payload);
        Ok(bytes)
    }
}

/// The bytes not yet read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], EntryError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(EntryError::CutShort)?;
        self.0 = rest;
        Ok(*head)
    }

    fn hash(&mut self) -> Result<Hash, EntryError> {
        self.array::<HASH_BYTES>().map(Hash::from_bytes)
    }
}
