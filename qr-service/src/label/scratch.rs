//! The place for a scratch layer: a frame with the secret code in it, and beside it a word that says what to do.
//!
//! The frame has one size on all labels, so that one kind of sticker covers it.

use super::{
    LabelError,
    font::Weight,
    layout::{EDGE_UM, EM_MIN_UM, Point, Text, fitting_em, wrap},
    size::{MM, Size},
};
use crate::scratch::ScratchCode;

/// What the place takes of a label's height.
pub(super) const HEIGHT_UM: i32 = FRAME_HEIGHT_UM + FOOT_UM + 100;
const FRAME_HEIGHT_UM: i32 = 4 * MM;
/// Below the frame.
const FOOT_UM: i32 = 700;
const FRAME_WIDTH_UM: i32 = 30 * MM;
/// The frame on the narrowest label.
const FRAME_MIN_UM: i32 = 26 * MM;
/// Free space in the frame, left and right: a layer that lies a little askew still covers the code.
const INSET_UM: i32 = 900;
/// Between the word and the frame.
const GAP_UM: i32 = 800;
const CODE_EM_UM: i32 = 2_600;
const WORD_EM_UM: i32 = 1_900;
const WORD_ROWS_MAX: usize = 2;
const DASH_UM: i32 = 1_000;
const DASH_GAP_UM: i32 = 700;
const LINE_UM: i32 = 150;

/// The place, laid out.
pub(super) struct Area {
    pub(super) words: Vec<Text>,
    pub(super) frame: Vec<Vec<Point>>,
    pub(super) code: Text,
}

impl Area {
    /// The place at the foot of a label, with room for `code`, the widest.
    pub(super) fn of(size: Size, word: &str, code: &ScratchCode) -> Result<Self, LabelError> {
        let (medium, bold) = Weight::Medium.face().zip(Weight::Bold.face()).ok_or(LabelError::Font)?;
        let room_um = size.width_um() - 2 * EDGE_UM;
        let (rows, em_um, word_um) = [WORD_EM_UM, EM_MIN_UM]
            .into_iter()
            .flat_map(|em_um| (1..=WORD_ROWS_MAX).map(move |rows| (rows, em_um)))
            .find_map(|(rows_max, em_um)| {
                // In one row if it can be, else in two as alike as they can be.
                let width_um = medium.width_um(word, em_um);
                let widest = if rows_max == 1 { width_um } else { width_um * 6 / 10 };
                let rows = wrap(medium, word, em_um, (widest, rows_max));
                let widest = rows.iter().map(|row| medium.width_um(row, em_um)).max().unwrap_or_default();
                let fits = rows.len() <= rows_max && widest + GAP_UM + FRAME_MIN_UM <= room_um;
                let is_roomy = rows_max > 1 || widest + GAP_UM + FRAME_WIDTH_UM <= room_um;
                (fits && is_roomy).then_some((rows, em_um, widest))
            })
            .ok_or(LabelError::Room)?;
        let width_um = FRAME_WIDTH_UM.min(room_um - GAP_UM - word_um);
        let (left_um, top_um) = (size.width_um() - EDGE_UM - width_um, size.height_um() - FOOT_UM - FRAME_HEIGHT_UM);
        let middle_um = top_um + FRAME_HEIGHT_UM / 2;
        let printed = code.print();
        let code_em = fitting_em(bold, &printed, CODE_EM_UM, width_um - 2 * INSET_UM);
        let code_left = left_um + (width_um - bold.width_um(&printed, code_em)) / 2;
        let code = Text {
            left_um: code_left,
            foot_um: middle_um + code_em * 35 / 100,
            em_um: code_em,
            weight: Weight::Bold,
            text: printed,
        };
        let count = i32::try_from(rows.len()).unwrap_or(1);
        let words = (0..).zip(rows).map(|(at, text): (i32, String)| Text {
            left_um: left_um - GAP_UM - word_um,
            foot_um: middle_um + em_um * (35 + 115 * at) / 100 - em_um * 115 * (count - 1) / 200,
            em_um,
            weight: Weight::Medium,
            text,
        });
        Ok(Self { words: words.collect(), frame: frame((left_um, top_um), (width_um, FRAME_HEIGHT_UM)), code })
    }
}

/// A dashed line around a box, each dash a filled box of its own: every output can draw those.
fn frame((left, top): Point, (width, height): Point) -> Vec<Vec<Point>> {
    let dashes = |length: i32| {
        let count = (length + DASH_GAP_UM) / (DASH_UM + DASH_GAP_UM);
        // The corners are closed: the first dash begins and the last ends at one.
        (0..count).map(move |at| (length - DASH_UM) * at / (count - 1).max(1))
    };
    let filled = |x: i32, y: i32, w: i32, h: i32| vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)];
    let mut lines = Vec::new();
    for along in dashes(width) {
        lines.push(filled(left + along, top, DASH_UM, LINE_UM));
        lines.push(filled(left + along, top + height - LINE_UM, DASH_UM, LINE_UM));
    }
    for along in dashes(height) {
        lines.push(filled(left, top + along, LINE_UM, DASH_UM));
        lines.push(filled(left + width - LINE_UM, top + along, LINE_UM, DASH_UM));
    }
    lines
}
