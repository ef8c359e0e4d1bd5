use super::{ItemLink, LinkError, Subject, View};

const ORIGIN: &str = "so.example.vn";

fn uri(text: &str) -> Result<String, LinkError> {
    Ok(ItemLink::parse(text)?.lot_uri(ORIGIN))
}

#[test]
fn every_spelling_of_a_gs1_lot_is_one_uri() {
    let canonical = "https://id.gs1.org/01/08931234567897/10/260312A";
    for spelling in [
        canonical,
        "https://t.example.vn/01/08931234567897/10/260312A",
        "https://t.example.vn/some/stem/01/08931234567897/10/260312A/21/0123456789ABCD?17=271231#k=0a0b0c0d",
        "HTTPS://T.EXAMPLE.VN/01/8931234567897/22/2A/10/260312A/",
        "/01/8931234567897/10/2603%312A",
    ] {
        assert_eq!(uri(spelling).unwrap(), canonical, "{spelling}");
    }
}

#[test]
fn own_lots_are_read_from_a_link_or_typed_by_hand() {
    let canonical = "https://so.example.vn/lot/0123456789ABCDEF";
    for spelling in [canonical, " 0123456789abcdef ", "http://localhost:1/x/lot/0123456789ABCDEF/AAAABBBBCCCCD"] {
        assert_eq!(uri(spelling).unwrap(), canonical, "{spelling}");
    }
}

#[test]
fn faults_are_named() {
    for no_link in ["https://t.example.vn/01/08931234567896/10/A", "/01/08931234567897/10/123456789012345678901", "x/y"]
    {
        assert!(matches!(uri(no_link), Err(LinkError::DigitalLink(_))), "{no_link}");
    }
    assert_eq!(uri("/01/08931234567897"), Err(LinkError::NoLot));
    assert_eq!(uri("/lot/0123456789ABCDEI"), Err(LinkError::BadLot));
    assert_eq!(uri("/lot/0123456789ABCDEF/short"), Err(LinkError::BadSerial));
    assert_eq!(uri(&"A".repeat(1_000)), Err(LinkError::NoLot));
}

#[test]
fn views_stand_after_the_lot_or_the_pack() {
    for (path, view, serial) in [
        ("/lot/0123456789ABCDEF/qr.svg", View::QrSvg, None),
        ("/lot/0123456789ABCDEF/AAAABBBBCCCCD/qr.png", View::QrPng, Some("AAAABBBBCCCCD")),
        ("/01/08931234567897/10/qr.svg", View::Page, None),
        ("/01/08931234567897/10/A/proof.json", View::Proof, None),
        ("/01/08931234567897/10/A/proof.bin", View::DenseProof, None),
        ("/01/08931234567897/10/A/21/S%2F1/qr.svg", View::QrSvg, Some("S/1")),
    ] {
        let (Subject::Item(link), found) = Subject::parse(path, "").unwrap() else { panic!("{path}") };
        assert_eq!((found, link.serial()), (view, serial), "{path}");
    }
}

#[test]
fn attributes_in_the_query_are_read_and_the_rest_is_left_alone() {
    let path = "/01/08931234567897/10/A";
    for (query, is_good) in [
        ("", true),
        ("17=271231&utm_source=x|y&linkType=gs1:pip&lang=en", true),
        ("17=991332", false),
        ("9999=1", false),
        ("10=B", false),
    ] {
        assert_eq!(Subject::parse(path, query).is_ok(), is_good, "{query}");
    }
}

#[test]
fn every_qualifier_and_every_other_key_is_read() {
    let product = |is_named_closer| Subject::Product { gtin: "08931234567897".to_owned(), is_named_closer };
    for (path, subject) in [
        ("/01/8931234567897", product(false)),
        ("/01/08931234567897/", product(false)),
        ("/01/08931234567897/22/2A", product(true)),
        ("/01/08931234567897/21/S1", product(true)),
        ("/01/08931234567897/235/ABC", product(true)),
        ("/00/006141411234567890", Subject::OtherKey),
    ] {
        assert_eq!(Subject::parse(path, "").unwrap(), (subject, View::Page), "{path}");
    }
    let (subject, _) = Subject::parse("/01/08931234567897/22/2A/10/B/21/S1", "").unwrap();
    let Subject::Item(link) = subject else { panic!("a lot stands there") };
    assert_eq!(link.page_path(), "/01/08931234567897/10/B/21/S1");
    assert!(Subject::parse("/01/08931234567897/10/B/22/2A", "").is_err(), "the order is fixed");
}

#[test]
fn a_lot_number_of_our_own_form_may_name_an_own_lot() {
    let link = ItemLink::parse("/01/08931234567897/10/0123456789ABCDEF/21/AAAABBBBCCCCD").unwrap();
    assert_eq!(link.own_lot().unwrap().page_path(), "/lot/0123456789ABCDEF/AAAABBBBCCCCD");
    assert_eq!(ItemLink::parse("/01/08931234567897/10/MD-250112").unwrap().own_lot(), None);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    #[test]
    fn the_page_path_leads_back_to_the_same_link(lot in "[!-~&&[^$@\\[\\]^`{|}~#\\\\]]{1,20}", serial in "[!-~&&[^$@\\[\\]^`{|}~#\\\\]]{1,20}") {
        let path = format!("/01/08931234567897/10/{}/21/{}", super::percent_encode(&lot), super::percent_encode(&serial));
        let (subject, view) = Subject::parse(&path, "").unwrap();
        let Subject::Item(link) = subject else { panic!("no lot in {path}") };
        proptest::prop_assert_eq!(link.page_path(), path);
        proptest::prop_assert_eq!((link.serial(), view), (Some(serial.as_str()), View::Page));
    }

    #[test]
    fn nothing_typed_makes_it_panic(text in "\\PC{0,80}") {
        let _ = ItemLink::parse(&text);
    }
}
