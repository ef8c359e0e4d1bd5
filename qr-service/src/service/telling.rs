//! From the node to a story: what is kept, when it is asked for again, and what is shown while the node is silent.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use chrono::{DateTime, FixedOffset, NaiveDate};
use nguon_ledger::hash::Hash;

use super::{Client, Service, TellError, now};
use crate::{
    assets::{Effort, Encoding},
    dense,
    link::ItemLink,
    node::{LedgerInfo, NodeError},
    page::Freshness,
    story::{self, Story, StoryError},
};

/// How long a story is shown without asking the node again: long enough to carry a crowd, short enough for a recall.
const STORY_FRESH: Duration = Duration::from_secs(5);
/// How long a story is shown while the node is asked aside: whoever comes later waits for its answer.
const STORY_ASIDE: Duration = Duration::from_secs(30);
/// How long the ledger's name, key and policy are believed.
const LEDGER_FRESH: Duration = Duration::from_secs(60);
/// How long a lot that the ledger does not know stays unknown: it may be made at any moment.
const MISSING_FRESH: Duration = Duration::from_secs(2);
/// How long somebody waits for the node who can be shown an earlier copy.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the node is left alone after it did not answer.
const REST: Duration = Duration::from_secs(5);

/// Something read of the node, and when.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    pub(super) value: Arc<T>,
    pub(super) since: Instant,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), since: self.since }
    }
}

/// A story with the bundle that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct KeptStory {
    story: Arc<Story>,
    /// What the story is told from, without the checkpoint.
    fingerprint: Hash,
    bundle: Bytes,
    dense: Arc<OnceLock<Option<DenseProof>>>,
    since: Instant,
    fetched: DateTime<FixedOffset>,
    /// Whether it was read from the disk, where an earlier process left it.
    is_copy: bool,
}

/// What the page of a lot is told from.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) story: Arc<Story>,
    pub(crate) fingerprint: Hash,
    pub(crate) bundle: Bytes,
    dense: Arc<OnceLock<Option<DenseProof>>>,
    pub(crate) ledger: Arc<LedgerInfo>,
    pub(crate) freshness: Freshness,
}

/// A bundle without what follows from it.
#[derive(Debug, Clone)]
pub(crate) struct DenseProof {
    pub(crate) plain: Bytes,
    pub(crate) brotli: Bytes,
}

impl DenseProof {
    fn of(bundle: &[u8]) -> Option<Self> {
        let plain = dense::dense(bundle)?;
        let brotli = Encoding::Brotli.compress(&plain, Effort::Quick)?;
        Some(Self { plain: plain.into(), brotli: brotli.into() })
    }
}

impl Told {
    /// The bundle in its dense form, made off the threads that answer requests when it is first asked for.
    pub(crate) async fn dense(&self) -> Option<DenseProof> {
        if let Some(made) = self.dense.get() {
            return made.clone();
        }
        let (cell, bundle) = (Arc::clone(&self.dense), self.bundle.clone());
        let work = move || cell.get_or_init(|| DenseProof::of(&bundle)).clone();
        tokio::task::spawn_blocking(work).await.ok().flatten()
    }
}

impl KeptStory {
    /// Whether the node said so within this time.
    fn is_within(&self, time: Duration) -> bool {
        !self.is_copy && self.since.elapsed() < time
    }

    fn told(self, ledger: Arc<LedgerInfo>, freshness: Freshness) -> Told {
        let Self { story, fingerprint, bundle, dense, .. } = self;
        Told { story, fingerprint, bundle, dense, ledger, freshness }
    }

    fn stale(self, ledger: Arc<LedgerInfo>) -> Told {
        let fetched = self.fetched;
        self.told(ledger, Freshness::Stale(fetched))
    }
}

impl Service {
    /// The ledger's name, key and policy; those known before while the node does not answer.
    pub(crate) async fn ledger(self: &Arc<Self>) -> Result<Arc<LedgerInfo>, NodeError> {
        if let Some(kept) = self.ledger.get("") {
            if kept.since.elapsed() >= LEDGER_FRESH && !self.rests() {
                self.aside("", |service| async move { service.fetch_ledger().await.map(|_| ()) });
            }
            return Ok(kept.value);
        }
        let _flight = self.lock("").await;
        match self.ledger.get("") {
            Some(kept) => Ok(kept.value),
            None if self.rests() => Err(NodeError::Resting),
            None => self.fetch_ledger().await,
        }
    }

