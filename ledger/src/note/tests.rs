use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::{format, vec};

use proptest::prelude::*;
use signed_note::{Signer as _, Verifier as _};

use super::*;
use crate::key::PublicKey;

const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn verifier(name: &KeyName, key: &SigningKey) -> VerifierKey {
    let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
    VerifierKey::new(name.clone(), SignatureType::Ed25519, public).unwrap()
}

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

/// The private key in the spelling of another implementation.
fn oracle_signer(name: &KeyName, key: &SigningKey) -> signed_note::StandardSigner {
    let secret = BASE64_STANDARD.encode([&[1], key.to_bytes().as_slice()].concat());
    let id = verifier(name, key).id();
    signed_note::StandardSigner::new(&format!("PRIVATE+KEY+{name}+{id}+{secret}")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn notes_verify_both_ways(text in "([ -~\u{a0}-\u{200}]{0,20}\n){1,4}", label in "[a-z./]{1,12}", seed: u8, at: u16) {
        let (name, key) = (name(&label), key(seed));
        let known = verifier(&name, &key);
        let note = Note::sign(text.clone(), &name, &key).unwrap();
        let bytes = note.to_string().into_bytes();
        prop_assert_eq!(Note::parse(&bytes), Ok(note.clone()));
        prop_assert_eq!(note.verify(&[&known]).unwrap().len(), 1);

        let signer = oracle_signer(&name, &key);
        let theirs = signed_note::StandardVerifier::new(&known.to_string()).unwrap();
        prop_assert_eq!(theirs.key_id().to_be_bytes(), *known.id().as_bytes());
        let list = signed_note::VerifierList::new(vec![Box::new(theirs)]);
        let read = signed_note::Note::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.text(), text.as_bytes());
        prop_assert!(read.verify(&list).is_ok());
        prop_assert_eq!(signer.sign(text.as_bytes()).unwrap(), note.signatures()[0].bytes());
        let mut made = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
        made.add_sigs(&[&signer]).unwrap();
        prop_assert_eq!(made.to_bytes(), bytes.clone());

        // Any one bit turned must leave the note unreadable, unknown or invalid.
        let mut damaged = bytes;
        let at = usize::from(at) % (damaged.len() * 8);
        damaged[at / 8] ^= 1 << (at % 8);
        prop_assert!(Note::parse(&damaged).map_or(true, |note| note.verify(&[&known]).is_err()));
    }

    #[test]
    fn whatever_parses_reads_the_same_elsewhere(
        note in "[ab\n]{0,6}\n{0,3}(\u{2014} [a+ ]{0,2} (AAAAAAA=|AAAA|AAAAAAB=|AAAAAAAA|)\n{0,2}){0,3}",
    ) {
        let ours = Note::parse(note.as_bytes());
        let theirs = signed_note::Note::from_bytes(note.as_bytes());
        prop_assert_eq!(ours.is_ok(), theirs.is_ok());
        if let Ok(ours) = ours {
            prop_assert_eq!(ours.to_string(), note);
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }
}

#[test]
fn the_example_of_the_specification_verifies() {
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    assert_eq!(key.to_string(), EXAMPLE_KEY);
    let note = Note::parse(EXAMPLE_NOTE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify(&[&key]).unwrap(), [VerifiedSignature { key: &key, time: None }]);
}

#[test]
fn unknown_lines_are_passed_over_and_known_ones_must_hold() {
    let (log, other) = (name("log"), name("other"));
    let (known, unknown) = (verifier(&log, &key(1)), verifier(&log, &key(2)));
    let mut note = Note::sign("text\n".into(), &log, &key(1)).unwrap();
    let line = |name: &KeyName, id: KeyId, bytes: &[u8]| NoteSignature::new(name.clone(), id, bytes.to_vec()).unwrap();
    // Same name or same id alone is another key; so is a type that nobody here knows, whatever its length.
    note.add_signature(line(&log, unknown.id(), &[7; 64])).unwrap();
    note.add_signature(line(&other, known.id(), &[7; 2500])).unwrap();
    assert_eq!(note.verify(&[&known]).unwrap().len(), 1);
    assert_eq!(note.verify(&[&verifier(&other, &key(3))]), Err(VerifyNoteError::NoKnownSignature));
    assert_eq!(note.verify(&[]), Err(VerifyNoteError::NoKnownSignature));
    // A known key is known however often it is given.
    assert_eq!(note.verify(&[&known, &known]).unwrap().len(), 1);
    // A bad line under a known key spoils the note although a good one stands before it.
    for bytes in [&[7; 64][..], &[7; 63], &[7; 65], &[7]] {
        let mut spoiled = note.clone();
        spoiled.add_signature(line(&log, known.id(), bytes)).unwrap();
        let error = VerifyNoteError::InvalidSignature { name: log.clone(), key_id: known.id() };
        assert_eq!(spoiled.verify(&[&known]), Err(error));
    }
}

#[test]
fn signatures_are_counted() {
    let log = name("log");
    let mut note = Note::sign("text\n".into(), &log, &key(1)).unwrap();
    let line = |id: u8| NoteSignature::new(name("w"), KeyId::from_bytes([0, 0, 0, id]), vec![1]).unwrap();
    for id in 1..64 {
        note.add_signature(line(id)).unwrap();
        note.add_signature(line(id)).unwrap();
    }
    assert_eq!(note.signatures().len(), NOTE_SIGNATURES_MAX);
    assert_eq!(note.add_signature(line(64)), Err(TooManySignatures));
    assert_eq!(Note::parse(note.to_string().as_bytes()).as_ref(), Ok(&note));
    let longer = format!("{note}{}\n", line(64));
    assert_eq!(Note::parse(longer.as_bytes()), Err(ParseNoteError::TooManySignatures));
}

#[test]
fn malformed_notes_are_refused() {
    let line = "\u{2014} a AAAAAAA=\n";
    let parse = |text: &str| Note::parse(text.as_bytes()).map(|note| note.text().to_string());
    assert_eq!(parse(&format!("a\n\n{line}")).as_deref(), Ok("a\n"));
    assert_eq!(parse(&format!("a\n\n\n{line}")).as_deref(), Ok("a\n\n"));
    assert_eq!(parse(&format!("a\n\nb\n\n{line}")).as_deref(), Ok("a\n\nb\n"));
    assert_eq!(parse(&format!("\n\n{line}")).as_deref(), Ok("\n"));
    assert_eq!(parse(""), Err(ParseNoteError::Unsigned));
    assert_eq!(parse("a\n\n"), Err(ParseNoteError::Unsigned));
    assert_eq!(parse(&format!("\n{line}")), Err(ParseNoteError::Unsigned));
    assert_eq!(parse(&format!("a\n\n{}", line.trim_end())), Err(ParseNoteError::Unsigned));
    assert_eq!(parse(&format!("a\r\n\n{line}")), Err(ParseNoteError::ControlCharacter));
    assert_eq!(parse(&format!("a\t\n\n{line}")), Err(ParseNoteError::ControlCharacter));
    assert_eq!(Note::parse(&[0xff, b'\n', b'\n']), Err(ParseNoteError::Utf8));
    for (bad, source) in [
        ("- a AAAAAAA=", SignatureLineError::Shape),
        ("\u{2014} AAAAAAA=", SignatureLineError::Shape),
        ("\u{2014}  AAAAAAA=", SignatureLineError::Name(KeyNameError)),
        ("\u{2014} a+b AAAAAAA=", SignatureLineError::Name(KeyNameError)),
        ("\u{2014} a\u{a0}b AAAAAAA=", SignatureLineError::Name(KeyNameError)),
        ("\u{2014} a AAAAAA==", SignatureLineError::Signature),
        ("\u{2014} a AAAAAAA", SignatureLineError::Signature),
        ("\u{2014} a AAAAAAB=", SignatureLineError::Signature),
        ("\u{2014} a  AAAAAAA=", SignatureLineError::Signature),
        ("\u{2014} a AAAAAAA= ", SignatureLineError::Signature),
    ] {
        assert_eq!(parse(&format!("a\n\n{line}{bad}\n")), Err(ParseNoteError::Line { line: 1, source }), "{bad}");
    }
    for text in ["", "no line feed", "a\r\n", "a\u{1}\n"] {
        assert_eq!(Note::sign(text.into(), &name("log"), &key(1)), Err(NoteTextError));
    }
}

#[test]
fn malformed_keys_are_refused() {
    let parse = |text: &str| text.parse::<VerifierKey>();
    assert_eq!(parse(""), Err(VerifierKeyError::Shape));
    assert_eq!(parse("a+b"), Err(VerifierKeyError::Shape));
    assert_eq!(parse(&EXAMPLE_KEY.replace("530d903a", "530D903A")), Err(VerifierKeyError::Shape));
    assert_eq!(parse(&EXAMPLE_KEY.replace("530d903a", "530d903")), Err(VerifierKeyError::Shape));
    assert_eq!(parse(&format!("{EXAMPLE_KEY}=")), Err(VerifierKeyError::Shape));
    assert_eq!(parse(&format!(" {EXAMPLE_KEY}")), Err(VerifierKeyError::Name(KeyNameError)));
    assert_eq!(parse(EXAMPLE_KEY.trim_start_matches("example.com/foo")), Err(VerifierKeyError::Name(KeyNameError)));
    assert!(matches!(parse(&EXAMPLE_KEY.replace("foo", "bar")), Err(VerifierKeyError::WrongId { .. })));
    assert_eq!(parse("a+00000000+Ag=="), Err(VerifierKeyError::UnsupportedType { byte: 2 }));
    assert_eq!(parse("a+00000000+AQ=="), Err(VerifierKeyError::Key));
    assert_eq!(parse("a+00000000+"), Err(VerifierKeyError::Shape));
    // The neutral element: every engine has its own mind about signatures under it.
    let weak = BASE64_STANDARD.encode([&[1_u8, 1][..], &[0; 31]].concat());
    assert_eq!(parse(&format!("a+00000000+{weak}")), Err(VerifierKeyError::Key));
    // Base64 of a key may itself hold plus signs.
    let plus = "example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    assert_eq!(parse(plus).unwrap().to_string(), plus);
}
