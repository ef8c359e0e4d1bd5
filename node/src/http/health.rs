//! Whether the node is alive and serving, and what it counts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::problem::ApiError;
use super::wire;
use crate::metrics::Gauges;
use crate::node::Inner;
use crate::witness::Witnesses;

/// Alive: the process answers.
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Serving: statements are taken. 503 with the reasons when they are not.
#[utoipa::path(
    get, path = "/readyz",
    responses((status = 200, body = wire::Readiness), (status = 503, body = wire::Readiness))
)]
pub(super) async fn readyz(State(inner): State<Arc<Inner>>) -> Response {
    let readiness = readiness(&inner);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(readiness)).into_response()
}

fn readiness(inner: &Inner) -> wire::Readiness {
    let mut reasons = Vec::new();
    let mut applied = None;
    match inner.ready() {
        None => {
            reasons.push("index");
            applied = Some(inner.replayed().0);
        }
        Some(ready) => {
            if ready.index.reader().is_broken() {
                reasons.push("index");
            }
            if !ready.sequencer.is_well() {
                reasons.push("storage");
            }
        }
    }
    let alarms = inner.witnesses.as_ref().map(Witnesses::alarms).unwrap_or_default();
    if !alarms.is_empty() {
        reasons.push("possible_fork");
    }
    wire::Readiness { ready: reasons.is_empty(), reasons, alarms, applied, tree_size: inner.head().size().get() }
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(inner): State<Arc<Inner>>) -> Result<Response, ApiError> {
    let gauges = Gauges {
        tree_size: inner.head().size().get(),
        queued: inner.ready().map_or(0, |ready| ready.sequencer.queued()),
        is_ready: readiness(&inner).ready,
    };
    let text = inner.metrics.text(gauges).map_err(|error| ApiError::Internal { detail: error.to_string() })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
