//! What follows from the entries so far: the records that the rules read and write.
//!
//! The state is a map from [`Key`] to [`Record`], read through [`ReadState`] and changed only by the writes that
//! [`crate::rules::apply`] hands back, so that neither node nor auditor need hold it whole in memory.

pub mod filter;
pub mod wire;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::amount::{Amount, Dimension, Quantity};
use crate::body::{ActorClass, MadeFrom, Role, Serials, Verb};
use crate::hash::Hash;
use crate::identifier::{ActorUri, Gtin, LotKey, LotUri, PlaceUri, ProductUri};
use crate::key::PublicKey;
use crate::refusal::Position;
use crate::time::UnixMillis;
use crate::tree::LeafIndex;

/// What a record is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "a store must keep every kind of record")]
pub enum Key {
    /// The ledger's constitution.
    Charter,
    /// An actor.
    Actor(ActorUri),
    /// A key that signs.
    Signer(PublicKey),
    /// A product.
    Product(ProductUri),
    /// The product of a GTIN.
    Gtin(Gtin),
    /// A place.
    Place(PlaceUri),
    /// A lot.
    Lot(LotKey),
    /// The lot that was made from this one as its `number`th.
    Child {
        /// The lot it was made from.
        lot: LotKey,
        /// Counts from 0 to the lot's `children`.
        number: u32,
    },
    /// An event, by SHA-256 of its `eventID`.
    Event(Hash),
    /// An entry, by its leaf hash.
    Entry(Hash),
}

/// What is known under a [`Key`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a store must keep every kind of record")]
pub enum Record {
    /// Under [`Key::Charter`].
    Charter(CharterRecord),
    /// Under [`Key::Actor`].
    Actor(ActorRecord),
    /// Under [`Key::Signer`].
    Signer(SignerRecord),
    /// Under [`Key::Product`].
    Product(ProductRecord),
    /// Under [`Key::Gtin`].
    Gtin(ProductUri),
    /// Under [`Key::Place`].
    Place(PlaceRecord),
    /// Under [`Key::Lot`].
    Lot(Box<LotRecord>),
    /// Under [`Key::Child`].
    Child(LotKey),
    /// Under [`Key::Event`].
    Event(EventRecord),
    /// Under [`Key::Entry`].
    Entry(EntryRecord),
}

/// The ledger's constitution, as far as rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct CharterRecord {
    /// Who runs the ledger.
    pub operator: ActorUri,
    /// The log's verifier key, as text.
    pub vkey: String,
}

/// An actor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct ActorRecord {
    /// The entry that set the record.
    pub index: LeafIndex,
    /// What it is.
    pub class: ActorClass,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The organisation above it.
    pub under: Option<ActorUri>,
    /// Every key it ever had, in the order in which it got them.
    pub keys: Vec<PublicKey>,
    /// How many of them are not revoked.
    pub active_keys: u32,
}

impl ActorRecord {
    /// Whether the actor has a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// A key that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct SignerRecord {
    /// Whose key it is.
    pub actor: ActorUri,
    /// What its next statement must carry.
    pub position: Position,
    /// The entry that registered it.
    pub registered: LeafIndex,
    /// The entry that revoked it.
    pub revoked: Option<LeafIndex>,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct ProductRecord {
    /// The entry that set the record.
    pub index: LeafIndex,
    /// The organisation that registered it.
    pub owner: ActorUri,
    /// Its GTIN.
    pub gtin: Option<Gtin>,
    /// What its amounts measure.
    pub dimension: Dimension,
    /// What one piece holds.
    pub net_content: Option<Quantity>,
    /// What it may be made from.
    pub made_from: Vec<MadeFrom>,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct PlaceRecord {
    /// The entry that set the record.
    pub index: LeafIndex,
    /// Whose it is.
    pub owner: ActorUri,
}

/// Something of a lot on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct Transit {
    /// Who sent it.
    pub from: ActorUri,
    /// To whom.
    pub to: ActorUri,
    /// How much, in the lot's dimension.
    pub amount: Amount,
    /// The entry that sent it.
    pub index: LeafIndex,
}

/// Where the whole of a lot is. The sum of all of it is what the lot came into being with.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct Balances {
    /// What each party holds. A party that gave all away stays, with zero.
    pub holdings: BTreeMap<ActorUri, Amount>,
    /// What is on its way, oldest first.
    pub transits: Vec<Transit>,
    /// What was sold.
    pub sold: Amount,
    /// What was lost, shortfalls included.
    pub lost: Amount,
    /// What went into other lots.
    pub consumed: Amount,
}

