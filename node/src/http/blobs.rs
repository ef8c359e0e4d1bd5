//! Blobs: uploaded in one piece or in parts by a registered signer, read by anybody who knows the hash.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use nguon_ledger::hash::Hash;
use nguon_ledger::key::{PublicKey, Signature};
use nguon_ledger::refusal::{Code, Refusal};

use super::problem::{ApiError, Problem, UPLOAD_OFFSET};
use super::{blocking, ready};
use crate::admission::registered;
use crate::node::Inner;
use crate::store::{BLOB_BYTES_MAX, Part, Put};

/// What the signature of an upload begins with.
const SIGNED_PREFIX: &str = "nguon-blob v1\n";

fn blob_hash(text: &str) -> Result<Hash, ApiError> {
    Hash::from_hex(text).ok_or(ApiError::NotFound { what: "blob" })
}

/// A blob. `HEAD` of one that is not whole yet is 404 with `Upload-Offset`, the bytes held so far.
#[utoipa::path(
    get, path = "/v1/blobs/{sha256}",
    params(("sha256" = String, Path)),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_blob(
    State(inner): State<Arc<Inner>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let hash = blob_hash(&sha256)?;
    let tag = format!("\"{hash}\"");
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let blob = blocking(move || {
        let read =
            inner.blobs.read(&hash).map_err(|error| ApiError::Internal { detail: format!("blob {hash}: {error}") })?;
        match (read, inner.blobs.held(&hash)) {
            (Some(bytes), _) => Ok(bytes),
            (None, 0) => Err(ApiError::NotFound { what: "blob" }),
            (None, held) => Err(ApiError::PartialBlob { held }),
        }
    });
    let blob = blob.await?;
    let media_type = sniff(&blob);
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { blob.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    // A blob may be erased, so nobody is told to keep it for ever.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    if !media_type.starts_with("image/") {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// The media type by the first bytes; only what a browser shows without running it.
fn sniff(bytes: &[u8]) -> &'static str {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        _ if is_webp => "image/webp",
        _ if bytes.starts_with(b"%PDF-") => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// Uploads a blob or a part of one, at most 10 MiB. Signed by a registered signer: `Nguon-Signer` and `Nguon-Signature`.
#[utoipa::path(
    put, path = "/v1/blobs/{sha256}",
    params(
        ("sha256" = String, Path),
        ("nguon-signer" = String, Header, description = "The key, 64 hex digits."),
        ("nguon-signature" = String, Header, description = "Base64 of the signature over `nguon-blob v1`, origin and hash, a line each."),
        ("content-range" = Option<String>, Header, description = "`bytes first-last/total`, for a part."),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "Whole, and its hash is right."),
        (status = 200, description = "It was there."),
        (status = 202, description = "A part; `Upload-Offset` tells how much is held."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn put_blob(
    State(inner): State<Arc<Inner>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let hash = blob_hash(&sha256)?;
    ready(&inner)?;
    let range = content_range(&headers)?;
    let shared = Arc::clone(&inner);
    blocking(move || authorise(&shared, &headers, &hash)).await?;
    let (bytes, is_whole) = read(&inner, body).await?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let (first, total) = match range {
        Some(range) => range,
        // A sender that broke off may go on later; how long the blob is to be is then not known, only that it is longer.
        None => (0, if is_whole { length } else { length.saturating_add(1) }),
    };
    let put = blocking(move || Ok(inner.blobs.put(&hash, Part { first, total, bytes: &bytes })?)).await?;
    Ok(match put {
        Put::Created => StatusCode::CREATED.into_response(),
        Put::Existed => StatusCode::OK.into_response(),
        Put::Partial(held) => (StatusCode::ACCEPTED, [(UPLOAD_OFFSET, held.to_string())]).into_response(),
    })
}

fn authorise(inner: &Inner, headers: &HeaderMap, hash: &Hash) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bad = |field: &str, detail: &str| ApiError::from(Refusal::new(Code::BadSignature, field, detail));
    let signer = text("nguon-signer").and_then(PublicKey::from_hex);
    let signer = signer.ok_or_else(|| bad("Nguon-Signer", "missing, or not 64 lower-case hex digits"))?;
    let signature = text("nguon-signature")
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .and_then(|bytes| Signature::from_slice(&bytes))
        .ok_or_else(|| bad("Nguon-Signature", "missing, or not the base64 of 64 bytes"))?;
    registered(ready(inner)?.view().reader, &signer)?;
    let signed = format!("{SIGNED_PREFIX}{}\n{hash}\n", inner.origin);
    if signer.verifies(signed.as_bytes(), &signature) {
        return Ok(());
    }
    Err(bad("Nguon-Signature", "not the signer's over this blob"))
}

/// First byte and total of `bytes first-last/total`.
fn content_range(headers: &HeaderMap) -> Result<Option<(u64, u64)>, ApiError> {
    let Some(value) = headers.get(header::CONTENT_RANGE) else { return Ok(None) };
    let parse = |text: &str| {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last): (u64, u64) = {
            let (first, last) = range.split_once('-')?;
            (first.parse().ok()?, last.parse().ok()?)
        };
        let total: u64 = total.parse().ok()?;
        (first <= last && last < total).then_some((first, total))
    };
    let malformed = || ApiError::Malformed { field: "Content-Range", detail: "not bytes first-last/total".to_owned() };
    value.to_str().ok().and_then(parse).map(Some).ok_or_else(malformed)
}

/// Reads a body; what came before the sender broke off, and whether it is all.
async fn read(inner: &Inner, body: Body) -> Result<(Vec<u8>, bool), ApiError> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    loop {
        match tokio::time::timeout(inner.config.http.idle_time, stream.next()).await {
            Ok(None) => return Ok((bytes, true)),
            Ok(Some(Ok(chunk))) => bytes.extend_from_slice(&chunk),
            Ok(Some(Err(_))) | Err(_) => return Ok((bytes, false)),
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BLOB_BYTES_MAX {
            return Err(ApiError::TooLarge { detail: format!("a blob has at most {BLOB_BYTES_MAX} bytes") });
        }
    }
}
