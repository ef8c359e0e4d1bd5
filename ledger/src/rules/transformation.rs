//! Verbs that make lots from lots: process, merge, split, pack.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::event::{LotAmount, amounts, expect_step, in_dimension, malformed};
use super::movement::{Moving, NewLot, created, moving, new_lots, plus, product_of};
use super::parties::Party;
use super::session::{Session, Step};
use crate::amount::{Amount, Dimension, Quantity, Ratio, YieldLimit};
use crate::body::{EventBody, Role, Serials, Verb};
use crate::epcis::What;
use crate::identifier::ProductUri;
use crate::refusal::{Code, Refusal};
use crate::state::{Key, LotRecord, ProductRecord, ReadState, Record};

const OUTPUT: &str = "body.event.outputQuantityList";

/// Lots became other lots.
pub(super) fn transform<S: ReadState>(
    session: &mut Session<'_, S>,
    party: &Party,
    body: &EventBody<'_>,
) -> Step<(), S> {
    let What::Transformation { input_epc_list, input_quantity_list, output_epc_list, output_quantity_list, .. } =
        &body.event.what
    else {
        return Err(malformed("body.event.type", "this verb needs a TransformationEvent").into());
    };
    expect_step(&body.event, if body.verb == Verb::Pack { "packing" } else { "commissioning" })?;
    let inputs = amounts(session, input_quantity_list, input_epc_list, "inputQuantityList", "inputEPCList")?;
    let outputs = amounts(session, output_quantity_list, output_epc_list, "outputQuantityList", "outputEPCList")?;
    check_counts(body.verb, &inputs, &outputs)?;
    party.needs(&[Role::Processor, Role::Producer])?;

    let outputs = new_lots(session, body, outputs)?;
    let unseen = inputs.iter().any(|input| !session.sees(&input.key));
    let mut inputs = moving(session, inputs, body.event.event_time)?;
    for input in &mut inputs {
        input.take_from(&party.party)?;
        input.lot.balances.consumed = plus(input.lot.balances.consumed, input.amount, &input.field)?;
    }
    let mut products = Vec::with_capacity(outputs.len());
    for output in &outputs {
        products.push(product_of(session, output)?);
    }
    if !unseen {
        check_yield(session, body.verb, &inputs, &outputs, &products)?;
    }
    if let Some(serials) = &body.serials {
        check_serials(serials, &outputs, &products)?;
    }
    write_lots(session, party, body, inputs, &outputs)
}

fn check_counts(verb: Verb, inputs: &[LotAmount], outputs: &[LotAmount]) -> Result<(), Refusal> {
    if verb == Verb::Merge && outputs.len() != 1 {
        return Err(malformed(OUTPUT, "merging makes one lot"));
    }
    if verb == Verb::Split && inputs.len() != 1 {
        return Err(malformed("body.event.inputQuantityList", "splitting takes one lot"));
    }
    Ok(())
}

/// Writes inputs and outputs, each output with its parents and what recalls them, each input with its children.
fn write_lots<S: ReadState>(
    session: &mut Session<'_, S>,
    party: &Party,
    body: &EventBody<'_>,
    mut inputs: Vec<Moving>,
    outputs: &[NewLot],
) -> Step<(), S> {
    let mut recalls: Vec<_> = inputs.iter().flat_map(|input| input.lot.recalls.iter().copied()).collect();
    recalls.sort_unstable();
    recalls.dedup();
    let mut parents: Vec<_> = inputs.iter().map(|input| input.key).collect();
    parents.sort_unstable();
    for output in outputs {
        let key = output.key;
        if !session.sees(&key) {
            continue;
        }
        let record = created(session, output, &party.party, body.event.event_time);
        let record = LotRecord { recalls: recalls.clone(), parents: parents.clone(), serials: body.serials, ..*record };
        session.put_lot(key, Box::new(record));
        for input in &mut inputs {
            session.put(Key::Child { lot: input.key, number: input.lot.children }, Record::Child(key));
            input.lot.children = input.lot.children.checked_add(1).ok_or_else(|| malformed(OUTPUT, "too many"))?;
        }
    }
    for input in inputs {
        session.put_lot(input.key, input.lot);
    }
    Ok(())
}

