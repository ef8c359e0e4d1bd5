//! `nguon-verify evidence` and `nguon-verify check`: evidence files, written and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, bail};
use nguon_ledger::hash::Hash;
use nguon_ledger::policy::Policy;
use nguon_verifier::bundle::{self as lib, Bundle, Options, verify_bundle};
use nguon_verifier::evidence::{
    self, ARCHIVE_BYTES_MAX, BLOB_BYTES_MAX, Evidence, EvidenceVerdict, FileCheck, FileResult, PAGE, POLICY, Parts,
    SUMMARIES, Timestamps, named_blobs,
};
use nguon_verifier::verdict::{Outcome, Verdict};

use super::bundle::verdict_lines;
use super::trust::Trust;
use super::words::Words;
use super::{Answer, CheckArgs, EvidenceArgs, Language, print};

mod gather;
mod summary;

/// The page that is put into every file: the very one that is built into this program.
const VERIFY_PAGE: &str = include_str!("../../web/verify.html");
/// Longest timestamp taken along.
const TIMESTAMP_BYTES_MAX: u64 = 1 << 20;

pub(super) fn run(args: &EvidenceArgs, words: &Words) -> anyhow::Result<Answer> {
    let trust = Trust::read(&args.trust)?;
    let stamps = [&args.rfc3161, &args.ots].map(|path| path.as_deref().map(timestamp).transpose());
    let [rfc3161, ots] = stamps;
    let (rfc3161, ots) = (rfc3161?, ots?);
    let source = gather::Source::open(args)?;
    let bytes = source.bundle(&args.lot, &trust)?;
    let bundle = Bundle::parse(&bytes).context("what the node gave is no proof bundle. Check the address")?;
    let policy = policy_text(args, &trust, &bundle)?;
    // A key that no policy takes must not fall back to whatever the bundle names.
    Policy::parse(policy.as_bytes())
        .context("the key is not that of a log. Give the vkey that the ledger publishes")?;
    let blobs = gather_blobs(&source, &bundle)?;
    let timestamps = Timestamps { rfc3161: rfc3161.as_deref(), ots: ots.as_deref() };
    let held = blobs.keys().copied().collect();
    let verdict = verdict_by_policy(&bundle, &policy);
    let [vi, en] = summaries(&bundle, &verdict, &held, timestamps);
    let parts = Parts {
        bundle: &bytes,
        policy: policy.as_bytes(),
        blobs: &blobs,
        timestamps,
        summaries: [&vi, &en],
        page: VERIFY_PAGE,
    };
    let file = evidence::write(&bundle, &parts).context("the photos are too many for one file")?;
    std::fs::write(&args.output, &file)
        .with_context(|| format!("{}. Choose another place with -o", args.output.display()))?;
    let missing = named_blobs(&bundle).len().saturating_sub(blobs.len());
    let written = words.fill(
        "evidence.written",
        &[
            ("file", &args.output.display().to_string()),
            ("bytes", &file.len().to_string()),
            ("entries", &bundle.len().to_string()),
            ("blobs", &blobs.len().to_string()),
            ("missing", &missing.to_string()),
        ],
    );
    print(&format!("{}\n{written}", verdict_lines(&verdict, words, trust.as_str())))?;
    Ok(if verdict.is_passed() { Answer::Verified } else { Answer::NotVerified })
}

fn timestamp(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_bounded(path, TIMESTAMP_BYTES_MAX)
}

/// A file's bytes, if they are not too many.
fn read_bounded(path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let opened = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
    let mut bytes = Vec::new();
    // The length is not asked for beforehand: a pipe has none, and a file may grow.
    opened.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).with_context(|| format!("{}", path.display()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= bytes_max) {
        Ok(bytes)
    } else {
        bail!("{} is longer than {bytes_max} bytes. Is it the right file?", path.display())
    }
}

/// The policy that goes into the file: the one given, or one made of the key.
fn policy_text(args: &EvidenceArgs, trust: &Trust, bundle: &Bundle) -> anyhow::Result<String> {
    if let Some(path) = &args.trust.policy {
        return std::fs::read_to_string(path).with_context(|| format!("the policy {}", path.display()));
    }
    let key = match trust {
        Trust::Key(key) => Some(key.to_string()),
        Trust::Policy(_) | Trust::FirstUse => {
            bundle.vkey().parse().ok().map(|key: nguon_ledger::note::VerifierKey| key.to_string())
        }
    };
    // A bundle that names no readable key leaves a policy that believes nobody.
    Ok(key.map_or_else(|| "quorum none\n".to_owned(), |key| format!("log {key}\nquorum none\n")))
}

