//! The demo's ledger: a believable year of the cooperatives that the ledger is for, seeded through the public API with the
//! actors' own keys.
//!
//! What happens stands in `node/demo/ledger.json`. Keys, lot identifiers and serials are drawn once for each demo folder, before
//! anything is submitted, so that every statement comes out the same when seeding is begun again: what is in the ledger already
//! answers with its receipt, and the rest goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ed25519_dalek::SigningKey;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{ActorUri, Gtin, LotUri, Origin, PlaceUri, ProductUri, Slug};
use nguon_ledger::refusal::Position;
use serde_json::{Value, json};

use crate::client::NodeClient;
use crate::keys;

mod script;
mod statements;

pub use script::{Operator, Script};

/// The demo's origin: a name that nobody can own, so that its records are never taken for real ones.
pub const ORIGIN: &str = "demo.nguon.example";

/// The file that marks a folder as a demo's, and holds what was drawn for it.
pub const MARK: &str = "demo.json";

/// A demo folder: what was drawn for it, and how far it is.
#[derive(Debug)]
pub struct Demo {
    folder: PathBuf,
    salt: Hash,
    script: Script,
    origin: Origin,
}

impl Demo {
    /// Marks the folder of a ledger that was just created as a demo's, with its operator's key.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn mark(folder: &Path, operator: &str, key: &SigningKey) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder.join("keys"))?;
        keys::save(&folder.join("keys").join(format!("{operator}.pem")), key, None)?;
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(std::io::Error::other)?;
        let text = json!({"v": 1, "salt": Hash::from_bytes(salt).to_string()}).to_string();
        write_durably(&folder.join(MARK), text.as_bytes())?;
        Ok(())
    }

    /// Opens a demo folder.
    ///
    /// # Errors
    /// The folder cannot be read, or its mark is no mark of ours.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let mark = folder.join(MARK);
        let text = std::fs::read_to_string(&mark).with_context(|| format!("cannot read {}", mark.display()))?;
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let salt = value["salt"].as_str().and_then(Hash::from_hex);
        let salt = salt.with_context(|| format!("{} is no demo folder; start anew with --fresh", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), salt, script: Script::read()?, origin: Origin::parse(ORIGIN)? })
    }

    /// The ledger's origin.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What is told.
    #[must_use]
    pub const fn script(&self) -> &Script {
        &self.script
    }

    /// An actor's key, made when it is first asked for.
    ///
    /// # Errors
    /// The key file cannot be read or written.
    pub fn key(&self, slug: &str) -> anyhow::Result<SigningKey> {
        let path = self.key_file(slug);
        if !path.exists() {
            std::fs::create_dir_all(self.folder.join("keys"))?;
            keys::save(&path, &keys::generate()?, None)?;
        }
        Ok(keys::load(&path, || None)?)
    }

    /// Who registers the members of a cooperative.
    #[must_use]
    pub fn registrar(&self) -> Option<&str> {
        let is_registrar = |actor: &&script::Actor| actor.roles.iter().any(|role| role == "registrar");
        self.script.actors.iter().find(is_registrar).map(|actor| actor.slug.as_str())
    }

    /// Where an actor's key lies.
    #[must_use]
    pub fn key_file(&self, slug: &str) -> PathBuf {
        self.folder.join("keys").join(format!("{slug}.pem"))
    }

    /// Something drawn for this folder, the same each time for the same name.
    fn drawn(&self, name: &str) -> Hash {
        Hash::of(format!("{}\n{name}", self.salt).as_bytes())
    }

    /// A random identifier for a name.
    fn identifier(&self, name: &str) -> String {
        let drawn = self.drawn(name);
        let (random, _) = drawn.as_bytes().split_at(16);
        crate::client::draft::identifier(random.try_into().unwrap_or(&[0; 16]))
    }

    /// The URI of one of the script's lots.
    ///
    /// # Errors
    /// The script gives it a bad GTIN or code.
    pub fn lot(&self, name: &str) -> anyhow::Result<String> {
        let uri = match self.script.lots.get(name) {
            Some(lot) => LotUri::gs1(Gtin::parse(&lot.gtin)?, &lot.code)?,
            None => LotUri::own(&self.origin, &self.identifier(&format!("lot {name}")))?,
        };
        Ok(uri.as_str().to_owned())
    }

    /// The serials of a lot's packs, ascending.
    fn serials(&self, lot: &str, count: u64) -> Vec<String> {
        let mut serials: Vec<_> = (0..count).map(|n| self.identifier(&format!("serial {lot} {n}"))).collect();
        serials.sort_unstable();
        serials
    }

    fn actor(&self, slug: &str) -> anyhow::Result<String> {
        Ok(ActorUri::new(&self.origin, &Slug::parse(slug)?).as_str().to_owned())
    }

    fn product(&self, slug: &str) -> anyhow::Result<String> {
        Ok(ProductUri::new(&self.origin, &Slug::parse(slug)?).as_str().to_owned())
    }

    fn place(&self, slug: &str) -> anyhow::Result<String> {
        Ok(PlaceUri::new(&self.origin, &Slug::parse(slug)?).as_str().to_owned())
    }

    /// How many statements seeding submits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.script.actors.len() + self.script.products.len() + self.script.places.len() + self.script.steps.len()
    }

    /// Whether there is nothing to submit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether seeding came to its end before.
    #[must_use]
    pub fn is_seeded(&self) -> bool {
        self.folder.join("seeded").exists()
    }

    /// Submits everything that the script tells, through the public API. `progress` is called after each statement.
    ///
    /// # Errors
    /// The node refuses a statement or does not answer; begun again, it goes on.
    pub fn seed(&self, client: &NodeClient, progress: &dyn Fn()) -> anyhow::Result<()> {
        let operator = &self.script.operator.slug;
        let mut seeding =
            Seeding { demo: self, client, chains: BTreeMap::new(), leaf_hashes: BTreeMap::new(), progress };
        seeding.begin_operator(operator)?;
        statements::register(&mut seeding)?;
        statements::happen(&mut seeding)?;
        write_durably(&self.folder.join("seeded"), b"")?;
        Ok(())
    }

    fn write_serials(&self, lot: &str, serials: &[String]) -> anyhow::Result<()> {
        let folder = self.folder.join("serials");
        std::fs::create_dir_all(&folder)?;
        Ok(std::fs::write(folder.join(format!("{lot}.txt")), serials.join("\n"))?)
    }
}

