//! Records as stores hold them: wire types of their own, so that the ledger's types stay free of any library's encoding.
//!
//! Nothing here is ever hashed, signed or sent. A store that keeps these bytes notes [`FORMAT`] beside them, and makes itself again when
//! it has changed.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::amount::{Amount, Dimension, Quantity, Ratio, UnitCode};
use crate::body::{ActorClass, MadeFrom, Role, Serials, Verb};
use crate::hash::Hash;
use crate::identifier::{ActorUri, Gtin, LotKey, LotUri, Origin, PlaceUri, ProductUri, Slug};
use crate::key::PublicKey;
use crate::refusal::Position;
use crate::state::{
    ActorRecord, Balances, CharterRecord, EntryRecord, EventRecord, Key, LotRecord, PlaceRecord, ProductRecord, Record,
    SignerRecord, Transit,
};
use crate::time::UnixMillis;
use crate::tree::LeafIndex;
use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};
use thiserror::Error;

/// Version of everything in this module.
pub const FORMAT: u32 = 1;
/// Longest value in bytes: a lot with 100,000 holders, 40 bytes of slug and 16 of amount each, twice (before and after its last event).
const VALUE_BYTES_MAX: usize = 16 << 20;

const CONFIG: Configuration<LittleEndian, Varint, Limit<VALUE_BYTES_MAX>> =
    bincode::config::standard().with_limit::<VALUE_BYTES_MAX>();

/// Bytes are not what this module writes: whoever keeps them must make them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a stored value is damaged")]
#[expect(clippy::exhaustive_structs, reason = "a store says the same of its own values")]
pub struct WireError;

/// Encodes a plain value: numbers, texts, tuples and lists of them.
///
/// # Errors
/// The value is too long.
pub fn to_bytes<T: Encode>(value: &T) -> Result<Vec<u8>, WireError> {
    bincode::encode_to_vec(value, CONFIG).map_err(|_| WireError)
}

/// Decodes what [`to_bytes`] encoded.
///
/// # Errors
/// The bytes are other ones, or more.
pub fn from_bytes<T: Decode<()>>(bytes: &[u8]) -> Result<T, WireError> {
    let (value, consumed) = bincode::decode_from_slice(bytes, CONFIG).map_err(|_| WireError)?;
    if consumed == bytes.len() { Ok(value) } else { Err(WireError) }
}

/// The number of a word in its list.
///
/// # Errors
/// It is not in it.
pub fn position<T: PartialEq>(all: &[T], word: &T) -> Result<u8, WireError> {
    let at = all.iter().position(|other| other == word).ok_or(WireError)?;
    u8::try_from(at).map_err(|_| WireError)
}

/// The word with this number.
///
/// # Errors
/// There is none.
pub fn word<T: Copy>(all: &[T], number: u8) -> Result<T, WireError> {
    all.get(usize::from(number)).copied().ok_or(WireError)
}

#[derive(Encode, Decode)]
enum KeyWire {
    Charter,
    Actor(String),
    Signer([u8; 32]),
    Product(String),
    Gtin(String),
    Place(String),
    Lot([u8; 32]),
    Child([u8; 32], u32),
    Event([u8; 32]),
    Entry([u8; 32]),
}

/// Encodes a key.
///
/// # Errors
/// It is too long.
pub fn encode_key(key: &Key) -> Result<Vec<u8>, WireError> {
    to_bytes(&match key {
        Key::Charter => KeyWire::Charter,
        Key::Actor(uri) => KeyWire::Actor(uri.slug().to_owned()),
        Key::Signer(signer) => KeyWire::Signer(*signer.as_bytes()),
        Key::Product(uri) => KeyWire::Product(uri.slug().to_owned()),
        Key::Gtin(gtin) => KeyWire::Gtin(gtin.as_str().to_owned()),
        Key::Place(uri) => KeyWire::Place(uri.slug().to_owned()),
        Key::Lot(lot) => KeyWire::Lot(*lot.hash().as_bytes()),
        Key::Child { lot, number } => KeyWire::Child(*lot.hash().as_bytes(), *number),
        Key::Event(id) => KeyWire::Event(*id.as_bytes()),
        Key::Entry(leaf_hash) => KeyWire::Entry(*leaf_hash.as_bytes()),
    })
}

