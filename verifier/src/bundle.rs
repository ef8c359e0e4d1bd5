//! Proof bundles: one lot's whole story against one checkpoint (`docs/format.md`, section 8).
//!
//! [`Bundle::parse`] reads one, [`verify_bundle`] makes all checks of it.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::json::{Json, JsonError, Object};
use nguon_ledger::tree::{InclusionProof, LeafIndex, TreeSize};
use thiserror::Error;

use nguon_ledger::hash::Hash;
use nguon_ledger::note::{Note, VerifierKey};
use nguon_ledger::policy::Policy;
use nguon_ledger::tlog_proof::TlogProof;

use crate::verdict::Verdict;

mod chains;
mod gather;
mod log;
mod reading;
mod replay;
mod serial;

pub use gather::Gatherer;
pub use serial::{Pack, SerialError, SerialProof};

/// The only version of the bundle format.
const BUNDLE_VERSION: u64 = 1;

/// A proof bundle, read but not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    lot: String,
    vkey: String,
    checkpoint: String,
    entries: Vec<BundleEntry>,
}

/// One entry of a bundle, nothing about it checked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BundleEntry {
    /// Where the bundle says that it stands.
    index: LeafIndex,
    /// Its bytes.
    entry: Vec<u8>,
    /// The hashes of its inclusion proof, of any length.
    proof: Vec<Vec<u8>>,
}

/// Why bytes are no proof bundle. Whoever made them is at fault; nothing is said about the lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadBundleError {
    /// Not strict JSON (format, section 2).
    #[error("not strict JSON")]
    Json(#[source] JsonError),
    /// A value is missing, of another type, or not base64; or there is a key too many.
    #[error("{field} is missing or not as the format says")]
    Shape {
        /// Which.
        field: &'static str,
    },
    /// A later version of the format: a newer verifier may read it.
    #[error("not version {BUNDLE_VERSION} of the bundle format")]
    Version,
}

impl Bundle {
    /// Reads the JSON of a bundle.
    ///
    /// # Errors
    /// [`ReadBundleError`] for bytes that are no bundle. What is readable and wrong is for [`verify_bundle`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadBundleError> {
        let json = Json::parse(bytes).map_err(ReadBundleError::Json)?;
        let object = json.as_object().ok_or(ReadBundleError::Shape { field: "bundle" })?;
        if object.get("v").ok_or(ReadBundleError::Shape { field: "v" })?.as_u64() != Some(BUNDLE_VERSION) {
            return Err(ReadBundleError::Version);
        }
        only(object, &["v", "lot", "vkey", "checkpoint", "entries"], "bundle")?;
        let entries =
            object.get("entries").and_then(Json::as_array).ok_or(ReadBundleError::Shape { field: "entries" })?;
        Ok(Self {
            lot: text(object, "lot")?.into(),
            vkey: text(object, "vkey")?.into(),
            checkpoint: text(object, "checkpoint")?.into(),
            entries: entries.iter().map(BundleEntry::read).collect::<Result<_, _>>()?,
        })
    }

    /// The lot that it is about, as it says.
    #[must_use]
    pub fn lot(&self) -> &str {
        &self.lot
    }

    /// The log key that it names: a hint, by whoever made it.
    #[must_use]
    pub fn vkey(&self) -> &str {
        &self.vkey
    }

    /// The checkpoint's signed note, as it stands there.
    #[must_use]
    pub fn checkpoint(&self) -> &str {
        &self.checkpoint
    }

    /// The entries: where each is said to stand, and its bytes. Nothing about them is checked.
    pub fn entries(&self) -> impl Iterator<Item = (LeafIndex, &[u8])> {
        self.entries.iter().map(|stored| (stored.index, stored.entry.as_slice()))
    }

    /// The proof file of each entry whose proof has the form of one, with the entry's index.
    pub fn proofs(&self) -> impl Iterator<Item = (LeafIndex, TlogProof)> {
        let note = Note::parse(self.checkpoint.as_bytes()).ok();
        self.entries.iter().filter_map(move |stored| {
            let hashes = stored.proof.iter().map(|bytes| Hash::from_slice(bytes)).collect::<Option<_>>()?;
            let proof = InclusionProof::new(hashes).ok()?;
            Some((stored.index, TlogProof::new(stored.index, proof, note.clone()?)))
        })
    }

    /// How many entries it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl BundleEntry {
    fn read(json: &Json<'_>) -> Result<Self, ReadBundleError> {
        let object = json.as_object().ok_or(ReadBundleError::Shape { field: "entries[]" })?;
        only(object, &["index", "entry", "proof"], "entries[]")?;
        let index = object.get("index").and_then(Json::as_u64).ok_or(ReadBundleError::Shape { field: "index" })?;
        let proof = object.get("proof").and_then(Json::as_array).ok_or(ReadBundleError::Shape { field: "proof" })?;
        let decode = |json: &Json<'_>, field| {
            json.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or(ReadBundleError::Shape { field })
        };
        Ok(Self {
            index: LeafIndex::new(index),
            entry: decode(object.get("entry").ok_or(ReadBundleError::Shape { field: "entry" })?, "entry")?,
            proof: proof.iter().map(|hash| decode(hash, "proof[]")).collect::<Result<_, _>>()?,
        })
    }
}

