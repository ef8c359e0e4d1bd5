//! The page of a kind of goods: what a GTIN alone leads to.

use maud::{Markup, html};

use super::{
    Frame, document,
    lot::{labelled, warnings},
    said,
};
use crate::story::Product;

/// What the ledger says of a product, and how to come to a lot of it.
pub(crate) fn product_page(frame: Frame<'_>, product: &Product) -> Markup {
    let words = frame.words;
    let lang = words.lang();
    let name = product.name.as_ref().map_or(words.get("lot.nameless"), |name| name.in_lang(lang).0);
    let main = html! {
        main #main.plain {
            @if let Some(picture) = &product.picture {
                img.photo src={ "/blob/" (picture.sha256) "/small" } alt=(name) width="640" height="480" decoding="async";
            }
            h1 { @if let Some(name) = &product.name { (said(name, lang)) } @else { (name) } }
            (warnings(product, words))
            dl.facts {
                @if let Some(gtin) = &product.gtin { div { dt { "GTIN" } dd.lot { (gtin) } } }
                @if let Some(net) = &product.net_content { div { dt { (words.get("lot.net")) } dd { (net.show(words)) } } }
                (labelled(product, words))
                @if let Some(text) = &product.storage { div.wide { dt { (words.get("help.keep")) } dd { (said(text, lang)) } } }
                @if !product.standards.is_empty() {
                    div.wide { dt { (words.get("certificate.declared")) } dd { @for one in &product.standards { p { bdi { (one) } } } } }
                }
            }
            @if let Some(description) = &product.description { p { (said(description, lang)) } }
            p { (words.get("product.lead")) }
            @if !product.shop_links.is_empty() {
                p { (words.get("help.shops")) }
                ul.shops { @for link in &product.shop_links { li { a href=(link) rel="nofollow noopener noreferrer" { (link) } } } }
            }
        }
    };
    document(frame, name, None, &main)
}
