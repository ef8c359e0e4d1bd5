//! The code under a scratch layer, as a co-op and a shopper use it: drawn, printed, committed to, given to the pages, scratched, entered.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nguon_tests::process::Node;
use nguon_tests::{binary, temp_dir};
use tempfile::TempDir;

const BASE: &str = "https://so.example.vn";
const PACKS: usize = 30;
const FIRST: &str = "nobody had entered it before";

/// The demo with one more lot, whose packs have scratch layers.
struct Coop {
    folder: TempDir,
    node: Node,
    lot: String,
    /// Serials with their codes.
    packs: Vec<(String, String)>,
}

fn command(program: &str, arguments: &[&str]) -> Output {
    Command::new(binary(program).unwrap()).args(arguments).output().unwrap()
}

fn must(program: &str, arguments: &[&str]) -> String {
    let output = command(program, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Coop {
    fn open() -> Self {
        let folder = temp_dir().unwrap();
        let mut demo = Command::new(binary("nguon").unwrap());
        demo.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("demo"));
        let node = Node::start(demo).unwrap();
        let list = folder.path().join("codes.txt");
        let count = PACKS.to_string();
        let drawn = must("nguon-qr", &["labels", "--new-serials", &count, "--scratch", "--out-serials", &text(&list)]);
        assert!(drawn.starts_with("count 30\nroot "), "{drawn}");
        let mode = std::fs::metadata(&list).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "codes are secrets");
        let lines = std::fs::read_to_string(&list).unwrap();
        let pair = |line: &str| line.split_once('\t').map(|(serial, code)| (serial.to_owned(), code.to_owned()));
        let packs: Vec<_> = lines.lines().filter_map(pair).collect();
        let mut coop = Self { folder, node, lot: String::new(), packs };
        coop.pack();
        coop
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("codes.txt")
    }

    fn key(&self, name: &str) -> String {
        text(&self.folder.path().join(format!("demo/keys/{name}.pem")))
    }

    /// Harvests something and packs it, committing to the list.
    fn pack(&mut self) {
        let url = self.node.url().to_owned();
        let nguon = |arguments: &[&str], key: &str| {
            let printed = must("nguon", &[arguments, &["--node", &url, "--key", &self.key(key)]].concat());
            let line = printed.lines().find_map(|line| line.strip_prefix("new lot")).map(|lot| lot.trim().to_owned());
            line.unwrap_or(printed)
        };
        let coop = "ban-so-con-minh";
        nguon(
            &[
                "register",
                "product",
                "goi-thu",
                "--name-vi",
                "Mien goi thu",
                "--name-en",
                "Trial",
                "--unit",
                "KGM",
                "--net-content",
                "500 g",
            ],
            coop,
        );
        let lot = nguon(&["record", "harvest", "--product", "goi-thu", "--amount", "20 kg"], "ho-01");
        let input = format!("{lot}=15 kg");
        let list = text(&self.list());
        self.lot = nguon(
            &["record", "pack", "--input", &input, "--output", "goi-thu=15 kg", "--serials-list", &list],
            "ho-01",
        );
    }

    /// The path of a pack's page.
    fn page(&self, pack: usize) -> String {
        let path = self.lot.split_once("/lot/").map(|(_, id)| format!("/lot/{id}")).unwrap();
        format!("{path}/{}", self.packs[pack].0)
    }

    fn labels(&self, arguments: &[&str], name: &str) -> (PathBuf, Output) {
        let out = self.folder.path().join(name);
        let list = text(&self.list());
        let always = ["labels", &self.lot, "--node", self.node.url(), "--base", BASE, "--serials", &list, "--out"];
        (out.clone(), command("nguon-qr", &[&always[..], &[&text(&out)], arguments].concat()))
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn zbar(path: &Path) -> String {
    let mut command = Command::new("zbarimg");
    command.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(path);
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim_end().to_owned()
}

fn labels_carry_both_codes(coop: &Coop) {
    for (size, dpi) in [("50x30", "203"), ("50x30", "300"), ("a4-24", "203"), ("a4-8", "300")] {
        let (out, made) = coop.labels(&["--size", size, "--dpi", dpi], "label.png");
        assert!(made.status.success(), "{size}: {}", String::from_utf8_lossy(&made.stderr));
        assert_eq!(zbar(&out), format!("{BASE}{}", coop.page(0)), "{size} {dpi}");
    }
    let (out, made) = coop.labels(&["--size", "a4-24"], "sheet.pdf");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(
        std::fs::metadata(&out).unwrap().permissions().mode() & 0o777,
        0o600,
        "what shows codes is a secret too"
    );
    let words = Command::new("pdftotext").args(["-layout", &text(&out), "-"]).output().unwrap().stdout;
    let words = String::from_utf8(words).unwrap();
    for (serial, code) in &coop.packs {
        assert!(words.contains(code) && words.contains(serial), "{code} of {serial}: {words}");
    }
    let (table, made) = coop.labels(&[], "printer.csv");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let table = std::fs::read_to_string(table).unwrap();
    let rows: Vec<&str> = table.split_terminator("\r\n").collect();
    assert_eq!((rows[0], rows.len()), ("\u{feff}url,serial,code,scratch", PACKS + 1));
    let (serial, code) = &coop.packs[0];
    assert!(rows[1].starts_with(&format!("\"{BASE}{}\",\"{serial}\",", coop.page(0))), "{}", rows[1]);
    assert!(rows[1].ends_with(&format!(",\"{code}\"")), "{}", rows[1]);

    // The smallest sticker has no room, and says which has.
    let (out, refused) = coop.labels(&["--size", "a4-65"], "small.pdf");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && !out.exists());
    assert!(
        said.contains("a4-65 has no room for a scratch code") && said.contains("smallest size that has is"),
        "{said}"
    );
    // A code beside another pack's serial prints nothing.
    let lines = std::fs::read_to_string(coop.list()).unwrap();
    std::fs::write(coop.list(), lines.replacen(&coop.packs[0].1, &coop.packs[1].1, 1)).unwrap();
    let (out, refused) = coop.labels(&["--size", "a4-24"], "swapped.pdf");
    std::fs::write(coop.list(), lines).unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("line 1 of the list has not the scratch code"), "{said}");
    assert!(!out.exists());
}

