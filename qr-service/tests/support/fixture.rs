//! Ledgers made by hand after `docs/format.md`, and a small server that plays the node. Shared by the unit tests, the HTTP
//! tests and `examples/look.rs`. Nothing is signed: whoever shows a page does not verify, and says so.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::DateTime;
use nguon_ledger::{hash::Hash, tree::CompactTree};
use serde_json::{Value, json};

pub(crate) const ORIGIN: &str = "so.example.vn";
pub(crate) const VKEY: &str = "so.example.vn+0a1b2c3d+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh";
/// The lot of the good example: 500 packs of vermicelli.
pub(crate) const VERMICELLI: &str = "https://id.gs1.org/01/08931234567897/10/MD-250112";
/// The lot of the bare example: no place, no picture, one record, hostile and very long names.
pub(crate) const HOSTILE: &str = "https://so.example.vn/lot/0000H0ST11E00000";
/// The lot of the example of a GTIN that came later.
pub(crate) const LATE: &str = "https://so.example.vn/lot/1ATEGT1N00000000";
pub(crate) const ATTACK: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;";

/// A ledger in the making.
#[derive(Default)]
pub(crate) struct Ledger {
    entries: Vec<Vec<u8>>,
    heads: BTreeMap<String, (u32, Hash)>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
}

/// Two packs of the good example with the codes under their scratch layers.
pub(crate) const SCRATCHED: [(&str, &str); 2] =
    [("FG2JM8KT8ZG47CQM", "7Q4M-X2AB-CDEF-GH1K"), ("6T80MWT5XTME82Q8", "M1EN-DNGC-0NM1-NH76")];

/// The serials of the good example's packs, ascending.
pub(crate) fn serials() -> Vec<String> {
    let mut serials: Vec<String> =
        (1..498_u32).map(|n| key(&format!("pack {n}")).chars().take(14).collect::<String>().to_uppercase()).collect();
    serials.push("0123456789ABCD".to_owned());
    serials.extend(SCRATCHED.map(|(serial, _)| serial.to_owned()));
    serials.sort_unstable();
    serials
}

fn serials_root() -> Hash {
    let mut tree = CompactTree::new();
    serials().iter().for_each(|serial| tree.push(Hash::of_leaf(serial.as_bytes())));
    tree.root()
}

/// A key that belongs to nobody: the name's hash.
pub(crate) fn key(name: &str) -> String {
    Hash::of(name.as_bytes()).to_string()
}

pub(crate) fn uri(kind: &str, slug: &str) -> String {
    format!("https://{ORIGIN}/{kind}/{slug}")
}

pub(crate) fn lot(number: u32) -> String {
    format!("https://{ORIGIN}/lot/{number:016}")
}

impl Ledger {
    /// Appends one entry and returns its leaf hash. `signer` is the name whose hash is the key.
    pub(crate) fn add(&mut self, signer: &str, received: &str, kind: &str, body: &Value) -> Hash {
        let millis = DateTime::parse_from_rfc3339(received).unwrap().timestamp_millis();
        let statement = json!({"v": 1, "ledger": ORIGIN, "signer": key(signer), "seq": 0, "prev": "0".repeat(64),
            "signedAt": received, "kind": kind, "body": body});
        let lots = named_lots(&statement["body"]);
        let previous = self.entries.last().map_or(Hash::ZERO, |entry| Hash::of_leaf(entry));
        let mut entry = vec![1];
        entry.extend(u64::try_from(self.entries.len()).unwrap().to_be_bytes());
        entry.extend(previous.as_bytes());
        entry.extend(millis.to_be_bytes());
        entry.push(u8::try_from(lots.len()).unwrap());
        for (lot_key, lot) in &lots {
            let (seq, head) = self.heads.get(lot).copied().unwrap_or((0, Hash::ZERO));
            entry.extend(lot_key.as_bytes());
            entry.extend(seq.to_be_bytes());
            entry.extend(head.as_bytes());
        }
        entry.extend(Hash::from_hex(&key(signer)).unwrap().as_bytes());
        entry.extend([0; 64]);
        entry.extend(statement.to_string().as_bytes());
        let leaf = Hash::of_leaf(&entry);
        for (_, lot) in lots {
            let head = self.heads.entry(lot).or_insert((0, leaf));
            *head = (head.0 + 1, leaf);
        }
        self.entries.push(entry);
        leaf
    }

