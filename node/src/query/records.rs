//! Current records of actors, products and places: the body that set them, as it was signed.

use std::collections::BTreeMap;

use nguon_ledger::entry::Entry;
use nguon_ledger::identifier::{ActorUri, PlaceUri, ProductUri, Slug};
use nguon_ledger::key::PublicKey;
use nguon_ledger::state::{Key, Record};
use nguon_ledger::tree::LeafIndex;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{QueryError, View};
use crate::index::Table;
use crate::store::EntryReader;

/// What a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
    Actor,
    Product,
    Place,
}

/// A record as it is shown.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The statement that set it.
    pub(crate) index: LeafIndex,
    /// Its body's members, their values untouched.
    pub(crate) body: BTreeMap<String, Box<RawValue>>,
    /// An actor's keys, and whether each is revoked.
    pub(crate) keys: Option<Vec<(PublicKey, bool)>>,
}

#[derive(Deserialize)]
struct Statement {
    kind: String,
    body: BTreeMap<String, Box<RawValue>>,
}

impl RecordKind {
    const fn table(self) -> Table {
        match self {
            Self::Actor => Table::Actor,
            Self::Product => Table::Product,
            Self::Place => Table::Place,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Product => "product",
            Self::Place => "place",
        }
    }
}

/// The record of a slug.
pub(crate) fn record(view: View<'_>, kind: RecordKind, slug: &str) -> Result<Shown, QueryError> {
    show(view, &mut EntryReader::new(view.store), kind, slug)
}

/// The records after a slug, in the order of slugs, and the slug to go on after, if there are more.
pub(crate) fn record_list(
    view: View<'_>,
    kind: RecordKind,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Shown>, Option<String>), QueryError> {
    let mut slugs = view.reader.slugs(kind.table(), after, limit + 1)?;
    let more = slugs.len() > limit;
    slugs.truncate(limit);
    let mut reader = EntryReader::new(view.store);
    let shown = slugs.iter().map(|slug| show(view, &mut reader, kind, slug)).collect::<Result<_, _>>()?;
    Ok((shown, slugs.pop().filter(|_| more)))
}

fn show(view: View<'_>, reader: &mut EntryReader<'_>, kind: RecordKind, slug: &str) -> Result<Shown, QueryError> {
    let not_found = || QueryError::NotFound { what: kind.what() };
    let slug = Slug::parse(slug).map_err(|_| not_found())?;
    let key = match kind {
        RecordKind::Actor => Key::Actor(ActorUri::new(view.origin(), &slug)),
        RecordKind::Product => Key::Product(ProductUri::new(view.origin(), &slug)),
        RecordKind::Place => Key::Place(PlaceUri::new(view.origin(), &slug)),
    };
    let (index, keys) = match view.reader.record(&key)?.ok_or_else(not_found)? {
        Record::Actor(actor) => (actor.index, Some(with_revocations(view, &actor.keys)?)),
        Record::Product(product) => (product.index, None),
        Record::Place(place) => (place.index, None),
        Record::Charter(_)
        | Record::Signer(_)
        | Record::Gtin(_)
        | Record::Lot(_)
        | Record::Child(_)
        | Record::Event(_)
        | Record::Entry(_) => return Err(not_found()),
    };
    let damaged = |detail: String| QueryError::Log { detail: format!("entry {index}: {detail}") };
    let bytes = reader.read(index)?.ok_or_else(|| damaged("missing".to_owned()))?;
    let entry = Entry::parse(&bytes).map_err(|error| damaged(error.to_string()))?;
    let mut statement: Statement = serde_json::from_slice(entry.payload).map_err(|error| damaged(error.to_string()))?;
    if statement.kind == "charter" {
        let operator = statement.body.remove("operator").ok_or_else(|| damaged("no operator".to_owned()))?;
        statement.body = serde_json::from_str(operator.get()).map_err(|error| damaged(error.to_string()))?;
    }
    Ok(Shown { index, body: statement.body, keys })
}

fn with_revocations(view: View<'_>, keys: &[PublicKey]) -> Result<Vec<(PublicKey, bool)>, QueryError> {
    keys.iter()
        .map(|key| {
            let record = view.reader.record(&Key::Signer(*key))?;
            let is_revoked = matches!(record, Some(Record::Signer(signer)) if signer.revoked.is_some());
            Ok((*key, is_revoked))
        })
        .collect()
}
