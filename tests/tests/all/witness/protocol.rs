//! Every answer of `add-checkpoint` and of the monitoring path, and what a witness's folder stands.

use std::convert::Infallible;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::thread;

use ed25519_dalek::SigningKey;
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::hash::Hash;
use nguon_ledger::key::PublicKey;
use nguon_ledger::note::{Note, SignatureType, VerifierKey};
use nguon_ledger::tile::TilePath;
use nguon_ledger::tree::{CompactTree, Prover, TileReader, TreeSize};
use nguon_tests::process::Node;
use nguon_tests::witness::{Witness, add_checkpoint, claimed_size, monitoring_path, request, witness};
use nguon_tests::{binary, temp_dir};

const LOG: &str = "log.test/one";

/// A log of fewer than 256 leaves, which fit into one tile.
struct Log {
    key: SigningKey,
    salt: &'static str,
    name: &'static str,
}

impl TileReader for Log {
    type Bytes = Vec<u8>;
    type Error = Infallible;

    fn read_tile(&self, _: &TilePath) -> Result<Vec<u8>, Infallible> {
        Ok((0..255).flat_map(|index| *self.leaf(index).as_bytes()).collect())
    }
}

impl Log {
    fn new(name: &'static str) -> Self {
        Self { key: SigningKey::from_bytes(&[1; 32]), salt: "", name }
    }

    /// The same key, another history.
    fn forked(&self) -> Self {
        Self { key: self.key.clone(), salt: "another", name: self.name }
    }

    fn vkey(&self) -> VerifierKey {
        let public = PublicKey::from_bytes(self.key.verifying_key().to_bytes());
        VerifierKey::new(self.name.parse().unwrap(), SignatureType::Ed25519, public).unwrap()
    }

    fn leaf(&self, index: u64) -> Hash {
        Hash::of_leaf(format!("{index}{}", self.salt).as_bytes())
    }

    fn note(&self, size: u64) -> String {
        let mut tree = CompactTree::new();
        (0..size).for_each(|index| tree.push(self.leaf(index)));
        self.sign(size, tree.root())
    }

    fn sign(&self, size: u64, root: Hash) -> String {
        let checkpoint = Checkpoint::new(self.name.parse().unwrap(), TreeSize::new(size), root);
        SignedCheckpoint::sign(checkpoint, &self.key).unwrap().to_string()
    }

    fn proof(&self, old: u64, new: u64) -> Vec<Hash> {
        if old == 0 {
            return Vec::new();
        }
        Prover::new(self, TreeSize::new(new)).consistency(TreeSize::new(old)).unwrap().hashes().to_vec()
    }

    fn request(&self, old: u64, new: u64) -> String {
        request(old, &self.proof(old, new), &self.note(new))
    }
}

/// Sends a body; status, type and text of the answer.
fn send(serving: &Node, body: impl Into<reqwest::blocking::Body>) -> (u16, String, String) {
    let answer = add_checkpoint(serving, body).unwrap();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), kind, answer.text().unwrap())
}

fn status(serving: &Node, body: &str) -> u16 {
    send(serving, body.to_owned()).0
}

fn conflict(size: u64) -> (u16, String, String) {
    (409, "text/x.tlog.size".to_owned(), format!("{size}\n"))
}

/// The proofs of forks that a witness keeps, the smaller trees first: what it cosigned, and the other.
fn forks(data: &Path) -> Vec<[Note; 2]> {
    let files = std::fs::read_dir(data.join("forks")).unwrap();
    let read = |file: std::fs::DirEntry| {
        let bytes = std::fs::read(file.path()).unwrap();
        // An empty line stands in each note as well, behind its text.
        let empty_lines = bytes.windows(2).enumerate().filter(|(_, pair)| pair == b"\n\n");
        let (first, second) = bytes.split_at(empty_lines.map(|(at, _)| at + 1).nth(1).unwrap());
        [first, &second[1..]].map(|note| Note::parse(note).unwrap())
    };
    let mut found: Vec<_> = files.map(|file| read(file.unwrap())).collect();
    found.sort_by_key(|[note, _]| note.text().lines().nth(1).unwrap().parse::<u64>().unwrap());
    found
}

