//! The node of a traceability ledger.
pub mod admission;
pub mod config;
pub mod index;
mod metrics;
pub mod sequencer;
pub mod store;
