//! Sizes of labels and sheets, in micrometres.

use std::str::FromStr;

/// A micrometre count of one millimetre.
pub(crate) const MM: i32 = 1_000;
const INCH_UM: i32 = 25_400;
/// A4, width and height.
const A4_UM: (i32, i32) = (210 * MM, 297 * MM);

/// What is printed on: single labels for a thermal printer, or a sheet of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    name: &'static str,
    about: &'static str,
    width_um: i32,
    height_um: i32,
    sheet: Option<Sheet>,
}

/// How labels lie on an A4 sheet, centred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) columns: i32,
    pub(crate) rows: i32,
    /// Between two columns; between rows there is none on any sheet here.
    gap_um: i32,
    /// Whether it is plain paper to be cut, which needs marks.
    pub(crate) is_plain: bool,
}

const fn single(name: &'static str, about: &'static str, width_um: i32, height_um: i32) -> Size {
    Size { name, about, width_um, height_um, sheet: None }
}

const fn sheet(name: &'static str, about: &'static str, label_um: (i32, i32), grid: (i32, i32), gap_um: i32) -> Size {
    let sheet = Some(Sheet { columns: grid.0, rows: grid.1, gap_um, is_plain: false });
    Size { name, about, width_um: label_um.0, height_um: label_um.1, sheet }
}

/// Every size there is. Sheets are named by how many labels they hold, as they are sold.
pub(crate) const SIZES: [Size; 9] = [
    single("50x30", "50 \u{d7} 30 mm, thermal", 50 * MM, 30 * MM),
    single("40x30", "40 \u{d7} 30 mm, thermal", 40 * MM, 30 * MM),
    sheet("a4-65", "A4, 65 \u{d7} (38.1 \u{d7} 21.2 mm), Avery L7651", (38_100, 21_200), (5, 13), 2_500),
    sheet("a4-24", "A4, 24 \u{d7} (63.5 \u{d7} 33.9 mm), Avery L7159", (63_500, 33_900), (3, 8), 2_500),
    sheet("a4-24-wide", "A4, 24 \u{d7} (70 \u{d7} 37 mm), Avery 3474", (70_000, 37_000), (3, 8), 0),
    sheet("a4-21", "A4, 21 \u{d7} (63.5 \u{d7} 38.1 mm), Avery L7160", (63_500, 38_100), (3, 7), 2_500),
    sheet("a4-14", "A4, 14 \u{d7} (99.1 \u{d7} 38.1 mm), Avery L7163", (99_100, 38_100), (2, 7), 2_500),
    sheet("a4-8", "A4, 8 \u{d7} (99.1 \u{d7} 67.7 mm), Avery L7165", (99_100, 67_700), (2, 4), 2_500),
    Size {
        name: "a4-36",
        about: "A4 to cut, 36 \u{d7} (50 \u{d7} 30 mm)",
        width_um: 50 * MM,
        height_um: 30 * MM,
        sheet: Some(Sheet { columns: 4, rows: 9, gap_um: 0, is_plain: true }),
    },
];

/// No size has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such size; there are {}", names())]
pub struct SizeError;

fn names() -> String {
    SIZES.map(|size| size.name).join(", ")
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        SIZES.into_iter().find(|size| size.name.eq_ignore_ascii_case(name)).ok_or(SizeError)
    }
}

impl Size {
    /// The size's name, such as `50x30` or `a4-24`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is, for people.
    pub(crate) fn about(&self) -> &'static str {
        self.about
    }

    pub(crate) fn width_um(&self) -> i32 {
        self.width_um
    }

    pub(crate) fn height_um(&self) -> i32 {
        self.height_um
    }

    /// The same without a strip at its foot.
    pub(crate) fn without_foot(self, um: i32) -> Self {
        Self { height_um: self.height_um - um, ..self }
    }

    pub(crate) fn area(&self) -> i64 {
        i64::from(self.width_um) * i64::from(self.height_um)
    }

    pub(crate) fn sheet(&self) -> Option<Sheet> {
        self.sheet
    }

    /// Width and height of the page that labels are printed on.
    pub(crate) fn page_um(&self) -> (i32, i32) {
        self.sheet.map_or((self.width_um, self.height_um), |_| A4_UM)
    }

    /// How many labels a page holds.
    pub(crate) fn per_page(&self) -> usize {
        usize::try_from(self.sheet.map_or(1, |sheet| sheet.columns * sheet.rows)).unwrap_or(1)
    }

    /// Upper left corner of the label at `place` of a page, counted row by row.
    pub(crate) fn corner_um(&self, place: usize) -> (i32, i32) {
        let Some(sheet) = self.sheet else { return (0, 0) };
        let place = i32::try_from(place).unwrap_or_default();
        let (column, row) = (place % sheet.columns, place / sheet.columns);
        let (left, top) = self.margins_um(sheet);
        (left + column * (self.width_um + sheet.gap_um), top + row * self.height_um)
    }

    fn margins_um(&self, sheet: Sheet) -> (i32, i32) {
        let width = sheet.columns * self.width_um + (sheet.columns - 1) * sheet.gap_um;
        ((A4_UM.0 - width) / 2, (A4_UM.1 - sheet.rows * self.height_um) / 2)
    }
}

/// Dots of a printer in an inch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dpi {
    /// The common label printer.
    D203,
    /// The finer one.
    D300,
    /// For designers, no label printer.
    D600,
}

/// No printer has so many dots here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such resolution; there are 203, 300 and, for pictures, 600")]
pub struct DpiError;

impl FromStr for Dpi {
    type Err = DpiError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "203" => Ok(Self::D203),
            "300" => Ok(Self::D300),
            "600" => Ok(Self::D600),
            _ => Err(DpiError),
        }
    }
}

impl Dpi {
    /// Tenths of a dot in an inch: a head of 203 dots is really one of 8 in a millimetre.
    fn tenths(self) -> i32 {
        match self {
            Self::D203 => 2_032,
            Self::D300 => 3_000,
            Self::D600 => 6_000,
        }
    }

    /// The nearest whole dot.
    pub(crate) fn dots(self, um: i32) -> i32 {
        (um * self.tenths() + INCH_UM * 5) / (INCH_UM * 10)
    }

    /// Whole dots within a length.
    pub(crate) fn dots_within(self, um: i32) -> i32 {
        um * self.tenths() / (INCH_UM * 10)
    }

    /// Length of so many dots, to the nearest micrometre.
    pub(crate) fn um(self, dots: i32) -> i32 {
        (dots * INCH_UM * 10 + self.tenths() / 2) / self.tenths()
    }

    /// Dots in a metre, which a PNG states.
    pub(crate) fn per_metre(self) -> u32 {
        u32::try_from(self.dots(100 * MM) * 10).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{A4_UM, SIZES};

    #[test]
    fn every_label_lies_on_the_paper_and_on_no_other() {
        for size in SIZES {
            let corners: Vec<_> = (0..size.per_page()).map(|place| size.corner_um(place)).collect();
            for (at, (x, y)) in corners.iter().enumerate() {
                assert!(*x >= 0 && *y >= 0, "{}", size.name());
                if size.sheet.is_some() {
                    assert!(x + size.width_um <= A4_UM.0 && y + size.height_um <= A4_UM.1, "{}", size.name());
                }
                for (other_x, other_y) in &corners[..at] {
                    let is_apart = (x - other_x).abs() >= size.width_um || (y - other_y).abs() >= size.height_um;
                    assert!(is_apart, "{} {at}", size.name());
                }
            }
        }
    }
}
