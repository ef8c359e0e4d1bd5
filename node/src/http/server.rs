//! Serving a node until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use thiserror::Error;
use tokio::net::TcpListener;

use crate::node::{Node, OpenError};

/// How long requests under way may take to end once the node is stopping.
const GRACE: Duration = Duration::from_secs(10);

/// Why serving ended, other than by being told to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The index or the sequencer did not start.
    #[error("the node cannot serve")]
    Open(#[source] Arc<OpenError>),
    /// The listener failed.
    #[error("connections cannot be accepted")]
    Accept(#[source] std::io::Error),
}

/// Serves `app`, which is [`Node::router`] or more, until `shutdown` completes; then lets requests under way end, commits what waits, and
/// closes the node.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    node: Node,
    app: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (told, mut stopping) = tokio::sync::watch::channel(false);
    let failed = node.clone();
    let stop = async move {
        let failure = async {
            match failed.ready().await {
                Err(error) => error,
                Ok(()) => std::future::pending().await,
            }
        };
        let error = tokio::select! {
            () = shutdown => None,
            error = failure => Some(error),
        };
        drop(failed);
        // Nobody listens any more when serving has ended by itself.
        let _ = told.send(true);
        error
    };
    let (outcome, ended) = tokio::sync::oneshot::channel();
    let signal = async move {
        // As above.
        let _ = outcome.send(stop.await);
    };
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(signal);
    let grace = async move {
        // The sender lives in the signal above, which completes.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = server => served.map_err(ServeError::Accept),
        () = grace => {
            tracing::warn!("requests under way were cut off");
            Ok(())
        }
    };
    node.close().await;
    served?;
    match ended.await {
        Ok(Some(error)) => Err(ServeError::Open(error)),
        _ => Ok(()),
    }
}
