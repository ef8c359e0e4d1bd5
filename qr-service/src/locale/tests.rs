use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::{EN, Lang, VI, Words};

#[test]
fn both_files_hold_the_same_keys_and_the_same_holes() {
    let keys = |table: &super::Table| table.keys().cloned().collect::<Vec<_>>();
    assert!(VI.len() > 100);
    assert_eq!(keys(&VI), keys(&EN));
    let holes = |text: &str| {
        let mut found: Vec<_> =
            text.split('{').skip(1).map(|part| part.split('}').next().unwrap().to_owned()).collect();
        found.sort_unstable();
        found
    };
    for (key, text) in VI.iter() {
        assert_eq!(holes(text), holes(&EN[key]), "{key}");
        assert!(!text.trim().is_empty() && !EN[key].trim().is_empty(), "{key}");
    }
}

/// Every literal that looks like a key of an existing group must be a key.
#[test]
fn every_key_in_the_source_exists() {
    let groups: Vec<_> =
        VI.keys().filter_map(|key| key.split_once('.')).map(|(group, _)| format!("\"{group}.")).collect();
    let mut seen = 0;
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for rest in text.match_indices('"').filter_map(|(at, _)| text.get(at..)) {
            if !groups.iter().any(|group| rest.starts_with(group)) {
                continue;
            }
            let key = rest.split('"').nth(1).unwrap();
            if key.contains('{')
                || key.ends_with('.')
                || key.contains('/')
                || key.ends_with(".css")
                || key.ends_with(".js")
            {
                continue;
            }
            assert!(VI.contains_key(key), "{key} in {}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_language_is_the_one_asked_for_or_the_best_accepted() {
    assert_eq!(Lang::negotiate(Some("en"), Some("vi")), Lang::En);
    assert_eq!(Lang::negotiate(Some("xx"), Some("en-GB,en;q=0.9,vi;q=0.8")), Lang::En);
    assert_eq!(Lang::negotiate(None, Some("fr, en;q=0.3, vi-VN;q=0.7")), Lang::Vi);
    assert_eq!(Lang::negotiate(None, Some("fr")), Lang::Vi);
    assert_eq!(Lang::negotiate(None, None), Lang::Vi);
    assert_eq!(Lang::negotiate(None, Some("en;q=0, ;;q=x,")), Lang::Vi);
}

#[test]
fn dates_follow_the_language() {
    let date = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    assert_eq!(Words::of(Lang::Vi).date(date), "02/03/2026");
    assert_eq!(Words::of(Lang::En).date(date), "2 March 2026");
}
