//! The commands as people type them, against the real node: from an empty folder to a pack that verifies.

use std::path::Path;
use std::process::{Command, Output};

use nguon_tests::person::{Person, actor_body};
use nguon_tests::process::{Ledger, Node};
use nguon_tests::{binary, temp_dir};
use serde_json::Value;

/// Runs a command; it must succeed. Answers what it printed.
fn run(program: &str, node: &Node, arguments: &[&str]) -> String {
    let output = attempt(program, node, arguments);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}

fn attempt(program: &str, node: &Node, arguments: &[&str]) -> Output {
    Command::new(binary(program).unwrap()).env("NGUON_NODE", node.url()).args(arguments).output().unwrap()
}

/// The value after a word at the start of a printed line.
fn value<'t>(printed: &'t str, word: &str) -> &'t str {
    printed.lines().find_map(|line| line.strip_prefix(word)).unwrap().split_whitespace().next().unwrap()
}

fn new_key(node: &Node, path: &Path) -> String {
    run("nguon", node, &["key", "new", &path.display().to_string()]).trim().to_owned()
}

/// A ledger with a grower and a mill, and how they type.
struct Desk {
    ledger: Ledger,
    node: Node,
}

impl Desk {
    fn open() -> Self {
        let ledger = Ledger::init().unwrap();
        let node = ledger.serve().unwrap();
        Self { ledger, node }
    }

    fn file(&self, name: &str) -> String {
        self.ledger.folder().join(name).display().to_string()
    }

    /// Runs `nguon` with arguments that stand in one line, words with blanks in quotes, signed with a key.
    fn nguon(&self, line: &str, key: &str) -> String {
        let mut arguments: Vec<_> = line
            .split('\'')
            .enumerate()
            .flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
            .collect();
        let key = self.file(key);
        arguments.extend(["--key", &key]);
        run("nguon", &self.node, &arguments)
    }

    fn register(&self) {
        let grower = new_key(&self.node, Path::new(&self.file("grower.pem")));
        let mill = new_key(&self.node, Path::new(&self.file("mill.pem")));
        let operator = "operator.pem";
        self.nguon(&format!("register actor ho-07 --class person --role producer --public-key {grower}"), operator);
        let roles = "--role processor --role seller --role inspector";
        self.nguon(&format!("register actor xuong --class organisation {roles} --public-key {mill}"), operator);
        self.nguon("register product cu --unit KGM --name-vi Canna", operator);
        self.nguon("register product mien --unit KGM --net-content '500 g' --made-from cu=0.14", operator);
        self.nguon(
            "register place ruong --class plot --owner ho-07 --name-vi 'Con Minh' --position 22.13,106.03",
            operator,
        );
    }

    /// From harvest to packs; the packed lot.
    fn pack(&self) -> String {
        let printed = self.nguon("record harvest --product cu --amount '1,5 tan' --place ruong", "grower.pem");
        let lot = value(&printed, "new lot");
        self.nguon(&format!("record ship --lot {lot} --amount '1500 kg' --to xuong"), "grower.pem");
        self.nguon(&format!("record receive --lot {lot} --amount '1490 kg' --from ho-07"), "mill.pem");
        let printed = self.nguon(&format!("record process --input '{lot}=1400 kg' --output 'mien=196 kg'"), "mill.pem");
        let noodles = value(&printed, "new lot");
        let serials = self.file("serials.txt");
        let line = format!(
            "record pack --input '{noodles}=190 kg' --output 'mien=190 kg' --serials 380 --serials-file {serials}"
        );
        let printed = self.nguon(&line, "mill.pem");
        assert_eq!(std::fs::read_to_string(&serials).unwrap().lines().count(), 380);
        value(&printed, "new lot").to_owned()
    }

    /// A path of the node about a lot.
    fn lot(&self, lot: &str, more: &str) -> String {
        format!("/v1/lots/{}{more}", lot.replace(':', "%3A").replace('/', "%2F"))
    }
}

