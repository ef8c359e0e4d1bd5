use alloc::string::ToString as _;

use proptest::prelude::*;

use super::*;

fn origin() -> Origin {
    Origin::parse("trace.example/ledger").unwrap()
}

fn lot(text: &str) -> Option<String> {
    LotUri::parse(&origin(), text).ok().map(|lot| lot.to_string())
}

#[test]
fn origins_are_hosts_with_paths() {
    for text in ["a", "localhost:8080", "trace.example", "trace.example/ledger", "10.0.0.1:1/a/b.c_d~e", "x-1.y:65535"]
    {
        let origin = Origin::parse(text).unwrap();
        assert_eq!(origin.as_str(), text);
        assert_eq!(origin.base(), format!("https://{text}"));
    }
    for (text, error) in [
        ("", OriginError::Host),
        ("A.example", OriginError::Host),
        ("https://a.example", OriginError::Port),
        ("-a.example", OriginError::Host),
        ("a..example", OriginError::Host),
        ("a_b.example", OriginError::Host),
        ("[::1]", OriginError::Host),
        ("a:0", OriginError::Port),
        ("a:", OriginError::Port),
        ("a:080", OriginError::Port),
        ("a:+80", OriginError::Port),
        ("a:65536", OriginError::Port),
        ("a/", OriginError::Path),
        ("a//b", OriginError::Path),
        ("a/..", OriginError::Path),
        ("a/B", OriginError::Path),
        ("a/b?c", OriginError::Path),
        ("a/b ", OriginError::Path),
        ("id.gs1.org", OriginError::ReservedHost),
        ("id.gs1.org:443/01", OriginError::ReservedHost),
    ] {
        assert_eq!(Origin::parse(text), Err(error), "{text}");
    }
    assert_eq!(Origin::parse(&"a".repeat(129)), Err(OriginError::TooLong));
}

#[test]
fn records_have_slugs() {
    let origin = origin();
    let uri = "https://trace.example/ledger/actor/hop-tac-xa-1";
    let actor = ActorUri::parse(&origin, uri).unwrap();
    assert_eq!(actor.slug(), "hop-tac-xa-1");
    assert_eq!(ActorUri::new(&origin, &Slug::parse("hop-tac-xa-1").unwrap()), actor);
    assert!(PlaceUri::parse(&origin, uri).is_err());
    assert!(ProductUri::parse(&origin, "https://trace.example/ledger/product/mien-dong").is_ok());
    assert!(PlaceUri::parse(&origin, "https://trace.example/ledger/place/p").is_ok());
    for text in [
        "http://trace.example/ledger/actor/a",
        "https://trace.example/actor/a",
        "https://trace.example/ledger/actor/",
        "https://trace.example/ledger/actor/A",
        "https://trace.example/ledger/actor/a/b",
        "https://trace.example/ledgeractor/a",
    ] {
        assert_eq!(ActorUri::parse(&origin, text), Err(RecordUriError), "{text}");
    }
    assert!(Slug::parse(&"a".repeat(40)).is_ok());
    assert_eq!(Slug::parse(&"a".repeat(41)), Err(SlugError));
}

#[test]
fn gtins_are_padded_and_checked() {
    for (text, full) in [
        ("02345673", "00000002345673"),
        ("416000336108", "00416000336108"),
        ("8931234567897", "08931234567897"),
        ("12312312312333", "12312312312333"),
    ] {
        assert_eq!(Gtin::parse(text).unwrap().as_str(), full);
    }
    for text in ["", "1234567", "123456789", "123123123123330", "1231231231233x", "+8931234567897"] {
        assert_eq!(Gtin::parse(text), Err(GtinError::Digits), "{text}");
    }
    assert_eq!(Gtin::parse("8931234567898"), Err(GtinError::CheckDigit));
}

#[test]
fn own_lots_and_packs_are_named_exactly() {
    let origin = origin();
    let text = "https://trace.example/ledger/lot/7K3M9QXV2T01";
    let lot = LotUri::parse(&origin, text).unwrap();
    assert_eq!(lot.as_str(), text);
    assert_eq!(lot.gtin(), None);
    assert_eq!(lot, LotUri::own(&origin, "7K3M9QXV2T01").unwrap());
    assert_eq!(lot.key().to_string(), "db632611644b4238d343ada91d140467c6950bc99c879ba0bf5afb9a8ed71ebc");
    let item = ItemUri::parse(&origin, "https://trace.example/ledger/lot/7K3M9QXV2T01/ABCDEFGHJKMN").unwrap();
    assert_eq!(item.lot(), &lot);
    assert_eq!(item.serial(), "ABCDEFGHJKMN");
    for text in [
        "https://trace.example/ledger/lot/7K3M9QXV2T0",
        "https://trace.example/ledger/lot/7k3m9qxv2t01",
        "https://trace.example/ledger/lot/7K3M9QXV2TI1",
        "https://trace.example/ledger/lot/7K3M9QXV2T01/",
        "https://trace.example/ledger/lot/7K3M9QXV2T01?x=1",
        "https://trace.example/ledger/lot/7K3M9QXV2T01/short",
        "https://other.example/ledger/lot/7K3M9QXV2T01",
        "http://trace.example/ledger/lot/7K3M9QXV2T01",
        "",
        "https://trace.example/ledger/lot/",
    ] {
        assert_eq!(name_of(&origin, text), Named::Other, "{text}");
    }
}

