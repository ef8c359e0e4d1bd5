//! One pack: whether its serial is one of the lot's, and how often it was scanned.

use std::{sync::Arc, time::Duration};

use super::{Client, Service};
use crate::{
    scans::{PackKey, Scans},
    serials::{Commitment, SerialProof, Standing},
    story::Story,
};

/// How long counts may wait to be made durable.
const SYNC_AFTER: Duration = Duration::from_secs(1);

/// What the page tells of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pack {
    /// Whether the service holds the proof that the serial is the lot's.
    pub(crate) is_proven: bool,
    /// How often it was scanned; known only of proven ones.
    pub(crate) scans: Option<Scans>,
}

impl Service {
    /// How a serial stands to its lot.
    pub(crate) async fn standing(self: &Arc<Self>, story: &Story, serial: &str) -> Standing {
        let (Some(count), Some(root)) = (story.packs, story.serials_root) else { return Standing::Unchecked };
        if self.data.is_none() {
            return Standing::Unchecked;
        }
        let (service, lot, serial) = (Arc::clone(self), story.lot.clone(), serial.to_owned());
        let looked = tokio::task::spawn_blocking(move || {
            let lists = service.data().map(|data| &data.serials);
            lists.map(|lists| lists.standing(&lot, &serial, Commitment { count, root }))
        });
        looked.await.ok().flatten().unwrap_or(Standing::Unchecked)
    }

    /// What is told of a pack whose serial stands so; `None` for one that is none of the lot's. Counts the look where it is somebody's.
    pub(crate) async fn pack(
        self: &Arc<Self>,
        story: &Story,
        serial: &str,
        reader: Option<(Client, String)>,
    ) -> Option<Pack> {
        match self.standing(story, serial).await {
            Standing::Unknown => None,
            Standing::Unchecked => Some(Pack { is_proven: false, scans: None }),
            Standing::Proven(_) => {
                let pack = PackKey::of(&story.lot, serial);
                Some(Pack { is_proven: true, scans: self.scan(pack, reader).await })
            }
        }
    }

    /// The proof that a serial is one of the lot's.
    pub(crate) async fn serial_proof(self: &Arc<Self>, story: &Story, serial: &str) -> Option<SerialProof> {
        match self.standing(story, serial).await {
            Standing::Proven(proof) => Some(proof),
            Standing::Unknown | Standing::Unchecked => None,
        }
    }

    async fn scan(self: &Arc<Self>, pack: PackKey, reader: Option<(Client, String)>) -> Option<Scans> {
        let service = Arc::clone(self);
        let now = u64::try_from(super::now().timestamp()).unwrap_or_default();
        let counted = tokio::task::spawn_blocking(move || {
            let mut scans = service.data()?.scans();
            let was_dirty = scans.is_dirty();
            let reader = reader.as_ref().and_then(|(client, agent)| Some((client.address?, agent.as_str())));
            match scans.scan(pack, reader, now) {
                Ok(told) => Some((told, !was_dirty && scans.is_dirty())),
                Err(error) => {
                    tracing::warn!(%error, "a scan was not counted");
                    None
                }
            }
        });
        let (told, is_first_dirty) = counted.await.ok().flatten()?;
        if is_first_dirty {
            self.sync_soon();
        }
        told
    }

    /// Makes counts durable in a moment, those of a crowd together.
    fn sync_soon(self: &Arc<Self>) {
        let service = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(SYNC_AFTER).await;
            let synced = tokio::task::spawn_blocking(move || match service.data() {
                Some(data) => data.scans().sync(),
                None => Ok(()),
            });
            match synced.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "scan counts are not durable"),
                Err(error) => tracing::warn!(%error, "scan counts are not durable"),
            }
        });
    }
}
