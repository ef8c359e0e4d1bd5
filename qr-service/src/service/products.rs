//! Products by their GTIN, which the node does not look up by: read in pages and kept for a minute.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Client, Service, TellError, telling::Kept};
use crate::{
    node::NodeError,
    story::{Product, read_product},
};

/// Most products with a GTIN that are known by it: more than any co-operative union sells.
const PRODUCTS_MAX: usize = 20_000;
/// Most answers of the node that are read for it.
const PAGES_MAX: usize = 500;
/// How long they are believed.
const FRESH: Duration = Duration::from_secs(60);
/// Memory for them: texts of a kilobyte each.
pub(super) const TABLE_BYTES_MAX: usize = 32 << 20;
const PRODUCT_BYTES: usize = 1_024;

/// Products by GTIN.
pub(crate) type Table = BTreeMap<String, ProductRow>;

/// A product as its newest statement has it, which the node says and nobody has checked.
#[derive(Debug, Clone)]
pub(crate) struct ProductRow(pub(crate) Arc<Product>);

impl Service {
    /// The product with a GTIN.
    pub(crate) async fn product(self: &Arc<Self>, gtin: &str, client: Client) -> Result<ProductRow, TellError> {
        let found = |table: &Table| table.get(gtin).cloned().ok_or(TellError::Node(NodeError::NotFound));
        let kept = self.products.get("");
        if let Some(kept) = kept.as_ref().filter(|kept| kept.since.elapsed() < FRESH || self.rests()) {
            return found(&kept.value);
        }
        self.charge(client)?;
        let _flight = match self.flight("products") {
            Some(flight) => Some(flight.lock().await),
            None => None,
        };
        if let Some(kept) = self.products.get("").filter(|kept| kept.since.elapsed() < FRESH) {
            return found(&kept.value);
        }
        match (self.fetch_products().await, kept) {
            (Ok(table), _) => {
                let bytes = table.len().saturating_mul(PRODUCT_BYTES);
                let kept = Kept { value: Arc::new(table), since: Instant::now() };
                self.products.put("", kept.clone(), bytes);
                found(&kept.value)
            }
            (Err(error), Some(kept)) if error.is_outage() => found(&kept.value),
            (Err(error), _) => Err(error.into()),
        }
    }

    async fn fetch_products(&self) -> Result<Table, NodeError> {
        let mut table = Table::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let (items, next) = self.node.products(after.as_deref()).await?;
            for product in items.iter().map(read_product) {
                if let Some(gtin) = product.gtin.clone().filter(|_| table.len() < PRODUCTS_MAX) {
                    table.insert(gtin, ProductRow(Arc::new(product)));
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(table),
            }
        }
        tracing::warn!("the ledger has more products than are read");
        Ok(table)
    }
}
