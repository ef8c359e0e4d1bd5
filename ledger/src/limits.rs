//! Bounds of statements and entries, each with its sum (`docs/format.md`, sections 3 to 6). Bounds of one module alone stand in that
//! module.

/// Longest payload of a statement in bytes: an entry of 65,535 bytes less room for 48 lot links (3,264), the fixed fields
/// (146), and 685 bytes kept in reserve.
pub const PAYLOAD_BYTES_MAX: usize = 61_440;

/// Longest entry in bytes: what the 16-bit length before an entry in a bundle can say.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Most lots that one entry links: what a co-op merges in a day with a wide margin.
pub const LOT_LINKS_MAX: usize = 48;

/// Bytes of one lot link: lot key (32), lot seq (4), leaf hash (32).
pub const LOT_LINK_BYTES: usize = 32 + 4 + 32;

/// Bytes of an entry besides lot links and payload: version (1), index (8), previous leaf hash (32), time (8), number of links
/// (1), key (32), signature (64).
pub const ENTRY_FIXED_BYTES: usize = 1 + 8 + 32 + 8 + 1 + 32 + 64;

/// Longest envelope in bytes: the payload in base64 (4/3), and 4,096 bytes for the rest.
pub const ENVELOPE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX / 3 * 4 + 4_096;

const _: () = assert!(PAYLOAD_BYTES_MAX + LOT_LINKS_MAX * LOT_LINK_BYTES + ENTRY_FIXED_BYTES <= ENTRY_BYTES_MAX);
