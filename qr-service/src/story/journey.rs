//! The steps from harvest to sale, told of the lot and its family, with what consumers are not shown left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, FixedOffset, TimeDelta};
use nguon_ledger::hash::Hash;
use serde_json::Value;

use super::{
    Certificate, Claim, Correction, Flag, Kind, Level, Party, PartyClass, Place, Portion, Recall, Record, Source, Spot,
    Step, Story, Text, Validity, Voucher, Who,
    entry::{Entry, blob, day, text},
    event::{Event, Verb},
    family::Family,
    registry::Registry,
};
use crate::quantity::Quantity;

mod delivery;

/// Flags as section 9 of the format sets them.
const CLOCK_AHEAD: TimeDelta = TimeDelta::minutes(10);
const LATE: TimeDelta = TimeDelta::hours(72);

/// Tells the steps of one lot.
pub(super) struct Teller<'a> {
    registry: &'a Registry,
    events: &'a [Event],
    family: &'a Family<'a>,
    lot: &'a str,
    /// Actors who grew or made anything of the family. Everyone else who handles goods is a buyer.
    makers: BTreeSet<String>,
    leaf_hashes: BTreeMap<u64, Hash>,
    attests: BTreeMap<Hash, Vec<&'a Entry>>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        events: &'a [Event],
        family: &'a Family<'a>,
        lot: &'a str,
        entries: &'a [Entry],
    ) -> Self {
        let mut makers = BTreeSet::new();
        for event in family.births() {
            let signer = registry.signer(&event.signer).map(|party| party.uri.clone());
            makers.extend(signer.into_iter().chain(event.acting_for.clone()).chain(event.on_behalf_of.clone()));
        }
        let mut attests: BTreeMap<Hash, Vec<&Entry>> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.kind == "attest") {
            if let Some(about) = text(&entry.body, "entry").and_then(Hash::from_hex) {
                attests.entry(about).or_default().push(entry);
            }
        }
        let leaf_hashes = entries.iter().map(|entry| (entry.index, entry.leaf_hash)).collect();
        Self { registry, events, family, lot, makers, leaf_hashes, attests }
    }

    /// The steps, in the order in which each began.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut found: Vec<(Kind, &str, Record)> = delivery::records(self);
        for event in self.events {
            if let Some((kind, lot)) = self.told_as(event) {
                found.push((kind, lot, self.record(kind, event)));
            }
        }
        found.sort_by_key(|(_, _, record)| (record.when, record.index));

        let mut steps: Vec<(Kind, Option<&str>, Step)> = Vec::new();
        for (kind, lot, record) in found {
            let product = self.product_uri(lot);
            match steps.iter_mut().find(|(k, p, _)| (*k, *p) == (kind, product)) {
                // How often a lot is sold is the seller's business: one record stands for all.
                Some(_) if kind == Kind::Sell => {}
                Some((_, _, step)) => step.records.push(record),
                None => {
                    let step = Step { kind, product: self.product_name(lot), total: None, records: vec![record] };
                    steps.push((kind, product, step));
                }
            }
        }
        let total = |mut step: Step| {
            let standing = step.records.iter().filter(|record| record.stands());
            step.total = Story::sum(standing.filter_map(|record| record.amount.as_ref()));
            step
        };
        steps.into_iter().map(|(_, _, step)| total(step)).collect()
    }

    /// As what kind of step an event is told and of which lot; deliveries, corrections and recalls are told elsewhere.
    fn told_as(&self, event: &'a Event) -> Option<(Kind, &'a str)> {
        let kind = match event.verb {
            Verb::Harvest => Kind::Harvest,
            Verb::Process => Kind::Process,
            Verb::Merge => Kind::Merge,
            Verb::Split => Kind::Split,
            Verb::Pack => Kind::Pack,
            Verb::Sell if event.names(self.lot) => Kind::Sell,
            Verb::Lose => Kind::Lose,
            // Certificates have a place of their own on the page.
            Verb::Inspect if event.certificate.is_none() || !event.readings.is_empty() => Kind::Inspect,
            Verb::Observe => Kind::Observe,
            Verb::Sell | Verb::Inspect | Verb::Ship | Verb::Receive | Verb::Recall | Verb::Correct => return None,
        };
        Some((kind, self.member(event)?))
    }

    /// The first of the family's lots that an event makes, or, when it makes none, is about.
    fn member(&self, event: &'a Event) -> Option<&'a str> {
        let own = |lot: &&String| self.family.has(lot);
        let lot = match event.verb.creates() {
            true => event.creates.keys().find(own)?,
            false => event.outputs.keys().find(own)?,
        };
        Some(lot)
    }

    /// The record of one event.
    fn record(&self, kind: Kind, event: &Event) -> Record {
        let correction = self.correction(event);
        let mut flags = self.flags(event);
        if let Some((_, false)) = correction {
            flags.push(Flag::NotUndone);
        }
        let party = self.registry.acting_party(event);
        let has_amount = !matches!(kind, Kind::Inspect | Kind::Observe);
        let is_shown = kind != Kind::Sell && party.is_some_and(|party| self.may_name(&party));
        Record {
            index: event.index,
            when: event.when,
            place: self.place(event),
            amount: if is_shown && has_amount { self.amount(event) } else { None },
            inputs: self.inputs(event),
            source: self.source(event),
            to: None,
            vouchers: self.vouchers(event),
            // A photo or note of a sale may show the buyer.
            photos: event.media.iter().filter(|blob| is_shown && blob.is_picture()).cloned().collect(),
            note: event.note.clone().filter(|_| is_shown),
            readings: event.readings.clone(),
            flags,
            correction: correction.map(|(correction, _)| correction),
        }
    }

    /// How much of the family's lots the event made or is about.
    fn amount(&self, event: &Event) -> Option<Quantity> {
        let own = event.outputs.iter().filter(|(lot, _)| self.family.has(lot));
        Story::sum(own.filter_map(|(_, amount)| amount.as_ref()))
    }

    fn inputs(&self, event: &Event) -> Vec<Portion> {
        let portion = |(lot, amount): (&String, &Option<Quantity>)| Portion {
            lot: lot.clone(),
            product: self.product_name(lot),
            amount: *amount,
            made_by: self.family.birth(lot).map(|birth| match &birth.on_behalf_of {
                Some(member) => self.who(member),
                None => self.acting(birth),
            }),
        };
        event.inputs.iter().map(portion).collect()
    }

    fn place(&self, event: &Event) -> Option<Place> {
        let mut place = self.registry.place(event.place.as_deref()?, event.when.date_naive())?;
        if !self.registry.acting_party(event).is_some_and(|party| self.may_name(&party)) {
            place.name = None;
            place.spot = place.spot.map(Spot::coarse);
        }
        Some(place)
    }

    fn source(&self, event: &Event) -> Source {
        let signer = self.registry.signer(&event.signer);
        let level = match signer {
            Some(party) if party.class == PartyClass::Device => Level::Device,
            Some(party) if party.is_inspector && event.verb == Verb::Inspect => Level::Inspected,
            _ => Level::SelfDeclared,
        };
        let acting_for = event.acting_for.as_deref().map(|uri| self.who(uri));
        let named_org = matches!(acting_for, Some(Who::Named(_)));
        let signer = match signer {
            // Whoever signs for somebody shown is shown; whoever signs for a buyer is not.
            Some(party) if named_org => Who::Named(Arc::clone(party)),
            Some(_) if acting_for.is_some() => Who::Buyer,
            Some(party) => self.who(&party.uri),
            None => Who::Unknown,
        };
        Source { signer, acting_for, typed_for: event.on_behalf_of.as_deref().map(|uri| self.who(uri)), level }
    }

    /// The acting party of an event as far as it is shown.
    fn acting(&self, event: &Event) -> Who {
        self.registry.acting_party(event).map_or(Who::Unknown, |party| self.who(&party.uri))
    }

    fn who(&self, uri: &str) -> Who {
        match self.registry.party(uri) {
            Some(party) if self.may_name(party) => Who::Named(Arc::clone(party)),
            Some(_) => Who::Buyer,
            None => Who::Unknown,
        }
    }

    fn may_name(&self, party: &Party) -> bool {
        party.has_public_role || self.makers.contains(&party.uri)
    }

    fn vouchers(&self, event: &Event) -> Vec<Voucher> {
        let about = self.leaf_hashes.get(&event.index).and_then(|leaf| self.attests.get(leaf));
        let voucher = |entry: &&Entry| {
            let signer = self.registry.signer(&entry.signer);
            let claim = match text(&entry.body, "claim")? {
                "stands_by" => Claim::StandsBy,
                "disputes" => Claim::Disputes,
                _ => return None,
            };
            Some(Voucher {
                by: signer.map_or(Who::Unknown, |party| self.who(&party.uri)),
                claim,
                is_inspector: signer.is_some_and(|party| party.is_inspector),
                when: entry.received,
                note: text(&entry.body, "note").map(ToOwned::to_owned),
            })
        };
        about.into_iter().flatten().filter_map(voucher).collect()
    }

    fn flags(&self, event: &Event) -> Vec<Flag> {
        let mut flags = Vec::new();
        if event.when - event.received > CLOCK_AHEAD {
            flags.push(Flag::ClockAhead);
        }
        if event.received - event.when > LATE {
            flags.push(Flag::Late);
        }
        let about = if event.verb.creates() { &event.inputs } else { &event.outputs };
        if about.keys().filter_map(|lot| self.family.birth(lot)).any(|birth| birth.when > event.when) {
            flags.push(Flag::BeforeCreation);
        }
        flags
    }

    /// The correction of an event, and whether its effect was undone: it is when nothing later moved any of its lots.
    fn correction(&self, event: &Event) -> Option<(Correction, bool)> {
        let id = event.id.as_deref()?;
        let about = |later: &&Event| {
            later.verb == Verb::Correct && later.id.as_deref() == Some(id) && later.index > event.index
        };
        let correction = self.events.iter().find(about)?;
        let moved = self.events.iter().any(|later| {
            let is_between = event.index < later.index && later.index < correction.index;
            is_between
                && later.verb.moves()
                && event.inputs.keys().chain(event.outputs.keys()).any(|lot| later.names(lot))
        });
        let told = Correction {
            when: correction.received,
            did_not_occur: correction.error_reason.as_deref().is_some_and(|reason| reason.ends_with("did_not_occur")),
            note: correction.note.clone().filter(|note| Some(note) != event.note.as_ref()),
        };
        Some((told, !moved))
    }

    fn product_uri(&self, lot: &str) -> Option<&'a str> {
        self.family.birth(lot)?.creates.get(lot).map(String::as_str)
    }

    fn product_name(&self, lot: &str) -> Option<Text> {
        self.registry.product(self.product_uri(lot)?)?.name.clone()
    }

    /// Recalls of the lot or of anything that it was made from, newest first. A corrected recall is withdrawn.
    pub(super) fn recalls(&self) -> Vec<Recall> {
        let recall = |event: &Event| {
            let lot = event.outputs.keys().find(|lot| self.family.has(lot))?;
            (event.verb == Verb::Recall && self.correction(event).is_none()).then(|| Recall {
                when: event.when,
                by: self.acting(event),
                note: event.note.clone(),
                of_input: (!event.names(self.lot)).then(|| self.product_name(lot)),
            })
        };
        let mut recalls: Vec<Recall> = self.events.iter().filter_map(recall).collect();
        recalls.reverse();
        recalls
    }

    /// Certificates about the family, each once however many lots it was entered for.
    pub(super) fn certificates(&self) -> Vec<Certificate> {
        let mut found: Vec<(Certificate, BTreeSet<&str>)> = Vec::new();
        for event in self.events.iter().filter(|event| event.verb == Verb::Inspect && self.correction(event).is_none())
        {
            let (Some(lot), Some(body)) = (self.member(event), &event.certificate) else { continue };
            let Some(certificate) = self.certificate(lot, event, body) else { continue };
            let about = event.outputs.keys().flat_map(|lot| self.family.ancestry(lot));
            let same = |(other, _): &&mut (Certificate, BTreeSet<&str>)| {
                (&other.scheme, &other.number, &other.issuer, other.from, other.to)
                    == (&certificate.scheme, &certificate.number, &certificate.issuer, certificate.from, certificate.to)
            };
            match found.iter_mut().find(same) {
                Some((_, lots)) => lots.extend(about),
                None => found.push((certificate, about.collect())),
            }
        }
        let judge = |(mut certificate, lots): (Certificate, BTreeSet<&str>)| {
            certificate.at_harvest = self.validity(&certificate, &lots);
            certificate
        };
        found.into_iter().map(judge).collect()
    }

    fn certificate(&self, lot: &str, event: &Event, body: &Value) -> Option<Certificate> {
        let to = day(body, "validTo");
        Some(Certificate {
            scheme: text(body, "scheme")?.to_owned(),
            number: text(body, "number").map(ToOwned::to_owned),
            issuer: text(body, "issuer")?.to_owned(),
            from: day(body, "validFrom"),
            to,
            file: body.get("file").and_then(blob),
            at_harvest: Validity::Unknown,
            is_over: to.is_some_and(|to| to < self.registry.today()),
            entered_by: self.acting(event),
            product: self.product_name(lot),
            note: event.note.clone(),
        })
    }

    /// Whether the certificate held on the days on which `lots` were harvested.
    fn validity(&self, certificate: &Certificate, lots: &BTreeSet<&str>) -> Validity {
        if certificate.from.is_none() && certificate.to.is_none() {
            return Validity::Unknown;
        }
        let holds = |when: DateTime<FixedOffset>| {
            let day = when.date_naive();
            certificate.from.is_none_or(|from| from <= day) && certificate.to.is_none_or(|to| day <= to)
        };
        let births = lots.iter().filter_map(|lot| self.family.birth(lot));
        let held: Vec<bool> =
            births.filter(|birth| birth.verb == Verb::Harvest).map(|birth| holds(birth.when)).collect();
        match (held.iter().any(|held| *held), held.iter().any(|held| !*held)) {
            (true, false) => Validity::AtHarvest,
            (true, true) => Validity::Partly,
            (false, true) => Validity::NotAtHarvest,
            (false, false) => Validity::Unknown,
        }
    }
}

impl Record {
    /// Whether its amounts still count.
    pub(crate) fn stands(&self) -> bool {
        self.correction.is_none() || self.flags.contains(&Flag::NotUndone)
    }
}
