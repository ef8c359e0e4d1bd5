//! Verbs that create a lot from nothing or move it as it is: harvest, ship, receive, sell, lose.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ApplyError;
use super::event::{LotAmount, Shape, in_dimension, malformed, mark_order, object_amounts};
use super::parties::Party;
use super::session::{Session, Step};
use crate::amount::{Amount, Dimension, Quantity};
use crate::body::{EventBody, Role};
use crate::epcis::{Action, Party as EpcisParty};
use crate::hash::Hash;
use crate::identifier::{ActorUri, LotKey, LotUri, ProductUri};
use crate::refusal::{Code, Flag, Refusal};
use crate::state::{Balances, LotRecord, ProductRecord, ReadState, Transit};
use crate::time::UnixMillis;

/// A lot that comes into being.
pub(super) struct NewLot {
    pub(super) uri: LotUri,
    pub(super) key: LotKey,
    pub(super) product: ProductUri,
    pub(super) quantity: Quantity,
    pub(super) field: String,
}

/// Pairs the amounts of an event with the lots that its body creates. They are the same lots, and none exists.
pub(super) fn new_lots<S: ReadState>(
    session: &Session<'_, S>,
    body: &EventBody<'_>,
    amounts: Vec<LotAmount>,
) -> Step<Vec<NewLot>, S> {
    let mut lots = Vec::with_capacity(amounts.len());
    for LotAmount { lot: uri, key, quantity, field } in amounts {
        if session.sees(&key) && session.lot(&key)?.is_some() {
            return Err(Refusal::new(Code::LotExists, field, uri.as_str()).into());
        }
        let created = body.creates.iter().find(|(lot, _)| *lot == uri);
        let (_, product) = created.ok_or_else(|| malformed("body.creates", format!("lacks {uri}")))?;
        lots.push(NewLot { uri, key, product: product.clone(), quantity, field });
    }
    if lots.len() < body.creates.len() {
        return Err(malformed("body.creates", "names a lot of which the event brings no amount").into());
    }
    Ok(lots)
}

/// The product of a new lot, after the checks that need only the two of them.
pub(super) fn product_of<S: ReadState>(session: &Session<'_, S>, lot: &NewLot) -> Step<ProductRecord, S> {
    let product = session.known_product(&lot.product, "body.creates")?;
    if lot.uri.gtin().is_some_and(|gtin| product.gtin != Some(gtin)) {
        let detail = format!("{} has another GTIN", lot.product);
        return Err(Refusal::new(Code::ProductMismatch, "body.creates", detail).into());
    }
    let is_pieces = lot.quantity.dimension() == Dimension::Pieces && product.net_content.is_some();
    if lot.quantity.dimension() != product.dimension && !is_pieces {
        let detail = format!("{} is measured otherwise", lot.product);
        return Err(Refusal::new(Code::UnitMismatch, lot.field.clone(), detail).into());
    }
    Ok(product)
}

/// A lot as it comes into being, held by a party.
pub(super) fn created<S: ReadState>(
    session: &Session<'_, S>,
    lot: &NewLot,
    party: &ActorUri,
    at: UnixMillis,
) -> Box<LotRecord> {
    let quantity = lot.quantity.amount();
    Box::new(LotRecord {
        uri: lot.uri.clone(),
        product: lot.product.clone(),
        created: session.context.index,
        created_by: party.clone(),
        created_at: at,
        dimension: lot.quantity.dimension(),
        quantity,
        balances: Balances { holdings: BTreeMap::from([(party.clone(), quantity)]), ..Balances::default() },
        before: None,
        last_effect: session.context.index,
        seq: 0,
        head: Hash::ZERO,
        recalls: Vec::new(),
        parents: Vec::new(),
        children: 0,
        serials: None,
        voided: false,
    })
}

/// Something was harvested.
pub(super) fn harvest<S: ReadState>(session: &mut Session<'_, S>, party: &Party, body: &EventBody<'_>) -> Step<(), S> {
    let amounts = object_amounts(session, &body.event, &Shape { action: Action::Add, biz_step: "commissioning" })?;
    party.needs(&[Role::Producer])?;
    for lot in new_lots(session, body, amounts)? {
        product_of(session, &lot)?;
        if session.sees(&lot.key) {
            let record = created(session, &lot, &party.party, body.event.event_time);
            session.put_lot(lot.key, record);
        }
    }
    Ok(())
}

