//! Where a policy finds the token: `header_name`, `query_parameter_name`, `cookie_name`, `require_scheme`, or several
//! places in `sources`.

use super::field::{Field, Group, Kind, Preset, Shape, doc};
use super::node::Node;
use super::object::Object;
use super::problem::Report;
use super::quote::quoted;
use super::text;
use crate::gate::{AbsentToken, BoundScheme, HeaderName, Scheme, Schemes, TokenPlace, TokenPlaces};

/// Reads the places of a `validate_jwt` policy.
///
/// `bound` are the schemes for bound tokens that it takes in `Authorization`.
pub(super) fn of_validate_jwt(policy: Object<'_>, bound: &[BoundScheme], report: &mut Report) -> TokenPlaces {
    sources(policy, |_| Scheme::BearerOptional, bound, report)
        .unwrap_or_else(|| TokenPlaces::new(one_of_validate_jwt(policy, bound, report), Vec::new()))
}

/// Reads the places of a `validate_azure_ad_token` policy.
///
/// `bound` are the schemes for bound tokens that it takes in `Authorization`.
pub(super) fn of_azure_ad(policy: Object<'_>, bound: &[BoundScheme], report: &mut Report) -> TokenPlaces {
    sources(policy, scheme_of_azure_ad, bound, report)
        .unwrap_or_else(|| TokenPlaces::new(one_of_azure_ad(policy, bound, report), Vec::new()))
}

/// What may stand before a token in a header: schemes for bound tokens in `Authorization`, where no other scheme than
/// `Bearer` was asked for.
fn place(name: HeaderName, ordinary: Scheme, bound: &[BoundScheme]) -> TokenPlace {
    let takes = |one: &BoundScheme| match &ordinary {
        Scheme::BearerOptional => true,
        Scheme::Required(scheme) => {
            scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case(one.name())
        }
        Scheme::Forbidden => false,
    };
    let is_authorization = name == HeaderName::authorization();
    let bound = bound.iter().copied().filter(|one| is_authorization && takes(one)).collect();
    TokenPlace::Header { name, schemes: Schemes { ordinary, bound } }
}

/// Reads `sources`; `scheme` is that of a header for which none is given.
fn sources(
    policy: Object<'_>,
    scheme: fn(&HeaderName) -> Scheme,
    bound: &[BoundScheme],
    report: &mut Report,
) -> Option<TokenPlaces> {
    policy.node(&SOURCES)?;
    let mut places: Vec<TokenPlace> = Vec::new();
    for entry in policy.objects(&SOURCES) {
        let Some(place) = source(entry, scheme, bound, report) else { continue };
        if places.contains(&place) {
            report.refuse(entry.path(), "a place twice", "each place once");
        } else if let Some(found) = places.iter().find_map(|other| overlap(other, &place)) {
            let allowed = "each header once, or each time with a scheme of its own";
            report.refuse(entry.path(), found, allowed);
        } else {
            places.push(place);
        }
    }
    let mut places = places.into_iter();
    Some(TokenPlaces::new(places.next()?, places.collect()))
}

fn source(
    entry: Object<'_>,
    scheme: fn(&HeaderName) -> Scheme,
    bound: &[BoundScheme],
    report: &mut Report,
) -> Option<TokenPlace> {
    if let Some((name, node)) = entry.text_node(&QUERY_PARAMETER) {
        check_plain(name, node, report);
        return Some(TokenPlace::Query(name.to_owned()));
    }
    if let Some((name, node)) = entry.text_node(&COOKIE) {
        check_cookie(name, node, report);
        return Some(TokenPlace::Cookie(name.to_owned()));
    }
    let (name, node) = entry.text_node(&HEADER)?;
    let name = token_header(name, node, report)?;
    let scheme = match entry.text_node(&SCHEME) {
        Some((scheme, node)) => required_scheme(scheme, node, report),
        None => scheme(&name),
    };
    Some(place(name, scheme, bound))
}

