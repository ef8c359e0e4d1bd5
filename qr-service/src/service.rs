//! What the routes share: the node, what was read of it lately, and the service's own folder.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use axum::body::Bytes;
use chrono::{DateTime, FixedOffset};
use nguon_ledger::hash::Hash;

use crate::{
    Config, ConfigError, Settings,
    assets::{Effort, Encoding},
    cache::Cache,
    code::{self, CodeError},
    data::Data,
    limit::{ClientKey, ClientKeys, Limit, Rate, TooMany},
    link::ItemLink,
    node::{LedgerInfo, NodeClient, NodeError},
    page::Freshness,
    picture::Size,
    story::StoryError,
};

mod packs;
mod products;
mod telling;

pub(crate) use packs::{Layer, Pack};
pub(crate) use telling::Told;

/// Memory for bundles with the stories read from them.
const STORIES_BYTES_MAX: usize = 96 << 20;
/// Memory for rendered pages, plain and zipped.
const PAGES_BYTES_MAX: usize = 48 << 20;
/// Memory for photos as they are shown.
const PICTURES_BYTES_MAX: usize = 32 << 20;
/// Memory for drawn codes.
const CODES_BYTES_MAX: usize = 8 << 20;
/// Memory for codes that the ledger does not know.
const MISSING_BYTES_MAX: usize = 1 << 20;
/// With the lists of serials (48 MiB) all that is kept in memory: no more, however large the ledger is.
const _: () = assert!(
    STORIES_BYTES_MAX + PAGES_BYTES_MAX + PICTURES_BYTES_MAX + CODES_BYTES_MAX + MISSING_BYTES_MAX <= 192 << 20,
    "the caches stay within 192 MiB"
);
/// What a client may have done that costs: a bundle fetched, a photo or code drawn. Many phones share one address of a mobile network, so
/// this is far more than one person asks for.
const WORK_RATE: Rate = Rate { burst: 200, every: Duration::from_millis(50) };
/// How many codes of scratch layers a client may try. A code is 75 random bits; what is limited is the work, and many people share one
/// address of a mobile network.
const TRY_RATE: Rate = Rate { burst: 20, every: Duration::from_secs(30) };
/// Pages compressed as well as can be: each takes tens of milliseconds.
static BEST: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);
/// Photos decoded at once: each takes up to 96 MB.
const DECODERS: usize = 2;
/// Home of the ledger's people, UTC+7: the day that is today there.
const HOME_OFFSET_SECONDS: i32 = 7 * 3600;
/// Locks that keep two requests from fetching the same thing at once; things that share one only wait for each other.
const FLIGHTS: usize = 64;

/// The service behind the routes.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) node: NodeClient,
    base: String,
    settings: Settings,
    data: Option<Data>,
    clients: ClientKeys,
    work: Limit,
    tries: Limit,
    ledger: Cache<telling::Kept<LedgerInfo>>,
    stories: Cache<telling::KeptStory>,
    missing: Cache<Instant>,
    products: Cache<telling::Kept<products::Table>>,
    pages: Cache<Arc<PageCopy>>,
    codes: Cache<Bytes>,
    pictures: Cache<Picture>,
    decoders: tokio::sync::Semaphore,
    flights: Vec<tokio::sync::Mutex<()>>,
    /// Until when the node is not asked again, after it did not answer.
    resting: Mutex<Option<Instant>>,
    http: reqwest::Client,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    pub(crate) address: Option<IpAddr>,
    pub(crate) key: Option<ClientKey>,
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
    /// The client asks for too much.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrawError {
    /// It cannot be drawn.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The client asks for too much.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// Which picture of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeFormat {
    Svg,
    Png,
}

/// A blob as it is handed out.
#[derive(Debug, Clone)]
pub(crate) enum Picture {
    /// A photo, written anew as JPEG.
    Shown(Bytes),
    /// No picture that is read: a file.
    File(Bytes),
}

/// What a rendered page was made from, besides its words and its address: it is good as long as this is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageFacts {
    pub(crate) story: Hash,
    pub(crate) ledger: Arc<LedgerInfo>,
    pub(crate) freshness: Freshness,
    pub(crate) pack: Option<Pack>,
}

