//! Labels over HTTP: `/lot/{id}/label.{pdf,png,svg,zpl,tspl,csv}`, the same under `/01/...`, and a form for people at `/labels`.
//!
//! A `POST` carries the list of serial numbers; a `GET` gives labels of the whole lot. Labels show only what the lot's page
//! shows, so whoever may read the page may print.

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use axum::{
    Form, Json,
    extract::{FromRequest as _, Query, Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get},
};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{NO_CACHE, Shared, answer};
use crate::{
    label::{Format, LABELS_MAX, LabelError, Made, Serials, Size, Wanted},
    link::ItemLink,
    locale::{Lang, Words},
    node::NodeError,
    page::{Frame, LabelForm, labels_page},
    service::{Client, Service, TellError},
    short_code,
};

/// When to ask again while other labels are being made, or the node does not answer.
const RETRY_AFTER_SECONDS: &str = "10";
/// From how many labels on the work is long, and done for one at a time: it takes all cores for seconds.
const LONG_WORK: usize = 100;
static LONG: Semaphore = Semaphore::const_new(1);

type Asked = Query<BTreeMap<String, String>>;

/// The form for people. What lies under a lot's address is one route, whose handlers ask [`named`] first.
pub(super) fn form_route() -> MethodRouter<Arc<Service>> {
    get(form).post(form_sent)
}

/// The lot and the kind of file where a path names labels.
pub(super) fn named(path: &str) -> Option<(&str, &str)> {
    // A lot may itself be called `label.pdf`: then the address is whole without that name.
    path.rsplit_once("/label.").filter(|(lot, _)| ItemLink::parse(lot).is_ok())
}

/// Labels that a path names, of the packs whose serial numbers a `POST` brings.
pub(super) async fn made(service: &Arc<Service>, request: Request) -> Response {
    let uri = request.uri().clone();
    let Some((lot, ending)) = named(uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(Query(asked)) = Query::try_from_uri(&uri) else {
        return problem(&Refused::field("query", "not as a query is written"));
    };
    let client = answer::client(service, request.headers(), request.extensions());
    let list = match *request.method() {
        Method::POST => match String::from_request(request, service).await {
            Ok(list) => Some(list),
            Err(rejection) => return rejection.into_response(),
        },
        _ => None,
    };
    let made = labels_at(service, lot, ending, &asked, list.as_deref(), client).await;
    made.map_or_else(|refused| problem(&refused), |(link, format, made)| file(&link, format, made))
}

/// What in a request is not as it must be.
struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Refused {
    fn field(name: &str, detail: impl std::fmt::Display) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "malformed_request", detail: format!("{name}: {detail}") }
    }
}

