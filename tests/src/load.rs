//! A big ledger, and the limits of the machine beside which the benchmarks put their figures.

use std::io::{BufRead as _, BufReader};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use nguon_ledger::hash::Hash;
use serde_json::json;

use crate::binary;
use crate::person::{Person, actor_body, harvest, lot, product};
use crate::process::{Ledger, Node};

/// Signers whose statements are mixed.
pub const SIGNERS: u32 = 64;
/// Length of the messages of the raw signature checks, in bytes: that of a harvest's PAE.
const MESSAGE_BYTES: usize = 600;
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
