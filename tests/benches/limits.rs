//! The node, the auditor and the page beside the limits of this machine, all in one run: `cargo bench -p nguon-tests`.
//!
//! Numbers of different runs or machines do not compare; the ratios do. `NGUON_BENCH_ENTRIES` sets the ledger's length
//! (default 100,000); `cargo bench -p nguon-tests -- --quick` takes 10,000.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::FileExt as _;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use nguon_tests::load::{RAW_TIME, SIGNERS, audit, harvests, ndjson, per_second, raw_signatures, register};
use nguon_tests::person::lot;
use nguon_tests::process::{Ledger, Node};
use nguon_tests::{binary, temp_dir};
use serde_json::{Value, json};

/// Connections with one statement per request.
const CONNECTIONS: u32 = 64;
/// Requests for the page.
const PAGE_REQUESTS: u32 = 20_000;

fn raw_fdatasync() -> anyhow::Result<f64> {
    let folder = temp_dir()?;
    let file = File::create(folder.path().join("appended"))?;
    let record = [7; 700];
    let (start, mut offset, mut count) = (Instant::now(), 0, 0);
    while start.elapsed() < RAW_TIME {
        file.write_all_at(&record, offset)?;
        file.sync_data()?;
        offset += 700;
        count += 1;
    }
    Ok(per_second(count, start.elapsed()))
}

/// A connection that costs as little as it can, so that the node has the cores.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(url: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request; the answer's status and length of body.
    fn send(&mut self, request: &str) -> anyhow::Result<(u16, usize)> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut line) = (0, None, String::new());
        loop {
            line.clear();
            ensure!(self.0.read_line(&mut line)? > 0, "the node hung up");
            if line == "\r\n" {
                break;
            }
            if status == 0 {
                status = line.split(' ').nth(1).context("no status")?.parse()?;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = Some(value.trim().parse()?);
            }
        }
        let length = length.context("an answer without length")?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok((status, length))
    }
}

/// Statements a second with one per request, and the 99th percentile of the time to a receipt.
fn one_per_request(node: &Node, statements: Vec<(u32, String)>) -> anyhow::Result<(f64, Duration)> {
    let count = statements.len();
    let mut queues = vec![Vec::new(); usize::try_from(CONNECTIONS)?];
    for (who, statement) in statements {
        queues.get_mut(usize::try_from(who % CONNECTIONS)?).context("no such connection")?.push(statement);
    }
    let start = Instant::now();
    let threads: Vec<_> = queues
        .into_iter()
        .map(|queue| {
            let url = node.url().to_owned();
            thread::spawn(move || -> anyhow::Result<Vec<Duration>> {
                let mut connection = Connection::open(&url)?;
                let mut times = Vec::with_capacity(queue.len());
                for statement in queue {
                    let request = format!(
                        "POST /v1/statements HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{statement}",
                        statement.len()
                    );
                    let sent = Instant::now();
                    let (status, _) = connection.send(&request)?;
                    ensure!(status == 201, "answered {status}");
                    times.push(sent.elapsed());
                }
                Ok(times)
            })
        })
        .collect();
    let mut times = Vec::with_capacity(count);
    for thread in threads {
        times.extend(thread.join().map_err(|_| anyhow::anyhow!("a writer panicked"))??);
    }
    let total = start.elapsed();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().context("no times")?;
    Ok((per_second(count, total), p99))
}

/// Requests a second for one consumer page, and its length.
fn pages(node: &Node) -> anyhow::Result<(f64, usize)> {
    let path = lot(1).rsplit('/').next().map(|id| format!("/lot/{id}")).context("no lot")?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept-language: vi\r\n\r\n");
    let (status, length) = Connection::open(node.url())?.send(&request)?;
    ensure!(status == 200, "the page answered {status}");
    let start = Instant::now();
    let per_connection = PAGE_REQUESTS / 16;
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let (url, request) = (node.url().to_owned(), request.clone());
            thread::spawn(move || -> anyhow::Result<()> {
                let mut connection = Connection::open(&url)?;
                for _ in 0..per_connection {
                    ensure!(connection.send(&request)?.0 == 200, "the page failed");
                }
                Ok(())
            })
        })
        .collect();
    for thread in threads {
        thread.join().map_err(|_| anyhow::anyhow!("a reader panicked"))??;
    }
    Ok((per_second(usize::try_from(PAGE_REQUESTS)?, start.elapsed()), length))
}

/// Resident memory of a process now and at its peak, in MB.
fn resident(pid: u32) -> anyhow::Result<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let megabytes = |name: &str| -> anyhow::Result<u64> {
        let line = status.lines().find(|line| line.starts_with(name)).context("no such line")?;
        Ok(line.split_whitespace().nth(1).context("no figure")?.parse::<u64>()? / 1_024)
    };
    Ok((megabytes("VmRSS:")?, megabytes("VmHWM:")?))
}

fn main() -> anyhow::Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let length = std::env::var("NGUON_BENCH_ENTRIES").ok().map(|text| text.parse()).transpose()?;
    let length: u64 = length.unwrap_or(if quick { 10_000 } else { 100_000 });
    // Built before anything is timed.
    binary("nguon")?;
    binary("nguon-verify")?;
    println!("machine's limits");
    let (strict, batch) = raw_signatures();
    println!("  strict signature checks, all cores   {strict:>10.0} /s");
    println!("  batch signature checks, all cores    {batch:>10.0} /s");
    println!("  fdatasync of 700 bytes appended      {:>10.0} /s", raw_fdatasync()?);

    let ledger = Ledger::init()?;
    let node = Node::serve(ledger.data(), &["--with-qr"])?;
    register(&ledger, &node)?;
    let singles = length / 5;
    println!("ledger of {length} harvests by {SIGNERS} signers");
    let statements = harvests(&node, 1, length - singles)?;
    let by_lines = ndjson(&node, statements)?;
    println!(
        "  NDJSON                               {by_lines:>10.0} statements/s  {:>5.1} % of strict",
        by_lines / strict * 100.0
    );
    let statements = harvests(&node, 1 + length - singles, singles)?;
    let (by_request, p99) = one_per_request(&node, statements)?;
    println!("  one per request, {CONNECTIONS} connections     {by_request:>10.0} statements/s  p99 {p99:.1?}");
    let (now, peak) = resident(node.pid())?;
    println!("  resident memory of the node          {now:>10} MB, at most {peak} MB");
    let (by_page, bytes) = pages(&node)?;
    println!("  consumer page of {bytes} bytes         {by_page:>10.0} requests/s");
    let tree_size = node.get_json("/v1/ledger")?["treeSize"].as_u64().context("no tree size")?;
    ensure!(node.stop()?, "the node did not stop well");
    let by_audit = per_second(usize::try_from(tree_size)?, audit(&[&ledger.data().display().to_string()])?);
    println!(
        "  audit of the folder                  {by_audit:>10.0} entries/s     {:>5.1} % of strict",
        by_audit / strict * 100.0
    );
    let start = Instant::now();
    let node = ledger.serve()?;
    println!("  start-up                             {:>10.2?}", start.elapsed());
    let by_audit = per_second(usize::try_from(tree_size)?, audit(&[node.url()])?);
    println!(
        "  audit over HTTP                      {by_audit:>10.0} entries/s     {:>5.1} % of strict",
        by_audit / strict * 100.0
    );
    let (now, _) = resident(node.pid())?;
    println!("  resident memory after that           {now:>10} MB");
    let folder: Value = json!({"entries": tree_size, "strict": strict, "batch": batch, "ndjson": by_lines, "requests": by_request, "audit": by_audit});
    println!("{folder}");
    Ok(())
}