/// Why both places would find one token; `None` where no token is at both.
fn overlap(one: &TokenPlace, other: &TokenPlace) -> Option<String> {
    let (
        TokenPlace::Header { name, schemes },
        TokenPlace::Header { name: other_name, schemes: other_schemes },
    ) = (one, other)
    else {
        return None;
    };
    if name != other_name {
        return None;
    }
    let (Some(own), Some(others)) = (names(schemes), names(other_schemes)) else {
        return Some("a header with and without a scheme".to_owned());
    };
    let both = own.into_iter().find(|own| others.iter().any(|other| own.eq_ignore_ascii_case(other)))?;
    Some(format!("the scheme {} twice: a place for Bearer takes those of bound tokens too", quoted(both)))
}

/// The schemes that have to stand before a token, one of them; `None` where none has to.
fn names(schemes: &Schemes) -> Option<Vec<&str>> {
    let Scheme::Required(ordinary) = &schemes.ordinary else { return None };
    Some(std::iter::once(ordinary.as_str()).chain(schemes.bound.iter().map(|scheme| scheme.name())).collect())
}

fn required_scheme(scheme: &str, node: &Node, report: &mut Report) -> Scheme {
    if !text::is_http_token(scheme) {
        report.refuse_value(node, "an authentication scheme such as Bearer, without a space");
    }
    Scheme::Required(scheme.to_owned())
}

fn one_of_validate_jwt(policy: Object<'_>, bound: &[BoundScheme], report: &mut Report) -> TokenPlace {
    let required =
        policy.text_node(&REQUIRE_SCHEME).map(|(scheme, node)| (required_scheme(scheme, node, report), node));
    if let Some(source) = beside_header(policy, report) {
        if let Some((_, node)) = required {
            warn_without_effect(node, report);
        }
        return source;
    }
    let name = header(policy, report);
    let scheme = match required {
        None => Scheme::BearerOptional,
        Some((scheme, _)) if name == HeaderName::authorization() => scheme,
        Some((_, node)) => {
            warn_without_effect(node, report);
            Scheme::BearerOptional
        }
    };
    place(name, scheme, bound)
}

/// Anywhere but in `Authorization` a scheme is not looked for, as in API Management.
fn warn_without_effect(node: &Node, report: &mut Report) {
    let spelt = report.spell(REQUIRE_SCHEME.name);
    let text = format!("{spelt} has no effect on a token that is not in Authorization, as in API Management");
    report.warn(&node.path, text);
}

fn one_of_azure_ad(policy: Object<'_>, bound: &[BoundScheme], report: &mut Report) -> TokenPlace {
    if let Some(source) = beside_header(policy, report) {
        return source;
    }
    let name = header(policy, report);
    let scheme = scheme_of_azure_ad(&name);
    place(name, scheme, bound)
}

/// As in API Management: in `Authorization` the scheme has to be there, in another header it must not.
fn scheme_of_azure_ad(name: &HeaderName) -> Scheme {
    let is_default = *name == HeaderName::authorization();
    if is_default { Scheme::Required("Bearer".to_owned()) } else { Scheme::Forbidden }
}

fn beside_header(policy: Object<'_>, report: &mut Report) -> Option<TokenPlace> {
    if let Some((name, node)) = policy.text_node(&QUERY_PARAMETER_NAME) {
        check_plain(name, node, report);
        return Some(TokenPlace::Query(name.to_owned()));
    }
    let (name, node) = policy.text_node(&COOKIE_NAME)?;
    check_cookie(name, node, report);
    Some(TokenPlace::Cookie(name.to_owned()))
}

fn check_cookie(name: &str, node: &Node, report: &mut Report) {
    if !text::is_http_token(name) {
        report.refuse_value(node, "a cookie's name: letters, digits and - _ . (RFC 6265, 4.1.1)");
    }
}

