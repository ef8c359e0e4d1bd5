//! Requests that only some may make, each signed by itself (`docs/format.md`, section 10.1): there are no passwords and no sessions.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nguon_ledger::body::{ActorClass, Role};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, Origin};
use nguon_ledger::key::{PublicKey, Signature};
use nguon_ledger::refusal::{Code, Refusal};
use nguon_ledger::state::{Key, Record};
use nguon_ledger::time::{MINUTE_MILLIS, UnixMillis};
use serde::Deserialize;

use super::problem::ApiError;
use super::{blocking, ready};
use crate::admission::registered;
use crate::node::Inner;
use crate::query::{QueryError, View};

/// What a signed request begins with.
const SIGNED_PREFIX: &str = "nguon-request v1\n";
/// How far a signer's clock may be from the node's.
const CLOCK_MILLIS_MAX: i64 = 5 * MINUTE_MILLIS;
/// Longest body of a request about invitations: a name and a few URIs.
pub(super) const BODY_BYTES_MAX: usize = 8 << 10;
/// Most organisations one above the other, as in the rules.
const LEVELS_MAX: usize = 8;

/// A request whose signature and time are right and whose signer is registered.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) signer: PublicKey,
    /// Hash of what was signed: the same for the same request.
    pub(super) request: Hash,
    pub(super) body: Vec<u8>,
}

impl FromRequest<Arc<Inner>> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, inner: &Arc<Inner>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let body = read_body(body).await?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let what = format!("{}\n{target}\n{}\n", parts.method, Hash::of(&body));
        let (signer, request) = verify(inner, &parts.headers, &what)?;
        let shared = Arc::clone(inner);
        blocking(move || Ok(registered(ready(&shared)?.view().reader, &signer)?)).await?;
        Ok(Self { signer, request, body })
    }
}

/// For which organisation the signer asks.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct Whose {
    /// URI of the organisation.
    organisation: Option<String>,
}

impl Whose {
    pub(super) fn organisation(self, origin: &Origin) -> Result<ActorUri, ApiError> {
        let organisation = self.organisation.and_then(|uri| ActorUri::parse(origin, &uri).ok());
        let detail = "not the uri of an actor of this ledger".to_owned();
        organisation.ok_or(ApiError::Malformed { field: "organisation", detail })
    }
}

/// Reads a short body.
pub(super) async fn read_body(body: axum::body::Body) -> Result<Vec<u8>, ApiError> {
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
    let too_large = |_| ApiError::TooLarge { detail: format!("at most {BODY_BYTES_MAX} bytes") };
    Ok(bytes.map_err(too_large)?.to_vec())
}

/// The signer of a request, and the hash of what it signed.
fn verify(inner: &Inner, headers: &HeaderMap, what: &str) -> Result<(PublicKey, Hash), ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bad = |field: &str, detail: &str| ApiError::from(Refusal::new(Code::BadSignature, field, detail));
    let signer = text("nguon-signer").and_then(PublicKey::from_hex);
    let signer = signer.ok_or_else(|| bad("Nguon-Signer", "missing, or not 64 lower-case hex digits"))?;
    let signature = text("nguon-signature").and_then(parse_signature);
    let signature = signature.ok_or_else(|| bad("Nguon-Signature", "missing, or not the base64 of 64 bytes"))?;
    let told = text("nguon-time").unwrap_or_default();
    let time = UnixMillis::parse_rfc3339(told).ok_or_else(|| bad("Nguon-Time", "missing, or not RFC 3339"))?;
    let now = (inner.config.clock)();
    if time.since(now).saturating_abs() > CLOCK_MILLIS_MAX {
        return Err(ApiError::StaleRequest { now });
    }
    let signed = format!("{SIGNED_PREFIX}{}\n{what}{told}\n", inner.origin);
    if signer.verifies(signed.as_bytes(), &signature) {
        return Ok((signer, Hash::of(signed.as_bytes())));
    }
    Err(bad("Nguon-Signature", "not the signer's over this request"))
}

/// Reads a signature in base64.
pub(super) fn parse_signature(text: &str) -> Option<Signature> {
    BASE64_STANDARD.decode(text).ok().and_then(|bytes| Signature::from_slice(&bytes))
}

/// Refuses a signer who neither registers for an organisation nor operates the ledger; whether it does the latter.
pub(super) fn registers_for(view: View<'_>, signer: &PublicKey, organisation: &ActorUri) -> Result<bool, ApiError> {
    let missing = |field: &str, detail: &str| ApiError::from(Refusal::new(Code::RoleMissing, field, detail));
    let record = |uri: &ActorUri| match view.reader.record(&Key::Actor(uri.clone())).map_err(QueryError::Index)? {
        Some(Record::Actor(actor)) => Ok::<_, ApiError>(Some(actor)),
        _ => Ok(None),
    };
    let Some(Record::Signer(known)) = view.reader.record(&Key::Signer(*signer)).map_err(QueryError::Index)? else {
        return Err(missing("Nguon-Signer", "needs the role registrar or operator"));
    };
    if record(organisation)?.is_none_or(|actor| actor.class != ActorClass::Organisation) {
        let detail = "no organisation of this ledger";
        return Err(Refusal::new(Code::UnknownActor, "organisation", detail).into());
    }
    let actor = record(&known.actor)?.filter(|actor| actor.has(Role::Operator) || actor.has(Role::Registrar));
    let actor = actor.ok_or_else(|| missing("Nguon-Signer", "needs the role registrar or operator"))?;
    if actor.has(Role::Operator) {
        return Ok(true);
    }
    let own = if actor.class == ActorClass::Organisation { Some(known.actor) } else { actor.under };
    let own = own.ok_or_else(|| missing("organisation", "stands under no organisation"))?;
    if stands_under(view, organisation, &own)? {
        return Ok(false);
    }
    Err(missing("organisation", "not the registrar of this organisation"))
}

/// Whether an actor is an organisation, or stands under it by however many levels the rules allow.
pub(super) fn stands_under(view: View<'_>, actor: &ActorUri, organisation: &ActorUri) -> Result<bool, ApiError> {
    let mut level = actor.clone();
    for _ in 0..=LEVELS_MAX {
        if level == *organisation {
            return Ok(true);
        }
        let Some(Record::Actor(known)) = view.reader.record(&Key::Actor(level)).map_err(QueryError::Index)? else {
            break;
        };
        let Some(above) = known.under else { break };
        level = above;
    }
    Ok(false)
}
