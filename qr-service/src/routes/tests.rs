//! Over real HTTP: a made-up node on one free port, the service on another.

use std::{io::Read as _, net::SocketAddr};

use nguon_ledger::hash::Hash;

use crate::{
    Config, Settings, assets,
    fixture::{self, ATTACK, HOSTILE, VERMICELLI, hostile, node, vermicelli},
    standalone,
};

mod described;
mod keeping;
mod packs;
mod resolver;
mod scratch;

const PAGE: &str = "/01/08931234567897/10/MD-250112";
const PACK: &str = "/01/08931234567897/10/MD-250112/21/0123456789ABCD";
const HOSTILE_PAGE: &str = "/lot/0000H0ST11E00000";
/// What a phone may have to load to read one page, as it travels and without photos: document and style.
const READ_BYTES_MAX: usize = 12_000;
/// The same with the script that checks the proof.
const PAGE_BYTES_MAX: usize = 25_000;

struct Site {
    base: String,
    http: reqwest::Client,
    node: tokio::task::JoinHandle<()>,
}

impl Site {
    async fn start(ledgers: Vec<(&'static str, fixture::Ledger)>) -> Self {
        Self::start_with(ledgers, Settings::default()).await
    }

    async fn start_with(ledgers: Vec<(&'static str, fixture::Ledger)>, settings: Settings) -> Self {
        let (node_address, node) = serve(node(ledgers)).await;
        let (address, _) = serve(standalone(config(node_address), settings).unwrap()).await;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: format!("http://{address}"), http, node }
    }

    /// How many bytes of a path travel to a browser that reads an encoding.
    async fn compressed(&self, path: &str, encoding: &str) -> usize {
        let request = self.http.get(format!("{}{path}", self.base)).header("accept-encoding", encoding);
        let response = request.send().await.unwrap();
        assert_eq!(header(&response, "content-encoding"), encoding, "{path}");
        response.bytes().await.unwrap().len()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    async fn text(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }
}

fn config(node: SocketAddr) -> Config {
    Config { node_url: format!("http://{node}"), base: "https://so.example.vn".to_owned() }
}

async fn serve(app: axum::Router) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (
        address,
        tokio::spawn(async move {
            axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap()
        }),
    )
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn the_page_reads_in_both_languages_without_script() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    let vi = site.text(PACK).await;
    let en = site.text(&format!("{PACK}?lang=en")).await;
    for (page, lang, parts) in [
        (
            &vi,
            "vi",
            [
                "Theo m\u{e1}y ch\u{1ee7}; m\u{e1}y c\u{1ee7}a b\u{1ea1}n ch\u{1b0}a t\u{1ef1} ki\u{1ec3}m tra",
                "Mi\u{1ebf}n dong C\u{f4}n Minh",
                "06/07/2026",
                "5.065\u{a0}kg",
                "nay l\u{e0}",
                "T\u{1ef1} khai",
            ],
        ),
        (
            &en,
            "en",
            [
                "According to the server; your device has not checked",
                "Con Minh canna vermicelli",
                "6 July 2026",
                "5,065\u{a0}kg",
                "(today ",
                "Self-declared",
            ],
        ),
    ] {
        assert!(page.starts_with(&format!("<!DOCTYPE html><html lang=\"{lang}\">")));
        for part in parts {
            assert!(page.contains(part), "{part}");
        }
        for part in ["0123456789ABCD", "MD-250112", "0a1b2c3d", "/proof.json\"", "/qr.svg\"", "VG-0123-M\u{1eaa}U"] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains('?'.to_string().repeat(2).as_str()) && !page.contains("> ? <"), "a word is missing");
    }
    let accepted = site.http.get(format!("{}{PAGE}", site.base)).header("accept-language", "en-GB,en;q=0.9");
    let response = accepted.send().await.unwrap();
    assert_eq!(
        (header(&response, "content-language"), header(&response, "vary")),
        ("en", "Accept, Accept-Encoding, Accept-Language")
    );
}