/// The photos and papers that can still be had. One that was erased or changed is left out, and the file says so.
fn gather_blobs(source: &gather::Source, bundle: &Bundle) -> anyhow::Result<BTreeMap<Hash, Vec<u8>>> {
    let mut blobs = BTreeMap::new();
    for hash in named_blobs(bundle).into_keys() {
        let found = source.blob(&hash)?;
        if let Some(bytes) = found.filter(|bytes| bytes.len() <= BLOB_BYTES_MAX && Hash::of(bytes) == hash) {
            blobs.insert(hash, bytes);
        }
    }
    Ok(blobs)
}

/// The verdict of whoever trusts the policy in the file.
fn verdict_by_policy(bundle: &Bundle, policy: &str) -> Verdict {
    let policy = Policy::parse(policy.as_bytes()).ok();
    let trust = policy.as_ref().map_or(lib::Trust::OnFirstUse, lib::Trust::Policy);
    verify_bundle(bundle, &Options::new(trust))
}

fn summaries(bundle: &Bundle, verdict: &Verdict, held: &BTreeSet<Hash>, timestamps: Timestamps<'_>) -> [String; 2] {
    [Language::Vi, Language::En].map(|language| summary::write(bundle, verdict, held, timestamps, language))
}

/// `nguon-verify check`.
pub(super) fn check(args: &CheckArgs, words: &Words) -> anyhow::Result<Answer> {
    let trust = Trust::read(&args.trust)?;
    let bytes = read_bounded(&args.file, u64::try_from(ARCHIVE_BYTES_MAX).unwrap_or(u64::MAX))?;
    let evidence = Evidence::read(&bytes).with_context(|| {
        format!("{} is no evidence file, or was changed on its way. Get it again", args.file.display())
    })?;
    let given = match &trust {
        Trust::Key(key) => Some(lib::Trust::Key(key)),
        Trust::Policy(policy) => Some(lib::Trust::Policy(policy)),
        Trust::FirstUse => None,
    };
    let verdict = judge(&evidence, given);
    let how = if matches!(trust, Trust::FirstUse) { "file" } else { trust.as_str() };
    print(&if args.json { verdict.to_json() } else { text(&verdict, words, how) })?;
    Ok(if verdict.is_passed() { Answer::Verified } else { Answer::NotVerified })
}

/// Every check of a file, those of the words in it included.
fn judge(evidence: &Evidence<'_>, trust: Option<lib::Trust<'_>>) -> EvidenceVerdict {
    let mut verdict = evidence::check(evidence, trust);
    let policy = evidence.get(POLICY).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let told = verdict.bundle.as_ref().map(|bundle| {
        let held = evidence.blobs().collect();
        summaries(bundle, &verdict_by_policy(bundle, policy), &held, evidence.timestamps())
    });
    let is_told = |at: usize| {
        let told = told.as_ref().and_then(|told| told.get(at)).map(String::as_bytes);
        told.is_some() && told == SUMMARIES.get(at).and_then(|name| evidence.get(name))
    };
    let same = |name, is_same: bool, detail: &str| match is_same {
        true => FileResult { name, outcome: Outcome::Passed, detail: None },
        false => FileResult::not_checked(name, detail),
    };
    let other_words = "not what this version writes: read the story from the verifier, not from the summary";
    let other_page = "not the page that this version comes with: open another copy of it";
    verdict.files.push(same(FileCheck::Summary, is_told(0) && is_told(1), other_words));
    verdict.files.push(same(FileCheck::Page, evidence.get(PAGE) == Some(VERIFY_PAGE.as_bytes()), other_page));
    verdict
}

fn text(verdict: &EvidenceVerdict, words: &Words, how: &str) -> String {
    let heading = words.get(if verdict.is_passed() { "verified" } else { "not_verified" });
    let mut lines = vec![format!("{heading}: {}", words.get("evidence.whole"))];
    for FileResult { name, outcome, detail } in &verdict.files {
        let result = format!("result.{}", outcome.as_str());
        let mut line = format!("  {:<12} {}", words.get(&result), words.check(name.as_str()));
        if let Some(detail) = detail {
            line.push_str(&format!(": {detail}"));
        }
        lines.push(line);
    }
    lines.extend(verdict.verdict.as_ref().map(|bundle| verdict_lines(bundle, words, how)));
    lines.join("\n")
}
