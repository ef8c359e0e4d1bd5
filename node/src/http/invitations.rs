//! Invitations: made by a registrar, taken by a new member's key, seen as approved once the ledger knows that key.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, response};
use nguon_ledger::body::Role;
use nguon_ledger::identifier::ActorUri;
use nguon_ledger::key::PublicKey;
use nguon_ledger::refusal::{Code, Refusal};
use nguon_ledger::state::{Key, Record};
use nguon_ledger::time::UnixMillis;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::problem::{ApiError, Problem};
use super::signed::{Signed, Whose, parse_signature, read_body, registers_for};
use super::{blocking, ready, wire};
use crate::invitations::{self, Asked, Invitation, InvitationId, Token};
use crate::node::Inner;
use crate::query::{self, QueryError, RecordKind, View};

/// What a new member's key signs.
const CLAIM_PREFIX: &str = "nguon-claim v1\n";
/// Roles that only the operator grants (`docs/format.md`, section 9).
const GRANTED_BY_OPERATOR: [Role; 3] = [Role::Operator, Role::Registrar, Role::Inspector];
/// Nothing about people is kept on the way.
const NO_STORE: &str = "no-store";

/// What an invitation is asked for with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewInvitation {
    /// URI of the organisation to join.
    organisation: String,
    /// What the registrar calls the new member, at most 80 characters.
    name: Option<String>,
    /// Roles she will have.
    roles: Vec<String>,
    /// RFC 3339; in 7 days by default, in 30 at most.
    expires_at: Option<String>,
}

/// A key that takes an invitation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewClaim {
    /// 64 hex digits.
    key: String,
    /// As she calls herself, at most 80 characters.
    name: String,
    /// Base64 of the key's signature over `nguon-claim v1`, origin, token and key, a line each.
    signature: String,
}

fn malformed(field: &'static str, detail: impl Into<String>) -> ApiError {
    ApiError::Malformed { field, detail: detail.into() }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| malformed("body", error.to_string()))
}

fn private(body: impl response::IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, NO_STORE)], body).into_response()
}

/// Makes an invitation. The token in the answer is told once and kept nowhere.
#[utoipa::path(
    post, path = "/v1/invitations",
    params(
        ("nguon-signer" = String, Header, description = "The key of a registrar of the organisation or of an operator, 64 hex digits."),
        ("nguon-signature" = String, Header, description = "Base64 of the signature over the request (docs/format.md, section 10.1)."),
        ("nguon-time" = String, Header, description = "RFC 3339, at most 5 minutes from the node's clock."),
    ),
    request_body = NewInvitation,
    responses(
        (status = 201, body = wire::Invited),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(State(inner): State<Arc<Inner>>, signed: Signed) -> Result<Response, ApiError> {
    let asked: NewInvitation = parse(&signed.body)?;
    let name = asked.name.map(|name| name.trim().to_owned());
    if name.as_ref().is_some_and(|name| !invitations::is_name(name)) {
        return Err(malformed("name", format!("not 1 to {} characters on one line", invitations::NAME_CHARS_MAX)));
    }
    let expires_at = asked.expires_at.as_deref().map(|text| {
        UnixMillis::parse_rfc3339(text).ok_or_else(|| malformed("expiresAt", "not an RFC 3339 date-time with offset"))
    });
    let expires_at = expires_at.transpose()?;
    let roles = parse_roles(&asked.roles)?;
    let organisation = ActorUri::parse(&inner.origin, &asked.organisation)
        .map_err(|_| malformed("organisation", "not the uri of an actor of this ledger"))?;
    let made = blocking(move || {
        let is_operator = registers_for(ready(&inner)?.view(), &signed.signer, &organisation)?;
        if !is_operator && let Some(role) = roles.iter().find(|role| GRANTED_BY_OPERATOR.contains(role)) {
            let detail = format!("{} is granted by the operator", role.as_str());
            return Err(Refusal::new(Code::RoleMissing, "roles", detail).into());
        }
        let asked = Asked { organisation, roles, name, expires_at, by: signed.signer, request: signed.request };
        let (token, invitation) = inner.invitations.create(asked, (inner.config.clock)())?;
        Ok(wire::Invited {
            token: token.letters(),
            id: invitation.id().to_string(),
            organisation: invitation.organisation.to_string(),
            roles: roles_of(&invitation),
            name: invitation.name.clone(),
            expires_at: invitation.expires_at.to_rfc3339(),
        })
    });
    Ok((StatusCode::CREATED, private(Json(made.await?))).into_response())
}

fn parse_roles(texts: &[String]) -> Result<Vec<Role>, ApiError> {
    let mut roles = Vec::new();
    for text in texts {
        let role = Role::parse(text).ok_or_else(|| malformed("roles", "no such role"))?;
        if roles.contains(&role) {
            return Err(malformed("roles", "the same role twice"));
        }
        roles.push(role);
    }
    if roles.is_empty() {
        return Err(malformed("roles", "at least one"));
    }
    Ok(roles)
}

fn roles_of(invitation: &Invitation) -> Vec<&'static str> {
    invitation.roles.iter().map(|role| role.as_str()).collect()
}

