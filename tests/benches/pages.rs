//! The consumer page beside nginx on the same machine, in one run: `cargo bench -p nguon-tests --bench pages`.
//!
//! Both serve the same bytes to the same loader. nginx is `nginx` on the path or what `NGUON_BENCH_NGINX` names (Debian: `apt-get install
//! nginx-light`); without it only the service's own rate is printed. `NGUON_BENCH_ENTRIES` sets the length of the ledger from which pages
//! are made that nobody asked for before (default 100,000), `NGUON_BENCH_LEDGER` a folder in which it is kept and found again.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use nguon_tests::load::{Load, grow, hammer, storied_lots};
use nguon_tests::person::lot;
use nguon_tests::process::{Ledger, Node, wait_for};
use nguon_tests::{binary, temp_dir};

/// Connections kept open.
const CONNECTIONS: usize = 64;
/// How long each is asked, twice in turn.
const TIME: Duration = Duration::from_secs(6);
/// Lots of which the page is asked for once, and the entries of each.
const LOTS: u64 = 60;
const ENTRIES_A_LOT: u64 = 30;
/// Lots of the benchmark's own, far behind those of the ledger.
const FIRST_LOT: u64 = 500_000_000_000;

/// nginx that serves one file, ended when this is dropped.
struct Nginx {
    child: Child,
    address: String,
}

impl Nginx {
    fn start(folder: &Path, page: &[u8]) -> anyhow::Result<Option<Self>> {
        let program = std::env::var_os("NGUON_BENCH_NGINX").unwrap_or_else(|| "nginx".into());
        if Command::new(&program).arg("-v").stderr(Stdio::null()).status().is_err() {
            println!("skipped: there is no nginx; install nginx-light or name one in NGUON_BENCH_NGINX");
            return Ok(None);
        }
        // nginx cannot be told to take any free port; this one was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        let html = folder.join("html");
        fs::create_dir(&html)?;
        fs::write(html.join("page"), page)?;
        let (at, html) = (folder.display(), html.display());
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {at}/{name};"))
            .collect();
        let config = format!(
            "worker_processes auto; daemon off; pid {at}/nginx.pid; error_log stderr;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; default_type text/html; {temporary}\n\
             open_file_cache max=10; open_file_cache_valid 60s;\n\
             server {{ listen {address}; root {html}; }} }}\n"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, config)?;
        let child = Command::new(program).arg("-c").arg(&file).arg("-p").arg(folder).spawn()?;
        let nginx = Self { child, address };
        wait_for("nginx", || std::net::TcpStream::connect(&nginx.address).ok())?;
        Ok(Some(nginx))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers when it is told to stop; a benchmark that ends badly leaves nothing behind either.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn told(name: &str, load: Load) {
    println!("  {name:<22} {:>8.0} /s   median {:>8.2?}   p99 {:>8.2?}", load.rate, load.median, load.p99);
}

/// The page as a browser without gzip gets it.
fn page(site: &Node, path: &str) -> anyhow::Result<Vec<u8>> {
    let answer = site.get(path)?;
    ensure!(answer.status() == 200, "{path}: {}", answer.status());
    Ok(answer.bytes()?.to_vec())
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: so.example.vn\r\nAccept: text/html\r\nAccept-Language: vi\r\n\r\n")
}

/// Rates of both in turn, so that a busy neighbour meets both.
fn cached(site: &Node, path: &str) -> anyhow::Result<()> {
    let bytes = page(site, path)?;
    let folder = temp_dir()?;
    let nginx = Nginx::start(folder.path(), &bytes)?;
    let address = site.url().trim_start_matches("http://");
    println!("the same {} bytes, {CONNECTIONS} connections", bytes.len());
    let (mut own, mut other) = (0.0, 0.0);
    for _ in 0..2 {
        let load = hammer(address, &request(path), bytes.len(), CONNECTIONS, TIME)?;
        told("page from memory", load);
        own += load.rate;
        if let Some(nginx) = &nginx {
            let load = hammer(&nginx.address, &request("/page"), bytes.len(), CONNECTIONS, TIME)?;
            told("nginx, from a file", load);
            other += load.rate;
        }
    }
    if nginx.is_some() {
        println!("  {:.0} % of nginx", own / other * 100.0);
    }
    Ok(())
}

/// How long pages take that nobody asked for before.
fn uncached(node: &Node, site: &Node) -> anyhow::Result<()> {
    let timed = |ask: &dyn Fn(u64) -> anyhow::Result<()>| -> anyhow::Result<(Duration, Duration)> {
        let mut times = Vec::new();
        for number in FIRST_LOT..FIRST_LOT + LOTS {
            let start = Instant::now();
            ask(number)?;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        Ok((times[times.len() / 2], times[times.len() - 1]))
    };
    let (median, worst) = timed(&|number| page(site, &path_of(number)).map(|_| ()))?;
    println!("a page of {ENTRIES_A_LOT} entries for the first time: median {median:.2?}, worst of {LOTS} {worst:.2?}");
    let (median, worst) = timed(&|number| {
        let uri = lot(number).replace("://", "%3A%2F%2F").replace('/', "%2F");
        page(node, &format!("/v1/lots/{uri}/bundle")).map(|_| ())
    })?;
    println!("  of it the node's bundle: median {median:.2?}, worst {worst:.2?}");
    Ok(())
}

fn path_of(number: u64) -> String {
    let uri = lot(number);
    uri.get(uri.find("/lot/").unwrap_or_default()..).unwrap_or_default().to_owned()
}

fn main() -> anyhow::Result<()> {
    let entries = std::env::var("NGUON_BENCH_ENTRIES").ok().map(|text| text.parse()).transpose()?.unwrap_or(100_000);
    let (nguon, nguon_qr) = (binary("nguon")?, binary("nguon-qr")?);
    ensure!(nguon.exists(), "no nguon");
    let folder = temp_dir()?;
    let kept = std::env::var_os("NGUON_BENCH_LEDGER").map(PathBuf::from);
    let data = kept.unwrap_or_else(|| folder.path().join("data"));
    let ledger = if data.exists() { Ledger::found(&data)? } else { Ledger::init_in(&data)? };
    let size = grow(&ledger, entries)?;
    let node = Node::serve(&data, &[])?;
    if node.get(&format!("/v1/lots/{}", lot(FIRST_LOT).replace('/', "%2F")))?.status() == 404 {
        storied_lots(&node, FIRST_LOT, LOTS, ENTRIES_A_LOT)?;
    }
    println!("a ledger of {size} entries");
    let mut command = Command::new(nguon_qr);
    command.args(["serve", "--node", node.url(), "--listen", "127.0.0.1:0", "--base", "https://trace.test", "--data"]);
    let site = Node::start({
        command.arg(folder.path().join("qr"));
        command
    })
    .context("nguon-qr does not start")?;
    // The first page of all opens the connection to the node.
    page(&site, "/")?;
    uncached(&node, &site)?;
    cached(&site, &path_of(FIRST_LOT))
}