impl From<LabelError> for Refused {
    fn from(error: LabelError) -> Self {
        let status = match &error {
            LabelError::Lot(lot) => match lot.tell() {
                TellError::Node(NodeError::NotFound | NodeError::Gone) => StatusCode::NOT_FOUND,
                TellError::Node(
                    NodeError::Unreachable(_) | NodeError::Status { .. } | NodeError::Resting | NodeError::Slow,
                ) => StatusCode::SERVICE_UNAVAILABLE,
                TellError::Node(NodeError::TooLarge { .. } | NodeError::Malformed) | TellError::Story(_) => {
                    StatusCode::BAD_GATEWAY
                }
                TellError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            },
            LabelError::Stale => StatusCode::SERVICE_UNAVAILABLE,
            LabelError::Config(_)
            | LabelError::Font
            | LabelError::Png(_)
            | LabelError::Random
            | LabelError::Stopped => StatusCode::INTERNAL_SERVER_ERROR,
            LabelError::Recalled
            | LabelError::SerialInLink
            | LabelError::TooMany { .. }
            | LabelError::OnePicture
            | LabelError::First { .. }
            | LabelError::StartAt { .. }
            | LabelError::Nudge
            | LabelError::SerialLine { .. }
            | LabelError::ScratchLine { .. }
            | LabelError::SerialTwice { .. }
            | LabelError::NoSerials
            | LabelError::OtherSerials { .. }
            | LabelError::SerialLink(_)
            | LabelError::Code(_)
            | LabelError::CodeTooLarge { .. }
            | LabelError::Room
            | LabelError::ScratchRoom { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self { status, code: error.code(), detail: error.to_string() }
    }
}

/// Labels of the lot or, with the list of serial numbers, of its packs.
async fn labels_at(
    service: &Arc<Service>,
    lot: &str,
    ending: &str,
    asked: &BTreeMap<String, String>,
    list: Option<&str>,
    client: Client,
) -> Result<(ItemLink, Format, Made), Refused> {
    let format = parsed("path", ending)?;
    let link = ItemLink::parse(lot).map_err(|error| Refused::field("path", error))?;
    let serials = list.map(Serials::read).transpose()?;
    let made = labels(service, &link, wanted(asked, format)?, serials, client).await?;
    Ok((link, format, made))
}

async fn labels(
    service: &Arc<Service>,
    link: &ItemLink,
    wanted: Wanted,
    serials: Option<Serials>,
    client: Client,
) -> Result<Made, Refused> {
    let is_long = wanted.count.unwrap_or(0).max(serials.as_ref().map_or(0, Serials::count)) > LONG_WORK;
    let busy = |_| Refused {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "overloaded",
        detail: "other labels are being made: ask again in a few seconds".to_owned(),
    };
    let _turn = if is_long { Some(LONG.try_acquire().map_err(busy)?) } else { None };
    Ok(service.labels(link, wanted, serials, client, Arc::new(|_| {})).await?)
}

/// What a request wants; what it does not say is as most want it.
fn wanted(asked: &BTreeMap<String, String>, format: Format) -> Result<Wanted, Refused> {
    let said = |name: &str| asked.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let number = |name: &str| {
        let read = |text: &str| {
            let number = text.parse::<usize>().ok().filter(|number| (1..=LABELS_MAX).contains(number));
            number.ok_or_else(|| Refused::field(name, format!("a number from 1 to {LABELS_MAX}")))
        };
        said(name).map(read).transpose()
    };
    Ok(Wanted {
        size: parsed("size", said("size").unwrap_or("50x30"))?,
        format,
        dpi: parsed("dpi", said("dpi").unwrap_or("203"))?,
        count: number("count")?,
        first: number("first")?.unwrap_or(1),
        start_at: number("start_at")?.unwrap_or(1),
        nudge: (0, 0),
        has_marks: said("cut_marks").is_some(),
        lang: said("lang").unwrap_or("vi").to_owned(),
        phone: said("phone").map(|phone| parsed("phone", phone)).transpose()?,
    })
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, Refused> {
    text.parse().map_err(|error| Refused::field(name, error))
}

fn file(link: &ItemLink, format: Format, made: Made) -> Response {
    let lot: String = link.short_lot().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let disposition = format!("inline; filename=\"label-{lot}.{}\"", format.name());
    let warnings = made.warnings.iter().map(crate::label::Warning::code).collect::<Vec<_>>().join(", ");
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, NO_CACHE.to_owned()),
        (HeaderName::from_static("nguon-label-count"), made.count.to_string()),
        (HeaderName::from_static("nguon-label-warnings"), warnings),
    ];
    (headers, made.bytes).into_response()
}

fn problem(refused: &Refused) -> Response {
    let body = json!({"type": "about:blank", "status": refused.status.as_u16(), "code": refused.code, "detail": refused.detail});
    let mut response = (refused.status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if refused.status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    }
    response
}

/// The form for people, with a picture of the label as it will be.
async fn form(State(service): Shared, Query(asked): Asked, headers: HeaderMap, extensions: Extensions) -> Response {
    let client = answer::client(&service, &headers, &extensions);
    let typed = asked.get("lot").map(String::as_str).unwrap_or_default();
    let link = read_lot(typed);
    let seen = match &link {
        Some(link) => Some(match preview(&asked) {
            Ok(wanted) => labels(&service, link, wanted, None, client).await,
            Err(refused) => Err(refused),
        }),
        None => None,
    };
    show(&asked, &headers, link.as_ref(), seen.as_ref().map(Result::as_ref))
}

/// The form, sent: answers with the file, or with the form and what is wrong.
async fn form_sent(
    State(service): Shared,
    headers: HeaderMap,
    extensions: Extensions,
    Form(asked): Form<BTreeMap<String, String>>,
) -> Response {
    let typed = asked.get("lot").map(String::as_str).unwrap_or_default();
    let Some(link) = read_lot(typed) else { return show(&asked, &headers, None, None) };
    match sent(&service, &link, &asked, answer::client(&service, &headers, &extensions)).await {
        Ok((format, made)) => file(&link, format, made),
        Err(refused) => show(&asked, &headers, Some(&link), Some(Err(&refused))),
    }
}

async fn sent(
    service: &Arc<Service>,
    link: &ItemLink,
    asked: &BTreeMap<String, String>,
    client: Client,
) -> Result<(Format, Made), Refused> {
    let format = parsed("format", asked.get("format").map_or("pdf", String::as_str))?;
    let list = asked.get("serials").filter(|list| !list.trim().is_empty());
    let serials = list.map(|list| Serials::read(list)).transpose()?;
    Ok((format, labels(service, link, wanted(asked, format)?, serials, client).await?))
}

fn read_lot(typed: &str) -> Option<ItemLink> {
    short_code::parse(typed).or_else(|_| ItemLink::parse(typed)).ok()
}

/// One label as a picture; a size or a language that there is not leads to those that most want.
fn preview(asked: &BTreeMap<String, String>) -> Result<Wanted, Refused> {
    let kept = |names: &[&str]| -> BTreeMap<String, String> {
        names.iter().filter_map(|name| Some(((*name).to_owned(), asked.get(*name)?.clone()))).collect()
    };
    wanted(&kept(&["size", "lang", "phone"]), Format::Svg).or_else(|_| wanted(&kept(&["phone"]), Format::Svg))
}

fn show(
    asked: &BTreeMap<String, String>,
    headers: &HeaderMap,
    link: Option<&ItemLink>,
    made: Option<Result<&Made, &Refused>>,
) -> Response {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let lang = Lang::negotiate(asked.get("lang").map(String::as_str), accepted);
    let words = Words::of(lang);
    let lot = link.map(ItemLink::lot_path);
    let size = asked.get("size").and_then(|size| size.parse::<Size>().ok()).unwrap_or(crate::label::SIZES[0]);
    let refused = made.and_then(Result::err);
    let form = LabelForm {
        frame: Frame { words, path: "/labels" },
        lot: lot.as_deref(),
        typed: asked.get("lot").map(String::as_str).unwrap_or_default(),
        size,
        asked,
        warnings: made.and_then(Result::ok).map(|made| made.warnings.as_slice()).unwrap_or_default(),
        trouble: refused.map(|refused| (refused.code, refused.detail.as_str())),
        has_preview: made.is_some_and(|made| made.is_ok()),
    };
    let status = match (refused, asked.get("lot"), link) {
        (Some(refused), _, _) => refused.status,
        (None, Some(_), None) => StatusCode::BAD_REQUEST,
        (None, _, _) => StatusCode::OK,
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, lang.code()),
        (header::VARY, "Accept-Language"),
        (header::CACHE_CONTROL, NO_CACHE),
    ];
    (status, headers, labels_page(form).into_string()).into_response()
}
