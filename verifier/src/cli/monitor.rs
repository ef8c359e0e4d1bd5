//! `nguon-verify monitor`: follows a ledger, audits what is new, compares what different people were shown, and calls out.

mod events;
mod metrics;
mod sources;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_verifier::audit::{AuditCheck, Finding};

use super::audit::{self, Examined};
use super::fetch::Fetch;
use super::opening;
use super::trust::Trust;
use super::{Answer, AuditArgs, MonitorArgs};
use events::{Event, Kind, Reporter};
use metrics::Metrics;
use sources::{Compared, Source};

/// A monitor at work.
struct Monitor<'m> {
    args: &'m MonitorArgs,
    audit: AuditArgs,
    trust: Trust,
    sources: Vec<Source>,
    reporter: Reporter,
    metrics: Arc<Metrics>,
    is_interrupted: Arc<AtomicBool>,
    /// The size last seen, and since when it did not change.
    growth: Option<(u64, Instant)>,
    was_alarmed: bool,
}

pub(super) fn run(args: &MonitorArgs) -> anyhow::Result<Answer> {
    let trust = Trust::read(&args.trust)?;
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let (stop, stopped) = channel();
    let flag = Arc::clone(&is_interrupted);
    ctrlc::set_handler(move || {
        flag.store(true, Ordering::Relaxed);
        // The monitor may have ended by itself.
        let _ = stop.send(());
    })
    .context("Ctrl-C cannot be caught")?;
    let metrics = Arc::new(Metrics::default());
    if let Some(address) = args.metrics {
        let address = metrics::serve(address, Arc::clone(&metrics))?;
        super::print(&format!("metrics http://{address}/metrics"))?;
    }
    let audit = AuditArgs {
        target: args.target.clone(),
        trust: args.trust.clone(),
        state: Some(args.state.clone()),
        fast: false,
        json: true,
        quiet: true,
    };
    let sources = args.also.iter().map(|place| Source::new(place)).collect::<Result<_, _>>()?;
    let reporter = Reporter::new(&args.target, args.webhook.clone())?;
    let mut monitor =
        Monitor { args, audit, trust, sources, reporter, metrics, is_interrupted, growth: None, was_alarmed: false };
    monitor.watch(&stopped)
}

impl Monitor<'_> {
    /// Looks again and again until Ctrl-C, or once.
    fn watch(&mut self, stopped: &Receiver<()>) -> anyhow::Result<Answer> {
        loop {
            let is_whole = self.look()?;
            if self.is_interrupted.load(Ordering::Relaxed) || self.args.once {
                return Ok(match (self.was_alarmed, is_whole) {
                    (true, _) => Answer::NotVerified,
                    (false, true) => Answer::Verified,
                    (false, false) => Answer::Interrupted,
                });
            }
            match stopped.recv_timeout(Duration::from_secs(self.args.every)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                    return Ok(if self.was_alarmed { Answer::NotVerified } else { Answer::Verified });
                }
            }
        }
    }

    /// One look; whether everything could be read.
    fn look(&mut self) -> anyhow::Result<bool> {
        let mut events = Vec::new();
        let checkpoint = self.audit_what_is_new(&mut events);
        if let Some(checkpoint) = &checkpoint {
            self.look_at_growth(checkpoint, &mut events);
            self.compare(checkpoint, &mut events);
        }
        let is_whole = !events.iter().any(|event| event.kind.is_about_reading());
        self.was_alarmed |= events.iter().any(|event| event.kind.is_alarm());
        self.metrics.looked(checkpoint.as_ref().map(|checkpoint| checkpoint.checkpoint().size().get()), &events);
        self.reporter.tell(&events)?;
        Ok(is_whole)
    }

    /// The checkpoint up to which all is well.
    fn audit_what_is_new(&self, events: &mut Vec<Event>) -> Option<SignedCheckpoint> {
        let examined = opening::open(&self.args.target, &self.trust).and_then(|begun| match begun {
            Ok(opened) => audit::examine(&self.audit, &self.trust, opened, &self.is_interrupted),
            Err(finding) => Ok(Examined::of(finding)),
        });
        match examined {
            Ok(Examined::ToItsEnd(report)) => match (report.finding, report.checkpoint) {
                (Some(finding), _) => {
                    events.push(Event::of_finding(&finding));
                    None
                }
                (None, checkpoint) => checkpoint,
            },
            Ok(Examined::Interrupted(_)) => None,
            Err(error) => {
                events.push(Event::new(Kind::Unreachable, format!("{error:#}")));
                None
            }
        }
    }

    fn look_at_growth(&mut self, checkpoint: &SignedCheckpoint, events: &mut Vec<Event>) {
        let size = checkpoint.checkpoint().size().get();
        events.push(Event::new(Kind::Verified, format!("{size} entries")).with_note(checkpoint));
        match self.growth {
            Some((before, since)) if before == size => {
                if since.elapsed() >= Duration::from_secs(self.args.silence) {
                    let detail = format!("no new entry for {} s", since.elapsed().as_secs());
                    events.push(Event::new(Kind::Silence, detail));
                }
            }
            _ => self.growth = Some((size, Instant::now())),
        }
    }

    /// Holds what others were shown against what the audit saw.
    fn compare(&mut self, checkpoint: &SignedCheckpoint, events: &mut Vec<Event>) {
        let keys = [checkpoint.log().clone()];
        let fetch = match Fetch::of(&self.args.target) {
            Ok(fetch) => fetch,
            Err(error) => {
                events.push(Event::new(Kind::Unreachable, format!("{error:#}")));
                return;
            }
        };
        for source in &mut self.sources {
            let kind_and_detail = match source.compare(&fetch, checkpoint, &keys) {
                Ok(Compared::Agrees) => continue,
                Ok(Compared::Differs(detail)) => (Kind::SplitView, detail),
                Ok(Compared::Ahead { by, since }) if since.elapsed() >= Duration::from_secs(self.args.silence) => {
                    (Kind::Withheld, format!("it was shown {by} entries more than the log shows here"))
                }
                Ok(Compared::Ahead { .. }) => continue,
                Err(error) => (Kind::SourceUnreadable, format!("{error:#}")),
            };
            let (kind, detail) = kind_and_detail;
            let event = Event::new(kind, detail).with_source(source.place()).with_note(checkpoint);
            events.push(match source.last() {
                Some(other) => event.with_note(other),
                None => event,
            });
        }
    }
}

impl Event {
    fn of_finding(finding: &Finding) -> Self {
        let kind = if finding.check == AuditCheck::Consistency { Kind::Rollback } else { Kind::Broken };
        Self::new(kind, finding.detail.clone()).with_finding(finding)
    }
}

/// Locks what no panic can leave half changed.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names of what is wrong at the moment, so that each is told once.
type Active = BTreeSet<(Kind, Option<String>)>;