#[tokio::test]
async fn the_page_keeps_what_is_not_the_consumers_business() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    for path in [PAGE.to_owned(), format!("{PAGE}?lang=en")] {
        let page = site.text(&path).await;
        for secret in [
            "B\u{ed} M\u{1ead}t",
            "b\u{ed} m\u{1ead}t",
            "Secret",
            "123\u{a0}kg",
            "121\u{a0}kg",
            "7,5\u{a0}kg",
            "7.5\u{a0}kg",
            "95.000",
            "javascript:",
        ] {
            assert!(!page.contains(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let site = Site::start(vec![(HOSTILE, hostile())]).await;
    for path in [HOSTILE_PAGE.to_owned(), format!("{HOSTILE_PAGE}?lang=en")] {
        let page = site.text(&path).await;
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(page.contains("&amp;amp;"));
        assert!(!page.contains("<script>") && !page.contains("<img src=x") && !page.contains("href=\"javascript"));
        // Every script tag is the page's own, and every attribute value closed before the attack could.
        // One of the two is data that no browser runs, and it holds no sign with which it could end.
        assert_eq!(page.matches("<script").count(), 2);
        let data =
            page.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
        assert!(!data.contains(['<', '>', '&']), "{data}");
        let told: serde_json::Value = serde_json::from_str(data).unwrap();
        assert!(told["name"].as_str().unwrap().ends_with(ATTACK) && told["hasCertification"][0]["name"] == ATTACK);
        assert!(told["brand"]["name"] == ATTACK && told["manufacturer"]["identifier"] == ATTACK);
        assert!(!page.contains(ATTACK));
    }
    let echo = site.text("/find?code=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(echo.contains("&lt;script&gt;alert(1)") && !echo.contains("<script>"));
    let echo = site.text("/lot/%22%3E%3Cscript%3E").await;
    assert!(!echo.contains("<script>"));
}

/// What a browser does with what it is sent until it has it in its hands.
fn opened(bytes: &[u8], encoding: &str) -> String {
    let mut text = String::new();
    match encoding {
        "br" => brotli::Decompressor::new(bytes, 4_096).read_to_string(&mut text).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap(),
        other => panic!("{other}"),
    };
    text
}

#[tokio::test]
async fn a_page_with_all_it_loads_stays_small() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(true))]).await;
    let page = site.text(PACK).await;
    let own: Vec<_> = page.split("/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let (style, script) = (assets::url(assets::STYLE_PATH), assets::url(assets::SCRIPT_PATH));
    // Named for what the script does not pass by itself, and not loaded before.
    let verifier = assets::url(assets::VERIFIER_PATH);
    assert!(
        own.iter().all(
            |path| [&style, &script, &verifier].contains(&&format!("/assets/{path}")) || path.ends_with("icon.svg")
        ),
        "{own:?}"
    );
    // Whoever comes first gets a quick copy, those who come later the smallest.
    let document = loop {
        let request = site.http.get(format!("{}{PACK}", site.base)).header("accept-encoding", "br");
        let response = request.send().await.unwrap();
        let is_smallest = header(&response, "etag").ends_with("-b\"");
        let bytes = response.bytes().await.unwrap().len();
        if is_smallest {
            break bytes;
        }
    };
    let text = document + site.compressed(&style, "br").await;
    assert!(text < READ_BYTES_MAX, "{text} bytes before anything is checked");
    let whole = text + site.compressed(&script, "br").await;
    assert!(whole < PAGE_BYTES_MAX, "{whole} bytes with what checks it");
}

#[tokio::test]
async fn files_are_sent_in_the_best_form_that_the_browser_reads() {
    let site = Site::start(vec![]).await;
    for asset in assets::ASSETS.iter().map(|asset| asset.path).chain([assets::VERIFIER_PATH]) {
        let url = format!("{}{}", site.base, assets::url(asset));
        let plain = site.http.get(&url).send().await.unwrap();
        assert_eq!((header(&plain, "content-encoding"), header(&plain, "vary")), ("", "Accept-Encoding"));
        let plain = plain.text().await.unwrap();
        for (accepted, encoding) in
            [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip")]
        {
            let sent = site.http.get(&url).header("accept-encoding", accepted).send().await.unwrap();
            assert_eq!(header(&sent, "content-encoding"), encoding, "{asset}: {accepted}");
            assert_eq!(opened(&sent.bytes().await.unwrap(), encoding), plain, "{asset}: {accepted}");
        }
    }
}

#[tokio::test]
async fn nothing_comes_from_elsewhere_and_nothing_runs_inline() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    let response = site.get(PACK).await;
    let policy = header(&response, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!(header(&response, "referrer-policy"), "no-referrer");
    assert_eq!(header(&response, "cache-control"), "no-cache");
    let page = response.text().await.unwrap();
    for attribute in ["src=\"", "<link rel=\"stylesheet\" href=\""] {
        for address in page.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(address.starts_with('/') && !address.starts_with("//"), "{address}");
        }
    }
    assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick"));
    assert!(!page.contains("<script>"));
}

#[tokio::test]
async fn the_page_that_checks_evidence_may_do_nothing_but_that() {
    let site = Site::start(vec![]).await;
    let response = site.get("/verify.html").await;
    let policy = header(&response, "content-security-policy").to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-") && policy.ends_with("frame-ancestors 'none'")
    );
    assert!(!policy.contains("unsafe") && !policy.contains("connect-src") && !policy.contains("http"), "{policy}");
    assert!(header(&response, "content-type").starts_with("text/html"));
    assert_eq!(response.text().await.unwrap(), assets::VERIFY_PAGE);
}

