//! `nguon demo`: one command from nothing to a page that a phone can check.

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

/// Where the demo's ledger lies when no folder is named.
const FOLDER: &str = "nguon-demo";

/// Run a believable ledger with real facts: a year of six specialities of the mountains, served on one port.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  nguon demo\n  nguon demo --fresh --listen 127.0.0.1:0")]
pub(super) struct DemoArgs {
    /// Remove the demo's ledger first and start anew
    #[arg(long)]
    fresh: bool,
    /// End after seeding
    #[arg(long)]
    seed_only: bool,
}

pub(super) fn run(settings: &Settings, command: &DemoArgs) -> anyhow::Result<()> {
    let folder = settings.named_data().map_or_else(|| PathBuf::from(FOLDER), Path::to_owned);
    if command.fresh {
        remove(&folder)?;
    }
    log_to_stderr();
    runtime()?.block_on(async {
        // The port first: when it is taken, nothing was created in vain.
        let listener = listen(settings.listen()).await?;
        let demo = open(&folder)?;
        println!("ledger    {} in {}", demo.origin(), folder.display());
        let base = format!("http://{}", listener.local_addr()?);
        let base = settings.base_url(None).unwrap_or(base);
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

/// Removes a demo's ledger, and nothing that is not one.
fn remove(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    if !folder.join(MARK).exists() {
        bail!("{} is no demo of ours; it was not touched", folder.display());
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
    println!("API       {url}/openapi.json");
    println!("audit     cargo run --release -p nguon-verifier -- audit {url}");
    Ok(())
}
