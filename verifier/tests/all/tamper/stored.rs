//! Lies in the files of a log: tiles, entry bundles, checkpoints and their cosignatures, the journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ed25519_dalek::SigningKey;
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::cosignature::{CosignatureTime, cosign};
use nguon_ledger::hash::{HASH_BYTES, Hash};
use nguon_ledger::journal::{Frame, Scanned, scan};
use nguon_ledger::note::{KeyName, Note, NoteSignature, SignatureType};
use nguon_ledger::tile::{push_entry, split_entry_bundle};
use nguon_verifier::audit::AuditCheck;
use tempfile::TempDir;

use super::How::{Copy, Data, Journal, Witnessed};
use super::Lie;
use super::judged::{command, command_on, copy_of};
use crate::fixture::{Ledger, ORIGIN, log_key, root_of, sign, signing_key, vkey, vkey_of};
use crate::stored::{data_folder, files, ledger as long_ledger};

/// More than one tile of entries, so that there are tiles over tiles.
fn ledger() -> &'static Ledger {
    static LEDGER: OnceLock<Ledger> = OnceLock::new();
    LEDGER.get_or_init(long_ledger)
}

/// Entries of it.
const SIZE: u64 = 308;

fn bend_file(path: &Path, bend: impl FnOnce(&mut Vec<u8>)) {
    let good = fs::read(path).unwrap();
    let mut bytes = good.clone();
    bend(&mut bytes);
    assert_ne!(good, bytes);
    fs::write(path, bytes).unwrap();
}

fn bend_tile(folder: &Path, name: &str, bend: impl FnOnce(&mut Vec<u8>)) {
    bend_file(&folder.join("tile").join(name), bend);
}

/// Lies in tiles and bundles.
pub(super) fn tiles() -> Vec<Lie> {
    use AuditCheck::{EntryBytes, LeafHash, Tile};
    let copy = |lie, check, bend| Lie::audited(lie, check, Copy(bend));
    vec![
        copy("changes a hash in a tile over entries", LeafHash, |_, folder| {
            bend_tile(folder, "0/000", |tile| tile[7 * HASH_BYTES] ^= 1);
        })
        .at(7),
        copy("swaps two hashes in a tile over entries", LeafHash, |_, folder| {
            bend_tile(folder, "0/000", |tile| tile[9 * HASH_BYTES..11 * HASH_BYTES].rotate_left(HASH_BYTES));
        })
        .at(9),
        copy("changes a hash in a tile over tiles", Tile, |_, folder| {
            bend_tile(folder, "1/000.p/1", |tile| tile[31] ^= 0x80);
        }),
        copy("adds a hash to a tile over tiles", Tile, |_, folder| {
            bend_tile(folder, "1/000.p/1", |tile| tile.extend([7; HASH_BYTES]));
        }),
        copy("cuts a tile short", Tile, |_, folder| {
            bend_tile(folder, "0/000", |tile| tile.truncate(255 * HASH_BYTES));
        })
        .at(0),
        copy("adds a hash to a tile at the edge", Tile, |_, folder| {
            bend_tile(folder, "0/001.p/52", |tile| tile.extend([7; HASH_BYTES]));
        })
        .at(256),
        copy("shows another entry than the tree holds", LeafHash, |_, folder| {
            bend_bundle(folder, |entries| entries[20][49 + 8] ^= 1);
        })
        .at(20),
        copy("swaps two entries in a bundle", LeafHash, |_, folder| {
            bend_bundle(folder, |entries| entries.swap(20, 21));
        })
        .at(20),
        copy("leaves out the last entry of a bundle", EntryBytes, |_, folder| {
            bend_bundle(folder, |entries| drop(entries.pop()));
        })
        .at(255),
        copy("adds an entry to a bundle", EntryBytes, |_, folder| {
            bend_bundle(folder, |entries| entries.push(entries[255].clone()));
        }),
        copy("adds bytes behind a bundle", EntryBytes, |_, folder| {
            bend_tile(folder, "entries/000", |bundle| bundle.push(0));
        }),
        Lie::audited(
            "shows another entry, in the tree too, than was acknowledged",
            LeafHash,
            Data(|ledger, folder| {
                let mut bent = ledger.entries[20].clone();
                let last = bent.len() - 1;
                bent[last] ^= 1;
                let hash = Hash::of_leaf(&bent);
                let folder = folder.join("tlog");
                bend_tile(&folder, "0/000", |tile| {
                    tile[20 * HASH_BYTES..21 * HASH_BYTES].copy_from_slice(hash.as_bytes())
                });
                bend_bundle(&folder, |entries| entries[20] = bent);
            }),
        )
        .at(20),
    ]
}

