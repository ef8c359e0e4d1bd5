//! What can be set, and the limits of the node, each with its sum.

use std::path::PathBuf;
use std::time::Duration;

use nguon_ledger::time::UnixMillis;

/// How a node runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// The text of a C2SP policy: what the node recommends to verifiers, and the witnesses that it asks for cosignatures.
    /// Without one, the log alone with quorum `none`.
    pub policy: Option<String>,
    /// What time it is.
    pub clock: fn() -> UnixMillis,
    /// Bounds of the log store.
    pub store: StoreLimits,
    /// Bounds of the index.
    pub index: IndexLimits,
    /// Bounds of the sequencer.
    pub sequencer: SequencerLimits,
    /// Bounds of requests.
    pub http: HttpLimits,
    /// How witnesses are asked.
    pub witness: WitnessLimits,
    /// How often one address may ask for what is limited.
    pub rate: RateLimits,
}

impl Config {
    /// The defaults for a data folder.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            policy: None,
            clock: system_time,
            store: StoreLimits::default(),
            index: IndexLimits::default(),
            sequencer: SequencerLimits::default(),
            http: HttpLimits::default(),
            witness: WitnessLimits::default(),
            rate: RateLimits::default(),
        }
    }
}

/// The system's clock.
#[must_use]
pub fn system_time() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    UnixMillis::new(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Bounds of the log store.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StoreLimits {
    /// A segment that has grown to so many bytes is followed by a new one. Starting reads what is left of the journal, mostly two segments:
    /// 64 MiB are read and hashed in a tenth of a second.
    pub segment_bytes: u64,
    /// Full tiles that may wait in memory for the disk: 64 MiB are some 350 bundles of 700-byte entries.
    pub pending_tile_bytes: usize,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { segment_bytes: 32 << 20, pending_tile_bytes: 64 << 20 }
    }
}

/// Bounds of the index.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct IndexLimits {
    /// Memory for sled's pages.
    pub cache_bytes: u64,
    /// Records kept decoded, by their encoded length: 16 MiB are some 60,000 lots.
    pub record_bytes: usize,
    /// Groups that may wait to be indexed, each at most 1,024 entries with some 2 KiB of records: 32 MiB.
    pub queue_groups: usize,
    /// Entries applied in one batch when the index is made again.
    pub replay_entries: usize,
}

impl Default for IndexLimits {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, record_bytes: 16 << 20, queue_groups: 16, replay_entries: 4_096 }
    }
}

/// Bounds of the sequencer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SequencerLimits {
    /// Statements that may wait, each counted once for every 4 KiB begun: at most 16 MiB of payloads, and at 12,000 statements a second a third of
    /// a second of work.
    pub queue_statements: u32,
    /// How long a client that was pushed back should wait.
    pub retry_after: Duration,
}

impl Default for SequencerLimits {
    fn default() -> Self {
        Self { queue_statements: 4_096, retry_after: Duration::from_secs(1) }
    }
}

/// Bounds of requests.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpLimits {
    /// Longest time for an answer, streams aside.
    pub answer_time: Duration,
    /// Longest silence within a stream of statements or a blob.
    pub idle_time: Duration,
    /// Lines of a stream that are checked together.
    pub batch_lines: usize,
    /// Bytes of lines that are checked together: with three batches under way at most 3 MiB a stream, a longest line aside.
    pub batch_bytes: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            answer_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            batch_lines: 512,
            batch_bytes: 1 << 20,
        }
    }
}

/// How often one address may ask about invitations: nobody needs more, and to guess one token of 2^128 takes for ever anyway.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RateLimits {
    /// Requests at once: a registrar who invites and approves a whole village.
    pub burst: u32,
    /// One more each time so much has passed.
    pub interval: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { burst: 120, interval: Duration::from_secs(1) }
    }
}

/// How witnesses are asked.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WitnessLimits {
    /// A new checkpoint is put before the witnesses at most this often. A witness syncs its disk for each, and may serve many logs.
    pub interval: Duration,
    /// Longest time for a witness's answer.
    pub answer_time: Duration,
    /// Wait after the first failure; it doubles with each that follows, up to `retry_max`.
    pub retry_min: Duration,
    /// Longest wait after a failure.
    pub retry_max: Duration,
}

impl Default for WitnessLimits {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            answer_time: Duration::from_secs(10),
            retry_min: Duration::from_secs(1),
            retry_max: Duration::from_secs(120),
        }
    }
}
