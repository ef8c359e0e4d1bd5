//! A big ledger, and the limits of the machine beside which the benchmarks put their figures.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use nguon_ledger::hash::Hash;
use serde_json::json;

use crate::binary;
use crate::person::{Person, actor_body, harvest, lot, movement, product};
use crate::process::{Ledger, Node};

/// Signers whose statements are mixed.
pub const SIGNERS: u32 = 64;
/// Length of the messages of the raw signature checks, in bytes: that of a harvest's PAE.
const MESSAGE_BYTES: usize = 600;
/// Harvests that are signed and held in memory at once.
const PORTION: u64 = 50_000;
/// How long each raw limit is measured.
pub const RAW_TIME: Duration = Duration::from_secs(3);

/// Calls `work` on every core for a while; calls a second in all, each counting for `count`.
fn rate(count: usize, work: impl Fn() + Sync) -> f64 {
    let start = Instant::now();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let calls: usize = thread::scope(|scope| {
        let run = || {
            let mut calls = 0;
            while start.elapsed() < RAW_TIME {
                work();
                calls += 1;
            }
            calls
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    });
    per_second(calls * count, start.elapsed())
}

/// A rate.
#[must_use]
pub fn per_second(count: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64()
}

/// Strict and batch signature checks a second on all cores.
///
/// # Panics
/// A good signature is refused, or a bad one passes.
#[must_use]
pub fn raw_signatures() -> (f64, f64) {
    let keys: Vec<_> = (0..256_u32).map(|n| SigningKey::from_bytes(Hash::of(&n.to_be_bytes()).as_bytes())).collect();
    let message = vec![7; MESSAGE_BYTES];
    let signatures: Vec<Signature> = keys.iter().map(|key| key.sign(&message)).collect();
    let verifying: Vec<VerifyingKey> = keys.iter().map(SigningKey::verifying_key).collect();
    let strict = rate(256, || {
        for (key, signature) in verifying.iter().zip(&signatures) {
            assert!(key.verify_strict(&message, signature).is_ok(), "a good signature was refused");
        }
    });
    let messages: Vec<&[u8]> = vec![&message; 256];
    let batch = rate(256, || {
        assert!(ed25519_dalek::verify_batch(&messages, &signatures, &verifying).is_ok(), "a good batch was refused");
    });
    assert!(verifying[0].verify(b"other", &signatures[0]).is_err(), "a bad signature passed");
    (strict, batch)
}

fn signer(number: u32) -> Person {
    Person::new(1_000 + number, &format!("ho-{number:02}"))
}

/// Registers a product and the signers.
///
/// # Errors
/// The node refused.
pub fn register(ledger: &Ledger, node: &Node) -> anyhow::Result<()> {
    let mut operator = ledger.operator(node)?;
    node.accept(&operator.say("product", &json!({"id": product("cu-dong"), "name": "canna", "unit": "KGM"})))?;
    for number in 0..SIGNERS {
        let body = actor_body(&signer(number), "person", &["producer"], Some("operator"));
        node.accept(&operator.say("actor", &body))?;
    }
    Ok(())
}

/// Signed harvests, each signer's in order, signers mixed: `count` lots from `first` on.
///
/// # Errors
/// The node does not answer.
pub fn harvests(node: &Node, first: u64, count: u64) -> anyhow::Result<Vec<(u32, String)>> {
    let mut people = (0..SIGNERS).map(|number| node.caught_up(&signer(number))).collect::<Result<Vec<_>, _>>()?;
    let mut statements = Vec::new();
    for number in first..first + count {
        let who = u32::try_from(number % u64::from(SIGNERS))?;
        let person = people.get_mut(usize::try_from(who)?).context("no such signer")?;
        statements.push((who, person.say("event", &harvest(&lot(number), &product("cu-dong"), 100))));
    }
    Ok(statements)
}

/// Adds harvests until the ledger has `entries`; answers how many it has.
///
/// # Errors
/// The node refused, or did not stop well.
pub fn grow(ledger: &Ledger, entries: u64) -> anyhow::Result<u64> {
    let node = ledger.serve()?;
    let size = || -> anyhow::Result<u64> { node.get_json("/v1/ledger")?["treeSize"].as_u64().context("no tree size") };
    if size()? < 3 {
        register(ledger, &node)?;
    }
    let mut first = size()?;
    while first < entries {
        let count = PORTION.min(entries - first);
        // The lots are numbered by the entries that make them, so that a ledger found again goes on with new ones.
        ndjson(&node, harvests(&node, first + 1, count)?)?;
        first = size()?;
    }
    ensure!(node.stop()?, "the node did not stop well");
    Ok(first)
}

/// Lots with so many entries each, beginning with the lot of this number: a harvest and what was observed of it.
///
/// # Errors
/// The node refused.
pub fn storied_lots(node: &Node, first: u64, lots: u64, entries: u64) -> anyhow::Result<()> {
    let mut person = node.caught_up(&signer(0))?;
    let mut statements = Vec::new();
    for number in first..first + lots {
        let lot = lot(number);
        statements.push((0, person.say("event", &harvest(&lot, &product("cu-dong"), 100))));
        for _ in 1..entries {
            statements.push((0, person.say("event", &movement("observe", "inspecting", &lot, 100, |_| {}))));
        }
    }
    ndjson(node, statements)?;
    Ok(())
}

/// What came of many requests.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// How long half of them took at most.
    pub median: Duration,
    /// How long 99 of 100 took at most.
    pub p99: Duration,
}

