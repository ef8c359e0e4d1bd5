//! `nguon-verify audit`.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::identifier::Origin;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::{AuditCheck, Finding};

use super::data::DataFolder;
use super::fetch::{Fetch, is_url};
use super::pipeline::{self, Audit};
use super::source::{self, Loader, Log, LogKeys, Source};
use super::trust::{self, Trust};
use super::words::Words;
use super::{Answer, AuditArgs, is_watched, print};

/// An audit about to begin.
pub(super) struct Prepared {
    pub(super) source: Source,
    pub(super) keys: LogKeys,
    pub(super) origin: Origin,
}

pub(super) fn run(args: &AuditArgs, words: &Words) -> anyhow::Result<Answer> {
    let start = Instant::now();
    let trust = Trust::read(&args.trust)?;
    let report = match begin(&args.target, &trust)? {
        Err(finding) => Report { finding: Some(finding), ..Report::default() },
        Ok(Prepared { source, keys, origin }) => {
            let bar = progress(&source, args);
            let mut report = Report { origin: Some(origin.to_string()), ..Report::default() };
            let loader = source.loader();
            let checkpoint = if let Source::Log(log) = &source { Some(log.checkpoint().clone()) } else { None };
            let audit = pipeline::run(source, origin, &keys, &|done| bar.set_position(done), &mut |_| ())?;
            bar.finish_and_clear();
            report.entries = audit.auditor.size().get();
            report.root = Some(audit.auditor.root().to_string());
            report.key =
                audit.checkpoint.as_ref().or(checkpoint.as_ref()).map(|checkpoint| checkpoint.log().to_string());
            report.finding = end(audit, checkpoint, &loader, &trust)?.err();
            report
        }
    };
    report.print(args, words, &trust, start)
}

/// Finds out what there is at the target and whose key is to be believed.
pub(super) fn begin(target: &str, trust: &Trust) -> anyhow::Result<Result<Prepared, Finding>> {
    if is_url(target) {
        return begin_log(Fetch::http(target)?, trust);
    }
    let folder = Path::new(target);
    if !folder.is_dir() {
        bail!("{target} is neither an address nor a folder. Give http(s)://... or the folder of a ledger");
    }
    if DataFolder::is_at(folder) {
        return begin_data(folder, trust);
    }
    let has_log = |folder: &Path| folder.join("checkpoint").is_file();
    let below = folder.join("tlog");
    if has_log(folder) {
        begin_log(Fetch::Folder(folder.to_owned()), trust)
    } else if has_log(&below) {
        begin_log(Fetch::Folder(below), trust)
    } else {
        bail!("{target} holds neither a journal nor a checkpoint. Give a node's data folder or a copy of its log")
    }
}

fn begin_log(fetch: Fetch, trust: &Trust) -> anyhow::Result<Result<Prepared, Finding>> {
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
    Ok(Ok(Prepared { source: Source::Log(Log::new(fetch, checkpoint)), keys, origin }))
}

fn begin_data(folder: &Path, trust: &Trust) -> anyhow::Result<Result<Prepared, Finding>> {
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
    Ok(Ok(Prepared { source: Source::Data(data), keys, origin }))
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

/// What can only be said when all entries were audited.
fn end(
    audit: Audit,
    checkpoint: Option<SignedCheckpoint>,
    loader: &Loader,
    trust: &Trust,
) -> anyhow::Result<Result<(), Finding>> {
    if let Some(finding) = audit.finding {
        return Ok(Err(finding));
    }
    for tile in audit.auditor.partial_tiles() {
        if let Err(finding) = loader.compare(&tile)? {
            return Ok(Err(finding));
        }
    }
    let Some(checkpoint) = checkpoint.or(audit.checkpoint) else {
        return Ok(Err(Finding::new(AuditCheck::CheckpointSigned, "there is no checkpoint")));
    };
    Ok(audit.auditor.finish(checkpoint.checkpoint()).and_then(|()| trust.quorum(&checkpoint)))
}

fn progress(source: &Source, args: &AuditArgs) -> ProgressBar {
    let bar = ProgressBar::new(source.expected());
    if args.quiet || args.json || !is_watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template = "{wide_bar} {human_pos}/{human_len}  {per_sec}  {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// What is told in the end.
#[derive(Default)]
struct Report {
    origin: Option<String>,
    entries: u64,
    root: Option<String>,
    key: Option<String>,
    finding: Option<Finding>,
}

impl Report {
    fn print(&self, args: &AuditArgs, words: &Words, trust: &Trust, start: Instant) -> anyhow::Result<Answer> {
        let seconds = start.elapsed().as_secs_f64();
        if args.json {
            print(&self.to_json(trust, seconds))?;
        } else {
            print(&self.to_text(words, trust, seconds))?;
        }
        Ok(if self.finding.is_some() { Answer::NotVerified } else { Answer::Verified })
    }

    fn to_json(&self, trust: &Trust, seconds: f64) -> String {
        let text =
            |value: &Option<String>| value.as_ref().map_or_else(|| "null".to_owned(), |value| format!("\"{value}\""));
        let finding = self.finding.as_ref().map(|finding| format!(r#","finding":{}"#, finding.to_json()));
        format!(
            r#"{{"v":1,"verdict":"{}","origin":{},"size":{},"root":{},"vkey":{},"trust":"{}","seconds":{seconds:.3}{}}}"#,
            if self.finding.is_some() { "failed" } else { "passed" },
            text(&self.origin),
            self.entries,
            text(&self.root),
            text(&self.key),
            trust.as_str(),
            finding.unwrap_or_default(),
        )
    }

    fn to_text(&self, words: &Words, trust: &Trust, seconds: f64) -> String {
        let (origin, entries) = (self.origin.as_deref().unwrap_or("?"), self.entries.to_string());
        let mut lines = Vec::new();
        match &self.finding {
            None => {
                let values = [
                    ("entries", entries.as_str()),
                    ("origin", origin),
                    ("root", self.root.as_deref().unwrap_or("?")),
                    ("seconds", &format!("{seconds:.1}")),
                    ("rate", &rate(self.entries, seconds)),
                ];
                lines.push(format!("{}: {}", words.get("verified"), words.fill("audit.summary", &values)));
            }
            Some(finding) => {
                let check = words.check(finding.check.as_str());
                let place = match finding.index {
                    Some(index) => words.fill("audit.entry", &[("index", &index.to_string()), ("check", &check)]),
                    None => words.fill("audit.somewhere", &[("check", &check)]),
                };
                lines.push(format!("{}: {place}", words.get("not_verified")));
                let facts = [("expected", &finding.expected), ("found", &finding.found)];
                lines.extend(
                    facts
                        .into_iter()
                        .filter_map(|(key, fact)| fact.as_ref().map(|fact| format!("  {}: {fact}", words.get(key)))),
                );
                lines.push(format!("  {}: {}", words.get("detail"), finding.detail));
                lines.push(format!("  {}", words.fill("audit.after", &[("entries", &entries), ("origin", origin)])));
            }
        }
        if let Some(key) = &self.key {
            let how = format!("trust.{}", trust.as_str());
            lines.push(format!("{}: {key} ({})", words.get("key"), words.get(&how)));
        }
        lines.join("\n")
    }
}

/// Entries a second, as a whole number.
fn rate(entries: u64, seconds: f64) -> String {
    let entries = u32::try_from(entries).map_or(f64::INFINITY, f64::from);
    format!("{:.0}", if seconds > 0.0 { entries / seconds } else { 0.0 })
}