fn bend_bundle(folder: &Path, bend: impl FnOnce(&mut Vec<Vec<u8>>)) {
    bend_tile(folder, "entries/000", |bundle| {
        let mut entries: Vec<_> = split_entry_bundle(bundle, 256).unwrap().into_iter().map(<[u8]>::to_vec).collect();
        bend(&mut entries);
        bundle.clear();
        entries.iter().for_each(|entry| push_entry(bundle, entry).unwrap());
    });
}

/// A checkpoint as told, in place of the log's.
fn put_checkpoint(folder: &Path, checkpoint: &impl ToString) {
    fs::write(folder.join("checkpoint"), checkpoint.to_string()).unwrap();
}

/// Lies in checkpoints.
pub(super) fn checkpoints() -> Vec<Lie> {
    use AuditCheck::{CheckpointSigned, EntryBytes, TreeRoot, TreeSize};
    let copy = |lie, check, bend| Lie::audited(lie, check, Copy(bend));
    let mut lies = vec![
        copy("signs another root", TreeRoot, |ledger, folder| {
            put_checkpoint(folder, &sign(ORIGIN, ledger.len(), Hash::of(b"another"), &log_key()));
        }),
        copy("signs a greater size than there are entries", EntryBytes, |ledger, folder| {
            put_checkpoint(folder, &sign(ORIGIN, SIZE + 1, ledger.root(), &log_key()));
            fs::rename(folder.join("tile/entries/001.p/52"), folder.join("tile/entries/001.p/53")).unwrap();
            fs::rename(folder.join("tile/0/001.p/52"), folder.join("tile/0/001.p/53")).unwrap();
            bend_tile(folder, "0/001.p/53", |tile| tile.extend([7; HASH_BYTES]));
        })
        .at(SIZE),
        Lie::audited(
            "shows a checkpoint of more than was acknowledged",
            TreeSize,
            Data(|_, folder| {
                let more = sign(ORIGIN, SIZE + 5, Hash::of(b"another"), &log_key());
                put_checkpoint(&folder.join("tlog"), &more);
            }),
        ),
        Lie::audited(
            "shows an old size with the new root",
            TreeRoot,
            Data(|ledger, folder| {
                put_checkpoint(&folder.join("tlog"), &sign(ORIGIN, 300, ledger.root(), &log_key()));
            }),
        ),
        copy("signs with another key", CheckpointSigned, |ledger, folder| {
            put_checkpoint(folder, &sign(ORIGIN, ledger.len(), ledger.root(), &signing_key(77)));
        }),
        copy("signs for another origin", CheckpointSigned, |ledger, folder| {
            put_checkpoint(folder, &sign("other.test", ledger.len(), ledger.root(), &log_key()));
        }),
        copy("changes a checkpoint and keeps the signature", CheckpointSigned, |_, folder| {
            bend_file(&folder.join("checkpoint"), |note| {
                let text = String::from_utf8(note.clone()).unwrap();
                *note = text.replace("\n308\n", "\n307\n").into_bytes();
            });
        }),
        copy("shows a checkpoint that only a witness signed", CheckpointSigned, |ledger, folder| {
            let witnessed = cosigned(&ledger.signed(), &[cosignature(1, ledger.signed().checkpoint())]);
            let lines: Vec<_> = witnessed.split('\n').filter(|line| !line.contains(" trace.test ")).collect();
            put_checkpoint(folder, &lines.join("\n"));
        }),
    ];
    lies.extend(witnesses());
    lies
}

fn witness_name(number: u32) -> KeyName {
    KeyName::new(&format!("witness.test/{number}")).unwrap()
}

fn witness_key(number: u32) -> SigningKey {
    signing_key(2_000 + number)
}

fn cosign_with(number: u32, key: &SigningKey, checkpoint: &Checkpoint, seconds: u64) -> NoteSignature {
    cosign(checkpoint, &witness_name(number), key, CosignatureTime::from_seconds(seconds).unwrap())
}

pub(super) fn cosignature(number: u32, checkpoint: &Checkpoint) -> NoteSignature {
    cosign_with(number, &witness_key(number), checkpoint, 1_795_136_400)
}

pub(super) fn cosigned(checkpoint: &SignedCheckpoint, lines: &[NoteSignature]) -> String {
    let mut checkpoint = checkpoint.clone();
    lines.iter().for_each(|line| checkpoint.add_signature(line.clone()).unwrap());
    checkpoint.to_string()
}

