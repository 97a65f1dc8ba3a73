use super::*;

/// All different readings of a path, in order.
fn readings(target: &str, paths: ServerPaths) -> Vec<String> {
    let path = RequestPath::of(target.as_bytes()).expect("a readable path");
    let mut found: Vec<String> = Vec::new();
    for (reading, needs) in Reading::all(paths) {
        if path.traits().among(needs) == needs {
            let text = reading.of(&path, usize::MAX).into_owned();
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_path_has_the_readings_that_servers_make_of_it() {
    for (target, expected) in [
        ("/orders/17/", &["/orders/17/"][..]),
        ("/a.b~c_d-e", &["/a.b~c_d-e"]),
        ("/a%20b", &["/a%20b"]),
        ("/a%2540b", &["/a%2540b"]),
        ("/Orders", &["/Orders", "/orders"]),
        ("/%4frders", &["/Orders", "/orders"]),
        ("/a;v=1/b", &["/a/b", "/a;v=1/b"]),
        ("/%40ops", &["/%40ops", "/@ops"]),
        ("/a%3Bv", &["/a", "/a%3Bv", "/a;v"]),
        ("/a%3B%40v;w", &["/a", "/a%3B%40v", "/a%3B%40v;w", "/a;@v", "/a;@v;w"]),
        ("/;/a", &["//a", "/;/a", "/a"]),
        ("/a/;x", &["/a/", "/a/;x"]),
        ("/b//c", &["/b//c", "/b/c"]),
        ("/b//", &["/b/", "/b//"]),
        ("/a//;/c", &["/a///c", "/a//;/c", "/a//c", "/a/;/c", "/a/c"]),
        ("//h/a", &["//h/a", "/a", "/h/a"]),
        ("//h", &["/", "//h", "/h"]),
        ("//h//a", &["//a", "//h//a", "/a", "/h/a"]),
        ("/caf%c3%89", &["/caf%C3%89", "/caf%C3%A9"]),
        ("/%e2%84%aaeys", &["/%E2%84%AAeys", "/keys"]),
        ("/%c5%bfecret", &["/%C5%BFecret", "/secret"]),
        ("/adm%c4%b1n", &["/adm%C4%B1n", "/admin"]),
        ("/adm%c4%b0n", &["/adm%C4%B0n", "/admin"]),
        ("/a%c3%28", &["/a%C3%28", "/a%C3("]),
        ("/%ff", &["/%FF"]),
    ] {
        assert_eq!(readings(target, ServerPaths::default()), expected, "{target}");
    }
}

#[test]
fn what_is_known_of_the_servers_is_no_second_reading() {
    use {PathCase as C, PathParameters as P};
    let paths = |case, parameters| ServerPaths { case, parameters };
    for (target, paths, expected) in [
        ("/A;v/b", paths(C::Sensitive, P::Literal), &["/A;v/b"][..]),
        ("/A;v/b", paths(C::Sensitive, P::Dropped), &["/A/b"]),
        ("/A;v/b", paths(C::Insensitive, P::Literal), &["/a;v/b"]),
        ("/A;v/b", paths(C::Insensitive, P::Dropped), &["/a/b"]),
        ("/A;v/b", paths(C::Insensitive, P::Ambiguous), &["/a/b", "/a;v/b"]),
        ("/A;v/b", paths(C::Ambiguous, P::Dropped), &["/A/b", "/a/b"]),
        ("/a%3Bv", paths(C::Sensitive, P::Dropped), &["/a", "/a%3Bv", "/a;v"]),
        ("/a%3Bv", paths(C::Sensitive, P::Literal), &["/a%3Bv", "/a;v"]),
        ("/;/a", paths(C::Sensitive, P::Dropped), &["//a", "/a"]),
    ] {
        assert_eq!(readings(target, paths), expected, "{target}");
    }
}

#[test]
fn no_more_of_a_reading_is_written_than_is_enough() {
    let long = format!("/A{}/b;c", "%41".repeat(1000));
    let path = RequestPath::of(long.as_bytes()).expect("a readable path");
    for (reading, needs) in Reading::all(ServerPaths::default()) {
        let text = reading.of(&path, 10);
        if needs == Traits::CASE {
            assert_eq!(text, "/aaaaaaaaaa", "{reading:?}");
        }
    }
}
