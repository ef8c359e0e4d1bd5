//! A trace as text: a tree for the terminal, JSON, DOT.

use std::collections::{BTreeMap, BTreeSet};

use nguon_verifier::trace::{LotRecord, TraceNode};

use super::super::report::table::{amount, json_text, time};
use super::super::report::tables::short_lot;
use super::Shown;

/// Nodes by number.
type Nodes<'t> = BTreeMap<u32, &'t TraceNode<'t>>;

/// One line about a lot.
fn line(shown: &Shown<'_>, lot: &LotRecord<'_>) -> String {
    let words = shown.words;
    let mut line = format!(
        "{}  {}  {}  {}  {}",
        short_lot(lot.uri),
        shown.product(lot.product),
        amount(lot.quantity, lot.uom, words, shown.language),
        time(lot.created_at, shown.language),
        shown.party(lot.created_by),
    );
    for (is_so, key) in [(lot.recalled, "report.state.recalled"), (lot.voided, "report.state.voided")] {
        if is_so {
            line.push_str(&format!("  [{}]", words.get(key)));
        }
    }
    line
}

pub(super) fn tree(shown: &Shown<'_>) -> String {
    let nodes: Nodes<'_> = shown.trace.nodes.iter().map(|node| (node.number, node)).collect();
    let mut lines = Vec::new();
    let Some(focus) = nodes.get(&shown.trace.lot) else { return String::new() };
    lines.push(line(shown, &focus.lot));
    lines.push(format!("  {}", focus.lot.uri));
    let sides: [(&str, &str, Next); 2] =
        [("trace.made_from", "back", |lot| &lot.parents), ("trace.became", "forward", |lot| &lot.children)];
    for (key, side, next) in sides {
        if shown.direction() != side && shown.direction() != "both" {
            continue;
        }
        lines.push(shown.words.get(key).to_owned());
        if next(&focus.lot).is_empty() {
            lines.push(format!("  {}", shown.words.get("trace.nothing")));
        }
        let mut told = BTreeSet::new();
        branch(shown, &nodes, (focus, next), "  ", (&mut told, &mut lines));
    }
    if shown.direction() != "back" {
        lines.push(shown.words.get("trace.holders").to_owned());
        lines.extend(holdings(shown).into_iter().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

type Next = for<'a> fn(&'a LotRecord<'_>) -> &'a [u32];

fn branch(
    shown: &Shown<'_>,
    nodes: &Nodes<'_>,
    (node, next): (&TraceNode<'_>, Next),
    indent: &str,
    (told, lines): (&mut BTreeSet<u32>, &mut Vec<String>),
) {
    let relatives: Vec<_> = next(&node.lot).iter().filter_map(|number| nodes.get(number)).collect();
    for (at, relative) in relatives.iter().enumerate() {
        let is_last = at.saturating_add(1) == relatives.len();
        let (fork, below) = if is_last { ("\u{2514}\u{2500} ", "   ") } else { ("\u{251c}\u{2500} ", "\u{2502}  ") };
        let is_new = told.insert(relative.number);
        // What hangs below a lot that many lots share is told once; else a tree of shared inputs would grow without end.
        let again = if is_new || next(&relative.lot).is_empty() { "" } else { shown.words.get("trace.above") };
        lines.push(format!("{indent}{fork}{}{again}", line(shown, &relative.lot)));
        if is_new {
            branch(shown, nodes, (relative, next), &format!("{indent}{below}"), (told, lines));
        }
    }
}

/// Who has what, one line each.
fn holdings(shown: &Shown<'_>) -> Vec<String> {
    let words = shown.words;
    let lines = shown
        .trace
        .holdings()
        .into_iter()
        .filter(|holding| holding.amount.is_positive() || holding.coming.is_positive());
    lines
        .map(|holding| {
            let who = holding.party.map_or_else(|| words.get("trace.sold").to_owned(), |party| shown.party(party));
            let mut line = format!(
                "{who}: {} {}",
                amount(holding.amount, holding.uom, words, shown.language),
                shown.product(holding.product),
            );
            if holding.coming.is_positive() {
                let coming = amount(holding.coming, holding.uom, words, shown.language);
                line.push_str(&format!(" {}", words.fill("trace.coming", &[("amount", &coming)])));
            }
            line
        })
        .collect()
}

pub(super) fn json(shown: &Shown<'_>) -> String {
    let uri = |called: Option<nguon_verifier::trace::Called<'_>>| {
        called.map_or_else(|| "null".to_owned(), |called| json_text(called.uri))
    };
    let lots: BTreeMap<u32, &str> = shown.trace.nodes.iter().map(|node| (node.number, node.lot.uri)).collect();
    let lot_of = |number: &u32| lots.get(number).map_or_else(|| "null".to_owned(), |uri| json_text(uri));
    let nodes = shown.trace.nodes.iter().map(|node| {
        let lot = &node.lot;
        format!(
            r#"{{"lot":{},"depth":{},"product":{},"entry":{},"at":"{}","createdBy":{},"quantity":"{}","uom":{},"sold":"{}","lost":"{}","used":"{}","packs":{},"recalled":{},"voided":{}}}"#,
            json_text(lot.uri),
            node.depth,
            uri(shown.index.product(lot.product)),
            lot.created,
            lot.created_at,
            uri(shown.index.party(lot.created_by)),
            lot.quantity,
            json_text(lot.uom),
            lot.sold,
            lot.lost,
            lot.used,
            lot.packs,
            lot.recalled,
            lot.voided,
        )
    });
    let edges =
        shown.trace.edges.iter().map(|edge| {
            format!(r#"{{"from":{},"to":{},"index":{}}}"#, lot_of(&edge.from), lot_of(&edge.to), edge.index)
        });
    let holdings = shown.trace.holdings().into_iter().map(|holding| {
        format!(
            r#"{{"party":{},"product":{},"amount":"{}","coming":"{}","uom":{},"lots":{}}}"#,
            holding.party.map_or_else(|| "null".to_owned(), |party| uri(shown.index.party(party))),
            uri(shown.index.product(holding.product)),
            holding.amount,
            holding.coming,
            json_text(holding.uom),
            holding.lots,
        )
    });
    format!(
        r#"{{"v":1,"origin":{},"size":{},"root":"{}","lot":{},"direction":"{}","nodes":[{}],"edges":[{}],"holdings":[{}]}}"#,
        json_text(shown.index.origin()),
        shown.index.size(),
        shown.index.root(),
        lot_of(&shown.trace.lot),
        shown.direction(),
        nodes.collect::<Vec<_>>().join(","),
        edges.collect::<Vec<_>>().join(","),
        holdings.collect::<Vec<_>>().join(","),
    )
}

pub(super) fn dot(shown: &Shown<'_>) -> String {
    let mut lines = vec!["digraph trace {".to_owned(), "  rankdir=LR; node [shape=box];".to_owned()];
    for node in &shown.trace.nodes {
        let lot = &node.lot;
        let label = format!(
            "{}\n{}\n{}",
            shown.product(lot.product),
            short_lot(lot.uri),
            amount(lot.quantity, lot.uom, shown.words, shown.language)
        );
        let color = if lot.recalled { ", color=red" } else { "" };
        let width = if node.number == shown.trace.lot { ", penwidth=3" } else { "" };
        lines.push(format!("  l{} [label={}{color}{width}];", node.number, dot_text(&label)));
    }
    for edge in &shown.trace.edges {
        lines.push(format!("  l{} -> l{} [label=\"{}\"];", edge.from, edge.to, edge.index));
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

/// A quoted string of the DOT language, where `\n` breaks the line.
fn dot_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
