//! What an actor has and did, and the entry that a short code stands for.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, LotKey};
use nguon_ledger::state::LotRecord;
use nguon_ledger::time::UnixMillis;
use serde::Deserialize;

use super::ledger::parse_limit;
use super::lots::dispositions;
use super::problem::{ApiError, Problem};
use super::{blocking, ready, wire};
use crate::node::Inner;
use crate::query::{self, Brief, EntriesAsked, LotsAsked};

/// Which of an actor's lots.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct Lots {
    /// What the answer before this one said in `next`.
    after: Option<String>,
    /// At most so many, 1 to 1000; 100 by default.
    limit: Option<String>,
    /// `outgoing`: also lots that the actor sent and that have not arrived.
    with: Option<String>,
}

/// The lots that an actor holds or that are on their way to it, in no order that means anything. A page may be shorter than was asked for.
#[utoipa::path(
    get, path = "/v1/actors/{slug}/lots",
    params(("slug" = String, Path), Lots),
    responses(
        (status = 200, body = wire::ActorLots),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn lots(
    State(inner): State<Arc<Inner>>,
    Path(slug): Path<String>,
    Query(asked): Query<Lots>,
) -> Result<Json<wire::ActorLots>, ApiError> {
    let malformed = |field, detail: &str| ApiError::Malformed { field, detail: detail.to_owned() };
    let after = asked.after.as_deref().map(|text| Hash::from_hex(text).map(LotKey::from_hash));
    let after = after.map(|after| after.ok_or_else(|| malformed("after", "not what `next` said"))).transpose()?;
    let with_outgoing = match asked.with.as_deref() {
        None => false,
        Some("outgoing") => true,
        Some(_) => return Err(malformed("with", "not outgoing")),
    };
    let asked = LotsAsked { after, limit: parse_limit(asked.limit.as_deref())?, with_outgoing };
    blocking(move || {
        let (actor, (lots, next)) = query::actor_lots(ready(&inner)?.view(), &slug, asked)?;
        let items = lots.iter().map(|lot| actor_lot(&actor, lot)).collect();
        Ok(Json(wire::ActorLots { items, next: next.map(|lot| lot.hash().to_string()) }))
    })
    .await
}

fn actor_lot(actor: &ActorUri, lot: &LotRecord) -> wire::ActorLot {
    let unit = lot.dimension.base_code().unwrap_or_default().to_owned();
    let quantity =
        |amount: &nguon_ledger::amount::Amount| wire::Held { quantity: amount.to_string(), unit: unit.clone() };
    let balances = &lot.balances;
    let ways = |is_hers: fn(&nguon_ledger::state::Transit, &ActorUri) -> bool| {
        balances.transits.iter().filter(move |way| is_hers(way, actor))
    };
    wire::ActorLot {
        lot: lot.uri.to_string(),
        product: lot.product.to_string(),
        held: balances.holdings.get(actor).filter(|held| !held.is_zero()).map(quantity).into_iter().collect(),
        incoming: ways(|way, actor| way.to == *actor)
            .map(|way| wire::Incoming {
                quantity: way.amount.to_string(),
                unit: unit.clone(),
                from: way.from.to_string(),
                index: way.index.get(),
            })
            .collect(),
        outgoing: ways(|way, actor| way.from == *actor)
            .map(|way| wire::Outgoing {
                quantity: way.amount.to_string(),
                unit: unit.clone(),
                to: way.to.to_string(),
                index: way.index.get(),
            })
            .collect(),
        dispositions: dispositions(lot),
        seq: lot.seq,
        head: lot.head.to_string(),
        time: lot.created_at.to_rfc3339(),
        last_index: lot.last_effect.get(),
    }
}

/// Which of an actor's entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct Entries {
    /// Only entries after this index.
    after: Option<String>,
    /// At most so many, 1 to 1000; 100 by default.
    limit: Option<String>,
    /// Only entries received at this RFC 3339 time or later.
    from: Option<String>,
    /// Only entries received before this RFC 3339 time.
    to: Option<String>,
}

/// The entries that an actor's keys signed, or that speak of it as party or as the member they were typed for; oldest first.
#[utoipa::path(
    get, path = "/v1/actors/{slug}/entries",
    params(("slug" = String, Path), Entries),
    responses(
        (status = 200, body = wire::ActorEntries),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn entries(
    State(inner): State<Arc<Inner>>,
    Path(slug): Path<String>,
    Query(asked): Query<Entries>,
) -> Result<Json<wire::ActorEntries>, ApiError> {
    let malformed = |field, detail: &str| ApiError::Malformed { field, detail: detail.to_owned() };
    let time = |field, text: Option<&str>| {
        let parse = |text| UnixMillis::parse_rfc3339(text).ok_or_else(|| malformed(field, "not an RFC 3339 date-time"));
        text.map(parse).transpose()
    };
    let after = asked.after.as_deref().map(|text| text.parse().map_err(|_| malformed("after", "not an index")));
    let asked = EntriesAsked {
        after: after.transpose()?,
        limit: parse_limit(asked.limit.as_deref())?,
        from: time("from", asked.from.as_deref())?,
        to: time("to", asked.to.as_deref())?,
    };
    blocking(move || {
        let (briefs, next) = query::actor_entries(ready(&inner)?.view(), &slug, asked)?;
        let items = briefs.into_iter().map(wire_brief).collect();
        Ok(Json(wire::ActorEntries { items, next: next.map(nguon_ledger::tree::LeafIndex::get) }))
    })
    .await
}

fn wire_brief(brief: Brief) -> wire::Brief {
    wire::Brief {
        index: brief.index.get(),
        leaf_hash: brief.leaf_hash.to_string(),
        received_at: brief.received_at.get(),
        kind: brief.kind.as_str(),
        verb: brief.verb,
        signer: brief.signer.to_string(),
        time: brief.time.to_rfc3339(),
        lots: brief.lots.iter().map(ToString::to_string).collect(),
    }
}

/// The entry whose leaf hash begins with a code of eight letters, as it is typed at a weigh-in.
#[utoipa::path(
    get, path = "/v1/entries/by-code/{code}",
    params(("code" = String, Path, description = "The first 40 bits of the leaf hash in Crockford's base 32.")),
    responses(
        (status = 200, body = wire::Brief),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Several entries.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn by_code(
    State(inner): State<Arc<Inner>>,
    Path(code): Path<String>,
) -> Result<Json<wire::Brief>, ApiError> {
    let found = blocking(move || Ok(query::entry_by_code(ready(&inner)?.view(), &code)?));
    let mut found = found.await?;
    match (found.pop(), found.is_empty()) {
        (Some(brief), true) => Ok(Json(wire_brief(brief))),
        (Some(_), false) => Err(ApiError::AmbiguousCode),
        (None, _) => Err(ApiError::NotFound { what: "entry" }),
    }
}
