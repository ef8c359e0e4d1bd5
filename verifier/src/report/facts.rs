//! The tables: who and what there is, what happened, and what it moved.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use nguon_ledger::amount::{Amount, Dimension, Quantity};
use nguon_ledger::body::{ActorClass, Claim, MadeFrom, Role, Text, Verb};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, LotKey, LotUri, Origin, PlaceUri, ProductUri};
use nguon_ledger::key::PublicKey;
use nguon_ledger::time::UnixMillis;

/// Place of an actor in [`Facts::actors`].
pub type ActorNo = usize;
/// Place of a product in [`Facts::products`].
pub type ProductNo = usize;
/// Place of a place in [`Facts::places`].
pub type PlaceNo = usize;
/// Place of a lot in [`Facts::lots`]: lots in the order of their creation, those of one entry by lot key.
pub type LotNo = usize;

/// A name in Vietnamese and, if there is one, English.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "a text is these two languages by the format")]
pub struct Name {
    /// Vietnamese, or what serves both.
    pub vi: Box<str>,
    /// English.
    pub en: Option<Box<str>>,
}

impl Name {
    /// Keeps a text.
    #[must_use]
    pub fn of(text: Text<'_>) -> Self {
        Self { vi: text.vi.into(), en: text.en.map(Into::into) }
    }
}

/// An actor as last registered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ActorFact {
    /// Its URI.
    pub uri: ActorUri,
    /// What it is.
    pub class: ActorClass,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The organisation above it.
    pub under: Option<ActorUri>,
    /// Its public name, if it has one.
    pub name: Option<Name>,
    /// The entry that registered it first.
    pub registered: u64,
}

/// A key that signs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyFact {
    /// The key.
    pub key: PublicKey,
    /// Whose it is.
    pub actor: ActorNo,
    /// The entry that registered it.
    pub registered: u64,
    /// The entry that revoked it.
    pub revoked: Option<u64>,
    /// How many statements it signed.
    pub statements: u64,
    /// When the first and the last of them were received.
    pub used: Option<(UnixMillis, UnixMillis)>,
}

/// A product as last registered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProductFact {
    /// Its URI.
    pub uri: ProductUri,
    /// What it is called.
    pub name: Name,
    /// What its amounts measure.
    pub dimension: Dimension,
    /// What one piece holds.
    pub net_content: Option<Quantity>,
    /// What it may be made from, and how much of it.
    pub made_from: Vec<MadeFrom>,
}

/// A place as last registered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlaceFact {
    /// Its URI.
    pub uri: PlaceUri,
    /// What people call it, if that was told.
    pub name: Option<Name>,
    /// Whose it is.
    pub owner: ActorUri,
}

/// Something of a lot on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the books of a lot are compared field by field")]
pub struct Transit {
    /// Who sent it.
    pub from: ActorNo,
    /// To whom.
    pub to: ActorNo,
    /// How much.
    pub amount: Amount,
}

/// Where the whole of a lot is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "the books of a lot are compared field by field")]
pub struct Standing {
    /// What each party holds.
    pub held: BTreeMap<ActorNo, Amount>,
    /// What is on its way, oldest first.
    pub transits: Vec<Transit>,
    /// What was sold.
    pub sold: Amount,
    /// What was lost, shortfalls included.
    pub lost: Amount,
    /// What went into other lots.
    pub used: Amount,
}

/// A lot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LotFact {
    /// Its canonical URI.
    pub uri: LotUri,
    /// What it is.
    pub product: ProductNo,
    /// The entry that created it.
    pub created: u64,
    /// The party that created it.
    pub created_by: ActorNo,
    /// When it came into being, by what was told.
    pub created_at: UnixMillis,
    /// What its amounts measure.
    pub dimension: Dimension,
    /// What it came into being with; zero once voided.
    pub quantity: Amount,
    /// Where all of it is now.
    pub standing: Standing,
    /// The lots it was made from.
    pub parents: Vec<LotNo>,
    /// The lots made from it.
    pub children: Vec<LotNo>,
    /// How many packs have serials.
    pub packs: u64,
    /// Whether its creation was taken back.
    pub voided: bool,
    /// Where all of it was before the last event that moved it.
    pub(super) before: Option<Box<Standing>>,
    /// The entry of that event.
    pub(super) last_effect: u64,
}

/// An event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventFact {
    /// Its entry.
    pub index: u64,
    /// What happened.
    pub verb: Verb,
    /// When, by what was told.
    pub at: UnixMillis,
    /// When it was signed, by the signer's clock.
    pub signed_at: UnixMillis,
    /// When the ledger got it.
    pub received_at: UnixMillis,
    /// The key that signed it, by its place in [`Facts::keys`].
    pub key: usize,
    /// The signer's actor.
    pub author: ActorNo,
    /// The party that it was done for.
    pub party: ActorNo,
    /// The member for whom the signer typed it in.
    pub on_behalf_of: Option<ActorNo>,
    /// Where, as registered here: where it happened, else where the things are afterwards.
    pub place: Option<PlaceNo>,
    /// The lots that it names and that there are.
    pub lots: Vec<LotNo>,
    /// The entry that corrected it.
    pub corrected: Option<u64>,
    /// Whether that took back what it had moved.
    pub undone: bool,
}

/// What an event did to amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlowKind {
    /// Came into being from nothing.
    Harvested,
    /// Came into being from other lots.
    Made,
    /// Went into other lots.
    Used,
    /// Left its holder for somebody.
    Sent,
    /// Arrived: the amount that was sent, and what of it was missing.
    Received {
        /// What was missing.
        short: Amount,
    },
    /// Left the ledger.
    Sold,
    /// Was lost.
    Lost,
}

