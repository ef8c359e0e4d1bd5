//! The JSON of answers (`docs/format.md`, section 10).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::hash::Hash;
use nguon_ledger::refusal::Flag;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Hashes of a proof in base64.
pub(super) fn proof(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| BASE64_STANDARD.encode(hash.as_bytes())).collect()
}

/// Flags as they travel.
pub(super) fn flags(flags: &[Flag]) -> Vec<&'static str> {
    flags.iter().map(|flag| flag.as_str()).collect()
}

/// That a statement is in the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt {
    pub(super) index: u64,
    /// SHA-256, hexadecimal.
    pub(super) leaf_hash: String,
    /// Unix milliseconds.
    pub(super) received_at: i64,
    /// A signed note that covers the entry.
    pub(super) checkpoint: String,
    /// Hashes in base64, the leaf's sibling first.
    pub(super) proof: Vec<String>,
    #[schema(value_type = Vec<String>)]
    pub(super) flags: Vec<&'static str>,
}

/// The ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ledger {
    pub(super) origin: String,
    pub(super) base: String,
    #[schema(value_type = Object)]
    pub(super) name: Box<RawValue>,
    pub(super) vkey: String,
    /// C2SP tlog-policy.
    pub(super) policy: String,
    pub(super) tree_size: u64,
    pub(super) rules_version: u64,
    pub(super) operator: String,
}

/// A key that signs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signer {
    pub(super) signer: String,
    pub(super) actor: String,
    /// What the next statement must carry.
    pub(super) seq: u64,
    /// What the next statement must carry.
    pub(super) prev: String,
    pub(super) revoked: bool,
    /// The entry that revoked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revoked_at: Option<u64>,
}

/// What a party holds of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Balance {
    pub(super) holder: String,
    /// An exact decimal.
    pub(super) quantity: String,
}

/// What is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InTransit {
    pub(super) from: String,
    pub(super) to: String,
    /// An exact decimal.
    pub(super) quantity: String,
}

/// The commitment to a lot's packs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Serials {
    pub(super) count: u64,
    pub(super) root: String,
}

/// A lot. Quantities are exact decimals in the base unit of its dimension.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lot {
    pub(super) lot: String,
    pub(super) product: String,
    pub(super) created_by: String,
    pub(super) created_index: u64,
    /// RFC 3339.
    pub(super) created_at: String,
    /// The base unit; null for pieces.
    pub(super) uom: Option<String>,
    pub(super) quantity: String,
    pub(super) balances: Vec<Balance>,
    pub(super) in_transit: Vec<InTransit>,
    pub(super) sold: String,
    pub(super) lost: String,
    #[schema(value_type = Vec<String>)]
    pub(super) dispositions: Vec<&'static str>,
    /// The entries of the recalls that reach it.
    pub(super) recalled_by: Vec<u64>,
    pub(super) seq: u32,
    pub(super) head: String,
    pub(super) parents: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serials: Option<Serials>,
    pub(super) voided: bool,
}

/// A lot on a trace.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TraceNode {
    pub(super) lot: String,
    pub(super) product: String,
    pub(super) depth: u32,
    pub(super) recalled: bool,
}

/// A step on a trace: `to` was made from `from` by an entry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TraceEdge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) index: u64,
}

/// What a lot was made from, or what was made from it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Trace {
    pub(super) lot: String,
    #[schema(value_type = String)]
    pub(super) direction: &'static str,
    pub(super) nodes: Vec<TraceNode>,
    pub(super) edges: Vec<TraceEdge>,
}

/// An entry with its proof.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BundleEntry {
    pub(super) index: u64,
    /// Base64.
    pub(super) entry: String,
    /// Hashes in base64, the leaf's sibling first.
    pub(super) proof: Vec<String>,
}

/// A proof bundle (`docs/format.md`, section 8).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bundle {
    pub(super) v: u32,
    pub(super) lot: String,
    pub(super) vkey: String,
    pub(super) checkpoint: String,
    pub(super) entries: Vec<BundleEntry>,
}

/// An entry's link into the chain of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Link {
    /// The lot's key.
    pub(super) lot: String,
    pub(super) seq: u32,
    pub(super) previous: String,
}

/// An entry taken apart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) index: u64,
    pub(super) leaf_hash: String,
    /// Unix milliseconds.
    pub(super) received_at: i64,
    pub(super) links: Vec<Link>,
    pub(super) signer: String,
    /// Base64.
    pub(super) signature: String,
    #[schema(value_type = Object)]
    pub(super) statement: Box<RawValue>,
    #[schema(value_type = Vec<String>)]
    pub(super) flags: Vec<&'static str>,
}

/// A key of an actor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActorKey {
    pub(super) key: String,
    pub(super) revoked: bool,
}

/// The current body of an actor, a product or a place, as it was signed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Record {
    /// The entry that set it.
    pub(super) index: u64,
    /// An actor's keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keys: Option<Vec<ActorKey>>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(super) body: BTreeMap<String, Box<RawValue>>,
}

/// Some of the actors, products or places, in the order of their slugs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordList {
    pub(super) items: Vec<Record>,
    /// What to ask for next with `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// Whether statements are taken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Readiness {
    pub(super) ready: bool,
    /// Why not: `index` (being made, or broken), `storage` (the disk refused), `possible_fork` (a witness holds another history; statements
    /// are still taken).
    #[schema(value_type = Vec<String>)]
    pub(super) reasons: Vec<&'static str>,
    /// What each such witness said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) alarms: Vec<String>,
    /// While the index is being made: entries applied so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) applied: Option<u64>,
    pub(super) tree_size: u64,
}
