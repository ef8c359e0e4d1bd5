//! The report as one HTML file: no script, nothing fetched, printed on A4.

use super::Report;
use super::table::{Cell, Table};

const CSS: &str = include_str!("report.css");
/// Most rows of one table: whoever wants all of them takes a format that can be sorted.
const ROWS_MAX: usize = 500;
/// Most items of a list in one cell.
const ITEMS_MAX: usize = 12;
/// A woven band, the one ornament.
const BAND: &str = r##"<svg aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 400 10"><defs><pattern id="weave" width="20" height="10" patternUnits="userSpaceOnUse"><path d="M0 5 5 0 10 5 5 10Z" fill="currentColor"/><path d="M10 5 15 2 20 5 15 8Z" fill="none" stroke="currentColor"/></pattern></defs><rect width="400" height="10" fill="url(#weave)"/></svg>"##;

pub(super) fn render(report: &Report<'_>) -> String {
    let words = report.words;
    let (passed, mark) = if report.audited.is_verified() { ("passed", "\u{2713}") } else { ("failed", "\u{2717}") };
    let title = escape(&words.fill("report.title", &[("ledger", &report.name)]));
    let mut page = format!(
        r#"<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>{CSS}</style></head><body><header>{BAND}<h1>{title}</h1></header><main>"#,
        words.get("report.lang"),
    );
    let says = words.get(if report.audited.is_verified() { "report.verified" } else { "report.not_verified" });
    page.push_str(&format!(
        r#"<p class="verdict {passed}"><strong><span aria-hidden="true">{mark}</span> {}</strong><br>{}</p><dl>"#,
        escape(report.verdict()),
        escape(says),
    ));
    for (key, value) in report.head().iter().filter(|(key, _)| *key != "verdict") {
        let class = if matches!(*key, "root" | "vkey") { r#" class="code""# } else { "" };
        let heading = escape(words.get(&format!("report.head.{key}")));
        page.push_str(&format!("<dt>{heading}</dt><dd{class}>{}</dd>", escape(value)));
    }
    page.push_str("</dl>");
    page.push_str(&format!("<p>{}</p>", escape(words.get("report.proves"))));
    page.push_str(&contents(report));
    for table in &report.tables {
        page.push_str(&section(table, report));
    }
    page.push_str(&format!(
        "</main><footer><p>{}</p><p>{}</p></footer></body></html>\n",
        escape(words.get("report.times")),
        escape(&words.fill("report.made_by", &[("version", env!("CARGO_PKG_VERSION"))])),
    ));
    page
}

fn contents(report: &Report<'_>) -> String {
    let words = report.words;
    let items = report.tables.iter().filter(|table| !table.rows.is_empty()).map(|table| {
        let title = escape(words.get(&format!("report.table.{}", table.code)));
        format!(r##"<li><a href="#{}">{title}</a> ({})</li>"##, table.code, table.rows.len())
    });
    let label = escape(words.get("report.contents"));
    format!(r#"<nav aria-label="{label}"><ul>{}</ul></nav>"#, items.collect::<String>())
}

fn section(table: &Table, report: &Report<'_>) -> String {
    let words = report.words;
    let code = table.code;
    let mut text = format!(
        r#"<section aria-labelledby="{code}"><h2 id="{code}">{}</h2><p class="about">{}</p>"#,
        escape(words.get(&format!("report.table.{code}"))),
        escape(words.get(&format!("report.about.{code}"))),
    );
    if code == "patterns" {
        text.push_str(&format!(r#"<p class="hint">{}</p>"#, escape(words.get("report.hint"))));
    }
    if table.rows.is_empty() {
        text.push_str(&format!(r#"<p class="none">{}</p></section>"#, escape(words.get("report.none"))));
        return text;
    }
    // A column without any value says nothing and makes the others narrow.
    // Where the books must show that nothing is left over, zero says something.
    let shown: Vec<bool> = (0..)
        .zip(table.columns)
        .map(|(at, key)| {
            let is_sum = matches!(*key, "closing" | "now" | "difference");
            let says = |cell: &Cell| !is_empty(cell) || is_sum && !matches!(cell, Cell::None);
            table.rows.iter().any(|row| row.get::<usize>(at).is_some_and(says))
        })
        .collect();
    let is_number: Vec<bool> = (0..table.columns.len())
        .map(|at| {
            table.rows.iter().filter_map(|row| row.get(at)).all(|cell| cell.is_number() || matches!(cell, Cell::None))
        })
        .collect();
    text.push_str(&format!(
        r#"<div class="scroll" role="region" tabindex="0" aria-labelledby="{code}"><table><thead><tr>"#
    ));
    for ((key, _), is_number) in table.columns.iter().zip(&shown).zip(&is_number).filter(|((_, shown), _)| **shown) {
        let class = if *is_number { r#" class="n""# } else { "" };
        text.push_str(&format!(
            r#"<th scope="col"{class}>{}</th>"#,
            escape(words.get(&format!("report.column.{key}")))
        ));
    }
    text.push_str("</tr></thead><tbody>");
    for row in table.rows.iter().take(ROWS_MAX) {
        text.push_str("<tr>");
        let cells = table.columns.iter().zip(row).zip(&shown).filter(|(_, shown)| **shown);
        for (at, ((key, cell), _)) in cells.enumerate() {
            text.push_str(&data(key, cell, at == 0, report));
        }
        text.push_str("</tr>");
    }
    text.push_str("</tbody></table></div>");
    if let Some(more) = table.rows.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
        let note = words.fill("report.more_rows", &[("count", &more.to_string())]);
        text.push_str(&format!(r#"<p class="about">{}</p>"#, escape(&note)));
    }
    text.push_str("</section>");
    text
}

/// Whether a cell says nothing; an amount of nothing in a column of amounts does not either, when all of them are so.
fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::None => true,
        Cell::Many(cells) => cells.is_empty(),
        Cell::Amount(amount) => amount.is_zero(),
        Cell::Count(count) => *count == 0,
        Cell::Text(_) | Cell::Called { .. } | Cell::Unit(_) | Cell::Share(_) | Cell::Time(_) | Cell::Word(..) => false,
    }
}

fn data(key: &str, cell: &Cell, is_first: bool, report: &Report<'_>) -> String {
    let class = match cell {
        Cell::Amount(amount) if key == "difference" && !amount.is_zero() => "n bad",
        cell if cell.is_number() => "n",
        Cell::Time(_) => "t",
        Cell::Text(_) if matches!(key, "valid_from" | "valid_to") => "t",
        Cell::Many(_) => "long",
        Cell::Text(_) if key == "key" => "key",
        Cell::Text(_) if key == "says" => "long",
        Cell::Word(_, "recalled" | "disputes" | "expired") => "bad",
        Cell::None
        | Cell::Text(_)
        | Cell::Called { .. }
        | Cell::Amount(_)
        | Cell::Unit(_)
        | Cell::Count(_)
        | Cell::Share(_)
        | Cell::Word(..) => "",
    };
    let class = if class.is_empty() { String::new() } else { format!(r#" class="{class}""#) };
    let text = escape(&cell.text(report.words, report.language, ITEMS_MAX));
    if is_first { format!(r#"<th scope="row"{class}>{text}</th>"#) } else { format!("<td{class}>{text}</td>") }
}

/// A text that stands between tags or in quotes. Texts come from the ledger's members: none of them may be a tag.
pub(in super::super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
