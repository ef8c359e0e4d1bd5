//! Structural tests: rules of this repository that a reviewer would otherwise have to remember.
//!
//! Each test collects every fault before it fails, so that one run shows all there is to mend.

mod documents;
mod ratchet;
mod text;
mod workspace;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use nguon_tests::root;

/// A file of the repository.
struct File {
    /// Relative to the root, with `/` between folders.
    path: String,
    /// The file's text; a file that is not UTF-8, such as a picture, is none of ours to judge and is left out.
    text: String,
}

impl File {
    /// The part of the name after its last dot; for a script without one, `sh`.
    fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        match name.rsplit_once('.') {
            Some((_, extension)) => extension,
            None if self.text.starts_with("#!") => "sh",
            None => "",
        }
    }

    /// Written by us for a machine to run, as opposed to prose, data and other people's modules.
    fn is_source(&self) -> bool {
        let elsewhere = ["vendor", "data", "locales", "snapshots"];
        matches!(self.extension(), "rs" | "js" | "mjs" | "css" | "sh")
            && !self.path.split('/').any(|folder| elsewhere.contains(&folder))
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Each line with its number, counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// The files under version control or about to be: ignored ones are left out.
fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut paths = listed_by_git().unwrap_or_else(|| walk(root(), ""));
        paths.sort_unstable();
        paths.dedup();
        let read = |path: String| fs::read_to_string(root().join(&path)).ok().map(|text| File { path, text });
        let files: Vec<File> = paths.into_iter().filter_map(read).collect();
        assert!(files.iter().any(|file| file.path == "Cargo.toml"), "the list of files is wrong: no Cargo.toml in it");
        files
    })
}

fn sources() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| file.is_source())
}

fn listed_by_git() -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let output = git.output().ok().filter(|output| output.status.success())?;
    let paths: Vec<String> = String::from_utf8(output.stdout).ok()?.split_terminator('\0').map(str::to_owned).collect();
    (!paths.is_empty()).then_some(paths)
}

/// For a copy of the source that is no git repository.
fn walk(folder: &Path, prefix: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == ".git" || name == "node_modules" || name.starts_with("target") {
            continue;
        }
        let path = format!("{prefix}{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_file() => paths.push(path),
            Ok(kind) if kind.is_dir() => paths.extend(walk(&entry.path(), &format!("{path}/"))),
            _ => {}
        }
    }
    paths
}

/// Fails with every fault and one sentence on what to do about them.
#[track_caller]
fn assert_none(faults: &[String], advice: &str) {
    assert!(faults.is_empty(), "\n{}\n\n{advice}\n", faults.join("\n"));
}
