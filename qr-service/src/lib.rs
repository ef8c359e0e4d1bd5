//! QR codes and the consumer page: what a person sees who scans a pack.
//!
//! **In scope:** addresses of lots and packs, the page in Vietnamese and English, QR codes, the proof file handed on to the
//! browser, which checks it itself with `verify.js`.
//!
//! **Out of scope:** judging a bundle (crate `nguon-verifier`); the ledger's own state (crate `nguon-node`, read over its
//! public HTTP interface only, also when both run in one process).
//!
//! The page never says more than the server knows: what was not checked by the reader's own device stands there as not
//! checked, and who says so stands beside every fact. Prices, buyers and amounts sold are not shown to consumers.

pub mod code;
pub mod label;
pub mod link;
pub mod short_code;

mod assets;
mod cache;
mod compression;
mod copies;
mod data;
mod dense;
mod limit;
mod linkset;
mod locale;
mod node;
mod page;
mod picture;
mod quantity;
mod reports;
mod routes;
mod scans;
mod scratch;
mod serials;
mod service;
mod story;

#[cfg(test)]
#[path = "../tests/support/fixture.rs"]
mod fixture;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use reports::{KeptReport, Reports};
pub use serials::{Commitment, SERIALS_MAX, SerialsError};

/// Where the service finds its ledger and what its printed codes begin with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The node's address as this service reaches it, such as `http://127.0.0.1:8080`.
    pub node_url: String,
    /// What every printed code begins with, such as `https://so.example.vn`; no slash at the end.
    pub base: String,
}

/// What else may be chosen; nothing of it must be.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The service's own folder. Without one, no scans are counted, no problems can be reported and serials are not checked.
    pub data: Option<PathBuf>,
    /// Whether a proxy stands in front that adds the client's address to `X-Forwarded-For`. Where none does, anybody could write there.
    pub is_behind_proxy: bool,
    /// A web address to which every report is also sent, as JSON.
    pub report_webhook: Option<String>,
}

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An address is no web address.
    #[error("{which} is not a web address: {address}")]
    Address {
        /// Which of the two: `node` or `base`.
        which: &'static str,
        /// What stood there.
        address: String,
    },
    /// The HTTP client does not start.
    #[error("the HTTP client does not start")]
    Client(#[from] reqwest::Error),
    /// The service's folder cannot be used.
    #[error("the folder {} cannot be used", folder.display())]
    Data {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// The service within a node.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a node takes it apart")]
pub struct Pages {
    /// The routes, without a fallback, so that a node can merge them with its own: `/`, `/find`, `/labels`, `/lot/...`, `/01/...` and the
    /// other keys of GS1, `/blob/...`, `/assets/...`.
    pub router: axum::Router,
    /// What shoppers report, where the service has a folder.
    pub reports: Option<Arc<Reports>>,
}

/// The service for a node to merge with its own routes.
///
/// Clients are told apart by [`axum::extract::ConnectInfo`]; serve with `into_make_service_with_connect_info::<SocketAddr>()`. Where
/// that is missing, all clients are as one unknown one: nobody is limited, and no scan is counted.
///
/// # Errors
/// [`ConfigError`] when an address in `config` is no web address, or the data folder cannot be used.
pub fn pages(config: Config, settings: Settings) -> Result<Pages, ConfigError> {
    let service = service::Service::new(config, settings)?;
    Ok(Pages { reports: service.data().map(|data| Arc::clone(&data.reports)), router: routes::router(service) })
}

/// The routes with a page of their own for every other path: the whole service, run alone.
///
/// # Errors
/// As [`pages`].
pub fn standalone(config: Config, settings: Settings) -> Result<axum::Router, ConfigError> {
    Ok(routes::standalone(service::Service::new(config, settings)?))
}

/// The reports in a data folder, oldest first, each as it was kept.
///
/// # Errors
/// The file cannot be read.
pub fn reports(data: &Path) -> std::io::Result<Vec<KeptReport>> {
    reports::list(data)
}

/// Why a list of serials was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The node's address, or what names the lot.
    #[error("{0} names no lot")]
    Lot(String),
    /// The service's addresses.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The node was asked in vain.
    #[error("the node does not tell what the lot committed to: {0}")]
    Node(String),
    /// The lot committed to none.
    #[error("the lot was packed without serials")]
    NoneCommitted,
    /// The list itself.
    #[error(transparent)]
    Serials(#[from] SerialsError),
}

/// Keeps the serials of a lot in a data folder, if they are those that the ledger commits to; how many there are. Of a list with the codes
/// under scratch layers only the serials are kept; `has_scratch` says that the packs have such layers where the list does not show it.
///
/// # Errors
/// [`ImportError`].
pub async fn import_serials(
    node_url: &str,
    data: &Path,
    lot: &str,
    file: &Path,
    has_scratch: bool,
) -> Result<usize, ImportError> {
    let link = link::ItemLink::parse(lot).map_err(|_| ImportError::Lot(lot.to_owned()))?;
    let node = node::NodeClient::new(node_url).map_err(ConfigError::Client)?;
    let told = |error: node::NodeError| ImportError::Node(error.to_string());
    let lot = link.lot_uri(&node.ledger().await.map_err(told)?.origin);
    let committed = node.serials(&lot).await.map_err(told)?.ok_or(ImportError::NoneCommitted)?;
    let text = serials::read_bounded(file).map_err(SerialsError::File)?;
    Ok(serials::SerialLists::new(data).import(&lot, &text, committed, has_scratch)?)
}
