//! What the dense form leaves out, and when there is none. That the page's script puts the same bundle together again is tested in `tests/web`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use nguon_ledger::hash::Hash;
use serde_json::{Value, json};

use super::{bytes_of, dense, is_uuid};
use crate::fixture::{VERMICELLI, vermicelli};

/// Changes a bundle.
type Bend = fn(&mut Value);

fn entry(stored: &Value) -> Vec<u8> {
    STANDARD.decode(stored["entry"].as_str().unwrap()).unwrap()
}

/// The path from a leaf to the root of a tree, and the root.
fn path(leaves: &[Hash], at: usize) -> (Vec<Hash>, Hash) {
    if let [leaf] = leaves {
        return (Vec::new(), *leaf);
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let is_left = at < left.len();
    let (mut hashes, own) = if is_left { path(left, at) } else { path(right, at - left.len()) };
    let (_, other) = if is_left { path(right, 0) } else { path(left, 0) };
    hashes.push(other);
    (hashes, if is_left { Hash::of_node(&own, &other) } else { Hash::of_node(&other, &own) })
}

/// A bundle of all entries of a ledger but one, with their proofs.
fn bundle() -> Value {
    let mut bundle: Value = serde_json::from_slice(&vermicelli(true).bundle(VERMICELLI)).unwrap();
    let entries = bundle["entries"].as_array_mut().unwrap();
    let leaves: Vec<Hash> = entries.iter().map(|stored| Hash::of_leaf(&entry(stored))).collect();
    for (at, stored) in entries.iter_mut().enumerate() {
        let hashes = path(&leaves, at).0;
        stored["proof"] = hashes.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
    }
    entries.remove(2);
    bundle
}

fn of(bundle: &Value) -> Option<Vec<u8>> {
    dense(bundle.to_string().as_bytes())
}

#[test]
fn what_follows_from_the_entries_is_left_out() {
    let bundle = bundle();
    let entries = bundle["entries"].as_array().unwrap();
    let made = of(&bundle).unwrap();
    let text = usize::try_from(u32::from_be_bytes(made[..4].try_into().unwrap())).unwrap();
    let (text, raw) = (std::str::from_utf8(&made[4..4 + text]).unwrap(), &made[4 + text..]);
    assert_eq!(text.lines().count(), 1 + entries.len());
    let head: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(head, json!([bundle["lot"], bundle["vkey"], bundle["checkpoint"], entries.len() + 1]));
    // The hash of an entry that is here is nowhere among the raw bytes; that of the one which is not stands there once.
    let times = |hash: &Hash| raw.windows(32).filter(|bytes| *bytes == hash.as_bytes()).count();
    let before_last = Hash::of_leaf(&entry(&entries[entries.len() - 2]));
    let missing = Hash::from_slice(&entry(&entries[2])[9..41]).unwrap();
    assert_eq!((times(&before_last), times(&missing)), (0, 2), "as the entry before and in the tree");
    assert!(made.len() < bundle.to_string().len() / 2, "{} bytes", made.len());
}

#[test]
fn there_is_none_where_it_would_not_give_the_same_back() {
    let good = bundle();
    assert!(of(&good).is_some());
    let bent: [(&str, Bend); 9] = [
        ("a hash beside that follows from an entry", |bundle| {
            bundle["entries"][0]["proof"][0] = json!(STANDARD.encode([7; 32]))
        }),
        ("a path that is too long", |bundle| {
            bundle["entries"][3]["proof"].as_array_mut().unwrap().push(json!(STANDARD.encode([7; 32])))
        }),
        ("a path that is missing", |bundle| bundle["entries"][3]["proof"] = json!([])),
        ("another order", |bundle| bundle["entries"].as_array_mut().unwrap().swap(3, 4)),
        ("no entries", |bundle| bundle["entries"] = json!([])),
        ("an index that is not the entry's own", |bundle| bundle["entries"][0]["index"] = json!(1)),
        ("no entry at all", |bundle| bundle["entries"][0]["entry"] = json!("AAAA")),
        ("a tree that ends before", |bundle| bundle["checkpoint"] = json!("trace.test\n3\nAAAA\n")),
        ("a control character in a statement", |bundle| {
            let mut bytes = entry(&bundle["entries"][0]);
            *bytes.last_mut().unwrap() = 1;
            bundle["entries"][0]["entry"] = json!(STANDARD.encode(bytes));
        }),
    ];
    for (what, bend) in bent {
        let mut bundle = good.clone();
        bend(&mut bundle);
        assert_eq!(of(&bundle), None, "{what}");
    }
    for bad in ["", "{}", "[]", "null"] {
        assert_eq!(dense(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn identifiers_are_read_in_their_one_spelling() {
    assert_eq!(bytes_of("00ff7a"), [0, 255, 0x7a]);
    assert!(is_uuid("36aad9c8-f1aa-4c7b-ad31-eda75314886a"));
    for bad in [
        "36AAD9C8-f1aa-4c7b-ad31-eda75314886a",
        "36aad9c8f1aa-4c7b-ad31-eda75314886a0",
        "36aad9c8-f1aa-4c7b-ad31-eda75314886-",
    ] {
        assert!(!is_uuid(bad), "{bad}");
    }
}
