//! Whether an index that was not closed is whole: what sled found again after a crash may be old in one place and new in another.
//!
//! Every value is read and decoded, and what must agree is compared: each entry below the stamp is there once; each signer stands where its
//! statements end, each lot where its entries end, each product and place at its last statement; whoever has something of a lot is listed, and
//! as many entries speak of somebody as the stamp says.

use std::collections::BTreeMap;

use nguon_ledger::identifier::Origin;
use nguon_ledger::state::Record;
use nguon_ledger::tree::LeafIndex;

use super::codec::{self, CodecError, Stamp, Table};
use super::runs::Runs;
use super::{IndexError, parties};

/// Sums that must agree.
#[derive(Debug, Default)]
struct Sums {
    stamp: Option<(Stamp, u64)>,
    entries: u64,
    parties: u64,
    statements: u64,
    signer_seqs: u64,
    lot_links: u64,
    lot_seqs: u64,
    /// The entry that set each product and place, by table and slug.
    set_by: BTreeMap<(u8, Vec<u8>), u64>,
    /// The last statement about each.
    last_about: BTreeMap<(u8, Vec<u8>), u64>,
}

/// Whether the index agrees with itself and with its stamp.
pub(super) fn is_whole(runs: &Runs, origin: &Origin, expected: &Stamp) -> Result<bool, IndexError> {
    let mut sums = Sums::default();
    let mut failed = None;
    let mut are_listed = |key: &[u8], value: &[u8]| {
        listed(runs, origin, key, value).unwrap_or_else(|error| {
            failed = Some(error);
            false
        })
    };
    if !runs.for_each(|key, value| sums.add(origin, key, value).is_ok() && are_listed(key, value))? {
        return failed.map_or(Ok(false), Err);
    }
    Ok(sums.agree(expected))
}

/// Whether all who have something of a lot, if this is one, are listed as having it.
fn listed(runs: &Runs, origin: &Origin, key: &[u8], value: &[u8]) -> Result<bool, IndexError> {
    if key.first() != Some(&Table::Lot.byte()) {
        return Ok(true);
    }
    let Ok(Record::Lot(lot)) = codec::decode_record(origin, value) else { return Ok(false) };
    for slug in parties::holders(&lot.balances) {
        if runs.get(&codec::held_key(slug, &lot.uri.key()))?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Sums {
    fn add(&mut self, origin: &Origin, key: &[u8], value: &[u8]) -> Result<(), CodecError> {
        let (table, rest) = key.split_first().ok_or(CodecError)?;
        if *table == Table::Stamp.byte() {
            self.stamp = Some(codec::decode_stamp(value)?);
        } else if *table == Table::Statements.byte() {
            self.statements += count(&codec::decode_chunk(value)?);
        } else if *table == Table::About.byte() {
            self.about(rest)?;
        } else if *table == Table::Held.byte() {
            codec::held_lot(rest)?;
        } else if *table == Table::Party.byte() {
            codec::about_entry(rest)?;
            self.parties += 1;
        } else if *table == Table::Flags.byte() {
            codec::decode_flags(value)?;
        } else {
            let record = codec::decode_record(origin, value)?;
            self.record(*table, rest, &record);
        }
        Ok(())
    }

    fn record(&mut self, table: u8, rest: &[u8], record: &Record) {
        let mut stands_at = |index: LeafIndex| self.set_by.insert((table, rest.to_vec()), index.get());
        match record {
            Record::Entry(entry) => {
                self.entries += 1;
                self.lot_links += count(&entry.lots);
            }
            Record::Signer(signer) => self.signer_seqs += signer.position.seq,
            Record::Lot(lot) => self.lot_seqs += u64::from(lot.seq),
            Record::Product(product) => drop(stands_at(product.index)),
            Record::Place(place) => drop(stands_at(place.index)),
            Record::Charter(_) | Record::Actor(_) | Record::Gtin(_) | Record::Child(_) | Record::Event(_) => {}
        }
    }

    /// Statements about a subject ascend by entry, so what is kept is the last one.
    fn about(&mut self, rest: &[u8]) -> Result<(), CodecError> {
        let (uri, index) = rest.split_last_chunk::<8>().ok_or(CodecError)?;
        let uri = uri.strip_suffix(&[0]).and_then(|uri| std::str::from_utf8(uri).ok()).ok_or(CodecError)?;
        let (base, slug) = uri.rsplit_once('/').ok_or(CodecError)?;
        let table = match base.rsplit_once('/').map(|(_, kind)| kind) {
            Some("product") => Table::Product,
            Some("place") => Table::Place,
            // An actor's record keeps the entry of its last `actor` statement, and `key` statements come after.
            _ => return Ok(()),
        };
        self.last_about.insert((table.byte(), slug.as_bytes().to_vec()), u64::from_be_bytes(*index));
        Ok(())
    }

    /// Whether the sums are those of a whole index of this tree.
    fn agree(&self, expected: &Stamp) -> bool {
        let size = expected.size.get();
        self.stamp.as_ref().is_some_and(|(stamp, parties)| stamp == expected && *parties == self.parties)
            && self.entries == size
            && self.statements == size
            && self.signer_seqs == size
            && self.lot_links == self.lot_seqs
            && self.set_by == self.last_about
    }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}