/// A lot about to be moved, and the amount in its own dimension.
pub(super) struct Moving {
    pub(super) key: LotKey,
    pub(super) lot: Box<LotRecord>,
    pub(super) amount: Amount,
    pub(super) field: String,
}

/// Finds the lots of an event's amounts; those out of sight are passed over.
pub(super) fn moving<S: ReadState>(
    session: &mut Session<'_, S>,
    amounts: Vec<LotAmount>,
    at: UnixMillis,
) -> Step<Vec<Moving>, S> {
    let mut found = Vec::with_capacity(amounts.len());
    for LotAmount { lot: uri, key, quantity, field } in amounts {
        if !session.sees(&key) {
            continue;
        }
        let lot = session.lot(&key)?;
        let mut lot = lot.ok_or_else(|| Refusal::new(Code::UnknownLot, field.clone(), uri.as_str()))?;
        let net_content = if quantity.dimension() == lot.dimension {
            None
        } else {
            session.product(&lot.product)?.and_then(|product| product.net_content)
        };
        let amount = in_dimension(quantity, lot.dimension, net_content, &field)?;
        mark_order(session, at, lot.created_at);
        lot.before = Some(Box::new(lot.balances.clone()));
        lot.last_effect = session.context.index;
        found.push(Moving { key, lot, amount, field });
    }
    Ok(found)
}

impl Moving {
    /// Takes the amount from what a party holds.
    pub(super) fn take_from(&mut self, party: &ActorUri) -> Result<(), Refusal> {
        let held = self.lot.balances.holdings.get_mut(party);
        let held = held.ok_or_else(|| {
            Refusal::new(Code::NotHolder, self.field.clone(), format!("{party} holds nothing of {}", self.lot.uri))
        })?;
        *held = held.checked_sub(self.amount).filter(|rest| !rest.is_negative()).ok_or_else(|| {
            let detail = format!("{party} holds {held} of {}", self.lot.uri);
            Refusal::new(Code::InsufficientQuantity, self.field.clone(), detail)
        })?;
        Ok(())
    }

    /// Refuses what is recalled.
    fn not_recalled(&self) -> Result<(), Refusal> {
        match self.lot.recalls.first() {
            Some(index) => Err(Refusal::new(Code::Recalled, self.field.clone(), format!("recalled by entry {index}"))),
            None => Ok(()),
        }
    }
}

/// Adds amounts whose sum a lot's quantity bounds already.
pub(super) fn plus(sum: Amount, more: Amount, field: &str) -> Result<Amount, Refusal> {
    sum.checked_add(more).ok_or_else(|| malformed(field, "too great"))
}