/// Decodes a key of the ledger of `origin`.
///
/// # Errors
/// The bytes are no key.
pub fn decode_key(origin: &Origin, bytes: &[u8]) -> Result<Key, WireError> {
    let read = Reader(origin);
    Ok(match from_bytes(bytes)? {
        KeyWire::Charter => Key::Charter,
        KeyWire::Actor(slug) => Key::Actor(read.actor(&slug)?),
        KeyWire::Signer(signer) => Key::Signer(PublicKey::from_bytes(signer)),
        KeyWire::Product(slug) => Key::Product(read.product(&slug)?),
        KeyWire::Gtin(text) => Key::Gtin(Gtin::parse(&text).map_err(|_| WireError)?),
        KeyWire::Place(slug) => Key::Place(PlaceUri::new(origin, &Reader::slug(&slug)?)),
        KeyWire::Lot(lot) => Key::Lot(lot_key(lot)),
        KeyWire::Child(lot, number) => Key::Child { lot: lot_key(lot), number },
        KeyWire::Event(id) => Key::Event(Hash::from_bytes(id)),
        KeyWire::Entry(leaf_hash) => Key::Entry(Hash::from_bytes(leaf_hash)),
    })
}

#[derive(Encode, Decode)]
enum RecordWire {
    Charter { operator: String, vkey: String },
    Actor { index: u64, class: u8, roles: Vec<u8>, under: Option<String>, keys: Vec<[u8; 32]>, active_keys: u32 },
    Signer { actor: String, seq: u64, prev: [u8; 32], registered: u64, revoked: Option<u64> },
    Product(ProductWire),
    Gtin { product: String },
    Place { index: u64, owner: String },
    Lot(Box<LotWire>),
    Child([u8; 32]),
    Event { index: u64, author: String, party: String, verb: u8, digest: [u8; 32], corrected: Option<u64> },
    Entry { index: u64, lots: Vec<[u8; 32]> },
}

#[derive(Encode, Decode)]
struct ProductWire {
    index: u64,
    owner: String,
    gtin: Option<String>,
    dimension: DimensionWire,
    net_content: Option<(i128, DimensionWire)>,
    /// Product and millionths.
    made_from: Vec<(String, u32)>,
}

#[derive(Encode, Decode)]
enum DimensionWire {
    Mass,
    Volume,
    Pieces,
    Other(String),
}

#[derive(Encode, Decode)]
struct BalancesWire {
    holdings: Vec<(String, i128)>,
    /// From, to, amount, entry.
    transits: Vec<(String, String, i128, u64)>,
    sold: i128,
    lost: i128,
    consumed: i128,
}

#[derive(Encode, Decode)]
struct LotWire {
    uri: String,
    product: String,
    created: u64,
    created_by: String,
    created_at: i64,
    dimension: DimensionWire,
    quantity: i128,
    balances: BalancesWire,
    before: Option<BalancesWire>,
    last_effect: u64,
    seq: u32,
    head: [u8; 32],
    recalls: Vec<u64>,
    parents: Vec<[u8; 32]>,
    children: u32,
    serials: Option<(u64, [u8; 32])>,
    voided: bool,
}

/// Encodes a record.
///
/// # Errors
/// It is too long.
pub fn encode_record(record: &Record) -> Result<Vec<u8>, WireError> {
    let wire = match record {
        Record::Charter(charter) => {
            RecordWire::Charter { operator: charter.operator.slug().to_owned(), vkey: charter.vkey.clone() }
        }
        Record::Actor(actor) => RecordWire::Actor {
            index: actor.index.get(),
            class: position(ActorClass::ALL, &actor.class)?,
            roles: actor.roles.iter().map(|role| position(Role::ALL, role)).collect::<Result<_, _>>()?,
            under: actor.under.as_ref().map(|under| under.slug().to_owned()),
            keys: actor.keys.iter().map(|key| *key.as_bytes()).collect(),
            active_keys: actor.active_keys,
        },
        Record::Signer(signer) => RecordWire::Signer {
            actor: signer.actor.slug().to_owned(),
            seq: signer.position.seq,
            prev: *signer.position.prev.as_bytes(),
            registered: signer.registered.get(),
            revoked: signer.revoked.map(LeafIndex::get),
        },
        Record::Product(product) => RecordWire::Product(ProductWire::of(product)),
        Record::Gtin(product) => RecordWire::Gtin { product: product.slug().to_owned() },
        Record::Place(place) => RecordWire::Place { index: place.index.get(), owner: place.owner.slug().to_owned() },
        Record::Lot(lot) => RecordWire::Lot(Box::new(LotWire::of(lot))),
        Record::Child(lot) => RecordWire::Child(*lot.hash().as_bytes()),
        Record::Event(event) => RecordWire::Event {
            index: event.index.get(),
            author: event.author.slug().to_owned(),
            party: event.party.slug().to_owned(),
            verb: position(Verb::ALL, &event.verb)?,
            digest: *event.digest.as_bytes(),
            corrected: event.corrected.map(LeafIndex::get),
        },
        Record::Entry(entry) => RecordWire::Entry {
            index: entry.index.get(),
            lots: entry.lots.iter().map(|lot| *lot.hash().as_bytes()).collect(),
        },
    };
    to_bytes(&wire)
}

