//! The node of a traceability ledger: sequencer, stores, HTTP API.
//!
//! **In scope:** everything that needs a clock, a disk, threads or a socket to keep one ledger and show it to others.
//!
//! **Out of scope:** bytes, proofs and rules (crate `nguon-ledger`); judging what was kept (crate `nguon-verifier`); the page behind a QR code
//! (crate `nguon-qr`).
//!
//! The modules stand in the order in which a statement meets them.

pub mod config;

// The way in.
pub mod admission;
pub mod http;
pub mod sequencer;

// The truth, and what follows from it.
pub mod index;
pub mod store;

// People who are to join.
pub mod invitations;

// Questions, other people's word on the log, and the whole.
mod metrics;
pub mod node;
mod query;
pub mod witness;

// What people type, and what signs for them.
pub mod cli;
pub mod client;
pub mod demo;
pub mod keys;

mod base32;
#[cfg(test)]
mod testing;
