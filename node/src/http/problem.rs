//! What an outsider is told when there is no answer: one place, RFC 9457 problems with stable codes (`docs/format.md`, sections 9 and 10).

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nguon_ledger::refusal::Refusal;
use nguon_ledger::time::UnixMillis;
use serde::Serialize;
use utoipa::ToSchema;

use crate::admission::NotAdmitted;
use crate::invitations::InvitationError;
use crate::query::QueryError;
use crate::sequencer::SubmitError;
use crate::store::BlobError;

/// When a client should come back after a disk refused or the index is being made.
const RETRY_LATER: Duration = Duration::from_secs(5);
/// The header that tells how much of a blob is held.
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum ApiError {
    Refused(Refusal),
    NotFound {
        what: &'static str,
    },
    /// A code that several entries begin with.
    AmbiguousCode,
    /// A signed request whose time is too far from the node's.
    StaleRequest {
        now: UnixMillis,
    },
    /// One address asked too often.
    RateLimited {
        retry_after: Duration,
    },
    /// Something is not done with an invitation.
    Invitation(InvitationError),
    /// A blob that is not whole here, of which so many bytes are held.
    PartialBlob {
        held: u64,
    },
    Malformed {
        field: &'static str,
        detail: String,
    },
    MethodNotAllowed,
    Timeout,
    UnsupportedMediaType,
    HashMismatch,
    TooLarge {
        detail: String,
    },
    Overloaded {
        retry_after: Duration,
    },
    /// The index is being made, so many entries of so many are applied.
    NotReady {
        done: u64,
        of: u64,
    },
    /// The disk refused, or the index failed. Nothing was changed.
    Unavailable,
    /// A fault of our own; the detail goes to the log.
    Internal {
        detail: String,
    },
}

/// A problem as it travels.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// Always `about:blank`: the code says what it is.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    title: String,
    status: u16,
    /// Stable; the table in `docs/format.md`, section 9.
    #[schema(example = "wrong_sequence")]
    pub(super) code: &'static str,
    /// The field at fault, from the statement's root.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    detail: String,
    /// With `wrong_sequence`: the seq that the signer's next statement must carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_seq: Option<u64>,
    /// With `wrong_sequence`: the prev that it must carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_prev: Option<String>,
}

impl ApiError {
    /// The one mapping from errors to what is told: status, code, field, detail.
    pub(super) fn problem(&self) -> Problem {
        let new = |status: u16, code: &'static str, detail: String| Problem {
            r#type: "about:blank",
            title: code.replace('_', " "),
            status,
            code,
            field: None,
            detail,
            expected_seq: None,
            expected_prev: None,
        };
        match self {
            Self::Refused(refusal) => Problem {
                field: Some(refusal.field.clone()),
                expected_seq: refusal.expected.map(|position| position.seq),
                expected_prev: refusal.expected.map(|position| position.prev.to_string()),
                ..new(refusal.code.status(), refusal.code.as_str(), refusal.detail.clone())
            },
            Self::NotFound { what } => new(404, "not_found", format!("no such {what}")),
            Self::AmbiguousCode => {
                new(409, "ambiguous_code", "several entries have this code; scan it instead".to_owned())
            }
            Self::StaleRequest { now } => Problem {
                field: Some("Nguon-Time".to_owned()),
                ..new(401, "stale_request", format!("the node's clock says {now}; sign again with its time"))
            },
            Self::RateLimited { .. } => new(429, "rate_limited", "too often from this address; come back".to_owned()),
            Self::Invitation(error) => {
                let (status, code) = invitation_code(error);
                new(status, code, error.to_string())
            }
            Self::PartialBlob { held } => new(404, "not_found", format!("{held} bytes of this blob are held")),
            Self::Malformed { field, detail } => {
                Problem { field: Some((*field).to_owned()), ..new(400, "malformed_request", detail.clone()) }
            }
            Self::MethodNotAllowed => new(405, "method_not_allowed", "not with this method".to_owned()),
            Self::Timeout => new(408, "timeout", "this took too long".to_owned()),
            Self::UnsupportedMediaType => {
                new(415, "unsupported_media_type", "application/json or application/x-ndjson".to_owned())
            }
            Self::HashMismatch => new(422, "hash_mismatch", "the bytes have another hash".to_owned()),
            Self::TooLarge { detail } => new(413, "too_large", detail.clone()),
            Self::Overloaded { .. } => new(503, "overloaded", "too many requests wait; come back".to_owned()),
            Self::NotReady { done, of } => {
                new(503, "overloaded", format!("the index is being made: {done} of {of} entries"))
            }
            Self::Unavailable => new(503, "storage_unavailable", "nothing was stored; come back".to_owned()),
            Self::Internal { .. } => new(500, "internal", "a fault of the node; its log says more".to_owned()),
        }
    }

    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Overloaded { retry_after } | Self::RateLimited { retry_after } => Some(*retry_after),
            Self::NotReady { .. } | Self::Unavailable => Some(RETRY_LATER),
            Self::Refused(_)
            | Self::NotFound { .. }
            | Self::AmbiguousCode
            | Self::StaleRequest { .. }
            | Self::Invitation(_)
            | Self::PartialBlob { .. }
            | Self::Malformed { .. }
            | Self::MethodNotAllowed
            | Self::Timeout
            | Self::UnsupportedMediaType
            | Self::HashMismatch
            | Self::TooLarge { .. }
            | Self::Internal { .. } => None,
        }
    }
}

