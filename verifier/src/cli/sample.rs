//! `nguon-verify sample`.

use nguon_verifier::report::{Facts, LotFact};
use nguon_verifier::sample::draw;

use super::opening::{self, Audited};
use super::report::table::json_text;
use super::trust::Trust;
use super::words::Words;
use super::{Answer, SampleArgs, SampleOf, print};

/// One thing to look at.
struct Item {
    /// Its place among all that it was drawn from.
    number: u64,
    uri: Option<String>,
    entry: Option<u64>,
    /// Which of the lot's packs, counted from 0 in the ascending order of their serials.
    pack: Option<u64>,
}

pub(super) fn run(args: &SampleArgs, words: &Words) -> anyhow::Result<Answer> {
    let audited = opening::audit(&args.target, &Trust::read(&args.trust)?)?;
    let (Some(facts), None) = (&audited.facts, &audited.finding) else {
        // A sample of a ledger that does not hold would lend it weight.
        let finding = audited.finding.as_ref().map_or_else(String::new, ToString::to_string);
        if args.json {
            let finding = audited.finding.as_ref().map_or_else(|| "null".to_owned(), |finding| finding.to_json());
            print(&format!(r#"{{"v":1,"verdict":"failed","finding":{finding}}}"#))?;
        } else {
            print(&format!("{}: {finding}", words.get("not_verified")))?;
        }
        return Ok(Answer::NotVerified);
    };
    let (population, items) = sample(args, facts, &audited);
    if args.json {
        print(&to_json(args, facts, &audited, population, &items))?;
    } else {
        print(&to_text(args, facts, &audited, (population, &items), words))?;
    }
    Ok(Answer::Verified)
}

fn sample(args: &SampleArgs, facts: &Facts, audited: &Audited) -> (u64, Vec<Item>) {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let drawn = |population: u64| draw(&audited.root, args.salt.as_bytes(), population, args.count);
    let lots: Vec<&LotFact> = facts.lots.iter().filter(|lot| !lot.voided).collect();
    match args.of {
        SampleOf::Entries => {
            let item = |number| Item { number, uri: None, entry: Some(number), pack: None };
            (facts.size, drawn(facts.size).into_iter().map(item).collect())
        }
        SampleOf::Lots => {
            let item = |number: u64| {
                let lot = usize::try_from(number).ok().and_then(|number| lots.get(number));
                let uri = lot.map(|lot| lot.uri.as_str().to_owned());
                Item { number, uri, entry: lot.map(|lot| lot.created), pack: None }
            };
            (count(lots.len()), drawn(count(lots.len())).into_iter().map(item).collect())
        }
        SampleOf::Packs => {
            let population = lots.iter().map(|lot| lot.packs).fold(0, u64::saturating_add);
            (population, drawn(population).into_iter().map(|number| pack(number, &lots)).collect())
        }
    }
}

/// The pack at a place among the packs of all lots, one lot after the other.
fn pack(number: u64, lots: &[&LotFact]) -> Item {
    let mut rest = number;
    for lot in lots {
        match rest.checked_sub(lot.packs) {
            Some(after) => rest = after,
            None => {
                let uri = Some(lot.uri.as_str().to_owned());
                return Item { number, uri, entry: Some(lot.created), pack: Some(rest) };
            }
        }
    }
    Item { number, uri: None, entry: None, pack: None }
}

const fn word(of: SampleOf) -> &'static str {
    match of {
        SampleOf::Lots => "lots",
        SampleOf::Entries => "entries",
        SampleOf::Packs => "packs",
    }
}

fn to_json(args: &SampleArgs, facts: &Facts, audited: &Audited, population: u64, items: &[Item]) -> String {
    let or_null = |number: Option<u64>| number.map_or_else(|| "null".to_owned(), |number| number.to_string());
    let items: Vec<String> = items
        .iter()
        .map(|item| {
            let uri = item.uri.as_deref().map_or_else(|| "null".to_owned(), json_text);
            let (entry, pack) = (or_null(item.entry), or_null(item.pack));
            format!(r#"{{"number":{},"lot":{uri},"entry":{entry},"pack":{pack}}}"#, item.number)
        })
        .collect();
    format!(
        r#"{{"v":1,"verdict":"passed","origin":{},"size":{},"root":"{}","vkey":{},"trust":"{}","of":"{}","population":{population},"salt":{},"items":[{}]}}"#,
        json_text(facts.origin().as_str()),
        facts.size,
        audited.root,
        json_text(audited.key.as_deref().unwrap_or("")),
        audited.trust,
        word(args.of),
        json_text(&args.salt),
        items.join(","),
    )
}

fn to_text(
    args: &SampleArgs,
    facts: &Facts,
    audited: &Audited,
    (population, items): (u64, &[Item]),
    words: &Words,
) -> String {
    let of = words.get(&format!("sample.of.{}", word(args.of))).to_owned();
    let values = [
        ("count", items.len().to_string()),
        ("population", population.to_string()),
        ("of", of),
        ("origin", facts.origin().to_string()),
        ("size", facts.size.to_string()),
        ("root", audited.root.to_string()),
        ("salt", args.salt.clone()),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut lines = vec![words.fill("sample.summary", &values)];
    for item in items {
        let entry = item.entry.map_or_else(String::new, |entry| entry.to_string());
        let pack = item.pack.map_or_else(String::new, |pack| pack.to_string());
        let uri = item.uri.as_deref().unwrap_or("");
        let key = match args.of {
            SampleOf::Lots => "sample.lot",
            SampleOf::Entries => "sample.entry",
            SampleOf::Packs => "sample.pack",
        };
        lines.push(words.fill(key, &[("lot", uri), ("entry", &entry), ("pack", &pack)]));
    }
    lines.push(words.fill("sample.checkpoint", &values));
    lines.push(format!(
        "{}: {} ({})",
        words.get("key"),
        audited.key.as_deref().unwrap_or("?"),
        words.get(&format!("trust.{}", audited.trust)),
    ));
    lines.push(words.fill(if args.salt.is_empty() { "sample.again" } else { "sample.again_salt" }, &values));
    lines.join("\n")
}