/// A rendered page.
#[derive(Debug)]
pub(crate) struct PageCopy {
    pub(crate) facts: PageFacts,
    pub(crate) html: Bytes,
    zipped: OnceLock<Option<Bytes>>,
    /// As well as a moment allows, and as well as can be once there was time for it.
    brotli: OnceLock<Option<Bytes>>,
    best: OnceLock<Option<Bytes>>,
    /// Changes with any byte of it.
    pub(crate) tag: String,
}

impl Service {
    pub(crate) fn new(config: Config, settings: Settings) -> Result<Arc<Self>, ConfigError> {
        let Config { node_url, base } = config;
        let base = web_address("base", base)?;
        let node = NodeClient::new(&web_address("node", node_url)?)?;
        let settings = Settings {
            report_webhook: settings.report_webhook.map(|url| web_address("report webhook", url)).transpose()?,
            ..settings
        };
        let open = |folder: &std::path::PathBuf| {
            Data::open(folder).map_err(|source| ConfigError::Data { folder: folder.clone(), source })
        };
        let data = settings.data.as_ref().map(open).transpose()?;
        Ok(Arc::new(Self {
            http: node.http(),
            node,
            base,
            data,
            settings,
            clients: ClientKeys::default(),
            work: Limit::new(WORK_RATE),
            tries: Limit::new(TRY_RATE),
            ledger: Cache::new(1 << 20),
            stories: Cache::new(STORIES_BYTES_MAX),
            missing: Cache::new(MISSING_BYTES_MAX),
            products: Cache::new(products::TABLE_BYTES_MAX),
            pages: Cache::new(PAGES_BYTES_MAX),
            codes: Cache::new(CODES_BYTES_MAX),
            pictures: Cache::new(PICTURES_BYTES_MAX),
            decoders: tokio::sync::Semaphore::new(DECODERS),
            flights: (0..FLIGHTS).map(|_| tokio::sync::Mutex::new(())).collect(),
            resting: Mutex::new(None),
        }))
    }

    /// What printed codes and the subjects of links begin with.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The service's own folder, if it has one.
    pub(crate) fn data(&self) -> Option<&Data> {
        self.data.as_ref()
    }

    /// The client at an address.
    pub(crate) fn client(&self, address: Option<IpAddr>) -> Client {
        Client { address, key: address.map(|address| self.clients.of(address)) }
    }

    /// The address that the code of a lot or pack carries.
    pub(crate) fn address(&self, link: &ItemLink) -> String {
        format!("{}{}", self.base, link.page_path())
    }

