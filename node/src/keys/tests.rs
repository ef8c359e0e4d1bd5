use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    (folder, path)
}

#[test]
fn a_key_is_read_back_and_never_overwritten() {
    let (_folder, path) = file();
    let key = generate().unwrap();
    save(&path, &key, None).unwrap();
    assert_eq!(path.metadata().unwrap().mode() & 0o777, KEY_FILE_MODE);
    assert_eq!(load(&path, || None).unwrap().to_bytes(), key.to_bytes());
    assert!(matches!(save(&path, &generate().unwrap(), None), Err(KeyFileError::Exists { .. })));
    assert_eq!(load(&path, || None).unwrap().to_bytes(), key.to_bytes());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let (_folder, path) = file();
    save(&path, &generate().unwrap(), None).unwrap();
    for mode in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = load(&path, || None).unwrap_err();
        assert!(matches!(error, KeyFileError::Open { mode: found, .. } if found == mode), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_passphrase_is_needed_and_must_be_right() {
    let (_folder, path) = file();
    let key = generate().unwrap();
    let passphrase = |text: &str| Passphrase::new(text.to_owned());
    save(&path, &key, Some(&passphrase("dong rieng"))).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains(ENCRYPTED_LABEL));
    assert!(matches!(load(&path, || None), Err(KeyFileError::PassphraseNeeded { .. })));
    assert!(matches!(load(&path, || Some(passphrase("other"))), Err(KeyFileError::WrongPassphrase { .. })));
    assert_eq!(load(&path, || Some(passphrase("dong rieng"))).unwrap().to_bytes(), key.to_bytes());
    assert_eq!(format!("{:?}", passphrase("dong rieng")), "Passphrase(..)");
}

#[test]
fn what_is_no_key_is_told() {
    let (_folder, path) = file();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(KEY_FILE_MODE).open(&path).unwrap();
    file.write_all(&[0xff, 0xfe, b'x']).unwrap();
    assert!(matches!(load(&path, || None), Err(KeyFileError::Malformed { .. })));
    assert!(matches!(load(Path::new("/nowhere/key.pem"), || None), Err(KeyFileError::Io { .. })));
}
