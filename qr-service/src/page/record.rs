//! One record: what, where, when, and who says so.

use chrono::{DateTime, FixedOffset};
use maud::{Markup, html};

use super::{
    icon::{self, Sign},
    said,
};
use crate::{
    link::ItemLink,
    locale::{Lang, Words},
    story::{
        Blob, Claim, Correction, Flag, Kind, Level, Party, PartyClass, Place, Portion, Reading, Record, Source,
        Voucher, Who,
    },
};

/// Most photos, second signatures and inputs shown of one record; the rest stands in the proof file.
const PHOTOS_MAX: usize = 4;
const VOUCHERS_MAX: usize = 4;
const INPUTS_MAX: usize = 12;
/// Most names behind the sum of several records.
const NAMES_MAX: usize = 3;

/// What is needed to show records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Teller<'a> {
    pub(super) words: Words,
    /// What the photos show, for their alternative text.
    pub(super) subject: &'a str,
    /// A place whose name of today the page has told already.
    pub(super) told: Option<&'a Place>,
    /// The place that all records of the step name, told above them.
    pub(super) common: Option<&'a Place>,
    /// Whether the page has told already that every record was entered late.
    pub(super) all_late: bool,
}

impl Teller<'_> {
    /// The whole record; date and place stand first when `is_alone` is false, because no step's heading says them.
    pub(super) fn record(self, kind: Kind, record: &Record, is_alone: bool) -> Markup {
        let words = self.words;
        html! {
            div.record.void[!record.stands()] {
                @if !is_alone {
                    p.when {
                        (self.time(record.when))
                        @if let Some(amount) = &record.amount { " \u{b7} " strong { (amount.show(words)) } }
                    }
                }
                @if let Some(place) = record.place.as_ref().filter(|place| self.common != Some(*place)) {
                    p.place { (self.place(place)) }
                }
                @if let Some(to) = &record.to { p.to { (words.get("record.to")) " " (self.who(to)) } }
                @if is_alone && let Some(amount) = &record.amount {
                    p.amount { (words.get(amount_key(kind))) " " strong { (amount.show(words)) } }
                }
                @if let Some(note) = &record.note { blockquote { p { bdi { (note) } } } }
                (self.readings(&record.readings))
                (self.photos(&record.photos, kind))
                (self.source(&record.source))
                @for voucher in record.vouchers.iter().take(VOUCHERS_MAX) { (self.voucher(voucher)) }
                @for flag in record.flags.iter().filter(|flag| !(self.all_late && **flag == Flag::Late)) { (self.flag(flag)) }
                @if let Some(correction) = &record.correction { (self.correction(correction)) }
                (self.inputs(&record.inputs))
            }
        }
    }

    pub(super) fn time(self, time: DateTime<FixedOffset>) -> Markup {
        // The day that is shown: to the second it stands in the proof.
        html! { time datetime=(time.date_naive()) { (self.words.date(time.date_naive())) } }
    }

    /// `Mill, commune, province (today: commune, other province)`.
    pub(super) fn place(self, place: &Place) -> Markup {
        let lang = self.words.lang();
        html! {
            @if let Some(name) = &place.name { (said(name, lang)) }
            @if place.name.is_some() && place.then.is_some() { ", " }
            @if let Some(then) = &place.then { (said(then, lang)) }
            @let is_told = self.told.is_some_and(|told| told.then == place.then);
            @if !is_told && let Some(today) = &place.today {
                " " span.today { "(" (self.words.get("place.today")) " " (said(today, lang)) ")" }
            }
        }
    }

    /// A party's public name, or what it is when it has none.
    pub(super) fn party(self, party: &Party) -> Markup {
        let words = self.words;
        let nameless = match party.class {
            PartyClass::Organisation => words.get("party.organisation"),
            PartyClass::Person => words.get("party.person"),
            PartyClass::Device => words.get("party.device"),
        };
        html! {
            @match &party.name {
                Some(name) => (said(name, words.lang())),
                None => (nameless),
            }
            @if party.name.is_none() && let Some(under) = &party.under { " (" (said(under, words.lang())) ")" }
        }
    }

    pub(super) fn who(self, who: &Who) -> Markup {
        match who {
            Who::Named(party) => self.party(party),
            Who::Buyer => html! { (self.words.get("party.buyer")) },
            Who::Unknown => html! { (self.words.get("party.unknown")) },
        }
    }

    fn source(self, source: &Source) -> Markup {
        let words = self.words;
        let (class, level) = match source.level {
            Level::SelfDeclared => ("badge", words.get("source.self")),
            Level::Inspected => ("badge inspected", words.get("source.inspected")),
            Level::Device => ("badge device", words.get("source.device")),
        };
        html! {
            p.source {
                span class=(class) { (level) } " "
                (self.who(&source.signer))
                @if let Some(organisation) = &source.acting_for {
                    ", " (words.get("source.for")) " " (self.who(organisation))
                }
                @if let Some(member) = &source.typed_for {
                    "; " (words.get("source.typed")) " " (self.who(member))
                }
            }
        }
    }

    /// Who stands behind the sum of several records: each once, the first few by name.
    pub(super) fn sources(self, records: &[Record]) -> Markup {
        let mut named: Vec<&Who> = Vec::new();
        for record in records.iter().filter(|record| record.stands()) {
            let who = record.source.typed_for.as_ref().unwrap_or(&record.source.signer);
            if !named.iter().any(|known| known.is_same(who)) {
                named.push(who);
            }
        }
        let words = self.words;
        html! {
            p.source {
                span.badge { (words.get("source.self")) } " "
                @for (at, who) in named.iter().take(NAMES_MAX).enumerate() {
                    @if at > 0 { ", " }
                    (self.who(who))
                }
                @if let Some(more) = more_than(named.len(), NAMES_MAX) { " " (words.fill("source.and_more", &[("n", &more)])) }
            }
        }
    }

    fn voucher(self, voucher: &Voucher) -> Markup {
        let words = self.words;
        let (class, claim) = match (voucher.claim, voucher.is_inspector) {
            (Claim::Disputes, _) => ("disputed", words.get("source.disputed")),
            (Claim::Received, _) => ("signed", words.get("source.received")),
            (Claim::StandsBy, true) => ("inspected", words.get("source.confirmed")),
            (Claim::StandsBy, false) => ("signed", words.get("source.countersigned")),
        };
        html! {
            p.source {
                span class={ "badge " (class) } { (claim) } " "
                (self.who(&voucher.by)) ", " (self.time(voucher.when))
                @if let Some(note) = &voucher.note { ": " q { bdi { (note) } } }
            }
        }
    }

    fn flag(self, flag: &Flag) -> Markup {
        let words = self.words;
        let text = match flag {
            Flag::ClockAhead => words.get("flag.clock_ahead").to_owned(),
            Flag::Late => words.get("flag.late").to_owned(),
            Flag::BeforeCreation => words.get("flag.time_before_creation").to_owned(),
            Flag::NotUndone => words.get("flag.correction_not_undone").to_owned(),
            Flag::Shortfall(None) => words.get("flag.shortfall").to_owned(),
            Flag::Shortfall(Some(missing)) => words.fill("flag.shortfall_by", &[("q", &missing.show(words))]),
        };
        html! { p.flag { (icon::sign(Sign::Mind)) (text) } }
    }

    fn correction(self, correction: &Correction) -> Markup {
        let words = self.words;
        let key = if correction.did_not_occur { "correction.did_not_occur" } else { "correction.incorrect" };
        html! {
            p.flag {
                (icon::sign(Sign::Mind))
                span {
                    (words.fill(key, &[("d", &words.date(correction.when.date_naive()))]))
                    @if let Some(note) = &correction.note { " " q { bdi { (note) } } }
                }
            }
        }
    }

    fn inputs(self, inputs: &[Portion]) -> Markup {
        let words = self.words;
        html! {
            @if !inputs.is_empty() {
                details {
                    summary { (words.fill("record.made_from", &[("n", &inputs.len().to_string())])) }
                    ul.inputs {
                        @for input in inputs.iter().take(INPUTS_MAX) { li { (self.input(input)) } }
                        @if let Some(more) = more_than(inputs.len(), INPUTS_MAX) {
                            li.more { (words.fill("record.more", &[("n", &more)])) }
                        }
                    }
                }
            }
        }
    }

    fn input(self, input: &Portion) -> Markup {
        let words = self.words;
        let name = html! {
            @match &input.product {
                Some(name) => (said(name, words.lang())),
                None => (words.get("record.some_lot")),
            }
        };
        html! {
            @match ItemLink::parse(&input.lot) {
                Ok(link) => a href={ (link.page_path()) "?lang=" (words.lang().code()) } {
                    (name) " " span.lot { (link.short_lot()) }
                },
                Err(_) => (name),
            }
            @if let Some(amount) = &input.amount { " \u{b7} " (amount.show(words)) }
            @if let Some(made_by) = &input.made_by { " \u{b7} " (self.who(made_by)) }
        }
    }

    fn readings(self, readings: &[Reading]) -> Markup {
        let words = self.words;
        html! {
            @if !readings.is_empty() {
                ul.readings {
                    @for reading in readings {
                        li {
                            (words.find(&format!("reading.{}", reading.what)).unwrap_or(&reading.what)) ": "
                            strong { (self.number(&reading.value)) @if let Some(uom) = &reading.uom { "\u{a0}" (unit(uom)) } }
                        }
                    }
                }
            }
        }
    }

    /// A measured number with the language's decimal sign.
    fn number(self, value: &str) -> String {
        match self.words.lang() {
            Lang::Vi if value.parse::<f64>().is_ok() => value.replace('.', ","),
            Lang::Vi | Lang::En => value.to_owned(),
        }
    }

    fn photos(self, photos: &[Blob], kind: Kind) -> Markup {
        let words = self.words;
        let alt = words.fill("record.photo", &[("verb", words.get(verb_key(kind))), ("what", self.subject)]);
        html! {
            @if !photos.is_empty() {
                div.photos {
                    @for photo in photos.iter().take(PHOTOS_MAX) {
                        img src={ "/blob/" (photo.sha256) "/small" } alt=(alt) width="320" height="240" loading="lazy" decoding="async";
                    }
                }
            }
        }
    }
}