#[test]
fn from_an_empty_folder_to_a_pack_that_verifies() {
    let desk = Desk::open();
    desk.register();
    let packed = desk.pack();
    let mill = "mill.pem";
    let line = format!("record inspect --lot {packed} --scheme Sample --issuer 'Sample office' --valid-to 2027-06-30");
    desk.nguon(&line, mill);
    let printed = desk.nguon(&format!("record lose --lot {packed} --amount '2 kg' --note torn"), mill);
    desk.nguon(&format!("record correct {} --reason did_not_occur", value(&printed, "entry")), mill);
    let sold = desk.nguon(&format!("record sell --lot {packed} --amount 10"), mill);
    desk.nguon(&format!("attest {} --claim stands_by", value(&sold, "entry")), "grower.pem");

    // Too much is refused, with the code and what there is.
    let (key, amount) = (desk.file(mill), "190 kg");
    let refused =
        attempt("nguon", &desk.node, &["record", "sell", "--lot", &packed, "--amount", amount, "--key", &key]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("insufficient_quantity"), "{refused:?}");

    // Ten packs of 500 g were sold; the loss was undone.
    let state = desk.node.get_json(&desk.lot(&packed, "")).unwrap();
    let amounts = ["quantity", "sold", "lost"].map(|key| state[key].as_str().unwrap().to_owned());
    assert_eq!(amounts, ["190", "5", "0"]);
    let bundle = format!("{}{}", desk.node.url(), desk.lot(&packed, "/bundle"));
    let verdict: Value =
        serde_json::from_str(&run("nguon-verify", &desk.node, &["bundle", &bundle, "--json"])).unwrap();
    assert_eq!(verdict["verdict"], "passed", "{verdict}");
    let vkey = desk.node.get_json("/v1/ledger").unwrap()["vkey"].as_str().unwrap().to_owned();
    let proof = desk.node.get(&format!("/v1/entries/{}/proof", value(&sold, "entry"))).unwrap().text().unwrap();
    std::fs::write(desk.file("entry.tlog-proof"), proof).unwrap();
    let leaf = value(&sold, "leaf hash");
    run("nguon-verify", &desk.node, &["proof", &desk.file("entry.tlog-proof"), "--leaf", leaf, "--vkey", &vkey]);
    run("nguon-verify", &desk.node, &["audit", desk.node.url(), "--vkey", &vkey]);
}

/// What is typed about a product or an organisation stands in the node's record of it.
#[test]
fn what_labels_must_say_is_registered_and_read_back() {
    let desk = Desk::open();
    let line = "register product mien --name-vi Mien --brand 'Mien Mau' --ingredients-vi 'Tinh bot' --ingredients-en Starch \
                --storage-vi 'De kho' --warnings-en Hot --standard 'TCCS 01:2026' --standard 'TCVN 0:2026'";
    desk.nguon(line, "operator.pem");
    let record = desk.node.get_json("/v1/products/mien").unwrap();
    let expected = serde_json::json!({
        "brand": "Mien Mau", "ingredients": {"vi": "Tinh bot", "en": "Starch"}, "storage": "De kho", "warnings": "Hot",
        "standards": ["TCCS 01:2026", "TCVN 0:2026"],
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key}: {record}");
    }
    let number = "--business-id 0000000000-001";
    desk.nguon(&format!("register actor htx --class organisation {number}"), "operator.pem");
    assert_eq!(desk.node.get_json("/v1/actors/htx").unwrap()["businessId"], "0000000000-001");
    let key = desk.file("operator.pem");
    let person = ["register", "actor", "ho-01", "--class", "person", "--business-id", "0000000000", "--key", &key];
    let refused = attempt("nguon", &desk.node, &person);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("businessId"), "{said}");
}

#[test]
fn sending_the_same_file_twice_records_it_once() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let mut operator = ledger.operator(&node).unwrap();
    let lines: Vec<_> = (1..=20)
        .map(|number| {
            let person = Person::new(number, &format!("ho-{number:02}"));
            operator.say("actor", &actor_body(&person, "person", &["producer"], Some("operator")))
        })
        .collect();
    let file = ledger.folder().join("outbox.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let file = file.display().to_string();
    let receipts = ledger.folder().join("receipts.ndjson");
    let receipts_name = receipts.display().to_string();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let printed = run("nguon", &node, &["submit", &file, "--receipts", &receipts_name]);
        assert!(printed.contains("20 in the ledger, 0 refused"), "{printed}");
        let text = std::fs::read_to_string(&receipts).unwrap();
        let indexes: Vec<_> =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["index"].clone()).collect();
        seen.push(indexes);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(node.get_json("/v1/ledger").unwrap()["treeSize"], 21);
}

#[test]
fn what_cannot_start_says_why() {
    let ledger = Ledger::init().unwrap();
    let node = ledger.serve().unwrap();
    let nguon = |arguments: &[&str]| {
        let output = Command::new(binary("nguon").unwrap()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let data = ledger.data().display().to_string();
    let taken = node.url().trim_start_matches("http://");
    let folder = temp_dir().unwrap();
    let nowhere = folder.path().join("none").display().to_string();
    assert!(nguon(&["demo", "--data", &nowhere, "--listen", taken]).contains("--listen"), "a port in use");
    assert!(!Path::new(&nowhere).exists(), "a demo that cannot listen leaves nothing behind");
    assert!(nguon(&["serve", "--data", &nowhere, "--listen", "127.0.0.1:0"]).contains("init"), "no ledger there");
    assert!(nguon(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]).contains("another"), "the folder is in use");
    assert!(nguon(&["init", "--data", &data, "--origin", "x.test"]).contains("empty"), "a ledger is there already");
    assert!(
        nguon(&["demo", "--fresh", "--data", &data, "--listen", "127.0.0.1:0"]).contains("not touched"),
        "no demo of ours"
    );
    assert!(
        nguon(&["demo", "--data", "/proc/none", "--listen", "127.0.0.1:0"]).contains("--data"),
        "a folder that cannot be written"
    );
}
