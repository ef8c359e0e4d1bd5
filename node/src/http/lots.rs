//! Lots: their state, their proof bundle, what they were made from and went into.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::hash::Hash;
use nguon_ledger::state::{Key, LotRecord, Record};
use serde::Deserialize;

use super::problem::{ApiError, Problem};
use super::{blocking, ready, wire};
use crate::node::Inner;
use crate::query::{self, Direction, QueryError, View};

/// A lot's state: what there is of it and where.
#[utoipa::path(
    get, path = "/v1/lots/{uri}",
    params(("uri" = String, Path, description = "Any spelling of the lot's URI or of a pack's, percent-encoded.")),
    responses(
        (status = 200, body = wire::Lot),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn lot(State(inner): State<Arc<Inner>>, Path(uri): Path<String>) -> Result<Json<wire::Lot>, ApiError> {
    blocking(move || {
        let ready = ready(&inner)?;
        let view = ready.view();
        let record = query::find_lot(view, &uri)?;
        Ok(Json(wire_lot(view, &record)?))
    })
    .await
}

fn wire_lot(view: View<'_>, lot: &LotRecord) -> Result<wire::Lot, QueryError> {
    let balances = &lot.balances;
    let mut parents = Vec::with_capacity(lot.parents.len());
    for parent in &lot.parents {
        if let Some(Record::Lot(parent)) = view.reader.record(&Key::Lot(*parent))? {
            parents.push(parent.uri.to_string());
        }
    }
    let holdings = balances.holdings.iter().filter(|(_, held)| !held.is_zero());
    Ok(wire::Lot {
        lot: lot.uri.to_string(),
        product: lot.product.to_string(),
        created_by: lot.created_by.to_string(),
        created_index: lot.created.get(),
        created_at: lot.created_at.to_rfc3339(),
        uom: lot.dimension.base_code().map(str::to_owned),
        quantity: lot.quantity.to_string(),
        balances: holdings
            .map(|(holder, held)| wire::Balance { holder: holder.to_string(), quantity: held.to_string() })
            .collect(),
        in_transit: balances
            .transits
            .iter()
            .map(|transit| wire::InTransit {
                from: transit.from.to_string(),
                to: transit.to.to_string(),
                quantity: transit.amount.to_string(),
            })
            .collect(),
        sold: balances.sold.to_string(),
        lost: balances.lost.to_string(),
        dispositions: dispositions(lot),
        recalled_by: lot.recalls.iter().map(|index| index.get()).collect(),
        seq: lot.seq,
        head: lot.head.to_string(),
        parents,
        serials: lot.serials.map(|serials| wire::Serials { count: serials.count, root: serials.root.to_string() }),
        voided: lot.voided,
    })
}

/// The standard's words (CBV 2.0, section 7.2) that fit the lot now.
pub(super) fn dispositions(lot: &LotRecord) -> Vec<&'static str> {
    let balances = &lot.balances;
    let is_held = balances.holdings.values().any(|held| held.is_positive());
    let words = [
        (is_held, "active"),
        (!balances.transits.is_empty(), "in_transit"),
        (balances.sold.is_positive(), "retail_sold"),
        (balances.lost.is_positive(), "destroyed"),
        (!lot.recalls.is_empty(), "recalled"),
        (lot.voided, "inactive"),
    ];
    words.into_iter().filter(|(fits, _)| *fits).map(|(_, word)| word).collect()
}

/// A lot's proof bundle: its entries and those of all that it was made from, each with its proof to one checkpoint.
#[utoipa::path(
    get, path = "/v1/lots/{uri}/bundle",
    params(("uri" = String, Path, description = "Any spelling of the lot's URI or of a pack's, percent-encoded.")),
    responses(
        (status = 200, body = wire::Bundle),
        (status = 304, description = "The log has not grown since, and no witness has cosigned more of it."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn bundle(
    State(inner): State<Arc<Inner>>,
    Path(uri): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    blocking(move || {
        let ready = ready(&inner)?;
        let view = ready.view();
        let lot = query::find_lot(view, &uri)?;
        // The answer follows from the lot and from the two checkpoints that it may be proven to.
        let (newest, published) = (inner.head(), inner.published());
        let tag = format!("\"{}-{}-{}\"", lot.uri.key().hash(), newest.size(), Hash::of(published.note.as_bytes()));
        if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
            return Ok(StatusCode::NOT_MODIFIED.into_response());
        }
        let bundle = query::bundle(view, lot, |end| inner.covering(end))?;
        let body = wire::Bundle {
            v: 1,
            lot: bundle.lot.to_string(),
            vkey: inner.vkey.clone(),
            checkpoint: bundle.head.note.to_string(),
            entries: bundle
                .entries
                .iter()
                .map(|proven| wire::BundleEntry {
                    index: proven.index.get(),
                    entry: BASE64_STANDARD.encode(&proven.entry),
                    proof: wire::proof(proven.proof.hashes()),
                })
                .collect(),
        };
        let mut response = Json(body).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        Ok(response)
    })
    .await
}

/// Which way.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    direction: Option<String>,
}

/// A lot's family.
#[utoipa::path(
    get, path = "/v1/lots/{uri}/trace",
    params(
        ("uri" = String, Path, description = "Any spelling of the lot's URI or of a pack's, percent-encoded."),
        ("direction" = Option<String>, Query, description = "`back` (default) to what it was made from, `forward` to what was made from it."),
    ),
    responses(
        (status = 200, body = wire::Trace),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn trace(
    State(inner): State<Arc<Inner>>,
    Path(uri): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<wire::Trace>, ApiError> {
    let (direction, name) = match asked.direction.as_deref() {
        None | Some("back") => (Direction::Back, "back"),
        Some("forward") => (Direction::Forward, "forward"),
        Some(_) => {
            return Err(ApiError::Malformed { field: "direction", detail: "not back or forward".to_owned() });
        }
    };
    blocking(move || {
        let ready = ready(&inner)?;
        let view = ready.view();
        let lot = query::find_lot(view, &uri)?;
        let lot_uri = lot.uri.to_string();
        let trace = query::trace(view, lot, direction)?;
        Ok(Json(wire::Trace {
            lot: lot_uri,
            direction: name,
            nodes: trace
                .nodes
                .iter()
                .map(|node| wire::TraceNode {
                    lot: node.record.uri.to_string(),
                    product: node.record.product.to_string(),
                    depth: node.depth,
                    recalled: !node.record.recalls.is_empty(),
                })
                .collect(),
            edges: trace
                .edges
                .iter()
                .map(|edge| wire::TraceEdge {
                    from: edge.from.to_string(),
                    to: edge.to.to_string(),
                    index: edge.index.get(),
                })
                .collect(),
        }))
    })
    .await
}
