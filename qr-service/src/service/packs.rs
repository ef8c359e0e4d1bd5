//! One pack: whether its serial is one of the lot's, and how often it was scanned.

use std::{sync::Arc, time::Duration};

use super::{Client, Service, TellError};
use crate::{
    link::ItemLink,
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
    /// Whether it has a scratch layer, as whoever gave the list said.
    pub(crate) has_scratch: bool,
}

/// A pack whose scratch layer somebody asks about.
#[derive(Debug)]
pub(crate) struct Layer {
    lot: String,
    /// What is told of the lot; nothing while the node is down, where nobody looked at the lot before.
    pub(crate) story: Option<Arc<Story>>,
    /// Whether the serial is one of the lot's.
    pub(crate) is_known: bool,
}

impl Service {
    /// How a serial stands to its lot.
    pub(crate) async fn standing(self: &Arc<Self>, story: &Story, serial: &str) -> Standing {
        self.standing_with_layer(story, serial).await.0
    }

    /// The same, and whether the lot's packs have scratch layers.
    async fn standing_with_layer(self: &Arc<Self>, story: &Story, serial: &str) -> (Standing, bool) {
        let unchecked = (Standing::Unchecked, false);
        let (Some(count), Some(root)) = (story.packs, story.serials_root) else { return unchecked };
        if self.data.is_none() {
            return unchecked;
        }
        let (service, lot, serial) = (Arc::clone(self), story.lot.clone(), serial.to_owned());
        let looked = tokio::task::spawn_blocking(move || {
            let lists = service.data().map(|data| &data.serials);
            lists
                .map(|lists| (lists.standing(&lot, &serial, Commitment { count, root }), lists.scratch(&lot).is_some()))
        });
        looked.await.ok().flatten().unwrap_or(unchecked)
    }

    /// The pack whose scratch layer is asked about; `None` where its lot has no such layers. It is known without the node too: then the
    /// commitment is the one against which the list was held when it was given.
    pub(crate) async fn layer(self: &Arc<Self>, link: &ItemLink, client: Client) -> Result<Option<Layer>, TellError> {
        let (Some(serial), Some(data)) = (link.serial(), self.data()) else { return Ok(None) };
        let (lot, story) = match self.tell(link, client).await {
            Ok(told) => (told.story.lot.clone(), Some(told.story)),
            Err(TellError::Node(error)) if error.is_outage() => {
                let origin = data.copies.ledger().map(|ledger| ledger.origin).unwrap_or_default();
                let lot = link.lot_uri(&origin);
                if data.serials.scratch(&lot).is_none() {
                    return Err(error.into());
                }
                (lot, None)
            }
            Err(error) => return Err(error),
        };
        let (service, asked, serial) = (Arc::clone(self), lot.clone(), serial.to_owned());
        let committed = story.as_ref().and_then(|story| story.packs.zip(story.serials_root));
        let is_down = story.is_none();
        let looked = tokio::task::spawn_blocking(move || {
            let lists = &service.data()?.serials;
            let given = lists.scratch(&asked)?;
            let committed = committed.map(|(count, root)| Commitment { count, root }).or(is_down.then_some(given))?;
            match lists.standing(&asked, &serial, committed) {
                Standing::Proven(_) => Some(true),
                Standing::Unknown => Some(false),
                Standing::Unchecked => None,
            }
        });
        let is_known = looked.await.ok().flatten();
        Ok(is_known.map(|is_known| Layer { lot, story, is_known }))
    }

    /// Records that the right code of a pack was entered, and says how often that was; `None` where it could not be recorded.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        layer: &Layer,
        serial: &str,
        client: Client,
        agent: String,
    ) -> Option<Scans> {
        let (service, pack) = (Arc::clone(self), PackKey::of(&layer.lot, serial));
        let now = u64::try_from(super::now().timestamp()).unwrap_or_default();
        let entered = tokio::task::spawn_blocking(move || {
            let reader = client.address.map(|address| (address, agent.as_str()));
            service.data()?.entered().enter(pack, reader, now).unwrap_or_else(|error| {
                tracing::warn!(%error, "that a scratch code was entered is not recorded");
                None
            })
        });
        entered.await.ok().flatten()
    }

    /// What is told of a pack whose serial stands so; `None` for one that is none of the lot's. Counts the look where it is somebody's.
    pub(crate) async fn pack(
        self: &Arc<Self>,
        story: &Story,
        serial: &str,
        reader: Option<(Client, String)>,
    ) -> Option<Pack> {
        match self.standing_with_layer(story, serial).await {
            (Standing::Unknown, _) => None,
            (Standing::Unchecked, _) => Some(Pack { is_proven: false, scans: None, has_scratch: false }),
            (Standing::Proven(_), has_scratch) => {
                let pack = PackKey::of(&story.lot, serial);
                Some(Pack { is_proven: true, scans: self.scan(pack, reader).await, has_scratch })
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
