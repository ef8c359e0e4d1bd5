//! Languages, and the words of each from `locales/*.json`.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, Timelike as _};

/// A language that the page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    /// Vietnamese, the first language.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The language tag.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The other language, for the switch.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Vi => Self::En,
            Self::En => Self::Vi,
        }
    }

    /// The language tag's language, if it is one of ours.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
            "vi" => Some(Self::Vi),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// What `?lang=` says, else the best of `Accept-Language`, else Vietnamese.
    pub(crate) fn negotiate(asked: Option<&str>, accept_language: Option<&str>) -> Self {
        if let Some(lang) = asked.and_then(Self::from_tag) {
            return lang;
        }
        let mut best = (0.0, Self::Vi);
        for range in accept_language.unwrap_or_default().split(',') {
            let mut parts = range.split(';');
            let lang = parts.next().and_then(Self::from_tag);
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            if let Some(lang) = lang
                && weight > best.0
            {
                best = (weight, lang);
            }
        }
        best.1
    }
}

type Table = BTreeMap<String, String>;

static VI: LazyLock<Table> = LazyLock::new(|| table(include_str!("../locales/vi.json")));
static EN: LazyLock<Table> = LazyLock::new(|| table(include_str!("../locales/en.json")));

/// Flattens nested objects: `{"verb":{"sell":"Sold"}}` is found under `verb.sell`.
fn table(json: &str) -> Table {
    let mut flat = Table::new();
    // The files are part of the program and a test reads them; a broken one yields keys instead of words.
    if let Ok(serde_json::Value::Object(top)) = serde_json::from_str(json) {
        for (key, value) in top {
            flatten(&mut flat, key, value);
        }
    }
    flat
}

fn flatten(flat: &mut Table, key: String, value: serde_json::Value) {
    match value {
        serde_json::Value::Object(inner) => {
            for (name, value) in inner {
                flatten(flat, format!("{key}.{name}"), value);
            }
        }
        serde_json::Value::String(text) => {
            flat.insert(key, text);
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_) => {}
    }
}

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    lang: Lang,
    table: &'static Table,
}

impl Words {
    /// The words of `lang`.
    pub(crate) fn of(lang: Lang) -> Self {
        let table: &'static Table = match lang {
            Lang::Vi => &VI,
            Lang::En => &EN,
        };
        Self { lang, table }
    }

    /// Whose words they are.
    pub(crate) fn lang(self) -> Lang {
        self.lang
    }

    /// The text under `key`; the key itself when there is none, which a test rules out for every key in the source.
    pub(crate) fn get(self, key: &str) -> &'static str {
        self.find(key).unwrap_or("?")
    }

    /// The text under `key`, if there is one: for keys made of what an entry says.
    pub(crate) fn find(self, key: &str) -> Option<&'static str> {
        self.table.get(key).map(String::as_str)
    }

    /// The text under `key` with each `{name}` replaced.
    pub(crate) fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        let mut text = self.get(key).to_owned();
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// A date as people write it: `12/03/2026` or `12 March 2026`.
    pub(crate) fn date(self, date: NaiveDate) -> String {
        match self.lang {
            Lang::Vi => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
            Lang::En => format!("{} {} {}", date.day(), self.get(MONTHS[month_index(date)]), date.year()),
        }
    }

    /// A date in few letters: `12/03/2026` or `12 Mar 2026`.
    pub(crate) fn brief_date(self, date: NaiveDate) -> String {
        match self.lang {
            Lang::Vi => self.date(date),
            Lang::En => date.format("%-d %b %Y").to_string(),
        }
    }

    /// Day and month, for a caption: `14/12` or `14 Dec`.
    pub(crate) fn short_date(self, date: NaiveDate) -> String {
        match self.lang {
            Lang::Vi => format!("{:02}/{:02}", date.day(), date.month()),
            Lang::En => date.format("%-d %b").to_string(),
        }
    }

    /// Date and time of day where it happened.
    pub(crate) fn date_time(self, time: DateTime<FixedOffset>) -> String {
        format!("{}, {:02}:{:02}", self.date(time.date_naive()), time.hour(), time.minute())
    }

    /// Every key with its text, for the words that the script needs.
    pub(crate) fn under(self, prefix: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.table
            .iter()
            .filter_map(move |(key, text)| Some((key.strip_prefix(prefix)?.strip_prefix('.')?, text.as_str())))
    }
}

const MONTHS: [&str; 12] = [
    "month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9", "month.10",
    "month.11", "month.12",
];

fn month_index(date: NaiveDate) -> usize {
    usize::try_from(date.month0()).unwrap_or_default() % MONTHS.len()
}

#[cfg(test)]
mod tests;
