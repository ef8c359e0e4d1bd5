//! A stream of envelopes, one a line, and the stream of answers: in order, one bad line never stops others, and a slow disk or a slow reader slows
//! the sender down instead of filling memory.
//!
//! Three stages, each a task, with short queues between: read lines and hand batches to all cores; submit what was admitted, in order;
//! await the outcomes and write the answers.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use nguon_ledger::limits::ENVELOPE_BYTES_MAX;
use nguon_ledger::refusal::{Code, Refusal};
use tokio::sync::{mpsc, oneshot};

use super::problem::ApiError;
use super::statements::receipt;
use crate::admission::{Admitted, admit_all};
use crate::node::Inner;
use crate::sequencer::{BATCH_STATEMENTS_MAX, Outcome};

/// Batches between two stages.
const BATCHES: usize = 2;

/// A line that was looked at.
type Checked = Result<Admitted, ApiError>;

/// A batch on its way to the answer: per line what is known already, or that the next outcome is its.
struct Submitted {
    lines: Vec<Result<(), ApiError>>,
    outcomes: Option<oneshot::Receiver<Vec<Outcome>>>,
}

/// Answers a stream of lines.
pub(super) fn answer(inner: Arc<Inner>, body: Body) -> Response {
    let (checked, to_submit) = mpsc::channel(BATCHES);
    let (submitted, to_answer) = mpsc::channel(BATCHES);
    tokio::spawn(read(Arc::clone(&inner), body.into_data_stream(), checked));
    tokio::spawn(submit(Arc::clone(&inner), to_submit, submitted));
    let answers = stream::unfold((inner, to_answer), |(inner, mut to_answer)| async move {
        let batch = to_answer.recv().await?;
        let text = write(&inner, batch).await;
        Some((Ok::<_, Infallible>(text), (inner, to_answer)))
    });
    let mut response = Response::new(Body::from_stream(answers));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// First stage: lines into batches. A batch goes when it is full, or when no more bytes are there at the moment.
async fn read(inner: Arc<Inner>, mut body: BodyDataStream, checked: mpsc::Sender<oneshot::Receiver<Vec<Checked>>>) {
    let limits = inner.config.http;
    let lines_max = limits.batch_lines.min(BATCH_STATEMENTS_MAX);
    let mut lines = Lines::default();
    loop {
        let next = match body.next().now_or_never() {
            Some(next) => next,
            None => {
                if !lines.whole.is_empty() && !send(&inner, &checked, lines.take(lines_max)).await {
                    return;
                }
                match tokio::time::timeout(limits.idle_time, body.next()).await {
                    Ok(next) => next,
                    Err(_) => {
                        lines.whole.push(Err(ApiError::Timeout));
                        None
                    }
                }
            }
        };
        let is_end = match next {
            Some(Ok(chunk)) => {
                lines.push(&chunk);
                false
            }
            // The sender has gone in the middle of a line, which then is none.
            Some(Err(_)) => true,
            None => {
                lines.end();
                true
            }
        };
        while lines.is_batch(lines_max, limits.batch_bytes) || is_end && !lines.whole.is_empty() {
            if !send(&inner, &checked, lines.take(lines_max)).await {
                return;
            }
        }
        if is_end {
            return;
        }
    }
}

/// Hands a batch to all cores; whether anybody still waits for it.
async fn send(
    inner: &Arc<Inner>,
    checked: &mpsc::Sender<oneshot::Receiver<Vec<Checked>>>,
    lines: Vec<Result<Vec<u8>, ApiError>>,
) -> bool {
    let (done, batch) = oneshot::channel();
    let inner = Arc::clone(inner);
    let Ok(place) = checked.reserve().await else { return false };
    rayon::spawn(move || {
        let checked = match inner.ready() {
            Some(ready) => admit_all(ready.index.reader(), lines),
            None => lines.into_iter().map(|_| Err(ApiError::Unavailable)).collect(),
        };
        // Whoever waited may have gone.
        let _ = done.send(checked);
    });
    place.send(batch);
    true
}

/// Second stage: what was admitted goes to the sequencer in the order of lines.
async fn submit(
    inner: Arc<Inner>,
    mut checked: mpsc::Receiver<oneshot::Receiver<Vec<Checked>>>,
    submitted: mpsc::Sender<Submitted>,
) {
    while let Some(batch) = checked.recv().await {
        let Ok(batch) = batch.await else { return };
        let mut statements = Vec::with_capacity(batch.len());
        let lines = batch.into_iter().map(|line| line.map(|statement| statements.push(statement))).collect();
        let outcomes = match inner.ready() {
            Some(ready) if !statements.is_empty() => ready.sequencer.submit_in_order(statements).await.ok(),
            _ => None,
        };
        if submitted.send(Submitted { lines, outcomes }).await.is_err() {
            return;
        }
    }
}

/// Third stage: one line of answer for each line.
async fn write(inner: &Arc<Inner>, batch: Submitted) -> Bytes {
    let outcomes = match batch.outcomes {
        Some(outcomes) => outcomes.await.unwrap_or_default(),
        None => Vec::new(),
    };
    let inner = Arc::clone(inner);
    let lines = batch.lines;
    let written = tokio::task::spawn_blocking(move || {
        let mut outcomes = outcomes.into_iter();
        let mut text = Vec::new();
        for line in lines {
            let answer = match line {
                // A sequencer that stopped in between answers nothing.
                Ok(()) => receipt(&inner, outcomes.next().unwrap_or(Outcome::Unavailable)).map(|(receipt, _)| receipt),
                Err(error) => {
                    inner.metrics.statement(error.problem().code);
                    Err(error)
                }
            };
            let encoded = match &answer {
                Ok(receipt) => serde_json::to_writer(&mut text, receipt),
                Err(error) => serde_json::to_writer(&mut text, &error.problem()),
            };
            if let Err(error) = encoded {
                tracing::error!(%error, "an answer could not be encoded");
            }
            text.push(b'\n');
        }
        Bytes::from(text)
    });
    written.await.unwrap_or_default()
}

/// Cuts a stream of bytes into lines, each of bounded length; blank ones are passed over.
#[derive(Debug, Default)]
struct Lines {
    whole: Vec<Result<Vec<u8>, ApiError>>,
    whole_bytes: usize,
    /// The line that has not ended yet.
    open: Vec<u8>,
    /// Whether the open line is too long and its rest is thrown away.
    is_too_long: bool,
}

impl Lines {
    fn push(&mut self, mut chunk: &[u8]) {
        while let Some(at) = chunk.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = chunk.split_at(at);
            self.extend(line);
            self.end();
            chunk = rest.get(1..).unwrap_or_default();
        }
        self.extend(chunk);
    }

    fn extend(&mut self, part: &[u8]) {
        if self.is_too_long || self.open.len() + part.len() > ENVELOPE_BYTES_MAX {
            self.is_too_long = true;
            self.open.clear();
        } else {
            self.open.extend_from_slice(part);
        }
    }

    /// The open line ends here.
    fn end(&mut self) {
        if std::mem::take(&mut self.is_too_long) {
            let detail = format!("more than {ENVELOPE_BYTES_MAX} bytes");
            self.whole.push(Err(Refusal::new(Code::TooLarge, "envelope", detail).into()));
        } else if !self.open.iter().all(u8::is_ascii_whitespace) {
            self.whole_bytes += self.open.len();
            self.whole.push(Ok(std::mem::take(&mut self.open)));
        }
        self.open.clear();
    }

    const fn is_batch(&self, lines: usize, bytes: usize) -> bool {
        self.whole.len() >= lines || self.whole_bytes >= bytes
    }

    /// Takes whole lines out, at most so many.
    fn take(&mut self, lines: usize) -> Vec<Result<Vec<u8>, ApiError>> {
        let rest = self.whole.split_off(lines.min(self.whole.len()));
        self.whole_bytes = rest.iter().flatten().map(Vec::len).sum();
        std::mem::replace(&mut self.whole, rest)
    }
}
