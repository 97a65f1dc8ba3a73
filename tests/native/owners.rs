//! Whose keys may sign for which issuer.
//!
//! The tables are written in short names ([`NAMES`]): of discovery documents in small letters, of issuers in capitals.
//! `corp=CORP` is a provider whose issuer is configured; `-` is a document that is not there.

mod borrowed;
mod own;
mod told;

use serde_json::{Value, json};
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

use crate::bench::{AUDIENCE, Bench, OTHER_TENANT, TENANT};

const WAIT: &str = "keys_unavailable";
const UNKNOWN: &str = "signature_key_not_found";
const FOREIGN: &str = "issuer_not_allowed";

const NAMES: &[(&str, &str)] = &[
    ("entra", "https://login.microsoftonline.com/TID/v2.0/.well-known/openid-configuration"),
    ("entra-v1", "https://login.microsoftonline.com/TID/.well-known/openid-configuration"),
    ("entra-us", "https://login.microsoftonline.us/TID/v2.0/.well-known/openid-configuration"),
    ("windows-net", "https://login.windows.net/TID/.well-known/openid-configuration"),
    ("any", "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration"),
    ("ciam", "https://contoso.ciamlogin.com/TID/v2.0/.well-known/openid-configuration"),
    (
        "signin",
        "https://contoso.b2clogin.com/contoso.onmicrosoft.com/signin/v2.0/.well-known/openid-configuration",
    ),
    (
        "reset",
        "https://contoso.b2clogin.com/contoso.onmicrosoft.com/reset/v2.0/.well-known/openid-configuration",
    ),
    ("bot", "https://login.botframework.com/v1/.well-known/openidconfiguration"),
    ("google", "https://accounts.google.com/.well-known/openid-configuration"),
    ("corp", "https://auth.corp.example/.well-known/openid-configuration"),
    ("corp-http", "http://auth.corp.example/.well-known/openid-configuration"),
    ("partner", "https://partner.example/.well-known/openid-configuration"),
    ("V2", "https://login.microsoftonline.com/TID/v2.0"),
    ("V2-OTHER", "https://login.microsoftonline.com/OTHER/v2.0"),
    ("V2-US", "https://login.microsoftonline.us/TID/v2.0"),
    ("V2-ANY", "https://login.microsoftonline.com/{tenantid}/v2.0"),
    ("V1", "https://sts.windows.net/TID/"),
    ("V1-OTHER", "https://sts.windows.net/OTHER/"),
    ("V1-CN", "https://sts.chinacloudapi.cn/TID/"),
    ("CIAM", "https://TID.ciamlogin.com/TID/v2.0"),
    ("B2C", "https://contoso.b2clogin.com/TID/v2.0/"),
    ("BOT", "https://api.botframework.com"),
    ("CORP", "https://auth.corp.example"),
    ("ID-CORP", "https://id.corp.example"),
    ("PARTNER", "https://partner.example"),
    ("NOBODY", "https://nobody.example"),
];

/// What a short name stands for, alone or before a `/` or `:`; any other text is itself. `TID` and `OTHER` are the two
/// tenants.
fn full(name: &str) -> String {
    let (short, rest) = name.split_at(name.find(['/', ':']).unwrap_or(name.len()));
    let known = NAMES.iter().find(|(known, _)| *known == short);
    let text = known.map_or(name.to_owned(), |(_, text)| format!("{text}{rest}"));
    text.replace("TID", TENANT).replace("OTHER", OTHER_TENANT)
}

/// Entries of `openid_config`, such as `entra=V2 partner`.
fn providers(written: &str) -> Value {
    let entry = |word: &str| {
        let (url, issuer) = word.split_once('=').map_or((word, None), |(url, issuer)| (url, Some(issuer)));
        let mut entry = json!({"url": full(url), "allow_http": url == "corp-http"});
        if let Some(issuer) = issuer {
            entry["issuer"] = json!(full(issuer));
        }
        entry
    };
    written.split(' ').map(entry).collect()
}

/// A policy with these entries and these listed issuers.
fn policy(openid_config: &Value, listed: &str) -> Value {
    let mut policy = json!({"openid_config": openid_config, "audiences": [AUDIENCE]});
    if !listed.is_empty() {
        policy["issuers"] = listed.split(' ').map(full).collect();
    }
    json!({"validate_jwt": policy})
}

/// A key for each provider, each with a `kid` of its own.
struct Keys(Vec<SigningKey>);

impl Keys {
    fn new() -> Self {
        Self((0..3).map(|at| SigningKey::p256().with_key_id(format!("key-{at}"))).collect())
    }

    /// A policy whose providers serve their keys with documents that name these issuers.
    fn bench(&self, configuration: &Value, documents: &str) -> Bench {
        let mut bench = Bench::new(configuration);
        for (at, issuer) in documents.split(' ').enumerate().filter(|(_, issuer)| *issuer != "-") {
            bench.provide(at, &full(issuer), &[self.0[at].public_jwk()]);
        }
        bench
    }

    /// A token of an issuer, with its tenant if it names one, signed by a provider's key.
    fn token(&self, issuer: &str, signer: usize) -> String {
        let issuer = full(issuer);
        let recipe = TokenRecipe::plain(&issuer, AUDIENCE);
        let tenant = [TENANT, OTHER_TENANT].into_iter().find(|tenant| issuer.contains(tenant));
        let recipe = match tenant {
            Some(tenant) => recipe.claim("tid", tenant),
            None => recipe,
        };
        recipe.sign(&self.0[signer])
    }
}
