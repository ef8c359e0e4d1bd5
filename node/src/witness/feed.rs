//! Keeps each witness up to date.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use nguon_ledger::tree::{ConsistencyProof, Prover, TreeSize};
use reqwest::Client;
use reqwest::redirect::Policy as Redirects;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::client::{self, Failed, Said};
use super::{Shared, Witness};
use crate::store::{Head, Tiles};

/// How soon a new checkpoint is noticed when the interval since the last one is over.
const NOTICE: Duration = Duration::from_millis(200);
/// Exchanges in a row that a witness may answer with another size before it is left alone for a while.
const CONFLICTS_MAX: u32 = 3;
/// The reason of a failure that was told as an alarm already.
const FORK: &str = "fork";

/// Asks until it is told to stop.
pub(super) fn run(shared: &Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    // One provider per process; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(shared.limits.answer_time).redirect(Redirects::none()).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (client, runtime) = match (client, runtime) {
        (Ok(client), Ok(runtime)) => (client, runtime),
        (Err(error), _) => return tracing::error!(%error, "the witnesses cannot be asked"),
        (_, Err(error)) => return tracing::error!(%error, "the witnesses cannot be asked"),
    };
    runtime.block_on(async {
        let (targets, target) = watch::channel(shared.store.head());
        let mut tasks = JoinSet::new();
        for place in 0..shared.witnesses.len() {
            tasks.spawn(feed(Arc::clone(shared), place, client.clone(), target.clone()));
        }
        tokio::select! {
            // The sender is gone only with the node.
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = choose(shared, &targets) => {}
        }
    });
    // A name that is being looked up would be waited for.
    runtime.shutdown_background();
}

/// Puts the newest checkpoint before the witnesses, at most once an interval.
async fn choose(shared: &Shared, targets: &watch::Sender<Arc<Head>>) {
    loop {
        tokio::time::sleep(shared.limits.interval).await;
        loop {
            let head = shared.store.head();
            if head.size() != targets.borrow().size() {
                targets.send_replace(head);
                break;
            }
            tokio::time::sleep(NOTICE).await;
        }
    }
}

async fn feed(shared: Arc<Shared>, place: usize, client: Client, mut target: watch::Receiver<Arc<Head>>) {
    let Some(witness) = shared.witnesses.get(place) else { return };
    // What the witness has is learnt by asking as if it had nothing.
    let (mut has, mut failures) = (TreeSize::ZERO, 0);
    loop {
        let head = Arc::clone(&target.borrow_and_update());
        match bring_up(&shared, &client, witness, head, &mut has).await {
            Ok(()) => {
                failures = 0;
                if target.changed().await.is_err() {
                    return;
                }
            }
            Err(failed) => {
                shared.metrics.witness_failed(&witness.name, failed.reason);
                if failed.reason != FORK {
                    tracing::warn!(witness = witness.name, reason = failed.reason, "{}", failed.detail);
                }
                let wait = failed.retry_after.map_or_else(|| shared.wait(failures), |wait| wait.max(shared.wait(0)));
                failures += 1;
                tokio::time::sleep(wait.min(shared.limits.retry_max)).await;
            }
        }
    }
}

/// Has a witness cosign a checkpoint, from whatever size it has.
async fn bring_up(
    shared: &Shared,
    client: &Client,
    witness: &Witness,
    mut head: Arc<Head>,
    has: &mut TreeSize,
) -> Result<(), Failed> {
    for _ in 0..=CONFLICTS_MAX {
        if *has > head.size() {
            // It may have been asked with a newer one that this node has already.
            head = shared.store.head();
        }
        if *has > head.size() {
            let detail = format!("it cosigned {has} entries, and this log has {}", head.size());
            return Err(shared.alarm(witness, detail));
        }
        let proof = prove(shared, *has, &head)?;
        match client::ask(client, witness, &head, *has, &proof).await {
            Said::Cosigned(lines) => {
                *has = head.size();
                shared.metrics.witness_cosigned(&witness.name, head.size().get());
                *witness.alarm.lock().unwrap_or_else(PoisonError::into_inner) = None;
                shared.collect(&head, witness, lines);
                return Ok(());
            }
            Said::Has(size) => {
                if size < *has {
                    shared.metrics.witness_failed(&witness.name, "rolled_back");
                    tracing::error!(
                        witness = witness.name,
                        "it cosigned {has} entries and now has {size}: it lost its memory, and its word is worth less"
                    );
                }
                *has = size;
            }
            Said::Fork(detail) => return Err(shared.alarm(witness, detail)),
            Said::Failed(failed) => return Err(failed),
        }
    }
    Err(Failed::new("conflict", "it names another size each time: somebody else feeds it this log"))
}

fn prove(shared: &Shared, old: TreeSize, head: &Head) -> Result<ConsistencyProof, Failed> {
    if old == TreeSize::ZERO {
        return Ok(ConsistencyProof::default());
    }
    let tiles = Tiles::new(shared.store.as_ref());
    let proof = Prover::new(&tiles, head.size()).consistency(old);
    proof.map_err(|error| Failed::new("proof", error.to_string()))
}

impl Shared {
    /// A witness holds another history than the one this log shows it.
    fn alarm(&self, witness: &Witness, detail: String) -> Failed {
        tracing::error!(
            witness = witness.name,
            "possible fork: {detail}. Stop adding, compare the witness's checkpoint with this log's, and find out which \
             copy of the folder went astray (docs/operations.md)"
        );
        self.metrics.witness_alarm(&witness.name);
        *witness.alarm.lock().unwrap_or_else(PoisonError::into_inner) = Some(detail.clone());
        Failed::new(FORK, detail)
    }

    /// How long to leave a witness alone after so many failures before: twice as long each time, and never the same for all
    /// logs that lost it at the same moment.
    fn wait(&self, failures: u32) -> Duration {
        let longest = self.limits.retry_min.saturating_mul(1 << failures.min(16)).min(self.limits.retry_max);
        let mut random = [0];
        // Without randomness every wait is the shortest.
        let _ = getrandom::fill(&mut random);
        longest.mul_f64(0.5 + f64::from(random[0]) / 512.0)
    }
}