fn only(object: &Object<'_>, known: &[&str], field: &'static str) -> Result<(), ReadBundleError> {
    if object.unknown_key(known).is_some() { Err(ReadBundleError::Shape { field }) } else { Ok(()) }
}

fn text<'o>(object: &'o Object<'_>, field: &'static str) -> Result<&'o str, ReadBundleError> {
    object.get(field).and_then(Json::as_str).ok_or(ReadBundleError::Shape { field })
}

/// Whose word on the log is taken.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Trust<'a> {
    /// This key's.
    Key(&'a VerifierKey),
    /// That of the policy's logs, with the policy's witnesses.
    Policy(&'a Policy),
    /// That of the key which the bundle names: the bundle is only held against itself.
    OnFirstUse,
}

/// What a bundle is held against.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "callers must say all of it")]
pub struct Options<'a> {
    /// Whose word on the log is taken.
    pub trust: Trust<'a>,
    /// The newest checkpoint that could be got elsewhere, as its note's bytes.
    pub newest: Option<&'a [u8]>,
    /// A tree this large is fresh enough, whatever else there is.
    pub size_min: Option<TreeSize>,
}

impl<'a> Options<'a> {
    /// Trusts somebody and asks nobody for a newer checkpoint.
    #[must_use]
    pub const fn new(trust: Trust<'a>) -> Self {
        Self { trust, newest: None, size_min: None }
    }
}

/// Makes every check of a bundle.
#[must_use]
pub fn verify_bundle(bundle: &Bundle, options: &Options<'_>) -> Verdict {
    judge(bundle, options, None)
}

/// Makes every check of a bundle and, last, whether a pack's serial is one that the lot committed to.
#[must_use]
pub fn verify_pack(bundle: &Bundle, options: &Options<'_>, pack: Pack<'_>) -> Verdict {
    judge(bundle, options, Some(pack))
}

fn judge(bundle: &Bundle, options: &Options<'_>, pack: Option<Pack<'_>>) -> Verdict {
    let log = log::Log::read(bundle, options);
    let reading = reading::Reading::new(bundle, log.origin());
    let replay = replay::Replay::run(&reading);
    let mut verdict = Verdict {
        lot: bundle.lot.clone(),
        size: log.size(),
        root: log.root(),
        vkey: log.vkey().cloned(),
        checks: alloc::vec![
            log.checkpoint_signed(),
            log.witness_quorum(),
            log.entries_included(&bundle.entries),
            chains::entry_chain(&reading),
            chains::lot_chain_complete(&reading),
            chains::signatures(&reading),
            chains::signer_registered(&reading),
            chains::signer_chain(&reading),
            replay.rules(),
            replay.recall(&reading),
            log.freshness(options),
        ],
    };
    verdict.checks.extend(pack.map(|pack| serial::serial_included(&bundle.lot, pack, replay.serials(&reading))));
    verdict
}
