//! What moves nothing: inspections, recalls, corrections, attestations.

use alloc::boxed::Box;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use super::event::{expect_step, malformed, object_lists};
use super::parties::Party;
use super::proposal::Identity;
use super::session::{Session, Step};
use crate::amount::Amount;
use crate::body::{Attest, EventBody, Role, Verb};
use crate::epcis::Action;
use crate::identifier::{LotKey, name_of};
use crate::refusal::{Code, Flag, Refusal};
use crate::state::{Balances, EventRecord, Key, LotRecord, ReadState, Record};
use crate::statement::Statement;
use crate::tree::LeafIndex;

const LISTS: &str = "body.event.quantityList";

/// The lots that an object event names, all of which exist; at least one. Those out of sight are passed over.
fn named_lots<S: ReadState>(session: &Session<'_, S>, body: &EventBody<'_>) -> Step<Vec<(LotKey, Box<LotRecord>)>, S> {
    let (quantities, items) = object_lists(&body.event, Action::Observe)?;
    let names = quantities.iter().map(|element| element.epc_class).chain(items.iter().copied());
    let mut seen = BTreeSet::new();
    let mut lots = Vec::new();
    for name in names {
        let lot = name_of(session.origin, name).into_lot();
        let lot = lot.ok_or_else(|| malformed(LISTS, "neither a lot nor a pack of one"))?;
        let key = lot.key();
        if !seen.insert(key) || !session.sees(&key) {
            continue;
        }
        let unknown = || Refusal::new(Code::UnknownLot, LISTS, lot.as_str());
        lots.push((key, session.lot(&key)?.ok_or_else(unknown)?));
    }
    if seen.is_empty() {
        return Err(malformed(LISTS, "names no lot").into());
    }
    Ok(lots)
}

/// A lot was inspected.
pub(super) fn inspect<S: ReadState>(session: &mut Session<'_, S>, party: &Party, body: &EventBody<'_>) -> Step<(), S> {
    expect_step(&body.event, "inspecting")?;
    named_lots(session, body)?;
    Ok(party.needs(&[Role::Inspector])?)
}

/// A lot, and all that was made from it, is called back.
pub(super) fn recall<S: ReadState>(session: &mut Session<'_, S>, party: &Party, body: &EventBody<'_>) -> Step<(), S> {
    if !body.event.disposition.as_ref().is_some_and(|disposition| disposition.is("recalled")) {
        return Err(malformed("body.event.disposition", "this verb needs recalled").into());
    }
    let lots = named_lots(session, body)?;
    let may_recall_any = party.needs(&[Role::Operator, Role::Registrar, Role::Inspector]).is_ok();
    for (_, lot) in &lots {
        let holds = lot.balances.holdings.get(&party.party).is_some_and(|held| held.is_positive());
        if !may_recall_any && !holds && lot.created_by != party.party {
            let detail = "its creator, its holder, an inspector, a registrar or the operator recalls a lot";
            return Err(Refusal::new(Code::RoleMissing, "signer", detail).into());
        }
    }
    let index = session.context.index;
    mark_family(session, lots, |recalls| {
        if !recalls.contains(&index) {
            recalls.push(index);
        }
    })
}

/// Changes the recalls of lots and of all that was made from them.
fn mark_family<S: ReadState>(
    session: &mut Session<'_, S>,
    lots: Vec<(LotKey, Box<LotRecord>)>,
    change: impl Fn(&mut Vec<LeafIndex>),
) -> Step<(), S> {
    let mut reached: BTreeSet<LotKey> = lots.iter().map(|(key, _)| *key).collect();
    let mut queue: VecDeque<_> = lots.into();
    while let Some((key, mut lot)) = queue.pop_front() {
        for number in 0..lot.children {
            let Some(Record::Child(child)) = session.record(&Key::Child { lot: key, number })? else { continue };
            if !reached.insert(child) || !session.sees(&child) {
                continue;
            }
            if let Some(record) = session.lot(&child)? {
                queue.push_back((child, record));
            }
        }
        change(&mut lot.recalls);
        session.put_lot(key, lot);
    }
    Ok(())
}

