//! DSSE envelopes: how a statement travels (`docs/format.md`, section 5; DSSE v1).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{Json, Object};
use crate::key::{PublicKey, SIGNATURE_BYTES, Signature, Signed};
use crate::limits::ENVELOPE_BYTES_MAX;
use crate::refusal::{Code, Refusal};
use crate::statement::PAYLOAD_TYPE;

#[cfg(test)]
mod tests;

/// The bytes that are signed: DSSE's pre-authentication encoding of payload type and payload.
#[must_use]
pub fn pae(payload: &[u8]) -> Vec<u8> {
    let mut bytes = pae_prefix(payload);
    bytes.extend_from_slice(payload);
    bytes
}

/// What stands before the payload in the bytes that are signed.
#[must_use]
pub fn pae_prefix(payload: &[u8]) -> Vec<u8> {
    format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes()
}

/// An envelope whose form is right; its signature was not looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload: Vec<u8>,
    key: PublicKey,
    signature: Signature,
}

impl Envelope {
    /// Puts a payload and its signature together.
    #[must_use]
    pub const fn new(payload: Vec<u8>, key: PublicKey, signature: Signature) -> Self {
        Self { payload, key, signature }
    }

    /// Signs a payload.
    #[must_use]
    pub fn sign(payload: Vec<u8>, key: &ed25519_dalek::SigningKey) -> Self {
        use ed25519_dalek::Signer as _;
        let signature = Signature::from_bytes(key.sign(&pae(&payload)).to_bytes());
        Self { payload, key: PublicKey::from_bytes(key.verifying_key().to_bytes()), signature }
    }

    /// Reads the JSON of an envelope.
    ///
    /// # Errors
    /// [`Code::TooLarge`] or [`Code::MalformedEnvelope`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            let detail = format!("{} bytes, at most {ENVELOPE_BYTES_MAX}", bytes.len());
            return Err(Refusal::new(Code::TooLarge, "envelope", detail));
        }
        let json = Json::parse(bytes).map_err(|e| malformed("envelope", format!("{e}")))?;
        let object = json.as_object().ok_or_else(|| malformed("envelope", "not an object"))?;
        only(object, &["payloadType", "payload", "signatures"])?;
        if text(object, "payloadType")? != PAYLOAD_TYPE {
            return Err(malformed("payloadType", format!("not {PAYLOAD_TYPE}")));
        }
        let payload =
            STANDARD.decode(text(object, "payload")?).map_err(|_| malformed("payload", "not padded base64"))?;
        let Some([signature]) = object.get("signatures").and_then(Json::as_array) else {
            return Err(malformed("signatures", "not exactly one signature"));
        };
        let signature = signature.as_object().ok_or_else(|| malformed("signatures[0]", "not an object"))?;
        only(signature, &["keyid", "sig"])?;
        let key = PublicKey::from_hex(text(signature, "keyid")?)
            .ok_or_else(|| malformed("keyid", "not 64 lower-case hex digits"))?;
        let signature = STANDARD
            .decode(text(signature, "sig")?)
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes))
            .ok_or_else(|| malformed("sig", format!("not the base64 of {SIGNATURE_BYTES} bytes")))?;
        Ok(Self { payload, key, signature })
    }

    /// The payload, exactly as signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The key that is said to have signed.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    /// The signature.
    #[must_use]
    pub const fn signature(&self) -> Signature {
        self.signature
    }

    /// Takes it apart: payload, key, signature.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, PublicKey, Signature) {
        (self.payload, self.key, self.signature)
    }

    /// Whether the signature is the key's over the payload.
    #[must_use]
    pub fn is_authentic(&self) -> bool {
        self.key.verifies(&pae(&self.payload), &self.signature)
    }

    /// What its signature is over, to be verified together with others.
    #[must_use]
    pub fn signed(&self) -> Signed<'_> {
        let prefix = pae_prefix(&self.payload);
        Signed { key: self.key, prefix, payload: &self.payload, signature: self.signature }
    }

    /// The JSON of the envelope.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!(
            r#"{{"payloadType":"{PAYLOAD_TYPE}","payload":"{}","signatures":[{{"keyid":"{}","sig":"{}"}}]}}"#,
            STANDARD.encode(&self.payload),
            self.key,
            STANDARD.encode(self.signature.as_bytes())
        )
    }
}

fn malformed(field: &str, detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::MalformedEnvelope, field, detail)
}

fn only(object: &Object<'_>, known: &[&str]) -> Result<(), Refusal> {
    object.unknown_key(known).map_or(Ok(()), |key| Err(malformed(key, "no such field in an envelope")))
}

fn text<'o>(object: &'o Object<'_>, key: &str) -> Result<&'o str, Refusal> {
    object.get(key).and_then(Json::as_str).ok_or_else(|| malformed(key, "missing or not a string"))
}
