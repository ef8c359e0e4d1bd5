//! What the node counts, as Prometheus reads it.

use std::time::Duration;

use prometheus::{
    Encoder as _, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Commit times from a quarter of a millisecond (a fast disk) to four seconds (a dying one).
const SECONDS: [f64; 15] =
    [0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0];
/// Entries a group: powers of two up to a full frame.
const ENTRIES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];

/// The node's counters.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    statements: IntCounterVec,
    requests: IntCounterVec,
    commit_seconds: Histogram,
    group_entries: Histogram,
    tree_size: IntGauge,
    queue: IntGauge,
    ready: IntGauge,
    index_breaks: IntCounter,
    witness_sizes: IntGaugeVec,
    witness_errors: IntCounterVec,
    witness_alarms: IntGaugeVec,
    cosigned_size: IntGauge,
}

/// What is looked up when somebody asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauges {
    pub(crate) tree_size: u64,
    pub(crate) queued: usize,
    pub(crate) is_ready: bool,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let histogram = |name: &str, help: &str, buckets: &[f64]| -> Result<Histogram, prometheus::Error> {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
            registry.register(Box::new(histogram.clone()))?;
            Ok(histogram)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauges = |name: &str, help: &str| -> Result<IntGaugeVec, prometheus::Error> {
            let gauges = IntGaugeVec::new(Opts::new(name, help), &["witness"])?;
            registry.register(Box::new(gauges.clone()))?;
            Ok(gauges)
        };
        Ok(Self {
            statements: counters("nguon_statements_total", "Statements answered, by result.", &["result"])?,
            requests: counters("nguon_http_responses_total", "HTTP answers, by status.", &["status"])?,
            commit_seconds: histogram("nguon_commit_seconds", "Time to apply and commit a group.", &SECONDS)?,
            group_entries: histogram("nguon_group_entries", "Entries committed together.", &ENTRIES)?,
            tree_size: gauge("nguon_tree_size", "Entries in the log.")?,
            queue: gauge("nguon_queue_statements", "Statements that wait for the sequencer.")?,
            ready: gauge("nguon_ready", "1 when the node takes statements.")?,
            index_breaks: counter("nguon_index_breaks_total", "How often the index broke and had to be made again.")?,
            witness_sizes: gauges("nguon_witness_size", "Entries that a witness cosigned last.")?,
            witness_errors: counters(
                "nguon_witness_errors_total",
                "Failed exchanges with a witness, by reason.",
                &["witness", "reason"],
            )?,
            witness_alarms: gauges(
                "nguon_witness_alarm",
                "1 when a witness was shown another history: a possible fork.",
            )?,
            cosigned_size: gauge("nguon_cosigned_size", "Entries of the newest checkpoint with the policy's quorum.")?,
            registry,
        })
    }

    /// A statement was answered: `accepted`, `duplicate`, or a problem's code.
    pub(crate) fn statement(&self, result: &str) {
        self.statements.with_label_values(&[result]).inc();
    }

    /// A request was answered.
    pub(crate) fn response(&self, status: u16) {
        self.requests.with_label_values(&[status.to_string().as_str()]).inc();
    }

    /// The index broke while the node ran.
    pub(crate) fn index_broke(&self) {
        self.index_breaks.inc();
    }

    /// A commit of so many entries took so long; none when it failed.
    pub(crate) fn committed(&self, entries: usize, time: Duration) {
        self.commit_seconds.observe(time.as_secs_f64());
        if let Ok(entries) = u32::try_from(entries)
            && entries > 0
        {
            self.group_entries.observe(f64::from(entries));
        }
    }

    /// A witness of this name is to be asked; its figures are shown from now on.
    pub(crate) fn witness(&self, name: &str) {
        self.witness_sizes.with_label_values(&[name]).set(0);
        self.witness_alarms.with_label_values(&[name]).set(0);
    }

    /// A witness cosigned a tree of so many entries.
    pub(crate) fn witness_cosigned(&self, name: &str, size: u64) {
        self.witness_sizes.with_label_values(&[name]).set(i64::try_from(size).unwrap_or(i64::MAX));
        self.witness_alarms.with_label_values(&[name]).set(0);
    }

    /// An exchange with a witness failed.
    pub(crate) fn witness_failed(&self, name: &str, reason: &str) {
        self.witness_errors.with_label_values(&[name, reason]).inc();
    }

    /// A witness was shown another history.
    pub(crate) fn witness_alarm(&self, name: &str) {
        self.witness_alarms.with_label_values(&[name]).set(1);
    }

    /// A checkpoint of so many entries has the quorum.
    pub(crate) fn cosigned(&self, size: u64) {
        self.cosigned_size.set(i64::try_from(size).unwrap_or(i64::MAX));
    }

    /// The text of all.
    pub(crate) fn text(&self, gauges: Gauges) -> Result<String, prometheus::Error> {
        self.tree_size.set(i64::try_from(gauges.tree_size).unwrap_or(i64::MAX));
        self.queue.set(i64::try_from(gauges.queued).unwrap_or(i64::MAX));
        self.ready.set(i64::from(gauges.is_ready));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