/// The greatest part of an input product that may become an output product.
fn ratio(verb: Verb, output: &ProductUri, record: &ProductRecord, input: &ProductUri) -> Option<Ratio> {
    let declared = record.made_from.iter().find(|source| source.product == *input).map(|source| source.yield_max);
    let ratio = match declared {
        _ if input == output => Ratio::ONE,
        Some(ratio) => ratio,
        None if record.made_from.is_empty() => Ratio::ONE,
        None => return None,
    };
    // Merging, splitting and packing conserve mass, whatever the product could yield by processing.
    Some(if verb == Verb::Process { ratio } else { ratio.min(Ratio::ONE) })
}

/// Amounts of one product.
struct Total<'a> {
    record: &'a ProductRecord,
    amount: Amount,
}

/// No more comes out than the products' yields allow, product by product and in all.
fn check_yield<S: ReadState>(
    session: &Session<'_, S>,
    verb: Verb,
    inputs: &[Moving],
    outputs: &[NewLot],
    products: &[ProductRecord],
) -> Step<(), S> {
    let dimension = match (outputs.first(), products.first()) {
        (Some(output), Some(product)) => compared_in(output.quantity, product),
        _ => return Ok(()),
    };
    let mut totals: BTreeMap<&ProductUri, Total<'_>> = BTreeMap::new();
    for (output, record) in outputs.iter().zip(products) {
        let amount = in_dimension(output.quantity, dimension, record.net_content, &output.field)?;
        let total = totals.entry(&output.product).or_insert(Total { record, amount: Amount::ZERO });
        total.amount = plus(total.amount, amount, &output.field)?;
    }
    let mut limits: BTreeMap<&ProductUri, YieldLimit> = BTreeMap::new();
    let (mut limit_of_all, mut all) = (YieldLimit::ZERO, Amount::ZERO);
    for input in inputs {
        let quantity = Quantity::from_base(input.amount, input.lot.dimension);
        let net_content = session.product(&input.lot.product)?.and_then(|product| product.net_content);
        let amount = in_dimension(quantity, dimension, net_content, &input.field)?;
        let mut greatest = Ratio::ONE;
        for (product, total) in &totals {
            if matches!(verb, Verb::Merge | Verb::Split) && **product != input.lot.product {
                let detail = format!("{} is not made of {} by merging or splitting", product, input.lot.product);
                return Err(Refusal::new(Code::ProductMismatch, "body.creates", detail).into());
            }
            let Some(ratio) = ratio(verb, product, total.record, &input.lot.product) else { continue };
            greatest = greatest.max(ratio);
            let limit = limits.entry(product).or_default();
            *limit = limit.checked_add(amount, ratio).ok_or_else(|| malformed(&input.field, "too great"))?;
        }
        limit_of_all =
            limit_of_all.checked_add(amount, greatest).ok_or_else(|| malformed(&input.field, "too great"))?;
    }
    for (product, total) in &totals {
        all = plus(all, total.amount, OUTPUT)?;
        if !limits.get(product).copied().unwrap_or(YieldLimit::ZERO).allows(total.amount) {
            let detail = format!("{} of {product} is more than the inputs can yield", total.amount);
            return Err(Refusal::new(Code::YieldExceeded, OUTPUT, detail).into());
        }
    }
    if !limit_of_all.allows(all) {
        let detail = format!("{all} in all is more than the inputs can yield");
        return Err(Refusal::new(Code::YieldExceeded, OUTPUT, detail).into());
    }
    Ok(())
}

/// The dimension in which inputs and outputs are compared: that of the first output, pieces by what they hold.
fn compared_in(quantity: Quantity, product: &ProductRecord) -> Dimension {
    match product.net_content {
        Some(content) if quantity.dimension() == Dimension::Pieces => content.dimension(),
        _ => quantity.dimension(),
    }
}

/// There are no more packs than the packed lot fills.
fn check_serials(serials: &Serials, outputs: &[NewLot], products: &[ProductRecord]) -> Result<(), Refusal> {
    let ([output], [product]) = (outputs, products) else {
        return Err(malformed("body.serials", "serials belong to one packed lot"));
    };
    let packs = Quantity::from_base(Amount::from_whole(serials.count), Dimension::Pieces);
    let packed = in_dimension(packs, output.quantity.dimension(), product.net_content, "body.serials")?;
    if packed > output.quantity.amount() {
        let detail = format!("{} packs hold {packed}, the lot {}", serials.count, output.quantity.amount());
        return Err(Refusal::new(Code::SerialsExceedLot, "body.serials.count", detail));
    }
    Ok(())
}
