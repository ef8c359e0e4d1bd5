//! Books what events move, lot by lot and party by party, the way the rules do.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::mem;

use nguon_ledger::amount::{Amount, Dimension, Quantity, Ratio};
use nguon_ledger::body::{EventBody, Verb};
use nguon_ledger::entry::Entry;
use nguon_ledger::epcis::{Party, QuantityElement, What};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, ItemUri, LotUri, PlaceUri, name_of};
use nguon_ledger::statement::Statement;

use super::balance::plus;
use super::facts::{
    ActorNo, Certificate, CorrectionFact, EventFact, Facts, Flow, FlowKind, InspectionFact, LotFact, LotNo, ProductNo,
    RecallFact, Standing, Transit, YieldFact,
};
use super::read::ReadError;

/// An amount of a lot as an event names it.
type Named = (LotUri, Quantity);

impl Facts {
    pub(super) fn take_event(
        &mut self,
        entry: &Entry<'_>,
        statement: &Statement<'_>,
        key: usize,
        body: &EventBody<'_>,
    ) -> Result<(), ReadError> {
        let author = self.keys.get(key).map(|key| key.actor).ok_or(ReadError::Unknown("a signer"))?;
        let party = match &body.acting_for {
            Some(uri) => self.known_actor(uri)?,
            None => author,
        };
        let on_behalf_of = body.on_behalf_of.as_ref().map(|uri| self.known_actor(uri)).transpose()?;
        let places = body.event.read_point.into_iter().chain(body.event.biz_location);
        let place = places.filter_map(|text| PlaceUri::parse(&self.origin, text).ok()).find_map(|uri| self.place(&uri));
        let no = self.events.len();
        for blob in &body.media {
            self.media.entry(blob.sha256).or_default().push(no);
        }
        self.events.push(EventFact {
            index: entry.index.get(),
            verb: body.verb,
            at: body.event.event_time,
            signed_at: statement.signed_at(),
            received_at: entry.received_at,
            key,
            author,
            party,
            on_behalf_of,
            place,
            lots: Vec::new(),
            corrected: None,
            undone: false,
        });
        self.take_effect(no, party, body)?;
        let lots = self.named_lots(body);
        if let Some(event) = self.events.get_mut(no) {
            event.lots = lots;
        }
        Ok(())
    }

    fn take_effect(&mut self, no: usize, party: ActorNo, body: &EventBody<'_>) -> Result<(), ReadError> {
        if body.verb != Verb::Correct
            && let Some(id) = body.event.event_id
        {
            self.event_no.insert(Hash::of(id.as_bytes()), no);
        }
        match body.verb {
            Verb::Harvest => self.harvest(no, party, body),
            Verb::Process | Verb::Merge | Verb::Split | Verb::Pack => self.transform(no, party, body),
            Verb::Ship => {
                let to = self.possessing(&body.event.destination_list)?.ok_or(ReadError::Unknown("an addressee"))?;
                self.move_out(no, party, body, |standing, amount| {
                    standing.transits.push(Transit { from: party, to, amount });
                    FlowKind::Sent
                })
            }
            Verb::Receive => self.receive(no, party, body),
            Verb::Sell => self.move_out(no, party, body, |standing, amount| {
                standing.sold = plus(standing.sold, amount);
                FlowKind::Sold
            }),
            Verb::Lose => self.move_out(no, party, body, |standing, amount| {
                standing.lost = plus(standing.lost, amount);
                FlowKind::Lost
            }),
            Verb::Inspect => {
                let certificate = body.certificate.as_ref().map(|certificate| Certificate {
                    scheme: certificate.scheme.into(),
                    number: certificate.number.map(Into::into),
                    issuer: certificate.issuer.into(),
                    valid_from: certificate.valid_from.map(Into::into),
                    valid_to: certificate.valid_to.map(Into::into),
                });
                self.inspections.push(InspectionFact { event: no, certificate });
                Ok(())
            }
            Verb::Recall => {
                self.recalls.push(RecallFact { event: no });
                Ok(())
            }
            Verb::Correct => self.correct(no, body),
            Verb::Observe | _ => Ok(()),
        }
    }

    fn known_actor(&self, uri: &ActorUri) -> Result<ActorNo, ReadError> {
        self.actor(uri).ok_or(ReadError::Unknown("an actor"))
    }

    /// The lots that an event names and that there are, in the order of their numbers.
    fn named_lots(&self, body: &EventBody<'_>) -> Vec<LotNo> {
        let names = body.event.identifiers().filter_map(|name| name_of(&self.origin, name).into_lot());
        let lots: BTreeSet<LotNo> = names.filter_map(|lot| self.lot(&lot.key())).collect();
        lots.into_iter().collect()
    }

