//! Rules of the statements that register: charter, actor, key, product, place.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::parties::{Authority, LEVELS_MAX, authority, is_below};
use super::session::{Session, Step};
use crate::body::{ActorBody, ActorClass, Charter, KeyBody, KeyChange, PlaceBody, ProductBody, Role};
use crate::identifier::ActorUri;
use crate::key::PublicKey;
use crate::refusal::{Code, Position, Refusal};
use crate::state::{ActorRecord, CharterRecord, Key, PlaceRecord, ProductRecord, ReadState, Record, SignerRecord};
use crate::statement::Statement;

/// Most keys of an actor that are not revoked.
const ACTIVE_KEYS_MAX: u32 = 16;

/// Roles that only the operator grants: a co-op must not appoint its own inspectors.
const GRANTED_BY_OPERATOR: [Role; 3] = [Role::Operator, Role::Registrar, Role::Inspector];

fn role_missing(field: &str, detail: &str) -> Refusal {
    Refusal::new(Code::RoleMissing, field, detail)
}

/// Entry 0: the ledger's constitution.
pub(super) fn charter<S: ReadState>(
    session: &mut Session<'_, S>,
    key: PublicKey,
    statement: &Statement<'_>,
) -> Step<(), S> {
    if session.record(&Key::Charter)?.is_some() || session.context.index.get() != 0 {
        return Err(Refusal::new(Code::CharterExists, "kind", "a ledger has one charter, its entry 0").into());
    }
    let charter = Charter::parse(session.origin, statement.body())?;
    let malformed = |field: &str, detail: &str| Refusal::new(Code::MalformedStatement, field, detail);
    if !charter.operator.roles.contains(&Role::Operator) {
        return Err(malformed("body.operator.roles", "the operator needs the role operator").into());
    }
    if !charter.operator.keys.contains(&key) {
        return Err(malformed("body.operator.keys", "the charter is signed by one of the operator's keys").into());
    }
    if charter.operator.under.is_some() {
        return Err(malformed("body.operator.under", "nobody stands above the operator").into());
    }
    super::expect_position(statement.position(), Position::START)?;
    let record = CharterRecord { operator: charter.operator.id.clone(), vkey: charter.vkey.to_string() };
    session.put(Key::Charter, Record::Charter(record));
    set_actor(session, &charter.operator, None, "body.operator")
}

/// Registers an actor or replaces its record.
pub(super) fn actor<S: ReadState>(
    session: &mut Session<'_, S>,
    signer: &SignerRecord,
    statement: &Statement<'_>,
) -> Step<(), S> {
    let body = ActorBody::parse(session.origin, statement.body())?;
    let before = session.actor(&body.id)?;
    if let Some(under) = &body.under {
        check_under(session, &body.id, under)?;
    }
    match authority(session, signer)? {
        Authority::Operator => keep_operator(session, &body)?,
        Authority::Registrar(organisation) => {
            may_register(session, &organisation, &body, before.as_ref())?;
        }
        Authority::Own => return Err(role_missing("signer", "needs the role registrar or operator").into()),
    }
    set_actor(session, &body, before, "body")
}

/// The organisation above an actor exists, is an organisation, and is not below the actor itself.
fn check_under<S: ReadState>(session: &Session<'_, S>, id: &ActorUri, under: &ActorUri) -> Step<(), S> {
    let refuse = |detail: &str| Refusal::new(Code::NotAbove, "body.under", detail);
    let mut level = under.clone();
    for depth in 0..LEVELS_MAX {
        if level == *id {
            return Err(refuse("an actor cannot stand above itself").into());
        }
        let record = session.known_actor(&level, "body.under")?;
        if depth == 0 && record.class != ActorClass::Organisation {
            return Err(refuse("not an organisation").into());
        }
        let Some(next) = record.under else { return Ok(()) };
        level = next;
    }
    Err(refuse("more than 8 levels").into())
}

/// A ledger never loses its operator.
fn keep_operator<S: ReadState>(session: &Session<'_, S>, body: &ActorBody<'_>) -> Step<(), S> {
    let Some(Record::Charter(charter)) = session.record(&Key::Charter)? else { return Ok(()) };
    if charter.operator == body.id && !body.roles.contains(&Role::Operator) {
        let detail = "the charter's operator keeps the role operator";
        return Err(Refusal::new(Code::LastOperatorKey, "body.roles", detail).into());
    }
    Ok(())
}

