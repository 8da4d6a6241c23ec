//! What the guard of the wire lets pass and what it refuses, on small .proto files.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[path = "../examples/protogen/lock.rs"]
mod lock;
#[path = "../examples/protogen/rules.rs"]
mod rules;

use lock::Wire;

const BEFORE: &str = "
    service Zoo { rpc Visit(Animal) returns (stream Animal); }
    message Animal {
      uint32 legs = 1;
      string name = 2;
      optional double weight = 3;
      repeated Animal children = 4;
      map<string, uint64> feed = 5;
      oneof home { string cage = 6; string pond = 7; }
      Kind kind = 8;
      enum Kind { KIND_UNSPECIFIED = 0; KIND_BIRD = 1; KIND_FISH = 2; }
    }
    message Nothing {}";

fn wire(body: &str) -> Wire {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("zoo.proto");
    std::fs::write(&file, format!("syntax = \"proto3\"; package zoo.v1; {body}")).unwrap();
    Wire::from_descriptors(&protox::compile([&file], [dir.path()]).unwrap()).unwrap()
}

/// `BEFORE` with one text replaced.
fn changed(old: &str, new: &str) -> Wire {
    assert!(BEFORE.contains(old), "{old}");
    wire(&BEFORE.replace(old, new))
}

/// The lock of `wire` as it is read again from its file.
fn locked(wire: &Wire) -> Wire {
    wire.to_string().parse().unwrap()
}

fn allowed(after: &Wire) -> String {
    rules::advance(&locked(&wire(BEFORE)), after).unwrap().to_string()
}

fn refused(after: &Wire, because: &str) {
    let refusals = rules::advance(&locked(&wire(BEFORE)), after).unwrap_err();
    assert!(refusals.iter().any(|refusal| refusal.contains(because)), "{because}: {refusals:?}");
}

#[test]
fn the_lock_lists_every_field_value_and_method() {
    let text = wire(BEFORE).to_string();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "zoo.v1.Animal 1 legs: uint32",
            "zoo.v1.Animal 2 name: string",
            "zoo.v1.Animal 3 weight: optional double",
            "zoo.v1.Animal 4 children: repeated zoo.v1.Animal",
            "zoo.v1.Animal 5 feed: map<string,uint64>",
            "zoo.v1.Animal 6 cage: oneof home string",
            "zoo.v1.Animal 7 pond: oneof home string",
            "zoo.v1.Animal 8 kind: zoo.v1.Animal.Kind",
            "zoo.v1.Animal.Kind 0 KIND_UNSPECIFIED: value",
            "zoo.v1.Animal.Kind 1 KIND_BIRD: value",
            "zoo.v1.Animal.Kind 2 KIND_FISH: value",
            "zoo.v1.Nothing empty",
            "method zoo.v1.Zoo.Visit: zoo.v1.Animal -> stream zoo.v1.Animal",
        ]
    );
}

#[test]
fn nothing_changed_changes_nothing() {
    assert_eq!(allowed(&wire(BEFORE)), wire(BEFORE).to_string());
}

#[test]
fn the_first_lock_is_what_there_is() {
    let first = rules::advance(&Wire::default(), &wire(BEFORE)).unwrap();
    assert_eq!(first, wire(BEFORE));
}

#[test]
fn new_fields_values_messages_and_methods_are_let_in() {
    let lock = allowed(&changed("Kind kind = 8;", "Kind kind = 8; bool tame = 9;"));
    assert!(lock.contains("zoo.v1.Animal 9 tame: bool\n"));
    let lock = allowed(&changed("KIND_FISH = 2;", "KIND_FISH = 2; KIND_CAT = 3;"));
    assert!(lock.contains("KIND_CAT"));
    let lock =
        allowed(&changed("message Nothing {}", "message Nothing {} message Ticket { bytes code = 1; }"));
    assert!(lock.contains("zoo.v1.Ticket 1 code: bytes\n"));
    allowed(&changed("rpc Visit", "rpc Close(Nothing) returns (Nothing); rpc Visit"));
}

#[test]
fn another_name_for_the_same_number_and_type_is_let_in() {
    let lock = allowed(&changed("uint32 legs = 1;", "uint32 feet = 1;"));
    assert!(lock.contains("zoo.v1.Animal 1 feet: uint32\n") && !lock.contains("legs"));
}

#[test]
fn another_type_or_label_is_refused() {
    let was = "zoo.v1.Animal 1 was `legs: uint32`";
    for new in [
        "uint64 legs = 1;",
        "sint32 legs = 1;",
        "optional uint32 legs = 1;",
        "repeated uint32 legs = 1;",
        "uint64 feet = 1;",
        "oneof limbs { uint32 legs = 1; }",
    ] {
        refused(&changed("uint32 legs = 1;", new), was);
    }
    refused(&changed("map<string, uint64> feed", "map<string, int64> feed"), "Animal 5 was");
    refused(&changed("repeated Animal children", "repeated Nothing children"), "Animal 4 was");
    refused(&changed("oneof home {", "oneof house {"), "Animal 6 was");
    refused(&changed("Kind kind = 8;", "uint32 kind = 8;"), "Animal 8 was");
}

