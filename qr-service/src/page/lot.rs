//! The page of one lot or pack, in the order in which people ask.

use chrono::{DateTime, FixedOffset};
use maud::{Markup, html};

use super::{
    Frame, certificates, document, help,
    icon::{self, Sign},
    map, meta,
    record::{Teller, amount_key, more_than, verb_key},
    said, verdict,
};
use crate::{
    assets,
    link::ItemLink,
    locale::Words,
    node::LedgerInfo,
    service::{Pack, at_home},
    story::{Claim, Flag, Kind, Place, Product, Recall, Record, Step, Story, Text},
};

/// Most steps, and most records of one step, on the page; the rest stands in the proof file.
const STEPS_MAX: usize = 14;
const RECORDS_MAX: usize = 8;
/// Most recalls on the page.
const RECALLS_MAX: usize = 2;

/// Most pictures of the way: as many as fit side by side on the narrowest phone.
const STRIP_MAX: usize = 5;

/// From this length on a name is set smaller, so that lot and date stay on the first screen.
const LONG_NAME_CHARS: usize = 48;

/// Whether the page was made from what the node says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It was.
    Fresh,
    /// The node does not answer; this copy was fetched at the time given.
    Stale(DateTime<FixedOffset>),
}

/// What the page of a lot is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LotPage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) link: &'a ItemLink,
    /// The address that the code on the pack carries.
    pub(crate) address: &'a str,
    pub(crate) story: &'a Story,
    pub(crate) ledger: &'a LedgerInfo,
    pub(crate) freshness: Freshness,
    /// What is known of the pack, when the code names one.
    pub(crate) pack: Option<Pack>,
    /// Whether there is somewhere to report a problem.
    pub(crate) can_report: bool,
}

/// The page.
pub(crate) fn lot_page(page: LotPage<'_>) -> Markup {
    let words = page.frame.words;
    let name = product_name(page.story.product.as_ref(), words);
    let title = format!("{name} {}", page.link.short_lot());
    let proof = format!("{}/proof.json", page.link.lot_path());
    let dense = format!("{}/proof.bin", page.link.lot_path());
    let script_words: serde_json::Map<String, serde_json::Value> =
        words.under("script").map(|(key, text)| (key.to_owned(), text.into())).collect();
    let main = html! {
        main #main data-proof=(proof) data-dense=(dense) data-verifier=(assets::url(assets::VERIFIER_PATH)) data-lot=(page.story.lot) data-vkey=(page.ledger.vkey) data-policy=(page.ledger.policy)
            data-serial=[page.link.serial()] data-serial-proof=[page.serial_proof()]
            data-entries=(page.story.proof.entries) data-stale[page.freshness != Freshness::Fresh] data-words=(serde_json::Value::Object(script_words)) {
            @if page.story.recalls.is_empty() {
                (verdict::verdict(&page))
                (page.head(&name))
            } @else {
                (page.recall(&name))
                (verdict::verdict(&page))
            }
            (page.maker())
            (page.journey(&name))
            (certificates::certificates(&page))
            (certificates::tests(&page))
            (page.limits())
            (page.check(&proof))
            (help::help(&page, &name))
        }
        // Behind the words for people: the verdict is among the first bytes.
        (meta::data(&page, &name))
    };
    let head = html! {
        (meta::meta(&page, &name))
        // The script asks for the same files; begun here, they travel while the script does.
        link rel="preload" as="fetch" crossorigin="anonymous" href=(dense);
        // The short form of the verifier leaves recalls to the complete one.
        @if !page.story.recalls.is_empty() { link rel="modulepreload" href=(assets::url(assets::VERIFIER_PATH)); }
        @if let Some(serial) = page.serial_proof() { link rel="preload" as="fetch" crossorigin="anonymous" href=(serial); }
    };
    document(page.frame, &title, Some(&head), &main)
}

