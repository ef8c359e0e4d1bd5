use alloc::string::ToString as _;

use super::*;
use crate::entry::Entry;
use crate::hash::Hash;
use crate::statement::Statement;

fn vectors() -> serde_json::Value {
    serde_json::from_str(include_str!("../../tests/vectors/nguon.json")).unwrap()
}

#[test]
fn reads_verifies_and_writes_the_vectors() {
    let vectors = vectors();
    for vector in vectors["entries"].as_array().unwrap() {
        let text = vector["envelope"].to_string();
        let envelope = Envelope::parse(text.as_bytes()).unwrap();
        assert!(envelope.is_authentic());
        assert_eq!(Hash::of(&pae(envelope.payload())).to_string(), vector["pae_sha256"].as_str().unwrap());
        assert_eq!(STANDARD.encode(envelope.signature().as_bytes()), vector["signature"].as_str().unwrap());
        assert_eq!(Envelope::parse(envelope.to_json().as_bytes()).unwrap(), envelope);

        let seed: [u8; 32] = hex::decode(vector["seed"].as_str().unwrap()).unwrap().try_into().unwrap();
        let again = Envelope::sign(envelope.payload().to_vec(), &ed25519_dalek::SigningKey::from_bytes(&seed));
        assert_eq!(again, envelope);
        assert_eq!(Statement::parse(envelope.payload()).unwrap().signer(), envelope.key());

        // The entry of the vector is made again, byte for byte.
        let bytes = STANDARD.decode(vector["entry"].as_str().unwrap()).unwrap();
        let entry = Entry::parse(&bytes).unwrap();
        assert_eq!(entry.payload, envelope.payload());
        assert_eq!(entry.received_at.get(), vector["receivedAt"].as_i64().unwrap());
        assert_eq!(entry.to_bytes().unwrap(), bytes);
        assert_eq!(Hash::of_leaf(&bytes).to_string(), vector["leaf_hash"].as_str().unwrap());
        let mut lots: Vec<_> =
            vector["lots"].as_array().unwrap().iter().map(|lot| Hash::of(lot.as_str().unwrap().as_bytes())).collect();
        lots.sort();
        assert!(entry.links.iter().map(|link| *link.lot.hash()).eq(lots));
    }
}

#[test]
fn any_changed_bit_breaks_the_signature() {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let envelope = Envelope::sign(b"{}".to_vec(), &key);
    assert!(envelope.is_authentic());
    let mut other = envelope.clone();
    other.payload = b"[]".to_vec();
    assert!(!other.is_authentic());
    for bit in 0..SIGNATURE_BYTES * 8 {
        let mut bytes = *envelope.signature.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        other = Envelope::new(envelope.payload.clone(), envelope.key, Signature::from_bytes(bytes));
        assert!(!other.is_authentic(), "bit {bit}");
    }
}

#[test]
fn names_the_field_at_fault() {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let good = Envelope::sign(b"{}".to_vec(), &key).to_json();
    let fault = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        let refusal = Envelope::parse(text.as_bytes()).unwrap_err();
        assert_eq!(refusal.code, Code::MalformedEnvelope);
        refusal.field
    };
    assert_eq!(fault("application/vnd", "application/x"), "payloadType");
    assert_eq!(fault("\"payload\":\"e30=\"", "\"payload\":\"e30\""), "payload");
    assert_eq!(fault("\"keyid\"", "\"keyId\""), "keyId");
    assert_eq!(fault("\"sig\":\"", "\"sig\":\"AAAA"), "sig");
    assert_eq!(fault("{\"payloadType\"", "{\"x\":1,\"payloadType\""), "x");
    assert_eq!(fault("\"signatures\":[", "\"signatures\":[1,"), "signatures");
    let long = " ".repeat(ENVELOPE_BYTES_MAX + 1);
    assert_eq!(Envelope::parse(long.as_bytes()).unwrap_err().code, Code::TooLarge);
}