    async fn fetch_ledger(&self) -> Result<Arc<LedgerInfo>, NodeError> {
        let info = self.heard(self.node.ledger().await)?;
        if let Some(data) = self.data()
            && let Err(error) = data.copies.put_ledger(&info)
        {
            tracing::warn!(%error, "no copy of the ledger's key is kept");
        }
        // The same value stays the same one, so that pages made with it stay good.
        let before = self.ledger.get("").map(|kept| kept.value).filter(|before| **before == info);
        let value = before.unwrap_or_else(|| Arc::new(info));
        self.ledger.put("", Kept { value: Arc::clone(&value), since: Instant::now() }, 1_024);
        Ok(value)
    }

    /// The story of a lot: of now, or, while the node does not answer, the one read last, be it before this process began.
    pub(crate) async fn tell(self: &Arc<Self>, link: &ItemLink, client: Client) -> Result<Told, TellError> {
        match self.tell_now(link, client).await {
            Err(TellError::Node(error)) if error.is_outage() => self.tell_copy(link).await.ok_or(error.into()),
            told => told,
        }
    }

    /// The story of a lot as an earlier process left it.
    async fn tell_copy(&self, link: &ItemLink) -> Option<Told> {
        let copies = Arc::clone(&self.data()?.copies);
        let ledger = match self.ledger.get("") {
            Some(kept) => kept.value,
            None => Arc::new(copies.ledger()?),
        };
        let lot = link.lot_uri(&ledger.origin);
        let wanted = lot.clone();
        let found = tokio::task::spawn_blocking(move || copies.get(&wanted)).await;
        let (fetched, bundle) = found.ok().flatten()?;
        let kept = KeptStory { fetched, is_copy: true, ..read(bundle.into(), lot.clone(), None).await.ok()? };
        self.stories.put(&lot, kept.clone(), kept.bundle.len().saturating_mul(3));
        self.ledger.put("", Kept { value: Arc::clone(&ledger), since: Instant::now() }, 1_024);
        Some(kept.stale(ledger))
    }

    /// Writes a copy of the story without anybody waiting for it.
    fn keep_copy(&self, lot: &str, kept: &KeptStory) {
        let Some(data) = self.data() else { return };
        let (copies, lot, kept) = (Arc::clone(&data.copies), lot.to_owned(), kept.clone());
        drop(tokio::task::spawn_blocking(move || {
            if let Err(error) = copies.put(&lot, kept.fingerprint, kept.fetched, &kept.bundle) {
                tracing::warn!(%lot, %error, "no copy is kept for when the node is down");
            }
        }));
    }