/// Decodes a record of the ledger of `origin`.
///
/// # Errors
/// The bytes are no record.
pub fn decode_record(origin: &Origin, bytes: &[u8]) -> Result<Record, WireError> {
    let read = Reader(origin);
    Ok(match from_bytes(bytes)? {
        RecordWire::Charter { operator, vkey } => {
            Record::Charter(CharterRecord { operator: read.actor(&operator)?, vkey })
        }
        RecordWire::Actor { index, class, roles, under, keys, active_keys } => Record::Actor(ActorRecord {
            index: LeafIndex::new(index),
            class: word(ActorClass::ALL, class)?,
            roles: roles.into_iter().map(|role| word(Role::ALL, role)).collect::<Result<_, _>>()?,
            under: under.map(|slug| read.actor(&slug)).transpose()?,
            keys: keys.into_iter().map(PublicKey::from_bytes).collect(),
            active_keys,
        }),
        RecordWire::Signer { actor, seq, prev, registered, revoked } => Record::Signer(SignerRecord {
            actor: read.actor(&actor)?,
            position: Position { seq, prev: Hash::from_bytes(prev) },
            registered: LeafIndex::new(registered),
            revoked: revoked.map(LeafIndex::new),
        }),
        RecordWire::Product(product) => Record::Product(product.into_record(&read)?),
        RecordWire::Gtin { product } => Record::Gtin(read.product(&product)?),
        RecordWire::Place { index, owner } => {
            Record::Place(PlaceRecord { index: LeafIndex::new(index), owner: read.actor(&owner)? })
        }
        RecordWire::Lot(lot) => Record::Lot(Box::new(lot.into_record(&read)?)),
        RecordWire::Child(lot) => Record::Child(lot_key(lot)),
        RecordWire::Event { index, author, party, verb, digest, corrected } => Record::Event(EventRecord {
            index: LeafIndex::new(index),
            author: read.actor(&author)?,
            party: read.actor(&party)?,
            verb: word(Verb::ALL, verb)?,
            digest: Hash::from_bytes(digest),
            corrected: corrected.map(LeafIndex::new),
        }),
        RecordWire::Entry { index, lots } => {
            Record::Entry(EntryRecord { index: LeafIndex::new(index), lots: lots.into_iter().map(lot_key).collect() })
        }
    })
}

const fn lot_key(bytes: [u8; 32]) -> LotKey {
    LotKey::from_hash(Hash::from_bytes(bytes))
}

/// Turns slugs into URIs of one ledger.
struct Reader<'o>(&'o Origin);

impl Reader<'_> {
    fn slug(slug: &str) -> Result<Slug, WireError> {
        Slug::parse(slug).map_err(|_| WireError)
    }

    fn actor(&self, slug: &str) -> Result<ActorUri, WireError> {
        Ok(ActorUri::new(self.0, &Self::slug(slug)?))
    }

    fn product(&self, slug: &str) -> Result<ProductUri, WireError> {
        Ok(ProductUri::new(self.0, &Self::slug(slug)?))
    }

    fn balances(&self, wire: BalancesWire) -> Result<Balances, WireError> {
        let holding =
            |(slug, steps): (String, i128)| Ok::<_, WireError>((self.actor(&slug)?, Amount::from_steps(steps)));
        Ok(Balances {
            holdings: wire.holdings.into_iter().map(holding).collect::<Result<BTreeMap<_, _>, _>>()?,
            transits: wire
                .transits
                .into_iter()
                .map(|(from, to, steps, index)| {
                    Ok(Transit {
                        from: self.actor(&from)?,
                        to: self.actor(&to)?,
                        amount: Amount::from_steps(steps),
                        index: LeafIndex::new(index),
                    })
                })
                .collect::<Result<_, WireError>>()?,
            sold: Amount::from_steps(wire.sold),
            lost: Amount::from_steps(wire.lost),
            consumed: Amount::from_steps(wire.consumed),
        })
    }
}

impl DimensionWire {
    fn of(dimension: Dimension) -> Self {
        match dimension {
            Dimension::Mass => Self::Mass,
            Dimension::Volume => Self::Volume,
            Dimension::Pieces => Self::Pieces,
            Dimension::Other(code) => Self::Other(code.as_str().to_owned()),
        }
    }

