//! The home page, and the pages that say why there is nothing to show.

use maud::{Markup, html};

use super::{Frame, document, icon};
use crate::{limit::TooMany, locale::Words};

/// Why a page cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The address or what was typed names no lot.
    NoCode,
    /// The ledger has no such lot.
    UnknownCode,
    /// The serial is none of the lot's.
    UnknownSerial,
    /// There is no link of the type asked for.
    NoLink,
    /// The client asks for too much.
    TooMany(TooMany),
    /// The node does not answer.
    NodeDown,
    /// The node answered something that cannot be read.
    BadAnswer,
    /// There is no such page.
    NoPage,
}

impl Trouble {
    fn texts(self, words: Words) -> (&'static str, &'static str) {
        match self {
            Self::NoCode => (words.get("trouble.no_code"), words.get("trouble.no_code_help")),
            Self::UnknownCode => (words.get("trouble.unknown_code"), words.get("trouble.unknown_code_help")),
            Self::UnknownSerial => (words.get("trouble.unknown_serial"), words.get("trouble.unknown_serial_help")),
            Self::NoLink => (words.get("trouble.no_link"), words.get("trouble.no_link_help")),
            Self::TooMany(_) => (words.get("trouble.too_many"), words.get("trouble.too_many_help")),
            Self::NodeDown => (words.get("trouble.node_down"), words.get("trouble.node_down_help")),
            Self::BadAnswer => (words.get("trouble.bad_answer"), words.get("trouble.bad_answer_help")),
            Self::NoPage => (words.get("trouble.no_page"), words.get("trouble.no_page_help")),
        }
    }
}

/// A page that says what is wrong and what to do.
pub(crate) fn trouble_page(frame: Frame<'_>, trouble: Trouble, code: Option<&str>) -> Markup {
    let words = frame.words;
    let (title, help) = trouble.texts(words);
    let retry = match trouble {
        Trouble::NodeDown | Trouble::BadAnswer | Trouble::TooMany(_) => Some(words.get("trouble.retry")),
        // The frame's path is that of the lot, which is known.
        Trouble::UnknownSerial => Some(words.get("trouble.see_lot")),
        Trouble::NoLink => Some(words.get("trouble.see_page")),
        Trouble::NoCode | Trouble::UnknownCode | Trouble::NoPage => None,
    };
    // A serial that the lot never had is the one of these that speaks against the pack.
    let (class, sign) = match trouble {
        Trouble::UnknownSerial => ("stop", icon::Sign::Stop),
        Trouble::NoCode
        | Trouble::UnknownCode
        | Trouble::NoLink
        | Trouble::TooMany(_)
        | Trouble::NodeDown
        | Trouble::BadAnswer
        | Trouble::NoPage => ("mind", icon::Sign::Mind),
    };
    let main = html! {
        main #main.plain {
            section class={ "verdict " (class) } {
                (icon::sign(sign))
                div.words {
                    h1.line { (title) }
                    @if let Some(code) = code { p.code { bdi { (code) } } }
                }
            }
            p { (help) }
            @if let Some(retry) = retry {
                p { a.button href={ (frame.path) "?lang=" (words.lang().code()) } { (retry) } }
            } @else {
                (find_form(words))
            }
        }
    };
    document(frame, title, None, &main)
}

/// The home page: what this is, and a field for a code.
pub(crate) fn home_page(frame: Frame<'_>) -> Markup {
    let words = frame.words;
    let main = html! {
        main #main.plain {
            h1 { (words.get("home.title")) }
            p.lead { (words.get("home.lead")) }
            (find_form(words))
            section aria-labelledby="how" {
                h2 #how { (words.get("home.how")) }
                ol.plainsteps {
                    li { (words.get("home.how_scan")) }
                    li { (words.get("home.how_read")) }
                    li { (words.get("home.how_check")) }
                }
            }
            section aria-labelledby="limits" {
                h2 #limits { (words.get("limits.title")) }
                p { (words.get("home.limits")) }
            }
        }
    };
    document(frame, words.get("home.title"), None, &main)
}

fn find_form(words: Words) -> Markup {
    html! {
        form.find action="/find" method="get" role="search" {
            label for="code" { (words.get("home.field")) }
            div.row {
                input #code name="code" type="text" required maxlength="400" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" aria-describedby="code-hint";
                button.button type="submit" { (words.get("home.open")) }
            }
            p #code-hint.hint { (words.get("home.hint")) }
            input type="hidden" name="lang" value=(words.lang().code());
        }
    }
}
