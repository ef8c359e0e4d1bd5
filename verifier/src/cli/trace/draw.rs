//! A trace as a drawing: layers from left to right, by the longest way; within a layer each lot near its relatives.

use std::collections::BTreeMap;

use nguon_verifier::trace::TraceNode;

use super::super::report::html::escape;
use super::super::report::table::{amount, time};
use super::super::report::tables::short_lot;
use super::Shown;

const BOX_WIDTH: usize = 208;
const BOX_HEIGHT: usize = 84;
const GAP_X: usize = 76;
const GAP_Y: usize = 18;
const MARGIN: usize = 24;
const TITLE_HEIGHT: usize = 40;
/// Most characters of a line in a box.
const LINE_CHARS: usize = 24;

const CSS: &str = "svg{background:#fbf8f1;font-family:system-ui,'Noto Sans',sans-serif}.b{fill:#fff;stroke:#8a8371}.f{stroke:#1f3a6e;stroke-width:3}\
.r{stroke:#a3201b;stroke-width:2;fill:#f8e6e2}.v{stroke-dasharray:4 3}.e{fill:none;stroke:#8a8371;stroke-width:1.4}text{fill:#1b2130;font-size:13px}\
.p{font-weight:600}.m{fill:#545b6b;font-size:11.5px}.x{fill:#a3201b;font-weight:700;font-size:11.5px}.h{font-size:16px;font-weight:600}\
@media(prefers-color-scheme:dark){svg{background:#14171f}.b{fill:#1a1e28;stroke:#7a8296}.f{stroke:#9db7f0}.r{fill:#33181a;stroke:#ffaaa2}.e{stroke:#7a8296}\
text{fill:#f2ede1}.m{fill:#b4b9c6}.x{fill:#ffaaa2}}";

/// Where a box stands.
type Places = BTreeMap<u32, (usize, usize)>;

pub(super) fn svg(shown: &Shown<'_>) -> String {
    let layers = layers(shown);
    let tallest = layers.iter().map(Vec::len).max().unwrap_or(0);
    let pitch_y = BOX_HEIGHT + GAP_Y;
    let height = tallest.saturating_mul(pitch_y);
    let mut places: Places = BTreeMap::new();
    for (column, layer) in layers.iter().enumerate() {
        let top = (height.saturating_sub(layer.len().saturating_mul(pitch_y))) / 2;
        for (row, node) in layer.iter().enumerate() {
            let x = MARGIN.saturating_add(column.saturating_mul(BOX_WIDTH + GAP_X));
            let y = (MARGIN + TITLE_HEIGHT).saturating_add(top).saturating_add(row.saturating_mul(pitch_y));
            places.insert(node.number, (x, y));
        }
    }
    let width = (2 * MARGIN).saturating_add(layers.len().saturating_mul(BOX_WIDTH + GAP_X)).saturating_sub(GAP_X);
    let height = (2 * MARGIN + TITLE_HEIGHT).saturating_add(height);
    let focus = shown.trace.nodes.iter().find(|node| node.number == shown.trace.lot);
    let focus = focus.map_or_else(String::new, |node| short_lot(node.lot.uri));
    let title = escape(&shown.words.fill("trace.title", &[("lot", &focus), ("origin", shown.index.origin())]));
    let mut text = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title"><title id="title">{title}</title><style>{CSS}</style><text class="h" x="{MARGIN}" y="36">{title}</text>"#
    );
    for edge in &shown.trace.edges {
        if let (Some(from), Some(to)) = (places.get(&edge.from), places.get(&edge.to)) {
            text.push_str(&curve(*from, *to, edge.index, shown));
        }
    }
    for node in &shown.trace.nodes {
        if let Some(place) = places.get(&node.number) {
            text.push_str(&lot_box(node, *place, shown));
        }
    }
    text.push_str("</svg>");
    text
}

