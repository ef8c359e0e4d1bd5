//! The form to report a problem with a pack or lot. It works without script.

use maud::{Markup, html};

use super::{Frame, document};
use crate::{
    link::ItemLink,
    reports::{CONTACT_CHARS_MAX, Matter, TEXT_CHARS_MAX},
    story::Story,
};

/// What is said above the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportState {
    /// Nothing yet.
    Empty,
    /// It was kept.
    Sent,
    /// No matter was chosen.
    NoMatter,
    /// Nothing says what else it is.
    NoText,
    /// A text is too long.
    TooLong,
    /// The form is none of ours.
    Unreadable,
    /// It could not be kept.
    NotKept,
}

impl ReportState {
    fn key(self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Sent => Some("report.sent"),
            Self::NoMatter => Some("report.no_matter"),
            Self::NoText => Some("report.no_text"),
            Self::TooLong => Some("report.too_long"),
            Self::Unreadable => Some("report.unreadable"),
            Self::NotKept => Some("report.not_kept"),
        }
    }
}

fn matter_key(matter: Matter) -> &'static str {
    match matter {
        Matter::Goods => "report.goods",
        Matter::Differs => "report.differs",
        Matter::Copy => "report.copy",
        Matter::Other => "report.other",
    }
}

/// The form, or the thanks.
pub(crate) fn report_page(frame: Frame<'_>, link: &ItemLink, story: &Story, state: ReportState) -> Markup {
    let words = frame.words;
    let lang = words.lang();
    let name = story.product.as_ref().and_then(|product| product.name.as_ref());
    let name = name.map_or(words.get("lot.nameless"), |name| name.in_lang(lang).0);
    let page = link.page_path();
    // The frame's path is the lot's; the language switch must lead back to the form.
    let here = format!("{page}/report");
    let main = html! {
        main #main.plain {
            h1 { (words.get("report.title")) }
            p { strong { (name) } " \u{b7} " (words.get("lot.lot")) " " span.lot { (link.short_lot()) } }
            @if let Some(key) = state.key() { p.flag role="status" { (words.get(key)) } }
            @if state == ReportState::Sent {
                p { a.button href={ (page) "?lang=" (lang.code()) } { (words.get("report.back")) } }
            } @else {
                p { (words.get("report.lead")) }
                form.report action={ (here) "?lang=" (lang.code()) } method="post" {
                    fieldset {
                        legend { (words.get("report.matter")) }
                        @for matter in Matter::ALL {
                            p { label { input type="radio" name="matter" value=(matter.name()) required; " " (words.get(matter_key(matter))) } }
                        }
                    }
                    p { label for="text" { (words.get("report.text")) } }
                    textarea #text name="text" rows="5" maxlength=(TEXT_CHARS_MAX) {}
                    p { label for="contact" { (words.get("report.contact")) } }
                    input #contact name="contact" type="text" maxlength=(CONTACT_CHARS_MAX) autocomplete="tel";
                    p.hint { (words.get("report.contact_hint")) }
                    p hidden { label { "Website " input name="website" type="text" tabindex="-1" autocomplete="off"; } }
                    p { button.button type="submit" { (words.get("report.send")) } }
                }
            }
        }
    };
    document(Frame { path: &here, ..frame }, words.get("report.title"), None, &main)
}
