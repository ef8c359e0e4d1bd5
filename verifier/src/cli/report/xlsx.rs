//! The report as a workbook: what was asked and found on the first sheet, then one sheet a table. Texts are written as texts, so
//! none of them runs as a formula.

use std::path::Path;

use anyhow::Context as _;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::Report;
use super::table::{Cell, OFFSET_MILLIS};

/// Most characters of one cell.
const CELL_CHARS_MAX: usize = 32_767;
/// Most rows of one sheet, its heading left out.
const ROWS_MAX: usize = 1_048_575;

struct Formats {
    heading: Format,
    time: Format,
    share: Format,
    wrapped: Format,
}

pub(super) fn write(report: &Report<'_>, file: &Path) -> anyhow::Result<()> {
    let mut workbook = Workbook::new();
    // The same ledger gives the same bytes: the workbook carries the time of the last entry, not of the writing.
    if let Some(time) = report.as_of.and_then(date_time) {
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&time));
    }
    let formats = Formats {
        heading: Format::new().set_bold().set_text_wrap(),
        time: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
        share: Format::new().set_num_format("0.00%"),
        wrapped: Format::new().set_text_wrap(),
    };
    let words = report.words;
    let sheet = workbook.add_worksheet();
    sheet.set_name(words.get("report.sheet.report"))?;
    sheet.set_column_width(0, 28)?.set_column_width(1, 90)?;
    for (row, (key, value)) in (0_u32..).zip(report.head()) {
        sheet.write_string_with_format(row, 0, words.get(&format!("report.head.{key}")), &formats.heading)?;
        sheet.write_string_with_format(row, 1, &value, &formats.wrapped)?;
    }
    for table in &report.tables {
        let sheet = workbook.add_worksheet();
        sheet.set_name(words.get(&format!("report.sheet.{}", table.code)))?;
        for (column, key) in (0_u16..).zip(table.columns) {
            let heading = words.get(&format!("report.column.{key}")).to_owned();
            sheet.write_string_with_format(0, column, heading, &formats.heading)?;
            sheet.set_column_width(column, 18)?;
        }
        for (row, cells) in (1_u32..).zip(table.rows.iter().take(ROWS_MAX)) {
            for (column, cell) in (0_u16..).zip(cells) {
                put(sheet, (row, column), cell, report, &formats)?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        if let Some(last) = u16::try_from(table.columns.len()).ok().and_then(|count| count.checked_sub(1)) {
            let rows = u32::try_from(table.rows.len().min(ROWS_MAX)).unwrap_or_default();
            sheet.autofilter(0, 0, rows, last)?;
        }
    }
    workbook.save(file).with_context(|| format!("writing {}", file.display()))
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    report: &Report<'_>,
    formats: &Formats,
) -> anyhow::Result<()> {
    match cell {
        Cell::None => {}
        Cell::Amount(amount) => {
            // A workbook has binary fractions only; the exact digits stand in the other formats.
            sheet.write_number(row, column, amount.to_string().parse::<f64>().unwrap_or_default())?;
        }
        Cell::Count(count) => {
            sheet.write_number(row, column, u32::try_from(*count).map_or(f64::MAX, f64::from))?;
        }
        Cell::Share(millionths) => {
            let share = u32::try_from(*millionths).map_or(f64::MAX, f64::from) / 1e6;
            sheet.write_number_with_format(row, column, share, &formats.share)?;
        }
        Cell::Time(at) => match date_time(*at) {
            Some(time) => sheet.write_datetime_with_format(row, column, &time, &formats.time).map(|_| ())?,
            None => sheet.write_string(row, column, at.to_rfc3339()).map(|_| ())?,
        },
        Cell::Text(_) | Cell::Called { .. } | Cell::Many(_) | Cell::Unit(_) | Cell::Word(..) => {
            let text: String =
                cell.text(report.words, report.language, usize::MAX).chars().take(CELL_CHARS_MAX).collect();
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(())
}

/// A time by the clocks of Vietnam, as workbooks know no offsets.
fn date_time(at: nguon_ledger::time::UnixMillis) -> Option<ExcelDateTime> {
    let text = nguon_ledger::time::UnixMillis::new(at.get().saturating_add(OFFSET_MILLIS)).to_rfc3339();
    ExcelDateTime::parse_from_str(text.trim_end_matches('Z')).ok()
}
