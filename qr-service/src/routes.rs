//! HTTP: which handler answers where, and the headers that all answers carry.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::map_response,
    response::{IntoResponse as _, Redirect, Response},
    routing::{MethodRouter, get},
};
use tower_http::compression::CompressionLayer;

use crate::{
    assets,
    link::ItemLink,
    linkset,
    page::{Trouble, home_page},
    service::Service,
    short_code,
};

mod answer;
mod blob;
mod compressed;
mod item;
mod labels;
mod report;
mod scratch;

use answer::Reader;

/// Nothing from elsewhere, nothing inline: hostile text that slipped through the escaping would still not run.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                           form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A page may change at any moment, by a recall for one.
const NO_CACHE: &str = "no-cache";
/// What is named by its hash never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Primary keys of GS1 other than the GTIN: read, judged by their syntax, and not resolved here.
const OTHER_KEYS: [&str; 15] =
    ["00", "253", "255", "401", "402", "414", "415", "417", "8003", "8004", "8006", "8010", "8013", "8017", "8018"];
const METHODS: &str = "GET, HEAD, OPTIONS";

type Shared = State<Arc<Service>>;
type Asked = Query<BTreeMap<String, String>>;

/// The routes without a fallback.
pub(crate) fn router(service: Arc<Service>) -> Router {
    with_headers(routes()).with_state(service)
}

/// The routes with a page for every other path.
pub(crate) fn standalone(service: Arc<Service>) -> Router {
    with_headers(routes().fallback(no_page)).with_state(service)
}

/// One layer of both: each is a box and a copy of what lies below for every request.
fn with_headers(routes: Router<Arc<Service>>) -> Router<Arc<Service>> {
    routes.layer((CompressionLayer::new(), map_response(guard)))
}

fn routes() -> Router<Arc<Service>> {
    let items = || -> MethodRouter<Arc<Service>> { get(item::get).post(item::post).options(options) };
    let mut router = Router::new()
        .route("/", get(home))
        .route("/find", get(find))
        .route("/labels", labels::form_route())
        .route("/verify.html", get(verify_page))
        .route("/.well-known/gs1resolver", get(description).options(options))
        .route(linkset::CONTEXT_PATH, get(context).options(options))
        .route("/lot/{*rest}", items())
        .route("/01/{*rest}", items())
        .route("/{compressed}", get(compressed::get).options(options))
        .route("/blob/{sha256}", get(blob::full))
        .route("/blob/{sha256}/small", get(blob::small))
        .route("/assets/{version}/{*path}", get(asset));
    for key in OTHER_KEYS {
        router = router.route(&format!("/{key}/{{*rest}}"), get(item::get).options(options));
    }
    router
}

/// Headers of every answer; a handler may have set a stricter content policy already. Everything here is public and without cookies, so that
/// any page may read it.
async fn guard(mut response: Response) -> Response {
    let is_cut_short = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Link, Location, ETag"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
    // The connection ends after an answer to a body that was not read to its end; a client that is not told sends its next request into it.
    if is_cut_short {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What may be asked, by pages on other hosts too.
async fn options() -> Response {
    let headers = [
        (header::ALLOW, METHODS),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Accept-Language"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn description(State(service): Shared) -> Response {
    let headers = [(header::CACHE_CONTROL, NO_CACHE)];
    (headers, Json(linkset::description(service.base()))).into_response()
}

async fn context() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/ld+json"), (header::CACHE_CONTROL, NO_CACHE)];
    (headers, linkset::context().to_string()).into_response()
}

async fn home(Query(asked): Asked, headers: HeaderMap) -> Response {
    let reader = Reader::of(&asked, &headers);
    reader.page(StatusCode::OK, home_page(reader.frame("/")))
}

/// Leads from what a person typed to the page of the lot.
async fn find(Query(asked): Asked, headers: HeaderMap) -> Response {
    let reader = Reader::of(&asked, &headers);
    let typed = asked.get("code").map(String::as_str).unwrap_or_default();
    match short_code::parse(typed).or_else(|_| ItemLink::parse(typed)) {
        Ok(link) => Redirect::to(&format!("{}?lang={}", link.page_path(), reader.lang.code())).into_response(),
        Err(_) => reader.trouble(Trouble::NoCode, "/", Some(typed)),
    }
}

async fn no_page(uri: Uri, headers: HeaderMap) -> Response {
    Reader::of(&answer::asked(&uri), &headers).trouble(Trouble::NoPage, "/", None)
}

/// The page that checks evidence, for those who have no copy of it yet.
async fn verify_page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, assets::verify_policy()),
        (header::CACHE_CONTROL, NO_CACHE),
    ];
    (headers, assets::VERIFY_PAGE).into_response()
}

async fn asset(Path((version, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = assets::find(&path) else { return StatusCode::NOT_FOUND.into_response() };
    // A page of an older version gets today's file rather than none, but may not keep it under the old name.
    let caching = if version == assets::version() { FOR_EVER } else { NO_CACHE };
    let own =
        [(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, caching), (header::VARY, "Accept-Encoding")];
    match answer::encoding(&headers).and_then(|encoding| Some((encoding, assets::compressed(&path, encoding)?))) {
        Some((encoding, bytes)) => (own, [(header::CONTENT_ENCODING, encoding.name())], bytes).into_response(),
        None => (own, asset.text).into_response(),
    }
}

#[cfg(test)]
mod tests;
