use alloc::vec;

use super::*;

fn frame() -> Frame<'static> {
    Frame { entries: vec![(Hash::of_leaf(b"one"), b"one"), (Hash::of_leaf(b"two"), b"two")], checkpoint: b"note" }
}

#[test]
fn reads_back_and_tells_a_torn_frame_from_a_damaged_one() {
    let bytes = frame().to_bytes().unwrap();
    assert_eq!(scan(&bytes), Scanned::Frame { frame: frame(), bytes: bytes.len() });
    assert_eq!(scan(&[]), Scanned::End);
    for length in 1..bytes.len() {
        assert_eq!(scan(&bytes[..length]), Scanned::Torn, "{length}");
    }
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        assert!(matches!(scan(&bytes), Scanned::Damaged { .. }), "bit flipped at {at}");
    }
}

#[test]
fn a_damaged_entry_can_still_be_told() {
    let mut bytes = frame().to_bytes().unwrap();
    let at = bytes.windows(3).position(|window| window == b"two").unwrap();
    bytes[at] = b'T';
    let Scanned::Damaged { fault: FrameError::Hash, readable: Some((frame, _)) } = scan(&bytes) else {
        panic!("not found damaged");
    };
    let wrong = frame.entries.iter().position(|(leaf_hash, entry)| Hash::of_leaf(entry) != *leaf_hash);
    assert_eq!(wrong, Some(1));
}
