//! What is acknowledged is on the disk, and nothing that the disk holds lets anybody in.

use super::*;
use crate::testing::{NOW, Person, actor, origin};

fn asked(number: u8) -> Asked {
    Asked {
        organisation: ActorUri::parse(&origin(), &actor("coop")).unwrap(),
        roles: vec![Role::Producer],
        name: Some("Household 7".to_owned()),
        expires_at: None,
        by: PublicKey::from_hex(&Person::new("registrar").hex()).unwrap(),
        request: Hash::of(&[number]),
    }
}

fn key(slug: &str) -> PublicKey {
    PublicKey::from_hex(&Person::new(slug).hex()).unwrap()
}

fn later(millis: i64) -> UnixMillis {
    UnixMillis::new(NOW.get() + millis)
}

#[test]
fn invitations_survive_a_restart_and_the_token_is_not_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invitations");
    let store = InvitationStore::open(path.clone(), &origin()).unwrap();
    let (token, made) = store.create(asked(1), NOW).unwrap();
    assert_eq!(token.letters().len(), TOKEN_CHARS);
    store.claim(&token, key("grower"), "Ms Hoa".to_owned(), NOW).unwrap();
    let files: Vec<_> = fs::read_dir(&path).unwrap().map(|item| item.unwrap().path()).collect();
    assert_eq!(files, [path.join(format!("{}.json", made.id()))]);
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(!text.contains(&token.letters()) && text.contains("Ms Hoa"));
    // A file that is cut short or of somebody else is passed over.
    fs::write(path.join("x.json"), "{").unwrap();
    fs::write(path.join("y.json.tmp"), &text).unwrap();
    let again = InvitationStore::open(path.clone(), &origin()).unwrap();
    assert_eq!(again.find(&token), store.find(&token));
    assert_eq!(again.of_organisation(&made.organisation).len(), 1);

    // Names go when it is taken back, and everything when it is forgotten.
    let revoked = again.revoke(made.id()).unwrap();
    assert!(revoked.is_revoked && revoked.name.is_none());
    assert!(!fs::read_to_string(&files[0]).unwrap().contains("Ms Hoa"));
    again.forget(made.id(), NOW).unwrap();
    assert!(!files[0].exists() && again.find(&token).is_none());
    assert!(matches!(again.create(asked(1), NOW), Err(InvitationError::Replayed)));
    assert!(InvitationStore::open(path, &origin()).unwrap().find(&token).is_none());
}

#[test]
fn an_invitation_serves_one_key_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = InvitationStore::open(folder.path().to_owned(), &origin()).unwrap();
    let (token, made) = store.create(asked(1), NOW).unwrap();
    let claim = |slug: &str, at: UnixMillis| store.claim(&token, key(slug), "x".to_owned(), at);
    let end = made.expires_at;
    assert_eq!(end, later(LIFE_DEFAULT_MILLIS));
    assert!(matches!(claim("a", end), Err(InvitationError::Expired)));
    claim("a", later(1)).unwrap();
    claim("a", end).unwrap();
    assert!(matches!(claim("b", later(2)), Err(InvitationError::Used)));
    store.revoke(made.id()).unwrap();
    assert!(matches!(claim("a", later(3)), Err(InvitationError::Revoked)));
    let other = Token::parse("00000000000000000000000000").unwrap();
    assert!(matches!(store.claim(&other, key("a"), "x".to_owned(), NOW), Err(InvitationError::Unknown)));
}

#[test]
fn lives_and_numbers_are_bounded_and_old_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = InvitationStore::open(folder.path().to_owned(), &origin()).unwrap();
    for millis in [0, -1, LIFE_MAX_MILLIS + 1] {
        let asked = Asked { expires_at: Some(later(millis)), ..asked(1) };
        assert!(matches!(store.create(asked, NOW), Err(InvitationError::Life)));
    }
    let (_, made) = store.create(asked(1), NOW).unwrap();
    assert!(matches!(store.create(asked(1), NOW), Err(InvitationError::Replayed)));
    // As if there were many.
    for number in 0..ORGANISATION_MAX - 1 {
        let token_hash = Hash::of(format!("{number}").as_bytes());
        let one = Invitation { token_hash, request: token_hash, ..made.clone() };
        store.lock().invitations.insert(one.id(), one);
    }
    assert!(matches!(store.create(asked(2), NOW), Err(InvitationError::TooMany)));
    store.create(asked(2), later(LIFE_DEFAULT_MILLIS + KEPT_MILLIS + 1)).unwrap();
    assert_eq!(store.of_organisation(&made.organisation).len(), 1);
}

#[test]
fn a_token_has_one_spelling_and_may_be_typed_by_hand() {
    let token = Token::parse("01234-56789 abcdefghjkmnpqr0").unwrap();
    assert_eq!(token.letters(), "0123456789ABCDEFGHJKMNPQR0");
    assert_eq!(Token::parse("O123456789abcdefghjkmnpqr0"), Some(token));
    for wrong in ["", "0123456789ABCDEFGHJKMNPQR", "0123456789ABCDEFGHJKMNPQR00", "0123456789ABCDEFGHJKMNPQR1", "U"] {
        assert_eq!(Token::parse(wrong), None, "{wrong}");
    }
}
