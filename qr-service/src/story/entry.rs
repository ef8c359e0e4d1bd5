//! Bundles and entries, read for display (`docs/format.md` sections 6 and 8).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, FixedOffset, NaiveDate};
use nguon_ledger::hash::Hash;
use serde_json::Value;

use super::{Blob, StoryError, Text};
use crate::quantity::Quantity;

/// Where the entry's fixed fields stand.
const RECEIVED_AT: usize = 41;
const LINK_COUNT: usize = 49;
const LINKS: usize = 50;
const LINK_BYTES: usize = 68;
const SIGNER_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;
/// The people of the ledger live in Vietnam, UTC+7 without summer time: times without a place of their own are shown so.
const HOME_OFFSET_SECONDS: i32 = 7 * 3600;

/// A bundle with its entries opened.
pub(super) struct Bundle {
    pub(super) lot: String,
    pub(super) tree_size: u64,
    /// Ascending by index.
    pub(super) entries: Vec<Entry>,
}

/// One entry with its statement.
pub(super) struct Entry {
    pub(super) index: u64,
    pub(super) leaf_hash: Hash,
    pub(super) received: DateTime<FixedOffset>,
    /// The signer's public key in hexadecimal.
    pub(super) signer: String,
    pub(super) kind: String,
    pub(super) body: Value,
}

impl Bundle {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, StoryError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|_| StoryError::Malformed)?;
        let lot = text(&value, "lot").ok_or(StoryError::Malformed)?.to_owned();
        let checkpoint = text(&value, "checkpoint").ok_or(StoryError::Malformed)?;
        let tree_size = checkpoint.lines().nth(1).and_then(|line| line.parse().ok()).ok_or(StoryError::Malformed)?;
        let mut entries: Vec<Entry> = list(&value, "entries").filter_map(Entry::read).collect();
        entries.sort_by_key(|entry| entry.index);
        Ok(Self { lot, tree_size, entries })
    }
}

impl Entry {
    fn read(value: &Value) -> Option<Self> {
        let bytes = STANDARD.decode(text(value, "entry")?).ok()?;
        let links = usize::from(*bytes.get(LINK_COUNT)?);
        let signer_at = LINKS + links * LINK_BYTES;
        let payload_at = signer_at + SIGNER_BYTES + SIGNATURE_BYTES;
        let millis = i64::from_be_bytes(bytes.get(RECEIVED_AT..LINK_COUNT)?.try_into().ok()?);
        let statement: Value = serde_json::from_slice(bytes.get(payload_at..)?).ok()?;
        Some(Self {
            index: u64::from_be_bytes(bytes.get(1..9)?.try_into().ok()?),
            leaf_hash: Hash::of_leaf(&bytes),
            received: DateTime::from_timestamp_millis(millis)?.with_timezone(&home_offset()?),
            signer: Hash::from_slice(bytes.get(signer_at..signer_at + SIGNER_BYTES)?)?.to_string(),
            kind: text(&statement, "kind")?.to_owned(),
            body: statement.get("body")?.clone(),
        })
    }
}

/// The offset in which times without a place of their own are shown.
pub(super) fn home_offset() -> Option<FixedOffset> {
    FixedOffset::east_opt(HOME_OFFSET_SECONDS)
}

/// A string member.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The items of an array member; none when there is no such array.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A day `YYYY-MM-DD`.
pub(super) fn day(value: &Value, key: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text(value, key)?, "%Y-%m-%d").ok()
}

/// A text in one or two languages (section 4).
pub(super) fn both(value: &Value, key: &str) -> Option<Text> {
    let value = value.get(key)?;
    match value.as_str() {
        Some(plain) => Some(Text { vi: plain.to_owned(), en: Some(plain.to_owned()) }),
        None => Some(Text { vi: text(value, "vi")?.to_owned(), en: text(value, "en").map(ToOwned::to_owned) }),
    }
}

/// A blob reference (section 4).
pub(super) fn blob(value: &Value) -> Option<Blob> {
    Some(Blob { sha256: Hash::from_hex(text(value, "sha256")?)?, media_type: text(value, "mediaType")?.to_owned() })
}

/// `quantity` and `uom` of an object.
pub(super) fn quantity(value: &Value) -> Option<Quantity> {
    match value.get("quantity")? {
        Value::Number(number) => Quantity::read(&number.to_string(), text(value, "uom")),
        Value::String(decimal) => Quantity::read(decimal, text(value, "uom")),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
