//! Reads back what was submitted. A receipt proves that some entry is in the log's tree; that it is the statement which was submitted, and not
//! another one that was there already, is told by the entry alone.

use nguon_ledger::entry::Entry;
use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::tile::{TilePath, split_entry_bundle};
use nguon_ledger::tree::LeafIndex;

use super::{ClientError, NodeClient, Receipt, unexpected};

/// Entries that are read back, one by one or a bundle at a time.
pub(super) struct ReadBack<'c> {
    client: &'c NodeClient,
    /// Whether entries are likely to be neighbours, so that a bundle of up to 256 saves more than it costs.
    is_many: bool,
    bundle: Option<(TilePath, Vec<u8>)>,
}

impl<'c> ReadBack<'c> {
    pub(super) const fn new(client: &'c NodeClient) -> Self {
        Self { client, is_many: false, bundle: None }
    }

    pub(super) const fn of_many(client: &'c NodeClient) -> Self {
        Self { client, is_many: true, bundle: None }
    }

    /// Whether the entry of a receipt is the statement of an envelope.
    pub(super) fn confirm(&mut self, receipt: Receipt, envelope: &Envelope) -> Result<Receipt, ClientError> {
        let entry = self.entry(&receipt)?;
        match fault(&entry, &receipt, envelope) {
            None => Ok(receipt),
            Some(what) => Err(false_receipt(&receipt, what)),
        }
    }

    /// The same, for the line that was sent.
    pub(super) fn confirm_line(&mut self, receipt: Receipt, line: &str) -> Result<Receipt, ClientError> {
        match Envelope::parse(line.as_bytes()) {
            Ok(envelope) => self.confirm(receipt, &envelope),
            Err(_) => Err(false_receipt(&receipt, "what was sent is no envelope")),
        }
    }

    fn entry(&mut self, receipt: &Receipt) -> Result<Vec<u8>, ClientError> {
        let index = receipt.index;
        let bundle = TilePath::bundle_of(receipt.tree_size, LeafIndex::new(index)).filter(|_| self.is_many);
        let Some((path, place)) = bundle else { return self.client.bytes(&format!("/v1/entries/{index}")) };
        if self.bundle.as_ref().is_none_or(|(at_hand, _)| *at_hand != path) {
            self.bundle = Some((path, self.client.bytes(&format!("/{path}"))?));
        }
        let bytes = self.bundle.as_ref().map_or(&[][..], |(_, bytes)| bytes.as_slice());
        let entries =
            split_entry_bundle(bytes, path.width()).map_err(|e| unexpected(&path.to_string(), &e.to_string()))?;
        Ok(entries.get(place).map(|entry| entry.to_vec()).unwrap_or_default())
    }
}

/// What makes the entry another one than the receipt or the envelope says.
fn fault(bytes: &[u8], receipt: &Receipt, envelope: &Envelope) -> Option<&'static str> {
    if Hash::of_leaf(bytes).to_string() != receipt.leaf_hash {
        return Some("the entry has another leaf hash");
    }
    let Ok(entry) = Entry::parse(bytes) else { return Some("the entry cannot be read") };
    if entry.index.get() != receipt.index || entry.received_at != receipt.received_at {
        return Some("the entry has another index or time");
    }
    let is_same = entry.payload == envelope.payload() && entry.signer == envelope.key();
    (!is_same).then_some("the entry holds another statement")
}

fn false_receipt(receipt: &Receipt, what: &str) -> ClientError {
    ClientError::FalseReceipt { what: what.to_owned(), receipt: receipt.json.to_string() }
}
