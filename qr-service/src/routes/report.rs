//! "Report a problem": a form that needs no script, and where it goes.

use axum::{
    body::{self, Body},
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};

use super::item::Call;
use crate::{
    link::ItemLink,
    page::{ReportState, Trouble, report_page},
    reports::{CONTACT_CHARS_MAX, Matter, Report, ReportError, TEXT_CHARS_MAX},
    service::{Told, now},
};

/// Largest form: the longest texts with every character percent-encoded (12 bytes), and the names of the fields.
const FORM_BYTES_MAX: usize = 12 * (TEXT_CHARS_MAX + CONTACT_CHARS_MAX) + 512;

/// The form, or after it was sent the thanks.
pub(super) fn form(call: &Call, link: &ItemLink, told: &Told) -> Response {
    if call.service.data().is_none() {
        return call.reader.trouble(Trouble::NoPage, "/", None);
    }
    let state = if call.asked.contains_key("sent") { ReportState::Sent } else { ReportState::Empty };
    let path = link.page_path();
    call.reader.page(StatusCode::OK, report_page(call.reader.frame(&path), link, &told.story, state))
}

/// The form, sent.
pub(super) async fn sent(call: Call, link: ItemLink, form: Body) -> Response {
    let Some(data) = call.service.data() else { return call.reader.trouble(Trouble::NoPage, "/", None) };
    let told = match call.service.tell(&link, call.client).await {
        Ok(told) => told,
        Err(error) => return call.reader.untold(&error, &link.page_path(), Some(link.short_lot())),
    };
    let Ok(form) = body::to_bytes(form, FORM_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let again = |state| {
        let page = report_page(call.reader.frame(&link.page_path()), &link, &told.story, state);
        call.reader.page(StatusCode::UNPROCESSABLE_ENTITY, page)
    };
    let report = match read(&form, &link, &told.story.lot) {
        Ok(Some(report)) => report,
        // A field that people do not see was filled in: thanked, so that the program does not try another way, and thrown away.
        Ok(None) => return thanks(&call, &link),
        Err(state) => return again(state),
    };
    match data.reports.add(&report, call.client.key, &now().to_rfc3339()) {
        Ok(kept) => {
            call.service.send_on(&kept);
            thanks(&call, &link)
        }
        Err(ReportError::TooMany(wait)) => {
            call.reader.trouble(Trouble::TooMany(wait), &link.page_path(), Some(link.short_lot()))
        }
        Err(error @ (ReportError::Full | ReportError::Write(_))) => {
            tracing::warn!(%error, "a report was not kept");
            let mut response = again(ReportState::NotKept);
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    }
}

fn thanks(call: &Call, link: &ItemLink) -> Response {
    let target = format!("{}/report?sent=1&lang={}", link.page_path(), call.reader.lang.code());
    let mut response = Redirect::to(&target).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    response
}

/// Reads a form; nothing where a program filled it in.
fn read(form: &[u8], link: &ItemLink, lot: &str) -> Result<Option<Report>, ReportState> {
    let fields = super::answer::fields(form).ok_or(ReportState::Unreadable)?;
    let field = |name: &str| fields.get(name).map(|value| value.trim()).unwrap_or_default();
    if !field("website").is_empty() {
        return Ok(None);
    }
    let matter = Matter::ALL.into_iter().find(|matter| matter.name() == field("matter"));
    let (matter, text, contact) = (matter.ok_or(ReportState::NoMatter)?, field("text"), field("contact"));
    if text.chars().count() > TEXT_CHARS_MAX || contact.chars().count() > CONTACT_CHARS_MAX {
        return Err(ReportState::TooLong);
    }
    if text.is_empty() && matter == Matter::Other {
        return Err(ReportState::NoText);
    }
    Ok(Some(Report {
        lot: lot.to_owned(),
        serial: link.serial().map(ToOwned::to_owned),
        matter,
        text: text.to_owned(),
        contact: contact.to_owned(),
    }))
}