    fn possessing(&self, list: &[Party<'_>]) -> Result<Option<ActorNo>, ReadError> {
        let Some(party) = list.iter().find(|party| party.kind.is("possessing_party")) else { return Ok(None) };
        let uri = ActorUri::parse(&self.origin, party.id).map_err(|_| ReadError::Unknown("an actor"))?;
        self.known_actor(&uri).map(Some)
    }

    /// The amounts of an event: from quantity elements, and one piece for each pack of a lot that no element names.
    fn amounts(&self, quantities: &[QuantityElement<'_>], items: &[&str]) -> Vec<Named> {
        let mut found: Vec<Named> = Vec::with_capacity(quantities.len());
        for element in quantities {
            if let (Ok(lot), Some(quantity)) = (LotUri::parse(&self.origin, element.epc_class), element.quantity) {
                found.push((lot, quantity));
            }
        }
        let listed = found.len();
        for pack in items.iter().filter_map(|item| ItemUri::parse(&self.origin, item).ok()) {
            let one = Amount::from_whole(1);
            match found.iter_mut().enumerate().find(|(_, (lot, _))| lot == pack.lot()) {
                Some((at, _)) if at < listed => {}
                Some((_, (_, quantity))) => {
                    *quantity = Quantity::from_base(plus(quantity.amount(), one), Dimension::Pieces);
                }
                None => found.push((pack.lot().clone(), Quantity::from_base(one, Dimension::Pieces))),
            }
        }
        found
    }

    fn object_amounts(&self, body: &EventBody<'_>) -> Vec<Named> {
        let What::Object { epc_list, quantity_list, .. } = &body.event.what else { return Vec::new() };
        self.amounts(quantity_list, epc_list)
    }

    /// An amount in the unit of a lot.
    fn in_unit_of(&self, lot: &LotFact, quantity: Quantity) -> Amount {
        let content = self.products.get(lot.product).and_then(|product| product.net_content);
        convert(quantity, lot.dimension, content).unwrap_or(quantity.amount())
    }

    fn flow(&mut self, event: usize, lot: LotNo, kind: FlowKind, amount: Amount) {
        self.flows.push(Flow { event, lot, kind, amount });
    }

    /// Brings lots into being, those with the lower key first.
    fn create(
        &mut self,
        no: usize,
        party: ActorNo,
        body: &EventBody<'_>,
        amounts: Vec<Named>,
        kind: FlowKind,
    ) -> Result<Vec<LotNo>, ReadError> {
        let index = self.events.get(no).map_or(0, |event| event.index);
        let mut new: Vec<_> = amounts.into_iter().map(|(uri, quantity)| (uri.key(), uri, quantity)).collect();
        new.sort_by_key(|(key, _, _)| *key);
        let mut lots = Vec::with_capacity(new.len());
        for (key, uri, quantity) in new {
            let product =
                body.creates.iter().find(|(lot, _)| *lot == uri).and_then(|(_, product)| self.product(product));
            let product = product.ok_or(ReadError::Unknown("a product"))?;
            let lot = self.lots.len();
            let standing = Standing { held: BTreeMap::from([(party, quantity.amount())]), ..Standing::default() };
            self.lots.push(LotFact {
                uri,
                product,
                created: index,
                created_by: party,
                created_at: body.event.event_time,
                dimension: quantity.dimension(),
                quantity: quantity.amount(),
                standing,
                parents: Vec::new(),
                children: Vec::new(),
                packs: body.serials.map_or(0, |serials| serials.count),
                voided: false,
                before: None,
                last_effect: index,
            });
            self.lot_no.insert(key, lot);
            self.flow(no, lot, kind, quantity.amount());
            lots.push(lot);
        }
        Ok(lots)
    }

    fn harvest(&mut self, no: usize, party: ActorNo, body: &EventBody<'_>) -> Result<(), ReadError> {
        let amounts = self.object_amounts(body);
        self.create(no, party, body, amounts, FlowKind::Harvested).map(|_| ())
    }

    /// Begins to move a lot: remembers where all of it was.
    fn begin(&mut self, no: usize, uri: &LotUri, quantity: Quantity) -> Result<(LotNo, Amount), ReadError> {
        let index = self.events.get(no).map_or(0, |event| event.index);
        let lot = self.lot(&uri.key()).ok_or(ReadError::Unknown("a lot"))?;
        let amount = self.lots.get(lot).map_or(quantity.amount(), |lot| self.in_unit_of(lot, quantity));
        if let Some(lot) = self.lots.get_mut(lot) {
            lot.before = Some(Box::new(lot.standing.clone()));
            lot.last_effect = index;
        }
        Ok((lot, amount))
    }

    /// Takes amounts from their holder; `book` says where they go.
    fn move_out(
        &mut self,
        no: usize,
        party: ActorNo,
        body: &EventBody<'_>,
        book: impl Fn(&mut Standing, Amount) -> FlowKind,
    ) -> Result<(), ReadError> {
        for (uri, quantity) in self.object_amounts(body) {
            self.take_out(no, party, &uri, quantity, &book)?;
        }
        Ok(())
    }

    fn take_out(
        &mut self,
        no: usize,
        party: ActorNo,
        uri: &LotUri,
        quantity: Quantity,
        book: &impl Fn(&mut Standing, Amount) -> FlowKind,
    ) -> Result<(LotNo, Amount), ReadError> {
        let (lot, amount) = self.begin(no, uri, quantity)?;
        if let Some(fact) = self.lots.get_mut(lot) {
            let held = fact.standing.held.entry(party).or_default();
            *held = minus(*held, amount);
            let kind = book(&mut fact.standing, amount);
            self.flow(no, lot, kind, amount);
        }
        Ok((lot, amount))
    }

    fn receive(&mut self, no: usize, party: ActorNo, body: &EventBody<'_>) -> Result<(), ReadError> {
        let from = self.possessing(&body.event.source_list)?;
        for (uri, quantity) in self.object_amounts(body) {
            let (lot, amount) = self.begin(no, &uri, quantity)?;
            let Some(fact) = self.lots.get_mut(lot) else { continue };
            let short = arrive(&mut fact.standing, party, from, amount);
            self.flow(no, lot, FlowKind::Received { short }, plus(amount, short));
        }
        Ok(())
    }

    fn transform(&mut self, no: usize, party: ActorNo, body: &EventBody<'_>) -> Result<(), ReadError> {
        let What::Transformation { input_epc_list, input_quantity_list, output_epc_list, output_quantity_list, .. } =
            &body.event.what
        else {
            return Err(ReadError::Unknown("a transformation"));
        };
        let inputs = self.amounts(input_quantity_list, input_epc_list);
        let outputs = self.amounts(output_quantity_list, output_epc_list);
        let mut parents = Vec::with_capacity(inputs.len());
        for (uri, quantity) in &inputs {
            let used = |standing: &mut Standing, amount: Amount| {
                standing.used = plus(standing.used, amount);
                FlowKind::Used
            };
            parents.push(self.take_out(no, party, uri, *quantity, &used)?);
        }
        let children = self.create(no, party, body, outputs, FlowKind::Made)?;
        self.take_yields(no, body.verb, &parents, &children);
        for child in &children {
            if let Some(fact) = self.lots.get_mut(*child) {
                fact.parents = parents.iter().map(|(parent, _)| *parent).collect();
            }
            for (parent, _) in &parents {
                if let Some(fact) = self.lots.get_mut(*parent) {
                    fact.children.push(*child);
                }
            }
        }
        Ok(())
    }

    /// Books the yields of a transformation, product by product.
    fn take_yields(&mut self, no: usize, verb: Verb, inputs: &[(LotNo, Amount)], outputs: &[LotNo]) {
        let fact = |no: LotNo| self.lots.get(no);
        let content = |product: ProductNo| self.products.get(product).and_then(|product| product.net_content);
        let Some(first) = outputs.first().and_then(|lot| fact(*lot)) else { return };
        let dimension = match content(first.product) {
            Some(content) if first.dimension == Dimension::Pieces => content.dimension(),
            _ => first.dimension,
        };
        let amount_of = |lot: &LotFact, amount: Amount| {
            convert(Quantity::from_base(amount, lot.dimension), dimension, content(lot.product)).unwrap_or(Amount::ZERO)
        };
        let mut made: BTreeMap<ProductNo, Amount> = BTreeMap::new();
        for lot in outputs.iter().filter_map(|lot| fact(*lot)) {
            let sum = made.entry(lot.product).or_default();
            *sum = plus(*sum, amount_of(lot, lot.quantity));
        }
        let mut yields = Vec::new();
        for (product, output) in made {
            let Some(record) = self.products.get(product) else { continue };
            let (mut input, mut allowed, mut sources) = (Amount::ZERO, Amount::ZERO, BTreeSet::new());
            for (lot, amount) in inputs.iter().filter_map(|(lot, amount)| Some((fact(*lot)?, *amount))) {
                let amount = amount_of(lot, amount);
                input = plus(input, amount);
                sources.insert(lot.product);
                let declared = record.made_from.iter().find(|from| self.product(&from.product) == Some(lot.product));
                let ratio = match declared {
                    _ if lot.product == product => Some(Ratio::ONE),
                    Some(from) => Some(from.yield_max),
                    None => record.made_from.is_empty().then_some(Ratio::ONE),
                };
                let ratio = ratio.map(|ratio| if verb == Verb::Process { ratio } else { ratio.min(Ratio::ONE) });
                allowed = plus(allowed, ratio.map_or(Amount::ZERO, |ratio| times(amount, ratio)));
            }
            let is_bounded = verb == Verb::Process && !record.made_from.is_empty();
            let sources = sources.into_iter().collect();
            yields.push(YieldFact { event: no, product, sources, dimension, input, output, allowed, is_bounded });
        }
        self.yields.extend(yields);
    }

    fn correct(&mut self, no: usize, body: &EventBody<'_>) -> Result<(), ReadError> {
        let id = body.event.event_id.ok_or(ReadError::Unknown("an event"))?;
        let original = self.event_no.get(&Hash::of(id.as_bytes())).copied().ok_or(ReadError::Unknown("an event"))?;
        let index = self.events.get(no).map_or(0, |event| event.index);
        let fact = self.events.get(original).ok_or(ReadError::Unknown("an event"))?;
        let (verb, original_index) = (fact.verb, fact.index);
        let moves = !matches!(verb, Verb::Inspect | Verb::Observe | Verb::Correct | Verb::Recall);
        let lots = self.named_lots(body);
        let untouched = lots.iter().filter_map(|lot| self.lots.get(*lot)).all(|lot| lot.last_effect == original_index);
        let undone = !moves || untouched;
        if moves && undone {
            for lot in &lots {
                let Some(lot) = self.lots.get_mut(*lot) else { continue };
                if lot.created == original_index {
                    lot.voided = true;
                    lot.quantity = Amount::ZERO;
                    lot.standing = Standing::default();
                } else if let Some(before) = lot.before.take() {
                    lot.standing = *before;
                }
                lot.last_effect = index;
            }
        }
        if let Some(event) = self.events.get_mut(original) {
            event.corrected = Some(index);
            event.undone = undone;
        }
        let reason = body.event.error_declaration.as_ref().and_then(|declaration| declaration.reason.as_ref());
        let reason = reason.map(|reason| Box::from(reason.as_str()));
        self.corrections.push(CorrectionFact { event: no, original, reason, undone });
        Ok(())
    }
}

/// Closes the shipments that an arriving amount covers. Answers what was missing.
fn arrive(standing: &mut Standing, to: ActorNo, from: Option<ActorNo>, amount: Amount) -> Amount {
    let is_ours = |transit: &Transit| transit.to == to && from.is_none_or(|from| transit.from == from);
    let mut covered = Amount::ZERO;
    let exact = standing.transits.iter().position(|transit| is_ours(transit) && transit.amount == amount);
    if let Some(exact) = exact {
        standing.transits.remove(exact);
        covered = amount;
    } else {
        for transit in mem::take(&mut standing.transits) {
            if is_ours(&transit) && covered < amount {
                covered = plus(covered, transit.amount);
            } else {
                standing.transits.push(transit);
            }
        }
    }
    let short = minus(covered, amount);
    standing.lost = plus(standing.lost, short);
    let held = standing.held.entry(to).or_default();
    *held = plus(*held, amount);
    short
}

/// An amount in another dimension: pieces by what one holds.
fn convert(quantity: Quantity, dimension: Dimension, content: Option<Quantity>) -> Option<Amount> {
    if quantity.dimension() == dimension {
        return Some(quantity.amount());
    }
    let content = content.filter(|content| content.dimension() == dimension)?;
    if quantity.dimension() == Dimension::Pieces { quantity.amount().checked_mul(content.amount()) } else { None }
}

/// The difference of amounts of which the greater one comes first, as the rules made sure.
fn minus(one: Amount, other: Amount) -> Amount {
    Amount::from_steps(one.steps().saturating_sub(other.steps()))
}

/// An amount times a yield, steps of 10^-15 cut off.
fn times(amount: Amount, ratio: Ratio) -> Amount {
    let steps = amount.steps().saturating_mul(i128::from(ratio.millionths()));
    Amount::from_steps(steps / 1_000_000)
}
