//! The ledger, its signers, and the records of actors, products and places.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use nguon_ledger::key::PublicKey;
use nguon_ledger::state::{Key, Record};
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::{ApiError, Problem};
use super::{blocking, ready, wire};
use crate::node::Inner;
use crate::query::{self, QueryError, RecordKind};

/// The only version of the rules.
const RULES_VERSION: u64 = 1;
/// Records of one answer, when nothing else is asked for.
const LIMIT: usize = 100;
/// Most records of one answer.
const LIMIT_MAX: usize = 1_000;

/// The ledger: its name, its key, how to judge its checkpoints.
#[utoipa::path(get, path = "/v1/ledger", responses((status = 200, body = wire::Ledger)))]
pub(super) async fn ledger(State(inner): State<Arc<Inner>>) -> Json<wire::Ledger> {
    let by_default = || format!("log {}\nquorum none\n", inner.vkey);
    Json(wire::Ledger {
        origin: inner.origin.to_string(),
        base: inner.origin.base(),
        name: inner.charter.name.clone(),
        vkey: inner.vkey.clone(),
        policy: inner.config.policy.clone().unwrap_or_else(by_default),
        tree_size: inner.head().size().get(),
        rules_version: RULES_VERSION,
        operator: inner.charter.operator.clone(),
    })
}

/// A signer: whose key it is, and what its next statement must carry.
#[utoipa::path(
    get, path = "/v1/signers/{key}",
    params(("key" = String, Path, description = "An Ed25519 public key, 64 hex digits.")),
    responses(
        (status = 200, body = wire::Signer),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn signer(
    State(inner): State<Arc<Inner>>,
    Path(key): Path<String>,
) -> Result<Json<wire::Signer>, ApiError> {
    let not_found = || ApiError::NotFound { what: "signer" };
    let key = PublicKey::from_hex(&key).ok_or_else(not_found)?;
    blocking(move || {
        let record = ready(&inner)?.view().reader.record(&Key::Signer(key)).map_err(QueryError::Index)?;
        let Some(Record::Signer(signer)) = record else { return Err(not_found()) };
        Ok(Json(wire::Signer {
            signer: key.to_string(),
            actor: signer.actor.to_string(),
            seq: signer.position.seq,
            prev: signer.position.prev.to_string(),
            revoked: signer.revoked.is_some(),
            revoked_at: signer.revoked.map(nguon_ledger::tree::LeafIndex::get),
        }))
    })
    .await
}

/// Where a list begins and how long it may be.
#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct Page {
    /// Only slugs after this one.
    after: Option<String>,
    /// At most so many, 1 to 1000; 100 by default.
    limit: Option<String>,
}

impl Page {
    fn limit(&self) -> Result<usize, ApiError> {
        parse_limit(self.limit.as_deref())
    }
}

/// How many records of one answer are asked for.
pub(super) fn parse_limit(text: Option<&str>) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| ApiError::Malformed { field: "limit", detail: format!("not 1 to {LIMIT_MAX}") })
}

fn wire_record(shown: query::Shown) -> wire::Record {
    let mut body = shown.body;
    if shown.keys.is_some() {
        // The keys that a statement added are told with all the others.
        body.remove("keys");
    }
    let key = |(key, revoked): (PublicKey, bool)| wire::ActorKey { key: key.to_string(), revoked };
    wire::Record { index: shown.index.get(), keys: shown.keys.map(|keys| keys.into_iter().map(key).collect()), body }
}

async fn list(inner: Arc<Inner>, kind: RecordKind, page: Page) -> Result<Json<wire::RecordList>, ApiError> {
    let limit = page.limit()?;
    blocking(move || {
        let (items, next) = query::record_list(ready(&inner)?.view(), kind, page.after.as_deref(), limit)?;
        Ok(Json(wire::RecordList { items: items.into_iter().map(wire_record).collect(), next }))
    })
    .await
}

async fn one(inner: Arc<Inner>, kind: RecordKind, slug: String) -> Result<Json<wire::Record>, ApiError> {
    blocking(move || Ok(Json(wire_record(query::record(ready(&inner)?.view(), kind, &slug)?)))).await
}

/// Defines the two routes of one kind of record.
macro_rules! record_routes {
    ($kind:ident, $list:ident, $list_path:literal, $one:ident, $one_path:literal) => {
        /// Current records, in the order of their slugs.
        #[utoipa::path(
                                    get, path = $list_path, params(Page),
                                    responses(
                                        (status = 200, body = wire::RecordList),
                                        (status = 400, body = Problem, content_type = "application/problem+json"),
                                    )
                                )]
        pub(super) async fn $list(
            State(inner): State<Arc<Inner>>,
            Query(page): Query<Page>,
        ) -> Result<Json<wire::RecordList>, ApiError> {
            list(inner, RecordKind::$kind, page).await
        }

        /// A current record.
        #[utoipa::path(
                                    get, path = $one_path, params(("slug" = String, Path)),
                                    responses(
                                        (status = 200, body = wire::Record),
                                        (status = 404, body = Problem, content_type = "application/problem+json"),
                                    )
                                )]
        pub(super) async fn $one(
            State(inner): State<Arc<Inner>>,
            Path(slug): Path<String>,
        ) -> Result<Json<wire::Record>, ApiError> {
            one(inner, RecordKind::$kind, slug).await
        }
    };
}

record_routes!(Actor, actors, "/v1/actors", actor, "/v1/actors/{slug}");
record_routes!(Product, products, "/v1/products", product, "/v1/products/{slug}");
record_routes!(Place, places, "/v1/places", place, "/v1/places/{slug}");
