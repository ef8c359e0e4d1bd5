//! The report as JSON (`docs/report.md`, section 2).

use super::Report;
use super::table::{Table, json_text};

pub(super) fn render(report: &Report<'_>) -> String {
    let audited = report.audited;
    let or_null = |text: Option<&str>| text.map_or_else(|| "null".to_owned(), json_text);
    let asked: Vec<String> =
        report.asked.iter().map(|(key, uri, _)| format!("{}:{}", json_text(key), json_text(uri))).collect();
    let tables: Vec<String> = report.tables.iter().map(table).collect();
    let finding = audited.finding.as_ref().map_or_else(|| "null".to_owned(), |finding| finding.to_json());
    let as_of = report.as_of.map(nguon_ledger::time::UnixMillis::to_rfc3339);
    format!(
        r#"{{"v":1,"verdict":"{}","finding":{finding},"origin":{},"size":{},"root":{},"vkey":{},"trust":{},"asOf":{},"asked":{{{}}},"tables":{{{}}}}}"#,
        if audited.is_verified() { "passed" } else { "failed" },
        json_text(&report.origin),
        audited.size(),
        json_text(&audited.root.to_string()),
        or_null(audited.key.as_deref()),
        json_text(audited.trust),
        or_null(as_of.as_deref()),
        asked.join(","),
        tables.join(",\n"),
    )
}

fn table(table: &Table) -> String {
    let rows: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let cells = table.columns.iter().zip(row).map(|(key, cell)| format!("{}:{}", json_text(key), cell.json()));
            format!("{{{}}}", cells.collect::<Vec<_>>().join(","))
        })
        .collect();
    format!("{}:[{}]", json_text(table.code), rows.join(",\n"))
}
