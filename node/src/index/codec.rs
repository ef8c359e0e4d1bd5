//! How the index is encoded: keys in their own order, records with bincode. Nothing here is ever hashed, signed or sent; a change of format
//! is a new [`FORMAT`], and the index is made again.

use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::LotKey;
use nguon_ledger::key::PublicKey;
use nguon_ledger::refusal::Flag;
use nguon_ledger::state::Key;
pub use nguon_ledger::state::wire::WireError as CodecError;
pub(crate) use nguon_ledger::state::wire::{decode_record, encode_record};
use nguon_ledger::state::wire::{from_bytes, position, to_bytes, word};
use nguon_ledger::tree::{LeafIndex, TreeSize};

#[cfg(test)]
mod tests;

/// Version of everything in this module.
pub(crate) const FORMAT: u32 = 3;
/// Statements of one signer that share a value: one write serves all that a group holds of a signer, and a value stays below 600 bytes.
pub(crate) const CHUNK: u64 = 64;
/// What a key of the index begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Stamp,
    Charter,
    Actor,
    Signer,
    Product,
    Gtin,
    Place,
    Lot,
    Child,
    Event,
    Entry,
    /// (signer, seq / [`CHUNK`]) -> entries of that many statements of the signer, in order.
    Statements,
    /// (subject's URI, entry) -> nothing: the registry statements about it.
    About,
    /// entry -> its flags, when it has any.
    Flags,
    /// (actor, lot) -> nothing: the lots that an actor holds, that are on their way to it, or that once were. Never removed.
    Held,
    /// (actor, entry) -> nothing: the events that speak of an actor and are not signed by it.
    Party,
}

impl Table {
    /// Its first byte.
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Stamp => 0,
            Self::Charter => 1,
            Self::Actor => 2,
            Self::Signer => 3,
            Self::Product => 4,
            Self::Gtin => 5,
            Self::Place => 6,
            Self::Lot => 7,
            Self::Child => 8,
            Self::Event => 9,
            Self::Entry => 10,
            Self::Statements => 11,
            Self::About => 12,
            Self::Flags => 13,
            Self::Held => 14,
            Self::Party => 15,
        }
    }

    /// A key of this table.
    pub(crate) fn key(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut key = vec![self.byte()];
        parts.iter().for_each(|part| key.extend_from_slice(part));
        key
    }
}

/// The key of a record.
pub(crate) fn record_key(key: &Key) -> Vec<u8> {
    match key {
        Key::Charter => Table::Charter.key(&[]),
        Key::Actor(uri) => Table::Actor.key(&[uri.slug().as_bytes()]),
        Key::Signer(signer) => Table::Signer.key(&[signer.as_bytes()]),
        Key::Product(uri) => Table::Product.key(&[uri.slug().as_bytes()]),
        Key::Gtin(gtin) => Table::Gtin.key(&[gtin.as_str().as_bytes()]),
        Key::Place(uri) => Table::Place.key(&[uri.slug().as_bytes()]),
        Key::Lot(lot) => Table::Lot.key(&[short(lot.hash())]),
        Key::Child { lot, number } => Table::Child.key(&[lot.hash().as_bytes(), &number.to_be_bytes()]),
        Key::Event(id) => Table::Event.key(&[short(id)]),
        Key::Entry(leaf_hash) => Table::Entry.key(&[short(leaf_hash)]),
    }
}

/// The first 21 bytes of a hash: two hashes that agree in 168 bits are not found by anybody.
fn short(hash: &Hash) -> &[u8] {
    hash.as_bytes().get(..21).unwrap_or_default()
}

/// The key of the chunk that holds a signer's statement.
pub(crate) fn statements_key(signer: &PublicKey, seq: u64) -> Vec<u8> {
    Table::Statements.key(&[signer.as_bytes(), &(seq / CHUNK).to_be_bytes()])
}

/// What the keys of the statements about a subject begin with. No URI holds a zero byte, so none is the beginning of another's.
pub(crate) fn about_prefix(uri: &str) -> Vec<u8> {
    Table::About.key(&[uri.as_bytes(), &[0]])
}

