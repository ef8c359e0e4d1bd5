//! One exchange with a witness.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::note::NoteSignature;
use nguon_ledger::tree::{ConsistencyProof, TreeSize};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};

use super::Witness;
use crate::store::Head;

/// Longest answer that is read: a line has some 200 bytes, an ML-DSA-44 one 3.3 KiB.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// The media type of a body that holds the witness's size.
const SIZE_TYPE: &str = "text/x.tlog.size";

/// What a witness said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It cosigned: its lines, each verified.
    Cosigned(Vec<NoteSignature>),
    /// It has another size than it was told.
    Has(TreeSize),
    /// It holds another history than the one it was shown.
    Fork(String),
    /// Nothing of use.
    Failed(Failed),
}

/// Why an exchange was of no use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// One word for the metrics.
    pub(super) reason: &'static str,
    pub(super) detail: String,
    /// When the witness wants to be asked again, if it said so.
    pub(super) retry_after: Option<Duration>,
}

impl Failed {
    pub(super) fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), retry_after: None }
    }
}

/// Asks a witness to cosign a checkpoint, given its size and the proof from there.
pub(super) async fn ask(
    client: &Client,
    witness: &Witness,
    head: &Head,
    old: TreeSize,
    proof: &ConsistencyProof,
) -> Said {
    let hashes: String = proof.hashes().iter().map(|hash| BASE64_STANDARD.encode(hash.as_bytes()) + "\n").collect();
    // The log's own line alone: what other witnesses said is none of this one's business.
    let body = format!("old {old}\n{hashes}\n{}", head.note);
    match client.post(witness.url.clone()).body(body).send().await {
        Err(error) => Said::Failed(Failed::new("connection", sources(&error))),
        Ok(response) => read(response, witness, head, old).await,
    }
}

async fn read(response: Response, witness: &Witness, head: &Head, old: TreeSize) -> Said {
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let is_size = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with(SIZE_TYPE));
    let retry_after = header(RETRY_AFTER).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let body = match body(response).await {
        Ok(body) => body,
        Err(failed) => return Said::Failed(failed),
    };
    let text = String::from_utf8_lossy(&body);
    let said = text.lines().next().unwrap_or_default();
    match status {
        StatusCode::OK => cosignatures(&text, witness, head),
        StatusCode::CONFLICT => {
            let size = text.strip_suffix('\n').and_then(|size| size.parse().ok()).filter(|_| is_size);
            match size {
                Some(size) if size != old => Said::Has(size),
                // Versions of the protocol before 1.1 say so when the size is the same and the root is not.
                _ => Said::Fork(format!("409 to a checkpoint of {} entries: {said}", head.size())),
            }
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            Said::Fork(format!("422 to a checkpoint of {} entries after {old}: {said}", head.size()))
        }
        _ => {
            let reason = match status {
                StatusCode::TOO_MANY_REQUESTS => "pushback",
                StatusCode::NOT_FOUND => "unknown_log",
                StatusCode::FORBIDDEN => "unknown_key",
                _ if status.is_server_error() => "server",
                _ => "refused",
            };
            Said::Failed(Failed { retry_after, ..Failed::new(reason, format!("{status}: {said}")) })
        }
    }
}

/// The witness's lines that verify over the checkpoint. Others are left out, whatever they are.
fn cosignatures(text: &str, witness: &Witness, head: &Head) -> Said {
    let lines = text.lines().filter_map(|line| NoteSignature::parse(line).ok());
    let verifies = |line: &NoteSignature| {
        let mut note = head.checkpoint.note().clone();
        note.add_signature(line.clone()).is_ok() && note.verify(&[&witness.key]).is_ok()
    };
    let lines: Vec<_> = lines.filter(verifies).collect();
    if lines.is_empty() {
        let detail = "200 without a cosignature by the policy's key of this witness";
        return Said::Failed(Failed::new("bad_cosignature", detail));
    }
    Said::Cosigned(lines)
}

async fn body(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(Failed::new("connection", sources(&error))),
        }
        if body.len() > ANSWER_BYTES_MAX {
            return Err(Failed::new("refused", "the answer is longer than any cosignature"));
        }
    }
}

/// An error and what caused it, in one line.
fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
