//! Audits of a big ledger beside the raw limits of this machine, in one run: `cargo bench -p nguon-tests --bench audit`.
//!
//! `NGUON_BENCH_ENTRIES` sets the ledger's length (default 100,000). `NGUON_BENCH_LEDGER` names a folder in which the ledger is kept and
//! found again: to make a million entries takes longer than to audit them.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use nguon_tests::load::{audit, grow, per_second, raw_signatures};
use nguon_tests::process::{Ledger, Node};
use nguon_tests::{binary, temp_dir};

/// Entries that are new to the second audit.
const NEW: u64 = 1_000;

/// Runs an audit to its end; how long it took and the most memory it had, in MB.
fn watched(arguments: &[&str]) -> anyhow::Result<(Duration, u64)> {
    let start = Instant::now();
    let mut child = Command::new(binary("nguon-verify")?)
        .args(["audit", "--json"])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .context("the auditor does not start")?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_of(&child).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    };
    let time = start.elapsed();
    let mut text = String::new();
    child.stdout.take().context("no output")?.read_to_string(&mut text)?;
    ensure!(status.success(), "not verified: {text}");
    Ok((time, peak))
}

fn peak_of(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1_024)
}

fn main() -> anyhow::Result<()> {
    let entries = std::env::var("NGUON_BENCH_ENTRIES").ok().map(|text| text.parse()).transpose()?.unwrap_or(100_000);
    binary("nguon")?;
    binary("nguon-verify")?;
    let folder = temp_dir()?;
    let kept = std::env::var_os("NGUON_BENCH_LEDGER").map(PathBuf::from);
    let data = kept.unwrap_or_else(|| folder.path().join("data"));
    let ledger = if data.exists() { Ledger::found(&data)? } else { Ledger::init_in(&data)? };
    let size = grow(&ledger, entries)?;
    let state = folder.path().join("state").display().to_string();
    let target = data.display().to_string();

    let (strict, batch) = raw_signatures();
    println!("machine's limits\n  strict signature checks, all cores   {strict:>10.0} /s");
    println!("  batch signature checks, all cores    {batch:>10.0} /s\naudit of {size} entries");
    let count = usize::try_from(size)?;
    let told = |name: &str, (time, peak): (Duration, u64), limit: f64| {
        let rate = per_second(count, time);
        println!(
            "  {name:<30} {rate:>10.0} entries/s  {:>5.1} % of its limit  {peak} MB at most",
            rate / limit * 100.0
        );
    };
    let full = watched(&[&target])?;
    told("of the folder", full, strict);
    told("with --fast", watched(&["--fast", &target])?, batch);
    told("with --state", watched(&["--state", &state, &target])?, strict);
    grow(&ledger, size + NEW)?;
    let again = audit(&["--state", &state, &target])?;
    let part = again.as_secs_f64() / full.0.as_secs_f64() * 100.0;
    println!("  {NEW} new entries with --state     {again:>10.2?}  {part:.2} % of the whole");
    let node = Node::serve(&data, &[])?;
    told("over HTTP", watched(&[node.url()])?, strict);
    told("over HTTP with --fast", watched(&["--fast", node.url()])?, batch);
    Ok(())
}
