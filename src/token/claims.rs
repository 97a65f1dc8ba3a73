//! The claims of a token (RFC 7519, section 4), read once and strictly.

use std::fmt;

use super::TokenError;
use super::json::{self, Json, JsonObject};
use crate::time::UnixTime;

/// A claim's place: the names of the members that lead to it, at least one.
///
/// A name is literal: dots, slashes and whole URLs are names like any other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimPath {
    first: Box<str>,
    rest: Box<[Box<str>]>,
}

impl ClaimPath {
    /// The place of a claim at the top level.
    pub fn from_name(name: impl Into<Box<str>>) -> Self {
        Self { first: name.into(), rest: Box::default() }
    }

    /// The place of a claim inside objects; `None` if there is no name at all.
    pub(crate) fn from_names<N: Into<Box<str>>>(names: impl IntoIterator<Item = N>) -> Option<Self> {
        let mut names = names.into_iter().map(Into::into);
        Some(Self { first: names.next()?, rest: names.collect() })
    }

    /// The names, outermost first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.first).chain(self.rest.iter().map(|name| &**name))
    }

    /// Whether this is the top-level claim of that name.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.rest.is_empty() && *self.first == *name
    }
}

/// The claims of a token whose registered members have their right types.
///
/// That says nothing about who wrote them: until the signature is verified they are a stranger's words.
#[derive(Clone)]
pub struct Claims<'a> {
    members: JsonObject<'a>,
    times: Times,
}

/// When a token is good (RFC 7519, sections 4.1.4 to 4.1.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// `exp`.
    pub expiration: Option<UnixTime>,
    /// `nbf`.
    pub(crate) not_before: Option<UnixTime>,
    /// `iat`.
    pub(crate) issued_at: Option<UnixTime>,
}

impl<'a> Claims<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`] for what is not a strict JSON object, and for a registered claim that is present
    /// with another type than RFC 7519, section 4.1 gives it: `iss`, `sub`, `jti` strings; `aud` a string or an
    /// array of strings; `exp`, `nbf`, `iat` numbers. `null` is such another type.
    pub fn parse(payload: &'a [u8]) -> Result<Self, TokenError> {
        let members = json::parse_object(payload).map_err(|_| TokenError::Malformed)?;
        let strings = ["iss", "sub", "jti"].iter().filter_map(|name| members.get(name));
        if !strings.into_iter().all(Json::is_string) {
            return Err(TokenError::Malformed);
        }
        match members.get("aud") {
            None | Some(Json::String(_)) => {}
            Some(Json::Array(audiences)) if audiences.iter().all(Json::is_string) => {}
            Some(_) => return Err(TokenError::Malformed),
        }
        let times = Times {
            expiration: numeric_date(&members, "exp")?,
            not_before: numeric_date(&members, "nbf")?,
            issued_at: numeric_date(&members, "iat")?,
        };
        Ok(Self { members, times })
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.string("iss")
    }

    /// `sub`.
    pub fn subject(&self) -> Option<&str> {
        self.string("sub")
    }

    /// The audiences: none, the one string of `aud`, or the strings of its array.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self.members.get("aud") {
            Some(Json::String(audience)) => (Some(audience.as_ref()), [].as_slice()),
            Some(Json::Array(audiences)) => (None, audiences.as_slice()),
            _ => (None, [].as_slice()),
        };
        one.into_iter().chain(many.iter().filter_map(Json::as_str))
    }

    /// `exp`, `nbf` and `iat`.
    pub fn times(&self) -> Times {
        self.times
    }

    /// Entra's `tid`, if it is a string.
    pub fn tenant_id(&self) -> Option<&str> {
        self.string("tid")
    }

    /// The top-level claim of that literal name, if it is a string.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Json::as_str)
    }

    /// The value at a place. Arrays are not entered.
    pub fn value(&self, path: &ClaimPath) -> Option<&Json<'a>> {
        let first = self.members.get(&path.first)?;
        path.rest.iter().try_fold(first, |value, name| value.as_object()?.get(name))
    }

    /// All claims.
    pub fn members(&self) -> &JsonObject<'a> {
        &self.members
    }
}

