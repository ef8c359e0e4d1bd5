//! `nguon demo`: one command from nothing to a page that a phone can check.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use nguon_ledger::identifier::Origin;
use qrcode::QrCode;
use qrcode::render::unicode;

use super::init;
use super::serve::{Running, listen, log_to_stderr, runtime, say_ready, stopped};
use super::settings::Settings;
use crate::client::NodeClient;
use crate::config::Config;
use crate::demo::{Demo, MARK, ORIGIN, Script};
use crate::keys;
use crate::store::{DataFolder, OpenFolderError};

/// Where the demo's ledger lies when no folder is named.
const FOLDER: &str = "nguon-demo";

/// Run a believable ledger with real facts: a year of six specialities of the mountains, served on one port.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  nguon demo\n  nguon demo --fresh --listen 127.0.0.1:0\n  nguon demo --listen 0.0.0.0:8080    (a phone in the same network can scan the code)"
)]
pub(super) struct DemoArgs {
    /// Remove the demo's ledger first and start anew
    #[arg(long)]
    fresh: bool,
    /// End after seeding
    #[arg(long)]
    seed_only: bool,
    /// What links and the printed code begin with [default: where the demo listens]
    #[arg(long, env = "NGUON_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
}

pub(super) fn run(settings: &Settings, command: &DemoArgs) -> anyhow::Result<()> {
    let folder = settings.named_data().map_or_else(|| PathBuf::from(FOLDER), Path::to_owned);
    log_to_stderr();
    runtime()?.block_on(async {
        // The port first: when it is taken, nothing was removed or created in vain.
        let listener = listen(settings.listen()).await?;
        if command.fresh {
            remove(&folder)?;
        }
        let demo = open(&folder)?;
        println!("ledger    {} in {}", demo.origin(), folder.display());
        let base = settings.base_url(command.base_url.as_deref());
        let base = base.unwrap_or(format!("http://{}", reachable(listener.local_addr()?)));
        let running = Running::start(Config::new(folder.clone()), listener, true, Some(base.clone()))?;
        let (node, url) = (running.node.clone(), running.url.clone());
        let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
        let shutdown = async {
            tokio::select! {
                () = stopped() => {}
                // The sender is dropped or used when the demo is done.
                _ = stopping => {}
            }
        };
        let serving = tokio::spawn(running.until(shutdown));
        node.ready().await.map_err(|error| anyhow::anyhow!("{error}"))?;
        drop(node);
        let (seeded_url, seed_only) = (url.clone(), command.seed_only);
        let seeded = tokio::task::spawn_blocking(move || {
            seed(&demo, &seeded_url)?;
            tell(&demo, &seeded_url, &base)
        });
        let seeded = seeded.await.context("seeding broke off")?;
        let mut stop = Some(stop);
        if seeded.is_ok() && !seed_only {
            say_ready(&url);
        } else {
            // Dropping it asks the node to end.
            stop = None;
        }
        let served = serving.await.context("the node broke off")?;
        drop(stop);
        seeded.and(served)
    })
}

/// Opens the demo's ledger, and creates it first where there is none.
fn open(folder: &Path) -> anyhow::Result<Demo> {
    if folder.join(MARK).exists() {
        return Demo::open(folder);
    }
    if folder.read_dir().is_ok_and(|mut items| items.next().is_some()) {
        bail!("{} is not empty and no demo of ours; choose another folder with --data DIR", folder.display());
    }
    let script = Script::read()?;
    let key = keys::generate()?;
    let created = init::create(folder, &Origin::parse(ORIGIN)?, &script.name, &script.operator.slug, &key);
    created.with_context(|| {
        format!("no ledger can be made in {}; choose another folder with --data DIR", folder.display())
    })?;
    Demo::mark(folder, &script.operator.slug, &key)?;
    Demo::open(folder)
}

/// Where others reach what listens at an address: for "any", the address that this machine has in its network.
fn reachable(listening: SocketAddr) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    // Connecting a datagram socket sends nothing; it only chooses the address that would be used. The other one is reserved for documents.
    let chosen = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let address = chosen.map_or(Ipv4Addr::LOCALHOST.into(), |chosen| chosen.ip());
    SocketAddr::new(address, listening.port())
}

/// Removes a demo's ledger, and nothing that is not one or that somebody serves.
fn remove(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    if !folder.join(MARK).exists() {
        bail!("{} is no demo of ours; it was not touched", folder.display());
    }
    if let Err(error @ OpenFolderError::InUse { .. }) = DataFolder::open(folder) {
        return Err(error).context("it was not touched; end the other demo first");
    }
    std::fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}

/// Seeds the ledger, unless that was done before.
fn seed(demo: &Demo, url: &str) -> anyhow::Result<()> {
    let client = NodeClient::connect(url)?;
    if demo.is_seeded() {
        println!("seeded    before; start anew with --fresh");
        return Ok(());
    }
    let bar = ProgressBar::new(u64::try_from(demo.len())?);
    bar.set_style(ProgressStyle::with_template("seeding   {bar:40} {pos}/{len} {eta} left")?);
    let submitted = AtomicU64::new(0);
    demo.seed(&client, &|| {
        submitted.fetch_add(1, Ordering::Relaxed);
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    println!("seeded    {} statements, each signed by its actor's own key", submitted.into_inner());
    println!("note      a year of events was entered just now, so they are marked as entered late");
    Ok(())
}

/// Prints where to look.
fn tell(demo: &Demo, url: &str, base: &str) -> anyhow::Result<()> {
    let mut pages = Vec::new();
    for name in &demo.script().show {
        let lot = demo.lot(name)?;
        let path = lot.find("/01/").or_else(|| lot.find("/lot/")).and_then(|at| lot.get(at..)).unwrap_or_default();
        pages.push(format!("{base}{path}"));
    }
    if let Some(first) = pages.first() {
        let code = QrCode::with_error_correction_level(first, qrcode::EcLevel::M)?;
        println!("{}", code.render::<unicode::Dense1x2>().build());
        println!("page      {first}");
        println!("English   {first}?lang=en");
    }
    for page in pages.iter().skip(1) {
        println!("also      {page}");
    }
    println!("app       {base}/app/");
    if let Some(registrar) = demo.registrar() {
        println!("desk      {base}/app/coop");
        println!("key       {} opens the desk", demo.key_file(registrar).display());
    }
    println!("API       {url}/openapi.json");
    println!("audit     cargo run --release -p nguon-verifier -- audit {url}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_others_reach_the_demo() {
        let one: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        assert_eq!(reachable(one), one);
        let any = reachable("0.0.0.0:8080".parse().unwrap());
        assert!(!any.ip().is_unspecified());
        assert_eq!(any.port(), 8080);
    }

    #[test]
    fn only_a_demo_that_nobody_serves_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("demo");
        open(&folder).unwrap();
        let serving = DataFolder::open(&folder).unwrap();
        let error = format!("{:#}", remove(&folder).unwrap_err());
        assert!(error.contains("not touched"), "{error}");
        assert!(folder.join(MARK).exists());
        drop(serving);
        remove(&folder).unwrap();
        assert!(!folder.exists());
        remove(&folder).unwrap();
        std::fs::create_dir(&folder).unwrap();
        assert!(remove(&folder).is_err());
        assert!(folder.exists());
    }
}
