//! Who registers whom and what, and what of it may change.

use super::*;
use crate::identifier::ActorUri;
use crate::state::ActorRecord;

/// The code and field of a refused registration.
#[track_caller]
fn refused(world: &mut World, who: u8, kind: &str, body: Value) -> (Code, String) {
    let refusal = world.refuse(who, kind, body);
    (refusal.code, refusal.field)
}

fn role_missing(field: &str) -> (Code, String) {
    (Code::RoleMissing, field.into())
}

fn actor_record(world: &World, slug: &str) -> ActorRecord {
    let uri = ActorUri::parse(&origin(), &named_actor(slug)).unwrap();
    match world.state.read(&Key::Actor(uri)) {
        Ok(Some(Record::Actor(actor))) => actor,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_charter_begins_a_ledger() {
    let mut world = World::empty();
    let malformed = |field: &str| (Code::MalformedStatement, format!("body.{field}"));
    let operator = charter()["operator"].clone();
    for (body, field) in [
        (with(charter(), "origin", "other.example".into()), "origin"),
        (with(charter(), "vkey", "x".into()), "vkey"),
        (with(charter(), "rulesVersion", 2.into()), "rulesVersion"),
        (with(charter(), "operator", with(operator.clone(), "roles", json!(["registrar"]))), "operator.roles"),
        (with(charter(), "operator", with(operator.clone(), "keys", json!([key_of(50).to_string()]))), "operator.keys"),
        (with(charter(), "operator", with(operator, "under", named_actor("above").into())), "operator.under"),
    ] {
        assert_eq!(refused(&mut world, OPERATOR, "charter", body), malformed(field));
    }
    assert_eq!(refused(&mut world, STRANGER, "charter", charter()), malformed("operator.keys"));
    let said = world.say(OPERATOR, "charter", charter());
    assert!(said.links.is_empty());
    // The operator's chain goes on from the charter.
    world.say(OPERATOR, "place", place("p", OPERATOR));
}

#[test]
fn a_registrar_registers_below_its_own_organisation() {
    let mut world = World::new();
    world.say(REGISTRAR, "actor", actor("member", "person", &["producer"], Some("coop"), &[20]));
    world.say(REGISTRAR, "actor", actor("team", "organisation", &[], Some("coop"), &[]));
    world.say(REGISTRAR, "actor", actor("deep", "device", &["device"], Some("team"), &[21]));
    // An organisation is its own registrar.
    world.say(MILL, "actor", actor("miller", "person", &["processor"], Some("mill"), &[22]));

    let person = |slug: &str, roles: &[&str], under: Option<&str>| actor(slug, "person", roles, under, &[]);
    for (who, body, field) in [
        (REGISTRAR, person("x", &[], None), "body.under"),
        (REGISTRAR, person("x", &[], Some("mill")), "body.under"),
        (MILL, person("x", &[], Some("coop")), "body.under"),
        (REGISTRAR, actor("coop", "organisation", &["producer"], None, &[]), "body.under"),
        // Taking over another's member, or one who stands alone.
        (MILL, person("member", &["producer"], Some("mill")), "body.id"),
        (REGISTRAR, person("inspector", &["inspector"], Some("coop")), "body.id"),
        (REGISTRAR, person("operator", &["operator"], Some("coop")), "body.id"),
        // Giving its own member away.
        (REGISTRAR, person("member", &["producer"], Some("mill")), "body.under"),
        (REGISTRAR, person("x", &["operator"], Some("coop")), "body.roles"),
        (REGISTRAR, person("x", &["producer", "registrar"], Some("coop")), "body.roles"),
        (REGISTRAR, person("member", &["inspector"], Some("coop")), "body.roles"),
        (FARMER, person("x", &[], Some("coop")), "signer"),
        (INSPECTOR, person("x", &[], None), "signer"),
    ] {
        assert_eq!(refused(&mut world, who, "actor", body.clone()), role_missing(field), "{body}");
    }
    // A role that the operator granted is kept.
    world.say(OPERATOR, "actor", person("member", &["producer", "inspector"], Some("coop")));
    world.say(REGISTRAR, "actor", person("member", &["inspector"], Some("coop")));
    assert!(!actor_record(&world, "member").has(crate::body::Role::Producer));
    // An operator below the co-op is not the registrar's to change, nor are its keys.
    world.say(OPERATOR, "actor", person("deputy", &["operator"], Some("coop")));
    assert_eq!(refused(&mut world, REGISTRAR, "actor", person("deputy", &[], Some("coop"))), role_missing("body.id"));
    assert_eq!(refused(&mut world, REGISTRAR, "key", key_change("deputy", "add", 30)), role_missing("body.actor"));
}

#[test]
fn at_most_eight_stand_above() {
    let mut world = World::new();
    let level = |number: u32| format!("level-{number}");
    world.say(OPERATOR, "actor", actor("level-0", "organisation", &[], None, &[]));
    for number in 1..=8 {
        world.say(OPERATOR, "actor", actor(&level(number), "organisation", &[], Some(&level(number - 1)), &[]));
    }
    let ninth = actor("level-9", "organisation", &[], Some("level-8"), &[]);
    assert_eq!(refused(&mut world, OPERATOR, "actor", ninth), (Code::NotAbove, "body.under".into()));
    // The lowest acts for the highest.
    world.say(OPERATOR, "actor", actor("level-0", "organisation", &["producer"], None, &[]));
    world.say(OPERATOR, "actor", actor("level-8", "organisation", &[], Some("level-7"), &[40]));
    let body = with(harvest("1", "canna", 1.0, "KGM"), "for", named_actor("level-0").into());
    world.event(40, body);
    assert_eq!(world.books("1"), "level-0 1");
    // No ring.
    let ring = actor("level-0", "organisation", &[], Some("level-5"), &[]);
    assert_eq!(refused(&mut world, OPERATOR, "actor", ring), (Code::NotAbove, "body.under".into()));
}

#[test]
fn nobody_acts_for_what_is_no_organisation_any_more() {
    let mut world = World::new();
    world.say(OPERATOR, "actor", actor("coop", "person", &["producer"], None, &[]));
    let refused = world.refused(FARMER, acting_for(harvest("1", "canna", 1.0, "KGM"), COOP));
    assert_eq!(refused, (Code::NotAbove, "body.for".into()));
}

#[test]
fn a_record_is_replaced_and_keys_stay() {
    let mut world = World::new();
    world.say(OPERATOR, "actor", actor("farmer", "person", &["seller"], None, &[FARMER, 20]));
    let record = actor_record(&world, "farmer");
    assert_eq!(
        (record.keys.as_slice(), record.active_keys, record.under),
        (&[key_of(FARMER), key_of(20)][..], 2, None)
    );
    assert_eq!(world.refused(FARMER, harvest("1", "canna", 1.0, "KGM")).0, Code::RoleMissing);
    assert_eq!(world.refused(FARMER, acting_for(harvest("1", "canna", 1.0, "KGM"), COOP)).0, Code::NotAbove);
    // A key does not go to another, and a revoked one does not come back by being listed.
    world.say(20, "key", key_change("farmer", "revoke", FARMER));
    world.say(OPERATOR, "actor", actor("farmer", "person", &["seller"], None, &[FARMER]));
    assert_eq!(world.refuse(FARMER, "place", place("p", FARMER)).code, Code::RevokedKey);
    assert_eq!(actor_record(&world, "farmer").active_keys, 1);
}

#[test]
fn keys_are_added_and_revoked() {
    let mut world = World::new();
    world.say(FARMER, "key", with(key_change("farmer", "add", 20), "reason", "A new phone".into()));
    // Each key has a chain of its own.
    world.event(20, harvest("1", "canna", 1.0, "KGM"));
    assert_eq!(refused(&mut world, FARMER, "key", key_change("farmer", "revoke", FARMER)), role_missing("body.revoke"));
    world.say(20, "key", key_change("farmer", "revoke", FARMER));
    assert_eq!(world.refuse(FARMER, "event", sell("1", 1.0)).code, Code::RevokedKey);
    assert_eq!(
        refused(&mut world, 20, "key", key_change("farmer", "add", FARMER)),
        (Code::KeyInUse, "body.add".into())
    );
    // The registrar may take the last key away and give another; registrars of others and members may not.
    for who in [MILL, CARRIER, COOP] {
        assert_eq!(refused(&mut world, who, "key", key_change("farmer", "revoke", 20)), role_missing("body.actor"));
    }
    world.say(REGISTRAR, "key", key_change("farmer", "revoke", 20));
    world.say(REGISTRAR, "key", key_change("farmer", "add", 21));
    world.event(21, sell("1", 1.0));
    // A co-op's registrar does not hold its keys, the operator does.
    assert_eq!(refused(&mut world, REGISTRAR, "key", key_change("coop", "add", 30)), role_missing("body.actor"));
    world.say(OPERATOR, "key", key_change("coop", "add", 30));
}

#[test]
fn an_operator_stays() {
    let mut world = World::new();
    let last = (Code::LastOperatorKey, "body.revoke".to_string());
    assert_eq!(refused(&mut world, OPERATOR, "key", key_change("operator", "revoke", OPERATOR)), last);
    world.say(OPERATOR, "key", key_change("operator", "add", 20));
    world.say(OPERATOR, "key", key_change("operator", "revoke", OPERATOR));
    assert_eq!(world.refuse(OPERATOR, "place", place("p", OPERATOR)).code, Code::RevokedKey);
    assert_eq!(refused(&mut world, 20, "key", key_change("operator", "revoke", 20)), last);
    let demoted = actor("operator", "organisation", &["registrar"], None, &[]);
    assert_eq!(refused(&mut world, 20, "actor", demoted), (Code::LastOperatorKey, "body.roles".into()));
    // Not even another operator unseats it.
    world.say(20, "actor", actor("deputy", "person", &["operator"], None, &[21]));
    let demoted = actor("operator", "organisation", &[], None, &[]);
    assert_eq!(refused(&mut world, 21, "actor", demoted), (Code::LastOperatorKey, "body.roles".into()));
    world.say(21, "actor", actor("deputy", "person", &[], None, &[]));
    assert_eq!(world.refuse(21, "actor", actor("deputy", "person", &["operator"], None, &[])).code, Code::RoleMissing);
}

#[test]
fn an_actor_has_sixteen_keys() {
    let mut world = World::new();
    let seeds: Vec<u8> = (100..115).collect();
    world.say(OPERATOR, "actor", actor("farmer", "person", &["producer"], Some("coop"), &seeds));
    let many = (Code::MalformedStatement, "body.add".to_string());
    assert_eq!(refused(&mut world, FARMER, "key", key_change("farmer", "add", 120)), many);
    world.say(FARMER, "key", key_change("farmer", "revoke", 100));
    world.say(FARMER, "key", key_change("farmer", "add", 120));
}

#[test]
fn products_keep_owner_dimension_and_gtin() {
    let mut world = World::new();
    world.say(
        REGISTRAR,
        "product",
        with(product("rice", Some("KGM"), &[("canna", 1.0)]), "gtin", json!("08936012345674")),
    );
    let theirs = role_missing("body.id");
    assert_eq!(refused(&mut world, MILL, "product", product("rice", Some("KGM"), &[])), theirs);
    assert_eq!(refused(&mut world, MILL, "product", product("canna", Some("KGM"), &[])), theirs);
    let unit = (Code::UnitMismatch, "body.unit".to_string());
    assert_eq!(refused(&mut world, REGISTRAR, "product", product("rice", None, &[])), unit);
    // Grams are kilograms; and the GTIN stays the product's when a later version leaves it out.
    world.say(REGISTRAR, "product", product("rice", Some("GRM"), &[]));
    let other = with(product("bran", Some("KGM"), &[]), "gtin", json!("08936012345674"));
    assert_eq!(refused(&mut world, REGISTRAR, "product", other), (Code::GtinInUse, "body.gtin".into()));
    world.say(OPERATOR, "product", with(product("rice", Some("KGM"), &[]), "gtin", json!("08936012345674")));
    // The operator's hand does not make it the operator's.
    world.say(REGISTRAR, "product", product("rice", Some("KGM"), &[]));
    let own = (Code::MalformedStatement, "body.madeFrom[0].product".to_string());
    assert_eq!(refused(&mut world, REGISTRAR, "product", product("rice", Some("KGM"), &[("rice", 1.0)])), own);
}

#[test]
fn places_are_their_owners() {
    let mut world = World::new();
    let not_theirs = role_missing("body.owner");
    world.say(FARMER, "place", place("field", FARMER));
    assert_eq!(refused(&mut world, FARMER, "place", place("hall", COOP)), not_theirs);
    assert_eq!(refused(&mut world, MILL, "place", place("field", MILL)), not_theirs);
    assert_eq!(refused(&mut world, SHOP, "place", place("field", FARMER)), not_theirs);
    assert_eq!(refused(&mut world, FARMER, "place", place("field", SHOP)), not_theirs);
    world.say(REGISTRAR, "place", place("field", COOP));
    assert_eq!(refused(&mut world, FARMER, "place", place("field", FARMER)), not_theirs);
    world.say(OPERATOR, "place", place("field", SHOP));
    assert_eq!(refused(&mut world, REGISTRAR, "place", place("field", COOP)), not_theirs);
    world.say(SHOP, "place", place("field", SHOP));
}

#[test]
fn a_word_on_an_entry_links_its_lots() {
    let mut world = World::new();
    let said = world.event(FARMER, harvest("1", "canna", 1.0, "KGM"));
    let word = |entry: &Accepted| json!({ "entry": entry.leaf_hash.to_string(), "claim": "stands_by" });
    let attested = world.say(CARRIER, "attest", word(&said));
    assert_eq!((attested.links.len(), world.lot("1").seq), (1, 2));
    // A word on a word links the same.
    assert_eq!(world.say(SHOP, "attest", word(&attested)).links.len(), 1);
    let registered = world.log[1].clone();
    assert!(world.say(SHOP, "attest", word(&registered)).links.is_empty());
}
