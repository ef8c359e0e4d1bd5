//! The state of an audit, in memory. What there is most of has a hash for its key, so it is looked up by hashing: in a tree of
//! millions of records each look-up would wait for memory many times.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::LotKey;
use nguon_ledger::state::{Key, ReadState, Record};
use nguon_verifier::audit::AuditState;

/// The state.
#[derive(Default)]
pub(super) struct HashedState {
    lots: HashMap<LotKey, Record>,
    events: HashMap<Hash, Record>,
    entries: HashMap<Hash, Record>,
    others: BTreeMap<Key, Record>,
}

impl ReadState for HashedState {
    type Error = Infallible;

    fn read(&self, key: &Key) -> Result<Option<Record>, Infallible> {
        let record = match key {
            Key::Lot(lot) => self.lots.get(lot),
            Key::Event(event) => self.events.get(event),
            Key::Entry(entry) => self.entries.get(entry),
            Key::Charter
            | Key::Actor(_)
            | Key::Signer(_)
            | Key::Product(_)
            | Key::Gtin(_)
            | Key::Place(_)
            | Key::Child { .. } => self.others.get(key),
        };
        Ok(record.cloned())
    }
}

impl AuditState for HashedState {
    fn write(&mut self, writes: BTreeMap<Key, Record>) {
        for (key, record) in writes {
            match key {
                Key::Lot(lot) => self.lots.insert(lot, record),
                Key::Event(event) => self.events.insert(event, record),
                Key::Entry(entry) => self.entries.insert(entry, record),
                Key::Charter
                | Key::Actor(_)
                | Key::Signer(_)
                | Key::Product(_)
                | Key::Gtin(_)
                | Key::Place(_)
                | Key::Child { .. } => self.others.insert(key, record),
            };
        }
    }
}
