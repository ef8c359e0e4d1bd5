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

/// So much of a lot.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Held {
    /// An exact decimal.
    pub(super) quantity: String,
    /// The base unit; empty for pieces.
    pub(super) unit: String,
}

/// What is on its way to an actor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Incoming {
    pub(super) quantity: String,
    pub(super) unit: String,
    pub(super) from: String,
    /// The entry that sent it.
    pub(super) index: u64,
}

/// What an actor sent and nobody received yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Outgoing {
    pub(super) quantity: String,
    pub(super) unit: String,
    pub(super) to: String,
    /// The entry that sent it.
    pub(super) index: u64,
}

/// A lot as an actor has it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActorLot {
    pub(super) lot: String,
    pub(super) product: String,
    pub(super) held: Vec<Held>,
    pub(super) incoming: Vec<Incoming>,
    pub(super) outgoing: Vec<Outgoing>,
    #[schema(value_type = Vec<String>)]
    pub(super) dispositions: Vec<&'static str>,
    pub(super) seq: u32,
    pub(super) head: String,
    /// When it came into being, RFC 3339.
    pub(super) time: String,
    /// The entry that moved it last.
    pub(super) last_index: u64,
}

/// Some of an actor's lots.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActorLots {
    pub(super) items: Vec<ActorLot>,
    /// What to ask for next with `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// An entry in short.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Brief {
    pub(super) index: u64,
    pub(super) leaf_hash: String,
    /// Unix milliseconds.
    pub(super) received_at: i64,
    #[schema(value_type = String)]
    pub(super) kind: &'static str,
    /// Of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verb: Option<String>,
    pub(super) signer: String,
    /// When it happened, or was signed; RFC 3339.
    pub(super) time: String,
    pub(super) lots: Vec<String>,
}

/// Some of an actor's entries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActorEntries {
    pub(super) items: Vec<Brief>,
    /// What to ask for next with `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<u64>,
}

/// A new invitation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invited {
    /// The secret: 26 letters.
    pub(super) token: String,
    /// What it is called in the list.
    pub(super) id: String,
    pub(super) organisation: String,
    #[schema(value_type = Vec<String>)]
    pub(super) roles: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) expires_at: String,
}

/// An invitation as whoever has the token sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invitation {
    /// `open`, `claimed`, `approved`, `expired`, `revoked`, or `used`: its key was approved and later revoked.
    #[schema(value_type = String)]
    pub(super) state: &'static str,
    pub(super) organisation: String,
    #[schema(value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organisation_name: Option<Box<RawValue>>,
    /// The ledger's origin.
    pub(super) ledger: String,
    #[schema(value_type = Object)]
    pub(super) ledger_name: Box<RawValue>,
    #[schema(value_type = Vec<String>)]
    pub(super) roles: Vec<&'static str>,
    pub(super) expires_at: String,
}

/// That a key took an invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Claimed {
    #[schema(value_type = String)]
    pub(super) state: &'static str,
}

/// Who took an invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationClaim {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) at: String,
}

/// An invitation as its registrar sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationItem {
    pub(super) id: String,
    #[schema(value_type = String)]
    pub(super) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[schema(value_type = Vec<String>)]
    pub(super) roles: Vec<&'static str>,
    pub(super) created_at: String,
    pub(super) expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) claim: Option<InvitationClaim>,
}

/// An organisation's invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationList {
    pub(super) items: Vec<InvitationItem>,
}

/// What a shopper reported.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportItem {
    pub(super) id: String,
    /// RFC 3339.
    pub(super) at: String,
    /// URI of the lot.
    pub(super) lot: String,
    /// Of the pack whose page was open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serial: Option<String>,
    /// `goods`, `differs`, `copy` or `other`.
    pub(super) matter: String,
    pub(super) text: String,
    /// How the sender wants to be reached, or nothing.
    pub(super) contact: String,
}

/// What was reported about an organisation's lots.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportList {
    pub(super) items: Vec<ReportItem>,
}
