//! HTTP: one handler an address, and the headers that all answers carry.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::map_response,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use maud::Markup;
use nguon_ledger::hash::Hash;
use tower_http::compression::CompressionLayer;

use crate::{
    assets,
    link::{ItemLink, View},
    locale::{Lang, Words},
    node::NodeError,
    page::{Frame, LotPage, Trouble, home_page, lot_page, trouble_page},
    service::{CodeFormat, Service, TellError},
    short_code,
    story::StoryError,
};

/// Nothing from elsewhere, nothing inline: hostile text that slipped through the escaping would still not run.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                           form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A blob is somebody's file: it may do nothing at all.
const BLOB_POLICY: &str = "default-src 'none'; sandbox";
/// A page may change at any moment, by a recall for one.
const NO_CACHE: &str = "no-cache";
/// What is named by its hash never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A blob never changes either, but it may be erased, and then copies must die out.
const ONE_DAY: &str = "public, max-age=86400";
/// The same code is drawn for the same address as long as the service's base stays.
const ONE_HOUR: &str = "public, max-age=3600";
/// When to ask again after the node did not answer.
const RETRY_AFTER_SECONDS: &str = "10";

mod labels;

type Shared = State<Arc<Service>>;
type Asked = Query<BTreeMap<String, String>>;

/// The routes without a fallback.
pub(crate) fn router(service: Arc<Service>) -> Router {
    labels::with(routes(), &service).layer(map_response(guard)).layer(CompressionLayer::new()).with_state(service)
}

/// The routes with a page for every other path.
pub(crate) fn standalone(service: Arc<Service>) -> Router {
    labels::with(routes(), &service)
        .fallback(no_page)
        .layer(map_response(guard))
        .layer(CompressionLayer::new())
        .with_state(service)
}

fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(home))
        .route("/find", get(find))
        .route("/verify.html", get(verify_page))
        .route("/lot/{*rest}", get(item))
        .route("/01/{*rest}", get(item))
        .route("/blob/{sha256}", get(blob))
        .route("/assets/{version}/{*path}", get(asset))
}

/// Headers of every answer; a handler may have set a stricter content policy already.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
    response
}

/// What a request says of its reader.
struct Reader {
    lang: Lang,
}

impl Reader {
    fn of(asked: &BTreeMap<String, String>, headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self { lang: Lang::negotiate(asked.get("lang").map(String::as_str), accepted) }
    }

    fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
        Frame { words: Words::of(self.lang), path }
    }

    fn page(&self, status: StatusCode, page: Markup) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_LANGUAGE, self.lang.code()),
            (header::VARY, "Accept-Language"),
            (header::CACHE_CONTROL, NO_CACHE),
        ];
        (status, headers, page.into_string()).into_response()
    }

    fn trouble(&self, trouble: Trouble, path: &str, code: Option<&str>) -> Response {
        let status = match trouble {
            Trouble::NoCode => StatusCode::BAD_REQUEST,
            Trouble::UnknownCode | Trouble::NoPage => StatusCode::NOT_FOUND,
            Trouble::NodeDown => StatusCode::SERVICE_UNAVAILABLE,
            Trouble::BadAnswer => StatusCode::BAD_GATEWAY,
        };
        let mut response = self.page(status, trouble_page(self.frame(path), trouble, code));
        if trouble == Trouble::NodeDown {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
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

async fn no_page(Query(asked): Asked, headers: HeaderMap) -> Response {
    Reader::of(&asked, &headers).trouble(Trouble::NoPage, "/", None)
}

/// Everything under the address of a lot or pack.
async fn item(State(service): Shared, uri: Uri, Query(asked): Asked, headers: HeaderMap) -> Response {
    let reader = Reader::of(&asked, &headers);
    let (link, view) = match ItemLink::parse_path(uri.path()) {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!(path = uri.path(), %error, "no link");
            return reader.trouble(Trouble::NoCode, "/", Some(uri.path()));
        }
    };
    match view {
        View::Page => page(&service, &reader, &link).await,
        View::QrSvg => picture(&service, &link, CodeFormat::Svg, "image/svg+xml"),
        View::QrPng => picture(&service, &link, CodeFormat::Png, "image/png"),
        View::Proof => proof(&service, &link).await,
    }
}

async fn page(service: &Service, reader: &Reader, link: &ItemLink) -> Response {
    let path = link.page_path();
    match service.tell(link).await {
        Ok(told) => {
            let address = service.address(link);
            let page = LotPage {
                frame: reader.frame(&path),
                link,
                address: &address,
                story: &told.story,
                ledger: &told.ledger,
                freshness: told.freshness,
            };
            reader.page(StatusCode::OK, lot_page(page))
        }
        Err(error) => {
            tracing::debug!(%path, %error, "no page");
            reader.trouble(trouble(&error), &path, Some(link.short_lot()))
        }
    }
}

fn trouble(error: &TellError) -> Trouble {
    match error {
        TellError::Node(NodeError::NotFound | NodeError::Gone) => Trouble::UnknownCode,
        TellError::Node(NodeError::Unreachable(_) | NodeError::Status { .. }) => Trouble::NodeDown,
        TellError::Node(NodeError::TooLarge { .. } | NodeError::Malformed)
        | TellError::Story(StoryError::Malformed | StoryError::OtherLot) => Trouble::BadAnswer,
    }
}

fn picture(service: &Service, link: &ItemLink, format: CodeFormat, media_type: &'static str) -> Response {
    match service.code(link, format) {
        Ok(bytes) => {
            let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, ONE_HOUR)];
            (headers, Body::from(bytes)).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "no code");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The proof bundle, for the page's own script and for verifiers on any other host.
async fn proof(service: &Service, link: &ItemLink) -> Response {
    let bundle = match service.ledger().await {
        Ok(ledger) => service.node.bundle(&link.lot_uri(&ledger.origin)).await,
        Err(error) => Err(error),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, NO_CACHE),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    match bundle {
        Ok(bytes) => (headers, Bytes::from(bytes)).into_response(),
        Err(error) => (blank(&error), headers).into_response(),
    }
}

/// The status of an answer that no person reads.
fn blank(error: &NodeError) -> StatusCode {
    match error {
        NodeError::NotFound => StatusCode::NOT_FOUND,
        NodeError::Gone => StatusCode::GONE,
        NodeError::Unreachable(_) | NodeError::Status { .. } => StatusCode::SERVICE_UNAVAILABLE,
        NodeError::TooLarge { .. } | NodeError::Malformed => StatusCode::BAD_GATEWAY,
    }
}

/// A photo, or any other file as a download. Its type is read off its own first bytes: nobody's word is taken for it.
async fn blob(State(service): Shared, Path(sha256): Path<String>) -> Response {
    let Some(sha256) = Hash::from_hex(&sha256) else { return StatusCode::NOT_FOUND.into_response() };
    match service.blob(&sha256).await {
        Ok(bytes) => {
            let (media_type, disposition) = media_type(&bytes);
            let headers = [
                (header::CONTENT_TYPE, media_type),
                (header::CONTENT_DISPOSITION, disposition),
                (header::CONTENT_SECURITY_POLICY, BLOB_POLICY),
                (header::CACHE_CONTROL, ONE_DAY),
            ];
            (headers, Bytes::from(bytes)).into_response()
        }
        Err(error) => blank(&error).into_response(),
    }
}

fn media_type(bytes: &[u8]) -> (&'static str, &'static str) {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => ("image/jpeg", "inline"),
        [0x89, b'P', b'N', b'G', ..] => ("image/png", "inline"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ("image/webp", "inline"),
        [b'%', b'P', b'D', b'F', ..] => ("application/pdf", "attachment"),
        _ => ("application/octet-stream", "attachment"),
    }
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

async fn asset(Path((version, path)): Path<(String, String)>) -> Response {
    let Some(asset) = assets::find(&path) else { return StatusCode::NOT_FOUND.into_response() };
    // A page of an older version gets today's file rather than none, but may not keep it under the old name.
    let caching = if version == assets::version() { FOR_EVER } else { NO_CACHE };
    ([(header::CONTENT_TYPE, asset.media_type), (header::CACHE_CONTROL, caching)], asset.text).into_response()
}

#[cfg(test)]
mod tests;