fn check_plain(name: &str, node: &Node, report: &mut Report) {
    if name.chars().any(char::is_control) {
        report.refuse_value(node, "a query parameter's name as it reads after percent-decoding");
    }
}

fn header(policy: Object<'_>, report: &mut Report) -> HeaderName {
    let given = policy.text_node(&HEADER_NAME);
    given.and_then(|(name, node)| token_header(name, node, report)).unwrap_or_else(HeaderName::authorization)
}

fn token_header(name: &str, node: &Node, report: &mut Report) -> Option<HeaderName> {
    let name = text::header_name(name, node, report)?;
    if name.as_str() == "cookie" {
        report.refuse_value(node, "a header that holds the token alone; for a cookie write cookie_name");
    } else if text::is_framing(&name) {
        report.refuse_value(node, "a header that may carry a token");
    }
    Some(name)
}

/// At most one place, or a list of them.
pub(super) const ONE_PLACE: Group =
    Group::AtMostOne(&[&HEADER_NAME, &QUERY_PARAMETER_NAME, &COOKIE_NAME, &SOURCES]);
/// In a list each place has a scheme of its own.
pub(super) const SCHEME_OF_ONE: Group = Group::AtMostOne(&[&SOURCES, &REQUIRE_SCHEME]);

pub(super) static SOURCES: Field = Field::optional(
    "sources",
    Kind::List(&Kind::Object(&SOURCE)),
    "Several places for the token, all of which are looked at; a token in more than one is refused.",
);

static SOURCE: Shape = Shape {
    name: "source",
    fields: &[&HEADER, &SCHEME, &QUERY_PARAMETER, &COOKIE],
    groups: &[Group::ExactlyOne(&[&HEADER, &QUERY_PARAMETER, &COOKIE]), Group::Needs(&SCHEME, &HEADER)],
    doc: doc("A place for the token."),
};

static HEADER: Field = Field::optional("header", HEADER_TEXT, "Header that holds the token.");
static SCHEME: Field = Field::optional(
    "scheme",
    HEADER_TEXT,
    "Scheme that must stand before the token in this header, compared ignoring case.",
);
static QUERY_PARAMETER: Field =
    Field::optional("query_parameter", Kind::Text(doc("")), "Query parameter that holds the token.");
static COOKIE: Field = Field::optional("cookie", HEADER_TEXT, "Cookie that holds the token.");

/// Reads `require_token`.
pub(super) fn absent_token(policy: Object<'_>, report: &mut Report) -> AbsentToken {
    if policy.flag(&REQUIRE_TOKEN) {
        return AbsentToken::Refused;
    }
    let path = report.path_of(policy.path(), REQUIRE_TOKEN.name);
    report.warn(&path, "requests without a token pass, without an identity");
    AbsentToken::Anonymous
}

pub(super) static REQUIRE_TOKEN: Field = Field::preset(
    "require_token",
    Kind::Flag,
    Preset::Flag(true),
    "`false`: a request without any token passes, without an identity. A bad token is refused all the same.",
);

const HEADER_TEXT: Kind = Kind::Text(doc("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$"));

pub(super) static HEADER_NAME: Field = Field::optional(
    "header_name",
    HEADER_TEXT,
    "Header that holds the token. Without any of the three: `Authorization`.",
);
pub(super) static QUERY_PARAMETER_NAME: Field = Field::optional(
    "query_parameter_name",
    Kind::Text(doc("")),
    "Query parameter that holds the token, percent-decoded; given twice it is refused.",
);
pub(super) static COOKIE_NAME: Field =
    Field::optional("cookie_name", HEADER_TEXT, "Cookie that holds the token.");
pub(super) static REQUIRE_SCHEME: Field = Field::optional(
    "require_scheme",
    HEADER_TEXT,
    "Scheme that must stand before the token in `Authorization`, compared ignoring case. Without it `Bearer` \
     is taken off where present. No effect anywhere else.",
);
