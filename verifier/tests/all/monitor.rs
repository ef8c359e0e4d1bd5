//! The monitor: what it says when all is well, and each thing that it must call out.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::Ledger;
use crate::kept::{copy_of, ledger};
use crate::stored::verify;
use crate::story::PACKS;

/// Exit code and the lines of one look.
fn look(target: &Path, state: &Path, more: &[&str]) -> (Option<i32>, Vec<Value>) {
    let mut arguments = vec!["monitor", "--once", "--state", state.to_str().unwrap(), target.to_str().unwrap()];
    arguments.extend(more);
    let output = verify(&arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn names(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

fn checkpoint_file(ledger: &Ledger, folder: &TempDir) -> String {
    let path = folder.path().join(format!("{}.checkpoint", ledger.len()));
    fs::write(&path, ledger.signed().to_string()).unwrap();
    path.display().to_string()
}

#[test]
fn a_log_that_shows_everybody_the_same_is_verified() {
    let (state, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let older = ledger(280, 280);
    let bundle = other.path().join("bundle.json");
    fs::write(&bundle, older.bundle(PACKS, []).to_string()).unwrap();
    let note = checkpoint_file(&ledger(300, 300), &other);
    let more = ["--also", bundle.to_str().unwrap(), "--also", &note];
    let (code, lines) = look(copy_of(&ledger(300, 300)).path(), state.path(), &more);
    assert_eq!((code, names(&lines)), (Some(0), vec!["verified"]), "{lines:?}");
}

#[test]
fn each_kind_of_wrong_is_called_out() {
    let other = TempDir::new().unwrap();
    let log = copy_of(&ledger(300, 300));
    let cases = [
        ("another history, shorter", checkpoint_file(&ledger(290, 5), &other), "split_view"),
        ("another history of the same length", checkpoint_file(&ledger(300, 299), &other), "split_view"),
        ("more than is shown here", checkpoint_file(&ledger(310, 310), &other), "withheld"),
    ];
    for (what, source, event) in cases {
        let state = TempDir::new().unwrap();
        let (code, lines) = look(log.path(), state.path(), &["--also", &source, "--silence", "0"]);
        let line = lines.iter().find(|line| line["event"] == event).unwrap_or_else(|| panic!("{what}: {lines:?}"));
        assert_eq!((code, &line["level"]), (Some(1), &json!("alarm")), "{what}");
        assert_eq!((&line["source"], line["checkpoints"].as_array().unwrap().len()), (&json!(source), 2), "{what}");
    }

    let state = TempDir::new().unwrap();
    assert_eq!(look(log.path(), state.path(), &[]).0, Some(0));
    let (code, lines) = look(copy_of(&ledger(290, 290)).path(), state.path(), &[]);
    assert_eq!((code, names(&lines)), (Some(1), vec!["rollback"]), "{lines:?}");
    let (code, lines) = look(copy_of(&ledger(400, 100)).path(), state.path(), &[]);
    assert_eq!((code, names(&lines)), (Some(1), vec!["rollback"]), "{lines:?}");

    let mut bent = ledger(310, 310);
    bent.entries[305][200] ^= 1;
    let (code, lines) = look(copy_of(&bent).path(), state.path(), &[]);
    assert_eq!((code, names(&lines)), (Some(1), vec!["broken"]), "{lines:?}");
    assert_eq!(lines[0]["finding"]["index"], json!(305));

    let (code, lines) = look(Path::new("/nowhere"), state.path(), &[]);
    assert_eq!((code, names(&lines)), (Some(2), vec!["unreachable"]), "{lines:?}");
    let stranger = other.path().join("stranger");
    fs::write(&stranger, "nothing of this log").unwrap();
    let (code, lines) = look(log.path(), state.path(), &["--also", stranger.to_str().unwrap()]);
    assert_eq!((code, names(&lines)), (Some(2), vec!["verified", "source_unreadable"]), "{lines:?}");
}

#[test]
fn alarms_are_posted_and_figures_served() {
    let (state, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", hook.local_addr().unwrap());
    let fork = checkpoint_file(&ledger(290, 5), &other);
    let log = copy_of(&ledger(300, 300));
    let mut monitor = Command::new(env!("CARGO_BIN_EXE_nguon-verify"))
        .args(["monitor", "--every", "3600", "--metrics", "127.0.0.1:0", "--webhook", &address, "--also", &fork])
        .arg("--state")
        .args([state.path(), log.path()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(monitor.stdout.take().unwrap()).lines();
    let metrics = lines.next().unwrap().unwrap();

    let (mut stream, _) = hook.accept().unwrap();
    let mut request = BufReader::new(stream.try_clone().unwrap());
    let (mut length, mut line) = (0, String::new());
    while request.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    request.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
    let alarm: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&alarm["event"], &alarm["over"]), (&json!("split_view"), &json!(false)));

    let address = metrics.strip_prefix("metrics http://").unwrap().strip_suffix("/metrics").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.contains("nguon_monitor_events{kind=\"split_view\"} 1"), "{text}");

    // SIGTERM ends it as Ctrl-C does; an alarm was raised.
    assert!(Command::new("kill").arg(monitor.id().to_string()).status().unwrap().success());
    assert_eq!(monitor.wait().unwrap().code(), Some(1));
}