/// A registrar registers below its own organisation, and never those who outrank it.
fn may_register<S: ReadState>(
    session: &Session<'_, S>,
    organisation: &ActorUri,
    body: &ActorBody<'_>,
    before: Option<&ActorRecord>,
) -> Step<(), S> {
    let is_under = match &body.under {
        None => false,
        Some(under) if under == organisation => true,
        Some(under) => is_below(session, &session.known_actor(under, "body.under")?, organisation)?,
    };
    if !is_under {
        return Err(role_missing("body.under", "a registrar registers only below its own organisation").into());
    }
    let had: &[Role] = before.map_or(&[], |record| &record.roles);
    if let Some(record) = before
        && !is_below(session, record, organisation)?
    {
        return Err(role_missing("body.id", "this actor stands under another organisation").into());
    }
    let granted = |role: &&Role| GRANTED_BY_OPERATOR.contains(role) && !had.contains(role);
    if let Some(role) = body.roles.iter().find(granted) {
        return Err(role_missing("body.roles", &format!("{} is granted by the operator", role.as_str())).into());
    }
    if had.contains(&Role::Operator) {
        return Err(role_missing("body.id", "an operator is registered by the operator").into());
    }
    Ok(())
}

/// Writes an actor and its keys.
fn set_actor<S: ReadState>(
    session: &mut Session<'_, S>,
    body: &ActorBody<'_>,
    before: Option<ActorRecord>,
    path: &str,
) -> Step<(), S> {
    let (keys, active_keys) = before.map_or((Vec::new(), 0), |record| (record.keys, record.active_keys));
    let mut record = ActorRecord {
        index: session.context.index,
        class: body.class,
        roles: body.roles.clone(),
        under: body.under.clone(),
        keys,
        active_keys,
    };
    for (at, key) in body.keys.iter().enumerate() {
        if !record.keys.contains(key) {
            add_key(session, &body.id, &mut record, *key, &format!("{path}.keys[{at}]"))?;
        }
    }
    session.put(Key::Actor(body.id.clone()), Record::Actor(record));
    Ok(())
}

/// Gives an actor a key that nobody had before.
fn add_key<S: ReadState>(
    session: &mut Session<'_, S>,
    actor: &ActorUri,
    record: &mut ActorRecord,
    key: PublicKey,
    field: &str,
) -> Step<(), S> {
    if session.signer(&key)?.is_some() {
        return Err(Refusal::new(Code::KeyInUse, field, "a key belongs to one actor for ever").into());
    }
    if record.active_keys >= ACTIVE_KEYS_MAX {
        let detail = format!("an actor has at most {ACTIVE_KEYS_MAX} keys; revoke one first");
        return Err(Refusal::new(Code::MalformedStatement, field, detail).into());
    }
    record.active_keys += 1;
    record.keys.push(key);
    let signer = SignerRecord {
        actor: actor.clone(),
        position: Position::START,
        registered: session.context.index,
        revoked: None,
    };
    session.put(Key::Signer(key), Record::Signer(signer));
    Ok(())
}

/// Adds or revokes a key.
pub(super) fn key<S: ReadState>(
    session: &mut Session<'_, S>,
    own_key: PublicKey,
    signer: &SignerRecord,
    statement: &Statement<'_>,
) -> Step<(), S> {
    let body = KeyBody::parse(session.origin, statement.body())?;
    let mut record = session.known_actor(&body.actor, "body.actor")?;
    let is_allowed = match authority(session, signer)? {
        Authority::Operator => true,
        Authority::Registrar(organisation) => {
            body.actor == signer.actor || (is_below(session, &record, &organisation)? && !record.has(Role::Operator))
        }
        Authority::Own => body.actor == signer.actor,
    };
    if !is_allowed {
        return Err(
            role_missing("body.actor", "another key of the actor, its registrar or the operator signs this").into()
        );
    }
    match body.change {
        KeyChange::Add(key) => add_key(session, &body.actor, &mut record, key, "body.add")?,
        KeyChange::Revoke(key) => {
            if key == own_key && !record.has(Role::Operator) {
                return Err(role_missing("body.revoke", "a key is revoked by another key").into());
            }
            revoke_key(session, &body.actor, &mut record, key)?;
        }
    }
    session.put(Key::Actor(body.actor), Record::Actor(record));
    Ok(())
}

