//! Files that the page loads, embedded in the program and named by what is in them.

use std::sync::LazyLock;

use nguon_ledger::hash::Hash;

/// One embedded file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// All of them. `verify.js` belongs to the verifier: the page runs the very file that auditors may host elsewhere.
pub(crate) const ASSETS: [Asset; 4] = [
    Asset { name: "page.css", media_type: CSS, text: include_str!("../web/page.css") },
    Asset { name: "page.js", media_type: SCRIPT, text: include_str!("../web/page.js") },
    Asset { name: "icon.svg", media_type: "image/svg+xml", text: include_str!("../web/icon.svg") },
    Asset { name: "verify.js", media_type: SCRIPT, text: include_str!("../../verifier/web/verify.js") },
];

/// Sixteen hexadecimal digits that change with any byte of any file. The scripts import each other by relative address, so
/// one folder name serves them all.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| format!("{}\0{}\0", asset.name, asset.text)).collect();
    Hash::of(all.as_bytes()).to_string().chars().take(16).collect()
});

/// The folder that holds the files as they are now.
pub(crate) fn version() -> &'static str {
    &VERSION
}

/// The address of a file, which may be cached for ever.
pub(crate) fn url(name: &str) -> String {
    format!("/assets/{}/{name}", version())
}

/// The file of this name.
pub(crate) fn find(name: &str) -> Option<Asset> {
    ASSETS.into_iter().find(|asset| asset.name == name)
}