/// The layers, left to right, each in an order that keeps lines from crossing more than they must: by the mean place of the relatives
/// in the layer before.
fn layers<'t>(shown: &Shown<'t>) -> Vec<Vec<&'t TraceNode<'t>>> {
    let mut by_depth: BTreeMap<i64, Vec<&'t TraceNode<'t>>> = BTreeMap::new();
    for node in &shown.trace.nodes {
        by_depth.entry(node.depth).or_default().push(node);
    }
    let mut layers: Vec<Vec<&TraceNode<'_>>> = by_depth.into_values().collect();
    let mut rows: BTreeMap<u32, usize> = BTreeMap::new();
    let note = |layer: &[&TraceNode<'_>], rows: &mut BTreeMap<u32, usize>| {
        rows.extend(layer.iter().enumerate().map(|(row, node)| (node.number, row)));
    };
    // From the left by what went in, then from the right by what came out, once each.
    for layer in &mut layers {
        layer.sort_by_key(|node| (mean(&node.lot.parents, &rows), node.number));
        note(layer, &mut rows);
    }
    for layer in layers.iter_mut().rev() {
        layer.sort_by_key(|node| (mean(&node.lot.children, &rows), mean(&node.lot.parents, &rows), node.number));
        note(layer, &mut rows);
    }
    layers
}

/// The mean row of relatives, in hundredths; those without any come last.
fn mean(relatives: &[u32], rows: &BTreeMap<u32, usize>) -> usize {
    let found: Vec<usize> = relatives.iter().filter_map(|number| rows.get(number).copied()).collect();
    let sum = found.iter().fold(0_usize, |sum, row| sum.saturating_add(*row)).saturating_mul(100);
    sum.checked_div(found.len()).unwrap_or(usize::MAX)
}

fn curve(from: (usize, usize), to: (usize, usize), index: u64, shown: &Shown<'_>) -> String {
    let (x1, y1) = (from.0.saturating_add(BOX_WIDTH), from.1.saturating_add(BOX_HEIGHT / 2));
    let (x2, y2) = (to.0, to.1.saturating_add(BOX_HEIGHT / 2));
    let bend = x1.midpoint(x2);
    let title = escape(&shown.words.fill("trace.edge", &[("entry", &index.to_string())]));
    format!(r#"<path class="e" d="M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}"><title>{title}</title></path>"#)
}

fn lot_box(node: &TraceNode<'_>, (x, y): (usize, usize), shown: &Shown<'_>) -> String {
    let lot = &node.lot;
    let words = shown.words;
    let is_focus = node.number == shown.trace.lot;
    let classes = [(lot.recalled, " r"), (lot.voided, " v"), (is_focus, " f")];
    let class: String = classes.into_iter().filter_map(|(is_so, class)| is_so.then_some(class)).collect();
    let quantity = amount(lot.quantity, lot.uom, words, shown.language);
    let party = shown.party(lot.created_by);
    let at = time(lot.created_at, shown.language);
    let product = shown.product(lot.product);
    let title = escape(&format!("{} \u{b7} {product} \u{b7} {quantity} \u{b7} {party} \u{b7} {at}", lot.uri));
    let inner = x.saturating_add(10);
    let row = |down: usize| y.saturating_add(down);
    let mut text = format!(
        r#"<g><title>{title}</title><rect class="b{class}" x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="4"/>"#
    );
    let lines = [("p", product), ("n", short_lot(lot.uri)), ("n", quantity), ("m", party)];
    for (down, (class, line)) in [19, 37, 55, 73].into_iter().zip(lines) {
        let line = escape(&cut(&line));
        text.push_str(&format!(r#"<text class="{class}" x="{inner}" y="{}">{line}</text>"#, row(down)));
    }
    if lot.recalled {
        let right = x.saturating_add(BOX_WIDTH).saturating_sub(8);
        let recalled = escape(words.get("report.state.recalled"));
        text.push_str(&format!(r#"<text class="x" text-anchor="end" x="{right}" y="{}">{recalled}</text>"#, row(55)));
    }
    text.push_str("</g>");
    text
}

/// The beginning of a line that would leave its box.
fn cut(text: &str) -> String {
    if text.chars().count() <= LINE_CHARS {
        return text.to_owned();
    }
    let mut text: String = text.chars().take(LINE_CHARS - 1).collect();
    text.push('\u{2026}');
    text
}
