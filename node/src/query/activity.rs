//! What an actor has and did: the lots with it or on their way to it, and the entries that it signed or that speak of it.

use std::collections::BTreeSet;

use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, LotKey, LotUri, Slug};
use nguon_ledger::json::Json;
use nguon_ledger::key::PublicKey;
use nguon_ledger::state::{Key, LotRecord, Record};
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::LeafIndex;

use super::{QueryError, View, family};
use crate::store::EntryReader;

/// Lots looked at for one page: those that have left an actor stay listed and are passed over, so a page may be shorter than was asked for.
const LOTS_SCANNED_MAX: usize = 4_096;
/// Lots looked up at once.
const LOTS_STEP: usize = 128;
/// Characters of the code that stands for an entry at a weigh-in: the first 40 bits of its leaf hash in Crockford's base 32.
pub(crate) const CODE_CHARS: usize = 8;

/// A page of something, and where the next one begins, if there is one.
pub(crate) type Page<T, N> = (Vec<T>, Option<N>);

/// What of an actor's lots is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LotsAsked {
    pub(crate) after: Option<LotKey>,
    pub(crate) limit: usize,
    /// Also those that it sent and that have not arrived.
    pub(crate) with_outgoing: bool,
}

/// The actor of a slug, which must be registered.
fn actor(view: View<'_>, slug: &str) -> Result<(ActorUri, Vec<PublicKey>), QueryError> {
    let not_found = || QueryError::NotFound { what: "actor" };
    let uri = ActorUri::new(view.origin(), &Slug::parse(slug).map_err(|_| not_found())?);
    match view.reader.record(&Key::Actor(uri.clone()))? {
        Some(Record::Actor(record)) => Ok((uri, record.keys)),
        _ => Err(not_found()),
    }
}

/// The lots that an actor holds or that are on their way to it.
pub(crate) fn actor_lots(
    view: View<'_>,
    slug: &str,
    asked: LotsAsked,
) -> Result<(ActorUri, Page<Box<LotRecord>, LotKey>), QueryError> {
    let (uri, _) = actor(view, slug)?;
    let concerns = |lot: &LotRecord| {
        let balances = &lot.balances;
        balances.holdings.get(&uri).is_some_and(|held| !held.is_zero())
            || balances.transits.iter().any(|way| way.to == uri || (asked.with_outgoing && way.from == uri))
    };
    let (mut found, mut after, mut scanned) = (Vec::new(), asked.after, 0);
    while scanned < LOTS_SCANNED_MAX {
        let keys = view.reader.held(slug, after, LOTS_STEP)?;
        let is_last = keys.len() < LOTS_STEP;
        scanned += keys.len();
        for key in keys {
            after = Some(key);
            if let Some(lot) = family::lot(view, key)?.filter(|lot| concerns(lot)) {
                found.push(lot);
            }
            if found.len() == asked.limit {
                return Ok((uri, (found, after)));
            }
        }
        if is_last {
            return Ok((uri, (found, None)));
        }
    }
    Ok((uri, (found, after)))
}

/// An entry in short.
#[derive(Debug)]
pub(crate) struct Brief {
    pub(crate) index: LeafIndex,
    pub(crate) leaf_hash: Hash,
    pub(crate) received_at: UnixMillis,
    pub(crate) kind: Kind,
    pub(crate) verb: Option<String>,
    pub(crate) signer: PublicKey,
    /// When it happened, or was signed.
    pub(crate) time: UnixMillis,
    pub(crate) lots: Vec<LotUri>,
}

/// What of an actor's entries is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntriesAsked {
    pub(crate) after: Option<LeafIndex>,
    pub(crate) limit: usize,
    /// Received at this time or later.
    pub(crate) from: Option<UnixMillis>,
    /// Received before this time.
    pub(crate) to: Option<UnixMillis>,
}