#[test]
fn every_answer_of_the_protocol_is_given_also_after_a_kill() {
    let folder = temp_dir().unwrap();
    let (log, other) = (Log::new(LOG), Log::new("log.test/two"));
    let named = Witness::init(&folder.path().join("w"), "w.test/one", &log.vkey().to_string()).unwrap();
    let serving = named.serve("127.0.0.1:0").unwrap();

    assert_eq!(serving.get(&monitoring_path(LOG)).unwrap().status(), 404);
    assert_eq!(status(&serving, "old 0\n"), 400);
    assert_eq!(send(&serving, vec![0xff; 5_000]).0, 400);
    assert_eq!(status(&serving, &request(0, &[Hash::ZERO; 64], &log.note(3))), 400);
    assert_eq!(status(&serving, &request(4, &[], &log.note(3))), 400);
    // The witness stops reading there, so it says that the connection ends; otherwise the next request could be sent into it and be lost.
    let too_long = add_checkpoint(&serving, vec![b'a'; 1 << 20]).unwrap();
    assert_eq!((too_long.status().as_u16(), too_long.headers()["connection"].to_str().unwrap()), (413, "close"));
    assert_eq!(status(&serving, &other.request(0, 3)), 404);
    let stranger = Log { key: SigningKey::from_bytes(&[9; 32]), ..Log::new(LOG) };
    assert_eq!(status(&serving, &stranger.request(0, 3)), 403);
    assert_eq!(status(&serving, &log.request(0, 3).replace(LOG, "log.test/on\u{e9}")), 404);
    assert_eq!(send(&serving, log.request(2, 3)), conflict(0));
    assert_eq!(status(&serving, &request(0, &[], &log.sign(0, Hash::ZERO))), 422);
    assert_eq!(status(&serving, &request(0, &[Hash::ZERO], &log.note(3))), 422);

    let (accepted, _, lines) = send(&serving, log.request(0, 3));
    assert_eq!(accepted, 200);
    Note::parse(format!("{}{lines}", log.note(3)).as_bytes()).unwrap().verify(&[named.vkey()]).unwrap();
    let monitored = serving.get(&monitoring_path(LOG)).unwrap().error_for_status().unwrap();
    assert_eq!(monitored.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(monitored.text().unwrap(), format!("{}{lines}", log.note(3)));
    assert_eq!(status(&serving, &log.request(3, 5)), 200);
    assert_eq!(status(&serving, &request(5, &[], &log.note(5))), 200);
    assert_eq!(status(&serving, &request(5, &[], &log.forked().note(5))), 422);
    assert_eq!(status(&serving, &log.forked().request(5, 9)), 422);
    assert_eq!(send(&serving, log.request(3, 9)), conflict(5));

    // A log that is added while the witness serves is known at once; one cannot be served twice.
    witness(&["add-log", &other.vkey().to_string()], named.data()).unwrap();
    assert_eq!(status(&serving, &other.request(0, 7)), 200);
    assert!(named.serve("127.0.0.1:0").is_err());

    serving.kill().unwrap();
    let serving = named.serve("127.0.0.1:0").unwrap();
    assert_eq!(send(&serving, log.request(0, 9)), conflict(5));
    assert_eq!(send(&serving, log.request(3, 4)), conflict(5));
    assert_eq!(status(&serving, &log.forked().request(5, 9)), 422);
    assert_eq!(status(&serving, &log.request(5, 9)), 200);
    // A checkpoint whose proof is bad shows nothing of the log; of two histories of one size both notes are kept, once.
    assert_eq!(forks(named.data()).len(), 1);
    assert_eq!(status(&serving, &request(0, &[], &log.forked().note(9))), 409);
    assert_eq!(status(&serving, &request(9, &[], &log.forked().note(9))), 422);
    let proofs = forks(named.data());
    assert_eq!(proofs.len(), 2);
    for (proof, size) in proofs.iter().zip([5, 9]) {
        let [first, second] = proof;
        assert_ne!(first.text(), second.text());
        for note in proof {
            note.verify(&[&log.vkey()]).unwrap();
            assert_eq!(note.text().lines().nth(1), Some(size.to_string().as_str()));
        }
        first.verify(&[named.vkey()]).unwrap();
    }
    let listed = witness(&["list"], named.data()).unwrap();
    assert_eq!(listed.matches("signed two histories").count(), 2, "{listed}");
    assert!(listed.contains("log.test/one: 9 entries") && listed.contains("log.test/two: 7 entries"), "{listed}");
    assert!(serving.stop().unwrap());
}

#[test]
fn of_many_who_ask_at_once_from_one_size_exactly_one_is_cosigned() {
    let folder = temp_dir().unwrap();
    let log = Log::new(LOG);
    let named = Witness::init(&folder.path().join("w"), "w.test", &log.vkey().to_string()).unwrap();
    let serving = named.serve("127.0.0.1:0").unwrap();
    let mut size = 0;
    for round in 1..=4 {
        let requests: Vec<_> = (0..8).map(|number| (size + 1 + number, log.request(size, size + 1 + number))).collect();
        let accepted: Vec<u64> = thread::scope(|scope| {
            let ask = |(new, body): &(u64, String)| (*new, status(&serving, body));
            let asking: Vec<_> = requests.iter().map(|request| scope.spawn(move || ask(request))).collect();
            let answers = asking.into_iter().map(|asked| asked.join().unwrap());
            answers
                .filter(|(_, status)| if *status == 200 { true } else { *status != 409 })
                .map(|(new, _)| new)
                .collect()
        });
        assert_eq!(accepted.len(), 1, "round {round}: {accepted:?}");
        size = accepted[0];
        let note = serving.get(&monitoring_path(LOG)).unwrap().text().unwrap();
        assert_eq!(claimed_size(&note).unwrap().get(), size);
    }
}

/// Whether `serve` refuses the folder, and says this.
fn expect_refused(named: &Witness, said: &str) {
    let mut command = Command::new(binary("nguon-verify").unwrap());
    command.args(["witness", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(named.data());
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains(said), "{error}");
}

#[test]
fn a_witness_does_not_serve_with_a_key_that_others_read_or_a_memory_that_is_damaged() {
    let folder = temp_dir().unwrap();
    let log = Log::new(LOG);
    let data = folder.path().join("w");
    let named = Witness::init(&data, "w.test", &log.vkey().to_string()).unwrap();
    let again = witness(&["init", "--name", "w.test"], &data).unwrap_err().to_string();
    assert!(again.contains("holds a witness already"), "{again}");
    let own = witness(&["add-log", &named.vkey().to_string()], &data).unwrap_err().to_string();
    assert!(own.contains("own key"), "{own}");

    let serving = named.serve("127.0.0.1:0").unwrap();
    assert_eq!(status(&serving, &log.request(0, 3)), 200);
    assert!(serving.stop().unwrap());

    let key = data.join("witness.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    expect_refused(&named, "chmod 600");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();

    let kept = data.join("cosigned").join(Hash::of(LOG.as_bytes()).to_string());
    let note = std::fs::read_to_string(&kept).unwrap();
    // An older size would let the log show a second history from there on.
    std::fs::write(&kept, note.replace("\n3\n", "\n2\n")).unwrap();
    expect_refused(&named, "Restore it");
    std::fs::write(&kept, "").unwrap();
    expect_refused(&named, "Restore it");
    std::fs::write(&kept, note).unwrap();
    assert!(named.serve("127.0.0.1:0").unwrap().stop().unwrap());
}