#[test]
fn another_number_is_refused() {
    refused(&changed("uint32 legs = 1;", "uint32 legs = 9;"), "zoo.v1.Animal.legs has number 1, not 9");
    refused(&changed("KIND_BIRD = 1;", "KIND_BIRD = 7;"), "Kind.KIND_BIRD has number 1, not 7");
    let swapped = changed("string cage = 6; string pond = 7;", "string cage = 7; string pond = 6;");
    refused(&swapped, "Animal.cage has number 6, not 7");
    refused(&swapped, "Animal.pond has number 7, not 6");
}

#[test]
fn removing_is_refused_unless_number_and_name_are_reserved() {
    for new in [
        "",
        "reserved 1;",
        "reserved \"legs\";",
        "reserved 9; reserved \"legs\";",
        "reserved 1; reserved \"feet\";",
    ] {
        refused(
            &changed("uint32 legs = 1;", new),
            "Animal.legs is gone: write `reserved 1;` and `reserved \"legs\";`",
        );
    }
    let lock = allowed(&changed("uint32 legs = 1;", "reserved 1; reserved \"legs\";"));
    assert!(lock.contains("zoo.v1.Animal 1 legs reserved\n"));

    refused(&changed("KIND_FISH = 2;", ""), "Kind.KIND_FISH is gone");
    // Ranges of an enum include their end, those of a message do not.
    let lock = allowed(&changed("KIND_FISH = 2;", "reserved 2 to 2; reserved \"KIND_FISH\";"));
    assert!(lock.contains("Kind 2 KIND_FISH reserved\n"));
    let lock = allowed(&changed("Kind kind = 8;", "reserved 8 to 10; reserved \"kind\";"));
    assert!(lock.contains("zoo.v1.Animal 8 kind reserved\n"));
}

#[test]
fn what_was_reserved_once_stays_so() {
    let reserving = "reserved 1; reserved \"legs\";";
    let removed = changed("uint32 legs = 1;", reserving);
    let lock = locked(&rules::advance(&locked(&wire(BEFORE)), &removed).unwrap());
    assert_eq!(locked(&rules::advance(&lock, &removed).unwrap()), lock);

    let because = |after: &str| {
        let after = wire(&BEFORE.replace("uint32 legs = 1;", after));
        rules::advance(&lock, &after).unwrap_err().join("\n")
    };
    assert!(because("uint32 legs = 1;").contains("Animal 1 was `legs` once"));
    assert!(because("uint32 wings = 1;").contains("Animal 1 was `legs` once"));
    assert!(because("reserved 1; uint32 legs = 9;").contains("Animal.legs has number 1, not 9"));
    assert!(because("").contains("Animal.legs is gone"));
}

#[test]
fn messages_enums_and_methods_do_not_go() {
    refused(&changed("message Nothing {}", ""), "zoo.v1.Nothing is gone");
    refused(&changed("message Nothing {}", "message Nil {}"), "zoo.v1.Nothing is gone");
    refused(&changed("rpc Visit", "rpc Enter"), "method zoo.v1.Zoo.Visit is gone");
    refused(&changed("returns (stream Animal)", "returns (Animal)"), "method zoo.v1.Zoo.Visit was");
    refused(&changed("Visit(Animal)", "Visit(Nothing)"), "method zoo.v1.Zoo.Visit was");
    let moved = BEFORE.replace("enum Kind { KIND_UNSPECIFIED = 0; KIND_BIRD = 1; KIND_FISH = 2; }", "")
        + "enum Kind { KIND_UNSPECIFIED = 0; KIND_BIRD = 1; KIND_FISH = 2; }";
    refused(&wire(&moved), "zoo.v1.Animal.Kind is gone");
}

#[test]
fn every_refusal_is_named_at_once() {
    let after = wire(&BEFORE.replace("uint32 legs = 1;", "").replace("string name = 2;", "bytes name = 2;"));
    assert_eq!(rules::advance(&locked(&wire(BEFORE)), &after).unwrap_err().len(), 2);
}

#[test]
fn two_names_for_one_value_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("zoo.proto");
    let text = "syntax = \"proto3\"; enum Kind { option allow_alias = true; A = 0; B = 0; }";
    std::fs::write(&file, text).unwrap();
    assert!(Wire::from_descriptors(&protox::compile([&file], [dir.path()]).unwrap()).is_err());
}

#[test]
fn a_damaged_lock_names_its_line() {
    for line in [
        "zoo.v1.Animal",
        "zoo.v1.Animal 1",
        "zoo.v1.Animal x legs: uint32",
        "zoo.v1.Animal 1 legs",
        "method zoo.v1.Zoo.Visit",
    ] {
        let error = format!("# head\n{line}\n").parse::<Wire>().unwrap_err();
        assert_eq!(error.to_string(), format!("line 2: `{line}`"));
    }
    let twice = "zoo.v1.Animal 1 legs: uint32\nzoo.v1.Animal 1 feet: uint32\n";
    assert!(twice.parse::<Wire>().is_err());
}
