//! `nguon-verify report`.

mod areas;
mod csv;
pub(super) mod html;
mod json;
pub(super) mod table;
pub(super) mod tables;
mod xlsx;

use std::path::Path;

use anyhow::{Context as _, bail};
use nguon_ledger::identifier::{ActorUri, PlaceUri, ProductUri, RecordUriError, Slug};
use nguon_ledger::time::UnixMillis;
use nguon_verifier::report::{Facts, Scope};

use super::opening::{self, Audited};
use super::trust::Trust;
use super::words::Words;
use super::{Answer, Language, ReportArgs, ReportFormat, print};
use table::{OFFSET_MILLIS, Table};
use tables::Tables;

/// All that a format shows.
struct Report<'r> {
    audited: &'r Audited,
    /// What was asked about, in words for people: which filter, and what it names.
    asked: Vec<(&'static str, String, String)>,
    as_of: Option<UnixMillis>,
    name: String,
    origin: String,
    tables: Vec<Table>,
    words: &'r Words,
    language: Language,
}

pub(super) fn run(args: &ReportArgs, words: &Words, language: Language) -> anyhow::Result<Answer> {
    let format = format_of(args)?;
    let trust = Trust::read(&args.trust)?;
    let audited = opening::audit(&args.target, &trust)?;
    let report = prepare(args, &audited, words, language)?;
    let text = match format {
        ReportFormat::Html => html::render(&report),
        ReportFormat::Json => json::render(&report),
        ReportFormat::Csv => {
            let folder = args.output.as_deref().context("CSV is one file a table: name a folder with -o")?;
            csv::write(&report, folder)?;
            return finish(args, &audited, words);
        }
        ReportFormat::Xlsx => {
            let file = args.output.as_deref().context("name a file with -o, as -o report.xlsx")?;
            xlsx::write(&report, file)?;
            return finish(args, &audited, words);
        }
    };
    match &args.output {
        None => print(&text)?,
        Some(file) => std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))?,
    }
    finish(args, &audited, words)
}

/// Says on standard error what the exit code says, for those who look at a file only later.
fn finish(args: &ReportArgs, audited: &Audited, words: &Words) -> anyhow::Result<Answer> {
    if let (Some(output), true) = (&args.output, super::is_watched()) {
        let verdict = words.get(if audited.is_verified() { "verified" } else { "not_verified" });
        let mut stderr = std::io::stderr();
        std::io::Write::write_all(&mut stderr, format!("{verdict}: {}\n", output.display()).as_bytes())?;
    }
    Ok(if audited.is_verified() { Answer::Verified } else { Answer::NotVerified })
}

/// The format named, else that of the file's ending, else HTML.
fn format_of(args: &ReportArgs) -> anyhow::Result<ReportFormat> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    let ending = args.output.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str());
    Ok(match ending {
        None | Some("html" | "htm") => ReportFormat::Html,
        Some("json") => ReportFormat::Json,
        Some("xlsx") => ReportFormat::Xlsx,
        Some("csv") => ReportFormat::Csv,
        Some(other) => bail!("no format is called .{other}: give --format html, csv, json or xlsx"),
    })
}

fn prepare<'r>(
    args: &ReportArgs,
    audited: &'r Audited,
    words: &'r Words,
    language: Language,
) -> anyhow::Result<Report<'r>> {
    let mut report = Report {
        audited,
        asked: Vec::new(),
        as_of: None,
        // Until the first entry tells what the ledger is called.
        name: args.target.clone(),
        origin: String::new(),
        tables: Vec::new(),
        words,
        language,
    };
    let Some(facts) = &audited.facts else { return Ok(report) };
    report.as_of = facts.as_of;
    report.origin = facts.origin().as_str().to_owned();
    report.name = match (language, &facts.name.en) {
        (Language::En, Some(en)) => en.to_string(),
        (Language::En | Language::Vi, _) if facts.size > 0 => facts.name.vi.to_string(),
        (Language::En | Language::Vi, _) => report.name,
    };
    let scope = match scope(args, facts) {
        Ok(scope) => scope,
        // Whoever is asked about may have been registered after the fault; that the ledger does not hold matters more.
        Err(_) if !audited.is_verified() => return Ok(report),
        Err(error) => return Err(error),
    };
    let areas = args.areas.as_deref().map_or(Ok(Vec::new()), |path| areas::read(path, facts));
    let areas = match areas {
        Ok(areas) => areas,
        Err(_) if !audited.is_verified() => Vec::new(),
        Err(error) => return Err(error),
    };
    let tables = Tables { facts, scope: &scope, areas: &areas, words, language };
    let cells = [
        ("actor", scope.party.map(|no| tables.actor(no))),
        ("place", scope.place.map(|no| tables.place(Some(no)))),
        ("product", scope.product.map(|no| tables.product(no))),
    ];
    for (key, cell) in cells {
        if let Some(table::Cell::Called { uri, name }) = cell {
            report.asked.push((key, uri, name));
        }
    }
    for (key, day) in [("from", &args.from), ("to", &args.to)] {
        if let Some(day) = day {
            report.asked.push((key, day.clone(), day.clone()));
        }
    }
    report.tables = tables.all();
    Ok(report)
}

