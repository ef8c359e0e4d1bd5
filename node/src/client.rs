//! What a signer's program does: ask the node where its chain stands, build a statement, sign it, submit it, and check the
//! receipt instead of believing it: the log signed the checkpoint, an entry is in its tree, and that entry is the statement.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::entry::Entry;
use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::refusal::Position;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::{InclusionProof, LeafIndex, TreeSize, verify_inclusion};
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};

use crate::keys::public;

pub mod amount;
pub mod draft;
mod read_back;
#[cfg(test)]
mod tests;

use read_back::ReadBack;

/// Longest wait for one answer; a stream of many statements has none.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// How often a statement is sent to a node that is busy or whose answer gets lost.
const ATTEMPTS_MAX: u32 = 5;
/// Wait before the next attempt when the node does not say.
const RETRY_WAIT: Duration = Duration::from_secs(1);
/// Longest wait before the next attempt, whatever the node asks for.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(10);
/// Vietnam's offset from UTC, as times write it.
const OFFSET: &str = "+07:00";
/// The same in milliseconds.
const OFFSET_MILLIS: i64 = 7 * 3_600_000;

/// Why the node could not be asked, or what it answered that it should not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No answer.
    #[error("no answer from {url}: {source}; is the node running?")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The node refused.
    #[error("{problem}")]
    Problem {
        /// What it said.
        problem: Problem,
    },
    /// The answer is not what the format says.
    #[error("{url} answered something else than expected: {what}")]
    Unexpected {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        what: String,
    },
    /// The receipt does not hold: the node promised what its own log does not show.
    #[error("the receipt does not hold ({what}); keep it, it is evidence: {receipt}")]
    FalseReceipt {
        /// Which check failed.
        what: String,
        /// The receipt.
        receipt: String,
    },
}

/// What a node says when it refuses (RFC 9457).
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Problem {
    /// HTTP status.
    #[serde(default)]
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// The field at fault.
    #[serde(default)]
    pub field: Option<String>,
    /// What was found.
    #[serde(default)]
    pub detail: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused: {}", self.code)?;
        if let Some(field) = &self.field {
            write!(f, " at {field}")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

/// A receipt that was checked: the entry is the statement, and is in the tree of a checkpoint that the log signed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// Where the entry stands.
    pub index: u64,
    /// Its leaf hash.
    pub leaf_hash: String,
    /// When the node received it.
    pub received_at: UnixMillis,
    /// Size of the tree that it was proved to be in.
    pub tree_size: TreeSize,
    /// What is odd about it.
    pub flags: Vec<String>,
    /// The receipt as the node sent it.
    pub json: Value,
}

/// What the node says about its ledger.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LedgerInfo {
    /// The ledger's origin.
    pub origin: String,
    /// The log's key.
    pub vkey: VerifierKey,
    /// Where pages are served.
    pub base: String,
}

/// A node, as its clients see it.
#[derive(Clone, Debug)]
pub struct NodeClient {
    http: Client,
    url: String,
    ledger: LedgerInfo,
}

impl NodeClient {
    /// Asks a node who it is.
    ///
    /// # Errors
    /// It does not answer, or not as a node does.
    pub fn connect(url: &str) -> Result<Self, ClientError> {
        // One provider per process; a second installation changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = url.trim_end_matches('/').to_owned();
        let http = Client::builder().timeout(ANSWER_TIME_MAX).build();
        let http = http.map_err(|source| ClientError::Unreachable { url: url.clone(), source })?;
        let asked = format!("{url}/v1/ledger");
        let value: Value = read_json(&asked, send(&asked, http.get(&asked))?)?;
        let text = |key: &str| value[key].as_str().map(str::to_owned).ok_or_else(|| unexpected(&asked, key));
        let vkey = text("vkey")?.parse().map_err(|_| unexpected(&asked, "vkey"))?;
        let ledger = LedgerInfo { origin: text("origin")?, base: text("base")?, vkey };
        Ok(Self { http, url, ledger })
    }

    /// The node's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its ledger.
    #[must_use]
    pub const fn ledger(&self) -> &LedgerInfo {
        &self.ledger
    }

