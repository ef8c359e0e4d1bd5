//! QR codes: level M, a quiet zone of four modules, as SVG for printing and PNG for whatever cannot read SVG.

use std::{fmt::Write as _, io::Cursor};

use qrcode::{Color, EcLevel, QrCode, Version};

/// Quiet zone on each side, in modules: the least that ISO/IEC 18004 asks for.
pub(crate) const QUIET_MODULES: usize = 4;
/// Pixels a module in a PNG: 33 modules and the quiet zone give 492 pixels, sharp on a phone and on a 300 dpi label.
const PNG_PIXELS_PER_MODULE: usize = 12;
/// Longest text put into a code. Level M holds 2,331 bytes, but a code of more than this cannot be read from a label.
const TEXT_BYTES_MAX: usize = 400;

/// Why a text has no QR code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The text is too long to be read from a label.
    #[error("the text is longer than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// The encoder refuses it.
    #[error("the text cannot be encoded")]
    Encode(#[source] qrcode::types::QrError),
    /// The picture cannot be written.
    #[error("the picture cannot be written")]
    Png(#[from] png::EncodingError),
}

/// The modules of a code, quiet zone not counted.
#[derive(Debug, Clone)]
pub(crate) struct Modules {
    width: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// The smallest code of `text` at level M.
    pub(crate) fn of(text: &str) -> Result<Self, CodeError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(CodeError::TooLong);
        }
        Ok(Self::from(&QrCode::with_error_correction_level(text, EcLevel::M).map_err(CodeError::Encode)?))
    }

    /// A code of `text` of as many modules as another, so that all labels of a sheet look the same.
    pub(crate) fn of_width(text: &str, width: usize) -> Result<Self, CodeError> {
        let version = width.checked_sub(17).and_then(|rest| i16::try_from(rest / 4).ok()).unwrap_or_default();
        let code = QrCode::with_version(text, Version::Normal(version), EcLevel::M).map_err(CodeError::Encode)?;
        Ok(Self::from(&code))
    }

    /// Modules on a side.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Column and row of every dark module.
    pub(crate) fn dark(&self) -> impl Iterator<Item = (usize, usize)> {
        let dark = self.dark.iter().enumerate().filter(|(_, dark)| **dark);
        dark.map(|(at, _)| (at % self.width, at / self.width))
    }

    /// Column, row and length of every run of dark modules in a row.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.rows().enumerate().flat_map(|(y, row)| {
            let mut x = 0;
            row.chunk_by(|a, b| a == b).filter_map(move |run| {
                let left = x;
                x += run.len();
                run.first().filter(|dark| **dark).map(|_| (left, y, run.len()))
            })
        })
    }

    fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.dark.chunks(self.width)
    }
}

impl From<&QrCode> for Modules {
    fn from(code: &QrCode) -> Self {
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Self { width: code.width(), dark }
    }
}

/// The code of `text` as an SVG document of one path, in which every run of dark modules is one rectangle.
///
/// # Errors
/// [`CodeError`] when the text is too long for a code that a phone reads from a label.
pub fn svg(text: &str) -> Result<String, CodeError> {
    let modules = Modules::of(text)?;
    let side = modules.width + 2 * QUIET_MODULES;
    let mut path = String::new();
    for (x, y, length) in modules.runs() {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET_MODULES, y + QUIET_MODULES);
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

/// The code of `text` as a PNG picture of one bit a pixel, 12 pixels a module.
///
/// # Errors
/// [`CodeError`] when the text is too long for a code that a phone reads from a label.
pub fn png(text: &str) -> Result<Vec<u8>, CodeError> {
    let modules = Modules::of(text)?;
    let side_px = (modules.width + 2 * QUIET_MODULES) * PNG_PIXELS_PER_MODULE;
    let row_bytes = side_px.div_ceil(8);
    let quiet_px = QUIET_MODULES * PNG_PIXELS_PER_MODULE;
    // In one-bit greyscale a set bit is white.
    let mut pixels = vec![0xff; row_bytes * quiet_px];
    for row in modules.rows() {
        let mut line = vec![0xff_u8; row_bytes];
        for (x, _) in row.iter().enumerate().filter(|(_, dark)| **dark) {
            let left_px = quiet_px + x * PNG_PIXELS_PER_MODULE;
            for px in left_px..left_px + PNG_PIXELS_PER_MODULE {
                if let Some(byte) = line.get_mut(px / 8) {
                    *byte &= !(0x80 >> (px % 8));
                }
            }
        }
        (0..PNG_PIXELS_PER_MODULE).for_each(|_| pixels.extend_from_slice(&line));
    }
    pixels.resize(row_bytes * side_px, 0xff);

    let mut file = Cursor::new(Vec::new());
    let side = u32::try_from(side_px).map_err(|_| CodeError::TooLong)?;
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file.into_inner())
}

#[cfg(test)]
mod tests;