impl fmt::Debug for Claims<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Claims({} members)", self.members.len())
    }
}

fn numeric_date(members: &JsonObject<'_>, name: &str) -> Result<Option<UnixTime>, TokenError> {
    match members.get(name) {
        None => Ok(None),
        Some(Json::Number(seconds)) => Ok(Some(UnixTime::from_number(seconds))),
        Some(_) => Err(TokenError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Claims<'_>, TokenError> {
        Claims::parse(text.as_bytes())
    }

    #[test]
    fn registered_claims_are_read() {
        let claims =
            parse(r#"{"iss":"i","sub":"s","aud":["a","b"],"exp":2,"nbf":1.5,"iat":1e0,"tid":"t","jti":""}"#)
                .unwrap();
        assert_eq!(claims.issuer(), Some("i"));
        assert_eq!(claims.subject(), Some("s"));
        assert_eq!(claims.audiences().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(claims.times().expiration, Some(UnixTime::from_seconds(2)));
        assert_eq!(claims.times().not_before, Some(UnixTime::from_microseconds(1_500_000)));
        assert_eq!(claims.times().issued_at, Some(UnixTime::from_seconds(1)));
        assert_eq!(claims.tenant_id(), Some("t"));
        assert_eq!(parse(r#"{"aud":"a"}"#).unwrap().audiences().collect::<Vec<_>>(), ["a"]);
        assert_eq!(parse(r#"{"aud":[]}"#).unwrap().audiences().count(), 0);
        assert_eq!(parse("{}").unwrap().audiences().count(), 0);
    }

    #[test]
    fn a_registered_claim_of_another_type_is_malformed() {
        for name in ["iss", "sub", "jti"] {
            for value in ["null", "1", "true", "[\"a\"]", "{}"] {
                assert_eq!(parse(&format!(r#"{{"{name}":{value}}}"#)).err(), Some(TokenError::Malformed));
            }
        }
        for name in ["exp", "nbf", "iat"] {
            for value in
                ["null", "\"1\"", "\"\"", "true", "[1]", "{}", "1e400", "NaN", "-Infinity", "0x1", "01"]
            {
                assert_eq!(parse(&format!(r#"{{"{name}":{value}}}"#)).err(), Some(TokenError::Malformed));
            }
        }
        for value in ["null", "1", "true", "{\"aud\":\"a\"}", "[[\"a\"]]", "[\"a\",1]", "[null]"] {
            assert_eq!(parse(&format!(r#"{{"aud":{value}}}"#)).err(), Some(TokenError::Malformed));
        }
    }

    #[test]
    fn a_payload_that_is_not_an_object_is_malformed() {
        for text in
            ["", "null", "[]", "\"{}\"", "1", "{\"exp\":1,\"exp\":2}", "{\"exp\":1,\"\\u0065xp\":2}", "{}{}"]
        {
            assert_eq!(parse(text).err(), Some(TokenError::Malformed), "{text}");
        }
    }

    #[test]
    fn a_path_leads_through_objects_and_names_are_literal() {
        let claims = parse(r#"{"a":{"b":{"c":1}},"a.b":2,"https://x/y":3,"l":[{"c":1}]}"#).unwrap();
        let value =
            |names: &[&str]| claims.value(&ClaimPath::from_names(names.iter().copied()).unwrap()).cloned();
        assert_eq!(value(&["a", "b", "c"]), Some(Json::Number(1.into())));
        assert_eq!(value(&["a.b"]), Some(Json::Number(2.into())));
        assert_eq!(value(&["https://x/y"]), Some(Json::Number(3.into())));
        for absent in [&["a", "b", "c", "d"][..], &["l", "c"], &["l", "0"], &["__proto__"], &["constructor"]]
        {
            assert_eq!(value(absent), None);
        }
        assert_eq!(ClaimPath::from_names(Vec::<String>::new()), None);
        assert!(ClaimPath::from_name("aud").is_name("aud"));
    }

    #[test]
    fn no_claim_is_printed() {
        assert_eq!(format!("{:?}", parse(r#"{"sub":"secret"}"#).unwrap()), "Claims(1 members)");
    }
}
