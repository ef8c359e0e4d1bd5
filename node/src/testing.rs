//! What the tests of this crate share: people who sign, and a ledger in a folder of its own.

use std::path::PathBuf;

use ed25519_dalek::SigningKey;
use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::Origin;
use nguon_ledger::key::PublicKey;
use nguon_ledger::note::{KeyName, SignatureType, VerifierKey};
use nguon_ledger::time::UnixMillis;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admission::{Admitted, admit};
use crate::index::Reader;
use crate::store::create;

/// The origin of every test ledger.
pub(crate) const ORIGIN: &str = "trace.test";
/// When everything happens: 2026-11-24T00:00:00Z.
pub(crate) const NOW: UnixMillis = UnixMillis::new(1_795_478_400_000);

pub(crate) fn now() -> UnixMillis {
    NOW
}

pub(crate) fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

pub(crate) fn log_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn vkey() -> VerifierKey {
    let public = PublicKey::from_bytes(log_key().verifying_key().to_bytes());
    VerifierKey::new(KeyName::new(ORIGIN).unwrap(), SignatureType::Ed25519, public).unwrap()
}

/// Somebody who signs.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) key: SigningKey,
    pub(crate) slug: String,
    pub(crate) seq: u64,
    pub(crate) prev: Hash,
}

impl Person {
    pub(crate) fn new(slug: &str) -> Self {
        let seed = Hash::of(slug.as_bytes());
        Self { key: SigningKey::from_bytes(seed.as_bytes()), slug: slug.to_owned(), seq: 0, prev: Hash::ZERO }
    }

    pub(crate) fn hex(&self) -> String {
        PublicKey::from_bytes(self.key.verifying_key().to_bytes()).to_string()
    }

    pub(crate) fn payload(&self, kind: &str, body: &Value) -> Vec<u8> {
        let statement = json!({
            "v": 1, "ledger": ORIGIN, "signer": self.hex(), "seq": self.seq, "prev": self.prev.to_string(),
            "signedAt": "2026-11-20T08:15:00.000+07:00", "kind": kind, "body": body,
        });
        statement.to_string().into_bytes()
    }

    /// The next statement's envelope; the chain moves on.
    pub(crate) fn say(&mut self, kind: &str, body: &Value) -> Envelope {
        let payload = self.payload(kind, body);
        self.seq += 1;
        self.prev = Hash::of(&payload);
        Envelope::sign(payload, &self.key)
    }
}

pub(crate) fn actor(slug: &str) -> String {
    format!("https://{ORIGIN}/actor/{slug}")
}

pub(crate) fn product(slug: &str) -> String {
    format!("https://{ORIGIN}/product/{slug}")
}

pub(crate) fn lot(number: u64) -> String {
    format!("https://{ORIGIN}/lot/TEST{number:012}")
}

pub(crate) fn actor_body(person: &Person, roles: &[&str]) -> Value {
    json!({"id": actor(&person.slug), "class": "person", "roles": roles, "under": actor("operator"), "keys": [person.hex()]})
}

pub(crate) fn harvest(lot: &str, kilograms: u64) -> Value {
    let event = json!({
        "type": "ObjectEvent", "eventTime": "2026-11-20T07:30:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "eventID": format!("urn:test:harvest:{lot}"), "action": "ADD", "bizStep": "commissioning",
        "quantityList": [{"epcClass": lot, "quantity": kilograms, "uom": "KGM"}],
    });
    json!({"verb": "harvest", "event": event, "creates": {lot: {"product": product("canna")}}})
}

pub(crate) fn process(inputs: &[(&str, u64)], output: &str, kilograms: u64) -> Value {
    let inputs: Vec<_> =
        inputs.iter().map(|(lot, amount)| json!({"epcClass": lot, "quantity": amount, "uom": "KGM"})).collect();
    json!({"verb": "process", "creates": {output: {"product": product("starch")}}, "event": {
        "type": "TransformationEvent", "eventTime": "2026-11-20T10:30:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "bizStep": "commissioning", "inputQuantityList": inputs,
        "outputQuantityList": [{"epcClass": output, "quantity": kilograms, "uom": "KGM"}],
    }})
}

/// A new ledger, and the people of it.
pub(crate) struct Village {
    folder: TempDir,
    pub(crate) operator: Person,
    pub(crate) grower: Person,
}

impl Village {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut operator = Person::new("operator");
        let charter = operator.say(
            "charter",
            &json!({"name": {"vi": "So", "en": "Ledger"}, "origin": ORIGIN, "vkey": vkey().to_string(), "rulesVersion": 1,
                "operator": {"id": actor("operator"), "class": "organisation", "roles": ["operator"], "keys": [operator.hex()]}}),
        );
        create(&folder.path().join("data"), &origin(), &log_key(), &charter, NOW).unwrap();
        Self { folder, operator, grower: Person::new("grower") }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The statements that register products and the grower.
    pub(crate) fn registrations(&mut self) -> Vec<Envelope> {
        let canna = json!({"id": product("canna"), "name": "canna", "unit": "KGM"});
        let starch = json!({"id": product("starch"), "name": "starch", "unit": "KGM",
            "madeFrom": [{"product": product("canna"), "yieldMax": 0.2}]});
        let grower = actor_body(&self.grower, &["producer", "processor"]);
        vec![
            self.operator.say("product", &canna),
            self.operator.say("product", &starch),
            self.operator.say("actor", &grower),
        ]
    }

    /// Harvests of the lots of these numbers.
    pub(crate) fn harvests(&mut self, numbers: std::ops::Range<u64>) -> Vec<Envelope> {
        numbers.map(|number| self.grower.say("event", &harvest(&lot(number), 100))).collect()
    }
}

/// The statement of an envelope that must be let in.
pub(crate) fn admitted(reader: &Reader, envelope: &Envelope) -> Admitted {
    admit(reader, envelope.to_json().as_bytes()).unwrap()
}
