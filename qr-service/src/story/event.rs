//! Events, read for display (`docs/format.md` section 4.6).

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use nguon_ledger::hash::Hash;
use serde_json::Value;

use super::{
    Amounts, Blob, Reading,
    entry::{Entry, blob, home_offset, list, quantity, text},
};

/// Most measurements shown of one record; the rest stands in the proof file.
const READINGS_MAX: usize = 8;

/// What people call what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Harvest,
    Process,
    Merge,
    Split,
    Pack,
    Ship,
    Receive,
    Sell,
    Lose,
    Inspect,
    Recall,
    Correct,
    Observe,
}

impl Verb {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "harvest" => Self::Harvest,
            "process" => Self::Process,
            "merge" => Self::Merge,
            "split" => Self::Split,
            "pack" => Self::Pack,
            "ship" => Self::Ship,
            "receive" => Self::Receive,
            "sell" => Self::Sell,
            "lose" => Self::Lose,
            "inspect" => Self::Inspect,
            "recall" => Self::Recall,
            "correct" => Self::Correct,
            "observe" => Self::Observe,
            _ => return None,
        })
    }

    /// Whether it changes balances.
    pub(super) fn moves(self) -> bool {
        !matches!(self, Self::Inspect | Self::Recall | Self::Correct | Self::Observe)
    }

    /// Whether it brings lots into being.
    pub(super) fn creates(self) -> bool {
        matches!(self, Self::Harvest | Self::Process | Self::Merge | Self::Split | Self::Pack)
    }
}

/// One event with what the page needs of it.
pub(super) struct Event {
    pub(super) index: u64,
    pub(super) verb: Verb,
    pub(super) id: Option<String>,
    pub(super) when: DateTime<FixedOffset>,
    pub(super) received: DateTime<FixedOffset>,
    /// The signer's public key in hexadecimal.
    pub(super) signer: String,
    pub(super) acting_for: Option<String>,
    pub(super) on_behalf_of: Option<String>,
    pub(super) place: Option<String>,
    pub(super) inputs: Amounts,
    /// Outputs of a transformation, or the lots that any other event is about.
    pub(super) outputs: Amounts,
    /// The product of each lot that comes into being.
    pub(super) creates: BTreeMap<String, String>,
    pub(super) destination: Option<String>,
    pub(super) best_before: Option<NaiveDate>,
    pub(super) media: Vec<Blob>,
    pub(super) note: Option<String>,
    pub(super) serials: Option<u64>,
    pub(super) serials_root: Option<Hash>,
    pub(super) certificate: Option<Value>,
    pub(super) readings: Vec<Reading>,
    /// `errorDeclaration.reason`, for a correction.
    pub(super) error_reason: Option<String>,
}

/// Every event among the entries, in the ledger's order.
pub(super) fn read_all(entries: &[Entry]) -> Vec<Event> {
    entries.iter().filter(|entry| entry.kind == "event").filter_map(Event::read).collect()
}

impl Event {
    fn read(entry: &Entry) -> Option<Self> {
        let body = &entry.body;
        let event = body.get("event")?;
        let owned = |value: &Value, key: &str| text(value, key).map(ToOwned::to_owned);
        let place = event.get("readPoint").or_else(|| event.get("bizLocation")).and_then(|place| owned(place, "id"));
        let inputs = amounts(event, &[("inputQuantityList", "inputEPCList")]);
        let outputs = amounts(
            event,
            &[("outputQuantityList", "outputEPCList"), ("quantityList", "epcList"), ("childQuantityList", "childEPCs")],
        );
        let creates = body.get("creates").and_then(Value::as_object).into_iter().flatten();
        let destination = list(event, "destinationList").find_map(|item| owned(item, "destination"));
        Some(Self {
            index: entry.index,
            verb: Verb::read(text(body, "verb")?)?,
            id: owned(event, "eventID"),
            when: event_time(event)?,
            received: entry.received,
            signer: entry.signer.clone(),
            acting_for: owned(body, "for"),
            on_behalf_of: owned(body, "onBehalfOf"),
            place,
            inputs,
            outputs,
            creates: creates.filter_map(|(lot, made)| Some((lot.clone(), owned(made, "product")?))).collect(),
            destination,
            best_before: best_before(event),
            media: list(body, "media").filter_map(blob).collect(),
            note: owned(body, "note").filter(|note| !note.trim().is_empty()),
            serials_root: body.get("serials").and_then(|serials| Hash::from_hex(text(serials, "root")?)),
            serials: body.get("serials").and_then(|serials| serials.get("count")?.as_u64()),
            certificate: body.get("certificate").cloned(),
            readings: readings(event),
            error_reason: event.get("errorDeclaration").and_then(|error| owned(error, "reason")),
        })
    }

