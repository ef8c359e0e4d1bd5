//! How audits begin and end, whatever they are for; and the one that keeps what the ledger says, for `report`, `trace` and `sample`.

use std::path::Path;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::Origin;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::{AuditCheck, Finding, Prepared};
use nguon_verifier::report::{Facts, ReadError};

use super::data::DataFolder;
use super::fetch::{Fetch, is_url};
use super::is_watched;
use super::pipeline::{self, Audit};
use super::source::{self, Loader, Log, LogKeys, Source};
use super::state::Promise;
use super::trust::{self, Trust};

/// A ledger about to be audited.
pub(super) struct Opened {
    pub(super) source: Source,
    pub(super) keys: LogKeys,
    pub(super) origin: Origin,
}

/// A ledger that was audited, and what it says.
pub(super) struct Audited {
    /// What the entries that passed say; `None` when not even the first could be judged.
    pub(super) facts: Option<Facts>,
    /// The root over them.
    pub(super) root: Hash,
    /// The log's key.
    pub(super) key: Option<String>,
    /// How the key was come by, as it travels.
    pub(super) trust: &'static str,
    /// What is not as it must be.
    pub(super) finding: Option<Finding>,
}

impl Audited {
    pub(super) const fn is_verified(&self) -> bool {
        self.finding.is_none()
    }

    /// How many entries passed.
    pub(super) fn size(&self) -> u64 {
        self.facts.as_ref().map_or(0, |facts| facts.size)
    }
}

/// Audits a ledger and keeps what it says.
pub(super) fn audit(target: &str, trust: &Trust) -> anyhow::Result<Audited> {
    let none = Audited { facts: None, root: Hash::ZERO, key: None, trust: trust.as_str(), finding: None };
    let Opened { source, keys, origin } = match open(target, trust)? {
        Ok(opened) => opened,
        Err(finding) => return Ok(Audited { finding: Some(finding), ..none }),
    };
    let bar = progress(&source, false);
    let loader = source.loader();
    let checkpoint = if let Source::Log(log) = &source { Some(log.checkpoint().clone()) } else { None };
    let mut facts = Facts::new(origin.clone());
    let mut fault: Option<ReadError> = None;
    let mut visit = |prepared: &Prepared<'_>| {
        if let (Some((entry, statement)), None) = (prepared.parts(), &fault) {
            fault = facts.push(&prepared.leaf_hash(), entry, statement).err();
        }
    };
    let audit = pipeline::run(source, origin, &keys, &|done| bar.set_position(done), &mut visit)?;
    bar.finish_and_clear();
    if let Some(fault) = fault {
        return Err(fault).context("an entry that the rules let pass could not be read for the report");
    }
    let finding = end(&audit, checkpoint.as_ref(), &loader, trust)?.err();
    let key = audit.checkpoint.as_ref().or(checkpoint.as_ref()).map(|checkpoint| checkpoint.log().to_string());
    Ok(Audited { facts: Some(facts), root: audit.auditor.root(), key, finding, ..none })
}

/// The newest checkpoint, where it can be had without reading the entries and is to be believed: signed, and cosigned as the policy
/// wants it. A data folder whose journal is ahead of the copy of its checkpoint has none.
pub(super) fn newest(target: &str, trust: &Trust) -> anyhow::Result<Option<Checkpoint>> {
    let Ok(Opened { source, keys, .. }) = open(target, trust)? else { return Ok(None) };
    let expected = source.expected();
    let signed = match source {
        Source::Log(log) => Some(log.checkpoint().clone()),
        Source::Data(data) => data.copy().and_then(|note| trust::open(note, &keys).ok()),
    };
    let signed = signed.filter(|signed| trust.quorum(signed).is_ok());
    Ok(signed.map(|signed| signed.checkpoint().clone()).filter(|newest| newest.size().get() >= expected))
}

/// Finds out what there is at the target and whose key is to be believed.
pub(super) fn open(target: &str, trust: &Trust) -> anyhow::Result<Result<Opened, Finding>> {
    if is_url(target) {
        return open_log(Fetch::http(target)?, trust);
    }
    let folder = Path::new(target);
    if !folder.is_dir() {
        bail!("{} is neither an address nor a folder. Give http(s)://... or the folder of a ledger", target);
    }
    if DataFolder::is_at(folder) {
        return open_data(folder, trust);
    }
    let has_log = |folder: &Path| folder.join("checkpoint").is_file();
    let below = folder.join("tlog");
    if has_log(folder) {
        open_log(Fetch::Folder(folder.to_owned()), trust)
    } else if has_log(&below) {
        open_log(Fetch::Folder(below), trust)
    } else {
        bail!("{} holds neither a journal nor a checkpoint. Give a node's data folder or a copy of its log", target)
    }
}

