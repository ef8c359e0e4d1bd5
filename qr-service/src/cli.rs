//! Commands of `nguon-qr` that have more to them than a few lines.

pub(crate) mod labels;