/// What the page says to somebody who types a code.
fn entered(service: &Node, page: &str, code: &str, browser: &str) -> String {
    let request = service.client().post(format!("{}{page}/scratch?lang=en", service.url()));
    request.header("user-agent", browser).body(format!("code={code}")).send().unwrap().text().unwrap()
}

fn serve(coop: &Coop, data: &Path) -> Node {
    let mut command = Command::new(binary("nguon-qr").unwrap());
    command.args(["serve", "--node", coop.node.url(), "--listen", "127.0.0.1:0", "--base", BASE, "--data"]).arg(data);
    Node::start(command).unwrap()
}

#[test]
fn a_co_op_prints_scratch_codes_and_the_first_entry_outlives_a_killed_service() {
    let coop = Coop::open();
    labels_carry_both_codes(&coop);
    let data = coop.folder.path().join("pages");
    let import = ["serials", "import", "--data", &text(&data), "--node", coop.node.url(), "--lot", &coop.lot];
    assert_eq!(must("nguon-qr", &[&import[..], &[&text(&coop.list())]].concat()), "kept 30 serials\n");

    let service = serve(&coop, &data);
    let (page, code) = (coop.page(3), coop.packs[3].1.as_str());
    let pack = service.client().get(format!("{}{page}?lang=en", service.url())).send().unwrap().text().unwrap();
    assert!(pack.contains(&format!("{page}/scratch")), "the pack's page leads to the form");
    assert!(entered(&service, &page, &coop.packs[4].1, "phone").contains("This is not this pack's code"));
    assert!(entered(&service, &page, code, "phone").contains(FIRST));
    // Killed the moment it has answered, as by a power cut to the process.
    service.kill().unwrap();
    let service = serve(&coop, &data);
    let again = entered(&service, &page, code, "another phone");
    assert!(again.contains("was entered 2 times, first on") && !again.contains(FIRST), "{again}");
    assert!(entered(&service, &coop.page(4), &coop.packs[4].1, "phone").contains(FIRST));
}
