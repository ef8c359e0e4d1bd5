//! A node: one ledger's store, index and sequencer together, and their life from open to close.

mod keeper;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use nguon_ledger::entry::Entry;
use nguon_ledger::identifier::Origin;
use nguon_ledger::tree::{LeafIndex, TreeSize};
use nguon_qr::Reports;
use thiserror::Error;

use crate::config::{Config, IndexLimits, StoreLimits};
use crate::http::rate::Buckets;
use crate::index::{Index, OpenIndexError, Progress};
use crate::invitations::InvitationStore;
use crate::metrics::Metrics;
use crate::query::View;
use crate::sequencer::{Sequencer, StartError};
use crate::store::{BlobStore, DataFolder, EntryReader, FileStore, Head, LogStore, OpenFolderError, OpenStoreError};
use crate::witness::{WitnessError, Witnesses};
use keeper::{Keeper, Opening};

/// Why a node does not start. Each says what to do next.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] OpenFolderError),
    /// The log is not in order.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// The index cannot be opened or made.
    #[error(transparent)]
    Index(#[from] OpenIndexError),
    /// The end of the log cannot be read.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Entry 0 is no charter that can be read.
    #[error("the charter cannot be read; restore the folder from a backup")]
    Charter,
    /// The policy cannot be used.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The invitations cannot be read.
    #[error("cannot read {}", path.display())]
    Invitations {
        /// Their folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The metrics cannot be set up.
    #[error("the metrics cannot be set up: {detail}")]
    Metrics {
        /// Why.
        detail: String,
    },
}

/// A node. Clones are the same node.
#[derive(Clone, Debug)]
pub struct Node {
    inner: Arc<Inner>,
}

/// What handlers share. Everything in it takes care of its own locking.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    /// Those of the policy, if there is one. Dropped before the store, which it reads.
    pub(crate) witnesses: Option<Witnesses>,
    pub(crate) store: Arc<dyn LogStore>,
    pub(crate) blobs: BlobStore,
    pub(crate) invitations: InvitationStore,
    pub(crate) buckets: Buckets,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) origin: Origin,
    pub(crate) vkey: String,
    pub(crate) charter: Charter,
    /// Where this node serves the consumer pages.
    pub(crate) reports: OnceLock<Arc<Reports>>,
    keeper: Keeper,
    /// Dropped last: it holds the lock of the folder.
    _folder: Arc<DataFolder>,
}

/// What there is while the index stands at the log's head.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) sequencer: Sequencer,
    pub(crate) index: Arc<Index>,
    store: Arc<dyn LogStore>,
}

impl Ready {
    /// What questions are answered from.
    pub(crate) fn view(&self) -> View<'_> {
        View { store: self.store.as_ref(), reader: self.index.reader() }
    }
}

/// What every answer about the ledger repeats from its charter.
#[derive(Debug)]
pub(crate) struct Charter {
    /// The ledger's name as the charter's JSON has it.
    pub(crate) name: Box<serde_json::value::RawValue>,
    pub(crate) operator: String,
}

