//! Whom an event speaks of, and who has something of a lot.

use std::collections::BTreeSet;

use nguon_ledger::identifier::Origin;
use nguon_ledger::json::Json;
use nguon_ledger::state::{Balances, Key, LotRecord, Record};

use super::applied::AppliedEntry;

/// The slugs of whoever holds something of a lot or is to get it, and had nothing to do with it before the last event that moved it.
pub(super) fn new_holders(lot: &LotRecord) -> impl Iterator<Item = &str> {
    let is_new = |slug: &&str| lot.before.as_deref().is_none_or(|before| !holders(before).any(|held| held == *slug));
    holders(&lot.balances).filter(is_new)
}

/// The slugs of whoever holds something or is to get it; one may come twice.
pub(super) fn holders(balances: &Balances) -> impl Iterator<Item = &str> {
    let holding = balances.holdings.keys();
    holding.chain(balances.transits.iter().map(|transit| &transit.to)).map(|actor| actor.slug())
}

/// The slugs of the actors that an event speaks of as party, as the organisation it is done for or the member it is typed for, but for the
/// actor that signed it. The rules have read all of this; what is no actor of this ledger is passed over.
pub(super) fn spoken_of<'a>(origin: &Origin, entry: &AppliedEntry<'a>) -> BTreeSet<&'a str> {
    let body = entry.statement.body();
    let event = body.get("event").and_then(Json::as_object);
    let named = ["for", "onBehalfOf"].into_iter().filter_map(|key| body.get(key).and_then(Json::as_str));
    let listed = event.into_iter().flat_map(|event| {
        let members = |list: &str, member: &'static str| {
            let items = event.get(list).and_then(Json::as_array).unwrap_or_default();
            items.iter().filter_map(move |item| item.as_object()?.get(member).and_then(Json::as_str))
        };
        members("sourceList", "source").chain(members("destinationList", "destination"))
    });
    let mut slugs: BTreeSet<_> = named.chain(listed).filter_map(|uri| slug(origin, uri)).collect();
    if let Some(Record::Signer(signer)) = entry.writes.get(&Key::Signer(entry.statement.signer())) {
        slugs.remove(signer.actor.slug());
    }
    slugs
}

/// The slug of an actor's URI.
fn slug<'u>(origin: &Origin, uri: &'u str) -> Option<&'u str> {
    let slug = uri.strip_prefix("https://")?.strip_prefix(origin.as_str())?.strip_prefix("/actor/")?;
    nguon_ledger::identifier::Slug::parse(slug).ok().map(|_| slug)
}
