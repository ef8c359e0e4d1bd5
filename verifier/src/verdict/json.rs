//! Writing JSON text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A string with its quotes and escapes.
pub(crate) fn text(value: &str) -> String {
    let mut json = String::with_capacity(value.len().saturating_add(2));
    json.push('"');
    for c in value.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if c < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

/// The same with line feeds in their short form, as the node writes them.
pub(crate) fn lines(value: &str) -> String {
    let inner = |line: &str| {
        let quoted = text(line);
        quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(String::from).unwrap_or_default()
    };
    format!("\"{}\"", value.split('\n').map(inner).collect::<Vec<_>>().join("\\n"))
}

/// A value already written, or `null`.
pub(crate) fn or_null(value: Option<String>) -> String {
    value.unwrap_or_else(|| "null".into())
}
