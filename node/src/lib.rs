//! The node of a traceability ledger.
pub mod config;
pub mod store;
pub mod index;
