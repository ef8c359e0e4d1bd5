//! Rules that all events share: time, parties, identifiers, and the shape that each verb needs.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::parties::{self, Party};
use super::proposal::{Identity, Proposal, Told};
use super::session::{Session, Step};
use super::{marking, movement, transformation};
use crate::amount::{Amount, Dimension, Quantity};
use crate::body::{EventBody, Verb};
use crate::epcis::{Action, Event, QuantityElement, What};
use crate::identifier::{ItemUri, LotKey, LotUri, PlaceUri, name_of};
use crate::refusal::{Code, Flag, Refusal};
use crate::state::{EventRecord, Key, ReadState, Record, SignerRecord};
use crate::time::{HOUR_MILLIS, MINUTE_MILLIS, UnixMillis};

/// An event further ahead of the node's clock than this is refused.
const AHEAD_MAX_MILLIS: i64 = 24 * HOUR_MILLIS;
/// An event further ahead than this is marked.
const AHEAD_MARKED_MILLIS: i64 = 10 * MINUTE_MILLIS;
/// An event that arrives later than this is marked.
const LATE_MARKED_MILLIS: i64 = 72 * HOUR_MILLIS;

/// A refusal of an event's shape.
pub(super) fn malformed(field: &str, detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::MalformedEvent, field, detail)
}

/// An event that happened to lots.
pub(super) fn event<S: ReadState>(
    session: &mut Session<'_, S>,
    signer: &SignerRecord,
    proposal: &Proposal<'_>,
) -> Step<(), S> {
    let Told { body, identity } = proposal.event()?;
    let party = parties::acting(session, signer, body.acting_for.clone())?;
    if let Some(member) = &body.on_behalf_of {
        session.known_actor(member, "body.onBehalfOf")?;
    }
    check_time(session, body)?;
    if body.verb != Verb::Observe {
        check_places(session, &body.event)?;
    }
    name_lots(session, &body.event)?;
    if !matches!(body.verb, Verb::Harvest | Verb::Process | Verb::Merge | Verb::Split | Verb::Pack | Verb::Correct)
        && !body.creates.is_empty()
    {
        return Err(malformed("body.creates", "this verb creates no lot").into());
    }
    if body.serials.is_some() && body.verb != Verb::Pack && body.verb != Verb::Correct {
        return Err(malformed("body.serials", "only packing commits to serials").into());
    }
    if body.verb == Verb::Correct {
        marking::correct(session, &party, body, identity.as_ref())?;
    } else {
        if body.event.error_declaration.is_some() {
            return Err(malformed("body.event.errorDeclaration", "a correction has the verb correct").into());
        }
        remember(session, &party, body, identity.as_ref())?;
        match body.verb {
            Verb::Harvest => movement::harvest(session, &party, body)?,
            Verb::Process | Verb::Merge | Verb::Split | Verb::Pack => {
                transformation::transform(session, &party, body)?;
            }
            Verb::Ship => movement::ship(session, &party, body)?,
            Verb::Receive => movement::receive(session, &party, body)?,
            Verb::Sell => movement::sell(session, &party, body)?,
            Verb::Lose => movement::lose(session, &party, body)?,
            Verb::Inspect => marking::inspect(session, &party, body)?,
            Verb::Recall => marking::recall(session, &party, body)?,
            Verb::Observe | Verb::Correct => {}
        }
    }
    session.link_named("body.event")
}

/// Phones' clocks are wrong and signals come late: only the far future is refused, the rest is marked.
fn check_time<S: ReadState>(session: &mut Session<'_, S>, body: &EventBody<'_>) -> Step<(), S> {
    let received_at = session.context.received_at;
    // A correction repeats the time of the original; what it says of itself is when it was declared.
    let (at, field) = match &body.event.error_declaration {
        Some(declaration) => (declaration.declaration_time, "body.event.errorDeclaration.declarationTime"),
        None => (body.event.event_time, "body.event.eventTime"),
    };
    let ahead = at.since(received_at);
    if ahead > AHEAD_MAX_MILLIS {
        let detail = format!("more than 24 hours after {received_at}");
        return Err(Refusal::new(Code::TimeInFuture, field, detail).into());
    }
    if ahead > AHEAD_MARKED_MILLIS {
        session.flag(Flag::ClockAhead);
    }
    if received_at.since(at) > LATE_MARKED_MILLIS {
        session.flag(Flag::Late);
    }
    Ok(())
}

