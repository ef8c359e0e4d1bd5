//! `nguon serve` and `nguon reindex`: runs the node.

use std::path::PathBuf;

use clap::Args;

use super::settings::Settings;

/// Run the node on a ledger that exists; `init` creates one.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  nguon serve --data ./ledger --listen 127.0.0.1:8080 --with-qr")]
pub(super) struct Serve {
    /// Serve the consumer pages in the same process
    #[arg(long, env = "NGUON_WITH_QR")]
    with_qr: bool,
    /// What printed codes and links begin with [default: https://{origin}]
    #[arg(long, env = "NGUON_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
    /// C2SP policy that the node recommends to verifiers
    #[arg(long, env = "NGUON_POLICY", value_name = "FILE")]
    policy: Option<PathBuf>,
}
