//! Files and functions stay short; those that are too long already may only shrink.
//!
//! `allowance.txt` lists today's exceptions with their exact lengths. Clippy holds Rust functions to the same limit;
//! what it lets pass by an `#[expect]` is counted here.

use std::collections::BTreeMap;

use super::{File, assert_none, sources};

/// A file that needs more is about two things.
const FILE_LINES_MAX: usize = 600;

/// A function that needs more does not fit on a screen. The same number stands in `clippy.toml`.
const FUNCTION_LINES_MAX: usize = 70;

const ALLOWANCE: &str = include_str!("allowance.txt");

#[test]
fn files_and_functions_are_short_or_shrinking() {
    let mut lengths = BTreeMap::new();
    for file in sources() {
        lengths.insert(format!("file {}", file.path), (file.text.lines().count(), FILE_LINES_MAX));
        for function in functions(file) {
            let subject = format!("function {} {}", file.path, function.name);
            let (longest, _) = lengths.entry(subject).or_insert((0, FUNCTION_LINES_MAX));
            *longest = function.lines.max(*longest);
        }
    }
    let mut faults = Vec::new();
    for (subject, allowed) in allowance() {
        match lengths.remove(subject) {
            Some((length, limit)) if length > limit && length == allowed => {}
            Some((length, limit)) if length <= limit => {
                faults.push(format!("{subject}: {length} lines, within the limit: delete its line in allowance.txt"));
            }
            Some((length, _)) if length < allowed => {
                faults.push(format!("{subject}: {length} lines: lower the number in allowance.txt from {allowed}"));
            }
            Some((length, _)) => faults.push(format!("{subject}: {length} lines, was {allowed}: it may only shrink")),
            None => faults.push(format!("{subject}: gone: delete its line in allowance.txt")),
        }
    }
    let too_long = lengths.iter().filter(|(_, (length, limit))| length > limit);
    faults
        .extend(too_long.map(|(subject, (length, limit))| format!("{subject}: {length} lines, the limit is {limit}")));
    assert_none(&faults, "Split by noun: a file is about one thing, a function does one.");
}

/// What `allowance.txt` lists, as (subject, lines); a line that cannot be read allows nothing, so it shows as a fault.
fn allowance() -> impl Iterator<Item = (&'static str, usize)> {
    ALLOWANCE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (lines, subject) = line.split_once(' ').unwrap_or((line, line));
        (subject, lines.parse().unwrap_or(0))
    })
}

struct Function<'a> {
    name: &'a str,
    /// Lines between its first and its last that are neither blank nor comment.
    lines: usize,
}

/// The functions of a file, found by their layout: a function ends at the first line that closes a brace at the
/// depth where it began. rustfmt guarantees that for Rust; our JavaScript is laid out alike.
fn functions(file: &File) -> Vec<Function<'_>> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let name = match file.extension() {
            "rs" => rust_function(line),
            "js" | "mjs" => javascript_function(line),
            _ => None,
        };
        let Some(name) = name else { continue };
        let closes = |other: &str| {
            let text = other.trim_start();
            // The second form ends a declaration without a body, or a call.
            indent(other) == indent(line) && (text.starts_with('}') || text.starts_with(')') && text.ends_with(';'))
        };
        let rest = &lines[start + 1..];
        let body = rest.iter().take_while(|line| !closes(line));
        let counts = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        found.push(Function { name, lines: body.filter(counts).count() });
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The leading identifier of a text, if there is one.
fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || "_$#".contains(c))).unwrap_or(text.len());
    text.get(..end).filter(|name| !name.is_empty())
}

fn rust_function(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let qualifiers = ["pub", "const", "async", "unsafe", "extern"];
    let is_definition = before.split_whitespace().all(|word| qualifiers.iter().any(|known| word.starts_with(known)));
    // A line that ends in `}` or `;` is a whole function or a mere declaration.
    if is_definition && !line.ends_with(['}', ';']) { identifier(after) } else { None }
}

fn javascript_function(line: &str) -> Option<&str> {
    if !line.ends_with(['{', '(']) {
        return None;
    }
    let words = ["export ", "default ", "async ", "static ", "get ", "set "];
    let mut rest = line.trim_start();
    while let Some(after) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = after;
    }
    if let Some(after) = rest.strip_prefix("function") {
        return identifier(after.trim_start_matches(['*', ' '])).or(Some("anonymous"));
    }
    if line.ends_with("=> {") {
        let named = rest.strip_prefix("const ").or_else(|| rest.strip_prefix("let ")).unwrap_or(rest);
        return identifier(named).or(Some("anonymous"));
    }
    // A method: a name that is no statement's keyword, its parameters, an open brace.
    let name = identifier(rest)?;
    let keyword = ["if", "for", "while", "switch", "catch", "with"].contains(&name);
    (!keyword && line.ends_with(") {") && rest.strip_prefix(name)?.starts_with('(')).then_some(name)
}

#[test]
fn functions_are_measured_by_their_layout() {
    let measured = |path: &str, text: &str| -> Vec<(String, usize)> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        functions(&file).into_iter().map(|function| (function.name.to_owned(), function.lines)).collect()
    };
    let rust = "pub(crate) const fn a(x: u8) -> u8 {\n    // Why.\n\n    if x > 0 {\n        1\n    }\n}\n\
                trait T {\n    fn c(\n        x: u8,\n    );\n    fn b(\n        x: u8,\n    ) {\n    }\n}\n";
    assert_eq!(measured("a.rs", rust), [("a".to_owned(), 3), ("c".to_owned(), 1), ("b".to_owned(), 2)]);
    let javascript = "export async function* f(x) {\n  if (x) {\n    g();\n  }\n}\n\
                      const h = async (x) => {\n  x();\n};\n\
                      class C {\n  static m(x) {\n    // Why.\n    x();\n  }\n}\n\
                      on(\"click\", () => {\n  x();\n});\n";
    let expected = [("f", 3), ("h", 1), ("m", 1), ("on", 1)].map(|(name, lines)| (name.to_owned(), lines));
    assert_eq!(measured("a.mjs", javascript), expected);
}