/// What is told of an invitation.
const fn invitation_code(error: &InvitationError) -> (u16, &'static str) {
    match error {
        InvitationError::Unknown => (404, "not_found"),
        InvitationError::Used => (409, "invitation_used"),
        InvitationError::Replayed => (409, "request_replayed"),
        InvitationError::TooMany => (409, "too_many_invitations"),
        InvitationError::Expired => (410, "invitation_expired"),
        InvitationError::Revoked => (410, "invitation_revoked"),
        InvitationError::Life => (400, "malformed_request"),
        InvitationError::Io(_) => (503, "storage_unavailable"),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal { detail } = &self {
            tracing::error!(detail, "a request failed by a fault of the node");
        }
        let problem = self.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        if let Self::PartialBlob { held } = self {
            headers.insert(UPLOAD_OFFSET, HeaderValue::from(held));
        }
        response
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NotAdmitted> for ApiError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Refused(refusal) => Self::Refused(refusal),
            NotAdmitted::Index(_) => Self::Unavailable,
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::NotFound { what } => Self::NotFound { what },
            QueryError::Malformed { field, detail } => Self::Malformed { field, detail },
            QueryError::TooLarge { .. } => Self::TooLarge { detail: error.to_string() },
            QueryError::Index(_) => Self::Unavailable,
            QueryError::Entry(source) => Self::Internal { detail: source.to_string() },
            QueryError::Log { detail } => Self::Internal { detail },
        }
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Pushback { retry_after } => Self::Overloaded { retry_after },
            SubmitError::Stopped => Self::Unavailable,
        }
    }
}

impl From<InvitationError> for ApiError {
    fn from(error: InvitationError) -> Self {
        match error {
            InvitationError::Io(source) => {
                tracing::error!(error = %source, "an invitation could not be stored; free space or mend the disk");
                Self::Unavailable
            }
            InvitationError::Life => Self::Malformed { field: "expiresAt", detail: error.to_string() },
            InvitationError::Unknown
            | InvitationError::Used
            | InvitationError::Expired
            | InvitationError::Revoked
            | InvitationError::Replayed
            | InvitationError::TooMany => Self::Invitation(error),
        }
    }
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge => Self::TooLarge { detail: error.to_string() },
            BlobError::HashMismatch => Self::HashMismatch,
            BlobError::Busy => Self::Overloaded { retry_after: Duration::from_secs(1) },
            BlobError::Io(source) => {
                tracing::error!(error = %source, "a blob could not be stored; free space or mend the disk");
                Self::Unavailable
            }
        }
    }
}
