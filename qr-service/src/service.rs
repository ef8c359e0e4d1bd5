//! What the routes share: the node, and what was read of it lately.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use axum::body::Bytes;
use chrono::{DateTime, FixedOffset};
use nguon_ledger::hash::Hash;

use crate::{
    Config, ConfigError,
    cache::Cache,
    code::{self, CodeError},
    link::ItemLink,
    node::{LedgerInfo, NodeClient, NodeError},
    page::Freshness,
    story::{Story, StoryError},
};

/// Stories kept. One takes some tens of kilobytes.
const STORIES_MAX: usize = 256;
/// Rendered codes kept. One takes at most 6 kilobytes.
const CODES_MAX: usize = 1_024;
/// How long a story is shown without asking the node again: long enough to carry a crowd, short enough for a recall.
const STORY_FRESH: Duration = Duration::from_secs(5);
/// How long the ledger's name, key and policy are believed.
const LEDGER_FRESH: Duration = Duration::from_secs(60);
/// Home of the ledger's people, UTC+7: the day that is today there.
const HOME_OFFSET_SECONDS: i32 = 7 * 3600;

/// The service behind the routes.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) node: NodeClient,
    base: String,
    ledger: Cache<Kept<LedgerInfo>>,
    stories: Cache<Kept<Story>>,
    codes: Cache<Bytes>,
}

/// Something read of the node, and when.
#[derive(Debug)]
struct Kept<T> {
    value: Arc<T>,
    since: Instant,
    fetched: DateTime<FixedOffset>,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), since: self.since, fetched: self.fetched }
    }
}

impl<T> Kept<T> {
    fn new(value: T) -> Self {
        Self { value: Arc::new(value), since: Instant::now(), fetched: now() }
    }
}

/// Why there is no story.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TellError {
    /// The node gave nothing.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// What it gave cannot be read.
    #[error(transparent)]
    Story(#[from] StoryError),
}

/// Which picture of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeFormat {
    Svg,
    Png,
}

/// What the page of a lot is told from.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) story: Arc<Story>,
    pub(crate) ledger: Arc<LedgerInfo>,
    pub(crate) freshness: Freshness,
}

impl Service {
    pub(crate) fn new(config: Config) -> Result<Arc<Self>, ConfigError> {
        let Config { node_url, base } = config;
        let base = web_address("base", base)?;
        let node = NodeClient::new(&web_address("node", node_url)?)?;
        Ok(Arc::new(Self {
            node,
            base,
            ledger: Cache::new(1),
            stories: Cache::new(STORIES_MAX),
            codes: Cache::new(CODES_MAX),
        }))
    }

    /// The address that the code of a lot or pack carries.
    pub(crate) fn address(&self, link: &ItemLink) -> String {
        format!("{}{}", self.base, link.page_path())
    }

    /// The ledger's name, key and policy; those known before when the node does not answer.
    pub(crate) async fn ledger(&self) -> Result<Arc<LedgerInfo>, NodeError> {
        let kept = self.ledger.get("");
        if let Some(kept) = kept.as_ref().filter(|kept| kept.since.elapsed() < LEDGER_FRESH) {
            return Ok(Arc::clone(&kept.value));
        }
        match self.node.ledger().await {
            Ok(info) => {
                let kept = Kept::new(info);
                self.ledger.put("", kept.clone());
                Ok(kept.value)
            }
            Err(error) => kept.map(|kept| kept.value).ok_or(error),
        }
    }

    /// The story of a lot: of now, or, when the node does not answer, the one read last.
    pub(crate) async fn tell(&self, link: &ItemLink) -> Result<Told, TellError> {
        let ledger = self.ledger().await?;
        let lot = link.lot_uri(&ledger.origin);
        let kept = self.stories.get(&lot);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.since.elapsed() < STORY_FRESH) {
            return Ok(Told { story: Arc::clone(&kept.value), ledger, freshness: Freshness::Fresh });
        }
        match (self.node.bundle(&lot).await, kept) {
            (Ok(bundle), _) => {
                let kept = Kept::new(read(bundle, lot.clone()).await?);
                self.stories.put(&lot, kept.clone());
                Ok(Told { story: kept.value, ledger, freshness: Freshness::Fresh })
            }
            (Err(error), Some(kept)) if !matches!(error, NodeError::NotFound | NodeError::Gone) => {
                tracing::warn!(%lot, %error, "showing an earlier copy");
                Ok(Told { story: kept.value, ledger, freshness: Freshness::Stale(kept.fetched) })
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// A picture of the code of a lot or pack.
    pub(crate) fn code(&self, link: &ItemLink, format: CodeFormat) -> Result<Bytes, CodeError> {
        let address = self.address(link);
        let key = format!("{format:?} {address}");
        if let Some(picture) = self.codes.get(&key) {
            return Ok(picture);
        }
        let picture: Bytes = match format {
            CodeFormat::Svg => code::svg(&address)?.into(),
            CodeFormat::Png => code::png(&address)?.into(),
        };
        self.codes.put(&key, picture.clone());
        Ok(picture)
    }

    /// A file beside the log.
    pub(crate) async fn blob(&self, sha256: &Hash) -> Result<Vec<u8>, NodeError> {
        self.node.blob(sha256).await
    }
}

/// Reads a story off the threads that answer requests: a large bundle takes a tenth of a second.
async fn read(bundle: Vec<u8>, lot: String) -> Result<Story, StoryError> {
    let today = now().date_naive();
    let reading = tokio::task::spawn_blocking(move || Story::read(&bundle, &lot, today));
    reading.await.unwrap_or(Err(StoryError::Malformed))
}

/// The time at the home of the ledger's people.
fn now() -> DateTime<FixedOffset> {
    let utc: DateTime<chrono::Utc> = DateTime::<chrono::Utc>::from_timestamp_nanos(
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_nanos()).ok())
            .unwrap_or_default(),
    );
    FixedOffset::east_opt(HOME_OFFSET_SECONDS).map_or_else(|| utc.fixed_offset(), |home| utc.with_timezone(&home))
}

fn web_address(which: &'static str, address: String) -> Result<String, ConfigError> {
    let is_web =
        reqwest::Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_web { Ok(address.trim_end_matches('/').to_owned()) } else { Err(ConfigError::Address { which, address }) }
}
