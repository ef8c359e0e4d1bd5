use std::net::{IpAddr, Ipv4Addr};

use super::{DAY_SECONDS, LOOK_SECONDS, PackKey, SLOTS_MIN, ScanStore, Scans};

const LOT: &str = "https://so.example.vn/lot/0123456789ABCDEF";
/// 2 March 2026, 08:00 UTC.
const MORNING: u64 = 1_772_438_400;

fn reader(number: u32) -> Option<(IpAddr, &'static str)> {
    Some((IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number)), "browser"))
}

fn told(store: &mut ScanStore, reader: Option<(IpAddr, &str)>, now: u64) -> Scans {
    store.scan(PackKey::of(LOT, "AAAABBBBCCCCD"), reader, now).unwrap().unwrap()
}

#[test]
fn a_second_look_is_no_second_scan_and_counts_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    assert_eq!(told(&mut store, reader(1), MORNING).count, 1);
    assert_eq!(told(&mut store, reader(1), MORNING + 60).count, 1, "the same browser again");
    assert_eq!(told(&mut store, reader(2), MORNING + 60).count, 2);
    assert_eq!(told(&mut store, None, MORNING + 60).count, 2, "nobody's look is told and not counted");
    assert_eq!(told(&mut store, reader(1), MORNING + 60 + LOOK_SECONDS).count, 3, "later in the day");
    assert!(store.is_dirty());
    store.sync().unwrap();
    drop(store);
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    let scans = told(&mut store, None, MORNING + DAY_SECONDS);
    assert_eq!(scans, Scans { count: 3, first_seconds: MORNING, is_odd: false });
    let other = PackKey::of(LOT, "other");
    assert_eq!(store.scan(other, None, MORNING).unwrap(), None, "a pack that nobody scanned");
}

#[test]
fn no_address_is_in_the_file_and_a_day_later_nobody_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    let address: IpAddr = "203.0.113.77".parse().unwrap();
    let agent = "UnmistakableBrowser/1";
    told(&mut store, Some((address, agent)), MORNING);
    // A minute before and after midnight: the same person counts twice, which is the price of not knowing her.
    let midnight = (MORNING / DAY_SECONDS + 1) * DAY_SECONDS;
    told(&mut store, Some((address, agent)), midnight - 60);
    assert_eq!(told(&mut store, Some((address, agent)), midnight + 60).count, 3);
    store.sync().unwrap();
    let bytes = std::fs::read(folder.path().join("scans.db")).unwrap();
    for secret in [&b"203.0.113.77"[..], &[203, 0, 113, 77], agent.as_bytes(), b"AAAABBBBCCCCD"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn a_pack_in_a_shop_and_a_household_is_never_odd() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    // Twelve shoppers over ten days, then a family of four who look twice a month for a year.
    for day in 0..10 {
        told(&mut store, reader(day), MORNING + u64::from(day) * DAY_SECONDS);
    }
    let mut last = None;
    for month in 1..=12_u32 {
        last = Some(told(&mut store, reader(100 + month % 2), MORNING + u64::from(month * 30) * DAY_SECONDS));
    }
    assert_eq!(last.map(|scans| (scans.count, scans.is_odd)), Some((22, false)));
    // A class of fifty who scan the one pack that the teacher brought, each twice, is no copy either.
    let mut store = ScanStore::open(tempfile::tempdir().unwrap().path(), "scans.db").unwrap();
    for hour in 0..2 {
        for pupil in 0..50 {
            assert!(!told(&mut store, reader(pupil), MORNING + hour * 3_600).is_odd);
        }
    }
}

#[test]
fn a_copied_label_is_odd_and_one_reader_cannot_make_it_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    let scans: Vec<Scans> =
        (0..45).map(|day| told(&mut store, reader(day), MORNING + u64::from(day) * DAY_SECONDS)).collect();
    assert_eq!(scans.iter().position(|scans| scans.is_odd), Some(29), "the thirtieth reader");
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    let burst: Vec<Scans> =
        (0..70).map(|number| told(&mut store, reader(number), MORNING + u64::from(number))).collect();
    assert_eq!(burst.iter().position(|scans| scans.is_odd), Some(59));
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    for look in 0..200 {
        assert!(!told(&mut store, reader(1), MORNING + look * LOOK_SECONDS / 5).is_odd, "one reader, over and over");
    }
}

#[test]
fn the_table_grows_without_losing_a_count() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    let packs = u32::try_from(SLOTS_MIN).unwrap() + 500;
    for number in 0..packs {
        let pack = PackKey::of(LOT, &number.to_string());
        assert_eq!(store.scan(pack, reader(number), MORNING).unwrap().unwrap().count, 1);
    }
    assert_eq!(store.slots, SLOTS_MIN * 2);
    store.sync().unwrap();
    drop(store);
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    assert_eq!(store.used, u64::from(packs));
    for number in 0..packs {
        let pack = PackKey::of(LOT, &number.to_string());
        assert_eq!(store.scan(pack, None, MORNING).unwrap().unwrap().count, 1, "{number}");
    }
}

#[test]
fn damage_costs_one_count_and_never_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    told(&mut store, reader(1), MORNING);
    store.sync().unwrap();
    drop(store);
    let path = folder.path().join("scans.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.iter().rposition(|b| *b != 0).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let mut store = ScanStore::open(folder.path(), "scans.db").unwrap();
    assert_eq!(told(&mut store, reader(1), MORNING + 10).count, 1, "this pack begins anew");
    drop(store);
    bytes.truncate(1_000);
    std::fs::write(&path, &bytes).unwrap();
    assert!(ScanStore::open(folder.path(), "scans.db").is_err(), "a file that was cut short is no table");
}

#[test]
fn a_scratch_code_entered_is_durable_at_once_and_nobodys_entry_counts_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = ScanStore::open(folder.path(), "layers.db").unwrap();
    let pack = PackKey::of(LOT, "AAAABBBBCCCCD");
    let mut enter = |reader, now| {
        let told = store.enter(pack, reader, now).unwrap().unwrap();
        assert!(!store.is_dirty(), "on the disk before the answer");
        (told.count, told.first_seconds)
    };
    assert_eq!(enter(reader(1), MORNING), (1, MORNING));
    assert_eq!(enter(reader(1), MORNING + LOOK_SECONDS - 1), (1, MORNING), "the page loaded again");
    assert_eq!(enter(reader(2), MORNING + 60), (2, MORNING));
    assert_eq!(enter(None, MORNING + 61), (3, MORNING), "somebody whose address is unknown");
    assert_eq!(enter(None, MORNING + 62), (4, MORNING), "and perhaps another one");
    drop(store);
    let mut store = ScanStore::open(folder.path(), "layers.db").unwrap();
    let told = store.enter(pack, reader(1), MORNING + 90).unwrap().unwrap();
    assert_eq!((told.count, told.first_seconds), (5, MORNING), "a later process knows the first time");
}
