//! What the rules ask for beside name and date: brand, ingredients, storage, warnings, declared standards, the maker's number.

use serde_json::Value;

use super::{PAGE, Site};
use crate::fixture::{LATE, VERMICELLI, late_gtin, vermicelli};

const PRODUCT: &str = "/01/08931234567897";

#[track_caller]
fn in_order(page: &str, parts: &[&str]) {
    let mut rest = page;
    for part in parts {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{part} is not there, or stands too early"));
        rest = after;
    }
}

#[tokio::test]
async fn each_stands_where_people_ask_for_it() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    let page = site.text(&format!("{PAGE}?lang=en")).await;
    in_order(
        &page,
        &[
            "id=\"verdict-line\"",
            "id=\"name\"",
            "Do not eat raw",
            "<dt>Brand</dt><dd><bdi>Mi\u{1ebf}n M\u{1eab}u</bdi>",
            "<dt>Ingredients</dt><dd><bdi>Canna starch, water</bdi>",
            "Keep dry and cool",
            "Self-declared</span>",
            "id=\"maker\"",
            "Business number: <bdi>0000-htx</bdi>",
            "id=\"certificates\"",
            "<h3>Self-declared standards</h3><p><bdi>TCCS 01:2024</bdi></p><p><bdi>TCVN 0000:2024</bdi></p>",
            "Self-declared</span>",
            "id=\"help\"",
            "Keep out of the sun",
        ],
    );
    let declared = page.split("Self-declared standards").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(!declared.contains("<svg"), "nobody checked a declared standard, so no sign stands beside it");
    assert!(!page.contains("0000-cua-hang"), "who buys is not the consumer's business");
    let data = page.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let told: Value = serde_json::from_str(data).unwrap();
    assert_eq!(told["brand"], serde_json::json!({"@type": "Brand", "name": "Mi\u{1ebf}n M\u{1eab}u"}));
    assert_eq!(told["manufacturer"]["identifier"], "0000-htx");
    assert!(!told["hasCertification"].to_string().contains("TCCS"), "what is declared is not certified");
}

#[tokio::test]
async fn a_recall_stands_before_the_warnings() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(true))]).await;
    let page = site.text(&format!("{PAGE}?lang=en")).await;
    in_order(&page, &["id=\"recalled\"", "Do not eat raw", "Canna starch, water", "id=\"verdict-line\""]);
}

#[tokio::test]
async fn the_page_of_the_product_says_them_too() {
    let site = Site::start(vec![(VERMICELLI, vermicelli(false))]).await;
    let page = site.text(&format!("{PRODUCT}?lang=en")).await;
    let parts =
        ["Do not eat raw", "Mi\u{1ebf}n M\u{1eab}u", "Canna starch, water", "Keep out of the sun", "TCVN 0000:2024"];
    in_order(&page, &parts);
}

/// Products of ledgers from before these fields read as they did.
#[tokio::test]
async fn a_product_without_them_shows_none_of_their_words() {
    let site = Site::start(vec![(LATE, late_gtin())]).await;
    let page = site.text("/lot/1ATEGT1N00000000?lang=en").await;
    assert!(page.contains("canna tubers") || page.contains("c\u{1ee7} dong ri\u{1ec1}ng"));
    for word in ["Brand", "Ingredients", "Self-declared standards", "Business number"] {
        assert!(!page.contains(word), "{word}");
    }
}
