//! Files beside the log: photos written anew, anything else as a download that can do nothing.

use axum::{
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use nguon_ledger::hash::Hash;

use super::{Shared, answer};
use crate::{
    picture::Size,
    service::{Client, Picture},
};

/// A blob is somebody's file: it may do nothing at all.
const BLOB_POLICY: &str = "default-src 'none'; sandbox";
/// A blob never changes, but it may be erased, and then copies must die out.
const ONE_DAY: &str = "public, max-age=86400";

pub(super) async fn full(shared: Shared, path: Path<String>, request: Request) -> Response {
    let client = answer::client(&shared, request.headers(), request.extensions());
    blob(shared, &path, Size::Full, client).await
}

pub(super) async fn small(shared: Shared, path: Path<String>, request: Request) -> Response {
    let client = answer::client(&shared, request.headers(), request.extensions());
    blob(shared, &path, Size::Small, client).await
}

async fn blob(State(service): Shared, sha256: &str, size: Size, client: Client) -> Response {
    let Some(sha256) = Hash::from_hex(sha256) else { return StatusCode::NOT_FOUND.into_response() };
    match service.blob(&sha256, size, client).await {
        Ok(picture) => {
            let (media_type, disposition, bytes) = match picture {
                Picture::Shown(jpeg) => ("image/jpeg", "inline", jpeg),
                Picture::File(file) => (media_type(&file), "attachment", file),
            };
            let headers = [
                (header::CONTENT_TYPE, media_type),
                (header::CONTENT_DISPOSITION, disposition),
                (header::CONTENT_SECURITY_POLICY, BLOB_POLICY),
                (header::CACHE_CONTROL, ONE_DAY),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => answer::blank(&error),
    }
}

/// A file's type is read off its own first bytes, nobody's word is taken for it; none of these runs in a browser.
fn media_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"%PDF") { "application/pdf" } else { "application/octet-stream" }
}