/// The one possessing party of a source or destination list.
fn possessing<S: ReadState>(
    session: &Session<'_, S>,
    list: &[EpcisParty<'_>],
    field: &str,
) -> Step<Option<ActorUri>, S> {
    let mut parties = list.iter().filter(|party| party.kind.is("possessing_party"));
    let (Some(party), None) = (parties.next(), parties.next()) else {
        return if list.iter().any(|party| party.kind.is("possessing_party")) {
            Err(malformed(field, "more than one possessing_party").into())
        } else {
            Ok(None)
        };
    };
    let uri = ActorUri::parse(session.origin, party.id);
    let uri = uri.map_err(|_| malformed(field, "possessing_party is not an actor of this ledger"))?;
    session.known_actor(&uri, field)?;
    Ok(Some(uri))
}

const SOURCE: &str = "body.event.sourceList";
const DESTINATION: &str = "body.event.destinationList";

/// A lot was sent.
pub(super) fn ship<S: ReadState>(session: &mut Session<'_, S>, party: &Party, body: &EventBody<'_>) -> Step<(), S> {
    let amounts = object_amounts(session, &body.event, &Shape { action: Action::Observe, biz_step: "shipping" })?;
    let to = possessing(session, &body.event.destination_list, DESTINATION)?
        .ok_or_else(|| malformed(DESTINATION, "names no possessing_party"))?;
    if to == party.party {
        return Err(malformed(DESTINATION, "a lot is not sent to oneself").into());
    }
    if possessing(session, &body.event.source_list, SOURCE)?.is_some_and(|from| from != party.party) {
        return Err(Refusal::new(Code::NotHolder, SOURCE, "the source is not the acting party").into());
    }
    for mut moving in moving(session, amounts, body.event.event_time)? {
        moving.not_recalled()?;
        moving.take_from(&party.party)?;
        let transit =
            Transit { from: party.party.clone(), to: to.clone(), amount: moving.amount, index: session.context.index };
        moving.lot.balances.transits.push(transit);
        session.put_lot(moving.key, moving.lot);
    }
    Ok(())
}

/// A lot arrived.
pub(super) fn receive<S: ReadState>(session: &mut Session<'_, S>, party: &Party, body: &EventBody<'_>) -> Step<(), S> {
    let amounts = object_amounts(session, &body.event, &Shape { action: Action::Observe, biz_step: "receiving" })?;
    let from = possessing(session, &body.event.source_list, SOURCE)?;
    if possessing(session, &body.event.destination_list, DESTINATION)?.is_some_and(|to| to != party.party) {
        return Err(Refusal::new(Code::NotAddressee, DESTINATION, "the destination is not the acting party").into());
    }
    for mut moving in moving(session, amounts, body.event.event_time)? {
        let shortfall = arrive(&mut moving, &party.party, from.as_ref())?;
        if shortfall.is_positive() {
            session.flag(Flag::Shortfall);
        }
        session.put_lot(moving.key, moving.lot);
    }
    Ok(())
}

/// Closes the shipments that an arriving amount covers, and gives it to the receiver. Answers what the last shipment closed had more
/// than arrived of it.
fn arrive(moving: &mut Moving, to: &ActorUri, from: Option<&ActorUri>) -> Result<Amount, Refusal> {
    let balances = &mut moving.lot.balances;
    let is_ours = |transit: &Transit| transit.to == *to && from.is_none_or(|from| transit.from == *from);
    if !balances.transits.iter().any(is_ours) {
        let detail = format!("nothing of {} is on its way to {to}", moving.lot.uri);
        return Err(Refusal::new(Code::NotAddressee, moving.field.clone(), detail));
    }
    let exact = balances.transits.iter().position(|transit| is_ours(transit) && transit.amount == moving.amount);
    let mut covered = Amount::ZERO;
    if let Some(exact) = exact {
        balances.transits.remove(exact);
        covered = moving.amount;
    } else {
        let mut rest = Vec::with_capacity(balances.transits.len());
        for transit in core::mem::take(&mut balances.transits) {
            if is_ours(&transit) && covered < moving.amount {
                covered = plus(covered, transit.amount, &moving.field)?;
            } else {
                rest.push(transit);
            }
        }
        balances.transits = rest;
    }
    let shortfall =
        covered.checked_sub(moving.amount).filter(|shortfall| !shortfall.is_negative()).ok_or_else(|| {
            let detail = format!("{covered} of {} is on its way to {to}", moving.lot.uri);
            Refusal::new(Code::InsufficientQuantity, moving.field.clone(), detail)
        })?;
    balances.lost = plus(balances.lost, shortfall, &moving.field)?;
    let held = balances.holdings.entry(to.clone()).or_default();
    *held = plus(*held, moving.amount, &moving.field)?;
    Ok(shortfall)
}

/// A lot was sold.
pub(super) fn sell<S: ReadState>(session: &mut Session<'_, S>, party: &Party, body: &EventBody<'_>) -> Step<(), S> {
    let shape = Shape { action: Action::Observe, biz_step: "retail_selling" };
    let amounts = object_amounts(session, &body.event, &shape)?;
    party.needs(&[Role::Seller, Role::Producer, Role::Processor])?;
    for mut moving in moving(session, amounts, body.event.event_time)? {
        moving.not_recalled()?;
        moving.take_from(&party.party)?;
        moving.lot.balances.sold = plus(moving.lot.balances.sold, moving.amount, &moving.field)?;
        session.put_lot(moving.key, moving.lot);
    }
    Ok(())
}

/// Something of a lot was lost.
pub(super) fn lose<S: ReadState>(session: &mut Session<'_, S>, party: &Party, body: &EventBody<'_>) -> Step<(), S> {
    let shape = Shape { action: Action::Observe, biz_step: "destroying" };
    let amounts = object_amounts(session, &body.event, &shape)?;
    for mut moving in moving(session, amounts, body.event.event_time)? {
        moving.take_from(&party.party)?;
        moving.lot.balances.lost = plus(moving.lot.balances.lost, moving.amount, &moving.field)?;
        session.put_lot(moving.key, moving.lot);
    }
    Ok::<(), ApplyError<S::Error>>(())
}
