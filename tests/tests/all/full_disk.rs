//! The disk is full: nothing that was acknowledged is lost, what comes is refused in so many words, and with room again all goes on.

use nguon_tests::disk::Disk;
use nguon_tests::person::{Person, harvest, lot, product};
use nguon_tests::process::{Ledger, Node, wait_for};
use serde_json::Value;

use super::crash::{check_all, register_writers, writer};

/// Space left for the node when it begins: some groups fit, many do not.
const LEFT_BYTES: u64 = 192 << 10;
/// Lots of this test begin here.
const FIRST_LOT: u64 = 900_000;
/// Refusals in a row that show a disk to be full for good: an index that breaks and is made again frees some space.
const REFUSALS: usize = 30;

/// Someone who sends harvests one after the other, each until it is taken.
struct Grower {
    person: Person,
    next_lot: u64,
    waiting: Option<String>,
    receipts: Vec<Value>,
}

impl Grower {
    fn new(node: &Node) -> Self {
        let person = node.caught_up(&writer(0)).unwrap();
        Self { person, next_lot: FIRST_LOT, waiting: None, receipts: Vec::new() }
    }

    /// Sends the harvest that waits, or another; whether it was taken.
    fn send(&mut self, node: &Node) -> bool {
        let envelope = self.waiting.take().unwrap_or_else(|| {
            self.next_lot += 1;
            self.person.say("event", &harvest(&lot(self.next_lot), &product("cu-dong"), 100))
        });
        let (status, answer) = node.submit(&envelope).unwrap();
        if status == 201 {
            self.receipts.push(answer);
            return true;
        }
        let code = answer["code"].as_str().unwrap();
        assert!(status == 503 && ["storage_unavailable", "overloaded"].contains(&code), "{answer}");
        self.waiting = Some(envelope);
        false
    }
}

fn breaks_of_index(node: &Node) -> u64 {
    let metrics = node.get("/metrics").unwrap().text().unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix("nguon_index_breaks_total "));
    line.unwrap().parse().unwrap()
}

fn all_is_there_after_a_restart(ledger: &Ledger, node: Node, mut grower: Grower) {
    assert!(node.stop().unwrap());
    let node = ledger.serve().unwrap();
    assert!(grower.send(&node));
    check_all(&node, &grower.receipts);
    assert!(node.stop().unwrap());
}

#[test]
fn a_full_disk_refuses_and_loses_nothing_and_room_mends_it() {
    let Some(disk) = Disk::make(64 << 20).unwrap() else { return };
    let ledger = Ledger::init_in(&disk.path().join("data")).unwrap();
    let node = ledger.serve().unwrap();
    register_writers(&ledger, &node);
    let mut grower = Grower::new(&node);
    disk.fill(LEFT_BYTES).unwrap();
    let mut refusals = 0;
    while refusals < REFUSALS {
        refusals = if grower.send(&node) { 0 } else { refusals + 1 };
    }
    assert!(!grower.receipts.is_empty(), "nothing fitted at all");
    assert_eq!(node.get("/readyz").unwrap().status(), 503);
    // What is there can be read all the while.
    let checkpoint = node.get("/checkpoint").unwrap().error_for_status().unwrap().text().unwrap();
    let last = grower.receipts.last().unwrap()["index"].as_u64().unwrap();
    assert_eq!(checkpoint.lines().nth(1), Some((last + 1).to_string().as_str()));

    disk.free().unwrap();
    wait_for("the refused statement to be taken", || grower.send(&node).then_some(())).unwrap();
    // Whether the index lacked room too, and broke, is a matter of moments; the test below has that.
    all_is_there_after_a_restart(&ledger, node, grower);
    disk.unmount().unwrap();
}

#[test]
fn an_index_whose_disk_is_full_is_made_again_and_the_log_never_minds() {
    let Some(disk) = Disk::make(64 << 20).unwrap() else { return };
    let ledger = Ledger::init().unwrap();
    let index = disk.path().join("index");
    std::fs::create_dir(&index).unwrap();
    std::os::unix::fs::symlink(&index, ledger.data().join("index")).unwrap();
    let node = ledger.serve().unwrap();
    register_writers(&ledger, &node);
    let mut grower = Grower::new(&node);
    disk.fill(0).unwrap();
    wait_for("the index to break", || {
        grower.send(&node);
        (breaks_of_index(&node) > 0).then_some(())
    })
    .unwrap();
    assert!(!grower.receipts.is_empty(), "statements are taken for as long as the index stands");
    node.get("/checkpoint").unwrap().error_for_status().unwrap();

    disk.free().unwrap();
    wait_for("the index to be made again", || {
        (grower.send(&node) && node.get("/readyz").unwrap().status() == 200).then_some(())
    })
    .unwrap();
    all_is_there_after_a_restart(&ledger, node, grower);
    disk.unmount().unwrap();
}