fn scope(args: &ReportArgs, facts: &Facts) -> anyhow::Result<Scope> {
    let origin = facts.origin();
    let party = args.actor.as_deref().map(|text| {
        let uri = named(text, |uri| ActorUri::parse(origin, uri), |slug| ActorUri::new(origin, slug))?;
        facts.actor(&uri).with_context(|| format!("the ledger has no actor {uri}"))
    });
    let place = args.place.as_deref().map(|text| {
        let uri = named(text, |uri| PlaceUri::parse(origin, uri), |slug| PlaceUri::new(origin, slug))?;
        facts.place(&uri).with_context(|| format!("the ledger has no place {uri}"))
    });
    let product = args.product.as_deref().map(|text| {
        let uri = named(text, |uri| ProductUri::parse(origin, uri), |slug| ProductUri::new(origin, slug))?;
        facts.product(&uri).with_context(|| format!("the ledger has no product {uri}"))
    });
    Ok(Scope {
        party: party.transpose()?,
        place: place.transpose()?,
        product: product.transpose()?,
        from: args.from.as_deref().map(|text| instant(text, false)).transpose()?,
        until: args.to.as_deref().map(|text| instant(text, true)).transpose()?,
    })
}

/// A record by its URI or by the slug at the end of it.
fn named<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, RecordUriError>,
    make: impl Fn(&Slug) -> T,
) -> anyhow::Result<T> {
    match Slug::parse(text) {
        Ok(slug) => Ok(make(&slug)),
        Err(_) => parse(text).with_context(|| format!("{text} is neither a slug nor a URI of this ledger")),
    }
}

/// A day, from its beginning or to its end by the clocks of Vietnam, or an instant as it is.
fn instant(text: &str, is_end: bool) -> anyhow::Result<UnixMillis> {
    if let Some(instant) = UnixMillis::parse_rfc3339(text) {
        return Ok(instant);
    }
    let day = UnixMillis::parse_rfc3339(&format!("{text}T00:00:00Z"))
        .with_context(|| format!("{text} is no date: write it as 2026-11-23"))?;
    let length = if is_end { 24 * nguon_ledger::time::HOUR_MILLIS } else { 0 };
    Ok(UnixMillis::new(day.get().saturating_sub(OFFSET_MILLIS).saturating_add(length)))
}

impl Report<'_> {
    fn verdict(&self) -> &str {
        self.words.get(if self.audited.is_verified() { "verified" } else { "not_verified" })
    }

    /// What every format says first: key and value for people.
    fn head(&self) -> Vec<(&'static str, String)> {
        let audited = self.audited;
        let mut head = vec![("verdict", self.verdict().to_owned())];
        if let Some(finding) = &audited.finding {
            let check = self.words.check(finding.check.as_str());
            let place = match finding.index {
                Some(index) => self.words.fill("audit.entry", &[("index", &index.to_string()), ("check", &check)]),
                None => check,
            };
            head.push(("finding", place));
            head.push(("detail", finding.detail.clone()));
            head.push(("holds", self.words.fill("report.holds", &[("entries", &audited.size().to_string())])));
        }
        head.push(("ledger", format!("{} ({})", self.name, self.origin)));
        head.push(("size", audited.size().to_string()));
        head.push(("root", audited.root.to_string()));
        head.push(("vkey", audited.key.clone().unwrap_or_else(|| "?".to_owned())));
        head.push(("trust", self.words.get(&format!("trust.{}", audited.trust)).to_owned()));
        if let Some(as_of) = self.as_of {
            head.push(("as_of", table::time(as_of, self.language)));
        }
        for (key, _, name) in &self.asked {
            head.push((key, name.clone()));
        }
        head
    }
}