/// How an invitation stands. The ledger says whether its key was approved.
fn state(view: View<'_>, invitation: &Invitation, now: UnixMillis) -> Result<&'static str, QueryError> {
    let signer = match &invitation.claim {
        Some(claim) => view.reader.record(&Key::Signer(claim.key))?,
        None => None,
    };
    Ok(match signer {
        Some(Record::Signer(signer)) if signer.revoked.is_some() => "used",
        Some(Record::Signer(_)) => "approved",
        _ if invitation.is_revoked => "revoked",
        _ if invitation.claim.is_some() => "claimed",
        _ if now >= invitation.expires_at => "expired",
        _ => "open",
    })
}

fn token(text: &str) -> Result<Token, ApiError> {
    Token::parse(text).ok_or(ApiError::NotFound { what: "invitation" })
}

/// How an invitation stands, for whoever has its token.
#[utoipa::path(
    get, path = "/v1/invitations/{token}",
    params(("token" = String, Path, description = "26 letters of Crockford's base 32.")),
    responses(
        (status = 200, body = wire::Invitation),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(State(inner): State<Arc<Inner>>, Path(text): Path<String>) -> Result<Response, ApiError> {
    let token = token(&text)?;
    let shown = blocking(move || {
        let invitation = inner.invitations.find(&token).ok_or(ApiError::NotFound { what: "invitation" })?;
        let ready = ready(&inner)?;
        let view = ready.view();
        let organisation = query::record(view, RecordKind::Actor, invitation.organisation.slug())?;
        Ok(wire::Invitation {
            state: state(view, &invitation, (inner.config.clock)())?,
            organisation: invitation.organisation.to_string(),
            organisation_name: organisation.body.get("name").cloned(),
            ledger: inner.origin.to_string(),
            ledger_name: inner.charter.name.clone(),
            roles: roles_of(&invitation),
            expires_at: invitation.expires_at.to_rfc3339(),
        })
    });
    Ok(private(Json(shown.await?)))
}

/// Takes an invitation for a new key, which must sign that it wants to.
#[utoipa::path(
    post, path = "/v1/invitations/{token}/claim",
    params(("token" = String, Path, description = "26 letters of Crockford's base 32.")),
    request_body = NewClaim,
    responses(
        (status = 200, body = wire::Claimed),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn claim(
    State(inner): State<Arc<Inner>>,
    Path(text): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let token = token(&text)?;
    let asked: NewClaim = parse(&read_body(body).await?)?;
    let key = PublicKey::from_hex(&asked.key).ok_or_else(|| malformed("key", "not 64 lower-case hex digits"))?;
    let name = asked.name.trim().to_owned();
    if !invitations::is_name(&name) {
        return Err(malformed("name", format!("not 1 to {} characters on one line", invitations::NAME_CHARS_MAX)));
    }
    let signature = parse_signature(&asked.signature);
    let signature = signature.ok_or_else(|| malformed("signature", "not the base64 of 64 bytes"))?;
    let signed = format!("{CLAIM_PREFIX}{}\n{}\n{key}\n", inner.origin, token.letters());
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err(Refusal::new(Code::BadSignature, "signature", "not the key's over this claim").into());
    }
    let state = blocking(move || {
        let now = (inner.config.clock)();
        let known = inner.invitations.find(&token).ok_or(ApiError::NotFound { what: "invitation" })?;
        let ready = ready(&inner)?;
        let view = ready.view();
        let is_hers = known.claim.as_ref().is_some_and(|claim| claim.key == key);
        if !is_hers && view.reader.record(&Key::Signer(key)).map_err(QueryError::Index)?.is_some() {
            return Err(Refusal::new(Code::KeyInUse, "key", "a key belongs to one actor for ever").into());
        }
        inner.invitations.claim(&token, key, name, now)?;
        let known = inner.invitations.find(&token).ok_or(ApiError::NotFound { what: "invitation" })?;
        Ok(state(view, &known, now)?)
    });
    Ok(private(Json(wire::Claimed { state: state.await? })))
}

/// An organisation's invitations, newest first, with whoever took them.
#[utoipa::path(
    get, path = "/v1/invitations",
    params(
        Whose,
        ("nguon-signer" = String, Header, description = "The key of a registrar of the organisation or of an operator."),
        ("nguon-signature" = String, Header, description = "Base64 of the signature over the request."),
        ("nguon-time" = String, Header, description = "RFC 3339, at most 5 minutes from the node's clock."),
    ),
    responses(
        (status = 200, body = wire::InvitationList),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(inner): State<Arc<Inner>>,
    Query(whose): Query<Whose>,
    signed: Signed,
) -> Result<Response, ApiError> {
    let organisation = whose.organisation(&inner.origin)?;
    let items = blocking(move || {
        let ready = ready(&inner)?;
        let view = ready.view();
        registers_for(view, &signed.signer, &organisation)?;
        let now = (inner.config.clock)();
        let told = inner.invitations.of_organisation(&organisation);
        told.iter().map(|known| Ok(item(known, state(view, known, now)?))).collect::<Result<Vec<_>, ApiError>>()
    });
    Ok(private(Json(wire::InvitationList { items: items.await? })))
}

fn item(known: &Invitation, state: &'static str) -> wire::InvitationItem {
    wire::InvitationItem {
        id: known.id().to_string(),
        state,
        name: known.name.clone(),
        roles: roles_of(known),
        created_at: known.created_at.to_rfc3339(),
        expires_at: known.expires_at.to_rfc3339(),
        claim: known.claim.as_ref().map(|claim| wire::InvitationClaim {
            key: claim.key.to_string(),
            name: claim.name.clone(),
            at: claim.at.to_rfc3339(),
        }),
    }
}

/// The invitation of a public name, if the signer may decide about it.
fn decided_by(inner: &Inner, signed: &Signed, id: &str) -> Result<InvitationId, ApiError> {
    let id = InvitationId::parse(id).ok_or(ApiError::NotFound { what: "invitation" })?;
    let known = inner.invitations.get(id).ok_or(ApiError::NotFound { what: "invitation" })?;
    registers_for(ready(inner)?.view(), &signed.signer, &known.organisation)?;
    Ok(id)
}

/// Takes an invitation back, and forgets the names in it. A key that was approved stays approved: only a `key` statement revokes it.
#[utoipa::path(
    post, path = "/v1/invitations/{id}/revoke",
    params(("id" = String, Path, description = "Of the list, not the token."), ("nguon-signer" = String, Header), ("nguon-signature" = String, Header), ("nguon-time" = String, Header)),
    responses(
        (status = 200, body = wire::InvitationItem),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, ApiError> {
    let revoked = blocking(move || {
        let id = decided_by(&inner, &signed, &id)?;
        let revoked = inner.invitations.revoke(id)?;
        let state = state(ready(&inner)?.view(), &revoked, (inner.config.clock)())?;
        Ok(item(&revoked, state))
    });
    Ok(private(Json(revoked.await?)))
}

/// Removes an invitation with everything in it, as the law gives people the right to ask for.
#[utoipa::path(
    post, path = "/v1/invitations/{id}/forget",
    params(("id" = String, Path, description = "Of the list, not the token."), ("nguon-signer" = String, Header), ("nguon-signature" = String, Header), ("nguon-time" = String, Header)),
    responses(
        (status = 204, description = "It is gone."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn forget(
    State(inner): State<Arc<Inner>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<StatusCode, ApiError> {
    let forgotten = blocking(move || {
        let id = decided_by(&inner, &signed, &id)?;
        Ok(inner.invitations.forget(id, (inner.config.clock)())?)
    });
    forgotten.await.map(|()| StatusCode::NO_CONTENT)
}
