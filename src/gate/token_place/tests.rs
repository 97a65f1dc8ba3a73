use super::*;
use crate::gate::Scheme;

#[track_caller]
fn check(place: &TokenPlace, headers: &[(&str, &str)], expected: Result<&str, Reason>) {
    check_all(&TokenPlaces::new(place.clone(), Vec::new()), headers, expected);
}

#[track_caller]
fn check_all(places: &TokenPlaces, headers: &[(&str, &str)], expected: Result<&str, Reason>) {
    let request = request(headers);
    let presented = places.find(&request);
    let found = presented.as_ref().map_err(|reason| *reason).and_then(|presented| {
        let text = presented.token()?;
        // No token holds any of these, so that reading it fails.
        let is_none = text.is_empty() || text.iter().any(|byte| b" \t,".contains(byte));
        if is_none { Err(presented.malformed()) } else { Ok(text) }
    });
    assert_eq!(found.map(|token| std::str::from_utf8(token).unwrap()), expected, "{headers:?}");
}

fn request(headers: &[(&str, &str)]) -> Request {
    Request::from_pairs(headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())))
}

fn header(scheme: Scheme) -> TokenPlace {
    TokenPlace::Header { name: HeaderName::authorization(), schemes: scheme.into() }
}

#[test]
fn authorization_values() {
    use Reason::{TokenAmbiguous, TokenMalformed, TokenNotPresent};
    for (value, optional, required) in [
        ("Bearer T", Ok("T"), Ok("T")),
        ("bearer T", Ok("T"), Ok("T")),
        ("BeArEr   T", Ok("T"), Ok("T")),
        ("T", Ok("T"), Err(TokenNotPresent)),
        ("", Err(TokenNotPresent), Err(TokenNotPresent)),
        ("Bearer", Err(TokenNotPresent), Err(TokenNotPresent)),
        ("Bearer ", Err(TokenNotPresent), Err(TokenNotPresent)),
        ("BearerT", Ok("BearerT"), Err(TokenNotPresent)),
        ("Bearer\tT", Err(TokenMalformed), Err(TokenNotPresent)),
        ("Bearer T junk", Err(TokenMalformed), Err(TokenMalformed)),
        ("Bearer T,realm=x", Err(TokenAmbiguous), Err(TokenAmbiguous)),
        ("Bearer A,Bearer B", Err(TokenAmbiguous), Err(TokenAmbiguous)),
        ("Bearer A, Bearer B", Err(TokenAmbiguous), Err(TokenAmbiguous)),
        ("Basic x, Bearer A", Err(TokenAmbiguous), Err(TokenAmbiguous)),
        ("A,B", Err(TokenAmbiguous), Err(TokenAmbiguous)),
        ("Basic dXNlcjpwYXNz", Err(TokenNotPresent), Err(TokenNotPresent)),
        ("DPoP T", Err(TokenNotPresent), Err(TokenNotPresent)),
        ("Digest realm=\"a\", nonce=\"b\"", Err(TokenNotPresent), Err(TokenNotPresent)),
    ] {
        let request = [("authorization", value)];
        check(&header(Scheme::BearerOptional), &request, optional);
        check(&header(Scheme::Required("Bearer".into())), &request, required);
    }
}

#[test]
fn a_forbidden_scheme_makes_the_value_malformed() {
    let place =
        TokenPlace::Header { name: HeaderName::parse("X-Token").unwrap(), schemes: Scheme::Forbidden.into() };
    check(&place, &[("x-token", "T")], Ok("T"));
    check(&place, &[("x-token", "Bearer T")], Err(Reason::TokenMalformed));
}

#[test]
fn two_headers_are_ambiguous_in_any_spelling() {
    let two = [("Authorization", "Bearer A"), ("authorization", "Bearer A")];
    check(&header(Scheme::BearerOptional), &two, Err(Reason::TokenAmbiguous));
    check(&header(Scheme::BearerOptional), &[], Err(Reason::TokenNotPresent));
}

