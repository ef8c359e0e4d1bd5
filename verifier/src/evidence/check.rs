//! Judges an evidence file that came from anywhere.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use nguon_ledger::hash::Hash;
use nguon_ledger::policy::Policy;

use super::{BLOBS, BUNDLE, Evidence, OTS, PAGE, POLICY, RFC3161, SUMMARIES, SUMS, archive, derived, named_blobs};
use crate::bundle::{Bundle, Options, Trust, verify_bundle};
use crate::verdict::{Outcome, Verdict, json};

/// The checks of the file itself, beside those of the bundle in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileCheck {
    /// Every file is whole, as the list of hashes says, and none is missing or too many.
    Sums,
    /// Entries, proofs, checkpoint and key history are those of the bundle.
    Copies,
    /// The photos and papers are those that the statements name.
    Blobs,
    /// The summaries say what follows from the rest.
    Summary,
    /// The page is the one that this verifier comes with.
    Page,
    /// The timestamps that the file carries along.
    Timestamps,
}

impl FileCheck {
    /// Every check of the file, in the order of a verdict.
    pub const ALL: &'static [Self] =
        &[Self::Sums, Self::Copies, Self::Blobs, Self::Summary, Self::Page, Self::Timestamps];

    /// The name, as it travels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sums => "sums",
            Self::Copies => "copies",
            Self::Blobs => "blobs",
            Self::Summary => "summary",
            Self::Page => "page",
            Self::Timestamps => "timestamps",
        }
    }
}

/// How a check of the file came out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a check is these three by the format")]
pub struct FileResult {
    /// Which.
    pub name: FileCheck,
    /// How it came out.
    pub outcome: Outcome,
    /// Why it failed or was not checked, in English, for developers.
    pub detail: Option<String>,
}

impl FileResult {
    fn of(name: FileCheck, result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self { name, outcome: Outcome::Passed, detail: None },
            Err(detail) => Self { name, outcome: Outcome::Failed, detail: Some(detail) },
        }
    }

    /// A check that could not be made.
    pub fn not_checked(name: FileCheck, detail: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::NotChecked, detail: Some(detail.into()) }
    }
}

/// What was found about an evidence file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EvidenceVerdict {
    /// The checks of the file itself.
    pub files: Vec<FileResult>,
    /// The proof bundle in it, if it could be read.
    pub bundle: Option<Bundle>,
    /// The checks of that bundle.
    pub verdict: Option<Verdict>,
}

impl EvidenceVerdict {
    /// Whether no check failed. Checks that could not be made do not make it fail: show them.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        let is_whole = self.files.iter().all(|result| result.outcome != Outcome::Failed);
        is_whole && self.verdict.as_ref().is_some_and(Verdict::is_passed)
    }

    /// The verdict as JSON: `{"v":1,"verdict":"passed|failed","files":[{"name","result","detail"?}],"bundle":VERDICT|null}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let files = self.files.iter().map(|FileResult { name, outcome, detail }| {
            let detail = detail.as_deref().map(|detail| format!(r#","detail":{}"#, json::text(detail)));
            let (name, result) = (name.as_str(), outcome.as_str());
            format!(r#"{{"name":"{name}","result":"{result}"{}}}"#, detail.unwrap_or_default())
        });
        format!(
            r#"{{"v":1,"verdict":"{}","files":[{}],"bundle":{}}}"#,
            if self.is_passed() { Outcome::Passed } else { Outcome::Failed }.as_str(),
            files.collect::<Vec<_>>().join(","),
            json::or_null(self.verdict.as_ref().map(Verdict::to_json)),
        )
    }
}

