//! The `nguon-qr` command: serves the consumer page, and writes QR codes and labels to files.

use std::{io::Write as _, net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use nguon_qr::{Config, Settings, code, link::ItemLink, standalone};

mod cli;

/// A seventh of the time in which a page is served from memory was glibc's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Names the ledger's goods by QR code and shows consumers their way from harvest to sale.
#[derive(Parser)]
#[command(version, after_help = "Example:\n  nguon-qr serve --node http://127.0.0.1:8080 --listen 127.0.0.1:8081")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the consumer page of the lots of one node.
    #[command(
        after_help = "Example:\n  nguon-qr serve --node http://127.0.0.1:8080 --listen 0.0.0.0:8081 --base https://so.example.vn"
    )]
    Serve {
        /// Address of the node, whose public HTTP interface is read.
        #[arg(long, env = "NGUON_NODE", value_name = "URL")]
        node: String,
        /// Address and port to listen on; port 0 takes any free one.
        #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDR:PORT")]
        listen: SocketAddr,
        /// What printed codes begin with; by default the address listened on.
        #[arg(long, env = "NGUON_BASE", value_name = "URL")]
        base: Option<String>,
        /// Folder for scan counts, lists of serials and reports; without it there are none.
        #[arg(long, env = "NGUON_QR_DATA", value_name = "DIR")]
        data: Option<PathBuf>,
        /// A proxy stands in front that adds the client's address to X-Forwarded-For.
        #[arg(long, env = "NGUON_QR_BEHIND_PROXY")]
        behind_proxy: bool,
        /// Web address to which every reported problem is also sent, as JSON.
        #[arg(long, env = "NGUON_QR_REPORT_WEBHOOK", value_name = "URL")]
        report_webhook: Option<String>,
    },
    /// Lists of the serials of packs.
    #[command(subcommand)]
    Serials(Serials),
    /// Print the problems that people reported, one JSON object a line, oldest first.
    #[command(after_help = "Example:\n  nguon-qr reports --data ./qr-data")]
    Reports {
        /// The service's folder.
        #[arg(long, env = "NGUON_QR_DATA", value_name = "DIR")]
        data: PathBuf,
    },
    /// Write the QR code of a lot or pack to a file.
    #[command(after_help = "Examples:\n  nguon-qr code https://so.example.vn/lot/0123456789ABCDEF --out lot.svg\n  \
                            nguon-qr code https://id.gs1.org/01/08931234567897/10/260312A --base https://so.example.vn --out lot.png")]
    Code {
        /// A lot's URI, a pack's link, or a bare lot id.
        #[arg(value_name = "LOT-URI|URL")]
        link: String,
        /// The file to write; its ending, .svg or .png, says which picture.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// What the code begins with, when that is not the host in the link.
        #[arg(long, env = "NGUON_BASE", value_name = "URL")]
        base: Option<String>,
    },
    /// Write labels of a lot: for sheets of stickers, for thermal printers, or for designers.
    #[command(
        after_help = "Examples:\n  nguon-qr labels LOT --node http://127.0.0.1:8080 --base https://so.example.vn --size a4-24 --count 240 --out labels.pdf\n  \
                      nguon-qr labels LOT --node http://127.0.0.1:8080 --base https://so.example.vn --size 50x30 --serials serials.txt --out labels.zpl\n  \
                      nguon-qr labels --new-serials 400 --scratch --out-serials serials.txt"
    )]
    Labels(Box<cli::labels::LabelsArgs>),
}

#[derive(Subcommand)]
enum Serials {
    /// Keep the serials of a lot, so that its packs' pages can prove theirs. Taken only if they are those that the ledger commits to.
    #[command(
        after_help = "Example:\n  nguon-qr serials import --data ./qr-data --node http://127.0.0.1:8080 --lot 0123456789ABCDEF serials.txt"
    )]
    Import {
        /// The service's folder. The service may run.
        #[arg(long, env = "NGUON_QR_DATA", value_name = "DIR")]
        data: PathBuf,
        /// Address of the node.
        #[arg(long, env = "NGUON_NODE", value_name = "URL")]
        node: String,
        /// The lot's URI, its link, or a bare lot id.
        #[arg(long, value_name = "LOT-URI|URL")]
        lot: String,
        /// The packs have scratch layers: their pages take the codes under them. Known of a list that has the codes in it; of those nothing is
        /// kept, and none need be given.
        #[arg(long)]
        scratch: bool,
        /// One serial a line, as they were written when the lot was packed.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match Cli::parse().command {
        Command::Serve { node, listen, base, data, behind_proxy, report_webhook } => {
            let mut settings = Settings::default();
            (settings.data, settings.is_behind_proxy, settings.report_webhook) = (data, behind_proxy, report_webhook);
            serve(node, listen, base, settings).await
        }
        Command::Serials(Serials::Import { data, node, lot, scratch, file }) => {
            let count = nguon_qr::import_serials(&node, &data, &lot, &file, scratch).await?;
            writeln!(std::io::stdout(), "kept {count} serials")?;
            Ok(())
        }
        Command::Reports { data } => {
            for report in nguon_qr::reports(&data)? {
                writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
            }
            Ok(())
        }
        Command::Code { link, out, base } => write_code(&link, &out, base.as_deref()),
        Command::Labels(args) => cli::labels::run(*args).await,
    }
}

async fn serve(node_url: String, listen: SocketAddr, base: Option<String>, settings: Settings) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = format!("http://{}", listener.local_addr()?);
    let base = base.unwrap_or_else(|| address.clone());
    let app = standalone(Config { node_url, base }, settings)?;
    writeln!(std::io::stdout(), "ready {address}")?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(stop()).await?;
    Ok(())
}

/// Ends at Ctrl-C or, on Unix, SIGTERM.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Without a way to be told, the service stops at once rather than never.
    let _ = interrupt.await;
}

fn write_code(text: &str, out: &std::path::Path, base: Option<&str>) -> anyhow::Result<()> {
    let link = ItemLink::parse(text).with_context(|| format!("{text} names no lot"))?;
    let address = match base {
        Some(base) => format!("{}{}", base.trim_end_matches('/'), link.page_path()),
        None if text.starts_with("http") && !text.contains("://id.gs1.org/") => text.to_owned(),
        None => bail!("say with --base which host the code leads to"),
    };
    let picture = match out.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => code::svg(&address)?.into_bytes(),
        Some("png") => code::png(&address)?,
        _ => bail!("{} ends in neither .svg nor .png", out.display()),
    };
    std::fs::write(out, picture).with_context(|| format!("cannot write {}", out.display()))?;
    writeln!(std::io::stdout(), "{address}")?;
    Ok(())
}
