//! The file of one invitation.

use std::io;

use nguon_ledger::body::Role;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, Origin};
use nguon_ledger::key::PublicKey;
use nguon_ledger::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Claim, Invitation};

/// The only version of these files.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    v: u32,
    token_hash: String,
    organisation: String,
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    created_at: i64,
    expires_at: i64,
    by: String,
    request: String,
    revoked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimPart>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimPart {
    key: String,
    name: String,
    at: i64,
}

pub(super) fn encode(invitation: &Invitation) -> io::Result<Vec<u8>> {
    let claim = invitation.claim.as_ref().map(|claim| ClaimPart {
        key: claim.key.to_string(),
        name: claim.name.clone(),
        at: claim.at.get(),
    });
    let file = File {
        v: VERSION,
        token_hash: invitation.token_hash.to_string(),
        organisation: invitation.organisation.to_string(),
        roles: invitation.roles.iter().map(|role| role.as_str().to_owned()).collect(),
        name: invitation.name.clone(),
        created_at: invitation.created_at.get(),
        expires_at: invitation.expires_at.get(),
        by: invitation.by.to_string(),
        request: invitation.request.to_string(),
        revoked: invitation.is_revoked,
        claim,
    };
    let mut bytes = serde_json::to_vec(&file).map_err(io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(super) fn decode(origin: &Origin, bytes: &[u8]) -> Option<Invitation> {
    let file: File = serde_json::from_slice(bytes).ok()?;
    if file.v != VERSION {
        return None;
    }
    let claim = match file.claim {
        Some(claim) => {
            Some(Claim { key: PublicKey::from_hex(&claim.key)?, name: claim.name, at: UnixMillis::new(claim.at) })
        }
        None => None,
    };
    Some(Invitation {
        token_hash: Hash::from_hex(&file.token_hash)?,
        organisation: ActorUri::parse(origin, &file.organisation).ok()?,
        roles: file.roles.iter().map(|role| Role::parse(role)).collect::<Option<_>>()?,
        name: file.name,
        created_at: UnixMillis::new(file.created_at),
        expires_at: UnixMillis::new(file.expires_at),
        by: PublicKey::from_hex(&file.by)?,
        request: Hash::from_hex(&file.request)?,
        is_revoked: file.revoked,
        claim,
    })
}
