//! The request that a verdict is asked for, with its token where the policy that is to decide looks for it.

use std::fmt::Write as _;

use validate_jwt::gate::{
    BoundScheme, Circumstances, Detail, Gate, HeaderRemoval, OwnProofs, Policy, Request, RouteChoice, Scheme,
    Schemes, TokenPlace, Verdict,
};
use validate_jwt::keys::{Keyring, Url};
use validate_jwt::time::UnixTime;
use validate_jwt::token::SandboxEngine;

/// A request.
#[derive(Clone)]
pub struct Asked {
    /// `:method`.
    pub method: String,
    /// `:scheme`.
    pub scheme: String,
    /// `:authority`.
    pub host: String,
    /// `:path`, with its query.
    pub path: String,
    /// Every other header, in order.
    pub headers: Vec<Header>,
    /// What route metadata says: a policy's name, or `allow`.
    pub route: Option<String>,
    /// The token, to be put where it is looked for.
    pub token: Option<String>,
    /// The DPoP proof.
    pub proof: Option<Vec<u8>>,
}

/// A header's name and value.
pub type Header = (String, Vec<u8>);

impl Default for Asked {
    /// `GET https://localhost/`, with nothing.
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            scheme: "https".to_owned(),
            host: "localhost".to_owned(),
            path: "/".to_owned(),
            headers: Vec::new(),
            route: None,
            token: None,
            proof: None,
        }
    }
}

impl Asked {
    /// `GET` of this, with nothing.
    pub fn at(url: &Url) -> Self {
        Self {
            scheme: url.scheme().as_str().to_owned(),
            host: url.authority().to_owned(),
            path: url.path().to_owned(),
            ..Self::default()
        }
    }

    /// The request as the filter sees it.
    pub(super) fn request(&self, gate: &Gate, now: UnixTime) -> Request {
        let Some(token) = &self.token else { return self.without_token(&self.path, &[]) };
        let mut path = self.path.clone();
        let mut headers: Vec<Header> = Vec::new();
        for place in self.places(gate, now) {
            let (name, value) = match place {
                TokenPlace::Header { name, schemes } => {
                    (name.as_str().to_owned(), format!("{}{token}", self.before_token(&schemes)))
                }
                TokenPlace::Cookie(name) => ("cookie".to_owned(), format!("{name}={token}")),
                TokenPlace::Query(name) => {
                    let separator = if path.contains('?') { '&' } else { '?' };
                    // Writing to a string does not fail.
                    let _ = write!(path, "{separator}{}={token}", escaped(&name));
                    continue;
                }
            };
            headers.push((name, value.into_bytes()));
        }
        self.without_token(&path, &headers)
    }

    fn without_token(&self, path: &str, further: &[Header]) -> Request {
        let fixed = [
            (":method", &*self.method),
            (":path", path),
            (":authority", &self.host),
            (":scheme", &self.scheme),
        ];
        let fixed = fixed.into_iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let rest =
            self.headers.iter().chain(further).map(|(name, value)| (name.as_bytes(), value.as_slice()));
        let proof = self.proof.iter().map(|proof| (&b"dpop"[..], proof.as_slice()));
        let mut request = Request::from_pairs(fixed.chain(rest).chain(proof));
        if let Some(name) = &self.route {
            request.route = RouteChoice::Named(name.clone().into_bytes());
        }
        request
    }

    /// Where the policy that decides on this request takes a token from: the first place of each of its requirements, since
    /// a token may stand in one place only.
    fn places(&self, gate: &Gate, now: UnixTime) -> Vec<TokenPlace> {
        let circumstances = Circumstances {
            keyring: &Keyring::default(),
            engine: &SandboxEngine,
            now,
            certificate: &|| None,
            removal: HeaderRemoval::Works,
            proofs: &OwnProofs::default(),
            detail: Detail::Cause,
        };
        let bare = self.without_token(&self.path, &[]);
        // Without a token the verdict needs no keys, and names the policy.
        let verdict = gate.admit(&bare, &circumstances).settle(circumstances.keyring, now);
        let name = match &verdict {
            Verdict::Forward(admission) => admission.policy(),
            Verdict::Refuse(rejection) => rejection.policy.as_deref(),
            Verdict::Serve(_) => None,
        };
        let policy = gate.policies().iter().find(|policy| Some(&*policy.name) == name);
        let requirements = policy.into_iter().flat_map(Policy::requirements);
        let mut places: Vec<TokenPlace> = Vec::new();
        for place in requirements.filter_map(|requirement| requirement.places.iter().next()) {
            if !places.iter().any(|known| is_same_place(known, place)) {
                places.push(place.clone());
            }
        }
        places
    }

    /// What stands before the token.
    fn before_token(&self, schemes: &Schemes) -> String {
        match &schemes.ordinary {
            _ if self.proof.is_some() && schemes.bound.contains(&BoundScheme::Dpop) => "DPoP ".to_owned(),
            Scheme::BearerOptional => "Bearer ".to_owned(),
            Scheme::Required(scheme) => format!("{scheme} "),
            Scheme::Forbidden => String::new(),
        }
    }
}

/// Whether a token at the one place is at the other one, too.
fn is_same_place(one: &TokenPlace, other: &TokenPlace) -> bool {
    match (one, other) {
        (TokenPlace::Header { name, .. }, TokenPlace::Header { name: other, .. }) => name == other,
        (one, other) => one == other,
    }
}

/// A parameter's name, with every byte percent-encoded.
fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "%{byte:02X}");
        name
    })
}