    /// Adds a picture of two colours and returns the reference to it.
    pub(crate) fn picture(&mut self, top: [u8; 3], bottom: [u8; 3]) -> Value {
        let (width, height) = (64_u32, 48_u32);
        let pixels: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x * 3 / 4 + y) % 48 < 24))
            .flat_map(|is_top| if is_top { top } else { bottom })
            .collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        self.blob("image/png", file)
    }

    pub(crate) fn blob(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let sha256 = Hash::of(&bytes).to_string();
        let reference = json!({"sha256": sha256, "mediaType": media_type, "bytes": bytes.len()});
        self.blobs.insert(sha256, bytes);
        reference
    }

    /// A bundle of all entries about `lot`.
    pub(crate) fn bundle(&self, lot: &str) -> Vec<u8> {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| json!({"index": index, "entry": STANDARD.encode(entry), "proof": []}))
            .collect();
        let checkpoint = format!(
            "{ORIGIN}\n{}\n{}\n\n\u{2014} {ORIGIN} AAAA\n",
            self.entries.len(),
            STANDARD.encode(Hash::ZERO.as_bytes())
        );
        json!({"v": 1, "lot": lot, "vkey": VKEY, "checkpoint": checkpoint, "entries": entries}).to_string().into_bytes()
    }

    /// An actor under the co-op or another, with one key named like it.
    pub(crate) fn actor(&mut self, slug: &str, class: &str, roles: &[&str], under: Option<&str>, name: Option<Value>) {
        let mut body = json!({"id": uri("actor", slug), "class": class, "roles": roles, "keys": [key(slug)]});
        if let Some(under) = under {
            body["under"] = json!(uri("actor", under));
        }
        if let Some(name) = name {
            body["name"] = name;
        }
        if class == "organisation" {
            body["businessId"] = json!(format!("0000-{slug}"));
        }
        self.add("operator", "2024-10-01T08:00:00+07:00", "actor", &body);
    }
}

/// The lots that an event names, with their keys, in the order of the links.
fn named_lots(body: &Value) -> BTreeMap<Hash, String> {
    let event = &body["event"];
    let lists = ["quantityList", "inputQuantityList", "outputQuantityList"];
    let elements = lists.iter().filter_map(|list| event[list].as_array()).flatten();
    elements
        .filter_map(|element| element["epcClass"].as_str())
        .map(|lot| (Hash::of(lot.as_bytes()), lot.to_owned()))
        .collect()
}

pub(crate) fn amount(lot: &str, quantity: f64) -> Value {
    json!({"epcClass": lot, "quantity": quantity, "uom": "KGM"})
}

/// An object event about `amounts`.
pub(crate) fn object(id: &str, time: &str, step: &str, place: &str, amounts: &[Value]) -> Value {
    json!({"type": "ObjectEvent", "eventID": format!("urn:uuid:{id}"), "eventTime": time, "eventTimeZoneOffset": "+07:00",
        "action": "OBSERVE", "bizStep": step, "readPoint": {"id": uri("place", place)}, "quantityList": amounts})
}

/// A transformation event.
pub(crate) fn transformation(id: &str, time: &str, place: &str, inputs: &[Value], outputs: &[Value]) -> Value {
    json!({"type": "TransformationEvent", "eventID": format!("urn:uuid:{id}"), "eventTime": time,
        "eventTimeZoneOffset": "+07:00", "bizStep": "commissioning", "readPoint": {"id": uri("place", place)},
        "inputQuantityList": inputs, "outputQuantityList": outputs})
}

fn creates(lot: &str, product: &str) -> Value {
    json!({ lot: {"product": uri("product", product)} })
}

fn to(mut event: Value, receiver: &str) -> Value {
    event["destinationList"] = json!([{"type": "possessing_party", "destination": uri("actor", receiver)}]);
    event
}

