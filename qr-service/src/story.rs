//! From a proof bundle to what a page can show: plain structs, no words of any language, nothing verified.
//!
//! **In scope:** reading entries leniently for display; who is behind a key; which records belong to the lot's way from
//! harvest to sale; what consumers are not shown (prices, buyers, amounts sold).
//!
//! **Out of scope:** whether any of it is true to the ledger. The browser's verifier answers that over the same bytes, and
//! the page says so. A record that cannot be read is left out here and fails there.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, FixedOffset, NaiveDate};
use nguon_ledger::hash::Hash;

use crate::{locale::Lang, quantity::Quantity};

mod entry;
mod event;
mod family;
mod journey;
mod registry;

/// Why a bundle cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoryError {
    /// It is not JSON, or lacks what section 8 of the format asks for.
    #[error("the bundle is not as the format says")]
    Malformed,
    /// It is about another lot than the one asked for, or has no entry that creates it.
    #[error("the bundle does not tell of this lot")]
    OtherLot,
}

/// Everything that the page of one lot tells.
#[derive(Debug)]
pub(crate) struct Story {
    /// The lot's canonical URI.
    pub(crate) lot: String,
    /// What the lot is of.
    pub(crate) product: Option<Product>,
    /// When it came into being, where that happened.
    pub(crate) made: DateTime<FixedOffset>,
    /// Last day on which it is at its best.
    pub(crate) best_before: Option<NaiveDate>,
    /// Whether that day has passed.
    pub(crate) is_past_best: bool,
    /// Who made it.
    pub(crate) maker: Option<Arc<Party>>,
    /// Where it was made.
    pub(crate) made_at: Option<Place>,
    /// The way from harvest to sale, oldest first.
    pub(crate) steps: Vec<Step>,
    /// Tests and measurements: what inspectors found and devices measured, oldest first.
    pub(crate) tests: Vec<Step>,
    /// Certificates that inspectors entered for the lot or what it was made from.
    pub(crate) certificates: Vec<Certificate>,
    /// Recalls in force, newest first.
    pub(crate) recalls: Vec<Recall>,
    /// How many packs carry a serial number of this lot.
    pub(crate) packs: Option<u64>,
    /// The root of those serials.
    pub(crate) serials_root: Option<Hash>,
    /// Every GTIN that the product was ever given, in the ledger's order.
    pub(crate) gtins: Vec<String>,
    /// What the proof consists of.
    pub(crate) proof: Proof,
}

/// A text in one or two languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) vi: String,
    pub(crate) en: Option<String>,
}

impl Text {
    /// The text for a reader of `lang`, and the language it is really in when that is another one.
    pub(crate) fn in_lang(&self, lang: Lang) -> (&str, Option<Lang>) {
        match (lang, &self.en) {
            (Lang::En, Some(en)) => (en, None),
            (Lang::En, None) => (&self.vi, Some(Lang::Vi)),
            (Lang::Vi, _) => (&self.vi, None),
        }
    }
}

/// A file beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) sha256: Hash,
    pub(crate) media_type: String,
}

impl Blob {
    /// Whether a browser can show it as a picture.
    pub(crate) fn is_picture(&self) -> bool {
        matches!(self.media_type.as_str(), "image/jpeg" | "image/png" | "image/webp")
    }
}

/// A kind of goods.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) name: Option<Text>,
    pub(crate) description: Option<Text>,
    pub(crate) picture: Option<Blob>,
    pub(crate) net_content: Option<Quantity>,
    pub(crate) gtin: Option<String>,
    pub(crate) shelf_life_days: Option<u64>,
    pub(crate) shop_links: Vec<String>,
    pub(crate) brand: Option<String>,
    pub(crate) ingredients: Option<Text>,
    /// How to keep and use it.
    pub(crate) storage: Option<Text>,
    /// What to beware of.
    pub(crate) warnings: Option<Text>,
    /// Standards that the producer declares; nobody else says so.
    pub(crate) standards: Vec<String>,
}

/// What an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartyClass {
    Organisation,
    Person,
    Device,
}

/// Somebody, or a device, who signs or for whom is signed.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    pub(crate) uri: String,
    pub(crate) name: Option<Text>,
    pub(crate) class: PartyClass,
    /// Whether it has a role in which it answers to the public, and not as a buyer.
    pub(crate) has_public_role: bool,
    /// Whether an operator gave it the role of an inspector.
    pub(crate) is_inspector: bool,
    /// Name of the organisation directly above.
    pub(crate) under: Option<Text>,
    /// The number that the state or GS1 knows an organisation by.
    pub(crate) business_id: Option<String>,
}

