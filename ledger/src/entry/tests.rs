use alloc::vec;

use proptest::prelude::*;

use super::*;

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from_bytes)
}

prop_compose! {
    fn any_links()(lots in prop::collection::btree_set(any::<[u8; 32]>(), 0..=LOT_LINKS_MAX), seq in any::<u32>(), previous in any_hash())
        -> Vec<LotLink> {
        lots.into_iter().map(|lot| LotLink { lot: LotKey::from_hash(Hash::from_bytes(lot)), seq, previous }).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_back_what_it_writes(index in any::<u64>(), previous in any_hash(), millis in 0..=i64::MAX, links in any_links(),
        signer in any::<[u8; 32]>(), payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let entry = Entry {
            index: LeafIndex::new(index), previous, received_at: UnixMillis::new(millis), links,
            signer: PublicKey::from_bytes(signer), signature: Signature::from_bytes([3; 64]), payload: &payload,
        };
        let bytes = entry.to_bytes().unwrap();
        prop_assert_eq!(bytes.len(), ENTRY_FIXED_BYTES + LOT_LINK_BYTES * entry.links.len() + payload.len());
        prop_assert_eq!(Entry::parse(&bytes).unwrap(), entry);
    }

    #[test]
    fn what_it_reads_it_writes_back_the_same(mut bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Some(first) = bytes.first_mut() { *first = ENTRY_VERSION; }
        if let Some(count) = bytes.get_mut(49) { *count %= 4; }
        if let Ok(entry) = Entry::parse(&bytes) {
            prop_assert_eq!(entry.to_bytes().unwrap(), bytes);
        }
    }
}

#[test]
fn refuses_what_is_out_of_bounds() {
    let link = |n: u8| LotLink { lot: LotKey::from_hash(Hash::from_bytes([n; 32])), seq: 0, previous: Hash::ZERO };
    let entry = Entry {
        index: LeafIndex::new(0),
        previous: Hash::ZERO,
        received_at: UnixMillis::new(1),
        links: vec![link(1), link(2)],
        signer: PublicKey::from_bytes([0; 32]),
        signature: Signature::from_bytes([0; 64]),
        payload: b"{}",
    };
    let bytes = entry.to_bytes().unwrap();
    let changed = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        Entry::parse(&bytes).unwrap_err()
    };
    assert_eq!(changed(0, 2), EntryError::Version { version: 2 });
    assert_eq!(changed(41, 0x80), EntryError::Time);
    assert_eq!(changed(49, 49), EntryError::TooManyLinks);
    assert_eq!(changed(49, 48), EntryError::LinkOrder);
    assert_eq!(changed(50, 3), EntryError::LinkOrder);
    for length in 0..bytes.len() - 2 {
        assert_eq!(Entry::parse(&bytes[..length]), Err(EntryError::CutShort), "{length}");
    }
    let twice = Entry { links: vec![link(1), link(1)], ..entry.clone() };
    assert_eq!(twice.to_bytes(), Err(EntryError::LinkOrder));
    let long = vec![0; PAYLOAD_BYTES_MAX + 1];
    assert_eq!(Entry { payload: &long, ..entry }.to_bytes(), Err(EntryError::TooLong));
}
