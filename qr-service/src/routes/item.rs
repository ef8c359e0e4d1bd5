//! Everything under the address of a lot, a pack or a product: the resolver.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};

use super::{
    NO_CACHE, Shared,
    answer::{self, Reader},
    compressed, labels, report, scratch,
};
use crate::{
    assets::Encoding,
    link::{ItemLink, LinkError, Subject, View},
    linkset::{self, LINKSET, Level, Wanted},
    node::NodeError,
    page::{LotPage, Trouble, lot_page, product_page},
    service::{Client, CodeFormat, DrawError, PageFacts, Service, TellError, Told},
};

/// The same code is drawn for the same address as long as the service's base stays.
const ONE_HOUR: &str = "public, max-age=3600";
/// Words in a browser's name by which programs that prepare previews and indexes make themselves known.
const ROBOTS: [&str; 6] = ["bot", "crawl", "spider", "preview", "facebookexternalhit", "lighthouse"];

/// A request, read.
pub(super) struct Call {
    pub(super) service: Arc<Service>,
    pub(super) reader: Reader,
    pub(super) client: Client,
    pub(super) asked: BTreeMap<String, String>,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) method: Method,
}

impl Call {
    /// Reads a request, and gives back its path and its body.
    pub(super) fn of(service: Arc<Service>, request: Request) -> (Self, String, Body) {
        let (Parts { method, uri, headers, extensions, .. }, body) = request.into_parts();
        let asked = answer::asked(&uri);
        let call = Self {
            reader: Reader::of(&asked, &headers),
            client: answer::client(&service, &headers, &extensions),
            service,
            asked,
            query: uri.query().unwrap_or_default().to_owned(),
            headers,
            method,
        };
        (call, uri.path().to_owned(), body)
    }

    /// How the reader's browser calls itself.
    pub(super) fn agent(&self) -> String {
        let agent = self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        agent.unwrap_or_default().to_owned()
    }

    fn wanted(&self) -> Option<Wanted> {
        // A linkset that is asked for in the header, and at least as much as a page.
        let by_header = || {
            let weight = answer::wants(&self.headers, LINKSET);
            (weight > 0.0 && weight >= answer::wants(&self.headers, "text/html")).then_some(Wanted::Linkset)
        };
        self.asked.get("linkType").map(|value| Wanted::read(value)).or_else(by_header)
    }

    /// Leads on to an address of the ledger's or our own, with all that the query says.
    pub(super) fn redirect(&self, target: &str, levels: &[Level], path: &str) -> Response {
        let (target, fragment) = target.split_once('#').map_or((target, None), |(target, part)| (target, Some(part)));
        let joint = if target.contains('?') { "&" } else { "?" };
        let query = if self.query.is_empty() { String::new() } else { format!("{joint}{}", self.query) };
        let fragment = fragment.map(|part| format!("#{part}")).unwrap_or_default();
        let Ok(location) = HeaderValue::try_from(format!("{target}{query}{fragment}")) else {
            return self.reader.trouble(Trouble::NoLink, path, None);
        };
        let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
        response.headers_mut().insert(header::LOCATION, location);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_CACHE));
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language"));
        if let Some(links) = linkset::to_header(self.service.base(), path, levels) {
            response.headers_mut().insert(header::LINK, links);
        }
        response
    }

    fn linkset(&self, levels: &[Level]) -> Response {
        let mut json = linkset::to_json(levels);
        let media_type = ["application/ld+json", "application/json"]
            .into_iter()
            .find(|other| answer::wants(&self.headers, other) > answer::wants(&self.headers, LINKSET));
        if media_type == Some("application/ld+json") {
            json["@context"] = linkset::context()["@context"].take();
        }
        let context = format!(
            "<{}{}>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"",
            self.service.base(),
            linkset::CONTEXT_PATH
        );
        let headers = [
            (header::CONTENT_TYPE, media_type.unwrap_or(LINKSET).to_owned()),
            (header::CACHE_CONTROL, NO_CACHE.to_owned()),
            (header::VARY, "Accept, Accept-Language".to_owned()),
            (header::LINK, context),
        ];
        (headers, json.to_string()).into_response()
    }

    /// The answer where links were asked for; `None` where the page of `path` itself is the answer.
    fn links(&self, levels: &[Level], path: &str) -> Option<Response> {
        let rel = match self.wanted()? {
            Wanted::Linkset => return Some(self.linkset(levels)),
            Wanted::Nothing => return Some(self.reader.trouble(Trouble::NoLink, path, None)),
            Wanted::Link(rel) => rel,
        };
        let wants_json = answer::wants(&self.headers, "application/json") > answer::wants(&self.headers, "text/html");
        let Some(link) = linkset::choose(levels, rel, self.reader.lang, wants_json) else {
            return Some(self.reader.trouble(Trouble::NoLink, path, None));
        };
        let own = format!("{}{path}", self.service.base());
        let target = link.href.split(['?', '#']).next().unwrap_or_default();
        (target != own).then(|| self.redirect(&link.href, levels, path))
    }
}

