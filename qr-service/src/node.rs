//! The node over its public HTTP interface (`docs/format.md` section 10), which is all that this crate knows of it.

use std::{sync::Arc, time::Duration};

use nguon_ledger::hash::Hash;
use serde_json::Value;

use crate::link::percent_encode;

/// Largest proof bundle read: some 15,000 entries of a kilobyte with their proofs.
pub(crate) const BUNDLE_BYTES_MAX: usize = 32 << 20;
/// Largest answer about the ledger or a record.
const RECORD_BYTES_MAX: usize = 256 << 10;
/// Largest photo or certificate passed on.
const BLOB_BYTES_MAX: usize = 8 << 20;
/// How long a node may take to accept a connection.
const CONNECT_WAIT: Duration = Duration::from_secs(3);
/// How long a node may take for a whole answer: a person is waiting.
const ANSWER_WAIT: Duration = Duration::from_secs(15);

/// Why the node gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// It does not know what was asked for.
    #[error("the node does not know it")]
    NotFound,
    /// It held it once and has erased it.
    #[error("the node has erased it")]
    Gone,
    /// No answer, or one cut short.
    #[error("the node does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// An answer with another status than 200, 404 and 410.
    #[error("the node answers {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// An answer larger than it can be.
    #[error("the node's answer has more than {max} bytes")]
    TooLarge {
        /// The limit, in bytes.
        max: usize,
    },
    /// An answer that is not what section 10 says.
    #[error("the node's answer is not as the format says")]
    Malformed,
}

/// What `GET /v1/ledger` tells, as far as the page needs it.
#[derive(Debug, Clone)]
pub(crate) struct LedgerInfo {
    /// Host and path that the ledger's identifiers begin with.
    pub(crate) origin: String,
    /// The log's public key as a signed-note verifier key.
    pub(crate) vkey: String,
    /// The quorum policy, empty when there is none.
    pub(crate) policy: String,
}

/// The serial numbers that a lot's packs carry, as `GET /v1/lots/...` tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committed {
    /// How many.
    pub(crate) count: u64,
    /// Root of the tree over them.
    pub(crate) root: Hash,
}

/// A client of one node. Cloning it shares the connections.
#[derive(Debug, Clone)]
pub(crate) struct NodeClient {
    http: reqwest::Client,
    base: Arc<str>,
}

impl NodeClient {
    /// A client for the node at `base` (scheme, host, port, perhaps a path; no trailing slash).
    pub(crate) fn new(base: &str) -> Result<Self, reqwest::Error> {
        // Fails only where another part of the process has set a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WAIT)
            .timeout(ANSWER_WAIT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("nguon-qr/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, base: base.trim_end_matches('/').into() })
    }

    /// The ledger's name, key and policy.
    pub(crate) async fn ledger(&self) -> Result<LedgerInfo, NodeError> {
        let body = self.get("/v1/ledger", RECORD_BYTES_MAX).await?;
        let value: Value = serde_json::from_slice(&body).map_err(|_| NodeError::Malformed)?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        Ok(LedgerInfo {
            origin: text("origin").ok_or(NodeError::Malformed)?,
            vkey: text("vkey").ok_or(NodeError::Malformed)?,
            policy: text("policy").unwrap_or_default(),
        })
    }

    /// The proof bundle of a lot, byte for byte.
    pub(crate) async fn bundle(&self, lot_uri: &str) -> Result<Vec<u8>, NodeError> {
        self.get(&format!("/v1/lots/{}/bundle", percent_encode(lot_uri)), BUNDLE_BYTES_MAX).await
    }

    /// What a lot's pack event committed to, if it did.
    pub(crate) async fn committed(&self, lot_uri: &str) -> Result<Option<Committed>, NodeError> {
        let body = self.get(&format!("/v1/lots/{}", percent_encode(lot_uri)), RECORD_BYTES_MAX).await?;
        let lot: Value = serde_json::from_slice(&body).map_err(|_| NodeError::Malformed)?;
        let Some(serials) = lot.get("serials").filter(|serials| !serials.is_null()) else { return Ok(None) };
        let count = serials.get("count").and_then(Value::as_u64);
        let root = serials.get("root").and_then(Value::as_str).and_then(Hash::from_hex);
        count.zip(root).map(|(count, root)| Some(Committed { count, root })).ok_or(NodeError::Malformed)
    }

    /// A blob whose bytes have the hash asked for.
    pub(crate) async fn blob(&self, sha256: &Hash) -> Result<Vec<u8>, NodeError> {
        let bytes = self.get(&format!("/v1/blobs/{sha256}"), BLOB_BYTES_MAX).await?;
        if Hash::of(&bytes) == *sha256 { Ok(bytes) } else { Err(NodeError::Malformed) }
    }

    async fn get(&self, path: &str, max: usize) -> Result<Vec<u8>, NodeError> {
        let request = self.http.get(format!("{}{path}", self.base));
        let mut response = request.send().await.map_err(NodeError::Unreachable)?;
        match response.status().as_u16() {
            200 => {}
            404 => return Err(NodeError::NotFound),
            410 => return Err(NodeError::Gone),
            status => return Err(NodeError::Status { status }),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(NodeError::Unreachable)? {
            if body.len().saturating_add(chunk.len()) > max {
                return Err(NodeError::TooLarge { max });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
