//! The monitor's figures for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use axum::Router;
use axum::routing::get;

use super::events::{Event, Kind};
use super::lock;

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics(Mutex<Figures>);

#[derive(Debug, Default)]
struct Figures {
    looks: u64,
    verified_size: u64,
    verified_at: u64,
    /// What is wrong since the last look.
    now: BTreeMap<Kind, u64>,
}

impl Metrics {
    pub(super) fn looked(&self, size: Option<u64>, events: &[Event]) {
        let mut figures = lock(&self.0);
        figures.looks += 1;
        if let Some(size) = size {
            figures.verified_size = size;
            figures.verified_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        }
        figures.now.clear();
        for event in events {
            *figures.now.entry(event.kind).or_default() += 1;
        }
    }

    fn to_text(&self) -> String {
        let figures = lock(&self.0);
        let mut text = String::new();
        let plain = [
            ("nguon_monitor_looks_total", "counter", "Times that the monitor looked.", figures.looks),
            ("nguon_monitor_verified_entries", "gauge", "Entries verified.", figures.verified_size),
            ("nguon_monitor_verified_timestamp_seconds", "gauge", "When all was last verified.", figures.verified_at),
        ];
        for (name, class, help, value) in plain {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {class}\n{name} {value}");
        }
        let name = "nguon_monitor_events";
        let _ = writeln!(text, "# HELP {name} What the last look found, by kind.\n# TYPE {name} gauge");
        for kind in Kind::ALL {
            let value = figures.now.get(&kind).copied().unwrap_or(0);
            let _ = writeln!(text, "{name}{{kind=\"{}\"}} {value}", kind.as_str());
        }
        text
    }
}

/// Serves the figures from a thread of its own; where.
pub(super) fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    listener.set_nonblocking(true)?;
    let bound = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let routes = Router::new().route("/metrics", get(move || async move { metrics.to_text() }));
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener);
            let served = match listener {
                Ok(listener) => axum::serve(listener, routes).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                eprintln!("the figures are no longer served: {error}");
            }
        });
    })?;
    Ok(bound)
}
