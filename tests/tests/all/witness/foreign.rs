//! What programs of other people say about our log and our witness, and ours about theirs. They come from package registries, so only
//! the long run (`NGUON_LONG=1`) does it; they are kept below the target folder.
//!
//! `aics-witness` is a C2SP tlog-witness and the client of one, `aics-tlog` a verifier of tlog-tiles logs, `proofbundle` a verifier of
//! `.tlog-proof` files. All three need Python 3.12; `NGUON_PYTHON` names one that is not found by itself. `witness-log` (Rust) is a witness,
//! a verifier of notes, and a log of its own that asks witnesses.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nguon_ledger::policy::Policy;
use nguon_tests::process::{Ledger, Node};
use nguon_tests::witness::{Witness, claimed_size, witness};
use nguon_tests::{ORIGIN, binary, cargo, rounds};
use serde_json::Value;

use super::{checkpoint, grow, register, serve, vkey, wait_until_cosigned};

const PACKAGES: [&str; 3] = ["proofbundle==6.3.1", "aics-tlog==0.2.1", "aics-witness==0.1.0"];

/// Has the foreign client put a note before a witness, with proofs that it makes itself from the entries it reads.
const FEED: &str = "
import sys, urllib.request
from aics_witness.feeder import WitnessClient
from aics_tlog.tree import MerkleTree
node, witness, vkey, size, note = sys.argv[1:]
read = lambda index: urllib.request.urlopen(f'{node}/v1/entries/{index}').read()
tree = MerkleTree(read(index) for index in range(int(size)))
print(WitnessClient(witness, vkey).submit(note, tree.consistency_proof), end='')
";

fn python() -> Option<String> {
    let named = std::env::var("NGUON_PYTHON").ok();
    let usual = ["python3", "python3.13", "python3.12"].map(str::to_owned);
    let is_new = |python: &String| {
        let mut command = Command::new(python);
        let output = command.args(["-c", "import sys; print(sys.version_info >= (3, 12))"]).output();
        output.is_ok_and(|output| output.stdout.starts_with(b"True"))
    };
    named.into_iter().chain(usual).find(is_new)
}

/// Where foreign programs are kept.
fn kept() -> PathBuf {
    let node = binary("nguon").unwrap();
    node.parent().and_then(Path::parent).unwrap().join("foreign")
}

/// The folder with the programs in Python, installed if they are not there.
fn tools() -> Option<PathBuf> {
    let Some(python) = python() else {
        eprintln!("skipped: no Python 3.12 or later; name one with NGUON_PYTHON");
        return None;
    };
    let bin = kept().join("bin");
    if !bin.join("aics-witness").exists() {
        assert!(Command::new(python).args(["-m", "venv"]).arg(kept()).status().unwrap().success());
        let mut pip = Command::new(bin.join("pip"));
        assert!(pip.args(["install", "--quiet"]).args(PACKAGES).status().unwrap().success(), "pip cannot install them");
    }
    Some(bin)
}

/// The program in Rust, installed if it is not there.
fn witness_log() -> PathBuf {
    let root = kept().join("rust");
    let program = root.join("bin").join("witness-log");
    if !program.exists() {
        let mut install = cargo();
        install.args(["install", "--quiet", "--locked", "witness-log-cli", "--version", "0.6.1", "--root"]).arg(&root);
        let built = install.env("CARGO_TARGET_DIR", root.join("build")).status().unwrap();
        assert!(built.success(), "cargo cannot install witness-log-cli");
    }
    program
}

/// A foreign witness as a child process.
struct Foreign {
    child: Child,
    vkey: String,
    url: String,
}

