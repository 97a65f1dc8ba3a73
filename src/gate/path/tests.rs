use super::*;

#[test]
fn paths_are_normalised() {
    for (target, expected) in [
        ("/", "/"),
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("/a?x=/../b", "/a"),
        ("//a///b", "/a/b"),
        ("/a//", "/a/"),
        ("//", "/"),
        ("/./a/./b/.", "/a/b/"),
        ("/.", "/"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/admin/../public", "/public"),
        ("/public/../admin", "/admin"),
        ("/a//b/../c", "/a/c"),
        ("/../../a", "/a"),
        ("/%61dmin", "/admin"),
        ("/%2e%2e/a", "/a"),
        ("/public/%2E%2e/admin", "/admin"),
        ("/a%7eb", "/a~b"),
        ("/a%20b%c3%a9", "/a%20b%C3%A9"),
        ("/a%252fb", "/a%252fb"),
        ("/%40ops", "/%40ops"),
        ("/ADMIN", "/ADMIN"),
        ("/admin;x=1", "/admin;x=1"),
        ("/;/admin", "/;/admin"),
        ("/.../..a/.a", "/.../..a/.a"),
        ("*", "*"),
    ] {
        assert_eq!(RequestPath::of(target.as_bytes()).unwrap().normal(), expected, "{target}");
    }
}

#[test]
fn paths_that_lead_to_two_places_whatever_the_rules_are_refused() {
    for target in [
        "/a%2fb",
        "/a%2Fb",
        "/a%5cb",
        "/a\\b",
        "/a#b",
        "/#/admin",
        "\\admin",
        "/a%00",
        "/a%",
        "/a%2",
        "/a%zz",
        "/public/..;/admin",
        "/public/..%3b/admin",
        "/public/..;x=1/admin",
        "/public/%2e%2e;/admin",
        "/.;/a",
        "/a/..;",
        "/public/;/../admin",
        "/public/%3B/../admin",
        "/public/a/;x/../../admin",
        "/public/a;x/../admin",
        "/public//../admin",
        "/public/a//b/../../admin",
        "//../admin",
        "/a;v=1/..",
        "",
        "admin",
        "example.com:443",
    ] {
        assert_eq!(RequestPath::of(target.as_bytes()).err(), Some(Unreadable), "{target}");
    }
    assert_eq!(RequestPath::of(b"/a\xff").err(), Some(Unreadable));
}

#[test]
fn a_path_says_what_in_it_is_read_in_two_ways() {
    let none = Traits::default();
    for (target, expected) in [
        ("/orders/17", none),
        ("/orders/a%2eb", none),
        ("/a%20b", none),
        ("/a/../b/./c/", none),
        ("/Orders", Traits::CASE),
        ("/%4frders", Traits::CASE),
        ("/caf%c3%a9", Traits::CASE),
        ("/a;v=1", Traits::PARAMETER),
        ("/a%3Bv", Traits::ESCAPED_PARAMETER.and(Traits::ESCAPE)),
        ("/%40me", Traits::ESCAPE),
        ("/a/;/b", Traits::PARAMETER.and(Traits::HOLLOW).and(Traits::GAP)),
        ("/a//b", Traits::EMPTY.and(Traits::GAP)),
        ("//a", Traits::EMPTY.and(Traits::GAP).and(Traits::AUTHORITY)),
    ] {
        assert_eq!(RequestPath::of(target.as_bytes()).unwrap().traits(), expected, "{target}");
    }
}