/// How many of `total` are not among the first `shown`, if any.
pub(super) fn more_than(total: usize, shown: usize) -> Option<String> {
    total.checked_sub(shown).filter(|more| *more > 0).map(|more| more.to_string())
}

/// The word for a step.
pub(super) fn verb_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Harvest => "verb.harvest",
        Kind::Process => "verb.process",
        Kind::Merge => "verb.merge",
        Kind::Split => "verb.split",
        Kind::Pack => "verb.pack",
        Kind::Deliver => "verb.deliver",
        Kind::Sell => "verb.sell",
        Kind::Lose => "verb.lose",
        Kind::Inspect => "verb.inspect",
        Kind::Observe => "verb.observe",
    }
}

/// The words before an amount.
pub(super) fn amount_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Harvest => "amount.harvested",
        Kind::Process | Kind::Merge | Kind::Split | Kind::Pack => "amount.made",
        Kind::Deliver => "amount.delivered",
        Kind::Lose => "amount.lost",
        Kind::Sell | Kind::Inspect | Kind::Observe => "amount.about",
    }
}

/// Signs for the unit codes of common sensors.
fn unit(code: &str) -> &str {
    match code {
        "CEL" => "\u{b0}C",
        "P1" | "A93" => "%",
        "KGM" => "kg",
        other => other,
    }
}
