//! The table of areas that an auditor brings, as CSV.

use std::path::Path;

use anyhow::{Context as _, bail};
use nguon_ledger::amount::Amount;
use nguon_ledger::identifier::{PlaceUri, ProductUri};
use nguon_verifier::report::{Area, Facts};

use super::named;

/// The first line, which says what the columns are.
const HEADER: &str = "place,product,hectares,least,most";

/// Reads the table. Each line names a place and a product, the hectares of that product there, and the kilograms that a hectare bears, least and most.
pub(super) fn read(path: &Path, facts: &Facts) -> anyhow::Result<Vec<Area>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    if lines.next().map(|(_, line)| line.trim()) != Some(HEADER) {
        bail!("{}: the first line must be: {HEADER}", path.display());
    }
    lines.map(|(at, line)| area(line, facts).with_context(|| format!("{}, line {}", path.display(), at + 1))).collect()
}

fn area(line: &str, facts: &Facts) -> anyhow::Result<Area> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let [place, product, hectares, least, most] = cells.as_slice() else {
        bail!("five cells, none with a comma in it: {HEADER}");
    };
    let origin = facts.origin();
    let place = named(place, |uri| PlaceUri::parse(origin, uri), |slug| PlaceUri::new(origin, slug))?;
    let product = named(product, |uri| ProductUri::parse(origin, uri), |slug| ProductUri::new(origin, slug))?;
    let number =
        |text: &str, what: &str| Amount::parse(text).with_context(|| format!("{what}: {text} is no number, as 0.25"));
    let area = Area {
        place: facts.place(&place).with_context(|| format!("the ledger has no place {place}"))?,
        product: facts.product(&product).with_context(|| format!("the ledger has no product {product}"))?,
        hectares: number(hectares, "hectares")?,
        least: number(least, "least")?,
        most: number(most, "most")?,
    };
    if !area.hectares.is_positive() {
        bail!("hectares: more than 0");
    }
    if area.least > area.most {
        bail!("least is more than most");
    }
    Ok(area)
}