#[test]
fn gs1_lots_have_one_canonical_form() {
    let canonical = "https://id.gs1.org/01/08931234567897/10/L-2026%2F01";
    for text in [
        canonical,
        "https://id.gs1.org/01/08931234567897/10/L-2026%2f01",
        "http://id.gs1.org/01/08931234567897/10/L-2026%2F01?17=271123&x=y#z",
        "HTTPS://EXAMPLE.COM:8443/a/stem/01/8931234567897/10/L%2d2026%2f01",
        "https://trace.example/ledger/01/08931234567897/10/L-2026%2F01",
        "https://trace.example/ledger/lot/01/08931234567897/10/L-2026%2F01",
        "https://a/01/08931234567897/22/v2/10/L-2026%2F01",
        "urn:epc:class:lgtin:8931234.056789.L-2026%2F01",
    ] {
        assert_eq!(lot(text).as_deref(), Some(canonical), "{text}");
    }
    let parsed = LotUri::parse(&origin(), canonical).unwrap();
    assert_eq!(parsed.gtin(), Some(Gtin::parse("8931234567897").unwrap()));
    assert_eq!(LotUri::gs1(Gtin::parse("8931234567897").unwrap(), "L-2026/01"), Ok(parsed.clone()));
    assert_eq!(LotUri::gs1(Gtin::parse("8931234567897").unwrap(), ""), Err(LotUriError));
    assert_eq!(LotUri::gs1(Gtin::parse("8931234567897").unwrap(), "a b"), Err(LotUriError));
    let item = ItemUri::parse(&origin(), "https://x.example/01/8931234567897/10/L-2026%2F01/21/a%3f?x").unwrap();
    assert_eq!(item.as_str(), "https://id.gs1.org/01/08931234567897/10/L-2026%2F01/21/a%3F");
    assert_eq!(item.lot(), &parsed);
    assert_eq!(item.serial(), "a?");
    for text in [
        "https://id.gs1.org/01/08931234567898/10/A",
        "https://id.gs1.org/01/08931234567897",
        "https://id.gs1.org/01/08931234567897/21/A",
        "https://id.gs1.org/01/08931234567897/21/A/10/B",
        "https://id.gs1.org/01/08931234567897?10=A",
        "https://id.gs1.org/8006/089312345678970102/10/A",
        "https://id.gs1.org/00/006141411234567890",
        "urn:epc:id:sgtin:0614141.107346.2018",
        "urn:epc:class:lgtin:8931234.056789.",
        "urn:epc:class:lgtin:8931234.05678.A",
        "urn:epc:class:lgtin:8931234.05678\u{e9}.A",
        "urn:epc:class:lgtin:89312.34056789.A",
        "urn:epc:class:lgtin:..",
        "urn:epc:class:lgtin",
    ] {
        assert_eq!(name_of(&origin(), text), Named::Other, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn canonical_names_stand_still(
        digits in "[0-9]{13}",
        batch in "[!\"%-/0-9:-?A-Z_a-z]{1,20}",
        serial in proptest::option::of("[!\"%-/0-9:-?A-Z_a-z]{1,20}"),
    ) {
        let gtin = Gtin::parse(&format!("{digits}{}", char::from(digital_link::check_digit(digits.as_bytes())))).unwrap();
        let lot = LotUri::gs1(gtin, &batch).unwrap();
        prop_assert_eq!(&LotUri::parse(&origin(), lot.as_str()).unwrap(), &lot);
        prop_assert_eq!(lot.gtin(), Some(gtin));
        if let Some(serial) = serial {
            let mut text = lot.to_string();
            text.push_str("/21/");
            digital_link::push_encoded(&mut text, &serial);
            let item = ItemUri::parse(&origin(), &text).unwrap();
            prop_assert_eq!(item.as_str(), text);
            prop_assert_eq!(item.lot(), &lot);
            prop_assert_eq!(item.serial(), serial);
        }
    }

    #[test]
    fn own_names_stand_still(id in "[0-9A-HJKMNP-TV-Z]{12,32}", serial in "[0-9A-HJKMNP-TV-Z]{12,32}") {
        let lot = LotUri::own(&origin(), &id).unwrap();
        prop_assert_eq!(&LotUri::parse(&origin(), lot.as_str()).unwrap(), &lot);
        let item = ItemUri::parse(&origin(), &format!("{lot}/{serial}")).unwrap();
        prop_assert_eq!(item.lot(), &lot);
        prop_assert_eq!(item.serial(), serial);
    }

    #[test]
    fn any_text_is_named_calmly_and_canonically(
        tail in "[/?&=#%+0-9a-zA-Z:.\u{e9}-]{0,60}",
        free in any::<String>(),
        start in prop::sample::select(alloc::vec!["https://trace.example/ledger/", "https://trace.example/ledger/lot/", "https://a/01/08931234567897/10/", "urn:epc:class:lgtin:", ""]),
    ) {
        for text in [format!("{start}{tail}"), format!("{start}{free}")] {
            let named = name_of(&origin(), &text);
            let again = match &named {
                Named::Lot(lot) => name_of(&origin(), lot.as_str()),
                Named::Item(item) => name_of(&origin(), item.as_str()),
                Named::Other => continue,
            };
            prop_assert_eq!(again, named);
        }
        if let Ok(read) = Origin::parse(&free) {
            prop_assert_eq!(read.as_str(), &free);
        }
        let _ = Gtin::parse(&free);
    }
}
