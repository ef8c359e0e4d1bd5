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
mod locale;
mod node;
mod page;
mod quantity;
mod routes;
mod service;
mod story;

#[cfg(test)]
#[path = "../tests/support/fixture.rs"]
mod fixture;

/// Where the service finds its ledger and what its printed codes begin with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The node's address as this service reaches it, such as `http://127.0.0.1:8080`.
    pub node_url: String,
    /// What every printed code begins with, such as `https://so.example.vn`; no slash at the end.
    pub base: String,
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
}

/// The routes, without a fallback, so that a node can merge them with its own: `/`, `/find`, `/lot/...`, `/01/...`, `/blob/...`
/// and `/assets/...`.
///
/// # Errors
/// [`ConfigError`] when an address in `config` is no web address.
pub fn router(config: Config) -> Result<axum::Router, ConfigError> {
    Ok(routes::router(service::Service::new(config)?))
}

/// The same with a page of its own for every other path: the whole service, run alone.
///
/// # Errors
/// [`ConfigError`] when an address in `config` is no web address.
pub fn standalone(config: Config) -> Result<axum::Router, ConfigError> {
    Ok(routes::standalone(service::Service::new(config)?))
}
