//! The node of a traceability ledger.
pub mod config;
pub mod store;
pub mod index;
pub mod keys;
pub mod client;
pub mod cli;
pub mod demo;