fn registry(ledger: &mut Ledger, picture: &Value) {
    let vi_en = |vi: &str, en: &str| json!({"vi": vi, "en": en});
    let operator = json!({"id": uri("actor", "lien-hiep"), "class": "organisation", "roles": ["operator"],
        "name": vi_en("Li\u{ea}n hi\u{1ec7}p HTX M\u{1eab}u", "Sample Union of Co-operatives"), "keys": [key("operator")]});
    let charter = json!({"name": vi_en("S\u{1ed5} m\u{1eab}u", "Sample ledger"), "origin": ORIGIN, "vkey": VKEY, "rulesVersion": 1, "operator": operator});
    ledger.add("operator", "2024-10-01T07:00:00+07:00", "charter", &charter);
    let coop = vi_en("HTX M\u{1eab}u C\u{f4}n Minh", "Con Minh Sample Co-operative");
    ledger.actor("htx", "organisation", &["registrar", "processor", "producer"], None, Some(coop));
    ledger.actor(
        "mai",
        "person",
        &["registrar", "processor"],
        Some("htx"),
        Some(json!("L\u{fd} Th\u{1ecb} Mai (m\u{1eab}u)")),
    );
    ledger.actor(
        "can-bo",
        "person",
        &["inspector"],
        None,
        Some(vi_en(
            "C\u{e1}n b\u{1ed9} m\u{1eab}u, Chi c\u{1ee5}c Ch\u{1ea5}t l\u{1b0}\u{1ee3}ng",
            "Sample officer, Quality Office",
        )),
    );
    ledger.actor(
        "cua-hang",
        "organisation",
        &["seller"],
        None,
        Some(vi_en("C\u{1eed}a h\u{e0}ng B\u{ed} M\u{1ead}t", "Secret Shop")),
    );
    ledger.actor(
        "cam-bien",
        "device",
        &["device"],
        Some("htx"),
        Some(json!("C\u{1ea3}m bi\u{1ebf}n nh\u{e0} ph\u{1a1}i 2")),
    );
    for number in 1..=5 {
        // The third household does not wish to be named.
        let name = (number != 3).then(|| json!(format!("H\u{1ed9} 0{number}")));
        ledger.actor(&format!("ho-{number}"), "person", &["producer"], Some("htx"), name);
    }
    let commune = [
        json!({"vi": "C\u{f4}n Minh, Na R\u{ec}, B\u{1eaf}c K\u{1ea1}n", "en": "Con Minh, Na Ri, Bac Kan", "to": "2025-06-30"}),
        json!({"vi": "C\u{f4}n Minh, Th\u{e1}i Nguy\u{ea}n", "en": "Con Minh, Thai Nguyen", "from": "2025-07-01"}),
    ];
    let time = "2024-10-01T09:00:00+07:00";
    for (slug, class, name) in [
        ("doi", "plot", vi_en("\u{110}\u{1ed3}i dong th\u{f4}n B\u{1ea3}n Cu\u{f4}n", "Canna hill, Ban Cuon hamlet")),
        ("xuong", "facility", vi_en("X\u{1b0}\u{1edf}ng mi\u{1ebf}n", "Vermicelli mill")),
        ("quay", "shop", vi_en("Qu\u{1ea7}y B\u{ed} M\u{1ead}t", "Secret Counter")),
    ] {
        let (lat, lon) = if slug == "quay" { (21.03, 105.85) } else { (22.13, 106.03) };
        let body = json!({"id": uri("place", slug), "class": class, "name": name, "names": commune, "owner": uri("actor", "htx"),
            "position": {"lat": lat, "lon": lon}});
        ledger.add("operator", time, "place", &body);
    }
    register_products(ledger, time, picture);
}

