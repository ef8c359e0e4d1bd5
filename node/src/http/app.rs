//! The producer's app and the registrar's desk (`node/web`): files embedded in the program, served under `/app/`.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use nguon_ledger::hash::Hash;
use rust_embed::{Embed, EmbeddedFile};
use serde::Serialize;
use tower_http::compression::CompressionLayer;

/// The app's own files, under the paths they are served by.
#[derive(Embed)]
#[folder = "web/"]
struct OwnFiles;

/// The verifier's modules, which the app runs as they are; served under `verifier/`.
#[derive(Embed)]
#[folder = "../verifier/web/"]
#[include = "*.js"]
#[include = "vendor/*"]
struct VerifierFiles;

/// Nothing from elsewhere and nothing inline. Pictures and sounds that were just taken are shown from memory (`blob:`).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
                      connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// Only the app asks for the camera, to scan codes and take photos, and for the microphone, to record its spoken words.
const PERMISSIONS: &str = "camera=(self), microphone=(self), geolocation=(self), payment=()";
/// The service worker decides what is kept on the phone; a copy kept elsewhere may never be older than the server's.
const NO_CACHE: &str = "no-cache";
/// Where the service worker's own file is; its bytes must change whenever any other file does, so that phones notice.
const WORKER: &str = "sw.js";

/// What a phone must hold to work without a network.
#[derive(Serialize)]
struct Files {
    /// Changes with any byte of any file.
    version: &'static str,
    /// Every file, relative to `/app/`.
    files: Vec<String>,
}

/// The version of all files together: 16 hexadecimal digits.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut all = Vec::new();
    for path in paths() {
        if let Some(file) = find(&path) {
            all.extend_from_slice(path.as_bytes());
            all.extend_from_slice(&file.metadata.sha256_hash());
        }
    }
    Hash::of(&all).to_string().chars().take(16).collect()
});

/// Routes of the app, for whatever state the node's other routes have.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/app", get(|| async { Redirect::permanent("/app/") }))
        .route("/app/", get(|headers: HeaderMap| async move { answer("index.html", &headers) }))
        .route("/app/coop", get(|headers: HeaderMap| async move { answer("coop/index.html", &headers) }))
        .route("/app/files.json", get(files))
        .route(
            "/app/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { answer(&path, &headers) }),
        )
        .layer(CompressionLayer::new())
}

/// Whether a phone needs a file: licences and descriptions for tools are served to whoever asks, and not carried along.
fn is_needed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.ends_with(".d.ts") && !name.ends_with(".md") && !name.starts_with("LICENSE")
}

fn paths() -> Vec<String> {
    let verifier = VerifierFiles::iter().map(|path| format!("verifier/{path}"));
    let mut paths: Vec<_> = OwnFiles::iter().map(String::from).chain(verifier).filter(|path| is_needed(path)).collect();
    paths.sort_unstable();
    paths
}

fn find(path: &str) -> Option<EmbeddedFile> {
    path.strip_prefix("verifier/").map_or_else(|| OwnFiles::get(path), VerifierFiles::get)
}

async fn files() -> Response {
    ([(header::CACHE_CONTROL, NO_CACHE)], Json(Files { version: &VERSION, files: paths() })).into_response()
}

fn answer(path: &str, asked: &HeaderMap) -> Response {
    let Some(file) = find(path) else { return StatusCode::NOT_FOUND.into_response() };
    let mut bytes = file.data.into_owned();
    let mut tag = Hash::of(&bytes).to_string();
    if path == WORKER {
        bytes.extend_from_slice(format!("\n// version {}\n", *VERSION).as_bytes());
        tag.clone_from(&VERSION);
    }
    let tag = format!("\"{tag}\"");
    let headers = [
        (header::CONTENT_TYPE, media_type(path)),
        (header::CACHE_CONTROL, NO_CACHE),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response =
        if is_known { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, bytes).into_response() };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ogg" | "opus") => "audio/ogg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
