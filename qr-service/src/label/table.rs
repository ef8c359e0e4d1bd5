//! The table for a printing house that makes labels of its own design: what differs from pack to pack, one row each.

use super::Tag;

/// Marks the file as UTF-8 for spreadsheets.
const BYTE_ORDER_MARK: &str = "\u{feff}";
const HEAD: &str = "url,serial,code,scratch\r\n";

/// Comma-separated values (RFC 4180). `short_code` is the code to type, which all packs of a lot share.
pub(super) fn table(short_code: &str, tags: &[Tag]) -> Vec<u8> {
    let mut table = format!("{BYTE_ORDER_MARK}{HEAD}");
    for tag in tags {
        let scratch = tag.scratch.as_ref().map(crate::scratch::ScratchCode::print).unwrap_or_default();
        let row = [&tag.address, tag.serial.as_deref().unwrap_or_default(), short_code, &scratch];
        table.push_str(&row.map(field).join(","));
        table.push_str("\r\n");
    }
    table.into_bytes()
}

/// Every field in quotes: what is all digits is then taken for text by more programs.
fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