/// An earlier event was wrong: undone if nothing later moved any of its lots, else marked.
pub(super) fn correct<S: ReadState>(
    session: &mut Session<'_, S>,
    party: &Party,
    body: &EventBody<'_>,
    identity: Option<&Identity<'_>>,
) -> Step<(), S> {
    if body.event.error_declaration.is_none() {
        return Err(malformed("body.event.errorDeclaration", "missing").into());
    }
    let identity = identity.ok_or_else(|| malformed("body.event.eventID", "missing"))?;
    let (id, field) = (identity.id, "body.event.eventID");
    let key = Key::Event(identity.key);
    let Some(Record::Event(mut original)) = session.record(&key)? else {
        // A bundle has every event that linked one of its lots, so one that it lacks linked none and moved none.
        if !session.is_whole() {
            return Ok(());
        }
        return Err(Refusal::new(Code::UnknownEvent, field, id).into());
    };
    if let Some(index) = original.corrected {
        return Err(Refusal::new(Code::AlreadyCorrected, field, alloc::format!("by entry {index}")).into());
    }
    let is_author = original.author == party.author || original.party == party.party;
    if !is_author && !party.roles.contains(&Role::Operator) {
        let detail = "its author, the party that it was for, or the operator corrects an event";
        return Err(Refusal::new(Code::NotAuthor, field, detail).into());
    }
    if original.digest != identity.digest {
        let detail = "all but errorDeclaration and recordTime is as in the original";
        return Err(Refusal::new(Code::CorrectionMismatch, "body.event", detail).into());
    }
    undo(session, &original, body)?;
    original.corrected = Some(session.context.index);
    session.put(key, Record::Event(original));
    Ok(())
}

fn undo<S: ReadState>(session: &mut Session<'_, S>, original: &EventRecord, body: &EventBody<'_>) -> Step<(), S> {
    match original.verb {
        Verb::Inspect | Verb::Observe | Verb::Correct => Ok(()),
        Verb::Recall => {
            let lots = named_lots(session, body)?;
            mark_family(session, lots, |recalls| recalls.retain(|index| *index != original.index))
        }
        Verb::Harvest
        | Verb::Process
        | Verb::Merge
        | Verb::Split
        | Verb::Pack
        | Verb::Ship
        | Verb::Receive
        | Verb::Sell
        | Verb::Lose => undo_movement(session, original, body),
    }
}

fn undo_movement<S: ReadState>(
    session: &mut Session<'_, S>,
    original: &EventRecord,
    body: &EventBody<'_>,
) -> Step<(), S> {
    let mut lots = Vec::new();
    for name in body.event.identifiers() {
        let Some(lot) = name_of(session.origin, name).into_lot() else { continue };
        let key = lot.key();
        if !session.sees(&key) || lots.iter().any(|(other, _)| *other == key) {
            continue;
        }
        if let Some(record) = session.lot(&key)? {
            lots.push((key, record));
        }
    }
    if lots.iter().any(|(_, lot)| lot.last_effect != original.index) {
        session.flag(Flag::CorrectionNotUndone);
        return Ok(());
    }
    for (key, mut lot) in lots {
        if lot.created == original.index {
            lot.voided = true;
            lot.quantity = Amount::ZERO;
            lot.balances = Balances::default();
        } else if let Some(before) = lot.before.take() {
            lot.balances = *before;
        }
        lot.last_effect = session.context.index;
        session.put_lot(key, lot);
    }
    Ok(())
}

/// A second person's word on an entry.
pub(super) fn attest<S: ReadState>(session: &mut Session<'_, S>, statement: &Statement<'_>) -> Step<(), S> {
    let body = Attest::parse(statement.body())?;
    let Some(Record::Entry(entry)) = session.record(&Key::Entry(body.entry))? else {
        return Err(Refusal::new(Code::UnknownEntry, "body.entry", alloc::format!("{}", body.entry)).into());
    };
    for lot in entry.lots {
        session.name(lot);
    }
    session.link_named("body.entry")
}
