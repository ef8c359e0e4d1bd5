#![no_std]
//! Verifier.
