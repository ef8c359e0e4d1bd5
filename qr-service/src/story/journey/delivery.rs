//! Deliveries: what was sent, joined with what was signed for on arrival.

use super::{Claim, Event, Flag, Kind, Quantity, Record, Teller, Verb, Voucher, Who};

/// A shipment that somebody may still sign for.
struct Open<'a> {
    event: &'a Event,
    lot: &'a str,
    left: Option<Quantity>,
    receipts: Vec<&'a Event>,
}

/// One record a shipment, and one for each receipt whose shipment is not in the bundle.
pub(super) fn records<'a>(teller: &Teller<'a>) -> Vec<(Kind, &'a str, Record)> {
    let mut open: Vec<Open<'a>> = Vec::new();
    let mut found = Vec::new();
    for event in teller.events {
        let Some(lot) = teller.member(event) else { continue };
        match event.verb {
            Verb::Ship => open.push(Open { event, lot, left: amount(event, lot), receipts: Vec::new() }),
            Verb::Receive if teller.correction(event).is_none() && !sign_for(teller, &mut open, event, lot) => {
                found.push((Kind::Deliver, lot, teller.record(Kind::Deliver, event)));
            }
            Verb::Harvest
            | Verb::Process
            | Verb::Merge
            | Verb::Split
            | Verb::Pack
            | Verb::Receive
            | Verb::Sell
            | Verb::Lose
            | Verb::Inspect
            | Verb::Recall
            | Verb::Correct
            | Verb::Observe => {}
        }
    }
    found.extend(open.into_iter().map(|shipment| (Kind::Deliver, shipment.lot, told(teller, &shipment))));
    found
}

fn amount(event: &Event, lot: &str) -> Option<Quantity> {
    event.outputs.get(lot).copied().flatten()
}

/// Gives a receipt to the shipment of the same amount, else to the oldest ones until it is used up, as the rules do.
/// Returns whether there was any.
fn sign_for<'a>(teller: &Teller<'_>, open: &mut [Open<'a>], receipt: &'a Event, lot: &str) -> bool {
    let receiver = teller.registry.acting_party(receipt).map(|party| party.uri.clone());
    let awaits = |shipment: &Open<'_>| {
        shipment.lot == lot && shipment.receipts.is_empty() && shipment.event.destination == receiver
    };
    let mut received = amount(receipt, lot);
    if let Some(same) = open.iter_mut().find(|shipment| awaits(shipment) && shipment.left == received) {
        same.left = None;
        same.receipts.push(receipt);
        return true;
    }
    let mut is_known = false;
    for shipment in open.iter_mut().filter(|shipment| awaits(shipment)) {
        is_known = true;
        shipment.receipts.push(receipt);
        let (Some(sent), Some(arrived)) = (shipment.left.take(), received.take()) else { break };
        match arrived.minus(sent) {
            Some(more) if more.is_positive() => received = Some(more),
            _ => {
                shipment.left = sent.minus(arrived).filter(|missing| missing.is_positive());
                break;
            }
        }
    }
    is_known
}

fn told(teller: &Teller<'_>, shipment: &Open<'_>) -> Record {
    let event = shipment.event;
    let mut record = teller.record(Kind::Deliver, event);
    let to = event.destination.as_deref().map_or(Who::Unknown, |uri| teller.who(uri));
    let is_inside = matches!(to, Who::Named(_));
    if !is_inside {
        // How much went to a buyer is not shown, nor what was written or photographed for them.
        (record.amount, record.note) = (None, None);
        record.photos.clear();
    }
    for receipt in &shipment.receipts {
        record.vouchers.push(Voucher {
            by: to.clone(),
            claim: Claim::Received,
            is_inspector: false,
            when: receipt.when,
            note: receipt.note.clone().filter(|_| is_inside),
        });
        let photos = receipt.media.iter().filter(|blob| blob.is_picture() && is_inside).cloned();
        record.photos.extend(photos);
        record.flags.extend(teller.flags(receipt));
    }
    if !shipment.receipts.is_empty()
        && let Some(missing) = shipment.left
    {
        record.flags.push(Flag::Shortfall(is_inside.then_some(missing)));
    }
    record.flags.dedup();
    record.to = Some(to);
    record
}
