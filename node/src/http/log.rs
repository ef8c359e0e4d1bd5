//! The log as every tlog-tiles client reads it, single entries, and their proofs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::tile::TilePath;
use nguon_ledger::tlog_proof::TlogProof;
use nguon_ledger::tree::{LeafIndex, TreeSize};
use serde_json::value::RawValue;

use super::problem::{ApiError, Problem};
use super::{blocking, ready, wire};
use crate::node::Inner;
use crate::query::{self, QueryError};

/// What never changes may be kept for a year.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const OCTETS: &str = "application/octet-stream";
const TEXT: &str = "text/plain; charset=utf-8";

/// The newest signed checkpoint; where the policy asks for witnesses, the newest one with their quorum.
#[utoipa::path(get, path = "/checkpoint", responses((status = 200, description = "A signed note.", body = String, content_type = "text/plain")))]
pub(super) async fn checkpoint(State(inner): State<Arc<Inner>>) -> Response {
    let head = inner.published();
    ([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-cache")], head.note.to_string()).into_response()
}

/// The trust policy that the node was given, to be compared with the one that a verifier trusts.
#[utoipa::path(
    get, path = "/v1/policy",
    responses(
        (status = 200, description = "C2SP tlog-policy.", body = String, content_type = "text/plain"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn policy(State(inner): State<Arc<Inner>>) -> Result<Response, ApiError> {
    let policy = inner.config.policy.clone().ok_or(ApiError::NotFound { what: "policy" })?;
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-cache")], policy).into_response())
}

/// A hash tile or an entry bundle: `tile/<level>/<index>[.p/<width>]`, `tile/entries/<index>[.p/<width>]`.
#[utoipa::path(
    get, path = "/tile/{path}",
    params(("path" = String, Path, description = "C2SP tlog-tiles, canonical.")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn tile(State(inner): State<Arc<Inner>>, uri: Uri) -> Result<Response, ApiError> {
    // The path as it was sent: a second spelling of it is not canonical.
    let path: TilePath =
        uri.path().strip_prefix('/').and_then(|path| path.parse().ok()).ok_or(ApiError::NotFound { what: "tile" })?;
    let tile = blocking(move || {
        let tile =
            inner.store.read(&path).map_err(|error| ApiError::Internal { detail: format!("{path}: {error}") })?;
        tile.ok_or(ApiError::NotFound { what: "tile" })
    });
    let tile = tile.await?;
    Ok(([(header::CONTENT_TYPE, OCTETS), (header::CACHE_CONTROL, IMMUTABLE)], tile).into_response())
}

fn leaf_index(text: &str) -> Result<LeafIndex, ApiError> {
    text.parse().map_err(|_| ApiError::NotFound { what: "entry" })
}

/// An entry: its bytes, or taken apart with `Accept: application/json`.
#[utoipa::path(
    get, path = "/v1/entries/{index}",
    params(("index" = u64, Path)),
    responses(
        (status = 200, content((Vec<u8> = "application/octet-stream"), (wire::Entry = "application/json"))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn entry(
    State(inner): State<Arc<Inner>>,
    Path(index): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let index = leaf_index(&index)?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let as_json = accept.contains("application/json");
    blocking(move || {
        let bytes = query::entry(inner.store.as_ref(), index)?;
        let head = [(header::CACHE_CONTROL, IMMUTABLE), (header::VARY, "accept")];
        if as_json {
            let entry = take_apart(&inner, index, &bytes)?;
            return Ok((head, Json(entry)).into_response());
        }
        Ok((head, [(header::CONTENT_TYPE, OCTETS)], bytes).into_response())
    })
    .await
}

fn take_apart(inner: &Inner, index: LeafIndex, bytes: &[u8]) -> Result<wire::Entry, ApiError> {
    let damaged = |detail: String| QueryError::Log { detail: format!("entry {index}: {detail}") };
    let entry = Entry::parse(bytes).map_err(|error| damaged(error.to_string()))?;
    let statement = std::str::from_utf8(entry.payload).map_err(|error| damaged(error.to_string()))?;
    let statement = RawValue::from_string(statement.to_owned()).map_err(|error| damaged(error.to_string()))?;
    let flags = ready(inner)?.index.reader().flags(index).map_err(QueryError::Index)?;
    let link = |link: &nguon_ledger::entry::LotLink| wire::Link {
        lot: link.lot.hash().to_string(),
        seq: link.seq,
        previous: link.previous.to_string(),
    };
    Ok(wire::Entry {
        index: index.get(),
        leaf_hash: Hash::of_leaf(bytes).to_string(),
        received_at: entry.received_at.get(),
        links: entry.links.iter().map(link).collect(),
        signer: entry.signer.to_string(),
        signature: BASE64_STANDARD.encode(entry.signature.as_bytes()),
        statement,
        flags: wire::flags(&flags),
    })
}

/// An entry's inclusion proof to the newest checkpoint, one with the policy's quorum if that covers the entry, as a `.tlog-proof` file.
#[utoipa::path(
    get, path = "/v1/entries/{index}/proof",
    params(("index" = u64, Path)),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn proof(State(inner): State<Arc<Inner>>, Path(index): Path<String>) -> Result<Response, ApiError> {
    let index = leaf_index(&index)?;
    let proven = blocking(move || {
        let head = inner.covering(TreeSize::new(index.get().saturating_add(1)));
        let proof = query::proof(inner.store.as_ref(), index, &head)?;
        Ok((head, proof))
    });
    let (head, proof) = proven.await?;
    let text = TlogProof::new(index, proof, head.checkpoint.note().clone()).to_string();
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-cache")], text).into_response())
}