/// A lot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct LotRecord {
    /// Its canonical URI.
    pub uri: LotUri,
    /// What it is.
    pub product: ProductUri,
    /// The entry that created it.
    pub created: LeafIndex,
    /// The party that created it.
    pub created_by: ActorUri,
    /// The `eventTime` of its creation.
    pub created_at: UnixMillis,
    /// What its amounts measure.
    pub dimension: Dimension,
    /// What it came into being with; zero once voided.
    pub quantity: Amount,
    /// Where all of it is.
    pub balances: Balances,
    /// The balances before the last event that moved it, so that a correction can undo that one.
    pub before: Option<Box<Balances>>,
    /// The entry of the last event that moved it.
    pub last_effect: LeafIndex,
    /// How many entries link it: the lot seq of its next one.
    pub seq: u32,
    /// Leaf hash of the last entry that links it.
    pub head: Hash,
    /// The recalls that reach it, by entry, ascending.
    pub recalls: Vec<LeafIndex>,
    /// The lots it was made from.
    pub parents: Vec<LotKey>,
    /// How many lots were made from it.
    pub children: u32,
    /// The commitment to its packs' serials.
    pub serials: Option<Serials>,
    /// Whether its creation was undone. A voided lot is never created again.
    pub voided: bool,
}

/// An event that has an `eventID`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct EventRecord {
    /// Its entry.
    pub index: LeafIndex,
    /// The signer's actor.
    pub author: ActorUri,
    /// The acting party.
    pub party: ActorUri,
    /// What it was.
    pub verb: Verb,
    /// [`crate::epcis::Event::digest`].
    pub digest: Hash,
    /// The entry that corrected it.
    pub corrected: Option<LeafIndex>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a store must keep every field")]
pub struct EntryRecord {
    /// Where it stands.
    pub index: LeafIndex,
    /// The lots that it links, ascending.
    pub lots: Vec<LotKey>,
}

/// Where records are read from.
pub trait ReadState {
    /// Why a record could not be read.
    type Error;

    /// The record under a key. The variant of the record is that of the key.
    ///
    /// # Errors
    /// The record could not be read; this says nothing about whether there is one.
    fn read(&self, key: &Key) -> Result<Option<Record>, Self::Error>;
}

impl<S: ReadState + ?Sized> ReadState for &S {
    type Error = S::Error;

    fn read(&self, key: &Key) -> Result<Option<Record>, Self::Error> {
        (**self).read(key)
    }
}

/// A state held whole in memory.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MemoryState(BTreeMap<Key, Record>);

impl MemoryState {
    /// The state of an empty ledger.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Makes writes part of the state.
    pub fn write(&mut self, writes: impl IntoIterator<Item = (Key, Record)>) {
        self.0.extend(writes);
    }

    /// Every record, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Record)> {
        self.0.iter()
    }
}

impl ReadState for MemoryState {
    type Error = Infallible;

    fn read(&self, key: &Key) -> Result<Option<Record>, Infallible> {
        Ok(self.0.get(key).cloned())
    }
}

/// Writes in front of a state that does not have them yet.
#[derive(Clone, Debug)]
pub struct Overlay<S> {
    base: S,
    writes: BTreeMap<Key, Record>,
}

impl<S: ReadState> Overlay<S> {
    /// Nothing written yet.
    #[must_use]
    pub const fn new(base: S) -> Self {
        Self { base, writes: BTreeMap::new() }
    }

    /// Writes one record.
    pub fn put(&mut self, key: Key, record: Record) {
        self.writes.insert(key, record);
    }

    /// Makes writes part of the overlay.
    pub fn write(&mut self, writes: impl IntoIterator<Item = (Key, Record)>) {
        self.writes.extend(writes);
    }

    /// The record that was written under a key, if one was.
    #[must_use]
    pub fn written(&self, key: &Key) -> Option<&Record> {
        self.writes.get(key)
    }

    /// The writes, in the order of keys.
    #[must_use]
    pub fn into_writes(self) -> BTreeMap<Key, Record> {
        self.writes
    }
}

impl<S: ReadState> ReadState for Overlay<S> {
    type Error = S::Error;

    fn read(&self, key: &Key) -> Result<Option<Record>, Self::Error> {
        self.writes.get(key).map_or_else(|| self.base.read(key), |record| Ok(Some(record.clone())))
    }
}