/// Sends the same request over many connections kept open, for a while, and reads the answers, which must all be 200 and have this length of
/// body. It costs as little as it can: whoever is asked has what is left of the cores.
///
/// # Errors
/// An answer is another one, or there is none.
pub fn hammer(
    address: &str,
    request: &str,
    body_bytes: usize,
    connections: usize,
    time: Duration,
) -> anyhow::Result<Load> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(connections);
    let each = connections / threads;
    let start = Instant::now();
    let running: Vec<_> = (0..threads)
        .map(|_| {
            let (address, request) = (address.to_owned(), request.to_owned());
            thread::spawn(move || hammer_some(&address, request.as_bytes(), body_bytes, each, time))
        })
        .collect();
    let mut micros = Vec::new();
    for thread in running {
        micros.extend(thread.join().map_err(|_| anyhow::anyhow!("a reader panicked"))??);
    }
    let time = start.elapsed();
    micros.sort_unstable();
    let at = |part: usize| -> anyhow::Result<Duration> {
        let micros = micros.get(micros.len() * part / 100).context("no answers")?;
        Ok(Duration::from_micros(u64::from(*micros)))
    };
    Ok(Load { rate: per_second(micros.len(), time), median: at(50)?, p99: at(99)? })
}

/// The part of one thread: a request on every connection, then all answers, again and again.
fn hammer_some(
    address: &str,
    request: &[u8],
    body_bytes: usize,
    count: usize,
    time: Duration,
) -> anyhow::Result<Vec<u32>> {
    let open = || -> anyhow::Result<TcpStream> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    let mut connections = (0..count).map(|_| open()).collect::<anyhow::Result<Vec<_>>>()?;
    let (start, mut micros, mut buffer) = (Instant::now(), Vec::new(), vec![0; body_bytes + 4_096]);
    while start.elapsed() < time {
        let mut sent = Vec::with_capacity(count);
        for connection in &mut connections {
            connection.write_all(request)?;
            sent.push(Instant::now());
        }
        for (connection, sent) in connections.iter_mut().zip(sent) {
            read_answer(connection, body_bytes, &mut buffer)?;
            micros.push(u32::try_from(sent.elapsed().as_micros())?);
        }
    }
    Ok(micros)
}

fn read_answer(connection: &mut TcpStream, body_bytes: usize, buffer: &mut [u8]) -> anyhow::Result<()> {
    let mut length = 0;
    loop {
        let room = buffer.get_mut(length..).filter(|room| !room.is_empty()).context("the answer is too long")?;
        let read = connection.read(room)?;
        ensure!(read > 0, "hung up");
        length += read;
        let answer = buffer.get(..length).context("no room")?;
        // The header is in the first kilobytes: it is searched again only while the body is not whole.
        let Some(body) = answer.windows(4).take(4_096).position(|four| four == b"\r\n\r\n") else { continue };
        if length >= body + 4 + body_bytes {
            ensure!(answer.starts_with(b"HTTP/1.1 200") && length == body + 4 + body_bytes, "another answer");
            return Ok(());
        }
    }
}

/// Statements a second through NDJSON, on one connection per core.
///
/// # Errors
/// A statement was refused.
pub fn ndjson(node: &Node, statements: Vec<(u32, String)>) -> anyhow::Result<f64> {
    let count = statements.len();
    let cores = u32::try_from(thread::available_parallelism().map_or(1, usize::from))?;
    let mut bodies = vec![String::new(); usize::try_from(cores)?];
    for (who, statement) in statements {
        let body = bodies.get_mut(usize::try_from(who % cores)?).context("no such body")?;
        body.push_str(&statement);
        body.push('\n');
    }
    let start = Instant::now();
    let threads: Vec<_> = bodies
        .into_iter()
        .map(|body| {
            let request = node.client().post(format!("{}/v1/statements", node.url()));
            let request = request.header("content-type", "application/x-ndjson").timeout(Duration::from_secs(600));
            thread::spawn(move || -> anyhow::Result<usize> {
                let mut receipts = 0;
                for line in BufReader::new(request.body(body).send()?).lines() {
                    let line = line?;
                    ensure!(line.contains("\"leafHash\""), "refused: {line}");
                    receipts += 1;
                }
                Ok(receipts)
            })
        })
        .collect();
    let mut receipts = 0;
    for thread in threads {
        receipts += thread.join().map_err(|_| anyhow::anyhow!("a writer panicked"))??;
    }
    ensure!(receipts == count, "{receipts} receipts for {count} statements");
    Ok(per_second(count, start.elapsed()))
}

/// How long a passing audit took.
///
/// # Errors
/// It did not pass.
pub fn audit(arguments: &[&str]) -> anyhow::Result<Duration> {
    let program = binary("nguon-verify")?;
    let start = Instant::now();
    let output = Command::new(program).args(["audit", "--json"]).args(arguments).output()?;
    if !output.status.success() {
        bail!("not verified: {}", String::from_utf8_lossy(&output.stdout));
    }
    Ok(start.elapsed())
}