/// A place as it was called on the day of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its own name, such as that of a mill. Left out where it would tell who bought.
    pub(crate) name: Option<Text>,
    /// The administrative name that held on the day.
    pub(crate) then: Option<Text>,
    /// The name that holds today, when it is another one.
    pub(crate) today: Option<Text>,
    /// Where it is, about.
    pub(crate) spot: Option<Spot>,
}

/// A position in hundredths of a degree, about a kilometre: as fine as the ledger takes them, and as the page shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) lat: i32,
    pub(crate) lon: i32,
}

impl Spot {
    /// The same to a tenth of a degree, about ten kilometres: for a place that shall not be found.
    fn coarse(self) -> Self {
        let tenth = |hundredths: i32| (hundredths + 5).div_euclid(10) * 10;
        Self { lat: tenth(self.lat), lon: tenth(self.lon) }
    }
}

/// What kind of step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Harvest,
    Process,
    Merge,
    Split,
    Pack,
    Deliver,
    Sell,
    Lose,
    Inspect,
    Observe,
}

/// One step of the way: one or more records of the same kind about the same product.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) product: Option<Text>,
    /// Sum over the records that stand, where consumers are shown amounts.
    pub(crate) total: Option<Quantity>,
    /// The records, oldest first; corrected ones stay in their place.
    pub(crate) records: Vec<Record>,
}

/// A person or organisation as far as consumers are shown it.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// Named.
    Named(Arc<Party>),
    /// A buyer: known to the ledger, not shown to consumers.
    Buyer,
    /// The signer's registration does not stand in the bundle.
    Unknown,
}

impl Who {
    /// Whether both stand for the same party; two that are not shown may be different ones.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Named(a), Self::Named(b)) if a.uri == b.uri)
    }
}

/// How far a record reaches beyond the word of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Declared by whoever did it.
    SelfDeclared,
    /// Entered by an inspector.
    Inspected,
    /// Measured and signed by a device.
    Device,
}

/// Who says so.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Whose key signed.
    pub(crate) signer: Who,
    /// The organisation that the signer acted for, when it is not the signer.
    pub(crate) acting_for: Option<Who>,
    /// The member for whom the signer typed it in.
    pub(crate) typed_for: Option<Who>,
    pub(crate) level: Level,
}

/// What a second signer says of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    StandsBy,
    Disputes,
    /// Signed for the goods on arrival.
    Received,
}

/// A second signature about a record.
#[derive(Debug, Clone)]
pub(crate) struct Voucher {
    pub(crate) by: Who,
    pub(crate) claim: Claim,
    pub(crate) is_inspector: bool,
    pub(crate) when: DateTime<FixedOffset>,
    pub(crate) note: Option<String>,
}

/// Something that a reader should know of a record that was accepted all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flag {
    /// The phone's clock ran more than ten minutes ahead.
    ClockAhead,
    /// Entered more than 72 hours after it happened.
    Late,
    /// Stated to have happened before the lot was made.
    BeforeCreation,
    /// Less arrived than was sent; how much less, where consumers are shown it.
    Shortfall(Option<Quantity>),
    /// Corrected after the goods had moved on, so the amounts still count.
    NotUndone,
}

/// A correction of a record by its author.
#[derive(Debug, Clone)]
pub(crate) struct Correction {
    pub(crate) when: DateTime<FixedOffset>,
    pub(crate) did_not_occur: bool,
    pub(crate) note: Option<String>,
}

/// So much of a lot.
#[derive(Debug, Clone)]
pub(crate) struct Portion {
    pub(crate) lot: String,
    pub(crate) product: Option<Text>,
    pub(crate) amount: Option<Quantity>,
    pub(crate) made_by: Option<Who>,
}

/// A measurement that stands in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) what: String,
    pub(crate) value: String,
    pub(crate) uom: Option<String>,
}

/// One signed record.
#[derive(Debug)]
pub(crate) struct Record {
    /// Leaf index of its entry.
    pub(crate) index: u64,
    /// When it happened, in the offset of the place.
    pub(crate) when: DateTime<FixedOffset>,
    pub(crate) place: Option<Place>,
    /// What came out, or what the record is about.
    pub(crate) amount: Option<Quantity>,
    pub(crate) inputs: Vec<Portion>,
    pub(crate) source: Source,
    /// To whom, for a delivery.
    pub(crate) to: Option<Who>,
    pub(crate) vouchers: Vec<Voucher>,
    pub(crate) photos: Vec<Blob>,
    pub(crate) note: Option<String>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) correction: Option<Correction>,
}

/// Whether a certificate held when the goods were harvested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    /// On every day of harvest.
    AtHarvest,
    /// On some days of harvest only.
    Partly,
    /// On no day of harvest.
    NotAtHarvest,
    /// It states no dates, or no harvest stands in the record.
    Unknown,
}