/// Both of two witnesses must have cosigned.
pub(super) fn policy() -> String {
    let witness = |number| vkey_of(witness_name(number).as_str(), SignatureType::CosignatureV1, &witness_key(number));
    format!("log {}\nwitness w1 {}\nwitness w2 {}\ngroup both all w1 w2\nquorum both\n", vkey(), witness(1), witness(2))
}

fn honest_cosigned(ledger: &Ledger) -> String {
    let signed = ledger.signed();
    cosigned(&signed, &[cosignature(1, signed.checkpoint()), cosignature(2, signed.checkpoint())])
}

/// The first witness's cosignature, and a line in place of the second's.
fn second_line(ledger: &Ledger, line: impl FnOnce(&Checkpoint) -> NoteSignature) -> String {
    let signed = ledger.signed();
    cosigned(&signed, &[cosignature(1, signed.checkpoint()), line(signed.checkpoint())])
}

fn witnesses() -> Vec<Lie> {
    let quorum = |lie, checkpoint| Lie::audited(lie, AuditCheck::WitnessQuorum, Witnessed(checkpoint));
    vec![
        quorum("shows a checkpoint that too few witnesses cosigned", |ledger| {
            cosigned(&ledger.signed(), &[cosignature(1, ledger.signed().checkpoint())])
        }),
        quorum("counts one witness twice", |ledger| {
            second_line(ledger, |checkpoint| cosign_with(1, &witness_key(1), checkpoint, 1_795_136_401))
        }),
        quorum("counts a witness that nobody named", |ledger| {
            second_line(ledger, |checkpoint| cosignature(3, checkpoint))
        }),
        quorum("forges a witness's line", |ledger| {
            second_line(ledger, |checkpoint| {
                let forged = cosign_with(2, &log_key(), checkpoint, 1_795_136_400);
                let id = cosignature(2, checkpoint).key_id();
                NoteSignature::new(witness_name(2), id, forged.bytes().to_vec()).unwrap()
            })
        }),
        quorum("takes a witness's line from another checkpoint", |ledger| {
            second_line(ledger, |_| {
                cosignature(2, sign(ORIGIN, 300, root_of(&ledger.leaves()[..300]), &log_key()).checkpoint())
            })
        }),
        quorum("moves the time of a witness's line", |ledger| {
            second_line(ledger, |checkpoint| {
                let mut bytes = cosignature(2, checkpoint).bytes().to_vec();
                bytes[7] ^= 1;
                NoteSignature::new(witness_name(2), cosignature(2, checkpoint).key_id(), bytes).unwrap()
            })
        }),
    ]
}

/// A frame of the journal, to be bent.
struct Owned {
    entries: Vec<(Hash, Vec<u8>)>,
    checkpoint: String,
}

fn segment(folder: &Path, number: usize) -> PathBuf {
    files(&folder.join("journal")).swap_remove(number)
}

/// Bends the frames of the first segment, and writes them as whole frames again.
fn bend_frames(folder: &Path, bend: impl FnOnce(&mut Vec<Owned>)) {
    bend_file(&segment(folder, 0), |bytes| {
        let (mut frames, mut rest) = (Vec::new(), bytes.as_slice());
        while let Scanned::Frame { frame, bytes } = scan(rest) {
            let entries = frame.entries.iter().map(|(hash, entry)| (*hash, entry.to_vec())).collect();
            let checkpoint = String::from_utf8(frame.checkpoint.to_vec()).unwrap();
            frames.push(Owned { entries, checkpoint });
            rest = &rest[bytes..];
        }
        assert_eq!(frames.len(), 20);
        bend(&mut frames);
        let frames = frames.iter().map(|Owned { entries, checkpoint }| {
            let entries = entries.iter().map(|(hash, entry)| (*hash, entry.as_slice())).collect();
            Frame { entries, checkpoint: checkpoint.as_bytes() }.to_bytes().unwrap()
        });
        *bytes = frames.collect::<Vec<_>>().concat();
    });
}

/// The checkpoint of a frame anew: of another size, with another root.
fn resign(frame: &mut Owned, size: u64, root: Option<Hash>, key: &SigningKey) {
    let note = Note::parse(frame.checkpoint.as_bytes()).unwrap();
    let checkpoint: Checkpoint = note.text().parse().unwrap();
    frame.checkpoint = sign(ORIGIN, size, root.unwrap_or(checkpoint.root()), key).to_string();
}