pub(super) async fn get(State(service): Shared, request: Request) -> Response {
    if labels::named(request.uri().path()).is_some() {
        return labels::made(&service, request).await;
    }
    let (call, path, _) = Call::of(service, request);
    let subject = Subject::parse(&path, &call.query);
    // A key may be followed by the rest in compressed form.
    if subject.is_err()
        && let Some(expanded) = compressed::expand(&path)
    {
        return compressed::answer(call, expanded).await;
    }
    answer_for(&call, subject, &path).await
}

/// A form that was sent: a problem that somebody reports, or the code under a scratch layer; or the serial numbers of labels to make.
pub(super) async fn post(State(service): Shared, request: Request) -> Response {
    if labels::named(request.uri().path()).is_some() {
        return labels::made(&service, request).await;
    }
    let (call, path, body) = Call::of(service, request);
    let Ok((Subject::Item(link), view)) = Subject::parse(&path, &call.query) else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    if !matches!(view, View::Report | View::Scratch) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    // A form on somebody else's page that sends its visitors' browsers here.
    let site = call.headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if view == View::Scratch { scratch::sent(call, link, body).await } else { report::sent(call, link, body).await }
}

/// Answers for a path that names something by a GS1 key or as a lot of our own.
pub(super) async fn resolve(call: &Call, path: &str) -> Response {
    answer_for(call, Subject::parse(path, &call.query), path).await
}

async fn answer_for(call: &Call, subject: Result<(Subject, View), LinkError>, path: &str) -> Response {
    match subject {
        Ok((Subject::Item(link), view)) => item(call, &link, view).await,
        Ok((Subject::Product { gtin, is_named_closer }, View::Page)) => product(call, &gtin, is_named_closer).await,
        Ok((Subject::Product { .. }, _)) => call.reader.trouble(Trouble::NoPage, "/", Some(path)),
        Ok((Subject::OtherKey, _)) => call.reader.trouble(Trouble::UnknownCode, "/", Some(path)),
        Err(error) => {
            tracing::debug!(path, %error, "no link");
            call.reader.trouble(Trouble::NoCode, "/", Some(path))
        }
    }
}

async fn item(call: &Call, link: &ItemLink, view: View) -> Response {
    match view {
        View::QrSvg => return picture(call, link, CodeFormat::Svg, "image/svg+xml"),
        View::QrPng => return picture(call, link, CodeFormat::Png, "image/png"),
        View::Scratch => return scratch::form(call, link).await,
        View::Page | View::Proof | View::DenseProof | View::SerialProof | View::Report => {}
    }
    let path = link.page_path();
    let told = match call.service.tell(link, call.client).await {
        Ok(told) => told,
        Err(error) => {
            return match (alias(call, link, &error).await, view) {
                (Some(own), _) => call.redirect(&format!("{}{}", own.page_path(), suffix(view)), &[], &path),
                (None, View::Proof | View::DenseProof | View::SerialProof) => answer::blank(&error),
                (None, _) => call.reader.untold(&error, &path, Some(link.short_lot())),
            };
        }
    };
    match view {
        View::Proof => {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, NO_CACHE)];
            (headers, told.bundle).into_response()
        }
        View::DenseProof => dense_proof(call, &told).await,
        View::SerialProof => serial_proof(call, link, &told).await,
        View::Report => report::form(call, link, &told),
        View::Page | View::QrSvg | View::QrPng | View::Scratch => page(call, link, &told).await,
    }
}

/// The lot of our own that a GS1 lot's address means: its number is the own lot's, and the ledger gave its product this GTIN, be it later
/// than the lot was made.
pub(super) async fn alias(call: &Call, link: &ItemLink, error: &TellError) -> Option<ItemLink> {
    if !matches!(error, TellError::Node(NodeError::NotFound)) {
        return None;
    }
    let (own, gtin) = (link.own_lot()?, link.gtin()?);
    let told = call.service.tell(&own, call.client).await.ok()?;
    told.story.gtins.iter().any(|given| given == gtin).then_some(own)
}

