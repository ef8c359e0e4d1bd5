//! Judges a lot's proof bundle or a whole ledger without trusting whoever runs the ledger.
//!
//! **In scope:** proof bundles and their eleven checks (`docs/format.md`, section 8), the audit of every entry of a ledger, evidence files
//! (section 12), and verdicts that name each check; what a witness decides; what an audited ledger says, for people who inspect
//! (`report`), where a lot came from and went (`trace`), and what to look at in the field (`sample`).
//!
//! **Out of scope:** the bytes, proofs and rules themselves (crate `nguon-ledger`); files, sockets, threads and wording
//! for people (the command `nguon-verify`, under `cli`); the same checks in a browser (`verifier/web/verify.js`).
//!
//! A bad proof is never an error: it is a verdict that says what failed. Errors are for bytes that cannot be read.
#![no_std]

extern crate alloc;

pub mod verdict;

pub mod bundle;

pub mod audit;

pub mod evidence;

pub mod report;

pub mod sample;

pub mod trace;

pub mod witness;
