//! Tables as every format shows them.

use nguon_ledger::amount::Amount;
use nguon_ledger::time::{HOUR_MILLIS, UnixMillis};

use super::super::Language;
use super::super::words::Words;

/// Days and times for people are those of Indochina Time, UTC+7.
pub(super) const OFFSET_MILLIS: i64 = 7 * HOUR_MILLIS;

/// One table. Its title stands in the words under `report.table.{code}`, what it is about under `report.about.{code}`, its columns'
/// headings under `report.column.{key}`.
pub(super) struct Table {
    pub(super) code: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One value.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    None,
    Text(String),
    /// Somebody or something with a URI, and what people call it.
    Called {
        uri: String,
        name: String,
    },
    Many(Vec<Cell>),
    Amount(Amount),
    /// A unit's `uom` code; empty for pieces.
    Unit(String),
    Count(u64),
    /// Millionths.
    Share(u64),
    Time(UnixMillis),
    /// A word of a closed list, in the words under the list's name and the word.
    Word(&'static str, &'static str),
}

impl Cell {
    /// Whether it is a number, to stand at the right.
    pub(super) const fn is_number(&self) -> bool {
        matches!(self, Self::Amount(_) | Self::Count(_) | Self::Share(_))
    }

    /// The value for people. Of a long list the first `most` are shown.
    pub(super) fn text(&self, words: &Words, language: Language, most: usize) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text.clone(),
            Self::Called { name, .. } => name.clone(),
            Self::Many(cells) => {
                let shown = cells.iter().take(most).map(|cell| cell.text(words, language, most));
                let mut text = shown.collect::<Vec<_>>().join(", ");
                if let Some(more) = cells.len().checked_sub(most).filter(|more| *more > 0) {
                    text.push_str(&format!(" {}", words.fill("report.more", &[("count", &more.to_string())])));
                }
                text
            }
            Self::Amount(amount) => decimal(&amount.to_string(), language),
            Self::Unit(code) => unit(code, words),
            Self::Count(count) => count.to_string(),
            Self::Share(millionths) => format!("{}%", decimal(&percent(*millionths), language)),
            Self::Time(at) => time(*at, language),
            Self::Word(list, word) => words.get(&format!("{list}.{word}")).to_owned(),
        }
    }

    /// The value for machines, as JSON.
    pub(super) fn json(&self) -> String {
        match self {
            Self::None => "null".to_owned(),
            Self::Text(text) | Self::Unit(text) => json_text(text),
            Self::Called { uri, .. } => json_text(uri),
            Self::Many(cells) => format!("[{}]", cells.iter().map(Self::json).collect::<Vec<_>>().join(",")),
            Self::Amount(amount) => json_text(&amount.to_string()),
            Self::Count(count) => count.to_string(),
            Self::Share(millionths) => json_text(&percent(*millionths)),
            Self::Time(at) => json_text(&at.to_rfc3339()),
            Self::Word(_, word) => json_text(word),
        }
    }
}

/// A unit as people write it.
pub(super) fn unit(code: &str, words: &Words) -> String {
    let key = format!("unit.{}", if code.is_empty() { "pieces" } else { code });
    let text = words.get(&key);
    if text == key { code.to_owned() } else { text.to_owned() }
}

/// An amount with its unit.
pub(in super::super) fn amount(amount: Amount, code: &str, words: &Words, language: Language) -> String {
    format!("{} {}", decimal(&amount.to_string(), language), unit(code, words))
}

/// Millionths as percent with at most two digits after the point, cut off.
fn percent(millionths: u64) -> String {
    let hundredths = millionths / 100;
    let (whole, part) = (hundredths / 100, hundredths % 100);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}").trim_end_matches('0').to_owned() }
}

/// A decimal with its thousands apart, as the language writes it.
pub(super) fn decimal(text: &str, language: Language) -> String {
    let (group, point) = match language {
        Language::En => (',', '.'),
        Language::Vi => ('.', ','),
    };
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("\u{2212}", text));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let mut shown = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
            shown.push(group);
        }
        shown.push(digit);
    }
    if !part.is_empty() {
        shown.push(point);
        shown.push_str(part);
    }
    shown
}

/// A time to the minute, by the clocks of Vietnam.
pub(in super::super) fn time(at: UnixMillis, language: Language) -> String {
    let text = UnixMillis::new(at.get().saturating_add(OFFSET_MILLIS)).to_rfc3339();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    match language {
        Language::En => format!("{} {}", part(0, 10), part(11, 16)),
        Language::Vi => format!("{}/{}/{} {}", part(8, 10), part(5, 7), part(0, 4), part(11, 16)),
    }
}

/// A string with its quotes and escapes.
pub(in super::super) fn json_text(value: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(decimal("1234567.25", Language::En), "1,234,567.25");
        assert_eq!(decimal("1234567.25", Language::Vi), "1.234.567,25");
        assert_eq!(decimal("-999", Language::Vi), "\u{2212}999");
        assert_eq!(percent(145_000), "14.5");
        assert_eq!(percent(1_000_000), "100");
        let at = UnixMillis::parse_rfc3339("2026-01-31T18:05:00Z").unwrap();
        assert_eq!(time(at, Language::Vi), "01/02/2026 01:05");
        assert_eq!(time(at, Language::En), "2026-02-01 01:05");
    }
}