impl LotPage<'_> {
    fn words(&self) -> Words {
        self.frame.words
    }

    /// What every public address of this service begins with.
    fn base(&self) -> &str {
        self.address.strip_suffix(&self.link.page_path()).unwrap_or_default()
    }

    /// The public address of the lot's page: what is passed on does not name the reader's own pack.
    pub(super) fn lot_address(&self) -> String {
        format!("{}{}", self.base(), self.link.lot_path())
    }

    /// The public address of the product's picture.
    pub(super) fn picture_address(&self) -> Option<String> {
        let picture = self.story.product.as_ref()?.picture.as_ref()?;
        Some(format!("{}/blob/{}/small", self.base(), picture.sha256))
    }

    pub(super) fn teller(&self) -> Teller<'_> {
        Teller { words: self.words(), subject: "", told: None, common: None, all_late: self.all_late() }
    }

    /// Photo, name, lot, best before, net weight.
    fn head(&self, name: &str) -> Markup {
        let words = self.words();
        let product = self.story.product.as_ref();
        let picture = product.and_then(|product| product.picture.as_ref());
        html! {
            section.head aria-labelledby="name" {
                @if let Some(picture) = picture {
                    img.photo src={ "/blob/" (picture.sha256) "/small" } alt=(name) width="640" height="480" loading="lazy" decoding="async";
                }
                h1 #name class=[(name.chars().count() > LONG_NAME_CHARS).then_some("long")] { (self.name()) }
                @if self.story.is_past_best { p.flag { (icon::sign(Sign::Mind)) (words.get("lot.past_best")) } }
                @if let Some(product) = product { (warnings(product, words)) }
                (self.facts(product))
                @if let Some(product) = product { (about(product, words)) }
                (self.makers_word())
            }
        }
    }

    /// Who says what stands in the registration of the product.
    pub(super) fn makers_word(&self) -> Markup {
        let words = self.words();
        html! {
            p.source {
                span.badge { (words.get("source.self")) } " "
                @match &self.story.maker {
                    Some(maker) => (self.teller().party(maker)),
                    None => (words.get("party.unknown")),
                }
            }
        }
    }

    fn name(&self) -> Markup {
        match self.story.product.as_ref().and_then(|product| product.name.as_ref()) {
            Some(name) => said(name, self.words().lang()),
            None => html! { (self.words().get("lot.nameless")) },
        }
    }

    fn facts(&self, product: Option<&Product>) -> Markup {
        let words = self.words();
        html! {
            dl.facts {
                div { dt { (words.get("lot.lot")) } dd.lot { (self.link.short_lot()) } }
                @if let Some(best_before) = self.story.best_before {
                    div { dt { (words.get("lot.best_before")) } dd { time datetime=(best_before.to_string()) { (words.date(best_before)) } } }
                }
                @if let Some(net) = product.and_then(|product| product.net_content.as_ref()) {
                    div { dt { (words.get("lot.net")) } dd { (net.show(words)) } }
                }
                div { dt { (words.get("lot.made")) } dd { (self.teller().time(self.story.made)) } }
                @if let Some(gtin) = product.and_then(|product| product.gtin.as_ref()) {
                    div { dt { "GTIN" } dd.lot { (gtin) } }
                }
                @if let Some(product) = product { (labelled(product, words)) }
                @if let Some(serial) = self.link.serial() {
                    div.wide {
                        dt { (words.get("lot.pack")) }
                        dd {
                            span.lot { (serial) }
                            (self.pack_line())
                        }
                    }
                }
            }
        }
    }

    /// Where the proof is that the serial is the lot's, when the service has it.
    fn serial_proof(&self) -> Option<String> {
        self.pack.is_some_and(|pack| pack.is_proven).then(|| format!("{}/serial-proof", self.link.page_path()))
    }

    /// Whether the serial is the lot's, and how often it was scanned.
    fn pack_line(&self) -> Markup {
        let words = self.words();
        let scans = self.pack.and_then(|pack| pack.scans);
        html! {
            p.hint {
                @match (self.story.packs, self.serial_proof()) {
                    (Some(packs), Some(_)) => (words.fill("lot.pack_listed", &[("n", &packs.to_string())])),
                    (Some(packs), None) => (words.fill("lot.pack_of", &[("n", &packs.to_string())])),
                    (None, _) => (words.get("lot.pack_unlisted")),
                }
            }
            @if self.pack.is_some_and(|pack| pack.has_scratch) {
                p { a href={ (self.link.page_path()) "/scratch?lang=" (words.lang().code()) } { (words.get("scratch.open")) } }
            }
            @if let Some(scans) = scans {
                @let first = words.date(first_day(scans.first_seconds));
                @if scans.is_odd {
                    p.flag { (icon::sign(Sign::Mind)) (words.fill("scan.count", &[("n", &scans.count.to_string()), ("d", &first)])) ". " (words.get("scan.odd")) }
                } @else if scans.count > 1 {
                    p.hint { (words.fill("scan.count", &[("n", &scans.count.to_string()), ("d", &first)])) }
                }
            }
        }
    }

    /// The warning that stands in place of verdict and photo.
    fn recall(&self, name: &str) -> Markup {
        let words = self.words();
        html! {
            section.recall role="alert" aria-labelledby="recalled" {
                div.verdict.stop {
                    (icon::sign(Sign::Stop))
                    div.words {
                        h1 #recalled.line { (words.get("verdict.recalled")) }
                        p { strong { (name) } " \u{b7} " (words.get("lot.lot")) " " span.lot { (self.link.short_lot()) } }
                    }
                }
                @for recall in self.story.recalls.iter().take(RECALLS_MAX) { (self.recall_notice(recall)) }
                p { (words.get("recall.what_to_do")) }
                @if let Some(product) = &self.story.product { (warnings(product, words)) }
                (self.facts(self.story.product.as_ref()))
            }
        }
    }

    fn recall_notice(&self, recall: &Recall) -> Markup {
        let words = self.words();
        html! {
            @if let Some(note) = &recall.note { blockquote { p { bdi { (note) } } } }
            p.source {
                span.badge.disputed { (words.get("recall.by")) } " "
                (self.teller().who(&recall.by)) ", " (words.date_time(recall.when))
            }
            @if let Some(input) = &recall.of_input {
                p {
                    (words.get("recall.of_input")) " "
                    @if let Some(product) = input { (said(product, words.lang())) } @else { (words.get("record.some_lot")) }
                    "."
                }
            }
        }
    }

    fn maker(&self) -> Markup {
        let words = self.words();
        let teller = self.teller();
        html! {
            section aria-labelledby="maker" {
                h2 #maker { (words.get("maker.title")) }
                @match &self.story.maker {
                    Some(party) => p.maker.long[is_long(party.name.as_ref(), words)] { (teller.party(party)) },
                    None => p.maker { (words.get("party.unknown")) },
                }
                @if let Some(number) = self.story.maker.as_ref().and_then(|maker| maker.business_id.as_ref()) {
                    p.place { (words.get("maker.number")) " " bdi { (number) } }
                }
                @if let Some(place) = &self.story.made_at { p.place { (teller.place(place)) } }
                (map::map(self.story, words))
            }
        }
    }

    /// Whether every record was entered late: said once, above them.
    fn all_late(&self) -> bool {
        self.story.steps.iter().flat_map(|step| &step.records).all(|record| record.flags.contains(&Flag::Late))
    }

    fn journey(&self, name: &str) -> Markup {
        let words = self.words();
        let steps = &self.story.steps;
        html! {
            section aria-labelledby="journey" {
                h2 #journey { (words.get("journey.title")) }
                p.hint { (words.get("journey.hint")) }
                @if self.all_late() { p.flag { (icon::sign(Sign::Mind)) (words.get("flag.all_late")) } }
                (self.strip(steps))
                ol.steps {
                    @for step in steps.iter().take(STEPS_MAX) {
                        li class=[is_minor(step).then_some("minor")] {
                            @if is_minor(step) { (self.minor(step, name)) } @else { (self.step(step, name)) }
                        }
                    }
                    @if let Some(more) = more_than(steps.len(), STEPS_MAX) {
                        li.more { (words.fill("journey.more", &[("n", &more)])) }
                    }
                }
            }
        }
    }

    /// The way in pictures: one for each of the main steps. Those who cannot see it read the same below.
    fn strip(&self, steps: &[Step]) -> Markup {
        let words = self.words();
        let main: Vec<&Step> = steps.iter().filter(|step| is_main(step.kind)).take(STRIP_MAX).collect();
        html! {
            @if main.len() > 1 {
                div.strip aria-hidden="true" {
                    @for step in main {
                        div {
                            (icon::step(step.kind))
                            span { (words.get(verb_key(step.kind))) }
                            @if step.kind == Kind::Process && let Some(product) = &step.product {
                                span.what { (said(product, words.lang())) }
                            }
                            @if let Some(first) = step.records.first() { span.hint { (words.short_date(first.when.date_naive())) } }
                        }
                    }
                }
            }
        }
    }

    /// A step between the main ones: what, when and who in one line, the rest folded.
    fn minor(&self, step: &Step, name: &str) -> Markup {
        let words = self.words();
        html! {
            details.step {
                summary {
                    strong { (words.get(verb_key(step.kind))) }
                    @if let Some(product) = &step.product { " " (said(product, words.lang())) }
                    " \u{b7} " (self.days(step))
                }
                (self.told(step, name))
            }
        }
    }

    fn step(&self, step: &Step, name: &str) -> Markup {
        let words = self.words();
        html! {
            (icon::step(step.kind))
            div.step {
                h3 {
                    (words.get(verb_key(step.kind)))
                    @if let Some(product) = &step.product { " " span.what { (said(product, words.lang())) } }
                }
                p.when {
                    @if step.kind == Kind::Sell { (words.get("journey.from")) " " }
                    (self.days(step))
                }
                (self.told(step, name))
            }
        }
    }

    /// What the records of a step say.
    pub(super) fn told(&self, step: &Step, name: &str) -> Markup {
        let words = self.words();
        let subject = step.product.as_ref().map_or(name, |product| product.in_lang(words.lang()).0);
        let common = if step.records.len() > 1 { common_place(step) } else { None };
        let teller = Teller { subject, told: self.story.made_at.as_ref(), common: None, ..self.teller() };
        html! {
            @match step.records.as_slice() {
                [record] => (teller.record(step.kind, record, true)),
                records => {
                    @if let Some(place) = common { p.place { (teller.place(place)) } }
                    @if let Some(total) = &step.total {
                        p.amount { (words.get(amount_key(step.kind))) " " strong { (total.show(words)) } }
                    }
                    (teller.sources(records))
                    details {
                        summary { (words.fill("journey.records", &[("n", &records.len().to_string())])) }
                        ul.records {
                            @for record in records.iter().take(RECORDS_MAX) { li { (Teller { common, ..teller }.record(step.kind, record, false)) } }
                            @if let Some(more) = more_than(records.len(), RECORDS_MAX) {
                                li.more { (words.fill("record.more", &[("n", &more)])) }
                            }
                        }
                    }
                },
            }
        }
    }

    /// The day of the step, or its first and last.
    pub(super) fn days(&self, step: &Step) -> Markup {
        let teller = self.teller();
        let (first, last) =
            (step.records.first().map(|record| record.when), step.records.last().map(|record| record.when));
        html! {
            @if let Some(first) = first {
                (teller.time(first))
                @if let Some(last) = last.filter(|last| last.date_naive() != first.date_naive()) { " \u{2013} " (teller.time(last)) }
            }
        }
    }

    fn limits(&self) -> Markup {
        let words = self.words();
        html! {
            section aria-labelledby="limits" {
                h2 #limits { (words.get("limits.title")) }
                ul {
                    li { (words.get("limits.bag")) }
                    li { (words.get("limits.words")) }
                    li { (words.get("limits.copy")) }
                }
            }
        }
    }

    fn check(&self, proof: &str) -> Markup {
        let words = self.words();
        let fingerprint = self.ledger.vkey.split('+').nth(1).unwrap_or_default();
        html! {
            section aria-labelledby="check" {
                h2 #check tabindex="-1" { (words.get("check.title")) }
                p { (words.get("check.lead")) }
                dl.facts {
                    div { dt { (words.get("check.ledger")) } dd.lot { (self.ledger.origin) } }
                    div { dt { (words.get("check.fingerprint")) } dd.lot { (fingerprint) } }
                    div { dt { (words.get("check.size")) } dd { (self.story.proof.tree_size) } }
                    div { dt { (words.get("check.entries")) } dd { (self.story.proof.entries) } }
                }
                p { a.button.quiet href=(proof) download="proof.json" { (words.get("check.download")) } }
                @if let Some(serial) = self.serial_proof() { p { a href=(serial) download="serial.json" { (words.get("check.download_serial")) } } }
                p.hint { (words.get("check.elsewhere")) }
                p { a href="/verify.html" { (words.get("check.page")) } }
                details {
                    summary { (words.get("check.command")) }
                    pre tabindex="0" { code { "nguon-verify bundle proof.json --vkey '" (self.ledger.vkey) "'" } }
                }
            }
        }
    }
}

