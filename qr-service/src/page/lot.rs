//! The page of one lot or pack, in the order in which people ask.

use chrono::{DateTime, FixedOffset};
use maud::{Markup, html};

use super::{
    Frame, document,
    icon::{self, Sign},
    record::{Teller, amount_key, more_than, verb_key},
    said,
};
use crate::{
    link::ItemLink,
    locale::Words,
    node::LedgerInfo,
    service::{Pack, at_home},
    story::{Certificate, Flag, Kind, Place, Product, Recall, Step, Story, Text, Validity},
};

/// Most steps, and most records of one step, on the page; the rest stands in the proof file.
const STEPS_MAX: usize = 14;
const RECORDS_MAX: usize = 8;
/// Most certificates and recalls on the page.
const CERTIFICATES_MAX: usize = 6;
const RECALLS_MAX: usize = 2;

/// From this length on a name is set smaller, so that lot and date stay on the first screen.
const LONG_NAME_CHARS: usize = 48;

/// The checks of `docs/format.md` section 8.1, in its order, and the words for each.
const CHECKS: [(&str, &str); 11] = [
    ("checkpoint_signed", "check.checkpoint_signed"),
    ("witness_quorum", "check.witness_quorum"),
    ("entries_included", "check.entries_included"),
    ("entry_chain", "check.entry_chain"),
    ("lot_chain_complete", "check.lot_chain_complete"),
    ("signatures", "check.signatures"),
    ("signer_registered", "check.signer_registered"),
    ("signer_chain", "check.signer_chain"),
    ("rules", "check.rules"),
    ("recall", "check.recall"),
    ("freshness", "check.freshness"),
];

/// The check that is made besides where the code names a pack.
const SERIAL_CHECK: (&str, &str) = ("serial_included", "check.serial_included");

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
    let script_words: serde_json::Map<String, serde_json::Value> =
        words.under("script").map(|(key, text)| (key.to_owned(), text.into())).collect();
    let main = html! {
        main #main data-proof=(proof) data-lot=(page.story.lot) data-vkey=(page.ledger.vkey) data-policy=(page.ledger.policy)
            data-serial=[page.link.serial()] data-serial-proof=[page.serial_proof()]
            data-stale[page.freshness != Freshness::Fresh] data-words=(serde_json::Value::Object(script_words)) {
            @if page.story.recalls.is_empty() {
                (page.verdict())
                (page.head(&name))
            } @else {
                (page.recall(&name))
                (page.verdict())
            }
            (page.maker())
            (page.journey(&name))
            (page.certificates())
            (page.limits())
            (page.check(&proof))
            (page.help())
        }
    };
    document(page.frame, &title, true, &main)
}