/// A certificate as an inspector entered it.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) scheme: String,
    pub(crate) number: Option<String>,
    pub(crate) issuer: String,
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
    pub(crate) file: Option<Blob>,
    pub(crate) at_harvest: Validity,
    /// Whether its last day has passed.
    pub(crate) is_over: bool,
    pub(crate) entered_by: Who,
    pub(crate) product: Option<Text>,
    /// What the inspector wrote with it.
    pub(crate) note: Option<String>,
}

/// A recall in force.
#[derive(Debug, Clone)]
pub(crate) struct Recall {
    pub(crate) when: DateTime<FixedOffset>,
    pub(crate) by: Who,
    pub(crate) note: Option<String>,
    /// The recalled product when it is not the lot itself but something that it was made from.
    pub(crate) of_input: Option<Option<Text>>,
}

/// What the browser will check, as far as the server can tell without checking.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    /// Entries in the bundle.
    pub(crate) entries: usize,
    /// Tree size of the checkpoint, as it stands there.
    pub(crate) tree_size: u64,
    /// When the lot's first entry was received.
    pub(crate) first_received: DateTime<FixedOffset>,
}

/// A product as its newest statement has it.
pub(crate) fn read_product(body: &serde_json::Value) -> Product {
    registry::product(body)
}

/// What a story is told from, whatever the checkpoint: two bundles with the same fingerprint tell the same on the same day.
///
/// # Errors
/// [`StoryError`] when the bundle is no bundle.
pub(crate) fn fingerprint(bundle: &[u8], today: NaiveDate) -> Result<Hash, StoryError> {
    let bundle = entry::Bundle::read(bundle)?;
    let mut told = format!("{today}\n{}\n", bundle.lot).into_bytes();
    bundle.entries.iter().for_each(|entry| told.extend(entry.leaf_hash.as_bytes()));
    Ok(Hash::of(&told))
}

impl Story {
    /// Reads the story of `lot` out of a bundle. `today` decides which place names are today's and what has run out.
    ///
    /// # Errors
    /// [`StoryError`] when the bundle is no bundle or not about this lot.
    pub(crate) fn read(bundle: &[u8], lot: &str, today: NaiveDate) -> Result<Self, StoryError> {
        let bundle = entry::Bundle::read(bundle)?;
        if bundle.lot != lot {
            return Err(StoryError::OtherLot);
        }
        let registry = registry::Registry::read(&bundle.entries, today);
        let events = event::read_all(&bundle.entries);
        let family = family::Family::of(lot, &events);
        let birth = family.birth(lot).ok_or(StoryError::OtherLot)?;
        let teller = journey::Teller::new(&registry, &events, &family, lot, &bundle.entries);

        let product = birth.creates.get(lot).and_then(|uri| registry.product(uri)).cloned();
        let shelf_life = product.as_ref().and_then(|product| product.shelf_life_days);
        let made_on = birth.when.date_naive();
        let best_before = birth
            .best_before
            .or_else(|| made_on.checked_add_days(chrono::Days::new(shelf_life.filter(|d| *d < 36_500)?)));
        let is_test = |step: &Step| step.records.iter().any(|record| !record.readings.is_empty());
        let (tests, steps) = teller
            .steps()
            .into_iter()
            .partition(|step| matches!(step.kind, Kind::Inspect | Kind::Observe) && is_test(step));
        Ok(Self {
            product,
            made: birth.when,
            best_before,
            is_past_best: best_before.is_some_and(|last| last < today),
            maker: registry.acting_party(birth),
            made_at: birth.place.as_deref().and_then(|uri| registry.place(uri, made_on)),
            steps,
            tests,
            certificates: teller.certificates(),
            recalls: teller.recalls(),
            packs: birth.serials,
            serials_root: birth.serials_root,
            gtins: birth.creates.get(lot).map(|uri| registry::gtins(&bundle.entries, uri)).unwrap_or_default(),
            proof: Proof { entries: bundle.entries.len(), tree_size: bundle.tree_size, first_received: birth.received },
            lot: bundle.lot,
        })
    }

    /// The sum of amounts of one kind.
    fn sum<'a>(amounts: impl IntoIterator<Item = &'a Quantity>) -> Option<Quantity> {
        let mut amounts = amounts.into_iter();
        let first = *amounts.next()?;
        amounts.try_fold(first, |sum, amount| sum.plus(*amount))
    }
}

/// Amounts by lot, as an event lists them.
type Amounts = BTreeMap<String, Option<Quantity>>;

#[cfg(test)]
mod tests;