    /// Counts one piece of work for a client.
    fn charge(&self, client: Client) -> Result<(), TooMany> {
        match client.key {
            Some(key) => self.work.take(key, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts that a client tries the code of a scratch layer.
    pub(crate) fn charge_try(&self, client: Client) -> Result<(), TooMany> {
        match client.key {
            Some(key) => self.tries.take(key, Instant::now()),
            None => Ok(()),
        }
    }

    /// The lock under which a thing is fetched.
    fn flight(&self, thing: &str) -> Option<&tokio::sync::Mutex<()>> {
        let first = Hash::of(thing.as_bytes()).as_bytes().first().copied().unwrap_or_default();
        self.flights.get(usize::from(first) % FLIGHTS)
    }

    /// Whether the node did not answer a moment ago.
    fn rests(&self) -> bool {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self, until: Option<Instant>) {
        *self.resting.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// The page under a key, if it was made from these facts; else `render` makes it.
    pub(crate) fn page(&self, key: &str, facts: &PageFacts, render: impl FnOnce() -> String) -> Arc<PageCopy> {
        if let Some(page) = self.pages.get(key).filter(|page| page.facts == *facts) {
            return page;
        }
        let html = Bytes::from(render());
        let tag = Hash::of(&html).to_string().chars().take(16).collect();
        let page = Arc::new(PageCopy {
            facts: facts.clone(),
            html,
            zipped: OnceLock::new(),
            brotli: OnceLock::new(),
            best: OnceLock::new(),
            tag,
        });
        // Compressed it takes about a quarter, each time.
        self.pages.put(key, Arc::clone(&page), page.html.len() * 2);
        page
    }

    /// A picture of the code of a lot or pack.
    pub(crate) fn code(&self, link: &ItemLink, format: CodeFormat, client: Client) -> Result<Bytes, DrawError> {
        let address = self.address(link);
        let key = format!("{format:?} {address}");
        if let Some(picture) = self.codes.get(&key) {
            return Ok(picture);
        }
        self.charge(client)?;
        let picture: Bytes = match format {
            CodeFormat::Svg => code::svg(&address)?.into(),
            CodeFormat::Png => code::png(&address)?.into(),
        };
        self.codes.put(&key, picture.clone(), picture.len());
        Ok(picture)
    }

    /// A file beside the log: a photo written anew, anything else as it is.
    pub(crate) async fn blob(&self, sha256: &Hash, size: Size, client: Client) -> Result<Picture, TellError> {
        let key = format!("{size:?} {sha256}");
        if let Some(picture) = self.pictures.get(&key) {
            return Ok(picture);
        }
        self.charge(client)?;
        let file = Bytes::from(self.node.blob(sha256).await?);
        // Closed never, as nobody closes it.
        let permit = self.decoders.acquire().await;
        let original = file.clone();
        let drawn = tokio::task::spawn_blocking(move || crate::picture::anew(&original, size)).await;
        drop(permit);
        Ok(match drawn {
            Ok(Ok(jpeg)) => {
                let picture = Picture::Shown(jpeg.into());
                self.pictures.put(&key, picture.clone(), picture.len());
                picture
            }
            Ok(Err(error)) => {
                tracing::debug!(%sha256, %error, "not shown as a picture");
                Picture::File(file)
            }
            Err(error) => {
                tracing::warn!(%sha256, %error, "the decoder ended badly");
                Picture::File(file)
            }
        })
    }

    /// Sends a report on, if somebody wants it. It is kept already.
    pub(crate) fn send_on(&self, report: &serde_json::Value) {
        let Some(url) = self.settings.report_webhook.clone() else { return };
        let request = self.http.post(url).json(report);
        tokio::spawn(async move {
            match request.send().await.and_then(reqwest::Response::error_for_status) {
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the report was not sent on; it is kept"),
            }
        });
    }
}

impl PageCopy {
    /// The page in an encoding, and what tells its tag from that of the others. Whoever asks first waits for a quick copy; a page that is asked for again
    /// is compressed as well as can be, aside and one at a time, for those who come later.
    pub(crate) fn encoded(self: &Arc<Self>, encoding: Encoding) -> Option<(Bytes, &'static str)> {
        let quick = || encoding.compress(&self.html, Effort::Quick).map(Bytes::from);
        if encoding == Encoding::Gzip {
            return Some((self.zipped.get_or_init(quick).clone()?, "-z"));
        }
        if let Some(Some(best)) = self.best.get() {
            return Some((best.clone(), "-b"));
        }
        if self.brotli.get().is_some()
            && let Ok(permit) = BEST.try_acquire()
        {
            let page = Arc::clone(self);
            drop(tokio::task::spawn_blocking(move || {
                page.best.get_or_init(|| encoding.compress(&page.html, Effort::Best).map(Bytes::from));
                drop(permit);
            }));
        }
        Some((self.brotli.get_or_init(quick).clone()?, "-q"))
    }
}

impl Picture {
    fn len(&self) -> usize {
        match self {
            Self::Shown(bytes) | Self::File(bytes) => bytes.len(),
        }
    }
}

/// The time at the home of the ledger's people.
pub(crate) fn now() -> DateTime<FixedOffset> {
    at_home(DateTime::<chrono::Utc>::from_timestamp_nanos(
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_nanos()).ok())
            .unwrap_or_default(),
    ))
}

/// A moment as the clocks of the ledger's people show it.
pub(crate) fn at_home(utc: DateTime<chrono::Utc>) -> DateTime<FixedOffset> {
    FixedOffset::east_opt(HOME_OFFSET_SECONDS).map_or_else(|| utc.fixed_offset(), |home| utc.with_timezone(&home))
}

fn web_address(which: &'static str, address: String) -> Result<String, ConfigError> {
    let is_web =
        reqwest::Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_web { Ok(address.trim_end_matches('/').to_owned()) } else { Err(ConfigError::Address { which, address }) }
}