fn register_products(ledger: &mut Ledger, time: &str, picture: &Value) {
    let vi_en = |vi: &str, en: &str| json!({"vi": vi, "en": en});
    let cu = json!({"id": uri("product", "cu"), "name": vi_en("c\u{1ee7} dong ri\u{1ec1}ng", "canna tubers"), "unit": "KGM"});
    let bot = json!({"id": uri("product", "bot"), "name": vi_en("tinh b\u{1ed9}t dong", "canna starch"), "unit": "KGM",
        "madeFrom": [{"product": uri("product", "cu"), "yieldMax": 0.16}]});
    let mien = json!({"id": uri("product", "mien"), "gtin": "08931234567897", "name": vi_en("Mi\u{1ebf}n dong C\u{f4}n Minh", "Con Minh canna vermicelli"),
        "unit": "KGM", "netContent": {"quantity": 0.5, "uom": "KGM"}, "madeFrom": [{"product": uri("product", "bot"), "yieldMax": 0.9}],
        "shelfLifeDays": 540, "picture": picture, "shopLinks": ["https://cho.example.vn/mien-dong", "javascript:alert(3)"],
        "description": vi_en("\u{110}\u{1ec3} n\u{1a1}i kh\u{f4} m\u{e1}t, bu\u{1ed9}c k\u{ed}n sau khi m\u{1edf}. Ng\u{e2}m n\u{1b0}\u{1edb}c \u{1ea5}m 10 ph\u{fa}t tr\u{1b0}\u{1edb}c khi n\u{1ea5}u.",
            "Keep dry and cool, close tightly after opening. Soak in warm water for 10 minutes before cooking."),
        "brand": "Mi\u{1ebf}n M\u{1eab}u", "ingredients": vi_en("Tinh b\u{1ed9}t dong, n\u{1b0}\u{1edb}c", "Canna starch, water"),
        "storage": vi_en("Tr\u{e1}nh n\u{1eaf}ng", "Keep out of the sun"), "warnings": vi_en("Kh\u{f4}ng \u{103}n s\u{1ed1}ng", "Do not eat raw"),
        "standards": ["TCCS 01:2024", "TCVN 0000:2024"]});
    for body in [cu, bot, mien] {
        ledger.add("operator", time, "product", &body);
    }
}

/// The good example, from five households' tubers to packs in a shop, and beyond it a recall when asked for.
pub(crate) fn vermicelli(is_recalled: bool) -> Ledger {
    let mut ledger = Ledger::default();
    let picture = ledger.picture([0xd9, 0xcf, 0xb4], [0xc4, 0xb5, 0x8f]);
    let field = ledger.picture([0x5f, 0x80, 0x4a], [0x8a, 0x6a, 0x45]);
    registry(&mut ledger, &picture);
    harvests(&mut ledger, &field);
    let starch = lot(100);
    let tubers: Vec<Value> = (1..=5).map(|n| amount(&lot(n), 1_000.0 + f64::from(n))).collect();
    let event = transformation("bot", "2024-12-20T10:00:00+07:00", "xuong", &tubers, &[amount(&starch, 720.5)]);
    let body = json!({"verb": "process", "event": event, "for": uri("actor", "htx"), "creates": creates(&starch, "bot"), "media": [field]});
    ledger.add("mai", "2024-12-20T10:05:00+07:00", "event", &body);
    let noodles = lot(200);
    let event = transformation(
        "mien",
        "2025-01-10T16:00:00+07:00",
        "xuong",
        &[amount(&starch, 300.0)],
        &[amount(&noodles, 260.0)],
    );
    let body = json!({"verb": "process", "event": event, "for": uri("actor", "htx"), "creates": creates(&noodles, "mien"),
        "note": "Ph\u{1a1}i n\u{1eaf}ng hai ng\u{e0}y, tr\u{1edd}i hanh."});
    let leaf = ledger.add("mai", "2025-01-10T16:05:00+07:00", "event", &body);
    let claim =
        json!({"entry": leaf.to_string(), "claim": "stands_by", "note": "C\u{f3} m\u{1eb7}t l\u{fa}c ph\u{1a1}i"});
    ledger.add("can-bo", "2025-01-11T09:00:00+07:00", "attest", &claim);
    let mut event = object("am", "2025-01-11T12:00:00+07:00", "sensor_reporting", "xuong", &[amount(&noodles, 1.0)]);
    event["sensorElementList"] = json!([{"sensorReport": [{"type": "Temperature", "value": 31.5, "uom": "CEL"},
        {"type": "RelativeHumidity", "value": 48, "uom": "P1"}]}]);
    ledger.add("cam-bien", "2025-01-11T12:00:00+07:00", "event", &json!({"verb": "observe", "event": event}));
    let event = transformation(
        "goi",
        "2025-01-12T08:00:00+07:00",
        "xuong",
        &[amount(&noodles, 250.0)],
        &[amount(VERMICELLI, 250.0)],
    );
    let body = json!({"verb": "pack", "event": event, "for": uri("actor", "htx"), "creates": creates(VERMICELLI, "mien"),
        "serials": {"count": 500, "root": serials_root().to_string()}});
    ledger.add("mai", "2025-01-12T08:02:00+07:00", "event", &body);
    certificates(&mut ledger);
    sales(&mut ledger);
    if is_recalled {
        let mut event = object("thu-hoi", "2025-02-01T09:00:00+07:00", "holding", "xuong", &[amount(&starch, 720.5)]);
        event["disposition"] = json!("recalled");
        let body = json!({"verb": "recall", "event": event, "note": "Nghi l\u{1eab}n s\u{1ea1}n trong b\u{1ec3} l\u{1eaf}ng s\u{1ed1} 2."});
        ledger.add("can-bo", "2025-02-01T09:01:00+07:00", "event", &body);
    }
    ledger
}