fn open_log(fetch: Fetch, trust: &Trust) -> anyhow::Result<Result<Opened, Finding>> {
    let note = fetch.require("checkpoint")?;
    let Some(claimed) = trust::claimed(&note) else {
        return Ok(Err(Finding::new(AuditCheck::CheckpointSigned, "the checkpoint is no signed note")));
    };
    let keys = match trust.keys() {
        Some(keys) => keys,
        None => match fetch.get("v1/ledger")?.and_then(|text| trust::key_in_description(&text)) {
            Some(key) => vec![key],
            None => match key_of_first_entry(&first_entry(&fetch, &claimed)?) {
                Ok(key) => vec![key],
                Err(finding) => return Ok(Err(finding)),
            },
        },
    };
    let checkpoint = match trust::open(&note, &keys) {
        Ok(checkpoint) => checkpoint,
        Err(finding) => return Ok(Err(finding)),
    };
    let origin = origin_of(&checkpoint)?;
    Ok(Ok(Opened { source: Source::Log(Log::new(fetch, checkpoint)), keys, origin }))
}

fn open_data(folder: &Path, trust: &Trust) -> anyhow::Result<Result<Opened, Finding>> {
    let data = DataFolder::open(folder)?;
    let keys = match trust.keys() {
        Some(keys) => keys,
        None => vec![data.key()?.context("the folder's ledger.json names no key. Give it with --vkey")?],
    };
    let name = match keys.as_slice() {
        [key] => key.name().as_str().to_owned(),
        _ => data
            .origin()
            .context("the policy has several logs and the folder does not say which one it is: give --vkey")?,
    };
    let origin = Origin::parse(&name).with_context(|| format!("the key's name {name} is no origin"))?;
    Ok(Ok(Opened { source: Source::Data(data), keys, origin }))
}

fn first_entry(fetch: &Fetch, claimed: &Checkpoint) -> anyhow::Result<Vec<u8>> {
    let entry = source::first_entry(fetch, claimed.size())?;
    entry.context(
        "the first entry is not there, which would name the log's key. Get a whole copy of the log, or give --vkey",
    )
}

fn key_of_first_entry(entry: &[u8]) -> Result<VerifierKey, Finding> {
    let key = trust::key_in_charter(entry);
    key.ok_or_else(|| Finding::new(AuditCheck::EntryBytes, "the first entry names no log key").at(LeafIndex::new(0)))
}

fn origin_of(checkpoint: &SignedCheckpoint) -> anyhow::Result<Origin> {
    let name = checkpoint.checkpoint().origin();
    Origin::parse(name.as_str()).with_context(|| format!("{name} is no origin of a ledger: another kind of log"))
}

/// What can only be said when all entries were audited; the checkpoint that they were held against.
pub(super) fn end(
    audit: &Audit,
    checkpoint: Option<&SignedCheckpoint>,
    loader: &Loader,
    trust: &Trust,
) -> anyhow::Result<Result<SignedCheckpoint, Finding>> {
    if let Some(finding) = &audit.finding {
        return Ok(Err(finding.clone()));
    }
    for tile in audit.auditor.partial_tiles() {
        if let Err(finding) = loader.compare(&tile)? {
            return Ok(Err(finding));
        }
    }
    let Some(checkpoint) = checkpoint.or(audit.checkpoint.as_ref()) else {
        return Ok(Err(Finding::new(AuditCheck::CheckpointSigned, "there is no checkpoint")));
    };
    if let Some(promise) = audit.promise.as_ref().filter(|promise| promise.size > checkpoint.checkpoint().size()) {
        return Ok(Err(rolled_back(promise, checkpoint)));
    }
    // A node's folder may end with entries that no witness has seen yet; those before were audited against what they saw.
    let quorum = || match &audit.cosigned {
        Some(cosigned) => trust.quorum(checkpoint).or_else(|_| trust.quorum(cosigned)),
        None => trust.quorum(checkpoint),
    };
    let result = audit.auditor.finish(checkpoint.checkpoint()).and_then(|()| quorum());
    Ok(result.map(|()| checkpoint.clone()))
}

/// A log that is shorter than an earlier audit saw it.
pub(super) fn rolled_back(promise: &Promise, now: &SignedCheckpoint) -> Finding {
    let detail = format!("the log is shorter than it was when this was signed: {}", promise.note.replace('\n', " "));
    let finding = Finding::new(AuditCheck::Consistency, detail);
    finding.between(format!("{} entries or more", promise.size), format!("{} entries", now.checkpoint().size()))
}

/// The bar that shows how far an audit is, if somebody watches.
pub(super) fn progress(source: &Source, is_hidden: bool) -> ProgressBar {
    let bar = ProgressBar::new(source.expected());
    if is_hidden || !is_watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len}  {per_sec}  {eta}") {
        bar.set_style(style);
    }
    bar
}