impl Foreign {
    fn start(tools: &Path, folder: &Path, log: &str) -> Self {
        std::fs::create_dir(folder).unwrap();
        let run = |arguments: &[&str]| {
            let mut command = Command::new(tools.join("aics-witness"));
            command.args(arguments).env("AICS_WITNESS_CONFIG", folder.join("witness.json"));
            command
        };
        let made = run(&["init", "--name", "aics.test/w"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let vkey = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        assert!(run(&["add-log", "--origin", ORIGIN, "--vkey", log]).output().unwrap().status.success());
        Self::serve(run(&["serve", "--listen", "127.0.0.1:0"]), vkey)
    }

    /// Starts a command that says on standard error where it is listening.
    fn serve(mut command: Command, vkey: String) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            let (_, after) = line.split_once("listening on ")?;
            Some(after.split(' ').next().unwrap().to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, vkey, url: url.unwrap() }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // One that is gone already is no fault.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a foreign program that must succeed or must not; what it printed.
fn run(program: &Path, arguments: &[&str], succeeds: bool) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), succeeds, "{} {arguments:?}: {text}{error}", program.display());
    text
}

/// Saves what a path of the node answers; the file's name.
fn save(ledger: &Ledger, node: &Node, path: &str, name: &str) -> String {
    let file = ledger.folder().join(name);
    std::fs::write(&file, node.get(path).unwrap().error_for_status().unwrap().bytes().unwrap()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn foreign_programs_cosign_our_log_verify_it_and_ask_our_witness() {
    if rounds(0, 1) == 0 {
        return;
    }
    let Some(tools) = tools() else { return };
    let ledger = Ledger::init().unwrap();
    let log = vkey(ledger.data());
    let ours = Witness::init(&ledger.folder().join("ours"), "ours.test/w", &log).unwrap();
    let serving = ours.serve("127.0.0.1:0").unwrap();
    let theirs = Foreign::start(&tools, &ledger.folder().join("theirs"), &log);
    let text = format!(
        "log {log}\nwitness ours {} {}\nwitness theirs {} {}\ngroup both all ours theirs\nquorum both\n",
        ours.vkey(),
        serving.url(),
        theirs.vkey,
        theirs.url
    );
    let path = ledger.folder().join("trust.policy");
    std::fs::write(&path, &text).unwrap();
    let policy = Policy::parse(text.as_bytes()).unwrap();

    // Their witness cosigns our log as it grows.
    let node = serve(ledger.data(), &path);
    register(&ledger, &node);
    let first = grow(&node, 0..10);
    let early = wait_until_cosigned(&node, &policy, first);
    let old = save(&ledger, &node, "/checkpoint", "old.checkpoint");
    let size = grow(&node, 10..300);
    let note = wait_until_cosigned(&node, &policy, size);

    // Their verifiers agree with ours, and find what is wrong.
    let proof = save(&ledger, &node, "/v1/entries/270/proof", "270.tlog-proof");
    let [entry, other] =
        [270, 271].map(|index| save(&ledger, &node, &format!("/v1/entries/{index}"), &format!("{index}.entry")));
    let our_key = ours.vkey().to_string();
    let witnesses =
        ["--log-vkey", &log, "--witness-vkey", &our_key, "--witness-vkey", &theirs.vkey, "--threshold", "2"];
    let proofbundle = |entry: &str, succeeds: bool| {
        let arguments =
            [&["verify-proof", &proof, "--payload-file", entry, "--expected-origin", ORIGIN], &witnesses[..]];
        run(&tools.join("proofbundle"), &arguments.concat(), succeeds)
    };
    let said = proofbundle(&entry, true);
    assert!(said.contains("[PASS] witness-quorum: 2 valid of 2 known") && said.contains("=> OK"), "{said}");
    proofbundle(&other, false);
    let url = node.url().to_owned();
    let trust = ["--log-key", &log, "--witness-key", &our_key, "--witness-key", &theirs.vkey, "--quorum", "2"];
    let aics = |arguments: &[&str], succeeds: bool| {
        let arguments = [arguments, &trust, &["--origin", ORIGIN, "--tiles", &url]].concat();
        run(&tools.join("aics-tlog"), &arguments, succeeds)
    };
    let verdict: Value = serde_json::from_str(&aics(&["verify-checkpoint"], true)).unwrap();
    assert_eq!((verdict["size"].as_u64(), verdict["cosignatures"].as_u64()), (Some(size), Some(2)), "{verdict}");
    aics(&["verify-inclusion", "--index", "270", "--leaf", &entry], true);
    aics(&["verify-inclusion", "--index", "270", "--leaf", &other], false);
    aics(&["verify-consistency", "--old-checkpoint", &old], true);

    // Their client has our witness cosign: another one that knows nothing yet, with proofs of their own making.
    let fresh = Witness::init(&ledger.folder().join("fresh"), "fresh.test/w", &log).unwrap();
    let serving_fresh = fresh.serve("127.0.0.1:0").unwrap();
    for note in [early, note, checkpoint(&node)] {
        let size = claimed_size(&note).unwrap().to_string();
        let key = fresh.vkey().to_string();
        let line = run(&tools.join("python"), &["-c", FEED, &url, serving_fresh.url(), &key, &size, &note], true);
        assert!(line.starts_with("\u{2014} fresh.test/w "), "{line}");
    }
}

#[test]
fn another_foreign_witness_cosigns_our_log_and_its_log_is_cosigned_by_our_witness() {
    if rounds(0, 1) == 0 {
        return;
    }
    let program = witness_log();
    let ledger = Ledger::init().unwrap();
    let log = vkey(ledger.data());
    let file = |name: &str| ledger.folder().join(name).to_str().unwrap().to_owned();
    let ours = Witness::init(&ledger.folder().join("ours"), "ours.test/w", &log).unwrap();
    let serving = ours.serve("127.0.0.1:0").unwrap();
    let theirs = file("theirs");
    let made = Command::new(&program).args(["witness", "init", &theirs, "--name", "theirs.test/w"]).output().unwrap();
    let said = String::from_utf8(made.stderr).unwrap();
    let key = said.split_once("vkey: ").unwrap().1.lines().next().unwrap().to_owned();
    run(&program, &["witness", "add-log", &theirs, ORIGIN, &log], true);
    let mut command = Command::new(&program);
    command.args(["witness", "serve", &theirs, "--listen", "127.0.0.1:0"]);
    let theirs = Foreign::serve(command, key);
    let our_key = ours.vkey().to_string();
    let witnesses = format!("witness a {our_key} {}\nwitness b {} {}\n", serving.url(), theirs.vkey, theirs.url);
    let text = format!("log {log}\n{witnesses}group both all a b\nquorum both\n");
    std::fs::write(file("trust.policy"), &text).unwrap();
    let policy = Policy::parse(text.as_bytes()).unwrap();

    // Their witness beside ours, and their verifier.
    let node = serve(ledger.data(), Path::new(&file("trust.policy")));
    register(&ledger, &node);
    for lots in [0..5, 5..40] {
        let size = grow(&node, lots);
        wait_until_cosigned(&node, &policy, size);
    }
    let note = save(&ledger, &node, "/checkpoint", "note");
    let said =
        run(&program, &["c2sp", "verify", &note, "--vkey", &log, "--vkey", &our_key, "--vkey", &theirs.vkey], true);
    assert!(said.contains("Verified by 1 known key(s)") && said.contains("theirs.test/w at unix"), "{said}");

    // A log of theirs, cosigned by our witness as it grows.
    let (journal, directory, dossier) = (file("journal"), file("directory.json"), file("dossier.json"));
    let made: Value = serde_json::from_str(&run(&program, &["log", "init", &journal], true)).unwrap();
    let identity = made["identity"].as_str().unwrap();
    run(&program, &["directory", "add", &directory, "--vkey", &our_key, "--org", "us", "--url", serving.url()], true);
    let origin = format!("witness-log/{identity}");
    for number in 0..4 {
        run(&program, &["log", "append", &journal, "--intent", "something"], true);
        if number == 0 {
            run(&program, &["log", "export", &journal, "--out", &dossier], true);
            let shown = run(&program, &["c2sp", "show", &dossier, "--origin", &origin], true);
            let key = shown.lines().map(str::trim).find(|line| line.starts_with(&format!("{origin}+"))).unwrap();
            witness(&["add-log", key], ours.data()).unwrap();
        }
        run(&program, &["submit", &journal, "--directory", &directory, "--min", "1", "--out", &dossier], true);
    }
    let listed = witness(&["list"], ours.data()).unwrap();
    assert!(listed.contains(&format!("{origin}: 4 entries")), "{listed}");
}
