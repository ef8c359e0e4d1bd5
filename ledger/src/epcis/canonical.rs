//! The text of which [`super::Event::digest`] is taken; its form is specified there.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::amount::Decimal;
use crate::json::{Json, Object};

/// Members of an event that say something about the record of it, not about what happened.
const LEFT_OUT: [&str; 2] = ["errorDeclaration", "recordTime"];

/// The canonical text of an event.
pub(super) fn event_text(event: &Json<'_>) -> String {
    let mut text = String::with_capacity(1024);
    match event.as_object() {
        Some(members) => push_object(&mut text, members, &LEFT_OUT),
        None => push(&mut text, event),
    }
    text
}

/// Appends a value. The reader of JSON bounds the depth of this recursion.
fn push(text: &mut String, json: &Json<'_>) {
    match json {
        Json::Null => text.push_str("null"),
        Json::Bool(true) => text.push_str("true"),
        Json::Bool(false) => text.push_str("false"),
        Json::Number(number) => push_number(text, number),
        Json::String(string) => push_string(text, string),
        Json::Array(values) => {
            text.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                push(text, value);
            }
            text.push(']');
        }
        Json::Object(members) => push_object(text, members, &[]),
    }
}

fn push_object(text: &mut String, members: &Object<'_>, left_out: &[&str]) {
    let mut sorted: Vec<(&str, &Json<'_>)> = members.iter().filter(|(key, _)| !left_out.contains(key)).collect();
    // Strings compare by their UTF-8 bytes, and no key stands twice.
    sorted.sort_unstable_by_key(|(key, _)| *key);
    text.push('{');
    for (at, (key, value)) in sorted.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_string(text, key);
        text.push(':');
        push(text, value);
    }
    text.push('}');
}

fn push_number(text: &mut String, number: &str) {
    let decimal = Decimal::parse(number);
    let Some((decimal, (digits, count, exponent))) = decimal.and_then(|d| d.significant().map(|parts| (d, parts)))
    else {
        text.push_str(number);
        return;
    };
    if count == 0 {
        text.push('0');
        return;
    }
    if decimal.negative {
        text.push('-');
    }
    text.extend(digits.map(char::from));
    // Writing to a string cannot fail.
    let _infallible = write!(text, "e{exponent}");
}

fn push_string(text: &mut String, string: &str) {
    text.push('"');
    if string.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        text.push_str(string);
    } else {
        string.chars().for_each(|c| push_char(text, c));
    }
    text.push('"');
}

fn push_char(text: &mut String, c: char) {
    match c {
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        '\u{8}' => text.push_str("\\b"),
        '\t' => text.push_str("\\t"),
        '\n' => text.push_str("\\n"),
        '\u{c}' => text.push_str("\\f"),
        '\r' => text.push_str("\\r"),
        '\0'..='\u{1f}' => {
            // Writing to a string cannot fail.
            let _infallible = write!(text, "\\u{:04x}", u32::from(c));
        }
        _ => text.push(c),
    }
}