/// Five harvests and their deliveries: one typed in for another, one late, one mistaken and corrected, one short on arrival.
fn harvests(ledger: &mut Ledger, field: &Value) {
    for number in 1..=5 {
        let (household, tubers) = (format!("ho-{number}"), lot(number));
        let time = format!("2024-11-0{number}T07:30:00+07:00");
        let received = if number == 2 {
            "2024-11-09T07:45:00+07:00".to_owned()
        } else {
            format!("2024-11-0{number}T18:00:00+07:00")
        };
        let mut event = object(
            &format!("thu-{number}"),
            &time,
            "commissioning",
            "doi",
            &[amount(&tubers, 1_010.0 + f64::from(number))],
        );
        event["action"] = json!("ADD");
        let mut body = json!({"verb": "harvest", "event": event, "creates": creates(&tubers, "cu"), "media": [field]});
        let signer = if number == 4 { "mai" } else { household.as_str() };
        if number == 4 {
            body["for"] = json!(uri("actor", "htx"));
            body["onBehalfOf"] = json!(uri("actor", &household));
        }
        ledger.add(signer, &received, "event", &body);
    }
    let wrong = lot(6);
    let mut event = object("nham", "2024-11-05T09:00:00+07:00", "commissioning", "doi", &[amount(&wrong, 9_999.0)]);
    event["action"] = json!("ADD");
    let body = json!({"verb": "harvest", "event": event, "creates": creates(&wrong, "cu")});
    ledger.add("ho-5", "2024-11-09T09:00:00+07:00", "event", &body);
    for number in 1..=5 {
        let (household, tubers) = (format!("ho-{number}"), lot(number));
        let sent = [amount(&tubers, 1_010.0 + f64::from(number))];
        let event = to(object(&format!("giao-{number}"), "2024-11-10T08:00:00+07:00", "shipping", "doi", &sent), "htx");
        ledger.add(&household, "2024-11-10T08:05:00+07:00", "event", &json!({"verb": "ship", "event": event}));
        let arrived = if number == 1 { 1_001.5 } else { 1_010.0 + f64::from(number) };
        let event = object(
            &format!("nhan-{number}"),
            "2024-11-10T15:00:00+07:00",
            "receiving",
            "xuong",
            &[amount(&tubers, arrived)],
        );
        let body = json!({"verb": "receive", "event": event, "for": uri("actor", "htx")});
        ledger.add("mai", "2024-11-10T15:05:00+07:00", "event", &body);
    }
    let mut event = object("hao", "2024-12-01T08:00:00+07:00", "destroying", "xuong", &[amount(&lot(2), 12.0)]);
    for is_corrected in [false, true] {
        let verb = if is_corrected { "correct" } else { "lose" };
        if is_corrected {
            event["errorDeclaration"] =
                json!({"declarationTime": "2024-12-02T08:00:00+07:00", "reason": "incorrect_data"});
        }
        let note = if is_corrected { "C\u{e2}n l\u{1ea1}i: kh\u{f4}ng m\u{1ea5}t." } else { "C\u{1ee7} th\u{1ed1}i" };
        let body = json!({"verb": verb, "event": event, "for": uri("actor", "htx"), "note": note});
        ledger.add(
            "mai",
            if is_corrected { "2024-12-02T08:00:00+07:00" } else { "2024-12-01T08:05:00+07:00" },
            "event",
            &body,
        );
    }
}

