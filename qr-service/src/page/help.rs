//! For those who scan at home: how to keep and cook it, where to buy it again, whom to ask, and how to pass the page on.

use maud::{Markup, html};

use super::{lot::LotPage, said};
use crate::link::percent_encode;

pub(super) fn help(page: &LotPage<'_>, name: &str) -> Markup {
    let words = page.frame.words;
    // Products registered before there was a word of its own for it say in their description how to keep them.
    let keep =
        page.story.product.as_ref().and_then(|product| product.storage.as_ref().or(product.description.as_ref()));
    html! {
        section.help aria-labelledby="help" {
            h2 #help { (words.get("help.title")) }
            @if let Some(keep) = keep {
                h3 { (words.get("help.keep")) }
                blockquote { p { (said(keep, words.lang())) } }
                (page.makers_word())
            }
            h3 { (words.get("help.ask")) }
            p { (words.get("help.report")) }
            @if page.can_report {
                p { a.button.quiet href={ (page.link.page_path()) "/report?lang=" (words.lang().code()) } { (words.get("report.open")) } }
            }
            @if let Some(maker) = &page.story.maker {
                p {
                    (words.get("help.maker")) " " strong { (page.teller().party(maker)) }
                    @if let Some(place) = &page.story.made_at { ", " (page.teller().place(place)) }
                    ". "
                    (words.get("help.phone"))
                }
            }
            (shops(page))
            (share(page, name))
        }
    }
}

/// The producer's own word, and nobody's recommendation: the links carry no weight for search engines and tell the shop nothing.
fn shops(page: &LotPage<'_>) -> Markup {
    let words = page.frame.words;
    let links = page.story.product.as_ref().map(|product| product.shop_links.as_slice()).unwrap_or_default();
    html! {
        @if !links.is_empty() {
            h3 { (words.get("help.again")) }
            ul.shops {
                @for link in links { li { a href=(link) rel="nofollow noopener noreferrer" { (host(link)) } } }
            }
            p.hint { (words.get("help.shops")) }
            (page.makers_word())
        }
    }
}

/// The code, the address, and two ways to send it on. The button shows itself where the browser can share or copy.
fn share(page: &LotPage<'_>, name: &str) -> Markup {
    let words = page.frame.words;
    let address = page.lot_address();
    let mail = format!(
        "mailto:?subject={}&body={}",
        percent_encode(&format!("{name} {}", page.link.short_lot())),
        percent_encode(&address)
    );
    html! {
        h3 { (words.get("share.title")) }
        figure.code {
            img src={ (page.link.page_path()) "/qr.svg" } alt=(words.get("help.qr_alt")) width="148" height="148" loading="lazy";
            figcaption { (words.get("help.address")) br; span.lot { (page.address) } }
        }
        p.actions {
            button #share.button.quiet type="button" hidden data-title=(name) data-url=(address) { (words.get("share.button")) }
            a.button.quiet href=(mail) { (words.get("share.mail")) }
        }
        p #shared.hint role="status" {}
    }
}

/// The host of a web address, which is all of it that a reader needs to see.
fn host(link: &str) -> &str {
    link.split('/').nth(2).unwrap_or(link)
}
