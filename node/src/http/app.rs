//! The producer's app and the registrar's desk (`node/web`): files embedded in the program, served under `/app/`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

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

/// Brotli's best, a window wider than any file, and the buffer between.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 22;
const BROTLI_BUFFER_BYTES: usize = 4_096;

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
        .route("/app/report", get(|headers: HeaderMap| async move { answer("report/index.html", &headers) }))
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

/// A file as it goes out.
struct Served {
    bytes: Vec<u8>,
    /// Changes with any byte.
    tag: String,
    /// The same in brotli; none in a build for developing, which reads the files anew for every request.
    brotli: Option<Vec<u8>>,
}

impl Served {
    fn new(path: &str) -> Option<Self> {
        let mut bytes = find(path)?.data.into_owned();
        if path.ends_with(".js") && !path.contains("vendor/") {
            bytes =
                String::from_utf8(bytes).map_or_else(|error| error.into_bytes(), |text| code_of(&text).into_bytes());
        }
        let mut tag = Hash::of(&bytes).to_string();
        if path == WORKER {
            bytes.extend_from_slice(format!("\n// version {}\n", *VERSION).as_bytes());
            tag.clone_from(&VERSION);
        }
        let brotli = if cfg!(debug_assertions) { None } else { compressed(&bytes) };
        Some(Self { bytes, tag, brotli })
    }
}

/// The files of a release, each made when it is first asked for.
static KEPT: LazyLock<BTreeMap<String, OnceLock<Option<Served>>>> = LazyLock::new(|| {
    let verifier = VerifierFiles::iter().map(|path| format!("verifier/{path}"));
    OwnFiles::iter().map(String::from).chain(verifier).map(|path| (path, OnceLock::new())).collect()
});

/// The code of a module without comments and types, which a phone need not fetch. Comments stand on lines of their own; a test holds all
/// modules to that.
fn code_of(text: &str) -> String {
    let mut is_comment = false;
    let is_code = |line: &&str| {
        let line = line.trim();
        if is_comment || line.starts_with("/*") {
            is_comment = !line.contains("*/");
            return false;
        }
        !line.is_empty() && !line.starts_with("//")
    };
    let lines: Vec<_> = text.lines().filter(is_code).collect();
    lines.join("\n") + "\n"
}

/// `None` when it cannot be compressed, which writing to memory does not cause.
fn compressed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, BROTLI_BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(bytes).ok()?;
    drop(writer);
    Some(out)
}

async fn files() -> Response {
    ([(header::CACHE_CONTROL, NO_CACHE)], Json(Files { version: &VERSION, files: paths() })).into_response()
}

fn answer(path: &str, asked: &HeaderMap) -> Response {
    let made_anew = if cfg!(debug_assertions) { Served::new(path) } else { None };
    let kept = || KEPT.get(path).and_then(|kept| kept.get_or_init(|| Served::new(path)).as_ref());
    let Some(file) = made_anew.as_ref().or_else(kept) else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{}\"", file.tag);
    let headers = [
        (header::CONTENT_TYPE, media_type(path)),
        (header::CACHE_CONTROL, NO_CACHE),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = match &file.brotli {
        _ if is_known => (StatusCode::NOT_MODIFIED, headers).into_response(),
        Some(brotli) if takes_brotli(asked) => {
            (headers, [(header::CONTENT_ENCODING, "br")], brotli.clone()).into_response()
        }
        _ => (headers, file.bytes.clone()).into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether brotli is among what a browser takes. None that names it refuses it in the same breath.
fn takes_brotli(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.split(',').any(|name| name.trim() == "br"))
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