fn certificates(ledger: &mut Ledger) {
    let file = ledger.blob("application/pdf", b"%PDF-1.7 sample".to_vec());
    for (id, about, certificate) in [
        (
            "vietgap",
            lot(1),
            json!({"scheme": "VietGAP", "number": "VG-0123-M\u{1eaa}U", "issuer": "T\u{1ed5} ch\u{1ee9}c ch\u{1ee9}ng nh\u{1ead}n m\u{1eab}u",
            "validFrom": "2024-01-01", "validTo": "2025-11-30", "file": file}),
        ),
        (
            "ocop",
            VERMICELLI.to_owned(),
            json!({"scheme": "OCOP 4 sao", "issuer": "UBND t\u{1ec9}nh m\u{1eab}u", "validFrom": "2025-01-01"}),
        ),
    ] {
        let event = object(id, "2025-01-13T09:00:00+07:00", "inspecting", "xuong", &[amount(&about, 1.0)]);
        let body = json!({"verb": "inspect", "event": event, "certificate": certificate});
        ledger.add("can-bo", "2025-01-13T09:10:00+07:00", "event", &body);
    }
}

/// Packs to a shop, and its sales: what consumers are not shown.
fn sales(ledger: &mut Ledger) {
    let event = to(
        object("len-xe", "2025-01-14T05:00:00+07:00", "shipping", "xuong", &[amount(VERMICELLI, 123.0)]),
        "cua-hang",
    );
    let body = json!({"verb": "ship", "event": event, "for": uri("actor", "htx"), "note": "Gi\u{e1} b\u{ed} m\u{1ead}t 95.000"});
    ledger.add("mai", "2025-01-14T05:05:00+07:00", "event", &body);
    let event = object("toi", "2025-01-14T13:00:00+07:00", "receiving", "quay", &[amount(VERMICELLI, 121.0)]);
    ledger.add("cua-hang", "2025-01-14T13:05:00+07:00", "event", &json!({"verb": "receive", "event": event}));
    for day in 15..=17 {
        let event = object(
            &format!("ban-{day}"),
            &format!("2025-01-{day}T10:00:00+07:00"),
            "retail_selling",
            "quay",
            &[amount(VERMICELLI, 7.5)],
        );
        let body = json!({"verb": "sell", "event": event, "note": "B\u{e1}n cho ch\u{1ecb} B\u{ed} M\u{1ead}t"});
        ledger.add("cua-hang", &format!("2025-01-{day}T10:01:00+07:00"), "event", &body);
    }
}

/// An own lot of a product that was given a GTIN after the lot was made; and later another one.
pub(crate) fn late_gtin() -> Ledger {
    let mut ledger = Ledger::default();
    let picture = ledger.picture([0xd9, 0xcf, 0xb4], [0xc4, 0xb5, 0x8f]);
    registry(&mut ledger, &picture);
    let mut event = object("late", "2025-02-01T08:00:00+07:00", "commissioning", "doi", &[amount(LATE, 20.0)]);
    event["action"] = json!("ADD");
    let body = json!({"verb": "harvest", "event": event, "creates": creates(LATE, "cu")});
    ledger.add("ho-1", "2025-02-01T09:00:00+07:00", "event", &body);
    for gtin in ["08930000000019", "08930000000026"] {
        let body =
            json!({"id": uri("product", "cu"), "gtin": gtin, "name": "c\u{1ee7} dong ri\u{1ec1}ng", "unit": "KGM"});
        ledger.add("operator", "2025-03-01T09:00:00+07:00", "product", &body);
    }
    ledger
}

