//! Bodies of event statements, built step by step. The EPCIS event inside is plain EPCIS 2.0.

use anyhow::bail;
use nguon_ledger::hash::Hash;
use nguon_ledger::tree::CompactTree;
use serde_json::{Map, Value, json};

use super::amount::TypedAmount;

/// Longest serial.
const SERIAL_BYTES_MAX: usize = 32;
/// Letters of lot identifiers and serials: Crockford's base 32.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Length of a new identifier: 80 random bits.
const ID_CHARS: usize = 16;

/// A body of an `event` statement in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    body: Map<String, Value>,
    event: Map<String, Value>,
    creates: Map<String, Value>,
}

impl Draft {
    /// Begins an event with a verb, at a time such as `2026-11-23T08:15:00.000+07:00`.
    #[must_use]
    pub fn new(verb: &str, event_time: &str, event_id: &str) -> Self {
        let (kind, action, step) = match verb {
            "harvest" => ("ObjectEvent", Some("ADD"), Some("commissioning")),
            "process" | "merge" | "split" => ("TransformationEvent", None, Some("commissioning")),
            "pack" => ("TransformationEvent", None, Some("packing")),
            "ship" => ("ObjectEvent", Some("OBSERVE"), Some("shipping")),
            "receive" => ("ObjectEvent", Some("OBSERVE"), Some("receiving")),
            "sell" => ("ObjectEvent", Some("OBSERVE"), Some("retail_selling")),
            "lose" => ("ObjectEvent", Some("OBSERVE"), Some("destroying")),
            "inspect" => ("ObjectEvent", Some("OBSERVE"), Some("inspecting")),
            "recall" => ("ObjectEvent", Some("OBSERVE"), Some("holding")),
            _ => ("ObjectEvent", Some("OBSERVE"), None),
        };
        let mut event = Map::new();
        let mut put = |key: &str, value: &str| event.insert(key.to_owned(), value.into());
        put("type", kind);
        put("eventID", event_id);
        put("eventTime", event_time);
        put("eventTimeZoneOffset", offset_of(event_time));
        action.map(|action| put("action", action));
        step.map(|step| put("bizStep", step));
        if verb == "recall" {
            put("disposition", "recalled");
        }
        let body = Map::from_iter([("verb".to_owned(), verb.into())]);
        Self { body, event, creates: Map::new() }
    }

    /// Sets a member of the body.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.body.insert(key.to_owned(), value.into());
    }

    /// Sets a member of the EPCIS event.
    pub fn set_event(&mut self, key: &str, value: impl Into<Value>) {
        self.event.insert(key.to_owned(), value.into());
    }

    /// Adds to a list of the EPCIS event.
    pub fn push(&mut self, list: &str, element: Value) {
        let list = self.event.entry(list).or_insert_with(|| json!([]));
        if let Value::Array(values) = list {
            values.push(element);
        }
    }

    /// Adds an amount of a lot to a list of the EPCIS event.
    pub fn amount(&mut self, list: &str, lot: &str, amount: &TypedAmount) {
        self.push(list, amount.element(lot));
    }

    /// Adds a lot that the event creates.
    pub fn create(&mut self, list: &str, lot: &str, product: &str, amount: &TypedAmount) {
        self.amount(list, lot, amount);
        self.creates.insert(lot.to_owned(), json!({"product": product}));
    }

    /// Names who sends or receives.
    pub fn party(&mut self, list: &str, member: &str, actor: &str) {
        self.push(list, json!({"type": "possessing_party", member: actor}));
    }

    /// Names the place where it happened.
    pub fn place(&mut self, place: &str) {
        self.set_event("readPoint", json!({"id": place}));
        self.set_event("bizLocation", json!({"id": place}));
    }

    /// The body.
    #[must_use]
    pub fn into_body(mut self) -> Value {
        self.body.insert("event".to_owned(), Value::Object(self.event));
        if !self.creates.is_empty() {
            self.body.insert("creates".to_owned(), Value::Object(self.creates));
        }
        Value::Object(self.body)
    }
}

/// The original event again, declared an error.
#[must_use]
pub fn correction(original: &Value, reason: &str, declared_at: &str) -> Value {
    let mut event = original.clone();
    event["errorDeclaration"] = json!({"declarationTime": declared_at, "reason": reason});
    json!({"verb": "correct", "event": event})
}

