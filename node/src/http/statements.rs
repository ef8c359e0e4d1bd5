//! `POST /v1/statements`: one envelope, or a stream of them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::limits::ENVELOPE_BYTES_MAX;
use nguon_ledger::tree::LeafIndex;

use super::problem::ApiError;
use super::{lines, ready, wire};
use crate::admission::admit;
use crate::node::Inner;
use crate::query::{self, QueryError};
use crate::sequencer::{Outcome, Receipt};

/// A body that is too long is still read up to here and thrown away, so that its sender gets the answer rather than a broken connection.
const DRAINED_BYTES_MAX: usize = 32 << 20;

/// Submits one envelope (`application/json`) or many, one a line (`application/x-ndjson`).
///
/// A stream is answered line by line, in order, each with a receipt or a problem.
#[utoipa::path(
    post, path = "/v1/statements",
    request_body(content(
        (String = "application/json"),
        (String = "application/x-ndjson"),
    ), description = "A DSSE envelope (docs/format.md, section 5), or one a line."),
    responses(
        (status = 201, description = "It is in the ledger now.", body = wire::Receipt),
        (status = 200, description = "It was in the ledger before; or, to a stream, one receipt or problem a line.", body = wire::Receipt),
        (status = "4XX", description = "Refused.", body = super::problem::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Come back after `Retry-After`.", body = super::problem::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn submit(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    match media_type(&headers).as_deref() {
        Some("application/json") => submit_one(inner, body).await,
        Some("application/x-ndjson") => {
            ready(&inner)?;
            Ok(lines::answer(inner, body))
        }
        _ => Err(ApiError::UnsupportedMediaType),
    }
}

/// The media type without parameters, in lower case.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

async fn submit_one(inner: Arc<Inner>, body: Body) -> Result<Response, ApiError> {
    let envelope = read_bounded(body).await?;
    ready(&inner)?;
    let shared = Arc::clone(&inner);
    let (send, admitted) = tokio::sync::oneshot::channel();
    // Signatures are checked on the pool that streams use too, so that neither starves the other.
    rayon::spawn(move || {
        let admitted = shared.ready().ok_or(ApiError::Unavailable);
        let admitted = admitted.and_then(|ready| admit(ready.index.reader(), &envelope).map_err(ApiError::from));
        // Whoever asked may have gone.
        let _ = send.send(admitted);
    });
    let admitted = admitted.await.map_err(|_| ApiError::Internal { detail: "admission panicked".to_owned() })?;
    let admitted = admitted.inspect_err(|error| inner.metrics.statement(error.problem().code))?;
    let outcome = ready(&inner)?.sequencer.submit(admitted).await;
    let outcome = outcome.map_err(ApiError::from).inspect_err(|error| inner.metrics.statement(error.problem().code))?;
    let shared = Arc::clone(&inner);
    if matches!(outcome, Outcome::Duplicate(_)) {
        return super::blocking(move || told(&shared, outcome)).await;
    }
    told(&inner, outcome)
}

fn told(inner: &Inner, outcome: Outcome) -> Result<Response, ApiError> {
    let (receipt, is_new) = receipt(inner, outcome)?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(header::CACHE_CONTROL, "no-store")], Json(receipt)).into_response())
}

async fn read_bounded(body: Body) -> Result<Vec<u8>, ApiError> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(chunk) = stream.next().await {
        let broken = |error: axum::Error| ApiError::Malformed { field: "body", detail: error.to_string() };
        let chunk = chunk.map_err(broken)?;
        length = length.saturating_add(chunk.len());
        if length <= ENVELOPE_BYTES_MAX {
            bytes.extend_from_slice(&chunk);
        } else if length > DRAINED_BYTES_MAX {
            break;
        }
    }
    if length > ENVELOPE_BYTES_MAX {
        return Err(ApiError::TooLarge { detail: format!("an envelope has at most {ENVELOPE_BYTES_MAX} bytes") });
    }
    Ok(bytes)
}

/// The receipt of an outcome, and whether it is a new one. Reads the disk for a duplicate.
pub(super) fn receipt(inner: &Inner, outcome: Outcome) -> Result<(wire::Receipt, bool), ApiError> {
    let made = match outcome {
        Outcome::Accepted(receipt) => Ok((of_receipt(&receipt), true)),
        Outcome::Duplicate(index) => of_entry(inner, index).map(|receipt| (receipt, false)),
        Outcome::Refused(refusal) => Err(ApiError::Refused(refusal)),
        Outcome::Unavailable => Err(ApiError::Unavailable),
    };
    inner.metrics.statement(match &made {
        Ok((_, true)) => "accepted",
        Ok((_, false)) => "duplicate",
        Err(error) => error.problem().code,
    });
    made
}

fn of_receipt(receipt: &Receipt) -> wire::Receipt {
    wire::Receipt {
        index: receipt.index.get(),
        leaf_hash: receipt.leaf_hash.to_string(),
        received_at: receipt.received_at.get(),
        checkpoint: receipt.head.note.to_string(),
        proof: wire::proof(&receipt.proof),
        flags: wire::flags(&receipt.flags),
    }
}

/// The receipt of an entry that is in the log, with a proof to the newest checkpoint.
fn of_entry(inner: &Inner, index: LeafIndex) -> Result<wire::Receipt, ApiError> {
    let store = inner.store.as_ref();
    let bytes = query::entry(store, index)?;
    let entry = Entry::parse(&bytes).map_err(|error| QueryError::Log { detail: error.to_string() })?;
    let head = store.head();
    let proof = query::proof(store, index, &head)?;
    let flags = inner.ready().ok_or(ApiError::Unavailable)?.index.reader().flags(index).map_err(QueryError::Index)?;
    Ok(wire::Receipt {
        index: index.get(),
        leaf_hash: Hash::of_leaf(&bytes).to_string(),
        received_at: entry.received_at.get(),
        checkpoint: head.note.to_string(),
        proof: wire::proof(proof.hashes()),
        flags: wire::flags(&flags),
    })
}