    fn into_dimension(self) -> Result<Dimension, WireError> {
        Ok(match self {
            Self::Mass => Dimension::Mass,
            Self::Volume => Dimension::Volume,
            Self::Pieces => Dimension::Pieces,
            Self::Other(code) => Dimension::Other(UnitCode::parse(&code).map_err(|_| WireError)?),
        })
    }
}

impl ProductWire {
    fn of(product: &ProductRecord) -> Self {
        Self {
            index: product.index.get(),
            owner: product.owner.slug().to_owned(),
            gtin: product.gtin.map(|gtin| gtin.as_str().to_owned()),
            dimension: DimensionWire::of(product.dimension),
            net_content: product
                .net_content
                .map(|content| (content.amount().steps(), DimensionWire::of(content.dimension()))),
            made_from: product
                .made_from
                .iter()
                .map(|input| (input.product.slug().to_owned(), input.yield_max.millionths()))
                .collect(),
        }
    }

    fn into_record(self, read: &Reader<'_>) -> Result<ProductRecord, WireError> {
        let made_from = |(slug, millionths): (String, u32)| {
            // A ratio has at most 6 digits after the point, so this text is it exactly.
            let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
            let yield_max = Ratio::parse(&text).map_err(|_| WireError)?;
            Ok(MadeFrom { product: read.product(&slug)?, yield_max })
        };
        let content = |(steps, dimension): (i128, DimensionWire)| {
            Ok::<_, WireError>(Quantity::from_base(Amount::from_steps(steps), dimension.into_dimension()?))
        };
        Ok(ProductRecord {
            index: LeafIndex::new(self.index),
            owner: read.actor(&self.owner)?,
            gtin: self.gtin.map(|text| Gtin::parse(&text).map_err(|_| WireError)).transpose()?,
            dimension: self.dimension.into_dimension()?,
            net_content: self.net_content.map(content).transpose()?,
            made_from: self.made_from.into_iter().map(made_from).collect::<Result<_, WireError>>()?,
        })
    }
}

impl BalancesWire {
    fn of(balances: &Balances) -> Self {
        let transit = |transit: &Transit| {
            let (from, to) = (transit.from.slug().to_owned(), transit.to.slug().to_owned());
            (from, to, transit.amount.steps(), transit.index.get())
        };
        Self {
            holdings: balances.holdings.iter().map(|(uri, held)| (uri.slug().to_owned(), held.steps())).collect(),
            transits: balances.transits.iter().map(transit).collect(),
            sold: balances.sold.steps(),
            lost: balances.lost.steps(),
            consumed: balances.consumed.steps(),
        }
    }
}

impl LotWire {
    fn of(lot: &LotRecord) -> Self {
        Self {
            uri: lot.uri.as_str().to_owned(),
            product: lot.product.slug().to_owned(),
            created: lot.created.get(),
            created_by: lot.created_by.slug().to_owned(),
            created_at: lot.created_at.get(),
            dimension: DimensionWire::of(lot.dimension),
            quantity: lot.quantity.steps(),
            balances: BalancesWire::of(&lot.balances),
            before: lot.before.as_deref().map(BalancesWire::of),
            last_effect: lot.last_effect.get(),
            seq: lot.seq,
            head: *lot.head.as_bytes(),
            recalls: lot.recalls.iter().map(|index| index.get()).collect(),
            parents: lot.parents.iter().map(|lot| *lot.hash().as_bytes()).collect(),
            children: lot.children,
            serials: lot.serials.map(|serials| (serials.count, *serials.root.as_bytes())),
            voided: lot.voided,
        }
    }

    fn into_record(self, read: &Reader<'_>) -> Result<LotRecord, WireError> {
        Ok(LotRecord {
            uri: LotUri::parse(read.0, &self.uri).map_err(|_| WireError)?,
            product: read.product(&self.product)?,
            created: LeafIndex::new(self.created),
            created_by: read.actor(&self.created_by)?,
            created_at: UnixMillis::new(self.created_at),
            dimension: self.dimension.into_dimension()?,
            quantity: Amount::from_steps(self.quantity),
            balances: read.balances(self.balances)?,
            before: self.before.map(|before| read.balances(before).map(Box::new)).transpose()?,
            last_effect: LeafIndex::new(self.last_effect),
            seq: self.seq,
            head: Hash::from_bytes(self.head),
            recalls: self.recalls.into_iter().map(LeafIndex::new).collect(),
            parents: self.parents.into_iter().map(lot_key).collect(),
            children: self.children,
            serials: self.serials.map(|(count, root)| Serials { count, root: Hash::from_bytes(root) }),
            voided: self.voided,
        })
    }
}