/// The bare example.
pub(crate) fn hostile() -> Ledger {
    let mut ledger = Ledger::default();
    let long = "T\u{ea}n d\u{e0}i kh\u{f4}ng th\u{1ec3} t\u{1b0}\u{1edf}ng t\u{1b0}\u{1ee3}ng n\u{1ed5}i ".repeat(5);
    let name = format!("{long}{ATTACK}");
    let villain = json!({"id": uri("actor", "ke-xau"), "class": "organisation", "roles": ["producer", "inspector"], "name": name,
        "businessId": ATTACK, "keys": [key("ke-xau")]});
    ledger.add("operator", "2024-10-01T08:00:00+07:00", "actor", &villain);
    let names = [json!({"vi": format!("{ATTACK}{}", "khongcokhoangtrang".repeat(8))})];
    ledger.add("operator", "2025-01-01T00:00:00+07:00", "place",
        &json!({"id": uri("place", "xau"), "class": "plot", "name": ATTACK, "names": names, "owner": uri("actor", "ke-xau"),
            "position": {"lat": 22.2, "lon": 105.8}}));
    ledger.add(
        "operator",
        "2025-01-01T00:00:00+07:00",
        "product",
        &json!({"id": uri("product", "xau"), "name": {"vi": name}, "unit": "KGM", "description": ATTACK,
            "brand": ATTACK, "ingredients": name, "storage": ATTACK, "warnings": {"vi": ATTACK, "en": name}, "standards": [ATTACK, name],
            "shopLinks": [format!("https://{ATTACK}"), "javascript:alert(3)"]}),
    );
    let mut event = object(
        ATTACK,
        "2025-02-01T08:00:00+07:00",
        "commissioning",
        "xau",
        &[json!({"epcClass": HOSTILE, "quantity": 12.5, "uom": "<b>"})],
    );
    event["sensorElementList"] = json!([{"sensorReport": [{"type": ATTACK, "stringValue": ATTACK, "uom": ATTACK}]}]);
    let body = json!({"verb": "harvest", "event": event, "creates": creates(HOSTILE, "xau"), "note": ATTACK,
        "media": [{"sha256": ATTACK, "mediaType": "image/png", "bytes": 1}]});
    let leaf = ledger.add("ke-xau", "2025-02-01T09:00:00+07:00", "event", &body);
    ledger.add(
        "ke-xau",
        "2025-02-02T09:00:00+07:00",
        "attest",
        &json!({"entry": leaf.to_string(), "claim": "disputes", "note": ATTACK}),
    );
    let event = object("chung", "2025-02-02T09:00:00+07:00", "inspecting", "xau", &[amount(HOSTILE, 1.0)]);
    let certificate = json!({"scheme": ATTACK, "number": ATTACK, "issuer": name});
    ledger.add(
        "ke-xau",
        "2025-02-02T10:00:00+07:00",
        "event",
        &json!({"verb": "inspect", "event": event, "certificate": certificate}),
    );
    ledger
}

/// Serves ledgers as a node does, each under the lot that its bundle is about.
pub(crate) fn node(ledgers: Vec<(&'static str, Ledger)>) -> Router {
    let ledgers: BTreeMap<_, _> = ledgers.into_iter().collect();
    Router::new()
        .route("/v1/ledger", get(async || axum::Json(json!({"origin": ORIGIN, "base": format!("https://{ORIGIN}"),
            "name": "S\u{1ed5} m\u{1eab}u", "vkey": VKEY, "policy": "quorum none\n", "treeSize": 99, "rulesVersion": 1, "operator": uri("actor", "lien-hiep")}))))
        .route("/v1/lots/{lot}/bundle", get(bundle))
        .route("/v1/lots/{lot}", get(lot_state))
        .route("/v1/products", get(products))
        .route("/v1/blobs/{sha256}", get(blob))
        .with_state(Arc::new(ledgers))
}

type Ledgers = State<Arc<BTreeMap<&'static str, Ledger>>>;

async fn bundle(State(ledgers): Ledgers, Path(lot): Path<String>) -> Response {
    match ledgers.get(lot.as_str()) {
        Some(ledger) => ledger.bundle(&lot).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// As much of a lot's state as names its serials.
async fn lot_state(State(ledgers): Ledgers, Path(lot): Path<String>) -> Response {
    match ledgers.get(lot.as_str()) {
        Some(_) if lot == VERMICELLI => {
            axum::Json(json!({"lot": lot, "serials": {"count": 500, "root": serials_root().to_string()}}))
                .into_response()
        }
        Some(_) => axum::Json(json!({"lot": lot})).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The newest statement about each product, all on one page.
async fn products(State(ledgers): Ledgers) -> Response {
    let mut newest = BTreeMap::new();
    for entry in ledgers.values().flat_map(|ledger| &ledger.entries) {
        let start = entry.windows(5).position(|five| five == b"{\"bod").unwrap_or_default();
        let Some(statement) = entry.get(start..).and_then(|json| serde_json::from_slice::<Value>(json).ok()) else {
            continue;
        };
        if statement["kind"] == "product" {
            newest.insert(statement["body"]["id"].to_string(), statement["body"].clone());
        }
    }
    axum::Json(json!({"items": newest.into_values().collect::<Vec<_>>()})).into_response()
}

async fn blob(State(ledgers): Ledgers, Path(sha256): Path<String>) -> Response {
    match ledgers.values().find_map(|ledger| ledger.blobs.get(&sha256)) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
