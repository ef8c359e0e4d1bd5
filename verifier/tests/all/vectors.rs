//! The bundles shared with the browser's verifier: made here, kept under `tests/vectors/bundles`, judged by both.
//!
//! What each check must say is written down by hand beside each case. `NGUON_WRITE_VECTORS=1` writes the files anew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nguon_ledger::policy::Policy;
use nguon_ledger::tree::TreeSize;
use nguon_verifier::bundle::{Bundle, Options, Trust, verify_bundle};
use nguon_verifier::verdict::CheckName;
use serde_json::{Value, json};

use crate::fixture::vkey;

mod described;
mod edge;
mod log;
mod people;
mod rules;
mod shape;

/// A bundle, what it is held against, and what must come out.
pub(crate) struct Case {
    file: &'static str,
    bundle: Value,
    vkey: Option<String>,
    policy: Option<String>,
    newest: Option<String>,
    size_min: Option<u64>,
    failed: &'static [&'static str],
    not_checked: Vec<&'static str>,
}

impl Case {
    /// A case held against the log's key, with these checks failing.
    pub(crate) fn new(file: &'static str, bundle: Value, failed: &'static [&'static str]) -> Self {
        Self {
            file,
            bundle,
            vkey: Some(vkey().to_string()),
            policy: None,
            newest: None,
            size_min: None,
            failed,
            not_checked: vec!["witness_quorum", "freshness"],
        }
    }

    /// Checks beside witnesses and freshness that cannot be made.
    pub(crate) fn not_checked(mut self, names: &[&'static str]) -> Self {
        self.not_checked.extend(names);
        self
    }

    /// Checks that are made although most cases leave them out.
    fn checking(mut self, name: &str) -> Self {
        self.not_checked.retain(|other| *other != name);
        self
    }

    /// Held against a policy instead of a key; `is_asked` if that asks for witnesses.
    pub(crate) fn policy(mut self, policy: String, is_asked: bool) -> Self {
        (self.vkey, self.policy) = (None, Some(policy));
        if is_asked { self.checking("witness_quorum") } else { self }
    }

    /// Held against the key that the bundle names.
    pub(crate) fn on_first_use(mut self) -> Self {
        self.vkey = None;
        self
    }

    /// Compared with a newer checkpoint.
    pub(crate) fn newest(mut self, note: String) -> Self {
        self.newest = Some(note);
        self.checking("freshness")
    }

    /// Told that so many entries are fresh enough.
    pub(crate) fn size_min(mut self, size: u64) -> Self {
        self.size_min = Some(size);
        self.checking("freshness")
    }

    fn expected(&self) -> Vec<(&'static str, &'static str)> {
        for name in self.failed.iter().chain(&self.not_checked) {
            assert!(CheckName::ALL.iter().any(|check| check.as_str() == *name), "{name}");
        }
        let result = |name: &str| match name {
            _ if self.failed.contains(&name) => "failed",
            _ if self.not_checked.contains(&name) => "not_checked",
            _ => "passed",
        };
        CheckName::ALL.iter().map(|check| (check.as_str(), result(check.as_str()))).collect()
    }

    fn text(&self) -> String {
        format!("{:#}\n", self.bundle)
    }

    fn entry(&self) -> Value {
        let checks = self.expected().into_iter().map(|(name, result)| json!({"name": name, "result": result}));
        let mut entry = json!({"file": self.file, "vkey": self.vkey, "expected": checks.collect::<Vec<_>>()});
        if let Some(policy) = &self.policy {
            entry["policy"] = json!(policy);
        }
        if let Some(newest) = &self.newest {
            entry["newest"] = json!(newest);
        }
        if let Some(size_min) = self.size_min {
            entry["sizeMin"] = json!(size_min);
        }
        entry
    }

    /// What came out otherwise than written.
    fn judge(&self) -> Option<String> {
        let bundle = Bundle::parse(self.text().as_bytes()).unwrap();
        let policy = self.policy.as_ref().map(|policy| Policy::parse(policy.as_bytes()).unwrap());
        let key = self.vkey.as_ref().map(|key| key.parse().unwrap());
        let trust = match (&policy, &key) {
            (Some(policy), _) => Trust::Policy(policy),
            (None, Some(key)) => Trust::Key(key),
            (None, None) => Trust::OnFirstUse,
        };
        let options = Options {
            trust,
            newest: self.newest.as_deref().map(str::as_bytes),
            size_min: self.size_min.map(TreeSize::new),
        };
        let verdict = verify_bundle(&bundle, &options);
        let found: Vec<_> = verdict.checks.iter().map(|check| (check.name.as_str(), check.outcome.as_str())).collect();
        let json: Value = serde_json::from_str(&verdict.to_json()).unwrap();
        assert_eq!(json["checks"].as_array().unwrap().len(), CheckName::ALL.len());
        assert_eq!(json["verdict"] == "passed", verdict.is_passed());
        let is_as_written = found == self.expected() && verdict.is_passed() == self.failed.is_empty();
        (!is_as_written).then(|| format!("{}: {}", self.file, json["checks"]))
    }
}

fn cases() -> Vec<Case> {
    let parts = [edge::cases(), log::cases(), shape::cases(), people::cases(), rules::cases(), described::cases()];
    let cases: Vec<_> = parts.into_iter().flatten().collect();
    let names: std::collections::BTreeSet<_> = cases.iter().map(|case| case.file).collect();
    assert_eq!(names.len(), cases.len(), "a name stands twice");
    cases
}

#[test]
fn every_case_comes_out_as_written() {
    let faults: Vec<_> = cases().iter().filter_map(Case::judge).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn there_are_good_and_tampered_bundles_for_every_check() {
    let cases = cases();
    let tampered = cases.iter().filter(|case| !case.failed.is_empty()).count();
    assert!(tampered >= 25 && cases.len() - tampered >= 10, "{tampered} of {}", cases.len());
    for check in CheckName::ALL {
        assert!(cases.iter().any(|case| case.failed.contains(&check.as_str())), "{check} never fails");
    }
}

#[test]
fn the_files_are_these_cases() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/bundles"));
    let cases = cases();
    let index: Vec<_> = cases.iter().map(Case::entry).collect();
    let mut files: BTreeMap<_, _> = cases.iter().map(|case| (case.file.to_owned(), case.text())).collect();
    files.insert("index.json".into(), format!("{:#}\n", Value::from(index)));
    if std::env::var_os("NGUON_WRITE_VECTORS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &files {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let mut found = BTreeMap::new();
    for item in std::fs::read_dir(&folder).unwrap() {
        let path = item.unwrap().path();
        found.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
    }
    for (name, text) in &files {
        assert!(found.get(name) == Some(text), "{name} differs: run again with NGUON_WRITE_VECTORS=1");
    }
    assert_eq!(found.len(), files.len(), "there is a file that no case makes");
}
