//! The HTTP API (`docs/format.md`, section 10). A handler takes a request apart, asks one question, and answers.

mod activity;
mod app;
mod blobs;
mod health;
mod invitations;
mod ledger;
mod lines;
mod log;
mod lots;
mod problem;
pub(crate) mod rate;
mod reports;
mod server;
mod signed;
mod statements;
#[cfg(test)]
mod tests;
mod wire;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use server::{ServeError, serve};

use crate::node::{Inner, Ready};
use problem::ApiError;

#[derive(OpenApi)]
#[openapi(info(
    title = "Nguon node",
    description = "A traceability ledger: signed statements in, receipts with proofs out, and everything for whoever checks. \
                   Shapes and codes: docs/format.md.",
    license(name = "MIT OR Apache-2.0")
))]
struct Description;

/// The routes, and their description in OpenAPI 3.1, which needs no node.
fn described(inner: Option<&Arc<Inner>>) -> (Router<Arc<Inner>>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(statements::submit))
        .routes(routes!(ledger::ledger))
        .routes(routes!(ledger::signer))
        .routes(routes!(lots::lot))
        .routes(routes!(lots::bundle))
        .routes(routes!(lots::trace))
        .routes(routes!(log::entry))
        .routes(routes!(activity::by_code))
        .routes(routes!(activity::lots))
        .routes(routes!(activity::entries))
        .routes(routes!(log::proof))
        .routes(routes!(ledger::actors))
        .routes(routes!(ledger::actor))
        .routes(routes!(ledger::products))
        .routes(routes!(ledger::product))
        .routes(routes!(ledger::places))
        .routes(routes!(ledger::place))
        .merge(signed_requests(inner))
        .routes(routes!(blobs::get_blob, blobs::put_blob))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::policy))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .split_for_parts()
}

/// What registrars ask for, and who wants to join: one address may not ask too often.
fn signed_requests(inner: Option<&Arc<Inner>>) -> OpenApiRouter<Arc<Inner>> {
    let routes = OpenApiRouter::new()
        .routes(routes!(invitations::create, invitations::list))
        .routes(routes!(invitations::show))
        .routes(routes!(invitations::claim))
        .routes(routes!(invitations::revoke))
        .routes(routes!(invitations::forget))
        .routes(routes!(reports::list))
        .routes(routes!(reports::done));
    match inner {
        Some(inner) => routes.layer(middleware::from_fn_with_state(Arc::clone(inner), rate::limit)),
        None => routes,
    }
}

/// The description of the API in OpenAPI 3.1, as JSON.
///
/// # Errors
/// It cannot be encoded, which no input can cause.
pub fn openapi() -> Result<String, serde_json::Error> {
    let (_, mut openapi) = described(None);
    // A path of several segments cannot be said in OpenAPI, so this route is described and added by hand.
    openapi.merge(TileDescription::openapi());
    openapi.to_pretty_json().map(|json| json + "\n")
}

#[derive(OpenApi)]
#[openapi(paths(log::tile))]
struct TileDescription;

/// All routes of a node.
pub(crate) fn router(inner: &Arc<Inner>) -> Router {
    let (routes, _) = described(Some(inner));
    routes
        .route("/tile/{*path}", axum::routing::get(log::tile))
        .route("/openapi.json", axum::routing::get(openapi_json))
        .merge(app::routes())
        .fallback(|| async { ApiError::NotFound { what: "path" } })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(middleware::from_fn_with_state(Arc::clone(inner), around))
        .with_state(Arc::clone(inner))
}

async fn openapi_json() -> Result<Response, ApiError> {
    let json = openapi().map_err(|error| ApiError::Internal { detail: error.to_string() })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

/// Around every request: time limit, panics, CORS, counting.
async fn around(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        preflight()
    } else {
        // An upload may be slow as long as it moves; it watches its own silence.
        let is_upload = request.method() == Method::PUT;
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
        let answer = if is_upload {
            Ok(answer.await)
        } else {
            tokio::time::timeout(inner.config.http.answer_time, answer).await
        };
        match answer {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => ApiError::Internal { detail: "a handler panicked".to_owned() }.into_response(),
            Err(_) => ApiError::Timeout.into_response(),
        }
    };
    // What axum answers by itself, as to a query that cannot be read, becomes a problem too.
    if response.status() == StatusCode::BAD_REQUEST && !is_problem(&response) {
        response = ApiError::Malformed { field: "query", detail: "cannot be read".to_owned() }.into_response();
    }
    let status = response.status();
    inner.metrics.response(status.as_u16());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("upload-offset, retry-after, etag, date"),
    );
    // The connection ends after an answer to a body that was not read to its end; a client that is not told sends its next request into it.
    if matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "application/problem+json")
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "accept, content-type, content-range, if-none-match, nguon-signer, nguon-signature, nguon-time",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// What there is once the index stands; until then requests for it are told to come back.
fn ready(inner: &Inner) -> Result<Arc<Ready>, ApiError> {
    inner.ready().ok_or_else(|| {
        let (done, of) = inner.replayed();
        ApiError::NotReady { done, of }
    })
}

/// Answers a question that reads the disk, away from the threads that serve connections.
async fn blocking<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let answer = tokio::task::spawn_blocking(question).await;
    answer.unwrap_or_else(|error| Err(ApiError::Internal { detail: error.to_string() }))
}
