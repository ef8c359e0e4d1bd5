//! Typed links of a lot, a pack or a product: as a linkset (RFC 9264), as a `Link` header (RFC 8288), and to choose one of.

use axum::http::HeaderValue;
use serde_json::{Map, Value, json};

use crate::{
    link::{ItemLink, percent_encode},
    locale::{Lang, Words},
    story::{Product, Story},
};

/// GS1's link types are words of this vocabulary.
const VOCABULARY: &str = "https://ref.gs1.org/voc/";
/// Other spellings of the same that requests may use.
const SPELLINGS: [&str; 5] =
    ["gs1:", VOCABULARY, "http://ref.gs1.org/voc/", "https://gs1.org/voc/", "https://www.gs1.org/voc/"];
/// Where the file stands that reads a linkset as JSON-LD.
pub(crate) const CONTEXT_PATH: &str = "/.well-known/linkset-context.jsonld";
const HTML: &str = "text/html";
const JSON: &str = "application/json";
/// The media type of a linkset.
pub(crate) const LINKSET: &str = "application/linkset+json";

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rel {
    DefaultLink,
    DefaultLinkMulti,
    Pip,
    Traceability,
    CertificationInfo,
    RecallStatus,
    HasRetailers,
}

impl Rel {
    const ALL: [Self; 7] = [
        Self::DefaultLink,
        Self::DefaultLinkMulti,
        Self::Pip,
        Self::Traceability,
        Self::CertificationInfo,
        Self::RecallStatus,
        Self::HasRetailers,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::DefaultLink => "defaultLink",
            Self::DefaultLinkMulti => "defaultLinkMulti",
            Self::Pip => "pip",
            Self::Traceability => "traceability",
            Self::CertificationInfo => "certificationInfo",
            Self::RecallStatus => "recallStatus",
            Self::HasRetailers => "hasRetailers",
        }
    }
}

/// What `linkType` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All links.
    Linkset,
    /// The best link of a type.
    Link(Rel),
    /// A type of which this resolver has no links.
    Nothing,
}

impl Wanted {
    /// Reads the value of `linkType`.
    pub(crate) fn read(value: &str) -> Self {
        if matches!(value, "all" | "linkset") {
            return Self::Linkset;
        }
        let word = SPELLINGS.iter().find_map(|start| value.strip_prefix(start));
        match Rel::ALL.into_iter().find(|rel| word == Some(rel.word())) {
            Some(rel) => Self::Link(rel),
            None => Self::Nothing,
        }
    }
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypedLink {
    rel: Rel,
    pub(crate) href: String,
    title: String,
    lang: Option<Lang>,
    media_type: Option<&'static str>,
}

/// The links of one thing: a product, a lot or a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    anchor: String,
    description: String,
    links: Vec<TypedLink>,
}

impl Level {
    fn new(base: &str, path: &str, description: String) -> Self {
        Self { anchor: format!("{base}{path}"), description, links: Vec::new() }
    }

    /// A link that is in no language, or whose language is not known.
    fn add(&mut self, rel: Rel, href: String, title: &str, media_type: Option<&'static str>) {
        self.links.push(TypedLink { rel, href, title: title.to_owned(), lang: None, media_type });
    }

    /// This thing's own page, once in each language.
    fn add_page(&mut self, rel: Rel, key: &str, fragment: &str) {
        for lang in [Lang::Vi, Lang::En] {
            let href = format!("{}?lang={}{fragment}", self.anchor, lang.code());
            let title = Words::of(lang).get(key).to_owned();
            self.links.push(TypedLink { rel, href, title, lang: Some(lang), media_type: Some(HTML) });
        }
    }

    /// The default link, which has no attributes beside its title, and the same by language.
    fn add_default(&mut self, words: Words) {
        let href = self.anchor.clone();
        self.add(Rel::DefaultLink, href, words.get("linkset.page"), None);
        self.add_page(Rel::DefaultLinkMulti, "linkset.page", "");
    }
}

/// The level of a product: its page, and the shops that the makers name.
pub(crate) fn product_level(base: &str, gtin: &str, product: Option<&Product>, words: Words) -> Level {
    let mut level = Level::new(base, &format!("/01/{gtin}"), name(product, words));
    level.add_default(words);
    level.add_page(Rel::Pip, "linkset.pip", "");
    add_shops(&mut level, product, words);
    level
}

/// The levels of a lot or pack, the closest first.
pub(crate) fn item_levels(base: &str, link: &ItemLink, story: &Story, words: Words) -> Vec<Level> {
    let product = story.product.as_ref();
    let name = name(product, words);
    let described = |key: &str, number: &str| format!("{name}, {} {number}", words.get(key));
    let mut levels = Vec::new();
    if let Some(serial) = link.serial() {
        let mut level = Level::new(base, &link.page_path(), described("linkset.pack", serial));
        level.add_default(words);
        level.add_page(Rel::Traceability, "linkset.traceability", "");
        levels.push(level);
    }
    let mut level = Level::new(base, &link.lot_path(), described("linkset.lot", link.short_lot()));
    level.add_default(words);
    level.add_page(Rel::Traceability, "linkset.traceability", "");
    let proof = format!("{}/proof.json", level.anchor);
    level.add(Rel::Traceability, proof, words.get("linkset.proof"), Some(JSON));
    level.add_page(Rel::RecallStatus, "linkset.recall", "");
    if !story.certificates.is_empty() {
        level.add_page(Rel::CertificationInfo, "linkset.certificates", "#certificates");
    }
    match link.gtin() {
        Some(gtin) => {
            levels.push(level);
            levels.push(product_level(base, gtin, product, words));
        }
        None => {
            level.add_page(Rel::Pip, "linkset.pip", "");
            add_shops(&mut level, product, words);
            levels.push(level);
        }
    }
    levels
}

