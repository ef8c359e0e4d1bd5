//! What may stand in files.

use super::{assert_none, files, sources};

#[test]
fn source_is_ascii() {
    let mut faults = Vec::new();
    for file in sources() {
        let odd = file.lines().filter(|(_, line)| !line.is_ascii());
        faults.extend(odd.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())));
    }
    assert_none(&faults, "Text for people goes to locales/*.json; a test writes \\u{..}.");
}

#[test]
fn banned_words_are_absent() {
    let banned: Vec<(&str, &str)> = include_str!("banned.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    let mut faults = Vec::new();
    for file in files() {
        let place = match file.path.split('/').any(|folder| folder == "locales") {
            true => "locales",
            false if file.is_source() || file.extension() == "html" => "source",
            false => continue,
        };
        for (number, line) in file.lines() {
            let line = line.to_lowercase();
            let words = banned.iter().filter(|(banned_in, word)| *banned_in == place && has_word(&line, word));
            faults.extend(words.map(|(_, word)| format!("{}:{number}: {word}", file.path)));
        }
    }
    assert_none(&faults, "tests/tests/all/tidy/banned.txt says why.");
}

/// Whether `word` stands in `text` with no letter or digit directly before or after it.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|part| part.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|part| part.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[test]
fn words_are_matched_whole() {
    assert!(has_word("no ore here", "ore") && has_word("ore.", "ore"));
    assert!(!has_word("before", "ore") && !has_word("blocked", "block") && !has_word("1100%", "100%"));
}

#[test]
fn nothing_is_left_for_later() {
    let markers = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let skips =
        [concat!("#[ig", "nore"), concat!("test.sk", "ip("), concat!("test.on", "ly("), concat!("test.to", "do(")];
    let waits = [concat!("sl", "eep("), concat!("waitFor", "Timeout(")];
    let mut faults = Vec::new();
    for file in sources() {
        for (number, line) in file.lines() {
            let left =
                markers.iter().any(|marker| has_word(line, marker)) || skips.iter().any(|skip| line.contains(skip));
            if left || file.is_test() && waits.iter().any(|wait| line.contains(wait)) {
                faults.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&faults, "Do it now or file an issue; a test waits for an event, never for time to pass.");
}

#[test]
fn the_repository_speaks_of_itself_alone() {
    // The last one: a lock file that names the server where its packages came from binds all others to it.
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("\"resol", "ved\": \"http")];
    let mut faults = Vec::new();
    for file in files() {
        for (number, line) in file.lines() {
            // `/` after a name is a part of a longer path or of an address, not an absolute path of a machine.
            let absolute = |place: &str| {
                line.match_indices(place).any(|(at, _)| {
                    let before = line.get(..at).and_then(|part| part.chars().next_back());
                    !before.is_some_and(|c| c.is_alphanumeric() || "./_-}".contains(c))
                })
            };
            if places.iter().any(|place| absolute(place)) {
                faults.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&faults, "Paths and servers of one machine mean nothing on another: use relative ones.");
}
