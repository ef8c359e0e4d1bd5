//! What shoppers reported on the consumer pages, for the registrars of those who made the goods.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use nguon_ledger::identifier::ActorUri;
use nguon_qr::{KeptReport, Reports};

use super::problem::{ApiError, Problem};
use super::signed::{Signed, Whose, registers_for, stands_under};
use super::{blocking, ready, wire};
use crate::node::Inner;
use crate::query::{self, QueryError, View};

/// What shoppers wrote of themselves is kept nowhere on the way.
const NO_STORE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The reports, where this node serves the pages on which they are made.
fn kept(inner: &Inner) -> Result<&Arc<Reports>, ApiError> {
    inner.reports.get().ok_or(ApiError::NotFound { what: "reports: the pages are served elsewhere" })
}

fn unreadable(error: &std::io::Error) -> ApiError {
    tracing::error!(%error, "the reports cannot be read or written");
    ApiError::Unavailable
}

/// The reports about lots that an organisation or its members made; for an operator all, also those about lots that nobody made.
fn of_organisation(
    inner: &Inner,
    view: View<'_>,
    signed: &Signed,
    organisation: &ActorUri,
) -> Result<Vec<KeptReport>, ApiError> {
    let is_operator = registers_for(view, &signed.signer, organisation)?;
    let mut theirs = Vec::new();
    for report in kept(inner)?.list().map_err(|error| unreadable(&error))? {
        let is_theirs = match query::find_lot(view, &report.lot) {
            _ if is_operator => true,
            Ok(lot) => stands_under(view, &lot.created_by, organisation)?,
            Err(QueryError::NotFound { .. } | QueryError::Malformed { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if is_theirs {
            theirs.push(report);
        }
    }
    Ok(theirs)
}

/// Reports about lots that an organisation or its members made, newest first; an operator is told all.
#[utoipa::path(
    get, path = "/v1/reports",
    params(
        Whose,
        ("nguon-signer" = String, Header, description = "The key of a registrar of the organisation or of an operator."),
        ("nguon-signature" = String, Header, description = "Base64 of the signature over the request."),
        ("nguon-time" = String, Header, description = "RFC 3339, at most 5 minutes from the node's clock."),
    ),
    responses(
        (status = 200, body = wire::ReportList),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(inner): State<Arc<Inner>>,
    Query(whose): Query<Whose>,
    signed: Signed,
) -> Result<Response, ApiError> {
    let organisation = whose.organisation(&inner.origin)?;
    let items = blocking(move || {
        let ready = ready(&inner)?;
        let reports = of_organisation(&inner, ready.view(), &signed, &organisation)?;
        Ok(reports.into_iter().rev().map(item).collect())
    });
    Ok((NO_STORE, Json(wire::ReportList { items: items.await? })).into_response())
}

fn item(report: KeptReport) -> wire::ReportItem {
    let KeptReport { id, at, lot, serial, matter, text, contact, .. } = report;
    wire::ReportItem { id, at, lot, serial, matter, text, contact }
}

/// Removes a report that was dealt with, with everything in it.
#[utoipa::path(
    post, path = "/v1/reports/{id}/done",
    params(Whose, ("id" = String, Path, description = "Of the list."), ("nguon-signer" = String, Header), ("nguon-signature" = String, Header), ("nguon-time" = String, Header)),
    responses(
        (status = 204, description = "It is gone."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn done(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    Query(whose): Query<Whose>,
    signed: Signed,
) -> Result<Response, ApiError> {
    let organisation = whose.organisation(&inner.origin)?;
    blocking(move || {
        let ready = ready(&inner)?;
        let theirs = of_organisation(&inner, ready.view(), &signed, &organisation)?;
        let is_theirs = theirs.iter().any(|report| report.id == id);
        if is_theirs && kept(&inner)?.remove(&id).map_err(|error| unreadable(&error))? {
            return Ok(());
        }
        Err(ApiError::NotFound { what: "report" })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