/// A place of this ledger that an event names is registered. (Other systems' places may be named as they are.)
fn check_places<S: ReadState>(session: &Session<'_, S>, event: &Event<'_>) -> Step<(), S> {
    let fields = [("body.event.readPoint", event.read_point), ("body.event.bizLocation", event.biz_location)];
    for (field, place) in fields {
        let Some(place) = place.and_then(|text| PlaceUri::parse(session.origin, text).ok()) else { continue };
        if session.record(&Key::Place(place.clone()))?.is_none() {
            return Err(Refusal::new(Code::UnknownPlace, field, place.as_str()).into());
        }
    }
    Ok(())
}

fn name_lots<S: ReadState>(session: &mut Session<'_, S>, event: &Event<'_>) -> Step<(), S> {
    for identifier in event.identifiers() {
        let Some(lot) = name_of(session.origin, identifier).into_lot() else { continue };
        session.name(lot.key());
    }
    Ok(())
}

/// Keeps an event with an identifier, so that it can be corrected and never stands twice.
fn remember<S: ReadState>(
    session: &mut Session<'_, S>,
    party: &Party,
    body: &EventBody<'_>,
    identity: Option<&Identity<'_>>,
) -> Step<(), S> {
    let Some(identity) = identity else { return Ok(()) };
    let key = Key::Event(identity.key);
    if session.record(&key)?.is_some() {
        return Err(Refusal::new(Code::EventExists, "body.event.eventID", identity.id).into());
    }
    let record = EventRecord {
        index: session.context.index,
        author: party.author.clone(),
        party: party.party.clone(),
        verb: body.verb,
        digest: identity.digest,
        corrected: None,
    };
    session.put(key, Record::Event(record));
    Ok(())
}

/// Marks an event that says it happened before a lot came into being.
pub(super) fn mark_order<S: ReadState>(session: &mut Session<'_, S>, at: UnixMillis, created_at: UnixMillis) {
    if at < created_at {
        session.flag(Flag::TimeBeforeCreation);
    }
}

/// The shape of an object event.
pub(super) struct Shape {
    pub(super) action: Action,
    pub(super) biz_step: &'static str,
}

/// An amount of a lot, and where it stands.
pub(super) struct LotAmount {
    pub(super) lot: LotUri,
    pub(super) key: LotKey,
    pub(super) quantity: Quantity,
    pub(super) field: String,
}

/// Refuses an event whose business step is another.
pub(super) fn expect_step(event: &Event<'_>, word: &str) -> Result<(), Refusal> {
    if event.biz_step.as_ref().is_some_and(|step| step.is(word)) {
        return Ok(());
    }
    Err(malformed("body.event.bizStep", format!("this verb needs {word}")))
}

/// The lists of an object event of the shape that a verb needs.
pub(super) fn object_lists<'b, 'j>(
    event: &'b Event<'j>,
    action: Action,
) -> Result<(&'b [QuantityElement<'j>], &'b [&'j str]), Refusal> {
    let What::Object { action: found, epc_list, quantity_list, .. } = &event.what else {
        return Err(malformed("body.event.type", "this verb needs an ObjectEvent"));
    };
    if *found != action {
        let word = match action {
            Action::Add => "ADD",
            Action::Observe => "OBSERVE",
            Action::Delete => "DELETE",
        };
        return Err(malformed("body.event.action", format!("this verb needs {word}")));
    }
    Ok((quantity_list, epc_list))
}

