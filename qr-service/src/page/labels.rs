//! The form with which a co-op makes its labels. It works without JavaScript.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{Frame, document, icon};
use crate::{
    label::{Format, LABELS_MAX, SIZES, Size, Warning},
    link::percent_encode,
    locale::Words,
};

/// What the page is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LabelForm<'a> {
    pub(crate) frame: Frame<'a>,
    /// Path of the lot's page, when what was typed names one.
    pub(crate) lot: Option<&'a str>,
    pub(crate) typed: &'a str,
    pub(crate) size: Size,
    /// What was chosen before.
    pub(crate) asked: &'a BTreeMap<String, String>,
    pub(crate) warnings: &'a [Warning],
    /// Code and detail of what is wrong.
    pub(crate) trouble: Option<(&'a str, &'a str)>,
    pub(crate) has_preview: bool,
}

/// The page.
pub(crate) fn labels_page(form: LabelForm<'_>) -> Markup {
    let words = form.frame.words;
    let lang = words.lang().code();
    let path = form.lot.map(|lot| format!("/labels?lot={}&size={}", percent_encode(lot), form.size.name()));
    let main = html! {
        main #main.plain.labels {
            h1 { (words.get("label.page.title")) }
            (form.trouble_box())
            form.find action="/labels" method="get" {
                label for="lot" { (words.get("label.page.lot")) }
                div.row {
                    input #lot name="lot" type="text" required maxlength="400" autocomplete="off" spellcheck="false" value=(form.typed);
                }
                label for="size" { (words.get("label.page.size")) }
                div.row {
                    select #size name="size" { @for size in SIZES { (choice(size.name(), &about(size, words), form.size.name())) } }
                }
                label for="phone" { (words.get("label.page.phone")) }
                div.row {
                    input #phone name="phone" type="tel" maxlength="20" autocomplete="tel" value=(form.asked("phone"));
                    button.button.quiet type="submit" { (words.get("label.page.show")) }
                }
                p.hint { (words.get("label.page.phone_hint")) }
                input type="hidden" name="lang" value=(lang);
            }
            @if let Some(lot) = form.lot {
                @if form.has_preview { (form.preview(lot)) }
                (form.printing(lot))
            }
        }
    };
    let frame = Frame { path: path.as_deref().unwrap_or(form.frame.path), ..form.frame };
    document(frame, words.get("label.page.title"), None, &main)
}

fn about(size: Size, words: Words) -> String {
    let kind = match size.sheet() {
        None => "label.page.thermal",
        Some(sheet) if sheet.is_plain => "label.page.plain",
        Some(_) => "label.page.sheet",
    };
    format!("{} \u{b7} {}", size.about(), words.get(kind))
}

fn choice(value: &str, text: &str, chosen: &str) -> Markup {
    html! { option value=(value) selected[value == chosen] { (text) } }
}

impl LabelForm<'_> {
    fn asked(&self, name: &str) -> &str {
        self.asked.get(name).map(String::as_str).unwrap_or_default()
    }

    fn trouble_box(&self) -> Markup {
        let words = self.frame.words;
        html! {
            @if let Some((code, detail)) = self.trouble {
                section.verdict.mind role="alert" {
                    (icon::sign(icon::Sign::Mind))
                    div.words {
                        p.line { (words.find(&format!("label.error.{code}")).unwrap_or_else(|| words.get("label.error.other"))) }
                        p.hint lang="en" { (detail) }
                    }
                }
            } @else if self.lot.is_none() && !self.typed.is_empty() {
                section.verdict.mind role="alert" {
                    (icon::sign(icon::Sign::Mind))
                    div.words { p.line { (words.get("trouble.no_code")) } p.hint { (words.get("trouble.no_code_help")) } }
                }
            }
        }
    }

    fn preview(&self, lot: &str) -> Markup {
        let words = self.frame.words;
        let phone = percent_encode(self.asked("phone"));
        let source = format!("{lot}/label.svg?size={}&lang={}&phone={phone}", self.size.name(), words.lang().code());
        html! {
            figure.label-preview {
                img src=(source) alt=(words.get("label.page.preview")) width=(pixels(self.size.width_um())) height=(pixels(self.size.height_um()));
            }
            @if !self.warnings.is_empty() {
                ul.notes {
                    @for warning in self.warnings {
                        li {
                            (words.find(&format!("label.field.{}", warning.field_code())).unwrap_or_default()) ": "
                            (words.find(&format!("label.warning.{}", warning.kind_code())).unwrap_or_default())
                        }
                    }
                }
            }
        }
    }

    fn printing(&self, lot: &str) -> Markup {
        let words = self.frame.words;
        let asked = |name: &str| self.asked(name);
        let formats = Format::ALL.map(Format::name);
        html! {
            form.find action="/labels" method="post" {
                input type="hidden" name="lot" value=(lot);
                input type="hidden" name="size" value=(self.size.name());
                input type="hidden" name="lang" value=(words.lang().code());
                input type="hidden" name="phone" value=(asked("phone"));
                label for="count" { (words.get("label.page.count")) }
                input #count name="count" type="number" inputmode="numeric" min="1" max=(LABELS_MAX) value=(asked("count"));
                label for="format" { (words.get("label.page.format")) }
                select #format name="format" {
                    @for format in formats {
                        (choice(format, words.find(&format!("label.format.{format}")).unwrap_or(format), asked("format")))
                    }
                }
                label for="dpi" { (words.get("label.page.dpi")) }
                select #dpi name="dpi" { @for dpi in ["203", "300"] { (choice(dpi, dpi, asked("dpi"))) } }
                details {
                    summary { (words.get("label.page.more")) }
                    label for="start_at" { (words.get("label.page.start_at")) }
                    input #start_at name="start_at" type="number" inputmode="numeric" min="1" max="65" value=(asked("start_at"));
                    label for="serials" { (words.get("label.page.serials")) }
                    textarea #serials name="serials" rows="4" spellcheck="false" autocomplete="off" { (asked("serials")) }
                    label for="first" { (words.get("label.page.first")) }
                    input #first name="first" type="number" inputmode="numeric" min="1" max=(LABELS_MAX) value=(asked("first"));
                }
                p { button.button type="submit" { (words.get("label.page.make")) } }
                p.hint { (words.get("label.page.true_size")) }
            }
        }
    }
}

/// Pixels on the screen: a millimetre takes some six, so that the smallest words can be read.
fn pixels(um: i32) -> i32 {
    um * 6 / 1_000
}