/// Links to elsewhere are only those that the ledger holds, and only secure ones: nothing in a request can become one.
fn add_shops(level: &mut Level, product: Option<&Product>, words: Words) {
    let links = product.map(|product| product.shop_links.as_slice()).unwrap_or_default();
    for href in links.iter().filter(|href| is_safe(href)) {
        level.add(Rel::HasRetailers, href.clone(), words.get("linkset.shop"), Some(HTML));
    }
}

/// Whether a web address may stand in a header and be led to.
fn is_safe(href: &str) -> bool {
    let is_plain = href.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'`'));
    is_plain && reqwest::Url::parse(href).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

fn name(product: Option<&Product>, words: Words) -> String {
    let name = product.and_then(|product| product.name.as_ref());
    name.map_or(words.get("lot.nameless"), |name| name.in_lang(words.lang()).0).to_owned()
}

/// The best link of a type: of the closest level that has any, in the reader's language, of the kind that is asked for.
pub(crate) fn choose(levels: &[Level], rel: Rel, lang: Lang, wants_json: bool) -> Option<&TypedLink> {
    let of_type = |level: &'_ Level| level.links.iter().any(|link| link.rel == rel);
    let links = levels.iter().find(|level| of_type(level))?.links.iter().filter(|link| link.rel == rel);
    // The first of the best ones: `min_by_key` counts what does not fit.
    links.min_by_key(|link| {
        let is_kind = (link.media_type == Some(JSON)) == wants_json;
        (!is_kind, link.lang.is_some_and(|other| other != lang))
    })
}

/// The whole list (RFC 9264, section 4.2).
pub(crate) fn to_json(levels: &[Level]) -> Value {
    json!({"linkset": levels.iter().map(level_to_json).collect::<Vec<_>>()})
}

fn level_to_json(level: &Level) -> Value {
    let mut object = Map::new();
    object.insert("anchor".to_owned(), json!(level.anchor));
    object.insert("itemDescription".to_owned(), json!(level.description));
    for rel in Rel::ALL {
        let links: Vec<Value> = level.links.iter().filter(|link| link.rel == rel).map(link_to_json).collect();
        if !links.is_empty() {
            object.insert(format!("{VOCABULARY}{}", rel.word()), Value::Array(links));
        }
    }
    Value::Object(object)
}

fn link_to_json(link: &TypedLink) -> Value {
    let mut object = json!({"href": link.href, "title": link.title});
    if let Some(media_type) = link.media_type {
        object["type"] = json!(media_type);
    }
    if let Some(lang) = link.lang {
        object["hreflang"] = json!([lang.code()]);
    }
    object
}

/// The whole list as the value of a `Link` header, with where to get it as a linkset first.
pub(crate) fn to_header(base: &str, path: &str, levels: &[Level]) -> Option<HeaderValue> {
    let mut links = vec![linkset_link(base, path)];
    for link in levels.iter().flat_map(|level| &level.links) {
        let lang = link.lang.map(|lang| format!("; hreflang=\"{}\"", lang.code())).unwrap_or_default();
        let media_type = link.media_type.map(|media_type| format!("; type=\"{media_type}\"")).unwrap_or_default();
        // A title beyond ASCII travels percent-encoded (RFC 8187).
        let title = percent_encode(&link.title);
        links.push(format!(
            "<{}>; rel=\"{VOCABULARY}{}\"; title*=UTF-8''{title}{media_type}{lang}",
            link.href.replace(['<', '>'], ""),
            link.rel.word()
        ));
    }
    HeaderValue::try_from(links.join(", ")).ok()
}

/// Where the linkset of a path is.
pub(crate) fn linkset_link(base: &str, path: &str) -> String {
    format!("<{base}{path}?linkType=linkset>; rel=\"linkset\"; type=\"{LINKSET}\"; title=\"Linkset\"")
}

/// What reads a linkset as JSON-LD: in our own words, after RFC 9264 appendix A.
pub(crate) fn context() -> Value {
    json!({"@context": {
        "@vocab": "http://www.iana.org/assignments/relation/",
        "linkset": {"@id": "@graph"},
        "anchor": {"@id": "@id"},
        "href": {"@id": "@id"},
        "itemDescription": {"@id": "http://www.w3.org/2000/01/rdf-schema#comment"},
        "title": {"@id": "http://purl.org/dc/terms/title"},
        "hreflang": {"@id": "http://purl.org/dc/terms/language", "@container": "@set"},
        "type": {"@id": "http://purl.org/dc/terms/format"}
    }})
}

/// The resolver description file.
pub(crate) fn description(base: &str) -> Value {
    json!({
        "name": "Ngu\u{1ed3}n",
        "resolverRoot": base,
        "supportedPrimaryKeys": ["01"],
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "supportedContextValuesEnumerated": [],
        "linkTypeDefaultCanBeLinkset": false,
        "linksetContext": format!("{base}{CONTEXT_PATH}"),
        "activeLinkTypes": {
            "vi": active(Lang::Vi),
            "en": active(Lang::En),
        },
    })
}

fn active(lang: Lang) -> Value {
    let words = Words::of(lang);
    let title = |rel| match rel {
        Rel::DefaultLink | Rel::DefaultLinkMulti => words.get("linkset.page"),
        Rel::Pip => words.get("linkset.pip"),
        Rel::Traceability => words.get("linkset.traceability"),
        Rel::CertificationInfo => words.get("linkset.certificates"),
        Rel::RecallStatus => words.get("linkset.recall"),
        Rel::HasRetailers => words.get("linkset.shop"),
    };
    Rel::ALL.into_iter().map(|rel| json!({"linkType": format!("gs1:{}", rel.word()), "title": title(rel)})).collect()
}
