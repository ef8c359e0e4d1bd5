//! The thread that merges runs behind everybody's back.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::Reader;

/// The thread. It stops when this is dropped, in the middle of a merge if need be.
#[derive(Debug)]
pub(super) struct Merger {
    wake: Wake,
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the merger that there is a new run.
#[derive(Clone, Debug)]
pub(super) struct Wake(SyncSender<()>);

impl Wake {
    pub(super) fn wake(&self) {
        // When the channel is full it will look anyhow, and when it is closed the index is broken or closing.
        let _ = self.0.try_send(());
    }
}

impl Merger {
    pub(super) fn start(reader: Arc<Reader>) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(1);
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&is_stopped);
        let work = move || run(&reader, &receiver, &stopped);
        let thread = thread::Builder::new().name("merger".to_owned()).spawn(work)?;
        Ok(Self { wake: Wake(sender), is_stopped, thread: Some(thread) })
    }

    /// Tells it that there is a new run.
    pub(super) fn wake(&self) {
        self.wake.wake();
    }

    /// What wakes it, for another thread that writes runs.
    pub(super) fn waker(&self) -> Wake {
        self.wake.clone()
    }
}

impl Drop for Merger {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Release);
        self.wake.wake();
        if let Some(thread) = self.thread.take() {
            // A panic was printed; what a merge leaves half done is removed at the next start.
            let _ = thread.join();
        }
    }
}

fn run(reader: &Reader, new_run: &Receiver<()>, stopped: &AtomicBool) {
    let is_stopped = || stopped.load(Ordering::Acquire);
    while new_run.recv().is_ok() && !is_stopped() {
        loop {
            match reader.runs.merge(&is_stopped) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(%error, "the index cannot be merged; the log is whole, and the next start makes the index again");
                    reader.break_down();
                    return;
                }
            }
        }
    }
}
