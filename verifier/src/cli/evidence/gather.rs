//! Where the bundle and the photos come from: a node over HTTP, or a folder without any node.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{LotUri, Named, Origin, name_of};
use nguon_ledger::json::Json;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::bundle::Gatherer;

use crate::cli::EvidenceArgs;
use crate::cli::fetch::{Fetch, read_file};
use crate::cli::opening::{Opened, open};
use crate::cli::pipeline;
use crate::cli::source;
use crate::cli::trust::Trust;

/// Where a file's parts come from.
pub(super) enum Source {
    Node(Fetch),
    /// A data folder, or a copy of a log.
    Folder(PathBuf),
}

impl Source {
    pub(super) fn open(args: &EvidenceArgs) -> anyhow::Result<Self> {
        match (&args.node, &args.data) {
            (Some(node), _) => Ok(Self::Node(Fetch::http(node)?)),
            (None, Some(folder)) => Ok(Self::Folder(folder.clone())),
            (None, None) => bail!("give the node with --node or the ledger's folder with --data"),
        }
    }

    /// The proof bundle of a lot.
    pub(super) fn bundle(&self, lot: &str, trust: &Trust) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Node(fetch) => {
                let lot = named(&origin_of(&fetch.require("v1/ledger")?)?, lot)?;
                fetch
                    .get(&format!("v1/lots/{}/bundle", percent_encoded(lot.as_str())))?
                    .with_context(|| format!("the ledger has no lot {lot}. Compare the code with the label"))
            }
            Self::Folder(folder) => from_folder(folder, lot, trust),
        }
    }

    /// The bytes of a photo or paper; `None` if they are not there, or no more.
    pub(super) fn blob(&self, hash: &Hash) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Node(fetch) => fetch.get(&format!("v1/blobs/{hash}")),
            Self::Folder(folder) => {
                let name = hash.to_string();
                let shelf: String = name.chars().take(2).collect();
                read_file(&folder.join("blobs").join(shelf).join(name))
            }
        }
    }
}

fn origin_of(description: &[u8]) -> anyhow::Result<Origin> {
    let json = Json::parse(description).ok();
    let origin = json.as_ref().and_then(|json| json.as_object()?.get("origin")?.as_str());
    origin
        .and_then(|origin| Origin::parse(origin).ok())
        .context("the address does not describe a ledger. Is it that of a node?")
}

/// The lot that a text names: its URI in any spelling, that of one of its packs, or the code on the label alone.
fn named(origin: &Origin, text: &str) -> anyhow::Result<LotUri> {
    match name_of(origin, text) {
        Named::Lot(lot) => Ok(lot),
        Named::Item(item) => Ok(item.lot().clone()),
        Named::Other => LotUri::own(origin, &text.to_ascii_uppercase())
            .with_context(|| format!("{text} names no lot of {origin}. Give the lot's address or its code")),
    }
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Audits the whole log twice: once to learn which entries there are, once for the bytes of those that are wanted. So memory holds no
/// more than some hundred bytes an entry, and what does not audit is not passed on as evidence.
fn from_folder(folder: &Path, lot: &str, trust: &Trust) -> anyhow::Result<Vec<u8>> {
    let target = folder.display().to_string();
    let start = || open(&target, trust)?.map_err(|finding| anyhow!("{}: {}", finding.check.as_str(), finding.detail));
    let prepared = start()?;
    let lot = named(&prepared.origin, lot)?;
    let mut gatherer = Gatherer::new(prepared.origin.clone());
    let checkpoint = audit(prepared, &target, &mut |entry| gatherer.learn(entry.leaf_hash(), entry.parts()))?;
    let chosen = gatherer.choose(&lot);
    if chosen.is_empty() {
        bail!("the ledger in {target} has no lot {lot}. Compare the code with the label");
    }
    let entries = entries(start()?, &target, &chosen)?;
    let bundle = gatherer.bundle(&lot, &checkpoint, &entries);
    Ok(bundle.context("the log has grown meanwhile. Try again")?.into_bytes())
}

fn audit(prepared: Opened, target: &str, visit: &mut pipeline::Visit<'_>) -> anyhow::Result<SignedCheckpoint> {
    let Opened { source, keys, origin } = prepared;
    let stated = if let source::Source::Log(log) = &source { Some(log.checkpoint().clone()) } else { None };
    let audit = pipeline::run(source, origin, &keys, &|_| (), visit)?;
    let checkpoint = stated.or_else(|| audit.checkpoint.clone()).context("there is no checkpoint")?;
    let finding = audit.finding.clone().or_else(|| audit.auditor.finish(checkpoint.checkpoint()).err());
    match finding {
        None => Ok(checkpoint),
        Some(finding) => bail!(
            "the ledger in {target} does not hold ({}: {}). Run nguon-verify audit for the place",
            finding.check.as_str(),
            finding.detail
        ),
    }
}

fn entries(
    prepared: Opened,
    target: &str,
    chosen: &BTreeSet<LeafIndex>,
) -> anyhow::Result<BTreeMap<LeafIndex, Vec<u8>>> {
    let mut entries = BTreeMap::new();
    let mut next = 0;
    audit(prepared, target, &mut |entry| {
        let index = LeafIndex::new(next);
        next = next.saturating_add(1);
        if chosen.contains(&index) {
            entries.insert(index, entry.bytes().to_vec());
        }
    })?;
    Ok(entries)
}
