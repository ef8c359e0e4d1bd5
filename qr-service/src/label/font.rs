//! The embedded font: what it can write, how wide that is, and its outlines.

use std::sync::LazyLock;

use ttf_parser::{GlyphId, OutlineBuilder, Rect};

/// How strong a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Medium,
    Bold,
}

impl Weight {
    pub(crate) const ALL: [Self; 2] = [Self::Medium, Self::Bold];

    /// The font's name in a PDF.
    pub(crate) fn postscript_name(self) -> &'static str {
        match self {
            Self::Medium => "BeVietnamPro-Medium",
            Self::Bold => "BeVietnamPro-Bold",
        }
    }

    /// The font file.
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Medium => include_bytes!("../../assets/fonts/BeVietnamPro_500Medium.ttf"),
            Self::Bold => include_bytes!("../../assets/fonts/BeVietnamPro_700Bold.ttf"),
        }
    }

    /// The font; `None` only if the program was built with a broken file, which a test rules out.
    pub(crate) fn face(self) -> Option<&'static Face> {
        match self {
            Self::Medium => MEDIUM.as_ref(),
            Self::Bold => BOLD.as_ref(),
        }
    }
}

static MEDIUM: LazyLock<Option<Face>> = LazyLock::new(|| Face::read(Weight::Medium));
static BOLD: LazyLock<Option<Face>> = LazyLock::new(|| Face::read(Weight::Bold));

/// One weight of the font.
pub(crate) struct Face {
    parsed: ttf_parser::Face<'static>,
    units_per_em: i32,
}

impl Face {
    fn read(weight: Weight) -> Option<Self> {
        let parsed = ttf_parser::Face::parse(weight.bytes(), 0).ok()?;
        let units_per_em = i32::from(parsed.units_per_em()).max(1);
        Some(Self { parsed, units_per_em })
    }

    pub(crate) fn parsed(&self) -> &ttf_parser::Face<'static> {
        &self.parsed
    }

    pub(crate) fn units_per_em(&self) -> i32 {
        self.units_per_em
    }

    /// The glyph of a letter; a letter that the font does not have was replaced before.
    pub(crate) fn glyph(&self, letter: char) -> GlyphId {
        self.parsed.glyph_index(letter).unwrap_or_default()
    }

    pub(crate) fn has(&self, letter: char) -> bool {
        self.parsed.glyph_index(letter).is_some()
    }

    /// How far the pen moves, in font units.
    pub(crate) fn advance(&self, glyph: GlyphId) -> i32 {
        i32::from(self.parsed.glyph_hor_advance(glyph).unwrap_or_default())
    }

    /// Width of a text, in micrometres.
    pub(crate) fn width_um(&self, text: &str, em_um: i32) -> i32 {
        let units: i32 = text.chars().map(|letter| self.advance(self.glyph(letter))).sum();
        self.scaled_um(units, em_um)
    }

    /// Font units in micrometres, rounded up.
    pub(crate) fn scaled_um(&self, units: i32, em_um: i32) -> i32 {
        units.saturating_mul(em_um).saturating_add(self.units_per_em - 1) / self.units_per_em
    }

    /// Draws a glyph; gives the box around it, or nothing when it is blank.
    pub(crate) fn outline(&self, glyph: GlyphId, builder: &mut dyn OutlineBuilder) -> Option<Rect> {
        self.parsed.outline_glyph(glyph, builder)
    }
}

/// Calls `pen` for each letter of a text with its glyph and its distance from the beginning, in font units.
pub(crate) fn each_glyph(face: &Face, text: &str, mut pen: impl FnMut(GlyphId, i32)) {
    let mut at = 0;
    for letter in text.chars() {
        let glyph = face.glyph(letter);
        pen(glyph, at);
        at += face.advance(glyph);
    }
}

#[cfg(test)]
mod tests {
    use super::Weight;

    /// Every letter of Vietnamese, composed.
    const LETTERS: &str = "a\u{e0}\u{e1}\u{1ea3}\u{e3}\u{1ea1}\u{103}\u{1eb1}\u{1eaf}\u{1eb3}\u{1eb5}\u{1eb7}\u{e2}\u{1ea7}\u{1ea5}\u{1ea9}\u{1eab}\u{1ead}bcd\u{111}e\u{e8}\u{e9}\u{1ebb}\u{1ebd}\u{1eb9}\u{ea}\u{1ec1}\u{1ebf}\u{1ec3}\u{1ec5}\u{1ec7}ghi\u{ec}\u{ed}\u{1ec9}\u{129}\u{1ecb}klmno\u{f2}\u{f3}\u{1ecf}\u{f5}\u{1ecd}\u{f4}\u{1ed3}\u{1ed1}\u{1ed5}\u{1ed7}\u{1ed9}\u{1a1}\u{1edd}\u{1edb}\u{1edf}\u{1ee1}\u{1ee3}pqrstu\u{f9}\u{fa}\u{1ee7}\u{169}\u{1ee5}\u{1b0}\u{1eeb}\u{1ee9}\u{1eed}\u{1eef}\u{1ef1}vxy\u{1ef3}\u{fd}\u{1ef7}\u{1ef9}\u{1ef5}fjwz";

    #[test]
    fn the_font_has_every_vietnamese_letter_in_both_weights() {
        for weight in Weight::ALL {
            let face = weight.face().unwrap();
            for letter in LETTERS.chars().flat_map(|c| [c].into_iter().chain(c.to_uppercase())) {
                assert!(face.has(letter), "{letter} {weight:?}");
                assert!(face.advance(face.glyph(letter)) > 0, "{letter} {weight:?}");
            }
            for sign in "0123456789 .,:;/()-\u{b7}\u{2026}%\u{2605}\u{b0}".chars() {
                assert!(face.has(sign) || sign == '\u{2605}', "{sign} {weight:?}");
            }
        }
    }
}
