//! Writes a trace index.
//!
//! Big-endian: `"NGTRACE1"`; tree size (8), root (32); numbers of parties, products and lots (4 each); origin; parties and products, each
//! as URI and names in Vietnamese and English; for each lot its key (32) and number (4), ascending by key; for each lot by number
//! where its record begins (8); the records; SHA-256 of all before it. A text is its length (2) and its bytes.

use alloc::vec::Vec;

use nguon_ledger::amount::Amount;
use nguon_ledger::hash::Hash;

use crate::report::{Facts, LotFact, Name};

/// How an index begins.
pub(super) const MAGIC: &[u8; 8] = b"NGTRACE1";
/// Whether the lot's creation was taken back.
pub(super) const VOIDED: u8 = 1;
/// Whether a recall that holds reaches the lot.
pub(super) const RECALLED: u8 = 2;

/// Bytes under way.
struct Writer(Vec<u8>);

impl Writer {
    fn u32(&mut self, value: usize) {
        self.0.extend_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        // Texts of statements are below this length by the format.
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(text.as_bytes().get(..usize::from(length)).unwrap_or_default());
    }

    fn amount(&mut self, amount: Amount) {
        self.0.extend_from_slice(&amount.steps().to_be_bytes());
    }

    fn called(&mut self, uri: &str, name: Option<&Name>) {
        self.text(uri);
        self.text(name.map_or("", |name| &name.vi));
        self.text(name.and_then(|name| name.en.as_deref()).unwrap_or(""));
    }

    fn lot(&mut self, lot: &LotFact, flags: u8) {
        self.text(lot.uri.as_str());
        self.u32(lot.product);
        self.0.extend_from_slice(&lot.created.to_be_bytes());
        self.0.extend_from_slice(&lot.created_at.get().to_be_bytes());
        self.u32(lot.created_by);
        self.0.push(flags);
        self.text(lot.dimension.base_code().unwrap_or(""));
        for amount in [lot.quantity, lot.standing.sold, lot.standing.lost, lot.standing.used] {
            self.amount(amount);
        }
        self.0.extend_from_slice(&lot.packs.to_be_bytes());
        for relatives in [&lot.parents, &lot.children] {
            self.u32(relatives.len());
            for relative in relatives {
                self.u32(*relative);
            }
        }
        let held: Vec<_> = lot.standing.held.iter().filter(|(_, amount)| amount.is_positive()).collect();
        self.u32(held.len());
        for (party, amount) in held {
            self.u32(*party);
            self.amount(*amount);
        }
        self.u32(lot.standing.transits.len());
        for transit in &lot.standing.transits {
            self.u32(transit.from);
            self.u32(transit.to);
            self.amount(transit.amount);
        }
    }
}

/// The index of a ledger whose tree has this root.
#[must_use]
pub fn build(facts: &Facts, root: &Hash) -> Vec<u8> {
    let mut head = Writer(MAGIC.to_vec());
    head.0.extend_from_slice(&facts.size.to_be_bytes());
    head.0.extend_from_slice(root.as_bytes());
    for count in [facts.actors.len(), facts.products.len(), facts.lots.len()] {
        head.u32(count);
    }
    head.text(facts.origin().as_str());
    for actor in &facts.actors {
        head.called(actor.uri.as_str(), actor.name.as_ref());
    }
    for product in &facts.products {
        head.called(product.uri.as_str(), Some(&product.name));
    }
    for (key, lot) in &facts.lot_no {
        head.0.extend_from_slice(key.hash().as_bytes());
        head.u32(*lot);
    }
    let recalled = facts.recalled_lots();
    let mut records = Writer(Vec::new());
    let mut starts = Vec::with_capacity(facts.lots.len());
    for (no, lot) in facts.lots.iter().enumerate() {
        starts.push(records.0.len());
        let flags = if lot.voided { VOIDED } else { 0 } | if recalled.contains(&no) { RECALLED } else { 0 };
        records.lot(lot, flags);
    }
    let first = head.0.len().saturating_add(starts.len().saturating_mul(8));
    for start in starts {
        let at = u64::try_from(first.saturating_add(start)).unwrap_or(u64::MAX);
        head.0.extend_from_slice(&at.to_be_bytes());
    }
    let mut bytes = head.0;
    bytes.append(&mut records.0);
    let hash = Hash::of(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}
