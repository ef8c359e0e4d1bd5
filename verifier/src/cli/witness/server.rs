//! A witness on the network.

use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use nguon_verifier::witness::{REQUEST_BYTES_MAX, Refusal, SIZE_TYPE};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;

use super::super::print;
use super::say;
use super::service::{Failure, Service};

/// Longest time for a request, its body included.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// How long requests under way may take to end once the witness is stopping.
const GRACE: Duration = Duration::from_secs(10);
/// Threads that write to the disk; requests beyond wait.
const DISK_THREADS: usize = 16;
const TEXT: &str = "text/plain; charset=utf-8";

/// Serves until the process is asked to end.
pub(super) fn run(data: &Path, address: &str) -> anyhow::Result<()> {
    let service = Arc::new(Service::open(data)?);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().max_blocking_threads(DISK_THREADS).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address}. Is another program there? Port 0 takes any free one")
        })?;
        print(&format!("ready http://{}", listener.local_addr()?))?;
        serve(listener, routes(service)).await
    })
}

async fn serve(listener: TcpListener, routes: Router) -> anyhow::Result<()> {
    let (told, mut stopping) = tokio::sync::watch::channel(false);
    let signalled = async move {
        stopped().await;
        // Nobody listens any more when serving has ended by itself.
        let _ = told.send(true);
    };
    let grace = async move {
        // The sender is gone only when the server is, which ends the race.
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            pending::<()>().await;
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = axum::serve(listener, routes).with_graceful_shutdown(signalled) => Ok(served?),
        () = grace => Ok(()),
    }
}

/// Completes when the process is asked to end.
async fn stopped() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => pending().await,
        }
    };
    tokio::select! {
        // Without a way to hear Ctrl-C there is still the other signal.
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

fn routes(service: Arc<Service>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{hash}/checkpoint", get(checkpoint))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(middleware::from_fn(within_time))
        .with_state(service)
}

async fn within_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await;
    let mut answer = answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response());
    // The connection ends after an answer to a body that was not read to its end; a client that is not told sends its next request into it.
    if matches!(answer.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

async fn add_checkpoint(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    match spawn_blocking(move || service.add_checkpoint(&body)).await {
        Ok(Ok(lines)) => ([(header::CONTENT_TYPE, TEXT)], lines).into_response(),
        Ok(Err(Failure::Refused(refusal))) => refused(&refusal),
        Ok(Err(Failure::Internal(error))) => internal(&format!("{error:#}")),
        Err(error) => internal(&error.to_string()),
    }
}

fn refused(refusal: &Refusal) -> Response {
    if let Refusal::Inconsistent(_) = refusal {
        say(&format!("refused a checkpoint that a trusted log signed: {refusal}"));
    }
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (kind, body) = if let Refusal::Conflict { has } = refusal {
        (SIZE_TYPE, format!("{has}\n"))
    } else {
        (TEXT, format!("{refusal}\n"))
    };
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

/// What went wrong inside is for the operator of the witness, not for whoever asked.
fn internal(detail: &str) -> Response {
    say(detail);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn checkpoint(State(service): State<Arc<Service>>, UrlPath(hash): UrlPath<String>) -> Response {
    let is_hash = hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hash {
        return StatusCode::NOT_FOUND.into_response();
    }
    match spawn_blocking(move || service.checkpoint(&hash)).await {
        Ok(Ok(Some(note))) => {
            let head = [
                (header::CONTENT_TYPE, TEXT),
                (header::CACHE_CONTROL, "no-cache"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (head, note).into_response()
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => internal(&format!("{error:#}")),
        Err(error) => internal(&error.to_string()),
    }
}
