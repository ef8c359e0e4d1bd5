//! What the demo tells, as `node/demo/ledger.json` writes it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

const LEDGER: &str = include_str!("../../demo/ledger.json");

/// Everything that the demo tells.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Script {
    /// The ledger's name in both languages.
    pub name: Value,
    /// Who runs it.
    pub operator: Operator,
    /// Lots whose pages are worth a look, best first.
    pub show: Vec<String>,
    pub(super) actors: Vec<Actor>,
    pub(super) products: Vec<Product>,
    pub(super) places: Vec<Place>,
    pub(super) lots: BTreeMap<String, Gs1Lot>,
    pub(super) steps: Vec<Step>,
}

/// Who runs the ledger.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Operator {
    /// Its slug.
    pub slug: String,
    /// Its name in both languages.
    pub name: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Actor {
    pub(super) slug: String,
    pub(super) class: String,
    pub(super) roles: Vec<String>,
    pub(super) name: Value,
    pub(super) under: Option<String>,
    #[serde(rename = "businessId")]
    pub(super) business_id: Option<String>,
    /// Who registers it; the operator when nobody is named.
    pub(super) by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Product {
    pub(super) slug: String,
    pub(super) name: Value,
    pub(super) by: String,
    pub(super) unit: String,
    pub(super) gtin: Option<String>,
    /// Product and greatest yield.
    #[serde(default)]
    pub(super) made_from: BTreeMap<String, Value>,
    pub(super) net_content: Option<(Value, String)>,
    pub(super) shelf_life_days: Option<u64>,
    pub(super) picture: Option<String>,
    #[serde(default)]
    pub(super) shop_links: Vec<String>,
    pub(super) description: Option<Value>,
    pub(super) brand: Option<Value>,
    pub(super) ingredients: Option<Value>,
    pub(super) storage: Option<Value>,
    pub(super) warnings: Option<Value>,
    pub(super) standards: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub(super) slug: String,
    pub(super) class: String,
    pub(super) owner: String,
    pub(super) by: String,
    pub(super) name: Value,
    pub(super) names: Value,
    pub(super) position: (Value, Value),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gs1Lot {
    pub(super) gtin: String,
    pub(super) code: String,
}

/// One thing that happened. Lots are named as the script likes; which of the fields a verb needs stands in `statements`.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Step {
    pub(super) name: Option<String>,
    pub(super) by: String,
    pub(super) verb: String,
    pub(super) when: String,
    pub(super) place: Option<String>,
    pub(super) note: Option<String>,
    #[serde(rename = "for")]
    pub(super) acting_for: Option<String>,
    pub(super) on_behalf_of: Option<String>,
    pub(super) media: Vec<String>,
    pub(super) lot: Option<String>,
    pub(super) lots: Vec<String>,
    pub(super) product: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) to: Option<String>,
    pub(super) from: Option<String>,
    pub(super) inputs: Vec<(String, String)>,
    pub(super) outputs: Vec<(String, String, String)>,
    pub(super) serials: Option<u64>,
    pub(super) certificate: Option<Value>,
    /// Kind of measurement, value, unit.
    pub(super) sensors: Vec<(String, Value, String)>,
    /// The step that is corrected.
    pub(super) corrects: Option<String>,
    pub(super) reason: Option<String>,
    /// The step that is attested.
    pub(super) entry: Option<String>,
    pub(super) claim: Option<String>,
}

impl Script {
    /// Reads it.
    ///
    /// # Errors
    /// The file in the program is not as this module says.
    pub fn read() -> anyhow::Result<Self> {
        serde_json::from_str(LEDGER).context("node/demo/ledger.json")
    }
}

/// A picture that the script names.
pub(super) fn picture(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "canna.png" => include_bytes!("../../demo/pictures/canna.png"),
        "bot.png" => include_bytes!("../../demo/pictures/bot.png"),
        "mien.png" => include_bytes!("../../demo/pictures/mien.png"),
        "hong.png" => include_bytes!("../../demo/pictures/hong.png"),
        "quyt.png" => include_bytes!("../../demo/pictures/quyt.png"),
        "bi.png" => include_bytes!("../../demo/pictures/bi.png"),
        "nghe.png" => include_bytes!("../../demo/pictures/nghe.png"),
        "khoai.png" => include_bytes!("../../demo/pictures/khoai.png"),
        _ => return None,
    })
}
