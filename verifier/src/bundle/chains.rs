//! Checks of the three kinds of chain and of the signatures.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use nguon_ledger::body::{ActorBody, Charter, KeyBody, KeyChange};
use nguon_ledger::envelope::pae;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{LotKey, Origin};
use nguon_ledger::key::PublicKey;
use nguon_ledger::refusal::Position;
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::tree::LeafIndex;

use super::reading::{Item, Reading};
use crate::verdict::{Check, CheckName, Fault};

/// Makes one check of every entry, in the bundle's order.
fn each<'r, 'b>(
    name: CheckName,
    reading: &'r Reading<'b>,
    mut step: impl FnMut(&'r Item<'b>) -> Result<(), String>,
) -> Check {
    let result = reading.items.iter().try_for_each(|item| step(item).map_err(|detail| Fault::at(item.index, detail)));
    Check::of(name, result)
}

/// Every entry stands where it says, after the one it names.
pub(super) fn entry_chain(reading: &Reading<'_>) -> Check {
    let mut before: Option<(LeafIndex, Hash, i64)> = None;
    each(CheckName::EntryChain, reading, |item| {
        let entry = item.entry.as_ref().map_err(|error| format!("not an entry: {error}"))?;
        if entry.index != item.index {
            return Err(format!("its own index is {}", entry.index));
        }
        let received_at = entry.received_at.get();
        let mut expected = (item.index == LeafIndex::new(0)).then_some(Hash::ZERO);
        if let Some((index, leaf_hash, time)) = before {
            if index >= item.index {
                return Err(format!("stands after entry {index}"));
            }
            if received_at < time {
                return Err(format!("received before entry {index}"));
            }
            if index.get().checked_add(1) == Some(item.index.get()) {
                expected = Some(leaf_hash);
            }
        }
        if let Some(expected) = expected.filter(|expected| *expected != entry.previous) {
            return Err(format!("names {} as the entry before, which is {expected}", entry.previous));
        }
        before = Some((item.index, item.leaf_hash, received_at));
        Ok(())
    })
}

/// Each lot's entries run from its first without a gap, and every entry belongs here.
pub(super) fn lot_chain_complete(reading: &Reading<'_>) -> Check {
    let name = CheckName::LotChainComplete;
    if reading.origin.is_none() {
        return Check::not_checked(name, "the ledger's origin is unknown");
    }
    if reading.lot.is_none() {
        return Check::of(name, Err(Fault::new("not the canonical uri of a lot of this ledger")));
    }
    let mut heads: BTreeMap<LotKey, (u32, Hash)> = BTreeMap::new();
    let check = each(name, reading, |item| {
        let Ok(entry) = &item.entry else { return Ok(()) };
        let mut is_of_bundle = false;
        for link in entry.links.iter().filter(|link| reading.lots.contains(&link.lot)) {
            is_of_bundle = true;
            let (seq, previous) = heads.get(&link.lot).copied().unwrap_or((0, Hash::ZERO));
            if link.seq != seq {
                return Err(format!("is number {} of lot {}, number {seq} comes next", link.seq, link.lot));
            }
            if link.previous != previous {
                return Err(format!(
                    "names {} as the entry before of lot {}, which is {previous}",
                    link.previous, link.lot
                ));
            }
            heads.insert(link.lot, (seq.saturating_add(1), item.leaf_hash));
        }
        let is_registry =
            item.parts().is_some_and(|(_, statement)| !matches!(statement.kind(), Kind::Event | Kind::Attest));
        if is_of_bundle || is_registry { Ok(()) } else { Err("belongs to no lot of this bundle".into()) }
    });
    if check.detail.is_some() {
        return check;
    }
    let missing = reading.lots.iter().find(|lot| !heads.contains_key(lot));
    Check::of(name, missing.map_or(Ok(()), |lot| Err(Fault::new(format!("no entry of lot {lot}")))))
}

