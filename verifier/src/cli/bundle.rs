//! `nguon-verify bundle`.

use std::path::Path;

use anyhow::Context as _;
use nguon_ledger::tree::TreeSize;
use nguon_verifier::bundle::{self as lib, Bundle, Options, Pack, verify_bundle, verify_pack};
use nguon_verifier::verdict::Verdict;

use super::fetch::{Fetch, get_address, is_url};
use super::trust::Trust;
use super::words::Words;
use super::{Answer, BundleArgs, print};

pub(super) fn run(args: &BundleArgs, words: &Words) -> anyhow::Result<Answer> {
    let trust = Trust::read(&args.trust)?;
    let bytes = read(&args.target)?;
    let bundle = Bundle::parse(&bytes)
        .with_context(|| format!("{} is no proof bundle. Fetch it again from /v1/lots/.../bundle", args.target))?;
    let newest = args.newest.as_deref().map(newest).transpose()?;
    let options = Options {
        trust: match &trust {
            Trust::Key(key) => lib::Trust::Key(key),
            Trust::Policy(policy) => lib::Trust::Policy(policy),
            Trust::FirstUse => lib::Trust::OnFirstUse,
        },
        newest: newest.as_deref(),
        size_min: args.size_min.map(TreeSize::new),
    };
    let proof = args.serial_proof.as_deref().map(read).transpose()?;
    let verdict = match &args.serial {
        Some(serial) => verify_pack(&bundle, &options, Pack { serial, proof: proof.as_deref() }),
        None => verify_bundle(&bundle, &options),
    };
    print(&if args.json { verdict.to_json() } else { verdict_lines(&verdict, words, trust.as_str()) })?;
    Ok(if verdict.is_passed() { Answer::Verified } else { Answer::NotVerified })
}

fn read(target: &str) -> anyhow::Result<Vec<u8>> {
    if is_url(target) {
        return get_address(target);
    }
    std::fs::read(Path::new(target)).with_context(|| format!("{target}. Give the file or the address of a bundle"))
}

/// The newest checkpoint, from a log's address or a file.
fn newest(target: &str) -> anyhow::Result<Vec<u8>> {
    if is_url(target) { Fetch::http(target)?.require("checkpoint") } else { read(target) }
}

/// A verdict for people: `trust` says how the key was come by.
pub(super) fn verdict_lines(verdict: &Verdict, words: &Words, trust: &str) -> String {
    let heading = words.get(if verdict.is_passed() { "verified" } else { "not_verified" });
    let size = verdict.size.map_or_else(|| "?".to_owned(), |size| size.to_string());
    let summary = words.fill("bundle.summary", &[("lot", &verdict.lot), ("size", &size)]);
    let mut lines = vec![format!("{heading}: {summary}")];
    for check in &verdict.checks {
        let result = format!("result.{}", check.outcome.as_str());
        let mut line = format!("  {:<12} {}", words.get(&result), words.check(check.name.as_str()));
        if let Some(index) = check.index {
            line.push_str(&format!(" [{index}]"));
        }
        if let Some(detail) = &check.detail {
            line.push_str(&format!(": {detail}"));
        }
        lines.push(line);
    }
    if let Some(key) = &verdict.vkey {
        let how = format!("trust.{trust}");
        lines.push(format!("{}: {key} ({})", words.get("key"), words.get(&how)));
    }
    lines.join("\n")
}