fn suffix(view: View) -> &'static str {
    match view {
        View::Page => "",
        View::QrSvg => "/qr.svg",
        View::QrPng => "/qr.png",
        View::Proof => "/proof.json",
        View::DenseProof => "/proof.bin",
        View::SerialProof => "/serial-proof",
        View::Report => "/report",
        View::Scratch => "/scratch",
    }
}

async fn page(call: &Call, link: &ItemLink, told: &Told) -> Response {
    let path = link.page_path();
    let wanted = call.wanted();
    if wanted.is_some() {
        let levels = linkset::item_levels(call.service.base(), link, &told.story, call.reader.words());
        if let Some(response) = call.links(&levels, &path) {
            return response;
        }
    }
    let pack = match link.serial() {
        Some(serial) => match call.service.pack(&told.story, serial, reader_of(call)).await {
            Some(pack) => Some(pack),
            None => return call.reader.trouble(Trouble::UnknownSerial, &link.lot_path(), Some(serial)),
        },
        None => None,
    };
    let facts =
        PageFacts { story: told.fingerprint, ledger: Arc::clone(&told.ledger), freshness: told.freshness, pack };
    let key = format!("{} {path}", call.reader.lang.code());
    let copy = call.service.page(&key, &facts, || {
        let address = call.service.address(link);
        let page = LotPage {
            frame: call.reader.frame(&path),
            link,
            address: &address,
            story: &told.story,
            ledger: &told.ledger,
            freshness: told.freshness,
            pack,
            can_report: call.service.data().is_some(),
        };
        lot_page(page).into_string()
    });
    let mut response = call.reader.copy(&copy, &call.headers);
    if let Ok(links) = HeaderValue::try_from(linkset::linkset_link(call.service.base(), &path)) {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

/// The person whose look counts as a scan: whoever opens the page itself, not a program that fetches it ahead of her or for a list.
fn reader_of(call: &Call) -> Option<(Client, String)> {
    let text = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent = text("user-agent");
    let lower = agent.to_ascii_lowercase();
    let is_ahead = ["sec-purpose", "purpose", "x-moz"].iter().any(|name| text(name).contains("prefetch"));
    let is_person = call.method == Method::GET
        && answer::wants(&call.headers, "text/html") > 0.0
        && !is_ahead
        && !ROBOTS.iter().any(|robot| lower.contains(robot));
    is_person.then(|| (call.client, agent.to_owned()))
}

async fn dense_proof(call: &Call, told: &Told) -> Response {
    let Some(proof) = told.dense().await else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, NO_CACHE),
        (header::VARY, "Accept-Encoding"),
    ];
    match answer::encoding(&call.headers) {
        Some(Encoding::Brotli) => {
            (headers, [(header::CONTENT_ENCODING, Encoding::Brotli.name())], proof.brotli).into_response()
        }
        Some(Encoding::Gzip) | None => (headers, proof.plain).into_response(),
    }
}

async fn serial_proof(call: &Call, link: &ItemLink, told: &Told) -> Response {
    let proof = match link.serial() {
        Some(serial) => call.service.serial_proof(&told.story, serial).await,
        None => None,
    };
    match proof {
        Some(proof) => {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, NO_CACHE)];
            (headers, proof.to_json(&told.story.lot).to_string()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn picture(call: &Call, link: &ItemLink, format: CodeFormat, media_type: &'static str) -> Response {
    match call.service.code(link, format, call.client) {
        Ok(bytes) => {
            let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, ONE_HOUR)];
            (headers, Body::from(Bytes::clone(&bytes))).into_response()
        }
        Err(DrawError::TooMany(wait)) => answer::too_many(wait),
        Err(DrawError::Code(error)) => {
            tracing::warn!(%error, "no code");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A product by its GTIN. What names it more closely without a lot, a variant or a serial, is known of nowhere here: the product's page is
/// the next above it.
async fn product(call: &Call, gtin: &str, is_named_closer: bool) -> Response {
    let path = format!("/01/{gtin}");
    let row = match call.service.product(gtin, call.client).await {
        Ok(row) => row,
        Err(error) => return call.reader.untold(&error, "/", Some(gtin)),
    };
    let levels = [linkset::product_level(call.service.base(), gtin, Some(&row.0), call.reader.words())];
    if let Some(response) = call.links(&levels, &path) {
        return response;
    }
    if is_named_closer {
        return call.redirect(&path, &levels, &path);
    }
    let mut response = call.reader.page(StatusCode::OK, product_page(call.reader.frame(&path), &row.0));
    if let Ok(links) = HeaderValue::try_from(linkset::linkset_link(call.service.base(), &path)) {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}
