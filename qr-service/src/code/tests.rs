//! The codes are read back by `rqrr`, which shares no code with the encoder.

use super::{CodeError, Modules, PNG_PIXELS_PER_MODULE, QUIET_MODULES, TEXT_BYTES_MAX, png, svg};

const TEXTS: [&str; 3] = [
    "https://so.example.vn/lot/0123456789ABCDEF",
    "https://t.example.vn/01/08931234567897/10/260312A/21/0123456789ABCD",
    "http://127.0.0.1:8080/01/08931234567897/10/LO%2F7",
];

/// Paints the SVG's dark rectangles on a grid of one cell a module and returns the side with the cells.
fn paint(document: &str) -> (usize, Vec<bool>) {
    let between = |from: &str, to: &str| document.split_once(from).unwrap().1.split_once(to).unwrap().0;
    let side: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
    let mut cells = vec![false; side * side];
    for rectangle in between("<path d=\"M", "\"").trim_end_matches('z').split("zM") {
        let (corner, rest) = rectangle.split_once('h').unwrap();
        let (x, y) = corner.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let length: usize = rest.split_once("v1h-").unwrap().0.parse().unwrap();
        for cell in &mut cells[y * side + x..y * side + x + length] {
            assert!(!*cell, "rectangles overlap");
            *cell = true;
        }
    }
    (side, cells)
}

fn decode(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> (rqrr::MetaData, String) {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| if is_dark(x, y) { 0 } else { 255 });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap()
}

#[test]
fn the_svg_is_read_by_an_independent_decoder() {
    const SCALE: usize = 4;
    for text in TEXTS {
        let (side, cells) = paint(&svg(text).unwrap());
        let (meta, read) = decode(side * SCALE, |x, y| cells[y / SCALE * side + x / SCALE]);
        assert_eq!(read, text);
        assert_eq!(meta.ecc_level, 0, "rqrr calls level M 0, as the format bits do");
    }
}

#[test]
fn the_png_is_read_by_an_independent_decoder() {
    for text in TEXTS {
        let file = png(text).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bits = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bits).unwrap();
        let side = usize::try_from(info.width).unwrap();
        assert_eq!(side, (Modules::of(text).unwrap().width + 2 * QUIET_MODULES) * PNG_PIXELS_PER_MODULE);
        let (_, read) = decode(side, |x, y| bits[y * info.line_size + x / 8] & (0x80 >> (x % 8)) == 0);
        assert_eq!(read, text);
    }
}

#[test]
fn the_quiet_zone_is_four_modules_and_runs_are_merged() {
    let document = svg(TEXTS[1]).unwrap();
    let (side, cells) = paint(&document);
    for (at, _) in cells.iter().enumerate().filter(|(_, dark)| **dark) {
        let (x, y) = (at % side, at / side);
        assert!(
            (QUIET_MODULES..side - QUIET_MODULES).contains(&x) && (QUIET_MODULES..side - QUIET_MODULES).contains(&y)
        );
    }
    let runs: usize = cells.chunks(side).map(|row| row.chunk_by(|a, b| a == b).filter(|run| run[0]).count()).sum();
    assert_eq!(document.matches("v1h-").count(), runs, "one rectangle a run");
    assert!(document.len() < 6_000, "{} bytes", document.len());
}

#[test]
fn a_text_too_long_for_a_label_is_refused() {
    assert!(matches!(svg(&"a".repeat(TEXT_BYTES_MAX + 1)), Err(CodeError::TooLong)));
    assert!(svg(&"a".repeat(TEXT_BYTES_MAX)).is_ok());
}
