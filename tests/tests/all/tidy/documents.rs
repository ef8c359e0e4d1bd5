//! Documentation and texts in two languages.

use std::collections::{BTreeMap, BTreeSet};

use nguon_tests::root;
use serde_json::Value;

use super::{File, assert_none, files};

#[test]
fn links_in_documents_lead_somewhere() {
    let is_document = |path: &str| path.ends_with(".md") && (!path.contains('/') || path.starts_with("docs/"));
    let mut faults = Vec::new();
    for file in files().iter().filter(|file| is_document(&file.path)) {
        let folder = root().join(&file.path);
        for (number, target) in links(&file.text) {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !elsewhere && !folder.parent().is_some_and(|folder| folder.join(path).exists()) {
                faults.push(format!("{}:{number}: {target}", file.path));
            }
        }
    }
    assert_none(&faults, "Mend the link or write the page.");
}

/// The targets of inline Markdown links and pictures with their line numbers; code is left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for (number, line) in (1..).zip(text.lines()) {
        in_fence ^= line.trim_start().starts_with("```");
        if in_fence {
            continue;
        }
        // Every second piece between back-ticks is code.
        for prose in line.split('`').step_by(2) {
            for after in prose.split("](").skip(1) {
                let target = after.split([')', ' ']).next().unwrap_or_default();
                found.push((number, target.trim_matches(['<', '>'])));
            }
        }
    }
    found
}

#[test]
fn links_are_read_outside_code_only() {
    let text = "[a](b.md#c) `[x](y)` ![d](e.png \"f\")\n```\n[x](y)\n```\n[g](<h.md>)";
    assert_eq!(links(text), [(1, "b.md#c"), (1, "e.png"), (5, "h.md")]);
}

#[test]
fn both_languages_say_everything() {
    let mut faults = Vec::new();
    let folders = files().iter().filter_map(|file| file.path.rsplit_once('/')).map(|(folder, _)| folder);
    let folders: BTreeSet<&str> = folders.filter(|folder| folder.ends_with("locales")).collect();
    for folder in folders {
        let [vi, en] = ["vi", "en"].map(|language| texts(folder, language, &mut faults));
        let missing = vi.keys().filter(|key| !en.contains_key(*key)).map(|key| format!("{folder}/en.json: no {key}"));
        faults.extend(missing);
        let missing = en.keys().filter(|key| !vi.contains_key(*key)).map(|key| format!("{folder}/vi.json: no {key}"));
        faults.extend(missing);
    }
    assert_none(&faults, "Each locales folder holds vi.json and en.json with the same keys and no empty text.");
}

/// The texts of one language by key, nested keys joined by dots.
fn texts(folder: &str, language: &str, faults: &mut Vec<String>) -> BTreeMap<String, String> {
    let path = format!("{folder}/{language}.json");
    let mut found = BTreeMap::new();
    match files().iter().find(|file| file.path == path).map(|File { text, .. }| serde_json::from_str(text)) {
        None => faults.push(format!("{path}: missing")),
        Some(Err(error)) => faults.push(format!("{path}: {error}")),
        Some(Ok(value)) => flatten("", &value, &mut found),
    }
    let empty = found.iter().filter(|(_, text)| text.trim().is_empty());
    faults.extend(empty.map(|(key, _)| format!("{path}: {key} is empty")));
    found
}

fn flatten(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| flatten(&below(name), value, found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| flatten(&below(&index.to_string()), value, found));
        }
        Value::String(text) => {
            found.insert(key.to_owned(), text.clone());
        }
        // No text at all counts as an empty one.
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            found.insert(key.to_owned(), String::new());
        }
    }
}

/// The page of the phone's faults says which test proves that each does no harm.
const FAULTS: &str = "docs/phones.md";
/// Fewer would mean that the page is read wrongly, or that promises were dropped with their tests.
const FAULTS_MIN: usize = 36;

#[test]
fn every_fault_of_a_phone_names_a_test_that_is_there() {
    let text = |path: &str| files().iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let rows = fault_rows(text(FAULTS).unwrap_or_default());
    assert!(rows.len() >= FAULTS_MIN, "{} rows in {FAULTS}", rows.len());
    let mut faults = Vec::new();
    for (number, tests) in rows {
        if tests.is_empty() {
            faults.push(format!("{FAULTS}:{number}: names no test"));
        }
        for (file, name) in tests {
            let source = text(&format!("tests/web/{file}")).unwrap_or_default();
            // The name stands right after the call, whole, or as far as it is not made up by the test itself.
            if name.is_empty() || !["\"", "`"].iter().any(|quote| source.contains(&format!("test({quote}{name}"))) {
                faults.push(format!("{FAULTS}:{number}: no test in {file} is called {name:?}"));
            }
        }
    }
    assert_none(&faults, "Name the test that proves it, or write one.");
}

/// The tests that the last cell of each row of a table names, as `` `file` "name" ``, with the row's line number.
fn fault_rows(text: &str) -> Vec<(usize, Vec<(&str, &str)>)> {
    let is_row = |line: &str| line.starts_with("| ") && !line.starts_with("| what goes wrong");
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| is_row(line))
        .map(|(number, line)| {
            let cell = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
            let named = cell.split("<br>").filter_map(|one| {
                let (file, name) = one.strip_prefix('`')?.split_once("` \"")?;
                Some((file, name.strip_suffix('"')?))
            });
            (number, named.collect())
        })
        .collect()
}

#[test]
fn tests_are_read_from_the_last_cell() {
    let text = "| what goes wrong | test |\n|---|---|\n| a | `x.mjs` \"n, m\"<br>`y.mjs` \"o\" |\n| b | none |\n";
    assert_eq!(fault_rows(text), [(3, vec![("x.mjs", "n, m"), ("y.mjs", "o")]), (4, vec![])]);
}
