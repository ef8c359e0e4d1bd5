//! What a monitor has to say: JSON lines on standard output, and alarms to a webhook.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::time::UnixMillis;
use nguon_verifier::audit::Finding;
use reqwest::blocking::Client;
use serde_json::{Map, Value, json};

use super::Active;

/// Attempts to deliver an alarm.
const ATTEMPTS: u32 = 3;
/// A webhook that takes longer is not waited for.
const WEBHOOK_TIME_MAX: Duration = Duration::from_secs(10);

/// What happened. The names travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// All that is new was audited.
    Verified,
    /// The log does not answer, or not as a log does.
    Unreachable,
    /// A source does not answer, or what it shows is nothing of this log.
    SourceUnreadable,
    /// The log did not grow for long.
    Silence,
    /// A source was shown more than the log has shown here for long.
    Withheld,
    /// An entry breaks a rule, a chain, a signature or the tree.
    Broken,
    /// The log lost or changed what it held.
    Rollback,
    /// The log's key signed two histories.
    SplitView,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Verified,
        Self::Unreachable,
        Self::SourceUnreadable,
        Self::Silence,
        Self::Withheld,
        Self::Broken,
        Self::Rollback,
        Self::SplitView,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unreachable => "unreachable",
            Self::SourceUnreadable => "source_unreadable",
            Self::Silence => "silence",
            Self::Withheld => "withheld",
            Self::Broken => "broken",
            Self::Rollback => "rollback",
            Self::SplitView => "split_view",
        }
    }

    /// Whether somebody should get up.
    pub(super) const fn is_alarm(self) -> bool {
        matches!(self, Self::Silence | Self::Withheld | Self::Broken | Self::Rollback | Self::SplitView)
    }

    pub(super) const fn is_about_reading(self) -> bool {
        matches!(self, Self::Unreachable | Self::SourceUnreadable)
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) kind: Kind,
    source: Option<String>,
    detail: String,
    finding: Option<String>,
    /// The checkpoints that show it.
    notes: Vec<String>,
}

impl Event {
    pub(super) const fn new(kind: Kind, detail: String) -> Self {
        Self { kind, source: None, detail, finding: None, notes: Vec::new() }
    }

    pub(super) fn with_source(self, place: &str) -> Self {
        Self { source: Some(place.to_owned()), ..self }
    }

    pub(super) fn with_note(mut self, checkpoint: &SignedCheckpoint) -> Self {
        self.notes.push(checkpoint.to_string());
        self
    }

    pub(super) fn with_finding(self, finding: &Finding) -> Self {
        Self { finding: Some(finding.to_json()), ..self }
    }

    fn to_json(&self, target: &str, is_over: bool) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let now = UnixMillis::new(i64::try_from(now).unwrap_or_default());
        let level = if !is_over && self.kind.is_alarm() {
            "alarm"
        } else if !is_over && self.kind.is_about_reading() {
            "warning"
        } else {
            "info"
        };
        let mut event = Map::new();
        event.insert("v".to_owned(), json!(1));
        event.insert("time".to_owned(), json!(now.to_rfc3339()));
        event.insert("level".to_owned(), json!(level));
        event.insert("event".to_owned(), json!(self.kind.as_str()));
        event.insert("over".to_owned(), json!(is_over));
        event.insert("target".to_owned(), json!(target));
        event.insert("detail".to_owned(), json!(self.detail));
        let source = self.source.as_ref().map(|source| json!(source));
        let finding = self.finding.as_ref().and_then(|text| serde_json::from_str(text).ok());
        let optional = [("source", source), ("finding", finding)];
        event.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        event.insert("checkpoints".to_owned(), json!(self.notes));
        Value::Object(event)
    }
}

/// Tells each thing once when it begins and once when it is over; that all is well, each time something is new.
pub(super) struct Reporter {
    target: String,
    webhook: Option<(Client, String)>,
    active: Active,
    verified: Option<String>,
}

impl Reporter {
    pub(super) fn new(target: &str, webhook: Option<String>) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(WEBHOOK_TIME_MAX).build().context("no HTTP client")?;
        let webhook = webhook.map(|address| (client, address));
        Ok(Self { target: target.to_owned(), webhook, active: Active::new(), verified: None })
    }

    pub(super) fn tell(&mut self, events: &[Event]) -> anyhow::Result<()> {
        let now: Active = events.iter().filter(|event| event.kind != Kind::Verified).map(Event::name).collect();
        for (kind, source) in self.active.difference(&now) {
            let over = Event { source: source.clone(), ..Event::new(*kind, "over".to_owned()) };
            self.send(&over.to_json(&self.target, true), kind.is_alarm())?;
        }
        for event in events {
            let is_new = if event.kind == Kind::Verified {
                let before = std::mem::replace(&mut self.verified, event.notes.first().cloned());
                before.as_ref() != event.notes.first()
            } else {
                !self.active.contains(&event.name())
            };
            if is_new {
                self.send(&event.to_json(&self.target, false), event.kind.is_alarm())?;
            }
        }
        self.active = now;
        Ok(())
    }

    fn send(&self, event: &Value, is_alarm: bool) -> anyhow::Result<()> {
        super::super::print(&event.to_string())?;
        let Some((client, address)) = self.webhook.as_ref().filter(|_| is_alarm) else { return Ok(()) };
        for attempt in 1..=ATTEMPTS {
            let request = client.post(address).header("content-type", "application/json").body(event.to_string());
            match request.send().and_then(reqwest::blocking::Response::error_for_status) {
                Ok(_) => return Ok(()),
                Err(error) if attempt == ATTEMPTS => {
                    // The alarm stands on standard output all the same.
                    eprintln!("the webhook {address} did not take an alarm: {error}");
                }
                Err(_) => std::thread::sleep(Duration::from_secs(1)),
            }
        }
        Ok(())
    }
}

impl Event {
    fn name(&self) -> (Kind, Option<String>) {
        (self.kind, self.source.clone())
    }
}