/// What to beware of, by the producer's word.
pub(super) fn warnings(product: &Product, words: Words) -> Markup {
    html! { @if let Some(text) = &product.warnings { p.flag { (icon::sign(Sign::Mind)) (said(text, words.lang())) } } }
}

/// The facts that a label's own words name, as items of a list.
pub(super) fn labelled(product: &Product, words: Words) -> Markup {
    html! {
        @if let Some(brand) = &product.brand { div { dt { (words.get("lot.brand")) } dd { bdi { (brand) } } } }
        @if let Some(text) = &product.ingredients {
            div.wide { dt { (words.get("lot.ingredients")) } dd { (said(text, words.lang())) } }
        }
    }
}

/// What a product is, where its description does not stand for how to keep it.
pub(super) fn about(product: &Product, words: Words) -> Markup {
    let description = product.description.as_ref().filter(|_| product.storage.is_some());
    html! { @if let Some(text) = description { p { (said(text, words.lang())) } } }
}

fn is_long(name: Option<&Text>, words: Words) -> bool {
    name.is_some_and(|name| name.in_lang(words.lang()).0.chars().count() > LONG_NAME_CHARS)
}

/// Whether a step stands among the pictures of the way.
fn is_main(kind: Kind) -> bool {
    matches!(kind, Kind::Harvest | Kind::Process | Kind::Pack | Kind::Sell)
}

