//! The report as a folder of CSV files, one a table (RFC 4180), each with a byte order mark: without it Excel takes the text for
//! another encoding and breaks every Vietnamese word.

use std::path::Path;

use anyhow::Context as _;

use super::Report;
use super::table::Cell;

pub(super) fn write(report: &Report<'_>, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("the folder {}", folder.display()))?;
    let words = report.words;
    let heading = |key: &str| words.get(&format!("report.column.{key}")).to_owned();
    let head =
        report.head().into_iter().map(|(key, value)| vec![words.get(&format!("report.head.{key}")).to_owned(), value]);
    save(&folder.join("report.csv"), head)?;
    for table in &report.tables {
        let first = table.columns.iter().map(|key| heading(key)).collect();
        let rows = table.rows.iter().map(|row| row.iter().map(|cell| plain(cell, report)).collect());
        save(&folder.join(format!("{}.csv", table.code)), std::iter::once(first).chain(rows))?;
    }
    Ok(())
}

/// A value as other programs read it: decimals with a point, times with their offset, whole lists.
fn plain(cell: &Cell, report: &Report<'_>) -> String {
    match cell {
        Cell::Amount(amount) => amount.to_string(),
        Cell::Called { uri, name } if name.is_empty() => uri.clone(),
        Cell::Time(at) => at.to_rfc3339(),
        Cell::Share(_) => cell.json().trim_matches('"').to_owned(),
        Cell::None
        | Cell::Text(_)
        | Cell::Called { .. }
        | Cell::Many(_)
        | Cell::Unit(_)
        | Cell::Count(_)
        | Cell::Word(..) => cell.text(report.words, report.language, usize::MAX),
    }
}

fn save(file: &Path, rows: impl Iterator<Item = Vec<String>>) -> anyhow::Result<()> {
    let mut text = String::from('\u{feff}');
    for row in rows {
        let fields: Vec<String> = row.iter().map(|field| escape(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

/// A field as RFC 4180 has it. Texts come from the ledger's members: one that a spreadsheet would run as a formula gets an apostrophe.
fn escape(field: &str) -> String {
    let is_number = field.parse::<f64>().is_ok();
    let guard = if !is_number && field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{guard}{}\"", field.replace('"', "\"\""))
    } else {
        format!("{guard}{field}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_no_text_is_a_formula() {
        assert_eq!(escape("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(escape("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(escape("-12.5"), "-12.5");
        assert_eq!(escape("-cmd"), "'-cmd");
    }
}