#[test]
fn query_parameters() {
    let place = TokenPlace::Query("access_token".into());
    for (target, expected) in [
        ("/?access_token=T", Ok("T")),
        ("/?a=b&access_token=a%2Eb", Ok("a.b")),
        ("/?access%5Ftoken=T", Ok("T")),
        ("/?access_token=a%252Eb", Ok("a%2Eb")),
        ("/?access_token=T#access_token=U", Ok("T")),
        ("/?access_token=T&access_token=T", Err(Reason::TokenAmbiguous)),
        ("/?access_token=T&access%5ftoken=U", Err(Reason::TokenAmbiguous)),
        ("/?access_token=%zz", Err(Reason::TokenMalformed)),
        ("/?access_token=%2", Err(Reason::TokenMalformed)),
        ("/?access_token=", Err(Reason::TokenNotPresent)),
        ("/?Access_Token=T", Err(Reason::TokenNotPresent)),
        ("/#?access_token", Err(Reason::TokenNotPresent)),
        ("/access_token=T", Err(Reason::TokenNotPresent)),
    ] {
        check(&place, &[(":path", target)], expected);
    }
}

#[test]
fn cookie_values() {
    let place = TokenPlace::Cookie("t".into());
    for (lines, expected) in [
        (&["a=b; t=T; c=d"][..], Ok("T")),
        (&["t=\"T\""], Ok("T")),
        (&["a=t=T"], Err(Reason::TokenNotPresent)),
        (&["t=A; t=B"], Err(Reason::TokenAmbiguous)),
        (&["t=A", "t=A"], Err(Reason::TokenAmbiguous)),
        (&["T=A"], Err(Reason::TokenNotPresent)),
    ] {
        let headers: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
        check(&place, &headers, expected);
    }
}

fn three_places() -> TokenPlaces {
    let further = vec![TokenPlace::Query("access_token".into()), TokenPlace::Cookie("t".into())];
    TokenPlaces::new(header(Scheme::Required("Bearer".into())), further)
}

#[test]
fn one_token_is_taken_from_any_of_several_places_and_two_are_ambiguous() {
    let (bearer, basic) = (("authorization", "Bearer T"), ("authorization", "Basic dXNlcjpwYXNz"));
    let (cookie, query) = (("cookie", "t=T"), (":path", "/?access_token=T"));
    for (headers, expected) in [
        (&[][..], Err(Reason::TokenNotPresent)),
        (&[bearer], Ok("T")),
        (&[query], Ok("T")),
        (&[cookie], Ok("T")),
        (&[basic], Err(Reason::TokenNotPresent)),
        (&[basic, cookie], Ok("T")),
        (&[("authorization", "T"), cookie], Ok("T")),
        (&[bearer, cookie], Err(Reason::TokenAmbiguous)),
        (&[query, cookie], Err(Reason::TokenAmbiguous)),
        (&[cookie, cookie], Err(Reason::TokenAmbiguous)),
        (&[("authorization", "Bearer A, Bearer B"), cookie], Err(Reason::TokenAmbiguous)),
        (&[(":path", "/?access_token=%zz")], Err(Reason::TokenMalformed)),
    ] {
        check_all(&three_places(), headers, expected);
    }
}

#[test]
fn tokens_are_removed_from_every_place_and_nothing_else_is() {
    let more = [TokenPlace::Query("token".into()), TokenPlace::Cookie("u".into())];
    let request =
        request(&[(":path", "/a?access_token=A&b=c&token=B"), ("cookie", "t=A; k=v"), ("cookie", "u=B")]);
    let edits = removal(three_places().iter().chain(&more), &request);
    let expected = [
        HeaderEdit::Remove((&HeaderName::authorization()).into()),
        HeaderEdit::SetPath(b"/a?b=c".to_vec()),
        HeaderEdit::Set(HeaderName::cookie(), b"k=v".to_vec()),
    ];
    assert_eq!(edits, expected);
}