#[tokio::test]
async fn previews_and_marketplaces_are_told_what_the_ledger_says() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    let page = site.text(&format!("{PACK}?lang=en")).await;
    let data = page.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let told: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(told["@type"], "Product");
    assert_eq!(told["gtin14"], "08931234567897");
    assert_eq!(told["url"], format!("https://so.example.vn{PAGE}"), "the reader's own pack is not passed on");
    assert_eq!(told["manufacturer"]["name"], "Con Minh Sample Co-operative");
    assert_eq!(told["productionDate"], "2025-01-12");
    assert_eq!(told["hasCertification"][0]["certificationIdentification"], "VG-0123-M\u{1eaa}U");
    assert!(told.get("offers").is_none() && !data.contains("0123456789ABCD"));
    for part in [
        "property=\"og:title\" content=\"Con Minh canna vermicelli \u{b7} Lot MD-250112\"".to_owned(),
        format!("property=\"og:url\" content=\"https://so.example.vn{PAGE}\""),
        "property=\"og:image\" content=\"https://so.example.vn/blob/".to_owned(),
        format!("rel=\"canonical\" href=\"https://so.example.vn{PAGE}\""),
    ] {
        assert!(page.contains(&part), "{part}");
    }
    let recalled = Site::start(vec![(VERMICELLI, vermicelli(true))]).await.text(&format!("{PAGE}?lang=en")).await;
    assert!(recalled.contains("property=\"og:title\" content=\"RECALLED: "));
}

#[tokio::test]
async fn shops_are_the_producers_word_and_learn_nothing() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    let page = site.text(&format!("{PAGE}?lang=en")).await;
    assert!(page.contains(
        "<a href=\"https://cho.example.vn/mien-dong\" rel=\"nofollow noopener noreferrer\">cho.example.vn</a>"
    ));
    assert!(page.contains("Named by the producer"));
}

#[tokio::test]
async fn a_recall_stands_before_everything_else() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(true))]).await;
    let page = site.text(PAGE).await;
    let warning = page
        .find("L\u{f4} n\u{e0}y \u{111}ang b\u{1ecb} thu h\u{1ed3}i. Kh\u{f4}ng s\u{1eed} d\u{1ee5}ng</h1>")
        .unwrap();
    assert!(warning < page.find("id=\"verdict\"").unwrap());
    assert!(page.contains("Nghi l\u{1eab}n s\u{1ea1}n") && page.contains("tinh b\u{1ed9}t dong"));
    assert!(!page.contains("class=\"photo\""), "the warning stands in place of the photo");
}

#[tokio::test]
async fn codes_carry_the_public_address_of_lot_and_pack() {
    let site = Site::start(vec![]).await;
    for (path, kind) in [(PAGE, "svg"), (PACK, "png")] {
        let response = site.get(&format!("{path}/qr.{kind}")).await;
        assert!(header(&response, "content-type").starts_with("image/"));
        let bytes = response.bytes().await.unwrap();
        let address = format!("https://so.example.vn{path}");
        let expected = if kind == "svg" {
            crate::code::svg(&address).unwrap().into_bytes()
        } else {
            crate::code::png(&address).unwrap()
        };
        assert_eq!(bytes, expected);
    }
}

