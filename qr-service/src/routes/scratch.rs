//! The code under a pack's scratch layer: a form that needs no script, and what it is answered.
//!
//! The answer is to the `POST` itself and kept by nobody. A redirect to an address that says "nobody entered it before" would be an address
//! that anybody can print on a label; and whoever loads the answer again within half an hour sends the same code, which is no second use.

use axum::{
    body::{self, Body},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::{
    answer,
    item::{self, Call},
};
use crate::{
    link::ItemLink,
    page::{ScratchPage, ScratchState, Trouble, scratch_page},
    scratch::{self, ScratchCode, ScratchError},
    service::Layer,
};

/// Largest form: a long code with every character percent-encoded, and the name of the field.
const FORM_BYTES_MAX: usize = 1_024;

/// The empty form.
pub(super) async fn form(call: &Call, link: &ItemLink) -> Response {
    match layer(call, link).await {
        Ok(layer) => show(call, link, &layer, ScratchState::Empty, ""),
        Err(response) => response,
    }
}

/// The form, sent.
pub(super) async fn sent(call: Call, link: ItemLink, form: Body) -> Response {
    let layer = match layer(&call, &link).await {
        Ok(layer) => layer,
        Err(response) => return response,
    };
    let Ok(form) = body::to_bytes(form, FORM_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let typed = answer::fields(&form).and_then(|mut fields| fields.remove("code")).unwrap_or_default();
    let serial = link.serial().unwrap_or_default();
    let state = match ScratchCode::parse(&typed) {
        // What stands in the open beside the layer is easily taken for the code.
        _ if scratch::plain(&typed) == scratch::plain(serial) => ScratchState::Serial,
        Err(ScratchError::Shape) => ScratchState::Shape,
        Err(ScratchError::Check) => ScratchState::Mistyped,
        Ok(code) => {
            if let Err(wait) = call.service.charge_try(call.client) {
                let path = format!("{}/scratch", link.page_path());
                return call.reader.trouble(Trouble::TooMany(wait), &path, Some(serial));
            }
            if code.serial() == serial {
                let entered = call.service.enter(&layer, serial, call.client, call.agent()).await;
                entered.map_or(ScratchState::NotKept, ScratchState::Right)
            } else {
                ScratchState::Wrong
            }
        }
    };
    show(&call, &link, &layer, state, &typed)
}

/// The pack, or the page that says why there is no form for it.
async fn layer(call: &Call, link: &ItemLink) -> Result<Layer, Response> {
    match call.service.layer(link, call.client).await {
        Ok(Some(layer)) if layer.is_known => Ok(layer),
        Ok(Some(_)) => Err(call.reader.trouble(Trouble::UnknownSerial, &link.lot_path(), link.serial())),
        Ok(None) => Err(call.reader.trouble(Trouble::NoPage, "/", None)),
        Err(error) => match item::alias(call, link, &error).await {
            Some(own) => Err(call.redirect(&format!("{}/scratch", own.page_path()), &[], &link.page_path())),
            None => Err(call.reader.untold(&error, &link.page_path(), Some(link.short_lot()))),
        },
    }
}

fn show(call: &Call, link: &ItemLink, layer: &Layer, state: ScratchState, typed: &str) -> Response {
    let status = match state {
        ScratchState::Empty | ScratchState::Right(_) => StatusCode::OK,
        ScratchState::Serial | ScratchState::Shape | ScratchState::Mistyped | ScratchState::Wrong => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ScratchState::NotKept => StatusCode::SERVICE_UNAVAILABLE,
    };
    let path = format!("{}/scratch", link.page_path());
    let page = ScratchPage { frame: call.reader.frame(&path), link, story: layer.story.as_deref(), state, typed };
    let mut response = call.reader.page(status, scratch_page(page));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