/// The entries that an actor's keys signed or that speak of it, oldest first.
pub(crate) fn actor_entries(
    view: View<'_>,
    slug: &str,
    asked: EntriesAsked,
) -> Result<Page<Brief, LeafIndex>, QueryError> {
    let (_, keys) = actor(view, slug)?;
    let mut entries = EntryReader::new(view.store);
    let mut first = asked.after.map_or(0, |after| after.get().saturating_add(1));
    if let Some(from) = asked.from {
        first = first.max(first_since(&mut entries, from)?);
    }
    let limit = asked.limit + 1;
    let mut found: BTreeSet<_> = view.reader.spoken_of(slug, LeafIndex::new(first), limit)?.into_iter().collect();
    for key in keys {
        found.extend(signed(view, &key, first, limit)?);
    }
    let more = found.len() > asked.limit;
    let mut briefs = Vec::new();
    for index in found.into_iter().take(asked.limit) {
        let brief = brief(view, &mut entries, index)?;
        if asked.to.is_some_and(|to| brief.received_at >= to) {
            return Ok((briefs, None));
        }
        briefs.push(brief);
    }
    let next = briefs.last().map(|brief| brief.index).filter(|_| more);
    Ok((briefs, next))
}

/// The first entry that was received at a time or later: times never go back in the log.
fn first_since(entries: &mut EntryReader<'_>, time: UnixMillis) -> Result<u64, QueryError> {
    let (mut low, mut high) = (0, entries.size().get());
    while low < high {
        let middle = low + (high - low) / 2;
        let (received_at, _) = read(entries, LeafIndex::new(middle))?;
        if received_at < time { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn read(entries: &mut EntryReader<'_>, index: LeafIndex) -> Result<(UnixMillis, bytes::Bytes), QueryError> {
    let bytes = entries.read(index)?.ok_or(QueryError::NotFound { what: "entry" })?;
    let received_at = parsed(&bytes)?.received_at;
    Ok((received_at, bytes))
}

fn parsed(bytes: &[u8]) -> Result<Entry<'_>, QueryError> {
    Entry::parse(bytes).map_err(|error| QueryError::Log { detail: error.to_string() })
}

/// A key's entries from an entry on: its statements ascend in the log.
fn signed(view: View<'_>, key: &PublicKey, first: u64, limit: usize) -> Result<Vec<LeafIndex>, QueryError> {
    let Some(Record::Signer(signer)) = view.reader.record(&Key::Signer(*key))? else { return Ok(Vec::new()) };
    let (mut low, mut high) = (0, signer.position.seq);
    while low < high {
        let middle = low + (high - low) / 2;
        let is_before = view.reader.statement(key, middle)?.is_some_and(|index| index.get() < first);
        if is_before { low = middle + 1 } else { high = middle }
    }
    let mut found = Vec::new();
    for seq in (low..signer.position.seq).take(limit) {
        found.extend(view.reader.statement(key, seq)?);
    }
    Ok(found)
}

/// Reads an entry in short.
fn brief(view: View<'_>, entries: &mut EntryReader<'_>, index: LeafIndex) -> Result<Brief, QueryError> {
    let (received_at, bytes) = read(entries, index)?;
    let entry = parsed(&bytes)?;
    let statement = Statement::parse(entry.payload).map_err(|error| QueryError::Log { detail: error.to_string() })?;
    let body = statement.body();
    let happened = body.get("event").and_then(Json::as_object).and_then(|event| event.get("eventTime")?.as_str());
    let mut lots = Vec::with_capacity(entry.links.len());
    for link in &entry.links {
        lots.extend(family::lot(view, link.lot)?.map(|lot| lot.uri));
    }
    Ok(Brief {
        index,
        leaf_hash: Hash::of_leaf(&bytes),
        received_at,
        kind: statement.kind(),
        verb: body.get("verb").and_then(Json::as_str).map(str::to_owned),
        signer: entry.signer,
        time: happened.and_then(UnixMillis::parse_rfc3339).unwrap_or_else(|| statement.signed_at()),
        lots,
    })
}

/// The entry of a code: [`CODE_CHARS`] of Crockford's base 32, in whatever case, with `O`, `I` and `L` for the digits that they look like.
pub(crate) fn entry_by_code(view: View<'_>, code: &str) -> Result<Vec<Brief>, QueryError> {
    let malformed = || QueryError::Malformed { field: "code", detail: format!("not {CODE_CHARS} letters and digits") };
    let bits = crate::base32::decode(code).filter(|(_, chars)| *chars == CODE_CHARS).ok_or_else(malformed)?.0;
    let start = bits.first_chunk::<5>().copied().ok_or_else(malformed)?;
    let mut entries = EntryReader::new(view.store);
    // Two are enough to know that a code does not name one.
    view.reader.entries_by_hash(start, 2)?.into_iter().map(|index| brief(view, &mut entries, index)).collect()
}
