//! The pages, rendered by maud: every value that is put into them is escaped by its type.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    assets,
    locale::{Lang, Words},
};

mod certificates;
mod help;
mod icon;
mod labels;
mod lot;
mod map;
mod message;
mod meta;
mod product;
mod record;
mod report;
mod scratch;
mod verdict;

pub(crate) use labels::{LabelForm, labels_page};
pub(crate) use lot::{Freshness, LotPage, lot_page};
pub(crate) use message::{Trouble, home_page, trouble_page};
pub(crate) use product::product_page;
pub(crate) use report::{ReportState, report_page};
pub(crate) use scratch::{ScratchPage, ScratchState, scratch_page};

/// What every page needs to know of its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) words: Words,
    /// Path of this page, to which the language switch leads.
    pub(crate) path: &'a str,
}

/// The document around a page's main part. A page that checks itself brings more for the `head`; it is given the script.
fn document(frame: Frame<'_>, title: &str, head: Option<&Markup>, main: &Markup) -> Markup {
    let words = frame.words;
    let other = words.lang().other();
    html! {
        (DOCTYPE)
        html lang=(words.lang().code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="format-detection" content="telephone=no";
                title { (title) " \u{b7} " (words.get("page.name")) }
                link rel="stylesheet" href=(assets::url(assets::STYLE_PATH));
                link rel="icon" type="image/svg+xml" href=(assets::url("qr-service/web/icon.svg"));
                @if let Some(head) = head {
                    script type="module" src=(assets::url(assets::SCRIPT_PATH)) {}
                    (head)
                } @else {
                    link rel="stylesheet" href=(assets::url(assets::FORMS_STYLE_PATH));
                }
            }
            body {
                a.skip href="#main" { (words.get("page.skip")) }
                header.top {
                    (band())
                    div.bar {
                        a.mark href={ "/?lang=" (words.lang().code()) } { (words.get("page.name")) }
                        nav aria-label=(words.get("page.language")) {
                            a.switch href={ (frame.path) (if frame.path.contains('?') { "&lang=" } else { "?lang=" }) (other.code()) } lang=(other.code()) hreflang=(other.code()) {
                                (Words::of(other).get("page.this_language"))
                            }
                        }
                    }
                }
                (main)
                footer.bottom {
                    p { (words.get("page.footer")) }
                }
            }
        }
    }
}

/// The woven band: the only ornament. Drawn once as a pattern and repeated over the width.
fn band() -> Markup {
    PreEscaped(
        "<svg class=\"band\" aria-hidden=\"true\" width=\"100%\" height=\"14\">\
         <defs><pattern id=\"weave\" width=\"28\" height=\"14\" patternUnits=\"userSpaceOnUse\">\
         <path class=\"b0\" d=\"M0 0h28v14H0z\"/><path class=\"b1\" d=\"M14 1l8 6-8 6-8-6z\"/>\
         <path class=\"b0\" d=\"M14 4l4 3-4 3-4-3z\"/><path class=\"b2\" d=\"M14 5.6l1.9 1.4-1.9 1.4-1.9-1.4z\"/>\
         <path class=\"b2\" d=\"M0 3.5L3.5 7 0 10.5zM28 3.5L24.500 7 28 10.5z\"/></pattern></defs>\
         <rect width=\"100%\" height=\"14\" fill=\"url(#weave)\"/></svg>"
            .to_owned(),
    )
}

/// A text in the reader's language, marked when it is in another one, isolated from the text around it.
fn said(text: &crate::story::Text, lang: Lang) -> Markup {
    let (text, really) = text.in_lang(lang);
    html! { bdi lang=[really.map(Lang::code)] { (text) } }
}