/// Seeding under way.
struct Seeding<'d> {
    demo: &'d Demo,
    client: &'d NodeClient,
    chains: BTreeMap<String, (SigningKey, Position)>,
    leaf_hashes: BTreeMap<String, String>,
    progress: &'d dyn Fn(),
}

impl Seeding<'_> {
    /// The operator's chain begins with the charter, which the folder's creation signed.
    fn begin_operator(&mut self, slug: &str) -> anyhow::Result<()> {
        let key = self.demo.key(slug)?;
        let position = Position { seq: 1, prev: Hash::of(&self.client.payload(0)?) };
        self.chains.insert(slug.to_owned(), (key, position));
        Ok(())
    }

    /// Signs a body as somebody's next statement at a time, submits it, and answers its leaf hash.
    fn say(&mut self, by: &str, kind: &str, body: &Value, signed_at: &str) -> anyhow::Result<String> {
        if !self.chains.contains_key(by) {
            self.chains.insert(by.to_owned(), (self.demo.key(by)?, Position::START));
        }
        let (key, position) = self.chains.get_mut(by).context("no chain")?;
        let envelope = crate::client::sign_at(self.demo.origin.as_str(), key, *position, kind, body, signed_at);
        let receipt = self.client.submit(&envelope).with_context(|| format!("{kind} by {by}: {body}"))?;
        *position = Position { seq: position.seq + 1, prev: Hash::of(envelope.payload()) };
        (self.progress)();
        Ok(receipt.leaf_hash)
    }

    /// The key of an actor, for uploads.
    fn key(&self, slug: &str) -> anyhow::Result<SigningKey> {
        self.demo.key(slug)
    }
}

/// Writes a file that is whole or not there.
fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let new = path.with_extension("new");
    let mut file = std::fs::File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