/// The amounts of an object event of a shape; at least one.
pub(super) fn object_amounts<S: ReadState>(
    session: &Session<'_, S>,
    event: &Event<'_>,
    shape: &Shape,
) -> Step<Vec<LotAmount>, S> {
    let (quantities, items) = object_lists(event, shape.action)?;
    expect_step(event, shape.biz_step)?;
    Ok(amounts(session, quantities, items, "quantityList", "epcList")?)
}

/// Reads amounts of lots: from quantity elements, and for lots that no element names, one piece for each item. No lot and no item
/// stands twice in whatever spelling, every amount is above zero, and everything named is a lot or a pack of one.
pub(super) fn amounts<S: ReadState>(
    session: &Session<'_, S>,
    quantities: &[QuantityElement<'_>],
    items: &[&str],
    quantity_key: &str,
    item_key: &str,
) -> Result<Vec<LotAmount>, Refusal> {
    let origin = session.origin;
    let mut amounts: Vec<LotAmount> = Vec::with_capacity(quantities.len());
    for (at, element) in quantities.iter().enumerate() {
        let field = format!("body.event.{quantity_key}[{at}].quantity");
        let lot = LotUri::parse(origin, element.epc_class)
            .map_err(|_| malformed(&format!("body.event.{quantity_key}[{at}].epcClass"), "not the uri of a lot"))?;
        let quantity = element.quantity.ok_or_else(|| malformed(&field, "this verb needs an amount"))?;
        if !quantity.amount().is_positive() {
            return Err(malformed(&field, "not above zero"));
        }
        if amounts.iter().any(|other| other.lot == lot) {
            return Err(malformed(&field, "the same lot twice"));
        }
        amounts.push(LotAmount { key: lot.key(), lot, quantity, field });
    }
    let listed = amounts.len();
    let mut packs = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        let field = format!("body.event.{item_key}[{at}]");
        let pack = ItemUri::parse(origin, item).map_err(|_| malformed(&field, "not a pack of a lot"))?;
        let lot = pack.lot().clone();
        if !packs.insert(pack) {
            return Err(malformed(&field, "the same pack twice"));
        }
        match amounts.iter().position(|other| other.lot == lot) {
            // The element beside it says how much; the items say which packs.
            Some(found) if found < listed => {}
            Some(found) => {
                if let Some(amount) = amounts.get_mut(found) {
                    let one_more = amount.quantity.amount().checked_add(Amount::from_whole(1));
                    let sum = one_more.ok_or_else(|| malformed(&field, "too many"))?;
                    amount.quantity = Quantity::from_base(sum, Dimension::Pieces);
                }
            }
            None => {
                let quantity = Quantity::from_base(Amount::from_whole(1), Dimension::Pieces);
                amounts.push(LotAmount { key: lot.key(), lot, quantity, field });
            }
        }
    }
    if amounts.is_empty() {
        return Err(malformed(&format!("body.event.{quantity_key}"), "names no amount of a lot"));
    }
    Ok(amounts)
}

/// Turns an amount into the lot's own dimension: pieces by the product's net content, all else as it is.
pub(super) fn in_dimension(
    quantity: Quantity,
    dimension: Dimension,
    net_content: Option<Quantity>,
    field: &str,
) -> Result<Amount, Refusal> {
    if quantity.dimension() == dimension {
        return Ok(quantity.amount());
    }
    let content =
        net_content.filter(|content| quantity.dimension() == Dimension::Pieces && content.dimension() == dimension);
    let content = content.ok_or_else(|| {
        Refusal::new(Code::UnitMismatch, field, format!("the lot is measured in {}", unit_name(dimension)))
    })?;
    quantity.amount().checked_mul(content.amount()).ok_or_else(|| malformed(field, "too great"))
}

fn unit_name(dimension: Dimension) -> String {
    dimension.base_code().unwrap_or("pieces").to_string()
}