    /// Whether the event names the lot at all.
    pub(super) fn names(&self, lot: &str) -> bool {
        self.inputs.contains_key(lot) || self.outputs.contains_key(lot)
    }
}

/// The time of the event in the offset of its place. `eventTime` may be in UTC; the offset stands beside it.
fn event_time(event: &Value) -> Option<DateTime<FixedOffset>> {
    let time = DateTime::parse_from_rfc3339(text(event, "eventTime")?).ok()?;
    let stated = text(event, "eventTimeZoneOffset").and_then(|offset| offset.parse::<FixedOffset>().ok());
    Some(time.with_timezone(&stated.or_else(home_offset)?))
}

/// Amounts by lot from pairs of a quantity list and a list of single items. An item counts for its lot, without amount.
fn amounts(event: &Value, lists: &[(&str, &str)]) -> Amounts {
    let mut found = Amounts::new();
    for (quantities, items) in lists {
        for element in list(event, quantities) {
            if let Some(lot) = text(element, "epcClass") {
                let amount = quantity(element);
                let sum = match (found.get(lot), amount) {
                    (Some(Some(before)), Some(amount)) => before.plus(amount),
                    (_, amount) => amount,
                };
                found.insert(lot.to_owned(), sum);
            }
        }
        for item in list(event, items).filter_map(Value::as_str) {
            found.entry(lot_of_item(item).to_owned()).or_insert(None);
        }
    }
    found
}

/// The lot in an item's URI: what stands before `/21/{serial}`, or before the last part of an own item.
fn lot_of_item(uri: &str) -> &str {
    let cut = match uri.rfind("/21/") {
        Some(at) => Some(at),
        None => uri.rfind("/lot/").and_then(|lot| {
            let from = lot + "/lot/".len();
            uri.get(from..)?.find('/').map(|at| from + at)
        }),
    };
    cut.and_then(|at| uri.get(..at)).unwrap_or(uri)
}

/// A day of best before or expiry among the master data of the instance or lot, whatever prefix its key has.
fn best_before(event: &Value) -> Option<NaiveDate> {
    let ilmd = event.get("ilmd")?.as_object()?;
    let wanted = ["bestBeforeDate", "itemExpirationDate", "expirationDate"];
    let (_, value) = ilmd.iter().find(|(key, _)| wanted.iter().any(|name| key.ends_with(name)))?;
    let date = value.as_str().or_else(|| text(value, "@value"))?;
    NaiveDate::parse_from_str(date.get(..10)?, "%Y-%m-%d").ok()
}

fn readings(event: &Value) -> Vec<Reading> {
    let reports = list(event, "sensorElementList").flat_map(|element| list(element, "sensorReport"));
    let read = |report: &Value| {
        let what = text(report, "type")?.rsplit([':', '/', '#', '-']).next()?.to_owned();
        let value = ["value", "meanValue", "stringValue", "booleanValue"].iter().find_map(|key| report.get(*key))?;
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        Some(Reading { what, value, uom: text(report, "uom").map(ToOwned::to_owned) })
    };
    reports.filter_map(read).take(READINGS_MAX).collect()
}