/// Every payload was signed by whom it names.
pub(super) fn signatures(reading: &Reading<'_>) -> Check {
    each(CheckName::Signatures, reading, |item| {
        let entry = item.entry.as_ref().map_err(|error| format!("not an entry: {error}"))?;
        match &item.statement {
            Some(Ok(statement)) if statement.signer() == entry.signer => {}
            Some(Ok(statement)) => return Err(format!("the statement names {} as its signer", statement.signer())),
            Some(Err(refusal)) => return Err(format!("the statement cannot be read: {refusal}")),
            None => return Err("the statement cannot be read".into()),
        }
        if entry.signer.verifies(&pae(entry.payload), &entry.signature) {
            Ok(())
        } else {
            Err(format!("not signed by {}", entry.signer))
        }
    })
}

/// When a key was registered and revoked.
struct Registration {
    registered: LeafIndex,
    revoked: Option<LeafIndex>,
}

/// Every signer's key was registered before its entry, and not revoked before it.
pub(super) fn signer_registered(reading: &Reading<'_>) -> Check {
    let name = CheckName::SignerRegistered;
    let Some(origin) = reading.origin else { return Check::not_checked(name, "the ledger's origin is unknown") };
    let mut keys: BTreeMap<PublicKey, Registration> = BTreeMap::new();
    each(name, reading, |item| {
        let Ok(entry) = &item.entry else { return Ok(()) };
        let statement = item.parts().map(|(_, statement)| statement);
        // The charter registers the key that it is signed with.
        if let Some(statement) = statement.filter(|statement| statement.kind() == Kind::Charter) {
            register(&mut keys, origin, item.index, statement);
        }
        match keys.get(&entry.signer) {
            None => return Err(format!("{} was not registered", entry.signer)),
            Some(Registration { revoked: Some(revoked), .. }) => {
                return Err(format!("{} was revoked by entry {revoked}", entry.signer));
            }
            Some(Registration { registered, .. }) if *registered > item.index => {
                return Err(format!("{} was registered later, by entry {registered}", entry.signer));
            }
            Some(_) => {}
        }
        if let Some(statement) = statement {
            register(&mut keys, origin, item.index, statement);
        }
        Ok(())
    })
}

/// Notes what a statement says about keys. Whether its signer may say so is for the rules.
fn register(
    keys: &mut BTreeMap<PublicKey, Registration>,
    origin: &Origin,
    index: LeafIndex,
    statement: &Statement<'_>,
) {
    let mut add = |key| {
        keys.entry(key).or_insert(Registration { registered: index, revoked: None });
    };
    match statement.kind() {
        Kind::Charter if index.get() == 0 => {
            if let Ok(charter) = Charter::parse(origin, statement.body()) {
                charter.operator.keys.into_iter().for_each(add);
            }
        }
        Kind::Actor => {
            if let Ok(actor) = ActorBody::parse(origin, statement.body()) {
                actor.keys.into_iter().for_each(add);
            }
        }
        Kind::Key => match KeyBody::parse(origin, statement.body()).map(|body| body.change) {
            Ok(KeyChange::Add(key)) => add(key),
            Ok(KeyChange::Revoke(key)) => {
                if let Some(registration) = keys.get_mut(&key) {
                    registration.revoked.get_or_insert(index);
                }
            }
            Err(_) => {}
        },
        Kind::Charter | Kind::Product | Kind::Place | Kind::Event | Kind::Attest => {}
    }
}

/// Every signer's statements follow one another.
pub(super) fn signer_chain(reading: &Reading<'_>) -> Check {
    let mut last: BTreeMap<PublicKey, Position> = BTreeMap::new();
    each(CheckName::SignerChain, reading, |item| {
        let Some((entry, statement)) = item.parts() else { return Ok(()) };
        let Position { seq, prev } = statement.position();
        let mut expected = (seq == 0).then_some(Hash::ZERO);
        if let Some(before) = last.get(&statement.signer()) {
            if seq < before.seq {
                return Err(format!("seq {seq} of {}, which had {} before", statement.signer(), before.seq));
            }
            if seq == before.seq {
                expected = Some(before.prev);
            }
        }
        if let Some(expected) = expected.filter(|expected| *expected != prev) {
            return Err(format!("names {prev} as its signer's statement before, which is {expected}"));
        }
        let next = seq.checked_add(1).ok_or_else(|| String::from("seq is too great"))?;
        last.insert(statement.signer(), Position { seq: next, prev: Hash::of(entry.payload) });
        Ok(())
    })
}
