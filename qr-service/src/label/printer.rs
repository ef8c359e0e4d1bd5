//! The languages of label printers. Both carry nothing but the label's dots: no letter of anybody's name stands in the command
//! stream, so no name can be a command, and no printer needs to know a Vietnamese letter.

use super::{raster::Bitmap, size::Size};

/// Hexadecimal digits as ZPL writes them.
const HEX: &[u8; 16] = b"0123456789ABCDEF";
/// Space between two labels on a roll.
const GAP_MM: i32 = 2;

/// Appends one label in ZPL II, printed `copies` times.
pub(super) fn zpl(out: &mut Vec<u8>, bitmap: &Bitmap, copies: usize) {
    let (row_bytes, bytes) = (bitmap.row_bytes(), bitmap.row_bytes() * bitmap.height());
    let (width, height) = (bitmap.width(), bitmap.height());
    out.extend_from_slice(format!("^XA^PW{width}^LL{height}^LH0,0^FO0,0^GFA,{bytes},{bytes},{row_bytes},").as_bytes());
    let mut before: Option<&[u8]> = None;
    for row in bitmap.rows() {
        if before == Some(row) {
            out.push(b':');
        } else {
            zpl_row(out, row);
        }
        before = Some(row);
    }
    out.extend_from_slice(format!("^FS^PQ{copies}^XZ\n").as_bytes());
}

/// One row in ZPL's shorthand: counts before repeated digits, a comma for zeros to the end.
fn zpl_row(out: &mut Vec<u8>, row: &[u8]) {
    let digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let used = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let (used, rest) = digits.split_at(used);
    for run in used.chunk_by(|a, b| a == b) {
        let mut length = run.len();
        while length >= 400 {
            out.push(b'z');
            length -= 400;
        }
        // g stands for 20, h for 40 and so on; G for 1, H for 2 and so on.
        let (twenties, ones) = (length / 20, length % 20);
        let letter = |from: u8, count: usize| u8::try_from(count).map_or(from, |count| from + count - 1);
        if twenties > 0 {
            out.push(letter(b'g', twenties));
        }
        if ones > 0 && run.len() > 1 {
            out.push(letter(b'G', ones));
        }
        out.extend(run.first().and_then(|digit| HEX.get(usize::from(*digit))));
    }
    if !rest.is_empty() {
        out.push(b',');
    }
}

/// Appends what a TSPL printer needs once, before the first label.
pub(super) fn tspl_head(out: &mut Vec<u8>, size: Size) {
    let tenths = |um: i32| format!("{}.{}", um / 1_000, um / 100 % 10);
    let (width, height) = (tenths(size.width_um()), tenths(size.height_um()));
    out.extend_from_slice(
        format!("SIZE {width} mm,{height} mm\r\nGAP {GAP_MM} mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\n").as_bytes(),
    );
}

/// Appends one label in TSPL, printed `copies` times.
pub(super) fn tspl(out: &mut Vec<u8>, bitmap: &Bitmap, copies: usize) {
    let (row_bytes, height) = (bitmap.row_bytes(), bitmap.height());
    out.extend_from_slice(format!("CLS\r\nBITMAP 0,0,{row_bytes},{height},0,").as_bytes());
    // A zero bit burns a dot.
    out.extend(bitmap.rows().flatten().map(|byte| !byte));
    out.extend_from_slice(format!("\r\nPRINT {copies},1\r\n").as_bytes());
}
