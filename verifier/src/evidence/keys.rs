//! Who registered and who revoked the keys of those who signed: `keys.json` (`docs/format.md`, section 12).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use nguon_ledger::body::{ActorBody, Charter, KeyBody, KeyChange};
use nguon_ledger::entry::Entry;
use nguon_ledger::identifier::Origin;
use nguon_ledger::key::PublicKey;
use nguon_ledger::statement::{Kind, Statement};

use crate::bundle::Bundle;
use crate::verdict::json;

/// One thing that was said about a key.
struct Change {
    entry: u64,
    change: &'static str,
    by: PublicKey,
    at: i64,
}

/// What the ledger says of one key.
#[derive(Default)]
struct History {
    actor: Option<String>,
    changes: Vec<Change>,
    is_signer: bool,
}

/// The history of every key that signed an entry of the bundle, as text. Whether those who changed it were allowed to is for the rules.
pub(super) fn history(bundle: &Bundle) -> String {
    let mut keys: BTreeMap<PublicKey, History> = BTreeMap::new();
    for (index, bytes) in bundle.entries() {
        let Ok(entry) = Entry::parse(bytes) else { continue };
        keys.entry(entry.signer).or_default().is_signer = true;
        let Ok(statement) = Statement::parse(entry.payload) else { continue };
        for (key, actor, change) in changes(&statement) {
            let history = keys.entry(key).or_default();
            let is_new = !history.changes.iter().any(|known| known.change == change);
            if is_new && (change == "added" || history.actor.is_some()) {
                let at = entry.received_at.get();
                history.changes.push(Change { entry: index.get(), change, by: entry.signer, at });
                history.actor.get_or_insert(actor);
            }
        }
    }
    let signers = keys.iter().filter(|(_, history)| history.is_signer);
    let lines: Vec<_> = signers.map(|(key, history)| line(key, history)).collect();
    format!("{{\"v\":1,\"signers\":[\n{}\n]}}\n", lines.join(",\n"))
}

fn line(key: &PublicKey, history: &History) -> String {
    let changes = history.changes.iter().map(|Change { entry, change, by, at }| {
        format!(r#"{{"entry":{entry},"change":"{change}","by":"{by}","at":{at}}}"#)
    });
    let actor = json::or_null(history.actor.as_deref().map(json::text));
    format!(r#"{{"key":"{key}","actor":{actor},"history":[{}]}}"#, changes.collect::<Vec<_>>().join(","))
}

/// The keys that a statement adds or revokes, and whose they are.
fn changes(statement: &Statement<'_>) -> Vec<(PublicKey, String, &'static str)> {
    let Ok(origin) = Origin::parse(statement.ledger()) else { return Vec::new() };
    let added = |body: ActorBody<'_>| {
        let actor = body.id.to_string();
        body.keys.into_iter().map(|key| (key, actor.clone(), "added")).collect()
    };
    match statement.kind() {
        Kind::Charter => {
            Charter::parse(&origin, statement.body()).map(|charter| added(charter.operator)).unwrap_or_default()
        }
        Kind::Actor => ActorBody::parse(&origin, statement.body()).map(added).unwrap_or_default(),
        Kind::Key => KeyBody::parse(&origin, statement.body())
            .map(|body| {
                let actor = body.actor.to_string();
                Vec::from([match body.change {
                    KeyChange::Add(key) => (key, actor, "added"),
                    KeyChange::Revoke(key) => (key, actor, "revoked"),
                }])
            })
            .unwrap_or_default(),
        Kind::Product | Kind::Place | Kind::Event | Kind::Attest => Vec::new(),
    }
}
