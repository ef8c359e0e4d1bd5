//! Evidence files: one lot's story with all that proves it, in one archive that is checked without a network
//! (`docs/format.md`, section 12).
//!
//! [`write()`] puts one together, always the same bytes from the same parts; [`Evidence::read`] and [`check`] judge one that came from
//! anywhere. Whatever can be derived from the proof bundle is derived again and compared, so a file cannot say one thing to people and
//! another to the verifier.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use nguon_ledger::hash::Hash;

use crate::bundle::Bundle;

mod archive;
mod blobs;
mod check;
mod keys;
pub mod story;

pub use archive::{ARCHIVE_BYTES_MAX, ArchiveError};
pub use blobs::{BLOB_BYTES_MAX, NamedBlob, named_blobs};
pub use check::{EvidenceVerdict, FileCheck, FileResult, check};

use archive::Member;

/// The proof bundle.
pub const BUNDLE: &str = "bundle.json";
/// Whose word is taken, by whoever made the file.
pub const POLICY: &str = "trust.policy";
/// The page that checks the file in a browser.
pub const PAGE: &str = "verify.html";
/// What the file says, in Vietnamese and in English.
pub const SUMMARIES: [&str; 2] = ["TOM-TAT.txt", "SUMMARY.txt"];
const SUMS: &str = "SHA256SUMS";
const CHECKPOINT: &str = "checkpoint";
const KEYS: &str = "keys.json";
/// A token of RFC 3161 over the checkpoint.
const RFC3161: &str = "checkpoint.tsr";
/// An OpenTimestamps proof of the checkpoint.
const OTS: &str = "checkpoint.ots";
const BLOBS: &str = "blobs/";

/// What others say of the time at which the checkpoint existed. Only carried along: `openssl` and `ots` check them.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the format knows these two")]
pub struct Timestamps<'a> {
    /// A token of RFC 3161 over the file `checkpoint`.
    pub rfc3161: Option<&'a [u8]>,
    /// An OpenTimestamps proof of the file `checkpoint`.
    pub ots: Option<&'a [u8]>,
}

/// What an evidence file is made of.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "callers must say all of it")]
pub struct Parts<'a> {
    /// The proof bundle as it was served.
    pub bundle: &'a [u8],
    /// The trust policy.
    pub policy: &'a [u8],
    /// The photos and papers that could be had.
    pub blobs: &'a BTreeMap<Hash, Vec<u8>>,
    /// Timestamps got elsewhere.
    pub timestamps: Timestamps<'a>,
    /// The summaries, in the order of [`SUMMARIES`].
    pub summaries: [&'a str; 2],
    /// The page that checks the file in a browser.
    pub page: &'a str,
}

/// Writes an evidence file about a bundle, which is the one in `parts`, read.
///
/// # Errors
/// [`ArchiveError::TooLarge`] when it would be.
pub fn write(bundle: &Bundle, parts: &Parts<'_>) -> Result<Vec<u8>, ArchiveError> {
    let derived = derived(bundle);
    let blobs: Vec<_> = parts.blobs.iter().map(|(hash, bytes)| (format!("{BLOBS}{hash}"), bytes)).collect();
    let mut files: BTreeMap<&str, &[u8]> = derived.iter().map(|(name, bytes)| (name.as_str(), &**bytes)).collect();
    files.extend(blobs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    let texts = SUMMARIES.into_iter().zip(parts.summaries).map(|(name, text)| (name, text.as_bytes()));
    files.extend(texts.chain([(BUNDLE, parts.bundle), (POLICY, parts.policy), (PAGE, parts.page.as_bytes())]));
    files.extend(parts.timestamps.rfc3161.map(|bytes| (RFC3161, bytes)));
    files.extend(parts.timestamps.ots.map(|bytes| (OTS, bytes)));
    let sums = archive::sums(files.iter().map(|(name, bytes)| (*name, *bytes)));
    files.insert(SUMS, sums.as_bytes());
    let members: Vec<_> = files.iter().map(|(name, bytes)| Member::new(name, bytes)).collect();
    archive::write(&members)
}

/// The files that follow from the bundle alone: what it holds, in the forms that other tools read.
fn derived(bundle: &Bundle) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (index, entry) in bundle.entries() {
        files.insert(format!("entries/{index}.bin"), entry.to_vec());
    }
    for (index, proof) in bundle.proofs() {
        files.insert(format!("proofs/{index}.tlog-proof"), proof.to_string().into_bytes());
    }
    files.insert(CHECKPOINT.into(), bundle.checkpoint().as_bytes().to_vec());
    files.insert(KEYS.into(), keys::history(bundle).into_bytes());
    files
}

/// An evidence file, taken apart but not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence<'a> {
    members: Vec<Member<'a>>,
}

impl<'a> Evidence<'a> {
    /// Takes a file apart.
    ///
    /// # Errors
    /// [`ArchiveError`] for everything but an archive in the one form that evidence files have.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ArchiveError> {
        Ok(Self { members: archive::read(bytes)? })
    }

    /// The bytes of a file in it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let place = self.members.binary_search_by_key(&name, |member| member.name).ok()?;
        self.members.get(place).map(|member| member.bytes)
    }

    /// The files in it, in the order of their names.
    pub fn files(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.members.iter().map(|member| (member.name, member.bytes))
    }

    /// The timestamps that it carries along.
    #[must_use]
    pub fn timestamps(&self) -> Timestamps<'a> {
        Timestamps { rfc3161: self.get(RFC3161), ots: self.get(OTS) }
    }

    /// The hashes by which its photos and papers are called.
    pub fn blobs(&self) -> impl Iterator<Item = Hash> {
        self.members.iter().filter_map(|member| Hash::from_hex(member.name.strip_prefix(BLOBS)?))
    }
}
