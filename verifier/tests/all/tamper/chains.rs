//! Lies about what was said, by whom, in which order, and about which lots.

use curve25519_dalek::Scalar;
use ed25519_dalek::{Signer as _, Verifier as _};
use nguon_ledger::entry::{Entry, LotLink};
use nguon_ledger::envelope::pae;
use nguon_ledger::hash::Hash;
use nguon_ledger::key::Signature;
use nguon_ledger::limits::PAYLOAD_BYTES_MAX;
use nguon_ledger::refusal::Code;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::AuditCheck;
use serde_json::{Value, json};

use super::How::Entries;
use super::{Lie, NEXT};
use crate::fixture::{Person, Told, sign_with_neutral_r};
use crate::story::{CANNA, NOODLES, OTHER, PACKS, Story, actor, harvest, object, packs, transform};

/// The shop's next sale, in an entry bent as told.
fn sale_in(story: &mut Story, lots: &[&str], change: impl FnOnce(&mut Entry<'_>)) {
    let payload = story.shop.say("event", &packs("sell", "retail_selling", PACKS, 1));
    story.ledger.add_changed(&story.shop.key, &payload, lots, change);
}

/// The next entry as bytes that the format does not allow.
fn raw(story: &mut Story, bend: fn(&mut Vec<u8>)) {
    let process = transform("process", &[(OTHER, 100.0, "KGM")], &[(EXTRA, 1.0, "KGM", "noodles")]);
    let payload = story.coop.draft("event", &process);
    let mut ledger = story.ledger.clone();
    ledger.add_payload(&story.coop.key, &payload, &[OTHER, EXTRA]);
    let mut bytes = ledger.entries.pop().unwrap();
    bend(&mut bytes);
    story.ledger.add_bytes(bytes, &[]);
}

const EXTRA: &str = "https://trace.test/lot/EXTRA0000001";

/// A statement of the farmer which nothing depends on.
fn lost(story: &Story) -> Value {
    let event = object("OBSERVE", "destroying", OTHER, &json!(1));
    json!({"verb": "lose", "event": event, "for": story.coop.uri()})
}

/// Lies about the entries themselves.
pub(super) fn log() -> Vec<Lie> {
    use AuditCheck::{EntryBytes, EntryChain, LotLinks};
    let chain = |lie, bend| Lie::audited(lie, EntryChain, Entries(bend)).at(NEXT);
    let links = |lie, bend| Lie::audited(lie, LotLinks, Entries(bend)).at(NEXT);
    let bytes = |lie, bend| Lie::audited(lie, EntryBytes, Entries(bend)).at(NEXT);
    vec![
        chain("gives an entry another place than its own", |story| {
            sale_in(story, &[PACKS], |entry| entry.index = LeafIndex::new(3));
        }),
        chain("chains an entry to another than the one before", |story| {
            let other = story.ledger.leaf_hash(15);
            sale_in(story, &[PACKS], |entry| entry.previous = other);
        }),
        chain("lets received times run back", |story| {
            sale_in(story, &[PACKS], |entry| entry.received_at = UnixMillis::new(entry.received_at.get() - 600_000));
        }),
        links("skips a number in a lot's chain, as if an event were hidden there", |story| {
            sale_in(story, &[PACKS], |entry| entry.links[0].seq += 1);
        }),
        links("forks a lot's chain before its last event", |story| {
            let before = story.ledger.leaf_hash(15);
            sale_in(story, &[PACKS], |entry| {
                let LotLink { lot, seq, .. } = entry.links[0];
                entry.links[0] = LotLink { lot, seq: seq - 1, previous: before };
            });
        }),
        links("chains a lot's entry to another than the lot's last", |story| {
            let other = story.ledger.leaf_hash(3);
            sale_in(story, &[PACKS], |entry| entry.links[0].previous = other);
        }),
        links("hangs a statement into the chain of another lot instead", |story| {
            sale_in(story, &[OTHER], |_| {});
        }),
        links("hangs a statement also into the chain of a lot that it does not name", |story| {
            sale_in(story, &[PACKS, NOODLES], |_| {});
        }),
        links("keeps a sale out of its lot's chain", |story| sale_in(story, &[], |_| {})),
        links("keeps a new lot out of the chains, so that its first event is nowhere", |story| {
            let process = transform("process", &[(OTHER, 100.0, "KGM")], &[(EXTRA, 1.0, "KGM", "noodles")]);
            story.coop_event(&process, &[OTHER]);
        }),
        links("hangs an enrolment into a lot's chain", |story| {
            let late = actor(&Person::new(70, "late"), "person", &["producer"], None);
            story.ledger.add(&mut story.operator, "actor", &late, &[CANNA]);
        }),
        links("hides a dispute from the lot that it is about", |story| {
            let disputed = story.ledger.leaf_hash(16).to_string();
            let attest = json!({"entry": disputed, "claim": "disputes"});
            story.ledger.add(&mut story.inspector, "attest", &attest, &[]);
        }),
        bytes("writes an entry of an unknown version", |story| raw(story, |bytes| bytes[0] = 2)),
        bytes("writes lot links out of order", |story| {
            raw(story, |bytes| bytes[50..50 + 2 * 68].rotate_left(68));
        }),
        bytes("writes more lot links than there may be", |story| {
            raw(story, |bytes| {
                let link: Vec<u8> = bytes[50..50 + 68].to_vec();
                bytes[49] = 49;
                bytes.splice(50..50, link.repeat(47));
            });
        }),
        bytes("writes a payload longer than a statement may be", |story| {
            raw(story, |bytes| bytes.resize(bytes.len() + PAYLOAD_BYTES_MAX, b' '));
        }),
    ]
}

/// Makes the ledger anew from what was told.
fn retell(story: &mut Story, change: impl FnOnce(&mut Vec<Told>)) {
    story.ledger = story.ledger.retold(change);
}

/// The farmer's loss, signed otherwise than she would.
fn signed(story: &mut Story, sign: impl FnOnce(&Story, &[u8]) -> Signature) {
    let payload = story.farmer.draft("event", &lost(story));
    let signature = sign(story, &payload);
    story.ledger.add_changed(&story.farmer.key, &payload, &[OTHER], |entry| entry.signature = signature);
}

/// Lies about who said something.
pub(super) fn signers() -> Vec<Lie> {
    [signatures(), strangers(), sequences()].into_iter().flatten().collect()
}

fn signatures() -> Vec<Lie> {
    use AuditCheck::Signatures;
    let forged = |lie, bend| Lie::audited(lie, Signatures, Entries(bend)).at(NEXT);
    vec![
        Lie::audited("changes what a member said and keeps her signature", Signatures, Entries(change_what_was_said))
            .at(10),
        forged("invents a member's statement and signs it with its own key", |story| {
            signed(story, |story, payload| Signature::from_bytes(story.operator.key.sign(&pae(payload)).to_bytes()));
        }),
        forged("puts a member's older signature on a new statement", |story| {
            let older = Entry::parse(&story.ledger.entries[10]).unwrap().signature;
            signed(story, |_, _| older);
        }),
        forged("has the signature of one registered key under another member's name", |story| {
            let payload = story.farmer.draft("event", &lost(story));
            story.ledger.add_payload(&story.shop.key, &payload, &[OTHER]);
        }),
        forged("passes a signature with a point of small order, which a lax check accepts", |story| {
            signed(story, |story, payload| {
                let signature = sign_with_neutral_r(&story.farmer.key, payload);
                let lax = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
                story.farmer.key.verifying_key().verify(&pae(payload), &lax).unwrap();
                signature
            });
        }),
        forged("passes a second spelling of a good signature", |story| signed(story, second_spelling)),
    ]
}

fn strangers() -> Vec<Lie> {
    use AuditCheck::SignerRegistered;
    let stranger = |lie, code, bend| Lie::audited(lie, SignerRegistered, Entries(bend)).code(code);
    vec![
        stranger("enters a statement of a key that nobody registered", Code::UnknownSigner, |story| {
            let mut stranger = Person::new(90, "stranger");
            let body = harvest(EXTRA, 10, &story.coop);
            story.ledger.add(&mut stranger, "event", &body, &[EXTRA]);
        })
        .at(NEXT),
        stranger("inserts a stranger's statement into the past", Code::UnknownSigner, |story| {
            let mut stranger = Person::new(90, "stranger");
            let body = harvest(EXTRA, 10, &story.coop);
            story.ledger.add(&mut stranger, "event", &body, &[EXTRA]);
            retell(story, |told| {
                let inserted = told.pop().unwrap();
                told.insert(12, inserted);
            });
        })
        .at(12),
        stranger("lets an inspector speak before the inspector was enrolled", Code::UnknownSigner, |story| {
            retell(story, |told| told[3..=12].rotate_left(1));
        })
        .at(11),
        stranger("accepts a statement of a revoked key", Code::RevokedKey, |story| {
            let revoke = json!({"actor": story.farmer.uri(), "revoke": story.farmer.hex(), "reason": "lost"});
            story.ledger.add(&mut story.coop, "key", &revoke, &[]);
            let body = lost(story);
            story.ledger.add(&mut story.farmer, "event", &body, &[OTHER]);
        })
        .at(NEXT + 1),
    ]
}

fn sequences() -> Vec<Lie> {
    use AuditCheck::SignerChain;
    let sequence = |lie, bend| Lie::audited(lie, SignerChain, Entries(bend)).code(Code::WrongSequence);
    vec![
        sequence("drops a member's first statement and keeps the later ones", |story| {
            retell(story, |told| drop(told.remove(9)));
        })
        .at(9),
        sequence("drops one statement from the middle of a member's", |story| {
            for _ in 0..2 {
                story.shop_event(&packs("sell", "retail_selling", PACKS, 1), &[PACKS]);
            }
            retell(story, |told| drop(told.remove(17)));
        })
        .at(NEXT),
        sequence("swaps two statements of one member", |story| retell(story, |told| told.swap(9, 10))).at(9),
        sequence("enters a member's statement twice", |story| {
            story.shop_event(&packs("sell", "retail_selling", PACKS, 1), &[PACKS]);
            retell(story, |told| told.push(told[17].clone()));
        })
        .at(NEXT + 1),
        sequence("enters an older statement of a member again", |story| {
            for _ in 0..2 {
                story.shop_event(&packs("sell", "retail_selling", PACKS, 1), &[PACKS]);
            }
            retell(story, |told| told.push(told[17].clone()));
        })
        .at(NEXT + 2),
        sequence("rewrites an earlier statement of its own and keeps the later ones", |story| {
            let operator = story.operator.clone();
            let roles = actor(&story.shop, "organisation", &["seller", "processor"], None);
            retell(story, |told| {
                let first: Value = serde_json::from_slice(&told[2].payload).unwrap();
                let prev = Hash::from_hex(first["prev"].as_str().unwrap()).unwrap();
                let payload = Person { seq: 2, prev, ..operator.clone() }.draft("actor", &roles);
                told[2].signature = Signature::from_bytes(operator.key.sign(&pae(&payload)).to_bytes());
                told[2].payload = payload;
            });
        })
        .at(3),
    ]
}

fn change_what_was_said(story: &mut Story) {
    retell(story, |told| {
        let said = String::from_utf8(told[10].payload.clone()).unwrap();
        told[10].payload = said.replace("\"quantity\":1000", "\"quantity\":1001").into_bytes();
        assert_ne!(said.as_bytes(), told[10].payload);
    });
}

/// The same signature with the group's order added to its second half.
fn second_spelling(story: &Story, payload: &[u8]) -> Signature {
    let mut bytes = story.farmer.key.sign(&pae(payload)).to_bytes();
    // -1 + 1 is the order, written out.
    let mut order = (-Scalar::ONE).to_bytes();
    order[0] += 1;
    let mut carry = 0;
    for (byte, add) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    Signature::from_bytes(bytes)
}
