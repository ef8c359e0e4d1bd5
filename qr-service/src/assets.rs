//! Files that the page loads, embedded in the program and named by what is in them.

use std::{collections::BTreeMap, io::Write as _, sync::LazyLock};

use nguon_ledger::hash::Hash;

mod bundle;

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

/// The style of every page.
pub(crate) const STYLE_PATH: &str = "qr-service/web/page.min.css";
/// What pages with forms need beside it.
pub(crate) const FORMS_STYLE_PATH: &str = "qr-service/web/forms.min.css";
/// The script of a lot's page, made by `tests/web/make-page-script.mjs` of `page.js` and the verifier's modules.
pub(crate) const SCRIPT_PATH: &str = "qr-service/web/page.min.js";
/// The complete verifier in one file, loaded for what the page's script does not pass by itself.
pub(crate) const VERIFIER_PATH: &str = "verifier/web/verify.bundle.js";

/// All that lie in the repository. `verify.js` and what it imports belong to the verifier: the page runs the very files that auditors may host
/// elsewhere.
pub(crate) const ASSETS: [Asset; 34] = [
    Asset { path: STYLE_PATH, media_type: CSS, text: include_str!("../web/page.min.css") },
    Asset { path: FORMS_STYLE_PATH, media_type: CSS, text: include_str!("../web/forms.min.css") },
    Asset { path: SCRIPT_PATH, media_type: SCRIPT, text: include_str!("../web/page.min.js") },
    Asset { path: "qr-service/web/icon.svg", media_type: "image/svg+xml", text: include_str!("../web/icon.svg") },
    verifier!("attributes.js"),
    verifier!("bundle.js"),
    verifier!("bytes.js"),
    verifier!("canonical.js"),
    verifier!("check.js"),
    verifier!("context.js"),
    verifier!("dense.js"),
    verifier!("ed25519.js"),
    verifier!("ed25519-fallback.js"),
    verifier!("epcis.js"),
    verifier!("fields.js"),
    verifier!("freshness.js"),
    verifier!("inspection.js"),
    verifier!("item.js"),
    verifier!("json.js"),
    verifier!("links.js"),
    verifier!("log.js"),
    verifier!("marking.js"),
    verifier!("movement.js"),
    verifier!("names.js"),
    verifier!("registry.js"),
    verifier!("rules.js"),
    verifier!("sensors.js"),
    verifier!("statement.js"),
    verifier!("transform.js"),
    verifier!("values.js"),
    verifier!("verify.js"),
    verifier!("vocabulary.js"),
    verifier!("words.js"),
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

static VERIFIER: LazyLock<String> = LazyLock::new(|| {
    bundle::bundle("verifier/web/verify.js", VERIFIER_PATH, "verifyBundle", |path| listed(path).map(|asset| asset.text))
});

/// How a browser may have something compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Brotli, which browsers accept over HTTPS.
    Brotli,
    /// Gzip.
    Gzip,
}

impl Encoding {
    /// The best that a request accepts; none when it accepts neither.
    pub(crate) fn accepted(accept_encoding: &str) -> Option<Self> {
        let mut accepted = accept_encoding.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next()?;
            let is_refused = parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)));
            (!is_refused).then_some(name)
        });
        let found = accepted.clone().any(|name| name == "br");
        if found { Some(Self::Brotli) } else { accepted.any(|name| name == "gzip").then_some(Self::Gzip) }
    }

    /// Its name in `Content-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Bytes in this encoding. Nothing where it fails, which writing to memory does not: the file goes out as it is then.
    pub(crate) fn compress(self, bytes: &[u8], effort: Effort) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(bytes.len() / 3);
        match self {
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(&mut out, BROTLI_BUFFER, effort.brotli(), BROTLI_WINDOW);
                writer.write_all(bytes).ok()?;
            }
            Self::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(&mut out, effort.gzip());
                writer.write_all(bytes).ok()?;
                writer.finish().ok()?;
            }
        }
        Some(out)
    }
}

/// How much time compressing may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// A millisecond or so: somebody waits.
    Quick,
    /// As long as it takes, tens of milliseconds for a page: done once and sent often.
    Best,
}

impl Effort {
    fn brotli(self) -> u32 {
        match self {
            Self::Quick => 5,
            Self::Best => 11,
        }
    }

    fn gzip(self) -> flate2::Compression {
        match self {
            Self::Quick => flate2::Compression::new(6),
            Self::Best => flate2::Compression::best(),
        }
    }
}

const BROTLI_BUFFER: usize = 4_096;
/// Wider than any file.
const BROTLI_WINDOW: u32 = 22;

type Compressed = BTreeMap<&'static str, [Vec<u8>; 2]>;

/// Every file in both encodings. Files never change while the program runs, so this is done once and as well as can be.
static COMPRESSED: LazyLock<Compressed> = LazyLock::new(|| {
    let both = |asset: Asset| {
        let encode = |encoding: Encoding| encoding.compress(asset.text.as_bytes(), Effort::Best);
        Some((asset.path, [encode(Encoding::Brotli)?, encode(Encoding::Gzip)?]))
    };
    all().filter_map(both).collect()
});

/// The file with this path in an encoding.
pub(crate) fn compressed(path: &str, encoding: Encoding) -> Option<&'static [u8]> {
    let [brotli, gzip] = COMPRESSED.get(path)?;
    Some(match encoding {
        Encoding::Brotli => brotli,
        Encoding::Gzip => gzip,
    })
}

/// Sixteen hexadecimal digits that change with any byte of any file.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = all().map(|asset| format!("{}\0{}\0", asset.path, asset.text)).collect();
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

fn all() -> impl Iterator<Item = Asset> {
    let verifier = Asset { path: VERIFIER_PATH, media_type: SCRIPT, text: VERIFIER.as_str() };
    ASSETS.into_iter().chain([verifier])
}

fn listed(path: &str) -> Option<Asset> {
    ASSETS.into_iter().find(|asset| asset.path == path)
}

/// The file with this path.
pub(crate) fn find(path: &str) -> Option<Asset> {
    all().find(|asset| asset.path == path)
}
