//! What other programs read of the page: Open Graph for previews in chats, `schema.org` for marketplaces and search.
//!
//! They are told what the ledger says and nothing more: no price, no stock, no rating, and a recall before all.

use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value, json};

use super::lot::LotPage;
use crate::{
    locale::Lang,
    story::{Certificate, Place, Story},
};

/// Most certificates told to other programs.
const CERTIFICATES_MAX: usize = 6;

/// What stands in the head of the page.
pub(super) fn meta(page: &LotPage<'_>, name: &str) -> Markup {
    let words = page.frame.words;
    let title = title(page, name);
    let description = description(page);
    let address = page.lot_address();
    let (locale, other) = match words.lang() {
        Lang::Vi => ("vi_VN", "en_GB"),
        Lang::En => ("en_GB", "vi_VN"),
    };
    html! {
        meta name="description" content=(description);
        link rel="canonical" href=(address);
        @for lang in [Lang::Vi, Lang::En] {
            link rel="alternate" hreflang=(lang.code()) href={ (address) "?lang=" (lang.code()) };
        }
        meta property="og:type" content="product";
        meta property="og:site_name" content=(words.get("page.name"));
        meta property="og:title" content=(title);
        meta property="og:description" content=(description);
        meta property="og:url" content=(address);
        meta property="og:locale" content=(locale);
        meta property="og:locale:alternate" content=(other);
        @if let Some(image) = page.picture_address() {
            meta property="og:image" content=(image);
            meta property="og:image:alt" content=(name);
        }
    }
}

/// The lot as a `schema.org` product. A browser does not run it, so the page's content policy need not allow it.
pub(super) fn data(page: &LotPage<'_>, name: &str) -> Markup {
    html! { script type="application/ld+json" { (data_block(&product(page, name))) } }
}

/// The lot's name, with a recall before it.
fn title(page: &LotPage<'_>, name: &str) -> String {
    let words = page.frame.words;
    let title = format!("{name} \u{b7} {} {}", words.get("lot.lot"), page.link.short_lot());
    if page.story.recalls.is_empty() { title } else { format!("{}: {title}", words.get("meta.recalled")) }
}

fn description(page: &LotPage<'_>) -> String {
    let words = page.frame.words;
    let lang = words.lang();
    let mut parts: Vec<String> = Vec::new();
    if !page.story.recalls.is_empty() {
        parts.push(words.get("verdict.recalled").to_owned());
    }
    parts.extend(maker(page));
    let place = page.story.made_at.as_ref().and_then(|place| place.then.as_ref());
    parts.extend(place.map(|place| place.in_lang(lang).0.to_owned()));
    parts.push(words.get("meta.promise").to_owned());
    parts.join(" \u{b7} ")
}

fn maker(page: &LotPage<'_>) -> Option<String> {
    let name = page.story.maker.as_ref()?.name.as_ref()?;
    Some(name.in_lang(page.frame.words.lang()).0.to_owned())
}

/// JSON that cannot end the element in which it stands: `<`, `>` and `&` are written as JSON's own escapes.
fn data_block(value: &Value) -> PreEscaped<String> {
    let json = value.to_string();
    PreEscaped(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

fn product(page: &LotPage<'_>, name: &str) -> Value {
    let words = page.frame.words;
    let lang = words.lang();
    let story = page.story;
    let mut told = Map::new();
    let mut tell = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            told.insert(key.to_owned(), value);
        }
    };
    let product = story.product.as_ref();
    tell("@context", Some(json!("https://schema.org")));
    tell("@type", Some(json!("Product")));
    tell("@id", Some(json!(story.lot)));
    tell("name", Some(json!(name)));
    tell("inLanguage", Some(json!(lang.code())));
    tell("url", Some(json!(page.lot_address())));
    tell("image", page.picture_address().map(Value::from));
    let text = product.and_then(|product| product.description.as_ref());
    let text = text.map(|text| text.in_lang(lang).0);
    let recalled = (!story.recalls.is_empty()).then(|| words.get("verdict.recalled"));
    let parts: Vec<&str> = recalled.into_iter().chain(text).collect();
    tell("description", (!parts.is_empty()).then(|| json!(parts.join(". "))));
    tell("gtin14", product.and_then(|product| product.gtin.as_ref()).map(|gtin| json!(gtin)));
    tell("productionDate", Some(json!(story.made.date_naive().to_string())));
    let brand = product.and_then(|product| product.brand.as_ref());
    tell("brand", brand.map(|brand| json!({"@type": "Brand", "name": brand})));
    tell("manufacturer", maker(page).map(|name| manufacturer(story, &name, lang)));
    let net = product.and_then(|product| product.net_content.as_ref());
    let property = |key: &str, value: String| json!({"@type": "PropertyValue", "name": words.get(key), "value": value});
    let mut properties = vec![property("lot.lot", page.link.short_lot().to_owned())];
    properties.extend(story.best_before.map(|day| property("lot.best_before", day.to_string())));
    properties.extend(net.map(|net| property("lot.net", net.show(words))));
    tell("additionalProperty", Some(Value::Array(properties)));
    let certificates: Vec<Value> = story.certificates.iter().take(CERTIFICATES_MAX).map(certificate).collect();
    tell("hasCertification", (!certificates.is_empty()).then_some(Value::Array(certificates)));
    Value::Object(told)
}

fn manufacturer(story: &Story, name: &str, lang: Lang) -> Value {
    let mut told = json!({"@type": "Organization", "name": name});
    if let Some(address) = story.made_at.as_ref().and_then(|place| address(place, lang)) {
        told["address"] = json!(address);
    }
    if let Some(number) = story.maker.as_ref().and_then(|maker| maker.business_id.as_ref()) {
        told["identifier"] = json!(number);
    }
    told
}

fn address(place: &Place, lang: Lang) -> Option<String> {
    place.today.as_ref().or(place.then.as_ref()).map(|name| name.in_lang(lang).0.to_owned())
}

fn certificate(certificate: &Certificate) -> Value {
    let mut told = json!({
        "@type": "Certification", "name": certificate.scheme,
        "issuedBy": {"@type": "Organization", "name": certificate.issuer},
    });
    let dates = [("validFrom", certificate.from), ("expires", certificate.to)];
    for (key, day) in dates {
        if let Some(day) = day {
            told[key] = json!(day.to_string());
        }
    }
    if let Some(number) = &certificate.number {
        told["certificationIdentification"] = json!(number);
    }
    told
}
