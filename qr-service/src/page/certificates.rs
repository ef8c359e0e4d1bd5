//! Certificates with who issued them and for how long, and what was tested and measured.

use maud::{Markup, html};

use super::{
    icon::{self, Sign},
    lot::LotPage,
    record::{more_than, verb_key},
    said,
};
use crate::story::{Certificate, Validity};

/// Most certificates, and most tests, on the page.
const CERTIFICATES_MAX: usize = 6;
const TESTS_MAX: usize = 6;

pub(super) fn certificates(page: &LotPage<'_>) -> Markup {
    let words = page.frame.words;
    let certificates = &page.story.certificates;
    let standards = page.story.product.as_ref().map(|product| product.standards.as_slice()).unwrap_or_default();
    html! {
        section aria-labelledby="certificates" {
            h2 #certificates { (words.get("certificate.title")) }
            @if certificates.is_empty() {
                p { (words.get("certificate.none")) }
            } @else {
                p.hint { (words.get("certificate.hint")) }
            }
            @for told in certificates.iter().take(CERTIFICATES_MAX) { (certificate(page, told)) }
            @if let Some(more) = more_than(certificates.len(), CERTIFICATES_MAX) {
                p.more { (words.fill("record.more", &[("n", &more)])) }
            }
            @if !standards.is_empty() {
                div.certificate {
                    h3 { (words.get("certificate.declared")) }
                    @for standard in standards { p { bdi { (standard) } } }
                    (page.makers_word())
                }
            }
        }
    }
}

fn certificate(page: &LotPage<'_>, certificate: &Certificate) -> Markup {
    let words = page.frame.words;
    let (class, sign, validity) = match certificate.at_harvest {
        Validity::AtHarvest => ("flag ok", Sign::Held, words.get("certificate.at_harvest")),
        Validity::Partly => ("flag", Sign::Mind, words.get("certificate.partly")),
        Validity::NotAtHarvest => ("flag", Sign::Mind, words.get("certificate.not_at_harvest")),
        Validity::Unknown => ("flag", Sign::Mind, words.get("certificate.unknown")),
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
            p class=(class) { (icon::sign(sign)) (validity) }
            @if certificate.is_over { p.flag { (icon::sign(Sign::Mind)) (words.get("certificate.over")) } }
            @if let Some(note) = &certificate.note { blockquote { p { bdi { (note) } } } }
            p.source {
                span.badge.inspected { (words.get("certificate.entered_by")) } " " (page.teller().who(&certificate.entered_by))
                @if let Some(file) = &certificate.file {
                    " \u{b7} " a href={ "/blob/" (file.sha256) } { (words.get("certificate.file")) }
                }
            }
        }
    }
}

/// What inspectors tested and devices measured; nothing when there is none.
pub(super) fn tests(page: &LotPage<'_>) -> Markup {
    let words = page.frame.words;
    let tests = &page.story.tests;
    html! {
        @if !tests.is_empty() {
            section aria-labelledby="tests" {
                h2 #tests { (words.get("tests.title")) }
                @for step in tests.iter().take(TESTS_MAX) {
                    div.test {
                        h3 {
                            (words.get(verb_key(step.kind)))
                            @if let Some(product) = &step.product { " " span.what { (said(product, words.lang())) } }
                        }
                        p.when { (page.days(step)) }
                        (page.told(step, ""))
                    }
                }
                @if let Some(more) = more_than(tests.len(), TESTS_MAX) {
                    p.more { (words.fill("record.more", &[("n", &more)])) }
                }
            }
        }
    }
}
