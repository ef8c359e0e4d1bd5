use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, RgbaImage};

use super::{PictureError, Size, anew};

const MARK: &[u8] = b"<script>alert(1)</script>";

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A JPEG with the given EXIF orientation and a position, and markup behind its end.
fn telling_jpeg(orientation: u8) -> Vec<u8> {
    let plain = encoded(halves(64, 32), ImageFormat::Jpeg);
    // Big-endian TIFF with one directory: orientation, and the place of the GPS directory; then a position's text.
    let mut tiff = b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0]);
    tiff.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0");
    tiff.extend(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0GPS 22.1473,106.0531");
    let mut exif = b"Exif\0\0".to_vec();
    exif.extend(&tiff);
    let mut out = plain[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    out.extend(&exif);
    out.extend(&plain[2..]);
    out.extend(MARK);
    out
}

#[test]
fn nothing_travels_but_the_picture() {
    let told = telling_jpeg(1);
    assert!(holds(&told, b"GPS 22.1473") && holds(&told, MARK));
    for size in [Size::Full, Size::Small] {
        let shown = anew(&told, size).unwrap();
        assert!(shown.starts_with(&[0xff, 0xd8, 0xff]));
        assert!(!holds(&shown, b"Exif") && !holds(&shown, b"GPS") && !holds(&shown, MARK));
    }
}

#[test]
fn what_was_taken_sideways_stands_upright() {
    let shown = image::load_from_memory(&anew(&telling_jpeg(6), Size::Full).unwrap()).unwrap().to_rgb8();
    assert_eq!(shown.dimensions(), (32, 64), "turned by a quarter");
    let (top, bottom) = (shown.get_pixel(16, 8).0, shown.get_pixel(16, 56).0);
    assert!(top[0] > 150 && top[2] < 100, "red on top: {top:?}");
    assert!(bottom[2] > 150 && bottom[0] < 100, "blue below: {bottom:?}");
}

#[test]
fn every_known_kind_becomes_a_small_jpeg_on_white() {
    let clear = RgbaImage::from_pixel(50, 40, image::Rgba([0, 0, 0, 0]));
    for (bytes, size) in [
        (encoded(halves(2_000, 1_000), ImageFormat::Png), (1_600, 800)),
        (encoded(halves(900, 1_800), ImageFormat::WebP), (800, 1_600)),
        (encoded(clear, ImageFormat::Png), (50, 40)),
    ] {
        let shown = anew(&bytes, Size::Full).unwrap();
        assert_eq!(image::guess_format(&shown).unwrap(), ImageFormat::Jpeg);
        let shown = image::load_from_memory(&shown).unwrap().to_rgb8();
        assert_eq!(shown.dimensions(), size);
        if size == (50, 40) {
            assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|channel| *channel > 250)));
        }
    }
    let small = anew(&encoded(halves(2_000, 1_000), ImageFormat::Png), Size::Small).unwrap();
    assert_eq!(image::load_from_memory(&small).unwrap().width(), 720);
}

/// A PNG that says how large it is and has almost nothing in it.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    let row_bytes = usize::try_from(width.div_ceil(8)).unwrap();
    writer.write_image_data(&vec![0; row_bytes * usize::try_from(height).unwrap()]).unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn pictures_that_would_fill_the_memory_are_refused_unread() {
    let long = bomb(60_000, 10);
    assert!(matches!(anew(&long, Size::Full), Err(PictureError::Read(image::ImageError::Limits(_)))));
    let wide = bomb(8_000, 8_000);
    assert!(wide.len() < 100_000, "64 million pixels in {} bytes", wide.len());
    assert!(matches!(anew(&wide, Size::Full), Err(PictureError::TooLarge)));
}

#[test]
fn what_only_looks_like_a_picture_is_none() {
    let mut gif = b"GIF89a".to_vec();
    gif.extend(MARK);
    let mut half = encoded(halves(64, 32), ImageFormat::Png);
    half.truncate(60);
    for bytes in [gif, half, b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), MARK.to_vec(), Vec::new()] {
        assert!(anew(&bytes, Size::Full).is_err());
    }
    let mut beginning = vec![0xff, 0xd8, 0xff, 0xe0];
    beginning.extend(MARK);
    assert!(anew(&beginning, Size::Full).is_err());
}