#[tokio::test]
async fn the_proof_is_the_nodes_byte_for_byte_and_open_to_other_hosts() {
    let ledger = vermicelli(false);
    let bundle = ledger.bundle(VERMICELLI);
    let site = Site::start(vec![(VERMICELLI, ledger)]).await;
    let response = site.get(&format!("{PAGE}/proof.json")).await;
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert_eq!(response.bytes().await.unwrap(), bundle);
    assert_eq!(site.get("/lot/000000000000000/proof.json").await.status(), 404);
}

#[tokio::test]
async fn blobs_are_typed_by_their_bytes_and_can_do_nothing() {
    let mut ledger = vermicelli(false);
    let page = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
    let disguised = Hash::of(&page);
    ledger.blob("image/png", page);
    let (photo, wrong) = (ledger.blobs.keys().next().unwrap().clone(), Hash::of(b"other").to_string());
    ledger.blobs.insert(wrong.clone(), b"not these bytes".to_vec());
    let site = Site::start(vec![(VERMICELLI, ledger)]).await;
    let shown = site.get(&format!("/blob/{photo}")).await;
    assert_eq!((header(&shown, "content-type"), header(&shown, "content-disposition")), ("image/jpeg", "inline"));
    assert_ne!(Hash::of(&shown.bytes().await.unwrap()).to_string(), photo, "written anew");
    assert_eq!(site.get(&format!("/blob/{photo}/small")).await.status(), 200);
    let response = site.get(&format!("/blob/{disguised}")).await;
    assert_eq!(header(&response, "content-type"), "application/octet-stream");
    assert_eq!(header(&response, "content-disposition"), "attachment");
    assert!(header(&response, "content-security-policy").contains("sandbox"));
    assert_eq!(site.get(&format!("/blob/{photo}")).await.status(), 200);
    assert_eq!(site.get(&format!("/blob/{wrong}")).await.status(), 502, "the bytes do not have the hash");
    assert_eq!(site.get(&format!("/blob/{}", "0".repeat(64))).await.status(), 404);
    assert_eq!(site.get("/blob/..%2f..%2fetc").await.status(), 404);
}

#[tokio::test]
async fn troubles_are_told_in_words_with_the_right_status() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    for (path, status, words) in [
        ("/lot/000000000000000?lang=en", 404, "This code is not in the ledger"),
        ("/lot/000000000000000?lang=vi", 404, "M\u{e3} n\u{e0}y kh\u{f4}ng c\u{f3} trong s\u{1ed5}"),
        ("/01/08931234567896/10/A?lang=en", 400, "This is not a code of ours"),
        ("/nowhere?lang=en", 404, "There is no such page"),
        ("/?lang=en", 200, "See where your pack comes from"),
    ] {
        let response = site.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        assert!(response.text().await.unwrap().contains(words), "{path}");
    }
    let found = site.get("/find?code=https%3A%2F%2Fx.vn%2F01%2F8931234567897%2F10%2FMD-250112&lang=en").await;
    assert_eq!((found.status().as_u16(), header(&found, "location")), (303, "/01/08931234567897/10/MD-250112?lang=en"));
}

#[tokio::test]
async fn a_silent_node_is_no_word_against_the_pack() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    site.node.abort();
    let Err(ended) = site.node.await else { panic!("the node still runs") };
    assert!(ended.is_cancelled());
    let http = reqwest::Client::new();
    let response = http.get(format!("{}{PAGE}?lang=en", site.base)).send().await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "10"));
    let page = response.text().await.unwrap();
    assert!(page.contains("The ledger cannot be asked now") && page.contains("says nothing about your pack"));
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_name_of_their_content_only() {
    let site = Site::start(vec![]).await;
    let response = site.get(&assets::url(assets::SCRIPT_PATH)).await;
    assert_eq!(header(&response, "content-type"), "text/javascript; charset=utf-8");
    assert!(header(&response, "cache-control").contains("immutable"));
    assert_eq!(header(&site.get("/assets/older/qr-service/web/page.min.js").await, "cache-control"), "no-cache");
    assert_eq!(site.get("/assets/older/secret").await.status(), 404);
}

#[test]
fn addresses_that_are_none_are_refused() {
    for bad in ["", "so.example.vn", "file:///etc/passwd"] {
        let config = Config { node_url: bad.to_owned(), base: "https://so.example.vn".to_owned() };
        assert!(standalone(config, Settings::default()).is_err(), "{bad}");
    }
}
