//! The requests of the demonstration, and the right answers.

use serde_json::json;

use crate::echo::Seen;
use crate::identity_provider::{CONTOSO, FABRIKAM, IdentityProvider};
use crate::token::{RsaFixture, SigningKey, tamper};

/// One request and its right answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is special about the request.
    pub name: &'static str,
    /// What it carries as bearer token.
    pub token: Option<String>,
    /// The right status.
    pub status: u16,
    /// The right reason.
    pub reason: Option<&'static str>,
}

/// A request and what became of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The request.
    pub case: Case,
    /// The status that came back.
    pub status: u16,
    /// The reason that came back.
    pub reason: Option<String>,
    /// The request as the API saw it, if it did.
    pub seen: Option<Seen>,
}

impl Outcome {
    /// Whether the answer was right, and the API saw the request exactly if it should.
    pub fn is_right(&self) -> bool {
        let passed = self.case.status == 200;
        self.status == self.case.status
            && self.reason.as_deref() == self.case.reason
            && self.seen.is_some() == passed
    }
}

/// All requests, the good one last.
pub fn cases(idp: &IdentityProvider) -> Vec<Case> {
    let key = idp.signing_key();
    let recipe = idp.token_v2(CONTOSO, API_CLIENT_ID);
    let good = recipe.sign(&key);
    let refused = |name, token, reason| Case { name, token, status: 401, reason: Some(reason) };
    let expired = recipe.clone().issued_in(-7200).not_before_in(-7200).expires_in(-3600);
    let promoted = tamper::change_claims(&good, |claims| {
        claims.insert("roles".to_owned(), json!(["administrator"]));
    });
    let stranger = SigningKey::rsa(RsaFixture::Stranger);
    vec![
        refused("no token", None, "token_not_present"),
        refused("garbage", Some("garbage".to_owned()), "token_malformed"),
        refused("expired", Some(expired.sign(&key)), "token_expired"),
        refused(
            "wrong audience",
            Some(recipe.clone().audience("00000003-0000-0000-c000-000000000000").sign(&key)),
            "audience_not_allowed",
        ),
        refused("wrong tenant", Some(idp.token_v2(FABRIKAM, API_CLIENT_ID).sign(&key)), "issuer_not_allowed"),
        refused("unknown key", Some(recipe.sign(&stranger)), "signature_key_not_found"),
        refused("tampered", Some(promoted), "signature_invalid"),
        Case { name: "valid", token: Some(good), status: 200, reason: None },
    ]
}

/// The API's client id, the audience in `envoy.yaml`.
pub const API_CLIENT_ID: &str = "7a0c1d2e-3f4a-4b6c-8d8e-9f0a1b2c3d4e";
