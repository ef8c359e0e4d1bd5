//! The pure core of the ledger: bytes, tree, proofs, identifiers, events and rules.
//!
//! **In scope:** everything whose bytes are signed, hashed or proven (`docs/format.md`), and the one deterministic
//! function that says whether a statement may enter the ledger and what it changes.
//!
//! **Out of scope:** clocks, randomness, files, sockets and threads (crate `nguon-node`); judging a bundle or a whole
//! ledger and wording the verdict (crate `nguon-verifier`); pages and QR codes (crate `nguon-qr`).
//!
//! The modules stand in reading order.
#![no_std]

extern crate alloc;

pub mod limits;

// The log: C2SP formats over RFC 6962 trees.
pub mod checkpoint;
pub mod cosignature;
pub mod hash;
pub mod note;
pub mod policy;
pub mod tile;
pub mod tlog_proof;
pub mod tree;

// What people sign and the log holds.
pub mod amount;
pub mod body;
pub mod digital_link;
pub mod entry;
pub mod envelope;
pub mod epcis;
pub mod identifier;
pub mod journal;
pub mod json;
pub mod key;
pub mod statement;
pub mod time;

// What may happen.
pub mod refusal;
pub mod rules;
pub mod state;
