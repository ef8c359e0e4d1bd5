//! Records come back as they were, and their bytes are those of this format.

use nguon_ledger::amount::{Amount, Dimension, Quantity, Ratio, UnitCode};
use nguon_ledger::body::{ActorClass, MadeFrom, Role, Serials, Verb};
use nguon_ledger::identifier::{ActorUri, Gtin, LotUri, Origin, ProductUri, Slug};
use nguon_ledger::refusal::Position;
use nguon_ledger::state::{
    ActorRecord, Balances, CharterRecord, EntryRecord, EventRecord, LotRecord, PlaceRecord, ProductRecord, Record,
    SignerRecord, Transit,
};
use nguon_ledger::time::UnixMillis;
use proptest::prelude::*;

use super::*;
use crate::testing::origin;

fn actor(slug: &str) -> ActorUri {
    ActorUri::new(&origin(), &Slug::parse(slug).unwrap())
}

fn product(slug: &str) -> ProductUri {
    ProductUri::new(&origin(), &Slug::parse(slug).unwrap())
}

fn balances() -> Balances {
    let transit = Transit { from: actor("a"), to: actor("b"), amount: Amount::from_whole(7), index: LeafIndex::new(9) };
    Balances {
        holdings: [(actor("a"), Amount::from_steps(-1)), (actor("b"), Amount::from_steps(i128::MAX))].into(),
        transits: vec![transit],
        sold: Amount::from_whole(1),
        lost: Amount::from_whole(2),
        consumed: Amount::from_whole(3),
    }
}

/// One record of every kind, with every field set.
fn records() -> Vec<Record> {
    let hash = Hash::of(b"x");
    let lot = LotUri::own(&origin(), "TEST00000001").unwrap();
    vec![
        Record::Charter(CharterRecord { operator: actor("operator"), vkey: "vkey".to_owned() }),
        Record::Actor(ActorRecord {
            index: LeafIndex::new(300),
            class: ActorClass::Device,
            roles: Role::ALL.to_vec(),
            under: Some(actor("operator")),
            keys: vec![PublicKey::from_bytes([5; 32])],
            active_keys: 1,
        }),
        Record::Signer(SignerRecord {
            actor: actor("a"),
            position: Position { seq: u64::MAX, prev: hash },
            registered: LeafIndex::new(1),
            revoked: Some(LeafIndex::new(2)),
        }),
        Record::Product(ProductRecord {
            index: LeafIndex::new(3),
            owner: actor("operator"),
            gtin: Some(Gtin::parse("08938505970011").unwrap()),
            dimension: Dimension::Other(UnitCode::parse("MTR").unwrap()),
            net_content: Some(Quantity::from_base(Amount::from_whole(2), Dimension::Volume)),
            made_from: vec![MadeFrom { product: product("canna"), yield_max: Ratio::parse("0.16").unwrap() }],
        }),
        Record::Gtin(product("starch")),
        Record::Place(PlaceRecord { index: LeafIndex::new(4), owner: actor("a") }),
        Record::Lot(Box::new(LotRecord {
            uri: lot.clone(),
            product: product("canna"),
            created: LeafIndex::new(5),
            created_by: actor("a"),
            created_at: UnixMillis::new(-6),
            dimension: Dimension::Mass,
            quantity: Amount::from_whole(8),
            balances: balances(),
            before: Some(Box::new(balances())),
            last_effect: LeafIndex::new(7),
            seq: 3,
            head: hash,
            recalls: vec![LeafIndex::new(8)],
            parents: vec![lot.key()],
            children: 2,
            serials: Some(Serials { count: 400, root: hash }),
            voided: true,
        })),
        Record::Child(lot.key()),
        Record::Event(EventRecord {
            index: LeafIndex::new(9),
            author: actor("a"),
            party: actor("b"),
            verb: Verb::Observe,
            digest: hash,
            corrected: Some(LeafIndex::new(10)),
        }),
        Record::Entry(EntryRecord { index: LeafIndex::new(70_000), lots: vec![lot.key()] }),
    ]
}

#[test]
fn records_come_back() {
    for record in records() {
        let bytes = encode_record(&record).unwrap();
        assert_eq!(decode_record(&origin(), &bytes).unwrap(), record);
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(decode_record(&origin(), &longer), Err(CodecError), "not all consumed");
        for length in 0..bytes.len() {
            assert_eq!(decode_record(&origin(), &bytes[..length]), Err(CodecError), "cut to {length} bytes");
        }
    }
}

/// Whoever changes these bytes changes [`FORMAT`] too, so that old indexes are made again.
#[test]
fn bytes_are_those_of_format_3() {
    assert_eq!(FORMAT, 3);
    let all: Vec<u8> = records().iter().flat_map(|record| encode_record(record).unwrap()).collect();
    assert_eq!((all.len(), Hash::of(&all).to_string().as_str()), (GOLDEN.0, GOLDEN.1));
    let bytes = |record: &Record| hex(&encode_record(record).unwrap());
    let lot = Hash::of(b"https://trace.test/lot/TEST00000001");
    assert_eq!(bytes(&records()[4]), "0406737461726368");
    assert_eq!(bytes(&records()[7]), format!("07{lot}"));
    assert_eq!(bytes(&records()[9]), format!("09fc7011010001{lot}"));
    let stamp = Stamp { size: TreeSize::new(300), root: Hash::ZERO };
    let encoded = encode_stamp(&stamp, 7).unwrap();
    assert_eq!(hex(&encoded), format!("03fb2c01{}07", "00".repeat(32)));
    assert_eq!(decode_stamp(&encoded), Ok((stamp, 7)));
    assert_eq!(decode_stamp(&[&[1], &encoded[1..]].concat()), Err(CodecError), "of another format");
    // A stamp as format 1 had it.
    assert_eq!(decode_stamp(&[&[1], &encoded[1..encoded.len() - 1]].concat()), Err(CodecError));
    assert_eq!(hex(&encode_flags(&FLAGS).unwrap()), "050001020304");
    assert_eq!(decode_flags(&encode_flags(&FLAGS).unwrap()).unwrap(), FLAGS);
    assert_eq!(hex(&encode_chunk(&[1, 300]).unwrap()), "0201fb2c01");
    let key = PublicKey::from_bytes([5; 32]);
    assert_eq!(hex(&statements_key(&key, 200)), format!("0b{}0000000000000003", "05".repeat(32)));
    assert_eq!(hex(&record_key(&Key::Actor(actor("ab")))), "026162");
    let entry = record_key(&Key::Entry(lot));
    assert_eq!((entry.len(), hex(&entry)), (22, format!("0a{}", hex(&lot.as_bytes()[..21]))));
    assert_eq!(about_entry(&about_key("u", LeafIndex::new(258))), Ok(LeafIndex::new(258)));
    assert_eq!(hex(&party_key("ab", LeafIndex::new(258))), "0f6162000000000000000102");
    let held = LotKey::from_hash(lot);
    assert_eq!(hex(&held_key("ab", &held)), format!("0e616200{lot}"));
    assert_eq!(held_lot(&held_key("ab", &held)), Ok(held));
    assert_eq!(hex(&entry_prefix([1, 2, 3, 4, 5])), "0a0102030405");
}

/// Length of all records of [`records`], and its hash.
const GOLDEN: (usize, &str) = (595, "c9503191453eb3f226340519dbd978e85d2b20e8d92f2be8a613d082b5e0fa55");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let origin: Origin = origin();
        let _ = (decode_record(&origin, &bytes), decode_stamp(&bytes), decode_flags(&bytes), decode_chunk(&bytes));
    }
}
