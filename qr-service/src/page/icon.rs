//! Icons drawn for this page: a hand and the thing it works on, in one line weight.

use maud::{Markup, PreEscaped};

use crate::story::Kind;

/// A hand seen from the side, fingers to the left, in the lower right corner of a 48 by 48 field.
const HAND: &str = "M46 41c-5 2-9 1-12-2l-6-5c-2-2 0-4 2-3l4 2-7-6c-2-2 0-4 2-3l7 5-5-6c-1-2 1-3 3-2l6 6c3 3 5 4 6 8";

/// What the hand holds or does.
fn thing(kind: Kind) -> &'static str {
    match kind {
        Kind::Harvest => {
            "M3 33c7-2 11 1 19 0M20 33c-1-7 0-13 1-19M21 22c-7 0-10-4-11-9 7 0 11 3 11 9zM21 17c1-6 5-9 11-10 0 7-4 10-11 10zM9 35c0 6 4 9 8 8 5-1 5-5 5-8M12 39h3"
        }
        Kind::Process => {
            "M5 8h38M9 8v21M15 8c1 7-1 13 0 21M21 8v22M27 8c-1 6 1 10 0 14M33 8v12M39 8c1 5-1 7 0 13M5 5v38"
        }
        Kind::Merge => "M24 3l15 5-6 11-14-5zM21 9l15 5M15 17v3M19 21v3M12 22v2M3 28h27l-4 15H7zM5 33h23M6 38h21",
        Kind::Split => "M12 14c1-6 4-10 9-10s8 4 9 10zM17 18l-6 6M11 19v5h5M27 18l3 4M2 42c1-8 4-12 8-12s7 4 8 12z",
        Kind::Pack => "M9 14h22l2 28H7zM13 14c0-6 3-9 7-9s7 3 7 9M13 22h14M14 27h8",
        Kind::Deliver => {
            "M20 2v4M20 6a6.500 6.500 0 1 0 .1 0zM20 12.500l3-3M20 19v4M17 23h6l2 5H15zM15 28c-4 4-6 9-4 14h18c2-5 0-10-4-14"
        }
        Kind::Sell => "M6 17h20l2 25H4zM10 17c0-5 2-8 6-8s6 3 6 8M32 5a6 6 0 1 0 .1 0zM32 9v4M39 15a5 5 0 1 0 .1 0z",
        Kind::Lose => {
            "M8 12c6 3 14 3 20 0l2 13-5 2 3 4-6 2 1 5-8 4H7c-2-10-2-20 1-30zM12 12l-2-6 8 3 8-3-2 6M31 42h1M36 44h1M27 44h1"
        }
        Kind::Inspect => "M7 5h24v20M7 5v38h18M12 12h14M12 18h14M12 24h9M12 31l3 3 5-6",
        Kind::Observe => "M3 17c6-9 24-9 30 0-6 8-24 8-30 0zM18 12.500a4.500 4.500 0 1 0 .1 0zM6 32h14M6 39h12",
    }
}

/// The icon of a step.
pub(super) fn step(kind: Kind) -> Markup {
    // The hand is filled with the page's colour, so that it lies over the thing.
    PreEscaped(format!(
        "<svg class=\"verb\" viewBox=\"0 0 48 48\" aria-hidden=\"true\"><path d=\"{}\"/><path class=\"hand\" d=\"{HAND}\"/></svg>",
        thing(kind)
    ))
}

/// Signs of a verdict or flag; words always stand beside them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign {
    /// Checked.
    Tick,
    /// Said to have held; nobody's check, so it is never green.
    Held,
    /// Not checked, or something to know.
    Mind,
    /// Failed or recalled.
    Stop,
}

/// A sign of a verdict, certificate or flag.
pub(super) fn sign(sign: Sign) -> Markup {
    let path = match sign {
        Sign::Tick => "M12 2.500a9.500 9.500 0 1 0 .1 0zM7.500 12.500l3 3.200 6-7",
        Sign::Held => "M5 3h10l4 4v14H5zM15 3v4h4M8.500 13.500l2.500 2.500 4.500-5",
        Sign::Mind => "M12 3L22 20.500H2zM12 9.500v5M12 17.200v.3",
        Sign::Stop => "M8 2.500h8l5.500 5.500v8L16 21.500H8L2.500 16V8zM8.500 8.500l7 7M15.500 8.500l-7 7",
    };
    PreEscaped(format!("<svg class=\"sign\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>"))
}
