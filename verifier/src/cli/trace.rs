//! `nguon-verify trace`.

mod draw;
mod text;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, bail};
use nguon_ledger::identifier::{LotUri, Named, Origin, name_of};
use nguon_verifier::trace::{Called, Direction, Trace, TraceIndex, build, check};

use super::opening;
use super::trust::Trust;
use super::words::Words;
use super::{Answer, Language, TraceArgs, TraceFormat, is_watched, print};

/// What is shown.
struct Shown<'t> {
    index: &'t TraceIndex<'t>,
    trace: &'t Trace<'t>,
    words: &'t Words,
    language: Language,
}

pub(super) fn run(args: &TraceArgs, words: &Words, language: Language) -> anyhow::Result<Answer> {
    let trust = Trust::read(&args.trust)?;
    let kept = match &args.index {
        Some(file) => kept(file, &args.target, &trust)?,
        None => None,
    };
    let bytes = match kept {
        Some(bytes) => bytes,
        None => {
            let audited = opening::audit(&args.target, &trust)?;
            if let Some(finding) = &audited.finding {
                print(&format!("{}: {finding}", words.get("not_verified")))?;
                return Ok(Answer::NotVerified);
            }
            let facts = audited.facts.context("the ledger is empty")?;
            let bytes = build(&facts, &audited.root);
            if let Some(file) = &args.index {
                keep(file, &bytes)?;
            }
            bytes
        }
    };
    let start = Instant::now();
    let index = TraceIndex::open(&bytes)?;
    let lot = lot_of(&args.lot, &index)?;
    let number = index.find(&lot.key())?.with_context(|| format!("the ledger has no lot {lot}"))?;
    let direction = match (args.back, args.forward) {
        (true, _) => Direction::Back,
        (false, true) => Direction::Forward,
        (false, false) => Direction::Both,
    };
    let trace = index.trace(number, direction)?;
    let shown = Shown { index: &index, trace: &trace, words, language };
    match args.format {
        TraceFormat::Tree => print(&text::tree(&shown))?,
        TraceFormat::Json => print(&text::json(&shown))?,
        TraceFormat::Dot => print(&text::dot(&shown))?,
        TraceFormat::Svg => print(&draw::svg(&shown))?,
    }
    if is_watched() {
        let values =
            [("lots", trace.nodes.len().to_string()), ("seconds", format!("{:.3}", start.elapsed().as_secs_f64()))];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // Standard error may be closed; nothing is lost then.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("{}\n", words.fill("trace.took", &values)).as_bytes(),
        );
    }
    Ok(Answer::Verified)
}

/// The index in a file, if there is one and it is of the ledger's newest checkpoint. One that is damaged or of another tree is
/// made anew: that costs an audit and nothing else.
fn kept(file: &Path, target: &str, trust: &Trust) -> anyhow::Result<Option<Vec<u8>>> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("the index {}", file.display())),
    };
    let index = check(&bytes).and_then(|()| TraceIndex::open(&bytes));
    let fits = match (index, opening::newest(target, trust)?) {
        (Ok(index), Some(newest)) => {
            newest.size().get() == index.size()
                && newest.root() == index.root()
                && newest.origin().as_str() == index.origin()
        }
        _ => false,
    };
    Ok(fits.then_some(bytes))
}

/// Writes the index so that it is whole or not there.
fn keep(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    std::fs::write(&new, bytes).with_context(|| format!("writing {}", new.display()))?;
    std::fs::rename(&new, file).with_context(|| format!("writing {}", file.display()))
}

/// The lot that somebody means.
fn lot_of(text: &str, index: &TraceIndex<'_>) -> anyhow::Result<LotUri> {
    let origin = Origin::parse(index.origin()).context("the index names no origin")?;
    if let Ok(lot) = LotUri::own(&origin, text) {
        return Ok(lot);
    }
    match name_of(&origin, text) {
        Named::Lot(lot) => Ok(lot),
        Named::Item(item) => Ok(item.lot().clone()),
        Named::Other => bail!("{text} names no lot: give its URI, or its id in {origin}"),
    }
}

impl Shown<'_> {
    /// What somebody or something is called.
    fn name(&self, called: Option<Called<'_>>) -> String {
        let Some(called) = called else { return "?".to_owned() };
        let name = match self.language {
            Language::En if !called.en.is_empty() => called.en,
            Language::En | Language::Vi => called.vi,
        };
        if name.is_empty() { called.uri.rsplit('/').next().unwrap_or_default().to_owned() } else { name.to_owned() }
    }

    fn product(&self, number: u32) -> String {
        self.name(self.index.product(number))
    }

    fn party(&self, number: u32) -> String {
        self.name(self.index.party(number))
    }

    const fn direction(&self) -> &'static str {
        match self.trace.direction {
            Direction::Back => "back",
            Direction::Forward => "forward",
            Direction::Both => "both",
        }
    }
}