/// Whether a step is told in one line: it only moves or counts goods, and nothing about it is odd.
fn is_minor(step: &Step) -> bool {
    let is_plain = |record: &Record| {
        let is_odd = |flag: &Flag| *flag != Flag::Late;
        let is_disputed = record.vouchers.iter().any(|voucher| voucher.claim == Claim::Disputes);
        !record.flags.iter().any(is_odd) && record.correction.is_none() && !is_disputed
    };
    !is_main(step.kind) && step.records.iter().all(is_plain)
}

/// The place of a step when all of its records name the same one.
fn common_place(step: &Step) -> Option<&Place> {
    let first = step.records.first()?.place.as_ref()?;
    step.records.iter().all(|record| record.place.as_ref() == Some(first)).then_some(first)
}

/// The day of a first scan.
fn first_day(seconds: u64) -> chrono::NaiveDate {
    let utc = i64::try_from(seconds).ok().and_then(|seconds| DateTime::<chrono::Utc>::from_timestamp(seconds, 0));
    at_home(utc.unwrap_or_default()).date_naive()
}

fn product_name(product: Option<&Product>, words: Words) -> String {
    let name: Option<&Text> = product.and_then(|product| product.name.as_ref());
    name.map_or(words.get("lot.nameless"), |name| name.in_lang(words.lang()).0).to_owned()
}