/// Makes every check of an evidence file but those of summary and page, which need words that a library has not. Without trust in
/// anybody the policy in the file is taken, and with it the word of whoever made the file.
#[must_use]
pub fn check(evidence: &Evidence<'_>, trust: Option<Trust<'_>>) -> EvidenceVerdict {
    let bundle = evidence.get(BUNDLE).and_then(|bytes| Bundle::parse(bytes).ok());
    // The browser's verifier reads text only, and a policy that one of both takes is none.
    let policy = evidence.get(POLICY).filter(|bytes| core::str::from_utf8(bytes).is_ok());
    let policy = policy.and_then(|bytes| Policy::parse(bytes).ok());
    let verdict = bundle.as_ref().map(|bundle| {
        let own = policy.as_ref().map_or(Trust::OnFirstUse, Trust::Policy);
        verify_bundle(bundle, &Options::new(trust.unwrap_or(own)))
    });
    let copies = match (&bundle, &policy) {
        (None, _) => Err(format!("{BUNDLE} is no proof bundle")),
        (_, None) => Err(format!("{POLICY} is no trust policy")),
        (Some(bundle), Some(_)) => copies(evidence, bundle),
    };
    let mut files = Vec::from([
        FileResult::of(FileCheck::Sums, sums(evidence)),
        FileResult::of(FileCheck::Copies, copies),
        bundle.as_ref().map_or_else(
            || FileResult::not_checked(FileCheck::Blobs, "there is no bundle to name them"),
            |bundle| blobs(evidence, bundle),
        ),
    ]);
    let stamps = evidence.timestamps();
    if stamps.rfc3161.is_some() || stamps.ots.is_some() {
        let detail = "carried along only: check them with openssl ts and ots";
        files.push(FileResult::not_checked(FileCheck::Timestamps, detail));
    }
    EvidenceVerdict { files, bundle, verdict }
}

/// Every file is whole and listed with its hash; the list holds nothing else.
fn sums(evidence: &Evidence<'_>) -> Result<(), String> {
    if let Some(member) = evidence.members.iter().find(|member| !member.is_whole()) {
        return Err(format!("{} is not as the archive says", member.name));
    }
    let list = evidence.get(SUMS).ok_or_else(|| format!("{SUMS} is missing"))?;
    let expected = archive::sums(evidence.files().filter(|(name, _)| *name != SUMS));
    if expected.as_bytes() == list {
        return Ok(());
    }
    let listed = core::str::from_utf8(list).unwrap_or_default();
    let lines: BTreeSet<_> = listed.lines().collect();
    let fault = expected.lines().find(|line| !lines.contains(line));
    let name = fault.and_then(|line| line.split_once("  ")).map_or(SUMS, |(_, name)| name);
    Err(format!("{name} is not as {SUMS} says"))
}

/// What follows from the bundle is what the file holds; there is nothing else of that sort.
fn copies(evidence: &Evidence<'_>, bundle: &Bundle) -> Result<(), String> {
    let derived = derived(bundle);
    if let Some((name, _)) = derived.iter().find(|(name, bytes)| evidence.get(name) != Some(bytes.as_slice())) {
        return Err(format!("{name} is not what the bundle holds"));
    }
    let is_known = |name: &str| {
        let others = [BUNDLE, POLICY, SUMS, PAGE, RFC3161, OTS];
        others.contains(&name) || SUMMARIES.contains(&name) || name.starts_with(BLOBS) || derived.contains_key(name)
    };
    evidence
        .files()
        .find(|(name, _)| !is_known(name))
        .map_or(Ok(()), |(name, _)| Err(format!("{name} belongs to no evidence file")))
}

/// Every photo and paper has the hash that it is called by and is named by a statement; which ones are missing is said.
fn blobs(evidence: &Evidence<'_>, bundle: &Bundle) -> FileResult {
    let named = named_blobs(bundle);
    let fault = evidence.files().find_map(|(name, bytes)| {
        let hash = name.strip_prefix(BLOBS)?;
        let Some(hash) = Hash::from_hex(hash) else { return Some(format!("{name} is not called by a hash")) };
        match named.get(&hash) {
            None => Some(format!("{name} is named by no statement")),
            Some(_) if Hash::of(bytes) != hash => Some(format!("{name} has another hash")),
            Some(blob) if u64::try_from(bytes.len()).ok() != Some(blob.bytes) => {
                Some(format!("{name} has another length than entry {} says", blob.entry))
            }
            Some(_) => None,
        }
    });
    if let Some(fault) = fault {
        return FileResult::of(FileCheck::Blobs, Err(fault));
    }
    let held: BTreeSet<_> = evidence.blobs().collect();
    let missing: Vec<_> = named.keys().filter(|hash| !held.contains(hash)).collect();
    match missing.first() {
        None => FileResult::of(FileCheck::Blobs, Ok(())),
        Some(first) => {
            let count = missing.len().to_string();
            let all = named.len();
            FileResult::not_checked(FileCheck::Blobs, format!("{count} of {all} are not in the file, {first} first"))
        }
    }
}