/// Lies in the journal, with every frame whole.
pub(super) fn journal() -> Vec<Lie> {
    use AuditCheck::{CheckpointSigned, EntryChain, Journal as Damage, LeafHash, TreeRoot, TreeSize};
    let told = |lie, check, bend| Lie::audited(lie, check, Journal(bend));
    vec![
        told("takes a frame out of the journal", EntryChain, |folder| {
            bend_frames(folder, |frames| drop(frames.remove(1)));
        })
        .at(5),
        told("swaps two frames", EntryChain, |folder| bend_frames(folder, |frames| frames.swap(1, 2))).at(5),
        told("writes a frame twice", EntryChain, |folder| {
            bend_frames(folder, |frames| {
                let Owned { entries, checkpoint } = &frames[1];
                let again = Owned { entries: entries.clone(), checkpoint: checkpoint.clone() };
                frames.insert(2, again);
            });
        })
        .at(10),
        told("changes the leaf hash beside an entry", LeafHash, |folder| {
            bend_frames(folder, |frames| frames[1].entries[2].0 = Hash::of(b"another"));
        })
        .at(7),
        told("writes a checkpoint with another root", TreeRoot, |folder| {
            bend_frames(folder, |frames| resign(&mut frames[1], 10, Some(Hash::of(b"another")), &log_key()));
        }),
        told("writes a checkpoint of a smaller size", TreeSize, |folder| {
            bend_frames(folder, |frames| resign(&mut frames[1], 9, None, &log_key()));
        }),
        told("writes a checkpoint of a greater size", TreeSize, |folder| {
            bend_frames(folder, |frames| resign(&mut frames[1], 11, None, &log_key()));
        }),
        told("writes a checkpoint signed with another key", CheckpointSigned, |folder| {
            bend_frames(folder, |frames| resign(&mut frames[1], 10, None, &signing_key(77)));
        }),
        told("takes a segment out of the journal", Damage, |folder| fs::remove_file(segment(folder, 1)).unwrap()),
        told("cuts a segment short that others follow", Damage, |folder| {
            bend_file(&segment(folder, 1), |bytes| bytes.truncate(bytes.len() - 40));
        }),
        Lie::audited(
            "takes the newest segment away",
            TreeSize,
            Data(|_, folder| {
                fs::remove_file(files(&folder.join("journal")).pop().unwrap()).unwrap();
            }),
        ),
    ]
}

/// A data folder of which nothing but the journal is left.
fn bare_journal() -> TempDir {
    let folder = data_folder(ledger(), 0);
    fs::remove_dir_all(folder.path().join("tlog")).unwrap();
    folder
}

fn with_policy(checkpoint: &str) -> Option<serde_json::Value> {
    let folder = copy_of(ledger());
    put_checkpoint(folder.path(), &checkpoint);
    let path = folder.path().join("trust.policy");
    fs::write(&path, policy()).unwrap();
    command(&["--policy", path.to_str().unwrap(), folder.path().to_str().unwrap()])
}

/// What the lies start from passes.
pub(super) fn honest_files_pass() {
    assert_eq!(ledger().len(), SIZE);
    assert_eq!(command_on(&copy_of(ledger())), None);
    assert_eq!(command_on(&data_folder(ledger(), 0)), None);
    assert_eq!(command_on(&bare_journal()), None);
    assert_eq!(with_policy(&honest_cosigned(ledger())), None);
}

pub(super) fn copy(lie: &Lie, bend: fn(&Ledger, &Path)) {
    let folder = copy_of(ledger());
    bend(ledger(), folder.path());
    lie.expect("copy", &command_on(&folder).expect(lie.lie));
}

/// A lie about witnesses: without the policy nothing is wrong.
pub(super) fn witnessed(lie: &Lie, checkpoint: fn(&Ledger) -> String) {
    let note = checkpoint(ledger());
    lie.expect("policy", &with_policy(&note).expect(lie.lie));
    let folder = copy_of(ledger());
    put_checkpoint(folder.path(), &note);
    assert_eq!(command_on(&folder), None, "{}", lie.lie);
}

pub(super) fn data(lie: &Lie, bend: fn(&Ledger, &Path)) {
    let folder = data_folder(ledger(), 0);
    bend(ledger(), folder.path());
    lie.expect("data folder", &command_on(&folder).expect(lie.lie));
}

pub(super) fn journal_only(lie: &Lie, bend: fn(&Path)) {
    let folder = bare_journal();
    bend(folder.path());
    lie.expect("journal", &command_on(&folder).expect(lie.lie));
}
