//! Writes full tiles and bundles to their files behind the appends, removes segments that are no longer needed, and keeps a copy of the
//! right edge and the checkpoint so that the folder can be served or carried away as it is.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use nguon_ledger::tile::{TILE_WIDTH, TileKind};

use super::durable::{self, Access};
use super::edge::NamedTile;
use super::files::{Inner, Shared};

/// The file of the checkpoint's copy.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The file of the newest checkpoint that was kept with its cosignatures.
pub(super) const COSIGNED: &str = "checkpoint.cosigned";
/// After so long without an append the copy of the right edge is brought up to date.
const IDLE: Duration = Duration::from_secs(1);
/// Wait between attempts when the disk refuses.
const RETRY: Duration = Duration::from_secs(2);

/// Runs until the store is dropped.
pub(super) fn run(inner: &Inner) {
    let mut copied: Option<Arc<str>> = None;
    loop {
        let batch = next_batch(inner, copied.as_ref());
        if !batch.tiles.is_empty() {
            if let Err(error) = write_tiles(inner, &batch.tiles) {
                tracing::error!(%error, "full tiles cannot be written; entries stay in the journal, free space or mend the disk");
                if batch.is_stopping {
                    return;
                }
                let shared = inner.lock();
                let waited = inner.changed.wait_timeout_while(shared, RETRY, |shared| !shared.is_stopping);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
            continue;
        }
        if copied.as_ref() != Some(&batch.note) {
            copied = Some(Arc::clone(&batch.note));
            if let Err(error) = copy_edge(inner, &batch) {
                tracing::warn!(%error, "the copy of the right edge was not written; it is served from memory all the same");
            }
        }
        if batch.is_stopping {
            return;
        }
    }
}

/// What there is to do.
struct Batch {
    tiles: Vec<NamedTile>,
    partial: Vec<NamedTile>,
    /// The newest checkpoint, with its cosignatures if it has them.
    note: Arc<str>,
    is_stopping: bool,
}

/// Waits for full tiles, for quiet after appends, or for the end.
fn next_batch(inner: &Inner, copied: Option<&Arc<str>>) -> Batch {
    let mut shared = inner.lock();
    loop {
        let quiet_at = newest_note(&shared);
        if !shared.pending.is_empty() || shared.is_stopping {
            break;
        }
        if copied == Some(&quiet_at) {
            shared = inner.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        let (after, waited) = inner.changed.wait_timeout(shared, IDLE).unwrap_or_else(PoisonError::into_inner);
        shared = after;
        if waited.timed_out() && newest_note(&shared) == quiet_at {
            break;
        }
    }
    let tiles: Vec<_> = shared.pending.iter().map(|(path, tile)| (*path, tile.clone())).collect();
    let partial = if tiles.is_empty() { shared.edge.partial_tiles() } else { Vec::new() };
    Batch { tiles, partial, note: newest_note(&shared), is_stopping: shared.is_stopping }
}

/// What is copied for those who get the folder: the newest checkpoint, for only its partial tiles are there.
fn newest_note(shared: &Shared) -> Arc<str> {
    let cosigned = shared.cosigned.as_ref().filter(|cosigned| cosigned.size() == shared.head.size());
    Arc::clone(&cosigned.unwrap_or(&shared.head).note)
}

fn write_tiles(inner: &Inner, tiles: &[NamedTile]) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for (path, tile) in tiles {
        let file = inner.file(path);
        let folder = durable::parent(&file).to_owned();
        durable::create_folders(&folder)?;
        durable::write_unsynced_folder(&file, tile, Access::Shared)?;
        folders.insert(folder);
    }
    folders.iter().try_for_each(|folder| durable::sync_folder(folder))?;
    let mut shared = inner.lock();
    for (path, tile) in tiles {
        shared.pending.remove(path);
        shared.pending_bytes = shared.pending_bytes.saturating_sub(tile.len());
    }
    drop(shared);
    inner.changed.notify_all();
    for (path, _) in tiles {
        // The partial copies of what is full now; there may be none.
        let _ = fs::remove_dir_all(partial_folder(&inner.file(path)));
    }
    // All bundles before these are durable, because tiles are written in order.
    let bundles = tiles.iter().filter(|(path, _)| path.kind() == TileKind::Entries).map(|(path, _)| path.index() + 1);
    bundles.max().map_or(Ok(()), |bundles| inner.lock_journal().remove_below(bundles * u64::from(TILE_WIDTH)))
}

fn copy_edge(inner: &Inner, batch: &Batch) -> io::Result<()> {
    for (path, tile) in &batch.partial {
        let file = inner.file(path);
        let folder = durable::parent(&file);
        let is_new = !file.exists();
        durable::create_folders(folder)?;
        durable::replace(&file, tile)?;
        if is_new {
            remove_others(folder, &file)?;
        }
    }
    durable::create_folders(&inner.tlog)?;
    durable::replace(&inner.tlog.join(CHECKPOINT), batch.note.as_bytes())
}

/// Removes the narrower copies of a partial tile.
fn remove_others(folder: &Path, keep: &Path) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let path = item?.path();
        if path != keep {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// `tile/0/000` -> `tile/0/000.p`.
fn partial_folder(full: &Path) -> std::path::PathBuf {
    let mut name = full.as_os_str().to_owned();
    name.push(".p");
    name.into()
}