    /// `GET` of a path that answers JSON.
    ///
    /// # Errors
    /// No answer, a refusal, or no JSON.
    pub fn get(&self, path: &str) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.url);
        let request = self.http.get(&url).header("accept", "application/json");
        read_json(&url, send(&url, request)?)
    }

    /// The bytes of an entry's statement.
    ///
    /// # Errors
    /// No such entry, or no answer.
    pub fn payload(&self, index: u64) -> Result<Vec<u8>, ClientError> {
        let path = format!("/v1/entries/{index}");
        let bytes = self.bytes(&path)?;
        let entry = Entry::parse(&bytes).map_err(|e| unexpected(&path, &e.to_string()))?;
        Ok(entry.payload.to_vec())
    }

    /// `GET` of a path that answers bytes.
    fn bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        let url = format!("{}{path}", self.url);
        let bytes = send(&url, self.http.get(&url))?.bytes().map_err(|e| unexpected(&url, &e.to_string()))?;
        Ok(bytes.to_vec())
    }

    /// What a key's next statement must carry.
    ///
    /// # Errors
    /// The key is registered to nobody, or no answer.
    pub fn position(&self, key: &SigningKey) -> Result<Position, ClientError> {
        let path = format!("/v1/signers/{}", public(key));
        let value = self.get(&path)?;
        let prev = value["prev"].as_str().and_then(Hash::from_hex).ok_or_else(|| unexpected(&path, "prev"))?;
        let seq = value["seq"].as_u64().ok_or_else(|| unexpected(&path, "seq"))?;
        Ok(Position { seq, prev })
    }

    /// Signs a body as the key's next statement, submits it and checks the receipt. If somebody else used the key in between, the
    /// position is asked anew, once.
    ///
    /// # Errors
    /// The node refuses, does not answer, or gives a false receipt.
    pub fn say(&self, key: &SigningKey, kind: &str, body: &Value) -> Result<Receipt, ClientError> {
        let envelope = sign(&self.ledger.origin, key, self.position(key)?, kind, body);
        match self.submit(&envelope) {
            Err(ClientError::Problem { problem }) if problem.code == "wrong_sequence" => {
                self.submit(&sign(&self.ledger.origin, key, self.position(key)?, kind, body))
            }
            other => other,
        }
    }

    /// Submits an envelope and checks the receipt. A node that is busy is asked again after as long as it says; so is one whose answer got
    /// lost, for the same envelope is never recorded twice.
    ///
    /// # Errors
    /// As [`NodeClient::say`].
    pub fn submit(&self, envelope: &Envelope) -> Result<Receipt, ClientError> {
        let url = format!("{}/v1/statements", self.url);
        let body = envelope.to_json();
        for attempt in 1.. {
            let request = self.http.post(&url).header(CONTENT_TYPE, "application/json").body(body.clone());
            let wait = match request.send() {
                Ok(answer) if answer.status().as_u16() == 503 && attempt < ATTEMPTS_MAX => retry_after(&answer),
                Ok(answer) => {
                    let receipt = self.check(&read_json(&url, refuse_problem(answer)?)?)?;
                    return ReadBack::new(self).confirm(receipt, envelope);
                }
                Err(source) if source.is_connect() || attempt >= ATTEMPTS_MAX => {
                    return Err(ClientError::Unreachable { url, source });
                }
                Err(_) => RETRY_WAIT,
            };
            std::thread::sleep(wait);
        }
        Err(unexpected(&url, "no answer"))
    }

    /// Submits many envelopes, the JSON of one a line, and hands each answer to `told` in order.
    ///
    /// # Errors
    /// No answer, or the stream broke off; what was told before stands.
    pub fn submit_lines(
        &self,
        lines: &[String],
        mut told: impl FnMut(Result<Receipt, ClientError>),
    ) -> Result<(), ClientError> {
        let url = format!("{}/v1/statements", self.url);
        let unreachable = |source| ClientError::Unreachable { url: url.clone(), source };
        let request = self.http.post(&url).header(CONTENT_TYPE, "application/x-ndjson").timeout(Duration::MAX);
        let answer = refuse_problem(request.body(lines.join("\n")).send().map_err(unreachable)?)?;
        let mut read_back = ReadBack::of_many(self);
        let mut lines = lines.iter();
        for answer in BufReader::new(answer).lines() {
            let answer = answer.map_err(|e| unexpected(&url, &e.to_string()))?;
            let value: Value = serde_json::from_str(&answer).map_err(|e| unexpected(&url, &e.to_string()))?;
            let line = lines.next().ok_or_else(|| unexpected(&url, "more answers than lines"))?;
            told(match serde_json::from_value::<Problem>(value.clone()) {
                Ok(problem) => Err(ClientError::Problem { problem }),
                Err(_) => self.check(&value).and_then(|receipt| read_back.confirm_line(receipt, line)),
            });
        }
        Ok(())
    }

    /// Uploads a blob, signed by a registered key.
    ///
    /// # Errors
    /// The node refuses or does not answer.
    pub fn put_blob(&self, key: &SigningKey, bytes: Vec<u8>) -> Result<Hash, ClientError> {
        use ed25519_dalek::Signer as _;
        let hash = Hash::of(&bytes);
        let url = format!("{}/v1/blobs/{hash}", self.url);
        let signed = format!("nguon-blob v1\n{}\n{hash}\n", self.ledger.origin);
        let signature = STANDARD.encode(key.sign(signed.as_bytes()).to_bytes());
        let request = self.http.put(&url).header("nguon-signer", public(key).to_string());
        let request = request.header("nguon-signature", signature).header(CONTENT_TYPE, "application/octet-stream");
        send(&url, request.body(bytes)).map(|_| hash)
    }

    /// Posts JSON as a request that the key signs by itself.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn post_signed(&self, key: &SigningKey, path: &str, body: &Value) -> Result<Value, ClientError> {
        use ed25519_dalek::Signer as _;
        let (url, body) = (format!("{}{path}", self.url), body.to_string());
        let (time, hash) = (crate::config::system_time(), Hash::of(body.as_bytes()));
        let signed = format!("nguon-request v1\n{}\nPOST\n{path}\n{hash}\n{time}\n", self.ledger.origin);
        let signature = STANDARD.encode(key.sign(signed.as_bytes()).to_bytes());
        let request = self.http.post(&url).header("nguon-signer", public(key).to_string());
        let request = request.header("nguon-signature", signature).header("nguon-time", time.to_string());
        read_json(&url, send(&url, request.header(CONTENT_TYPE, "application/json").body(body))?)
    }

    /// Checks a receipt as far as it goes: the checkpoint is signed by the log, and the leaf is in its tree.
    fn check(&self, json: &Value) -> Result<Receipt, ClientError> {
        let fault = |what: String| ClientError::FalseReceipt { what, receipt: json.to_string() };
        let missing = |key: &str| fault(format!("no {key}"));
        let index = json["index"].as_u64().ok_or_else(|| missing("index"))?;
        let leaf_hash = json["leafHash"].as_str().and_then(Hash::from_hex).ok_or_else(|| missing("leafHash"))?;
        let received_at = json["receivedAt"].as_i64().map(UnixMillis::new).ok_or_else(|| missing("receivedAt"))?;
        let note = json["checkpoint"].as_str().ok_or_else(|| missing("checkpoint"))?;
        let hash = |value: &Value| Hash::from_slice(&STANDARD.decode(value.as_str()?).ok()?);
        let proof: Option<Vec<Hash>> = json["proof"].as_array().and_then(|list| list.iter().map(hash).collect());
        let proof = InclusionProof::new(proof.ok_or_else(|| missing("proof"))?).map_err(|e| fault(e.to_string()))?;
        let signed = SignedCheckpoint::open(note.as_bytes(), &self.ledger.vkey).map_err(|e| fault(e.to_string()))?;
        let checkpoint = signed.checkpoint();
        verify_inclusion(LeafIndex::new(index), checkpoint.size(), &leaf_hash, &proof, &checkpoint.root())
            .map_err(|e| fault(e.to_string()))?;
        let flags = json["flags"]
            .as_array()
            .map(|list| list.iter().filter_map(|flag| flag.as_str().map(str::to_owned)).collect());
        let (leaf_hash, tree_size) = (leaf_hash.to_string(), checkpoint.size());
        Ok(Receipt { index, leaf_hash, received_at, tree_size, flags: flags.unwrap_or_default(), json: json.clone() })
    }
}

