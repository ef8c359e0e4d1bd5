//! The bodies of statements, read strictly (`docs/format.md`, section 4).
//!
//! Everything here borrows from the payload or is small. Whether what a body says is *allowed* is for [`crate::rules`].

mod attest;
mod event;
mod fields;
mod registry;

#[cfg(test)]
mod tests;

pub use attest::{Attest, Claim};
pub use event::{Certificate, EventBody, Serials, Verb};
pub use registry::{
    ActorBody, ActorClass, Blob, Charter, KeyBody, KeyChange, MadeFrom, NetContent, PlaceBody, PlaceClass, ProductBody,
    Role, Text,
};
