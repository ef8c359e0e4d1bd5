//! Keeps the index and the sequencer up: opens them, and when the index breaks while the node runs (a full disk breaks it) makes it again
//! from the log, as often as it takes.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use nguon_ledger::identifier::Origin;
use nguon_ledger::tree::TreeSize;
use tokio::sync::watch;

use super::{OpenError, Ready};
use crate::config::Config;
use crate::index::{Index, OpenIndexError};
use crate::metrics::Metrics;
use crate::sequencer::Sequencer;
use crate::store::{DataFolder, LogStore};

/// Wait between attempts to make the index again: the disk is still full, or broken.
const RETRY: Duration = Duration::from_secs(5);

/// How far the first opening has come.
#[derive(Clone, Debug)]
pub(super) enum Opening {
    Index,
    Done,
    Failed(Arc<OpenError>),
}

/// What the keeper is told.
#[derive(Clone, Copy, Debug)]
enum Told {
    Broken,
    Stop,
}

/// What the keeper and the node both look at.
#[derive(Debug, Default)]
struct Shared {
    ready: RwLock<Option<Arc<Ready>>>,
    applied: AtomicU64,
    of: AtomicU64,
}

/// The thread that opens the index, and what it has opened.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    opening: watch::Receiver<Opening>,
    told: Sender<Told>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Begins to open the index of a log.
    pub(super) fn start(config: Config, folder: &DataFolder, store: Arc<dyn LogStore>, metrics: Arc<Metrics>) -> Self {
        let (opened, opening) = watch::channel(Opening::Index);
        let (told, tidings) = channel();
        let shared = Arc::new(Shared::default());
        let work = Work {
            config,
            path: folder.index(),
            origin: folder.origin().clone(),
            log_key: folder.log_key().clone(),
            store,
            metrics,
            shared: Arc::clone(&shared),
            told: told.clone(),
        };
        let thread = thread::spawn(move || work.run(&opened, &tidings));
        Self { shared, opening, told, thread: Mutex::new(Some(thread)) }
    }

    /// The sequencer and the index, while they are there.
    pub(super) fn ready(&self) -> Option<Arc<Ready>> {
        self.shared.ready.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Entries applied so far to an index that is being made, and of how many.
    pub(super) fn replayed(&self) -> (u64, u64) {
        (self.shared.applied.load(Ordering::Relaxed), self.shared.of.load(Ordering::Relaxed))
    }

    /// Follows the first opening.
    pub(super) fn opening(&self) -> watch::Receiver<Opening> {
        self.opening.clone()
    }

    /// Lets opening end, then commits what waits and takes no more.
    pub(super) fn stop(&self) {
        // When the thread is gone already there is nobody to tell.
        let _ = self.told.send(Told::Stop);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It printed its panic, if there was one.
            let _ = thread.join();
        }
        if let Some(ready) = self.ready() {
            ready.sequencer.stop();
        }
    }
}

impl Drop for Keeper {
    /// The thread ends by itself; where a node is dropped without being closed, nobody may wait.
    fn drop(&mut self) {
        let _ = self.told.send(Told::Stop);
    }
}

/// What the thread works with. It does not hold the folder, whose lock goes with the node.
struct Work {
    config: Config,
    /// The index's folder.
    path: PathBuf,
    origin: Origin,
    log_key: SigningKey,
    store: Arc<dyn LogStore>,
    metrics: Arc<Metrics>,
    shared: Arc<Shared>,
    told: Sender<Told>,
}

impl Work {
    fn run(&self, opened: &watch::Sender<Opening>, tidings: &Receiver<Told>) {
        match self.open() {
            Ok(()) => opened.send_replace(Opening::Done),
            Err(error) => {
                opened.send_replace(Opening::Failed(Arc::new(error)));
                return;
            }
        };
        while let Ok(Told::Broken) = tidings.recv() {
            let now = self.shared.ready.read().unwrap_or_else(PoisonError::into_inner).clone();
            // The one that broke may have been told of twice, and be replaced by now.
            if now.is_some_and(|ready| !ready.index.reader().is_broken()) {
                continue;
            }
            self.set(None);
            self.metrics.index_broke();
            tracing::warn!("the index broke; it is made again from the log, and statements wait until then");
            while let Err(error) = self.open_anew() {
                tracing::error!(%error, "the index cannot be made again now; free space or mend the disk");
                // What broke while it was tried is tried again anyway.
                match tidings.recv_timeout(RETRY) {
                    Ok(Told::Broken) | Err(RecvTimeoutError::Timeout) => {}
                    Ok(Told::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    /// Puts something in the place of what there is; its last user closes that.
    fn set(&self, ready: Option<Arc<Ready>>) {
        let old = std::mem::replace(&mut *self.shared.ready.write().unwrap_or_else(PoisonError::into_inner), ready);
        if let Some(old) = old {
            old.sequencer.stop();
        }
    }

    fn open_anew(&self) -> Result<(), OpenError> {
        Index::remove(&self.path).map_err(|source| OpenIndexError::Io { path: self.path.clone(), source })?;
        self.open()
    }

    fn open(&self) -> Result<(), OpenError> {
        let progress = |done: TreeSize, of: TreeSize| {
            self.shared.applied.store(done.get(), Ordering::Relaxed);
            self.shared.of.store(of.get(), Ordering::Relaxed);
            tracing::info!(done = done.get(), of = of.get(), "entries applied to the index");
        };
        let (config, store) = (&self.config, &self.store);
        let index = Index::open(&self.path, &self.origin, store.as_ref(), config.index, &progress)?;
        let index = Arc::new(index);
        let told = self.told.clone();
        index.reader().when_broken(Box::new(move || {
            // Nobody is told when the node is closing.
            let _ = told.send(Told::Broken);
        }));
        let sequencer = Sequencer::start(
            Arc::clone(store),
            Arc::clone(&index),
            self.log_key.clone(),
            config.sequencer,
            (config.clock, Arc::clone(&self.metrics)),
        )?;
        self.set(Some(Arc::new(Ready { sequencer, index, store: Arc::clone(store) })));
        Ok(())
    }
}
