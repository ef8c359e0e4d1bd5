//! The node over its public HTTP interface (`docs/format.md` section 10), which is all that this crate knows of it.

use std::{sync::Arc, time::Duration};

use nguon_ledger::hash::Hash;
use serde_json::Value;

use crate::{link::percent_encode, serials::Commitment};

/// Largest proof bundle read: some 15,000 entries of a kilobyte with their proofs.
pub(crate) const BUNDLE_BYTES_MAX: usize = 32 << 20;
/// Largest answer about the ledger or a record.
const RECORD_BYTES_MAX: usize = 256 << 10;
/// Products in one answer, and the largest such answer: each is a statement's body of at most 61,440 bytes, most have a hundredth of it.
const PRODUCTS_A_PAGE: usize = 200;
const PRODUCTS_BYTES_MAX: usize = 13 << 20;
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
    /// It took longer than somebody waits who can be shown an earlier copy.
    #[error("the node is slow")]
    Slow,
    /// It did not answer a moment ago, and was not asked again.
    #[error("the node did not answer a moment ago")]
    Resting,
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

impl NodeError {
    /// Whether it says nothing about what was asked for.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Slow | Self::Resting | Self::Status { .. } => true,
            Self::NotFound | Self::Gone | Self::TooLarge { .. } | Self::Malformed => false,
        }
    }
}

/// What `GET /v1/ledger` tells, as far as the page needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LedgerInfo {
    /// Host and path that the ledger's identifiers begin with.
    pub(crate) origin: String,
    /// The log's public key as a signed-note verifier key.
    pub(crate) vkey: String,
    /// The quorum policy, empty when there is none.
    pub(crate) policy: String,
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

    /// The client itself, for other addresses.
    pub(crate) fn http(&self) -> reqwest::Client {
        self.http.clone()
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

    /// What a lot committed to of its packs' serials; `None` when it committed to nothing.
    pub(crate) async fn serials(&self, lot_uri: &str) -> Result<Option<Commitment>, NodeError> {
        let body = self.get(&format!("/v1/lots/{}", percent_encode(lot_uri)), RECORD_BYTES_MAX).await?;
        let value: Value = serde_json::from_slice(&body).map_err(|_| NodeError::Malformed)?;
        let Some(serials) = value.get("serials").filter(|serials| !serials.is_null()) else { return Ok(None) };
        let count = serials.get("count").and_then(Value::as_u64).ok_or(NodeError::Malformed)?;
        let root = serials.get("root").and_then(Value::as_str).and_then(Hash::from_hex).ok_or(NodeError::Malformed)?;
        Ok(Some(Commitment { count, root }))
    }

    /// A page of the products, as they are now, and from where on the next one begins.
    pub(crate) async fn products(&self, after: Option<&str>) -> Result<(Vec<Value>, Option<String>), NodeError> {
        let after = after.map(|slug| format!("&after={}", percent_encode(slug))).unwrap_or_default();
        let body = self.get(&format!("/v1/products?limit={PRODUCTS_A_PAGE}{after}"), PRODUCTS_BYTES_MAX).await?;
        let mut value: Value = serde_json::from_slice(&body).map_err(|_| NodeError::Malformed)?;
        let next = value.get("next").and_then(Value::as_str).map(ToOwned::to_owned);
        let items = value.get_mut("items").and_then(Value::as_array_mut).ok_or(NodeError::Malformed)?;
        Ok((std::mem::take(items), next))
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
