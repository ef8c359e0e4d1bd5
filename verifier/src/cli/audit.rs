//! `nguon-verify audit`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, bail};
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::identifier::Origin;
use nguon_verifier::audit::{AuditCheck, Auditor, Finding, Signatures};

use super::opening::{self, Opened};
use super::pipeline::{self, Audit, Options};
use super::source::{BATCH_ENTRIES, Loader, LogKeys, Source};
use super::state::{Promise, State};
use super::trust::Trust;
use super::words::Words;
use super::{Answer, AuditArgs, print};

pub(super) fn run(args: &AuditArgs, words: &Words) -> anyhow::Result<Answer> {
    let start = Instant::now();
    let trust = Trust::read(&args.trust)?;
    let report = match opening::open(&args.target, &trust)? {
        Err(finding) => Report { finding: Some(finding), ..Report::default() },
        Ok(opened) => match examine(args, &trust, opened, &catch_interrupt())? {
            Examined::ToItsEnd(report) => *report,
            Examined::Interrupted(entries) => {
                let key = if args.state.is_some() { "audit.interrupted_kept" } else { "audit.interrupted" };
                print(&words.fill(key, &[("entries", &entries.to_string())]))?;
                return Ok(Answer::Interrupted);
            }
        },
    };
    report.print(args, words, &trust, start)
}

/// How an audit ended.
pub(super) enum Examined {
    ToItsEnd(Box<Report>),
    /// After so many entries.
    Interrupted(u64),
}

impl Examined {
    /// It ended before it began.
    pub(super) fn of(finding: Finding) -> Self {
        Self::ToItsEnd(Box::new(Report { finding: Some(finding), ..Report::default() }))
    }
}

/// Becomes true when somebody presses Ctrl-C.
fn catch_interrupt() -> Arc<AtomicBool> {
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_interrupted);
    // This can only fail when it was done before; then Ctrl-C ends the program as ever.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    is_interrupted
}

/// Audits what is new, and saves how far that came when all of it passed.
pub(super) fn examine(
    args: &AuditArgs,
    trust: &Trust,
    opened: Opened,
    is_interrupted: &AtomicBool,
) -> anyhow::Result<Examined> {
    let Opened { mut source, keys, origin } = opened;
    let signatures = if args.fast { Signatures::Batch } else { Signatures::Strict };
    let loader = source.loader();
    let mut report = Box::new(Report { origin: Some(origin.to_string()), is_fast: args.fast, ..Report::default() });
    let audit = match resume(args, &origin, &keys)? {
        Some(audit) => audit,
        None => Audit::new(Auditor::with_state(origin.clone(), State::temporary(origin)), None),
    };
    report.from = audit.auditor.size().get();
    source.skip_to(report.from / BATCH_ENTRIES);
    let checkpoint = if let Source::Log(log) = &source { Some(log.checkpoint().clone()) } else { None };
    if let Some(finding) = past_changed(&audit, checkpoint.as_ref(), &loader)? {
        report.entries = report.from;
        report.finding = Some(finding);
        return Ok(Examined::ToItsEnd(report));
    }
    let bar = opening::progress(&source, args.quiet || args.json);
    bar.set_position(report.from);
    bar.reset_eta();
    let options = Options { keys: &keys, signatures, progress: &|done| bar.set_position(done), is_interrupted };
    let mut audit = pipeline::go_on(source, audit, &options, &mut |_| ())?;
    bar.finish_and_clear();
    report.entries = audit.auditor.size().get();
    if audit.finding.is_none() && is_interrupted.load(Ordering::Relaxed) {
        let promise = audit.promise.clone();
        audit.save(&options, promise)?;
        return Ok(Examined::Interrupted(report.entries));
    }
    report.root = Some(audit.auditor.root().to_string());
    report.key = audit.checkpoint.as_ref().or(checkpoint.as_ref()).map(|checkpoint| checkpoint.log().to_string());
    match opening::end(&audit, checkpoint.as_ref(), &loader, trust)? {
        Err(finding) => report.finding = Some(finding),
        Ok(checkpoint) => {
            let size = checkpoint.checkpoint().size();
            let promise = Promise { size, root: checkpoint.checkpoint().root(), note: checkpoint.to_string() };
            audit.save(&options, Some(promise))?;
            report.checkpoint = Some(checkpoint);
        }
    }
    Ok(Examined::ToItsEnd(report))
}

/// An audit that goes on where the kept state says, if there is one.
fn resume(args: &AuditArgs, origin: &Origin, keys: &LogKeys) -> anyhow::Result<Option<Audit>> {
    let Some(folder) = &args.state else { return Ok(None) };
    let (state, saved) = State::open(folder, origin.clone())?;
    let Some(saved) = saved else {
        return Ok(Some(Audit::new(Auditor::with_state(origin.clone(), state), None)));
    };
    if !keys.iter().any(|key| key.to_string() == saved.vkey) {
        bail!("{} is of the ledger with the key {}: give another folder, or that key", folder.display(), saved.vkey);
    }
    if saved.is_fast && !args.fast {
        bail!(
            "the audit in {} was made with --fast: go on with --fast, or give another folder to begin anew",
            folder.display()
        );
    }
    let auditor = Auditor::resume(origin.clone(), saved.suspended, state);
    let auditor = auditor.with_context(|| format!("{} is damaged: remove it and audit anew", folder.display()))?;
    Ok(Some(Audit::new(auditor, saved.promise)))
}

/// Whether the log no longer contains what an earlier audit saw, as far as that shows before its entries are read.
fn past_changed(
    audit: &Audit,
    checkpoint: Option<&SignedCheckpoint>,
    loader: &Loader,
) -> anyhow::Result<Option<Finding>> {
    if let Some((promise, now)) = audit.promise.as_ref().zip(checkpoint)
        && now.checkpoint().size() < promise.size
    {
        return Ok(Some(opening::rolled_back(promise, now)));
    }
    for tile in audit.auditor.partial_tiles() {
        if let Err(finding) = loader.compare_older(&tile)? {
            let detail = "entries that an earlier audit saw were changed since";
            let found = Finding::new(AuditCheck::Consistency, format!("{detail}: {}", finding.detail));
            let (expected, there) = (finding.expected.unwrap_or_default(), finding.found.unwrap_or_default());
            return Ok(Some(found.between(expected, there)));
        }
    }
    Ok(None)
}

/// What is told in the end.
#[derive(Default)]
pub(super) struct Report {
    origin: Option<String>,
    entries: u64,
    /// Entries that an earlier audit saw.
    from: u64,
    is_fast: bool,
    root: Option<String>,
    key: Option<String>,
    pub(super) finding: Option<Finding>,
    /// The checkpoint up to which all passed.
    pub(super) checkpoint: Option<SignedCheckpoint>,
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
            r#"{{"v":1,"verdict":"{}","origin":{},"size":{},"root":{},"vkey":{},"trust":"{}","from":{},"signatures":"{}","seconds":{seconds:.3}{}}}"#,
            if self.finding.is_some() { "failed" } else { "passed" },
            text(&self.origin),
            self.entries,
            text(&self.root),
            text(&self.key),
            trust.as_str(),
            self.from,
            if self.is_fast { "batch" } else { "strict" },
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
                    ("rate", &rate(self.entries.saturating_sub(self.from), seconds)),
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
        if self.from > 0 {
            lines.push(words.fill("audit.resumed", &[("entries", &self.from.to_string())]));
        }
        if self.is_fast {
            lines.push(words.get("audit.fast").to_owned());
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