fn revoke_key<S: ReadState>(
    session: &mut Session<'_, S>,
    actor: &ActorUri,
    record: &mut ActorRecord,
    key: PublicKey,
) -> Step<(), S> {
    let unknown = |detail: &str| Refusal::new(Code::UnknownKey, "body.revoke", detail);
    let mut revoked = session
        .signer(&key)?
        .filter(|revoked| revoked.actor == *actor)
        .ok_or_else(|| unknown("the actor has no such key"))?;
    if revoked.revoked.is_some() {
        return Err(unknown("revoked before").into());
    }
    if record.has(Role::Operator) && record.active_keys <= 1 {
        let detail = "add another key of the operator first";
        return Err(Refusal::new(Code::LastOperatorKey, "body.revoke", detail).into());
    }
    record.active_keys = record.active_keys.saturating_sub(1);
    revoked.revoked = Some(session.context.index);
    session.put(Key::Signer(key), Record::Signer(revoked));
    Ok(())
}

/// Registers a product or replaces its record.
pub(super) fn product<S: ReadState>(
    session: &mut Session<'_, S>,
    signer: &SignerRecord,
    statement: &Statement<'_>,
) -> Step<(), S> {
    let body = ProductBody::parse(session.origin, statement.body())?;
    let before = session.product(&body.id)?;
    let owner = match (authority(session, signer)?, &before) {
        (Authority::Operator, Some(record)) => record.owner.clone(),
        (Authority::Operator, None) => signer.actor.clone(),
        (Authority::Registrar(organisation), Some(record)) if record.owner != organisation => {
            return Err(role_missing("body.id", "this product belongs to another organisation").into());
        }
        (Authority::Registrar(organisation), _) => organisation,
        (Authority::Own, _) => return Err(role_missing("signer", "needs the role registrar or operator").into()),
    };
    if before.is_some_and(|record| record.dimension != body.dimension) {
        return Err(
            Refusal::new(Code::UnitMismatch, "body.unit", "what a product's amounts measure never changes").into()
        );
    }
    for (at, source) in body.made_from.iter().enumerate() {
        session.known_product(&source.product, &format!("body.madeFrom[{at}].product"))?;
    }
    if let Some(gtin) = body.gtin {
        if let Some(Record::Gtin(other)) = session.record(&Key::Gtin(gtin))?
            && other != body.id
        {
            return Err(Refusal::new(Code::GtinInUse, "body.gtin", other.as_str()).into());
        }
        session.put(Key::Gtin(gtin), Record::Gtin(body.id.clone()));
    }
    let record = ProductRecord {
        index: session.context.index,
        owner,
        gtin: body.gtin,
        dimension: body.dimension,
        net_content: body.net_content.map(|content| content.quantity),
        made_from: body.made_from,
    };
    session.put(Key::Product(body.id), Record::Product(record));
    Ok(())
}

/// Registers a place or replaces its record.
pub(super) fn place<S: ReadState>(
    session: &mut Session<'_, S>,
    signer: &SignerRecord,
    statement: &Statement<'_>,
) -> Step<(), S> {
    let body = PlaceBody::parse(session.origin, statement.body())?;
    session.known_actor(&body.owner, "body.owner")?;
    let mut owners = alloc::vec![body.owner.clone()];
    if let Some(Record::Place(before)) = session.record(&Key::Place(body.id.clone()))? {
        owners.push(before.owner);
    }
    let authority = authority(session, signer)?;
    for owner in owners {
        let is_allowed = match &authority {
            Authority::Operator => true,
            Authority::Own => owner == signer.actor,
            Authority::Registrar(organisation) => {
                owner == *organisation
                    || owner == signer.actor
                    || is_below(session, &session.known_actor(&owner, "body.owner")?, organisation)?
            }
        };
        if !is_allowed {
            return Err(role_missing("body.owner", "the owner, its registrar or the operator signs this").into());
        }
    }
    let record = PlaceRecord { index: session.context.index, owner: body.owner };
    session.put(Key::Place(body.id), Record::Place(record));
    Ok(())
}
