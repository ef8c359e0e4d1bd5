//! One statement's view of the state: typed reads through its own writes, and what it gathers.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::{ApplyError, Context, Effects, Scope};
use crate::entry::LotLink;
use crate::identifier::{ActorUri, LotKey, Origin, ProductUri};
use crate::key::PublicKey;
use crate::limits::LOT_LINKS_MAX;
use crate::refusal::{Code, Flag, Refusal};
use crate::state::{ActorRecord, Key, LotRecord, Overlay, ProductRecord, ReadState, Record, SignerRecord};

/// Result of a step that reads the state.
pub(super) type Step<T, S> = Result<T, ApplyError<<S as ReadState>::Error>>;

/// The state as one statement sees and changes it.
pub(super) struct Session<'s, S: ReadState> {
    state: Overlay<&'s S>,
    pub(super) origin: &'s Origin,
    pub(super) context: Context<'s>,
    named: BTreeSet<LotKey>,
    links: Vec<LotLink>,
    flags: BTreeSet<Flag>,
}

/// Defines a typed read: a record of one kind under a key of that kind.
macro_rules! read {
    ($(#[$doc:meta])* $name:ident, $key:ident($argument:ty), $record:ty) => {
        $(#[$doc])*
        pub(super) fn $name(&self, key: &$argument) -> Step<Option<$record>, S> {
            match self.record(&Key::$key(key.clone()))? {
                Some(Record::$key(record)) => Ok(Some(record)),
                _ => Ok(None),
            }
        }
    };
}

impl<'s, S: ReadState> Session<'s, S> {
    pub(super) const fn new(state: &'s S, origin: &'s Origin, context: Context<'s>) -> Self {
        let state = Overlay::new(state);
        Self { state, origin, context, named: BTreeSet::new(), links: Vec::new(), flags: BTreeSet::new() }
    }

    /// Any record.
    pub(super) fn record(&self, key: &Key) -> Step<Option<Record>, S> {
        self.state.read(key).map_err(ApplyError::State)
    }

    read!(
        /// A key that signs.
        signer, Signer(PublicKey), SignerRecord
    );
    read!(
        /// An actor.
        actor, Actor(ActorUri), ActorRecord
    );
    read!(
        /// A product.
        product, Product(ProductUri), ProductRecord
    );
    read!(
        /// A lot.
        lot, Lot(LotKey), Box<LotRecord>
    );

    /// An actor that must be registered.
    pub(super) fn known_actor(&self, uri: &ActorUri, field: &str) -> Step<ActorRecord, S> {
        let unknown = || Refusal::new(Code::UnknownActor, field, uri.as_str());
        Ok(self.actor(uri)?.ok_or_else(unknown)?)
    }

    /// A product that must be registered.
    pub(super) fn known_product(&self, uri: &ProductUri, field: &str) -> Step<ProductRecord, S> {
        let unknown = || Refusal::new(Code::UnknownProduct, field, uri.as_str());
        Ok(self.product(uri)?.ok_or_else(unknown)?)
    }

    /// Writes one record.
    pub(super) fn put(&mut self, key: Key, record: Record) {
        self.state.put(key, record);
    }

    /// Writes a lot.
    pub(super) fn put_lot(&mut self, key: LotKey, lot: Box<LotRecord>) {
        self.put(Key::Lot(key), Record::Lot(lot));
    }

    /// Whether the whole ledger is seen.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.context.scope, Scope::Whole)
    }

    /// Whether a lot is seen.
    pub(super) fn sees(&self, lot: &LotKey) -> bool {
        match self.context.scope {
            Scope::Whole => true,
            Scope::Lots(lots) => lots.contains(lot),
        }
    }

    /// Marks the statement.
    pub(super) fn flag(&mut self, flag: Flag) {
        self.flags.insert(flag);
    }

    /// Notes that the statement names a lot.
    pub(super) fn name(&mut self, lot: LotKey) {
        self.named.insert(lot);
    }

    /// Links every named lot that exists now, with the head that it has now.
    pub(super) fn link_named(&mut self, field: &str) -> Step<(), S> {
        for key in core::mem::take(&mut self.named) {
            if !self.sees(&key) {
                continue;
            }
            // A lot that this statement moved is written already and need not be copied again.
            let (seq, previous) = match self.state.written(&Key::Lot(key)) {
                Some(Record::Lot(lot)) => (lot.seq, lot.head),
                _ => {
                    let Some(lot) = self.lot(&key)? else { continue };
                    let chain = (lot.seq, lot.head);
                    self.put_lot(key, lot);
                    chain
                }
            };
            if self.links.len() == LOT_LINKS_MAX {
                let detail = String::from("an entry links at most 48 lots");
                return Err(Refusal::new(Code::TooManyLots, field, detail).into());
            }
            self.links.push(LotLink { lot: key, seq, previous });
        }
        Ok(())
    }

    pub(super) fn into_effects(self) -> Effects {
        Effects {
            index: self.context.index,
            writes: self.state.into_writes(),
            links: self.links,
            flags: self.flags.into_iter().collect(),
        }
    }
}
