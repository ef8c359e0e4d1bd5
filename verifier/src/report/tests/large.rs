//! A recall drill in a great ledger: the index must answer at once. The tables are filled by hand, for signing a million statements
//! would measure something else.

extern crate std;

use std::time::Instant;

use nguon_ledger::amount::Dimension;
use nguon_ledger::body::ActorClass;

use super::*;
use crate::trace::{Direction, TraceIndex, build, check};

/// Entries told unless `NGUON_TRACE_ENTRIES` says otherwise.
const ENTRIES: u64 = 50_000;
/// Entries of one batch: ten harvests shipped and received (30), merged (1), made into starch (1) and noodles (1), packed as seven
/// lots (7), shipped and received (14).
const BATCH_ENTRIES: u64 = 54;

/// The tables of a ledger of batches that are all alike, except that every hundredth takes starch of the batch before too, so that ways
/// grow together.
fn ledger(entries: u64) -> Facts {
    let mut facts = Facts::new(origin());
    for number in 0..1_000 {
        let uri = ActorUri::new(&origin(), &Slug::parse(&format!("party-{number}")).unwrap());
        facts.actors.push(ActorFact {
            uri,
            class: ActorClass::Person,
            roles: Vec::new(),
            under: None,
            name: None,
            registered: 0,
        });
    }
    for name in ["tubers", "starch", "noodles", "packs"] {
        let uri = ProductUri::new(&origin(), &Slug::parse(name).unwrap());
        let name = Name { vi: name.into(), en: None };
        facts.products.push(ProductFact {
            uri,
            name,
            dimension: Dimension::Mass,
            net_content: None,
            made_from: Vec::new(),
        });
    }
    let mut starch_before = None;
    for batch in 0..entries / BATCH_ENTRIES {
        let at = batch * BATCH_ENTRIES;
        let harvests: Vec<LotNo> = (0..10).map(|number| add(&mut facts, at + number, 0, &[])).collect();
        let merged = add(&mut facts, at + 30, 0, &harvests);
        let mut from = Vec::from([merged]);
        from.extend(starch_before.filter(|_| batch % 100 == 0));
        let starch = add(&mut facts, at + 31, 1, &from);
        starch_before = Some(starch);
        let noodles = add(&mut facts, at + 32, 2, &[starch]);
        for number in 0..7 {
            let packed = add(&mut facts, at + 33 + number, 3, &[noodles]);
            facts.lots[packed].standing.held.insert(usize::try_from(batch % 1_000).unwrap(), kilograms("70"));
        }
    }
    facts.size = entries;
    facts
}

fn add(facts: &mut Facts, created: u64, product: ProductNo, parents: &[LotNo]) -> LotNo {
    let no = facts.lots.len();
    let uri = LotUri::parse(&origin(), &lot(&format!("{no}"))).unwrap();
    facts.lot_no.insert(uri.key(), no);
    facts.lots.push(LotFact {
        uri,
        product,
        created,
        created_by: 7,
        created_at: UnixMillis::new(0),
        dimension: Dimension::Mass,
        quantity: kilograms("500"),
        standing: Standing::default(),
        parents: parents.to_vec(),
        children: Vec::new(),
        packs: 0,
        voided: false,
        before: None,
        last_effect: created,
    });
    for parent in parents {
        facts.lots[*parent].children.push(no);
    }
    no
}

#[test]
fn a_recall_drill_answers_at_once() {
    let entries = std::env::var("NGUON_TRACE_ENTRIES").map_or(ENTRIES, |text| text.parse().unwrap());
    let bytes = build(&ledger(entries), &Hash::of(b"root"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    let start = Instant::now();
    let read = std::fs::read(file.path()).unwrap();
    check(&read).unwrap();
    let index = TraceIndex::open(&read).unwrap();
    let opened = start.elapsed();
    let number = index.find(&LotUri::parse(&origin(), &lot("3")).unwrap().key()).unwrap().unwrap();
    let trace = index.trace(number, Direction::Forward).unwrap();
    let packs = trace.nodes.iter().filter(|node| node.lot.product == 3).count();
    let held = trace.holdings().iter().map(|holding| holding.amount).fold(Amount::ZERO, plus);
    let answered = start.elapsed();
    std::eprintln!(
        "{entries} entries, {} lots, {} bytes: opened in {opened:?}, {packs} packed lots found in {answered:?} in all",
        index.lots(),
        read.len()
    );
    // The tubers, merged, starch, noodles, seven packed lots of 70 kg.
    assert_eq!((trace.nodes.len(), packs, held), (11, 7, kilograms("490")));
}