impl Node {
    /// Opens the ledger in the configured folder. The log can be read on return; records and statements have to wait until
    /// [`Node::ready`], because the index may have to be made again.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config) -> Result<Self, OpenError> {
        let folder = Arc::new(DataFolder::open(&config.data)?);
        let store: Arc<dyn LogStore> =
            Arc::new(FileStore::open(&folder.journal(), &folder.tlog(), folder.vkey(), config.store)?);
        Self::over(config, folder, store)
    }

    /// A node over a store that is open already.
    fn over(config: Config, folder: Arc<DataFolder>, store: Arc<dyn LogStore>) -> Result<Self, OpenError> {
        let metrics = Metrics::new().map_err(|error| OpenError::Metrics { detail: error.to_string() })?;
        let metrics = Arc::new(metrics);
        let charter = read_charter(store.as_ref()).ok_or(OpenError::Charter)?;
        let blobs = BlobStore::new(folder.blobs());
        if let Err(error) = blobs.remove_old_parts(SystemTime::now()) {
            tracing::warn!(%error, "old parts of blobs could not be removed");
        }
        let invitations = InvitationStore::open(folder.invitations(), folder.origin())
            .map_err(|source| OpenError::Invitations { path: folder.invitations(), source })?;
        let ask = |policy: &String| Witnesses::start(policy, folder.vkey(), config.witness, &store, &metrics);
        let witnesses = config.policy.as_ref().map(ask).transpose()?;
        let inner = Inner {
            origin: folder.origin().clone(),
            vkey: folder.vkey().to_string(),
            witnesses,
            blobs,
            invitations,
            buckets: Buckets::new(config.rate),
            charter,
            reports: OnceLock::new(),
            keeper: Keeper::start(config.clone(), &folder, Arc::clone(&store), Arc::clone(&metrics)),
            store,
            metrics,
            _folder: folder,
            config,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Waits until statements are taken.
    ///
    /// # Errors
    /// The index or the sequencer did not start.
    pub async fn ready(&self) -> Result<(), Arc<OpenError>> {
        let mut opening = self.inner.keeper.opening();
        let opened = opening.wait_for(|opening| !matches!(opening, Opening::Index)).await;
        match opened.as_deref() {
            Ok(Opening::Failed(error)) => Err(Arc::clone(error)),
            _ => Ok(()),
        }
    }

    /// The ledger's origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.inner.origin
    }

    /// Tells registrars what was reported on the consumer pages that are served beside this node. Only the first such call counts.
    pub fn tell_reports(&self, reports: Arc<Reports>) {
        self.inner.reports.get_or_init(|| reports);
    }

    /// The routes of the HTTP API.
    pub fn router(&self) -> axum::Router {
        crate::http::router(&self.inner)
    }

    /// Commits what waits, brings the index and the published copies up to date, and lets the folder go, if this is the last clone; requests
    /// that are still under way keep the rest until they end.
    pub async fn close(self) {
        // A panic in closing was printed; the next start makes good what was not finished.
        let _ = tokio::task::spawn_blocking(move || self.close_blocking()).await;
    }

    /// As [`Node::close`], for a thread that may wait.
    fn close_blocking(self) {
        if let Some(witnesses) = &self.inner.witnesses {
            witnesses.stop();
        }
        self.inner.keeper.stop();
    }
}

impl Inner {
    /// The sequencer and the index, while they are there.
    pub(crate) fn ready(&self) -> Option<Arc<Ready>> {
        self.keeper.ready()
    }

    /// The newest durable head.
    pub(crate) fn head(&self) -> Arc<Head> {
        self.store.head()
    }

    /// The checkpoint to show to whoever asks for the log.
    pub(crate) fn published(&self) -> Arc<Head> {
        self.witnesses.as_ref().map_or_else(|| self.head(), Witnesses::published)
    }

    /// The checkpoint that entries below `end` are to be proven to.
    pub(crate) fn covering(&self, end: TreeSize) -> Arc<Head> {
        self.witnesses.as_ref().map_or_else(|| self.head(), |witnesses| witnesses.covering(end))
    }

    /// Entries applied so far to an index that is being made, and of how many.
    pub(crate) fn replayed(&self) -> (u64, u64) {
        self.keeper.replayed()
    }
}

fn read_charter(store: &dyn LogStore) -> Option<Charter> {
    #[derive(serde::Deserialize)]
    struct Statement {
        body: Body,
    }
    #[derive(serde::Deserialize)]
    struct Body {
        name: Box<serde_json::value::RawValue>,
        operator: Operator,
    }
    #[derive(serde::Deserialize)]
    struct Operator {
        id: String,
    }
    let bytes = EntryReader::new(store).read(LeafIndex::new(0)).ok()??;
    let statement: Statement = serde_json::from_slice(Entry::parse(&bytes).ok()?.payload).ok()?;
    Some(Charter { name: statement.body.name, operator: statement.body.operator.id })
}

/// Makes the index of a folder's ledger anew. No node may run on the folder.
///
/// # Errors
/// [`OpenError`].
pub fn reindex(data: &Path, progress: Progress<'_>) -> Result<(), OpenError> {
    let folder = DataFolder::open(data)?;
    let store = FileStore::open(&folder.journal(), &folder.tlog(), folder.vkey(), StoreLimits::default())?;
    let path = folder.index();
    Index::remove(&path).map_err(|source| OpenIndexError::Io { path: path.clone(), source })?;
    Index::open(&path, folder.origin(), &store, IndexLimits::default(), progress)?;
    Ok(())
}
