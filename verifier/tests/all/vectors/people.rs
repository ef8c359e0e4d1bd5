//! Tampering with who said what: signatures, registrations, signers' own chains.

use nguon_ledger::hash::Hash;
use nguon_ledger::key::{PublicKey, Signature};
use serde_json::{Value, json};

use super::Case;
use super::edge::{key_changed, without};
use crate::fixture::{Person, public_key, sign_with_neutral_r};
use crate::story::{CANNA, PACKS, Story, harvest, packs};

const RULES_TOO: &[&str] = &["signer_registered", "rules"];

fn signatures() -> Vec<Case> {
    let bent = |change: &dyn Fn(&mut nguon_ledger::entry::Entry<'_>)| {
        let mut story = Story::sold();
        let payload = story.shop.say("event", &packs("sell", "retail_selling", PACKS, 5));
        story.ledger.add_changed(&story.shop.key, &payload, &[PACKS], change);
        story.ledger.bundle(PACKS, story.of_packs())
    };
    let flip = |place: usize| {
        move |entry: &mut nguon_ledger::entry::Entry<'_>| {
            let mut bytes = *entry.signature.as_bytes();
            bytes[place] ^= 1;
            entry.signature = Signature::from_bytes(bytes);
        }
    };
    let coop = public_key(&Person::new(1, "coop").key);
    let mut story = Story::sold();
    let payload = story.shop.say("event", &packs("sell", "retail_selling", PACKS, 5));
    let other = story.coop.key.clone();
    story.ledger.add_payload(&other, &payload, &[PACKS]);
    // The entry names the co-op, which signed; the statement names the shop.
    let signed_by_another = story.ledger.bundle(PACKS, story.of_packs());
    vec![
        Case::new("signature-r.json", bent(&flip(3)), &["signatures"]),
        Case::new("signature-s.json", bent(&flip(40)), &["signatures"]),
        // s + L: the same number modulo the group's order, refused by strict verification.
        Case::new(
            "signature-s-not-reduced.json",
            bent(&|entry| entry.signature = malleated(&entry.signature)),
            &["signatures"],
        ),
        Case::new(
            "signature-r-neutral.json",
            bent(&|entry| entry.signature = sign_with_neutral_r(&Person::new(3, "shop").key, entry.payload)),
            &["signatures"],
        ),
        Case::new("signer-replaced.json", bent(&|entry| entry.signer = coop), &["signatures"]),
        Case::new("signed-by-another.json", signed_by_another, &["signatures"]),
        Case::new(
            "signer-of-small-order.json",
            bent(&|entry| {
                let mut point = [0; 32];
                point[0] = 1;
                entry.signer = PublicKey::from_bytes(point);
            }),
            &["signatures", "signer_registered"],
        ),
    ]
}

/// Adds the order of the group, L = 2^252 + 27742317777372353535851937790883648493, to s.
fn malleated(signature: &Signature) -> Signature {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = *signature.as_bytes();
    let mut carry = 0;
    for (byte, more) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    Signature::from_bytes(bytes)
}