/// The key of a registry statement about a subject.
pub(crate) fn about_key(uri: &str, index: LeafIndex) -> Vec<u8> {
    Table::About.key(&[uri.as_bytes(), &[0], &index.get().to_be_bytes()])
}

/// What the keys of an actor begin with in [`Table::Held`] and [`Table::Party`]. No slug holds a zero byte.
pub(crate) fn actor_prefix(table: Table, slug: &str) -> Vec<u8> {
    table.key(&[slug.as_bytes(), &[0]])
}

/// The key that says that an actor holds a lot or once did.
pub(crate) fn held_key(slug: &str, lot: &LotKey) -> Vec<u8> {
    Table::Held.key(&[slug.as_bytes(), &[0], lot.hash().as_bytes()])
}

/// The lot that such a key names.
pub(crate) fn held_lot(key: &[u8]) -> Result<LotKey, CodecError> {
    key.last_chunk::<32>().map(|hash| LotKey::from_hash(Hash::from_bytes(*hash))).ok_or(CodecError)
}

/// The key that says that an entry speaks of an actor.
pub(crate) fn party_key(slug: &str, index: LeafIndex) -> Vec<u8> {
    Table::Party.key(&[slug.as_bytes(), &[0], &index.get().to_be_bytes()])
}

/// What the keys of the entries begin with whose leaf hashes begin with these five bytes.
pub(crate) fn entry_prefix(start: [u8; 5]) -> Vec<u8> {
    Table::Entry.key(&[&start])
}

/// The entry that a key of [`Table::About`] or [`Table::Party`] names.
pub(crate) fn about_entry(key: &[u8]) -> Result<LeafIndex, CodecError> {
    key.last_chunk::<8>().map(|index| LeafIndex::new(u64::from_be_bytes(*index))).ok_or(CodecError)
}

/// The key of an entry's flags.
pub(crate) fn flags_key(index: LeafIndex) -> Vec<u8> {
    Table::Flags.key(&[&index.get().to_be_bytes()])
}

/// The key of the stamp.
pub(crate) fn stamp_key() -> Vec<u8> {
    Table::Stamp.key(&[])
}

/// Of which tree an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: TreeSize,
    pub(crate) root: Hash,
}

/// Encodes a stamp, with how many keys [`Table::Party`] holds: nothing else tells whether they are all there.
pub(crate) fn encode_stamp(stamp: &Stamp, parties: u64) -> Result<Vec<u8>, CodecError> {
    to_bytes(&(FORMAT, stamp.size.get(), stamp.root.as_bytes(), parties))
}

/// Decodes a stamp; one of another format is an error.
pub(crate) fn decode_stamp(bytes: &[u8]) -> Result<(Stamp, u64), CodecError> {
    let (format, size, root, parties): (u32, u64, [u8; 32], u64) = from_bytes(bytes)?;
    if format != FORMAT {
        return Err(CodecError);
    }
    Ok((Stamp { size: TreeSize::new(size), root: Hash::from_bytes(root) }, parties))
}

/// Encodes where a chunk of a signer's statements stand.
pub(crate) fn encode_chunk(entries: &[u64]) -> Result<Vec<u8>, CodecError> {
    to_bytes(&entries)
}

/// Decodes it.
pub(crate) fn decode_chunk(bytes: &[u8]) -> Result<Vec<u64>, CodecError> {
    from_bytes(bytes)
}

/// Every flag, in the order of its number in the index.
const FLAGS: [Flag; 5] =
    [Flag::ClockAhead, Flag::Late, Flag::TimeBeforeCreation, Flag::CorrectionNotUndone, Flag::Shortfall];

/// Encodes an entry's flags.
pub(crate) fn encode_flags(flags: &[Flag]) -> Result<Vec<u8>, CodecError> {
    let numbers = flags.iter().map(|flag| position(&FLAGS, flag)).collect::<Result<Vec<u8>, _>>()?;
    to_bytes(&numbers)
}

/// Decodes an entry's flags.
pub(crate) fn decode_flags(bytes: &[u8]) -> Result<Vec<Flag>, CodecError> {
    let numbers: Vec<u8> = from_bytes(bytes)?;
    numbers.iter().map(|number| word(&FLAGS, *number)).collect()
}
