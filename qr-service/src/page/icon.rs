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
        Kind::Merge => "M3 16h16l-3 12H7zM6 20h10M26 6h15l-3 10H29zM29 10h9M23 15l5-3M19 33c-4 0-9 3-10 9h22M12 28l4 4",
        Kind::Split => {
            "M4 40c3-11 8-16 13-17 2 5 2 12 0 17zM44 22c-1-7-5-12-12-14-3 4-3 9-2 14M22 6c-1 8 1 14 0 20M18 10l4-4 4 4"
        }
        Kind::Pack => "M9 14h22l2 28H7zM13 14c0-6 3-9 7-9s7 3 7 9M13 22h14M14 27h8",
        Kind::Deliver => "M20 3v6M14 9h12M20 9v5M9 15h22l-3 14H12zM13 20h14M20 29v5M16 38c0-3 2-4 4-4s4 1 4 4",
        Kind::Sell => "M6 17h20l2 25H4zM10 17c0-5 2-8 6-8s6 3 6 8M32 5a6 6 0 1 0 .1 0zM32 9v4M39 15a5 5 0 1 0 .1 0z",
        Kind::Lose => {
            "M8 12c6 3 14 3 20 0l2 13-5 2 3 4-6 2 1 5-8 4H7c-2-10-2-20 1-30zM12 12l-2-6 8 3 8-3-2 6M31 42h1M36 44h1M27 44h1"
        }
        Kind::Inspect => "M7 5h24v20M7 5v38h18M12 12h14M12 18h14M12 24h9M12 31l3 3 5-6",
        Kind::Observe => "M4 20c6-9 25-9 31 0-6 8-25 8-31 0zM19.500 15a5 5 0 1 0 .1 0zM10 34h14M10 40h10",
    }
}

/// The icon of a step.
pub(super) fn step(kind: Kind) -> Markup {
    svg("verb", "0 0 48 48", &format!("{}{HAND}", thing(kind)))
}

/// Signs of a verdict or flag; words always stand beside them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign {
    /// Checked.
    Tick,
    /// Not checked, or something to know.
    Mind,
    /// Failed or recalled.
    Stop,
}

/// A sign of a verdict, certificate or flag.
pub(super) fn sign(sign: Sign) -> Markup {
    let path = match sign {
        Sign::Tick => "M12 2.500a9.500 9.500 0 1 0 .1 0zM7.500 12.500l3 3.200 6-7",
        Sign::Mind => "M12 3L22 20.500H2zM12 9.500v5M12 17.200v.3",
        Sign::Stop => "M8 2.500h8l5.500 5.500v8L16 21.500H8L2.500 16V8zM8.500 8.500l7 7M15.500 8.500l-7 7",
    };
    svg("sign", "0 0 24 24", path)
}

fn svg(class: &str, field: &str, path: &str) -> Markup {
    // Every part is a constant of this module.
    PreEscaped(format!("<svg class=\"{class}\" viewBox=\"{field}\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>"))
}
