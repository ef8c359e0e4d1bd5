//! Photos as strangers may see them: read within limits and written anew, so that nothing travels but the picture. Where and with which
//! phone it was taken, what stands behind its end, and what only looks like a picture stay here.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, Rgb, RgbImage, codecs::jpeg::JpegEncoder,
};

/// Most pixels of a photo: those of a phone's full picture.
const PIXELS_MAX: u64 = 20_000_000;
/// Longest side; no phone's camera makes a longer one.
const SIDE_PX_MAX: u32 = 8_192;
/// What the decoder may take in memory: four bytes a pixel and its own tables.
const DECODE_BYTES_MAX: u64 = 4 * PIXELS_MAX + (16 << 20);
/// Quality of what is written: at these sizes the eye sees no difference to a better one.
const JPEG_QUALITY: u8 = 78;

/// How large a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// To read a certificate by.
    Full,
    /// On the page of a phone.
    Small,
}

impl Size {
    fn side_px(self) -> u32 {
        match self {
            Self::Full => 1_600,
            Self::Small => 720,
        }
    }
}

/// Why a file is not shown as a picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    /// Neither JPEG nor PNG nor WebP.
    #[error("not a picture of a known kind")]
    Kind,
    /// More pixels than are read.
    #[error("more than {PIXELS_MAX} pixels")]
    TooLarge,
    /// Broken.
    #[error("the picture cannot be read")]
    Read(#[from] image::ImageError),
}

/// The picture anew as JPEG, upright, no longer than `size` says, with nothing beside the pixels.
pub(crate) fn anew(bytes: &[u8], size: Size) -> Result<Vec<u8>, PictureError> {
    let format = image::guess_format(bytes).map_err(|_| PictureError::Kind)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(PictureError::Kind);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PX_MAX);
    limits.max_image_height = Some(SIDE_PX_MAX);
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(PictureError::TooLarge);
    }
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    let side = size.side_px();
    if picture.width().max(picture.height()) > side {
        picture = picture.thumbnail(side, side);
    }
    picture.apply_orientation(orientation);
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY).encode_image(&on_white(&picture))?;
    Ok(out)
}

/// The picture on white paper, as JPEG knows nothing of what shines through.
fn on_white(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let seen = picture.to_rgba8();
    RgbImage::from_fn(seen.width(), seen.height(), |x, y| {
        let [r, g, b, alpha] = seen.get_pixel(x, y).0;
        let over = |channel: u8| {
            let mixed = (u16::from(channel) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb([over(r), over(g), over(b)])
    })
}

#[cfg(test)]
mod tests;