/// The offset at the end of a time.
fn offset_of(time: &str) -> &str {
    let start = time.len().saturating_sub("+07:00".len());
    time.get(start..).filter(|offset| offset.starts_with(['+', '-'])).unwrap_or("+00:00")
}

/// A new identifier of a lot or pack, from random bytes.
#[must_use]
pub fn identifier(random: &[u8; ID_CHARS]) -> String {
    random.iter().map(|byte| char::from(*CROCKFORD.get(usize::from(byte % 32)).unwrap_or(&b'0'))).collect()
}

/// A new identifier from the system's randomness.
///
/// # Errors
/// When the system has none.
pub fn new_identifier() -> std::io::Result<String> {
    let mut random = [0; ID_CHARS];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    Ok(identifier(&random))
}

/// A new event identifier.
#[must_use]
pub fn new_event_id() -> String {
    format!("urn:uuid:{}", uuid::Uuid::now_v7())
}

/// Uploads a file and answers the reference that a statement holds. The media type follows from the file's first bytes.
///
/// # Errors
/// The file cannot be read, or the node refuses it.
pub fn file_reference(
    client: &super::NodeClient,
    key: &ed25519_dalek::SigningKey,
    file: &std::path::Path,
) -> anyhow::Result<Value> {
    use anyhow::Context as _;
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let length = bytes.len();
    let media_type = match bytes.as_slice() {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'%', b'P', b'D', b'F', ..] => "application/pdf",
        [b'{', ..] => "application/json",
        _ => "application/octet-stream",
    };
    let hash = client.put_blob(key, bytes)?;
    Ok(json!({"sha256": hash.to_string(), "mediaType": media_type, "bytes": length}))
}

/// The serials of a list in ascending order: one a line, in any order; what stands behind a tab, as codes of scratch layers do, is passed over.
///
/// # Errors
/// Names the line that is no serial, or the serial that stands twice.
pub fn listed_serials(list: &str) -> anyhow::Result<Vec<String>> {
    let mut serials = Vec::new();
    for (line, number) in list.trim_start_matches('\u{feff}').lines().zip(1..) {
        let serial = line.split('\t').next().unwrap_or_default().trim();
        if serial.is_empty() && line.trim().is_empty() {
            continue;
        }
        if !(1..=SERIAL_BYTES_MAX).contains(&serial.len()) || !serial.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("line {number} is no serial: 1 to {SERIAL_BYTES_MAX} printable characters without blanks");
        }
        serials.push(serial.to_owned());
    }
    serials.sort_unstable();
    if let Some([twice, _]) = serials.array_windows().find(|[a, b]| a == b) {
        bail!("serial {twice} stands twice");
    }
    if serials.is_empty() { bail!("the list is empty") } else { Ok(serials) }
}

/// The commitment to serials in ascending order: how many, and the root of their tree.
#[must_use]
pub fn serials_commitment(serials: &[String]) -> Value {
    let mut tree = CompactTree::new();
    for serial in serials {
        tree.push(Hash::of_leaf(serial.as_bytes()));
    }
    json!({"count": serials.len(), "root": tree.root().to_string()})
}

#[cfg(test)]
mod tests {
    use super::{listed_serials, new_identifier, serials_commitment};

    #[test]
    fn a_list_commits_to_its_serials_whatever_stands_beside_them() {
        let mut drawn: Vec<String> = (0..50).map(|_| new_identifier().unwrap()).collect();
        let with_codes: Vec<String> = drawn.iter().map(|serial| format!("{serial}\t7Q4M-X2AB-CDEF-GH1K\r")).collect();
        let listed = listed_serials(&format!("\u{feff}{}\n\n", with_codes.join("\n"))).unwrap();
        drawn.sort_unstable();
        assert_eq!(listed, drawn);
        assert_eq!(serials_commitment(&listed)["count"], 50);
    }

    #[test]
    fn a_list_that_is_none_is_refused_with_its_line() {
        let told = |list: &str| listed_serials(list).unwrap_err().to_string();
        assert!(told("A1\n\nB 2").starts_with("line 3 "));
        assert!(told("A1\n\tcode").starts_with("line 2 "));
        assert!(told(&"x".repeat(33)).starts_with("line 1 "));
        assert_eq!(told("A1\nB2\nA1\tcode"), "serial A1 stands twice");
        assert_eq!(told(" \n"), "the list is empty");
    }
}
