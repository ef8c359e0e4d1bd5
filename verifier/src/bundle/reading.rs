//! A bundle's entries, taken apart once for all checks, and the lots that it is about.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use nguon_ledger::body::{EventBody, Verb};
use nguon_ledger::entry::{Entry, EntryError};
use nguon_ledger::epcis::What;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{LotKey, LotUri, Origin, name_of};
use nguon_ledger::refusal::Refusal;
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::tree::LeafIndex;

use super::Bundle;

/// An entry as far as it can be read.
pub(super) struct Item<'b> {
    /// Where the bundle says that it stands.
    pub(super) index: LeafIndex,
    pub(super) leaf_hash: Hash,
    pub(super) entry: Result<Entry<'b>, EntryError>,
    /// The statement in the entry's payload; `None` where the entry itself cannot be read.
    pub(super) statement: Option<Result<Statement<'b>, Refusal>>,
}

impl<'b> Item<'b> {
    /// Entry and statement, where both can be read.
    pub(super) fn parts(&self) -> Option<(&Entry<'b>, &Statement<'b>)> {
        match (&self.entry, &self.statement) {
            (Ok(entry), Some(Ok(statement))) => Some((entry, statement)),
            _ => None,
        }
    }
}

/// What all checks of the entries start from.
pub(super) struct Reading<'b> {
    pub(super) origin: Option<&'b Origin>,
    /// In the bundle's order.
    pub(super) items: Vec<Item<'b>>,
    /// The lot, if its URI is a canonical one of this ledger.
    pub(super) lot: Option<LotKey>,
    /// The lots of the bundle.
    pub(super) lots: BTreeSet<LotKey>,
}

impl<'b> Reading<'b> {
    pub(super) fn new(bundle: &'b Bundle, origin: Option<&'b Origin>) -> Self {
        let items: Vec<_> = bundle
            .entries
            .iter()
            .map(|stored| {
                let entry = Entry::parse(&stored.entry);
                let statement = entry.as_ref().ok().map(|entry| Statement::parse(entry.payload));
                Item { index: stored.index, leaf_hash: Hash::of_leaf(&stored.entry), entry, statement }
            })
            .collect();
        let lot = origin
            .and_then(|origin| LotUri::parse(origin, &bundle.lot).ok())
            .filter(|lot| lot.as_str() == bundle.lot)
            .map(|lot| lot.key());
        let lots = match (origin, lot) {
            (Some(origin), Some(lot)) => family(origin, &items, lot),
            _ => BTreeSet::new(),
        };
        Self { origin, items, lot, lots }
    }
}

/// The lots of a bundle (format, section 8), as its own entries tell them: the lot, what it was made from, and what a correction
/// of one of them names beside it.
fn family(origin: &Origin, items: &[Item<'_>], lot: LotKey) -> BTreeSet<LotKey> {
    let mut leads_to: BTreeMap<LotKey, Vec<LotKey>> = BTreeMap::new();
    for item in items {
        let Some((entry, statement)) = item.parts() else { continue };
        let Some((from, to)) = step(origin, entry, statement) else { continue };
        for lot in from {
            leads_to.entry(lot).or_default().extend(&to);
        }
    }
    let mut lots = BTreeSet::from([lot]);
    let mut queue = alloc::vec![lot];
    while let Some(lot) = queue.pop() {
        for other in leads_to.remove(&lot).unwrap_or_default() {
            if lots.insert(other) {
                queue.push(other);
            }
        }
    }
    lots
}

/// The lots that an entry ties to others, and those others.
pub(super) fn step(
    origin: &Origin,
    entry: &Entry<'_>,
    statement: &Statement<'_>,
) -> Option<(Vec<LotKey>, Vec<LotKey>)> {
    if statement.kind() != Kind::Event {
        return None;
    }
    let body = EventBody::parse(origin, statement.body()).ok()?;
    match (body.verb, &body.event.what) {
        (Verb::Correct, _) => {
            let linked: Vec<_> = entry.links.iter().map(|link| link.lot).collect();
            Some((linked.clone(), linked))
        }
        (
            Verb::Process | Verb::Merge | Verb::Split | Verb::Pack,
            What::Transformation { input_epc_list, input_quantity_list, .. },
        ) => {
            let names = input_quantity_list.iter().map(|element| element.epc_class);
            let names = names.chain(input_epc_list.iter().copied());
            let inputs = names.filter_map(|name| name_of(origin, name).into_lot()).map(|lot| lot.key());
            Some((body.creates.iter().map(|(lot, _)| lot.key()).collect(), inputs.collect()))
        }
        _ => None,
    }
}
