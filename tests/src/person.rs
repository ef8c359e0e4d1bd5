//! People of the tests: each has a key, signs statements, and knows where its own chain stands.

use anyhow::Context as _;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use serde_json::{Value, json};

use crate::ORIGIN;

/// Somebody who signs.
#[derive(Clone, Debug)]
pub struct Person {
    key: SigningKey,
    slug: String,
    seq: u64,
    prev: Hash,
}

impl Person {
    /// A person with a fixed key; the same `number` gives the same key.
    #[must_use]
    pub fn new(number: u32, slug: &str) -> Self {
        let seed = Hash::of(format!("test person {number}").as_bytes());
        Self { key: SigningKey::from_bytes(seed.as_bytes()), slug: slug.to_owned(), seq: 0, prev: Hash::ZERO }
    }

    /// The same person, some statements on.
    #[must_use]
    pub fn at(mut self, seq: u64, prev: Hash) -> Self {
        (self.seq, self.prev) = (seq, prev);
        self
    }

    /// The public key in hexadecimal.
    #[must_use]
    pub fn key_hex(&self) -> String {
        hex::encode(self.key.verifying_key().to_bytes())
    }

    /// The signing key.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The person's actor URI.
    #[must_use]
    pub fn uri(&self) -> String {
        actor(&self.slug)
    }

    /// The key file's text.
    ///
    /// # Errors
    /// Never for a key of this kind.
    pub fn key_pem(&self) -> anyhow::Result<String> {
        Ok(self.key.to_pkcs8_pem(LineEnding::LF).context("the key does not encode")?.to_string())
    }

    /// The payload of the person's next statement. The chain does not move.
    #[must_use]
    pub fn payload(&self, kind: &str, body: &Value) -> Vec<u8> {
        let statement = json!({
            "v": 1, "ledger": ORIGIN, "signer": self.key_hex(), "seq": self.seq, "prev": self.prev.to_string(),
            "signedAt": "2026-11-20T08:15:00.000+07:00", "kind": kind, "body": body,
        });
        statement.to_string().into_bytes()
    }

    /// The envelope of the person's next statement. The chain does not move.
    #[must_use]
    pub fn draft(&self, kind: &str, body: &Value) -> String {
        Envelope::sign(self.payload(kind, body), &self.key).to_json()
    }

    /// The envelope of the person's next statement, which is taken to be accepted.
    pub fn say(&mut self, kind: &str, body: &Value) -> String {
        let payload = self.payload(kind, body);
        self.seq += 1;
        self.prev = Hash::of(&payload);
        Envelope::sign(payload, &self.key).to_json()
    }
}

/// An actor's URI.
#[must_use]
pub fn actor(slug: &str) -> String {
    format!("https://{ORIGIN}/actor/{slug}")
}

/// A product's URI.
#[must_use]
pub fn product(slug: &str) -> String {
    format!("https://{ORIGIN}/product/{slug}")
}

/// The URI of an own lot; the same `number` gives the same lot.
#[must_use]
pub fn lot(number: u64) -> String {
    format!("https://{ORIGIN}/lot/TEST{number:012}")
}

/// The body of an `actor` statement.
#[must_use]
pub fn actor_body(person: &Person, class: &str, roles: &[&str], under: Option<&str>) -> Value {
    let mut body = json!({"id": person.uri(), "class": class, "roles": roles, "keys": [person.key_hex()]});
    if let Some(under) = under {
        body["under"] = json!(actor(under));
    }
    body
}

/// The body of a harvest of so many kilograms.
#[must_use]
pub fn harvest(lot: &str, product: &str, kilograms: u64) -> Value {
    let event = json!({
        "type": "ObjectEvent", "eventTime": "2026-11-20T07:30:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "eventID": format!("urn:test:harvest:{lot}"), "action": "ADD", "bizStep": "commissioning",
        "quantityList": [{"epcClass": lot, "quantity": kilograms, "uom": "KGM"}],
    });
    json!({"verb": "harvest", "event": event, "creates": {lot: {"product": product}}})
}

/// The body of an event that moves so many kilograms of a lot, with what `change` adds to it.
#[must_use]
pub fn movement(verb: &str, biz_step: &str, lot: &str, kilograms: u64, change: impl FnOnce(&mut Value)) -> Value {
    let event = json!({
        "type": "ObjectEvent", "eventTime": "2026-11-20T09:30:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "action": "OBSERVE", "bizStep": biz_step,
        "quantityList": [{"epcClass": lot, "quantity": kilograms, "uom": "KGM"}],
    });
    let mut body = json!({"verb": verb, "event": event});
    change(&mut body);
    body
}
