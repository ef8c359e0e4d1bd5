//! Who asks, and how answers are made: languages, encodings, validators, refusals.

use std::{collections::BTreeMap, net::IpAddr, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Query},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use maud::Markup;

use super::NO_CACHE;
use crate::{
    assets::Encoding,
    limit::TooMany,
    locale::{Lang, Words},
    node::NodeError,
    page::{Frame, Trouble, trouble_page},
    service::{Client, PageCopy, Service, TellError},
    story::StoryError,
};

/// When to ask again after the node did not answer.
const RETRY_AFTER_SECONDS: u64 = 10;

/// The parameters of an address; none where they cannot be read.
pub(super) fn asked(uri: &Uri) -> BTreeMap<String, String> {
    Query::<BTreeMap<String, String>>::try_from_uri(uri).map(|Query(asked)| asked).unwrap_or_default()
}

/// The fields of a form that was sent; nothing where it cannot be read.
pub(super) fn fields(form: &[u8]) -> Option<BTreeMap<String, String>> {
    let text = std::str::from_utf8(form).ok()?;
    Some(asked(&Uri::try_from(format!("/?{text}")).ok()?))
}

/// The client behind a request.
pub(super) fn client(service: &Service, headers: &HeaderMap, extensions: &Extensions) -> Client {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    // Only what the proxy itself added, last, can be believed.
    let forwarded = || -> Option<IpAddr> {
        headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    service.client(if service.settings().is_behind_proxy { forwarded().or(peer) } else { peer })
}

/// What a request says of its reader.
pub(super) struct Reader {
    pub(super) lang: Lang,
}

impl Reader {
    pub(super) fn of(asked: &BTreeMap<String, String>, headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self { lang: Lang::negotiate(asked.get("lang").map(String::as_str), accepted) }
    }

    pub(super) fn words(&self) -> Words {
        Words::of(self.lang)
    }

    pub(super) fn frame<'a>(&self, path: &'a str) -> Frame<'a> {
        Frame { words: self.words(), path }
    }

    fn page_headers(&self) -> [(HeaderName, &'static str); 4] {
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_LANGUAGE, self.lang.code()),
            (header::VARY, "Accept, Accept-Encoding, Accept-Language"),
            (header::CACHE_CONTROL, NO_CACHE),
        ]
    }

    pub(super) fn page(&self, status: StatusCode, page: Markup) -> Response {
        (status, self.page_headers(), page.into_string()).into_response()
    }

    /// A rendered page as the browser wants it, or nothing where it has the same one still.
    pub(super) fn copy(&self, page: &Arc<PageCopy>, headers: &HeaderMap) -> Response {
        let sent = encoding(headers).and_then(|encoding| Some((encoding, page.encoded(encoding)?)));
        let suffix = sent.as_ref().map(|(_, (_, suffix))| *suffix).unwrap_or_default();
        let tag = format!("\"{}{suffix}\"", page.tag);
        let mut response = match (has_tag(headers, &page.tag), sent) {
            (true, _) => StatusCode::NOT_MODIFIED.into_response(),
            (false, Some((encoding, (bytes, _)))) => {
                ([(header::CONTENT_ENCODING, encoding.name())], bytes).into_response()
            }
            (false, None) => page.html.clone().into_response(),
        };
        for (name, value) in self.page_headers() {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Ok(tag) = HeaderValue::try_from(tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    pub(super) fn trouble(&self, trouble: Trouble, path: &str, code: Option<&str>) -> Response {
        let status = match trouble {
            Trouble::NoCode => StatusCode::BAD_REQUEST,
            Trouble::UnknownCode | Trouble::UnknownSerial | Trouble::NoPage | Trouble::NoLink => StatusCode::NOT_FOUND,
            Trouble::NodeDown => StatusCode::SERVICE_UNAVAILABLE,
            Trouble::BadAnswer => StatusCode::BAD_GATEWAY,
            Trouble::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        };
        let mut response = self.page(status, trouble_page(self.frame(path), trouble, code));
        let wait = match trouble {
            Trouble::NodeDown => Some(RETRY_AFTER_SECONDS),
            Trouble::TooMany(wait) => Some(wait.retry_after_seconds),
            Trouble::NoCode
            | Trouble::UnknownCode
            | Trouble::UnknownSerial
            | Trouble::NoLink
            | Trouble::BadAnswer
            | Trouble::NoPage => None,
        };
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait.into());
        }
        response
    }

    /// Why there is no story, as a page.
    pub(super) fn untold(&self, error: &TellError, path: &str, code: Option<&str>) -> Response {
        let trouble = match error {
            TellError::Node(error) if error.is_outage() => Trouble::NodeDown,
            TellError::Node(NodeError::NotFound | NodeError::Gone) => Trouble::UnknownCode,
            TellError::Node(_) | TellError::Story(StoryError::Malformed | StoryError::OtherLot) => Trouble::BadAnswer,
            TellError::TooMany(wait) => Trouble::TooMany(*wait),
        };
        self.trouble(trouble, path, code)
    }
}

/// Why there is nothing, for an answer that no person reads.
pub(super) fn blank(error: &TellError) -> Response {
    match error {
        TellError::Node(NodeError::NotFound) => StatusCode::NOT_FOUND.into_response(),
        TellError::Node(NodeError::Gone) => StatusCode::GONE.into_response(),
        TellError::Node(error) if error.is_outage() => {
            let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
            response
        }
        TellError::Node(_) | TellError::Story(_) => StatusCode::BAD_GATEWAY.into_response(),
        TellError::TooMany(wait) => too_many(*wait),
    }
}

/// The answer to a client that asks for too much (RFC 9457).
pub(super) fn too_many(wait: TooMany) -> Response {
    let TooMany { retry_after_seconds } = wait;
    let problem = serde_json::json!({"type": "about:blank", "title": "Too Many Requests", "status": 429, "code": "rate_limited",
        "detail": format!("ask again in {retry_after_seconds} seconds")});
    let mut response =
        (StatusCode::TOO_MANY_REQUESTS, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string())
            .into_response();
    response.headers_mut().insert(header::RETRY_AFTER, retry_after_seconds.into());
    response
}

/// How the answer may be compressed.
pub(super) fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    Encoding::accepted(&accepted.collect::<Vec<_>>().join(","))
}

/// The weight of one range of an `Accept` header, if it is one of these; else 0.
fn weight_of(range: &str, names: &[&str]) -> f32 {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next().is_some_and(|name| names.iter().any(|known| name.eq_ignore_ascii_case(known))) {
        return 0.0;
    }
    parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0)
}

/// How much a media type is asked for by name.
pub(super) fn wants(headers: &HeaderMap, media_type: &str) -> f32 {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).map(|range| weight_of(range, &[media_type])).fold(0.0, f32::max)
}

/// Whether the browser has this page still, in whichever encoding.
fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        let quoted = one.strip_prefix("W/").unwrap_or(one).trim_matches('"');
        one == "*" || quoted.strip_suffix("-z").unwrap_or(quoted) == tag
    })
}
