//! Files that the page loads, embedded in the program and named by what is in them.

use std::sync::LazyLock;

use nguon_ledger::hash::Hash;

/// One embedded file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset {
    /// Path in the repository: served under the same path, a script's relative imports hold here and there.
    pub(crate) path: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A module of the verifier.
macro_rules! verifier {
    ($name:literal) => {
        Asset {
            path: concat!("verifier/web/", $name),
            media_type: SCRIPT,
            text: include_str!(concat!("../../verifier/web/", $name)),
        }
    };
}

/// All of them. `verify.js` and what it imports belong to the verifier: the page runs the very files that auditors may host elsewhere.
pub(crate) const ASSETS: [Asset; 20] = [
    Asset { path: "qr-service/web/page.css", media_type: CSS, text: include_str!("../web/page.css") },
    Asset { path: "qr-service/web/page.js", media_type: SCRIPT, text: include_str!("../web/page.js") },
    Asset { path: "qr-service/web/icon.svg", media_type: "image/svg+xml", text: include_str!("../web/icon.svg") },
    verifier!("bytes.js"),
    verifier!("ed25519.js"),
    verifier!("ed25519-fallback.js"),
    verifier!("epcis.js"),
    verifier!("json.js"),
    verifier!("log.js"),
    verifier!("marking.js"),
    verifier!("movement.js"),
    verifier!("names.js"),
    verifier!("registry.js"),
    verifier!("rules.js"),
    verifier!("statement.js"),
    verifier!("transform.js"),
    verifier!("values.js"),
    verifier!("verify.js"),
    verifier!("vocabulary.js"),
    verifier!("vendor/noble-ed25519/index.js"),
];

/// The page that checks evidence by itself: one file, made of the same modules, which a reader may save and open anywhere.
pub(crate) const VERIFY_PAGE: &str = include_str!("../../verifier/web/verify.html");

/// What the page allows itself: its own script and style by their hashes, and nothing else. It says so in its head, where it must be
/// said for those who open it from a file.
static VERIFY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let stated = VERIFY_PAGE.split_once("http-equiv=\"Content-Security-Policy\" content=\"");
    let stated = stated.and_then(|(_, rest)| rest.split_once('"')).map_or("default-src 'none'", |(policy, _)| policy);
    format!("{stated}; frame-ancestors 'none'")
});

/// The content policy of [`VERIFY_PAGE`].
pub(crate) fn verify_policy() -> &'static str {
    &VERIFY_POLICY
}

/// Sixteen hexadecimal digits that change with any byte of any file.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| format!("{}\0{}\0", asset.path, asset.text)).collect();
    Hash::of(all.as_bytes()).to_string().chars().take(16).collect()
});

/// The folder that holds the files as they are now.
pub(crate) fn version() -> &'static str {
    &VERSION
}

/// The address of a file, which may be cached for ever.
pub(crate) fn url(path: &str) -> String {
    format!("/assets/{}/{path}", version())
}

/// The file with this path.
pub(crate) fn find(path: &str) -> Option<Asset> {
    ASSETS.into_iter().find(|asset| asset.path == path)
}