fn registrations() -> Vec<Case> {
    let sold = Story::sold();
    let mut unknown = Story::sold();
    let mut stranger = Person::new(50, "shop");
    unknown.ledger.add(&mut stranger, "event", &packs("sell", "retail_selling", PACKS, 5), &[PACKS]);
    let mut revoked = key_changed();
    let lose = json!({
        "verb": "lose", "for": revoked.coop.uri(),
        "event": crate::story::object("OBSERVE", "destroying", CANNA, &json!(1)),
    });
    revoked.ledger.add(&mut revoked.farmer, "event", &lose, &[CANNA]);
    let revoked_all: Vec<u64> = (0..revoked.ledger.len()).collect();
    let mut late = Story::begin();
    let mut new = Person::new(21, "farmer");
    let body = harvest(CANNA, 10, &late.coop);
    late.ledger.add(&mut new, "event", &body, &[CANNA]);
    let body = json!({"actor": late.farmer.uri(), "add": new.hex()});
    late.ledger.add(&mut late.coop, "key", &body, &[]);
    let of = |left_out: &[u64]| sold.ledger.bundle(PACKS, without(&sold, left_out));
    vec![
        Case::new("signer-unknown.json", unknown.ledger.bundle(PACKS, unknown.of_packs()), RULES_TOO),
        Case::new("signer-revoked.json", revoked.ledger.bundle(CANNA, revoked_all), RULES_TOO),
        Case::new("signer-registered-later.json", late.ledger.bundle(CANNA, 0..11), RULES_TOO),
        Case::new("registration-left-out.json", of(&[2, 10]), RULES_TOO),
        Case::new("charter-left-out.json", of(&[0, 10]), RULES_TOO),
        Case::new("product-left-out.json", of(&[6, 10]), &["rules"]),
        Case::new("place-left-out.json", of(&[8, 10]), &["rules"]),
    ]
    .into_iter()
    .map(|case| case.not_checked(&["recall"]))
    .collect()
}

fn signer_chains() -> Vec<Case> {
    let bent = |change: &dyn Fn(&mut Value)| {
        let mut story = Story::sold();
        let draft = story.shop.draft("event", &packs("sell", "retail_selling", PACKS, 5));
        let mut statement: Value = serde_json::from_slice(&draft).unwrap();
        change(&mut statement);
        let payload = statement.to_string().into_bytes();
        story.ledger.add_payload(&story.shop.key, &payload, &[PACKS]);
        story.ledger.bundle(PACKS, story.of_packs())
    };
    let prev = Hash::of(b"another").to_string();
    vec![
        Case::new("signer-seq-repeated.json", bent(&|statement| statement["seq"] = json!(1)), &["signer_chain"]),
        Case::new("signer-seq-back-to-0.json", bent(&|statement| statement["seq"] = json!(0)), &["signer_chain"]),
        Case::new("signer-prev.json", bent(&|statement| statement["prev"] = json!(prev)), &["signer_chain"]),
        Case::new(
            "signer-prev-at-0.json",
            {
                let mut story = Story::begin();
                story.farmer.prev = Hash::of(b"another");
                story.harvest(CANNA, 10);
                story.ledger.bundle(CANNA, 0..10)
            },
            &["signer_chain"],
        ),
        Case::new(
            "statement-of-another-ledger.json",
            bent(&|statement| statement["ledger"] = json!("other.test")),
            &["rules"],
        )
        .not_checked(&["recall"]),
    ]
}

/// Payloads that are no statements, signed all the same.
fn payloads() -> Vec<Case> {
    let bent = |change: &dyn Fn(String) -> String| {
        let mut story = Story::sold();
        let draft = story.shop.draft("event", &packs("sell", "retail_selling", PACKS, 5));
        let payload = change(String::from_utf8(draft).unwrap());
        story.ledger.add_payload(&story.shop.key, payload.as_bytes(), &[PACKS]);
        story.ledger.bundle(PACKS, story.of_packs())
    };
    let unreadable = &["signatures", "rules"];
    vec![
        Case::new("payload-key-twice.json", bent(&|text| text.replacen('{', r#"{"v":1,"#, 1)), unreadable),
        Case::new("payload-unknown-key.json", bent(&|text| text.replacen('{', r#"{"w":1,"#, 1)), unreadable),
        Case::new("payload-trailing-text.json", bent(&|text| text + "x"), unreadable),
        Case::new("payload-lone-surrogate.json", bent(&|text| text.replacen("OBSERVE", "\\ud800", 1)), unreadable),
        Case::new("payload-byte-order-mark.json", bent(&|text| format!("\u{feff}{text}")), unreadable),
    ]
    .into_iter()
    .map(|case| case.not_checked(&["recall"]))
    .collect()
}

pub(super) fn cases() -> Vec<Case> {
    [signatures(), registrations(), signer_chains(), payloads()].into_iter().flatten().collect()
}