/// An amount of a lot that an event moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flow {
    /// The event, by its place in [`Facts::events`].
    pub event: usize,
    /// The lot.
    pub lot: LotNo,
    /// What it did.
    pub kind: FlowKind,
    /// How much, in the lot's own unit.
    pub amount: Amount,
}

/// What a transformation made of what, for one product that came out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct YieldFact {
    /// The event, by its place in [`Facts::events`].
    pub event: usize,
    /// What came out.
    pub product: ProductNo,
    /// What went in: the products, ascending.
    pub sources: Vec<ProductNo>,
    /// What `input` and `output` measure.
    pub dimension: Dimension,
    /// How much went in.
    pub input: Amount,
    /// How much came out.
    pub output: Amount,
    /// The most that may come out: each input times its registered yield.
    pub allowed: Amount,
    /// Whether a yield was registered for the product.
    pub is_bounded: bool,
}

/// A certificate, as an inspection told it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Certificate {
    /// Under which scheme.
    pub scheme: Box<str>,
    /// Its number.
    pub number: Option<Box<str>>,
    /// Who issued it.
    pub issuer: Box<str>,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: Option<Box<str>>,
    /// Last day.
    pub valid_to: Option<Box<str>>,
}

/// An inspection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InspectionFact {
    /// The event, by its place in [`Facts::events`].
    pub event: usize,
    /// What it certifies.
    pub certificate: Option<Certificate>,
}

/// A recall.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecallFact {
    /// The event, by its place in [`Facts::events`].
    pub event: usize,
}

/// A correction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CorrectionFact {
    /// The correcting event, by its place in [`Facts::events`].
    pub event: usize,
    /// The event that it corrects.
    pub original: usize,
    /// The reason, as told.
    pub reason: Option<Box<str>>,
    /// Whether the original's effect was taken back.
    pub undone: bool,
}

/// A second person's word on an entry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AttestFact {
    /// Its entry.
    pub index: u64,
    /// When the ledger got it.
    pub received_at: UnixMillis,
    /// Who says so.
    pub author: ActorNo,
    /// The entry that it speaks of.
    pub entry: u64,
    /// What it says.
    pub claim: Claim,
    /// A remark.
    pub note: Option<Box<str>>,
}

/// What a ledger says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Facts {
    pub(super) origin: Origin,
    /// The ledger's name.
    pub name: Name,
    /// How many entries were told.
    pub size: u64,
    /// When the last of them was received.
    pub as_of: Option<UnixMillis>,
    /// Actors, in the order of registration, as all tables are.
    pub actors: Vec<ActorFact>,
    /// Keys.
    pub keys: Vec<KeyFact>,
    /// Products.
    pub products: Vec<ProductFact>,
    /// Places.
    pub places: Vec<PlaceFact>,
    /// Lots.
    pub lots: Vec<LotFact>,
    /// Events.
    pub events: Vec<EventFact>,
    /// What they moved.
    pub flows: Vec<Flow>,
    /// Transformations.
    pub yields: Vec<YieldFact>,
    /// Inspections.
    pub inspections: Vec<InspectionFact>,
    /// Recalls.
    pub recalls: Vec<RecallFact>,
    /// Corrections.
    pub corrections: Vec<CorrectionFact>,
    /// Attestations.
    pub attests: Vec<AttestFact>,
    /// Photos and papers, with the events that show them.
    pub media: BTreeMap<Hash, Vec<usize>>,
    pub(super) actor_no: BTreeMap<ActorUri, ActorNo>,
    pub(super) key_no: BTreeMap<PublicKey, usize>,
    pub(super) product_no: BTreeMap<ProductUri, ProductNo>,
    pub(super) place_no: BTreeMap<PlaceUri, PlaceNo>,
    pub(crate) lot_no: BTreeMap<LotKey, LotNo>,
    /// Events by SHA-256 of their `eventID`.
    pub(super) event_no: BTreeMap<Hash, usize>,
    /// Entries by the first eight bytes of their leaf hash, for attestations; all of a hash would be four times as much to keep.
    pub(super) entry_no: BTreeMap<u64, u64>,
}

impl Facts {
    /// Of an empty ledger.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            name: Name::default(),
            size: 0,
            as_of: None,
            actors: Vec::new(),
            keys: Vec::new(),
            products: Vec::new(),
            places: Vec::new(),
            lots: Vec::new(),
            events: Vec::new(),
            flows: Vec::new(),
            yields: Vec::new(),
            inspections: Vec::new(),
            recalls: Vec::new(),
            corrections: Vec::new(),
            attests: Vec::new(),
            media: BTreeMap::new(),
            actor_no: BTreeMap::new(),
            key_no: BTreeMap::new(),
            product_no: BTreeMap::new(),
            place_no: BTreeMap::new(),
            lot_no: BTreeMap::new(),
            event_no: BTreeMap::new(),
            entry_no: BTreeMap::new(),
        }
    }

    /// The ledger's origin.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// An actor's number.
    #[must_use]
    pub fn actor(&self, uri: &ActorUri) -> Option<ActorNo> {
        self.actor_no.get(uri).copied()
    }

    /// A product's number.
    #[must_use]
    pub fn product(&self, uri: &ProductUri) -> Option<ProductNo> {
        self.product_no.get(uri).copied()
    }

    /// A place's number.
    #[must_use]
    pub fn place(&self, uri: &PlaceUri) -> Option<PlaceNo> {
        self.place_no.get(uri).copied()
    }

    /// A lot's number.
    #[must_use]
    pub fn lot(&self, key: &LotKey) -> Option<LotNo> {
        self.lot_no.get(key).copied()
    }
}
