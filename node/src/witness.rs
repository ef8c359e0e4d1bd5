//! Asks the policy's witnesses to cosign the log's checkpoints (C2SP tlog-witness), and says which checkpoint to show.
//!
//! All of it runs on a thread of its own that only reads the log: adding never waits for a witness. A new checkpoint is put
//! before every witness at once, at most once an interval, for a quorum must cosign the same one.
//!
//! **What is shown.** Where the policy asks for witnesses, `GET /checkpoint` is the newest checkpoint with their quorum, so that
//! whoever holds the policy never meets one that it refuses; before the first one there is only the log's own. Proofs and
//! bundles lead to it when it covers their entries, else to the newest. Receipts always carry the newest.

mod client;
mod collect;
mod feed;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use nguon_ledger::note::VerifierKey;
use nguon_ledger::policy::{Policy, PolicyError, PolicyWitness, Quorum};
use nguon_ledger::tree::TreeSize;
use reqwest::Url;
use thiserror::Error;
use tokio::sync::watch;

use crate::config::WitnessLimits;
use crate::metrics::Metrics;
use crate::store::{Head, LogStore};
use collect::Collected;

/// Why a policy cannot be used by the node of a log. Each says what to do next.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// It is none.
    #[error("the policy cannot be read; see c2sp.org/tlog-policy")]
    Policy(#[from] PolicyError),
    /// It is about other logs, or about none: nobody could check this log with it.
    #[error("the policy does not name this log; add the line: log {vkey}")]
    OtherLog {
        /// The log's verifier key.
        vkey: String,
    },
    /// A witness's address is none.
    #[error("the policy's address of the witness {name} is not http(s)://...; correct that line")]
    Address {
        /// The witness.
        name: String,
    },
    /// The thread cannot be started.
    #[error("the witnesses cannot be asked")]
    Thread(#[source] std::io::Error),
}

/// The witnesses of a log. Dropping it stops asking them.
#[derive(Debug)]
pub(crate) struct Witnesses {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the exchanges with all witnesses share. Each lock is held for a moment only.
#[derive(Debug)]
struct Shared {
    policy: Policy,
    /// Whether the policy is met without any witness.
    is_free: bool,
    witnesses: Vec<Witness>,
    limits: WitnessLimits,
    store: Arc<dyn LogStore>,
    metrics: Arc<Metrics>,
    /// Changed by whoever got a cosignature.
    collected: Mutex<Collected>,
    /// The newest checkpoint that meets the policy with at least one cosignature.
    cosigned: Mutex<Option<Arc<Head>>>,
}

/// A witness that has an address.
#[derive(Debug)]
struct Witness {
    name: String,
    key: VerifierKey,
    /// `add-checkpoint` below its submission prefix.
    url: Url,
    /// Why this witness refuses this log's history; set by its own exchange alone.
    alarm: Mutex<Option<String>>,
}

impl Witnesses {
    /// Begins to ask the witnesses of a policy.
    pub(crate) fn start(
        text: &str,
        log: &VerifierKey,
        limits: WitnessLimits,
        store: &Arc<dyn LogStore>,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, WitnessError> {
        let policy = Policy::parse(text.as_bytes())?;
        if !policy.logs().iter().any(|known| known.key() == log) {
            return Err(WitnessError::OtherLog { vkey: log.to_string() });
        }
        let witnesses = policy.witnesses().iter().filter_map(Witness::of).collect::<Result<Vec<_>, _>>()?;
        witnesses.iter().for_each(|witness| metrics.witness(&witness.name));
        let head = store.head();
        let is_free = policy.evaluate(&head.checkpoint).is_ok_and(|word| word.quorum() == Quorum::NotRequired);
        let kept = store.cosigned();
        let cosigned = kept.clone().filter(|kept| collect::is_enough(&policy, &kept.checkpoint));
        metrics.cosigned(cosigned.as_ref().map_or(0, |head| head.size().get()));
        let shared = Arc::new(Shared {
            policy,
            is_free,
            witnesses,
            limits,
            store: Arc::clone(store),
            metrics: Arc::clone(metrics),
            collected: Mutex::new(Collected::new(kept.as_deref())),
            cosigned: Mutex::new(cosigned),
        });
        let (stop, stopping) = watch::channel(false);
        let asking = Arc::clone(&shared);
        let thread = thread::Builder::new().name("witnesses".to_owned()).spawn(move || feed::run(&asking, stopping));
        let thread = thread.map_err(WitnessError::Thread)?;
        Ok(Self { shared, stop, thread: Mutex::new(Some(thread)) })
    }

    /// The checkpoint to show to whoever asks for the log.
    pub(crate) fn published(&self) -> Arc<Head> {
        let head = self.shared.store.head();
        let cosigned = self.shared.cosigned().filter(|cosigned| !self.shared.is_free || cosigned.size() == head.size());
        cosigned.unwrap_or(head)
    }

    /// The checkpoint that entries below `end` are proven to: one with the quorum if it covers them, else the newest.
    pub(crate) fn covering(&self, end: TreeSize) -> Arc<Head> {
        let published = self.published();
        if published.size() >= end { published } else { self.shared.store.head() }
    }

    /// For each witness that was shown another history than this log's, what it said.
    pub(crate) fn alarms(&self) -> Vec<String> {
        let alarm = |witness: &Witness| {
            let alarm = witness.alarm.lock().unwrap_or_else(PoisonError::into_inner);
            alarm.as_ref().map(|alarm| format!("{}: {alarm}", witness.name))
        };
        self.shared.witnesses.iter().filter_map(alarm).collect()
    }

    /// Stops asking, at once, also in the middle of an exchange.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It printed its panic, if there was one.
            let _ = thread.join();
        }
    }
}

impl Drop for Witnesses {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn cosigned(&self) -> Option<Arc<Head>> {
        self.cosigned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Witness {
    /// Of a policy's witness; `None` without an address: somebody else asks that one.
    fn of(witness: &PolicyWitness) -> Option<Result<Self, WitnessError>> {
        let prefix = witness.url()?;
        let name = witness.name().to_string();
        let url = std::str::from_utf8(prefix)
            .ok()
            .and_then(|prefix| Url::parse(&format!("{}/add-checkpoint", prefix.trim_end_matches('/'))).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = url else { return Some(Err(WitnessError::Address { name })) };
        Some(Ok(Self { name, key: witness.key().clone(), url, alarm: Mutex::new(None) }))
    }
}
