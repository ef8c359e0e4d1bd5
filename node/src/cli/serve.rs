//! `nguon serve` and `nguon reindex`: runs the node.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::settings::Settings;
use crate::config::Config;
use crate::node::Node;

/// Run the node on a ledger that exists; `init` creates one.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nguon serve --data ./ledger --listen 127.0.0.1:8080 --with-qr\n  nguon serve --data ./ledger --policy trust.policy --witness-interval 10"
)]
pub(super) struct Serve {
    /// Serve the consumer pages in the same process
    #[arg(long, env = "NGUON_WITH_QR", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    with_qr: Option<bool>,
    /// What printed codes and links begin with [default: https://{origin}]
    #[arg(long, env = "NGUON_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
    /// Trust policy (C2SP tlog-policy): its witnesses are asked to cosign, and verifiers are recommended it
    #[arg(long, env = "NGUON_POLICY", value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A new checkpoint is put before the witnesses at most this often [default: 10]
    #[arg(long, env = "NGUON_WITNESS_INTERVAL", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    witness_interval: Option<u64>,
}

pub(super) fn run(settings: &Settings, command: &Serve) -> anyhow::Result<()> {
    let mut config = Config::new(settings.data()?.to_owned());
    config.policy = settings.policy(command.policy.as_deref())?;
    if let Some(interval) = settings.witness_interval(command.witness_interval) {
        config.witness.interval = interval;
    }
    let base = settings.base_url(command.base_url.as_deref());
    let base_said = base.clone();
    let with_qr = settings.with_qr(command.with_qr);
    log_to_stderr();
    runtime()?.block_on(async {
        let listener = listen(settings.listen()).await?;
        let running = Running::start(config, listener, with_qr, base)?;
        running.node.ready().await.map_err(|error| anyhow::anyhow!("{error}"))?;
        println!("app       {}/app/", base_or(&running.url, base_said.as_deref()));
        say_ready(&running.url);
        running.until(stopped()).await
    })
}

pub(super) fn reindex(settings: &Settings) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} entries {per_sec} {eta} left")?);
    crate::node::reindex(settings.data()?, &|done, of| {
        bar.set_length(of.get());
        bar.set_position(done.get());
    })?;
    bar.finish_and_clear();
    println!("the index follows from the entries again");
    Ok(())
}

/// A node that is open, with everything that it serves.
pub(super) struct Running {
    pub(super) node: Node,
    /// Where it answers.
    pub(super) url: String,
    app: axum::Router,
    listener: TcpListener,
}

impl Running {
    /// Opens a ledger, with its consumer pages if wanted.
    pub(super) fn start(
        config: Config,
        listener: TcpListener,
        with_qr: bool,
        base: Option<String>,
    ) -> anyhow::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let qr_data = config.data.join("qr");
        let node = Node::open(config)?;
        let mut app = node.router();
        if with_qr {
            // The page reads the node over HTTP also here, so that it shows nothing that a stranger could not fetch.
            let base = base.unwrap_or_else(|| format!("https://{}", node.origin()));
            let mut settings = nguon_qr::Settings::default();
            settings.data = Some(qr_data);
            let pages = nguon_qr::pages(nguon_qr::Config { node_url: url.clone(), base }, settings)?;
            if let Some(reports) = pages.reports {
                node.tell_reports(reports);
            }
            app = app.merge(pages.router);
        }
        Ok(Self { node, url, app, listener })
    }

    /// Serves until `shutdown` completes.
    pub(super) async fn until(self, shutdown: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        Ok(crate::http::serve(self.node, self.app, self.listener, shutdown).await?)
    }
}

/// The threads that serve connections.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Opens the port.
pub(super) async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another program there? give --listen 127.0.0.1:0 to take any free port")
    })
}

/// What links begin with: what was said, or where the node answers.
fn base_or<'b>(url: &'b str, said: Option<&'b str>) -> &'b str {
    said.unwrap_or(url).trim_end_matches('/')
}

/// The line that scripts wait for.
pub(super) fn say_ready(url: &str) {
    use std::io::Write as _;
    println!("ready {url}");
    // A reader that went away is no reason to stop serving.
    let _ = std::io::stdout().flush();
}

/// Completes when the process is asked to end.
pub(super) async fn stopped() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        // Without a way to hear Ctrl-C there is still the other signal.
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

/// Sends what the node has to say to standard error; `RUST_LOG` says how much.
pub(super) fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    // A second call in one process changes nothing.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