impl LotPage<'_> {
    fn words(&self) -> Words {
        self.frame.words
    }

    fn teller(&self) -> Teller<'_> {
        Teller { words: self.words(), subject: "", told: None, common: None, all_late: self.all_late() }
    }

    /// What the server can say before the browser has checked. The script puts the verdict in its place.
    fn verdict(&self) -> Markup {
        let words = self.words();
        let line = match self.freshness {
            Freshness::Fresh => words.get("verdict.server_only").to_owned(),
            Freshness::Stale(fetched) => words.fill("verdict.stale", &[("d", &words.date_time(fetched))]),
        };
        let since = words.date(self.story.proof.first_received.date_naive());
        html! {
            section #verdict.verdict.mind role="status" aria-label=(words.get("verdict.title")) {
                div.signs {
                    span.only-mind { (icon::sign(Sign::Mind)) }
                    span.only-tick { (icon::sign(Sign::Tick)) }
                    span.only-stop { (icon::sign(Sign::Stop)) }
                }
                div.words {
                    p #verdict-line.line { (line) }
                    p.small {
                        span #verdict-by {}
                        (words.fill("verdict.since", &[("d", &since)])) " \u{b7} "
                        a href="#check" { (words.get("verdict.see_checks")) }
                    }
                }
            }
        }
    }

    /// Photo, name, lot, best before, net weight.
    fn head(&self, name: &str) -> Markup {
        let words = self.words();
        let product = self.story.product.as_ref();
        let picture = product.and_then(|product| product.picture.as_ref());
        html! {
            section.head aria-labelledby="name" {
                @if let Some(picture) = picture {
                    img.photo src={ "/blob/" (picture.sha256) } alt=(name) width="640" height="480" decoding="async";
                }
                h1 #name .long[name.chars().count() > LONG_NAME_CHARS] { (self.name()) }
                @if self.story.is_past_best { p.flag { (icon::sign(Sign::Mind)) (words.get("lot.past_best")) } }
                (self.facts(product))
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
                    Some(party) => p.maker { (teller.party(party)) },
                    None => p.maker { (words.get("party.unknown")) },
                }
                @if let Some(place) = &self.story.made_at { p.place { (teller.place(place)) } }
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
                ol.steps {
                    @for step in steps.iter().take(STEPS_MAX) { li { (self.step(step, name)) } }
                    @if let Some(more) = more_than(steps.len(), STEPS_MAX) {
                        li.more { (words.fill("journey.more", &[("n", &more)])) }
                    }
                }
            }
        }
    }

    fn step(&self, step: &Step, name: &str) -> Markup {
        let words = self.words();
        let subject = step.product.as_ref().map_or(name, |product| product.in_lang(words.lang()).0);
        let common = if step.records.len() > 1 { common_place(step) } else { None };
        let teller = Teller { subject, told: self.story.made_at.as_ref(), common: None, ..self.teller() };
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
    }

    /// The day of the step, or its first and last.
    fn days(&self, step: &Step) -> Markup {
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

    fn certificates(&self) -> Markup {
        let words = self.words();
        let certificates = &self.story.certificates;
        html! {
            section aria-labelledby="certificates" {
                h2 #certificates { (words.get("certificate.title")) }
                @if certificates.is_empty() {
                    p { (words.get("certificate.none")) }
                }
                @for certificate in certificates.iter().take(CERTIFICATES_MAX) { (self.certificate(certificate)) }
                @if let Some(more) = more_than(certificates.len(), CERTIFICATES_MAX) {
                    p.more { (words.fill("record.more", &[("n", &more)])) }
                }
            }
        }
    }

    fn certificate(&self, certificate: &Certificate) -> Markup {
        let words = self.words();
        let (class, sign, validity) = match certificate.at_harvest {
            Validity::AtHarvest => ("ok", Sign::Tick, words.get("certificate.at_harvest")),
            Validity::Partly => ("odd", Sign::Mind, words.get("certificate.partly")),
            Validity::NotAtHarvest => ("odd", Sign::Mind, words.get("certificate.not_at_harvest")),
            Validity::Unknown => ("odd", Sign::Mind, words.get("certificate.unknown")),
        };
        html! {
            div.certificate {
                h3 {
                    bdi { (certificate.scheme) }
                    @if let Some(product) = &certificate.product { " " span.what { (said(product, words.lang())) } }
                }
                dl.facts {
                    div { dt { (words.get("certificate.issuer")) } dd { bdi { (certificate.issuer) } } }
                    @if let Some(number) = &certificate.number { div { dt { (words.get("certificate.number")) } dd.lot { (number) } } }
                    @if let Some(from) = certificate.from { div { dt { (words.get("certificate.from")) } dd { (words.date(from)) } } }
                    @if let Some(to) = certificate.to { div { dt { (words.get("certificate.to")) } dd { (words.date(to)) } } }
                }
                p class={ "flag " (class) } { (icon::sign(sign)) (validity) }
                @if certificate.is_over { p.flag { (icon::sign(Sign::Mind)) (words.get("certificate.over")) } }
                p.source {
                    span.badge.inspected { (words.get("certificate.entered_by")) } " " (self.teller().who(&certificate.entered_by))
                    @if let Some(file) = &certificate.file {
                        " \u{b7} " a href={ "/blob/" (file.sha256) } { (words.get("certificate.file")) }
                    }
                }
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
                details #checks-box {
                    summary { (words.get("check.list")) }
                    ol #checks.checks {
                        @for (name, key) in CHECKS.into_iter().chain(self.link.serial().map(|_| SERIAL_CHECK)) {
                            li data-check=(name) {
                                span.check-name { (words.get(key)) }
                                span.check-result { (words.get("script.not_checked")) }
                                span.check-detail {}
                            }
                        }
                    }
                }
                dl.facts {
                    div { dt { (words.get("check.ledger")) } dd.lot { (self.ledger.origin) } }
                    div { dt { (words.get("check.fingerprint")) } dd.lot { (fingerprint) } }
                    div { dt { (words.get("check.size")) } dd { (self.story.proof.tree_size) } }
                    div { dt { (words.get("check.entries")) } dd { (self.story.proof.entries) } }
                }
                p { a.button.quiet href=(proof) download="proof.json" { (words.get("check.download")) } }
                p.hint { (words.get("check.elsewhere")) }
                p { a href="/verify.html" { (words.get("check.page")) } }
                details {
                    summary { (words.get("check.command")) }
                    pre tabindex="0" { code { "nguon-verify bundle proof.json --vkey '" (self.ledger.vkey) "'" } }
                }
            }
        }
    }

    fn help(&self) -> Markup {
        let words = self.words();
        let product = self.story.product.as_ref();
        let shop_links = product.map(|product| product.shop_links.as_slice()).unwrap_or_default();
        html! {
            section aria-labelledby="help" {
                h2 #help { (words.get("help.title")) }
                @if let Some(description) = product.and_then(|product| product.description.as_ref()) {
                    p { (said(description, words.lang())) }
                }
                p { (words.get("help.report")) }
                @if self.can_report { p { a.button.quiet href={ (self.link.page_path()) "/report?lang=" (words.lang().code()) } { (words.get("report.open")) } } }
                @if !shop_links.is_empty() {
                    p { (words.get("help.shops")) }
                    ul { @for link in shop_links { li { a href=(link) rel="nofollow noreferrer" { (host(link)) } } } }
                }
                figure.code {
                    img src={ (self.link.page_path()) "/qr.svg" } alt=(words.get("help.qr_alt")) width="148" height="148" loading="lazy";
                    figcaption { (words.get("help.address")) br; span.lot { (self.address) } }
                }
            }
        }
    }
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

/// The host of a web address, which is all of it that a reader needs to see.
fn host(link: &str) -> &str {
    link.split('/').nth(2).unwrap_or(link)
}
