//! `nguon-verify proof`.

use anyhow::{Context as _, bail};
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::hash::Hash;
use nguon_ledger::tlog_proof::TlogProof;
use nguon_ledger::tree::verify_inclusion;
use nguon_verifier::audit::{AuditCheck, Finding};

use super::trust::{self, Trust};
use super::words::Words;
use super::{Answer, ProofArgs, print};

pub(super) fn run(args: &ProofArgs, words: &Words) -> anyhow::Result<Answer> {
    let trust = Trust::read(&args.trust)?;
    let file = std::fs::read(&args.file).with_context(|| format!("{}", args.file.display()))?;
    let proof = TlogProof::parse(&file)
        .with_context(|| format!("{} is no .tlog-proof. Fetch it again", args.file.display()))?;
    let entry = args.entry.as_deref().map(|path| std::fs::read(path).with_context(|| format!("{}", path.display())));
    let entry = entry.transpose()?;
    let leaf_hash = match (&args.leaf, &entry) {
        (Some(hex), _) => Hash::from_hex(hex).context("--leaf takes 64 lower-case hexadecimal digits")?,
        (None, Some(entry)) => Hash::of_leaf(entry),
        (None, None) => bail!("give the entry with --entry or its leaf hash with --leaf"),
    };
    let keys = trust.keys().context("a proof does not name the log's key. Give it with --vkey or --policy")?;
    let result = trust::open(proof.checkpoint().to_string().as_bytes(), &keys).and_then(|checkpoint| {
        trust.quorum(&checkpoint)?;
        included(&proof, &leaf_hash, &checkpoint)?;
        Ok(checkpoint)
    });
    let text = match &result {
        Ok(checkpoint) => verified(args, words, &proof, checkpoint),
        Err(finding) if args.json => format!(r#"{{"v":1,"verdict":"failed","finding":{}}}"#, finding.to_json()),
        Err(finding) => {
            let check = words.check(finding.check.as_str());
            format!("{}: {check}\n  {}: {}", words.get("not_verified"), words.get("detail"), finding.detail)
        }
    };
    print(&text)?;
    Ok(if result.is_ok() { Answer::Verified } else { Answer::NotVerified })
}

fn included(proof: &TlogProof, leaf_hash: &Hash, checkpoint: &SignedCheckpoint) -> Result<(), Finding> {
    let tree = checkpoint.checkpoint();
    verify_inclusion(proof.index(), tree.size(), leaf_hash, proof.proof(), &tree.root())
        .map_err(|error| Finding::new(AuditCheck::EntriesIncluded, error.to_string()).at(proof.index()))
}

fn verified(args: &ProofArgs, words: &Words, proof: &TlogProof, checkpoint: &SignedCheckpoint) -> String {
    let (index, size) = (proof.index().to_string(), checkpoint.checkpoint().size().to_string());
    let origin = checkpoint.checkpoint().origin().as_str();
    if args.json {
        return format!(r#"{{"v":1,"verdict":"passed","origin":"{origin}","size":{size},"index":{index}}}"#);
    }
    let values = [("index", index.as_str()), ("origin", origin), ("size", size.as_str())];
    format!("{}: {}", words.get("verified"), words.fill("proof.summary", &values))
}