/// Signs a body as a statement at a place of the key's chain, now.
#[must_use]
pub fn sign(origin: &str, key: &SigningKey, position: Position, kind: &str, body: &Value) -> Envelope {
    sign_at(origin, key, position, kind, body, &local_time(crate::config::system_time()))
}

/// The same, signed at a time such as `2026-11-23T08:15:00.000+07:00`.
#[must_use]
pub fn sign_at(
    origin: &str,
    key: &SigningKey,
    position: Position,
    kind: &str,
    body: &Value,
    signed_at: &str,
) -> Envelope {
    let statement = json!({
        "v": 1,
        "ledger": origin,
        "signer": public(key).to_string(),
        "seq": position.seq,
        "prev": position.prev.to_string(),
        "signedAt": signed_at,
        "kind": kind,
        "body": body,
    });
    Envelope::sign(statement.to_string().into_bytes(), key)
}

/// An instant as people in Vietnam write it, `2026-11-23T08:15:00.000+07:00`.
#[must_use]
pub fn local_time(at: UnixMillis) -> String {
    UnixMillis::new(at.get().saturating_add(OFFSET_MILLIS)).to_rfc3339().replace('Z', OFFSET)
}

/// A time as people type it, as statements write it: `2026-11-23T08:15`, with a space for the `T` and with seconds if they like, is in Vietnam
/// unless an offset follows the seconds. A day alone is no time.
#[must_use]
pub fn typed_time(text: &str) -> Option<String> {
    let text = text.trim().replacen(' ', "T", 1);
    let spellings = [text.clone(), format!("{text}{OFFSET}"), format!("{text}:00{OFFSET}")];
    spellings.into_iter().find(|text| UnixMillis::parse_rfc3339(text).is_some())
}

fn send(url: &str, request: reqwest::blocking::RequestBuilder) -> Result<Response, ClientError> {
    let answer = request.send().map_err(|source| ClientError::Unreachable { url: url.to_owned(), source })?;
    refuse_problem(answer)
}

fn refuse_problem(answer: Response) -> Result<Response, ClientError> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (url, status) = (answer.url().to_string(), answer.status());
    match answer.json::<Problem>() {
        Ok(problem) => Err(ClientError::Problem { problem }),
        Err(_) => Err(unexpected(&url, status.as_str())),
    }
}

fn read_json(url: &str, answer: Response) -> Result<Value, ClientError> {
    answer.json().map_err(|e| unexpected(url, &e.to_string()))
}

fn retry_after(answer: &Response) -> Duration {
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(RETRY_WAIT, Duration::from_secs).min(RETRY_WAIT_MAX)
}

fn unexpected(url: &str, what: &str) -> ClientError {
    ClientError::Unexpected { url: url.to_owned(), what: what.to_owned() }
}