    async fn tell_now(self: &Arc<Self>, link: &ItemLink, client: Client) -> Result<Told, TellError> {
        let ledger = self.ledger().await?;
        let lot = link.lot_uri(&ledger.origin);
        let kept = self.stories.get(&lot);
        match &kept {
            Some(kept) if kept.is_within(STORY_FRESH) => return Ok(kept.clone().told(ledger, Freshness::Fresh)),
            Some(kept) if self.rests() => return Ok(kept.clone().stale(ledger)),
            Some(kept) if kept.is_within(STORY_ASIDE) => {
                let asked = lot.clone();
                self.aside(&lot, |service| async move { service.fetch(&asked).await.map(|_| ()) });
                return Ok(kept.clone().told(ledger, Freshness::Fresh));
            }
            Some(_) => {}
            None if self.is_missing(&lot) => return Err(NodeError::NotFound.into()),
            None if self.rests() => return Err(NodeError::Resting.into()),
            None => self.charge(client)?,
        }
        let _flight = self.lock(&lot).await;
        // Somebody else may have asked while this one waited.
        match self.stories.get(&lot) {
            Some(kept) if kept.is_within(STORY_FRESH) => return Ok(kept.told(ledger, Freshness::Fresh)),
            Some(kept) if self.rests() => return Ok(kept.stale(ledger)),
            None if self.is_missing(&lot) => return Err(NodeError::NotFound.into()),
            None if self.rests() => return Err(NodeError::Resting.into()),
            Some(_) | None => {}
        }
        match (self.fetch(&lot).await, kept) {
            (Ok(kept), _) => Ok(kept.told(ledger, Freshness::Fresh)),
            (Err(TellError::Node(error)), Some(kept)) if error.is_outage() => {
                tracing::warn!(%lot, %error, "showing an earlier copy");
                Ok(kept.stale(ledger))
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn lock(&self, thing: &str) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match self.flight(thing) {
            Some(flight) => Some(flight.lock().await),
            None => None,
        }
    }

    /// Does something without anybody waiting for it, unless it is being done.
    fn aside<F>(self: &Arc<Self>, thing: &str, work: impl FnOnce(Arc<Self>) -> F + Send + 'static)
    where
        F: Future<Output: std::fmt::Debug> + Send,
    {
        if self.flight(thing).is_some_and(|flight| flight.try_lock().is_err()) {
            return;
        }
        let (service, thing) = (Arc::clone(self), thing.to_owned());
        tokio::spawn(async move {
            let _flight = service.lock(&thing).await;
            let outcome = work(Arc::clone(&service)).await;
            tracing::debug!(%thing, ?outcome, "asked aside");
        });
    }

    /// Asks the node for a lot's bundle and reads it.
    async fn fetch(&self, lot: &str) -> Result<KeptStory, TellError> {
        let known = self.stories.get(lot);
        let asked = self.node.bundle(lot);
        let answer = match &known {
            Some(_) => tokio::time::timeout(PATIENCE, asked).await.unwrap_or(Err(NodeError::Slow)),
            None => asked.await,
        };
        let answer = self.heard(answer);
        if matches!(answer, Err(NodeError::NotFound | NodeError::Gone)) {
            self.missing.put(lot, Instant::now(), 0);
        }
        let kept = read(answer?.into(), lot.to_owned(), known).await?;
        self.stories.put(lot, kept.clone(), kept.bundle.len().saturating_mul(3));
        self.keep_copy(lot, &kept);
        Ok(kept)
    }

    fn is_missing(&self, lot: &str) -> bool {
        self.missing.get(lot).is_some_and(|since| since.elapsed() < MISSING_FRESH)
    }

    /// Remembers whether the node answers.
    fn heard<T>(&self, answer: Result<T, NodeError>) -> Result<T, NodeError> {
        match &answer {
            Err(error) if error.is_outage() => self.rest(Some(Instant::now() + REST)),
            Ok(_) | Err(_) => self.rest(None),
        }
        answer
    }
}

/// Reads a story off the threads that answer requests: a large bundle takes a tenth of a second. Where the entries are those of the story
/// that is known, it stays, and with it all that was made from it.
async fn read(bundle: Bytes, lot: String, known: Option<KeptStory>) -> Result<KeptStory, StoryError> {
    let fetched = now();
    let reading = tokio::task::spawn_blocking(move || {
        // While the log stands still the bundle is the same, and so is its dense form.
        let same = known.as_ref().filter(|known| known.bundle == bundle).map(|known| Arc::clone(&known.dense));
        let (story, fingerprint) = read_now(&bundle, &lot, fetched.date_naive(), known)?;
        Ok(KeptStory {
            story,
            fingerprint,
            bundle,
            dense: same.unwrap_or_default(),
            since: Instant::now(),
            fetched,
            is_copy: false,
        })
    });
    reading.await.unwrap_or(Err(StoryError::Malformed))
}

fn read_now(
    bundle: &[u8],
    lot: &str,
    today: NaiveDate,
    known: Option<KeptStory>,
) -> Result<(Arc<Story>, Hash), StoryError> {
    let fingerprint = story::fingerprint(bundle, today)?;
    match known.filter(|known| known.fingerprint == fingerprint) {
        Some(known) => Ok((known.story, fingerprint)),
        None => Ok((Arc::new(Story::read(bundle, lot, today)?), fingerprint)),
    }
}
