//! Hundreds of Istio's `AuthorizationPolicy`s, each from a seed, and what `convert` makes of them: whatever loads lets the
//! same requests pass as Istio's own rules, which are written down here once more.

use serde_json::{Value, json};
use validate_jwt::config::Config;
use validate_jwt_testbed::token::{SigningKey, TokenRecipe};

use crate::bench::{Bench, request};

const ISSUER: &str = "https://idp.example";
const SECRET: &[u8] = b"not a secret: everybody can read this!";

#[test]
fn what_converts_lets_pass_what_istio_lets_pass() {
    let tokens: Vec<_> = tokens().into_iter().map(|claims| (signed(claims.as_ref()), claims)).collect();
    let (mut loaded, mut refused) = (0, 0);
    for seed in 1..=SEEDS {
        let policies = Dice(seed * 0x9e37_79b9).policies();
        let text = manifest(&policies);
        let (configuration, _) = validate_jwt_cli::convert("istio", &text).expect(&text);
        let configuration = configuration.to_string();
        if Config::parse(configuration.as_bytes()).is_err() {
            refused += 1;
            continue;
        }
        loaded += 1;
        let bench = Bench::of_text(&configuration);
        for asked in requests() {
            for (token, claims) in &tokens {
                let mut headers = vec![(":method", asked.method), (":path", asked.path)];
                headers.extend(asked.tier.map(|tier| ("x-tier", tier)));
                let bearer = token.as_ref().map(|token| format!("Bearer {token}"));
                headers.extend(bearer.as_ref().map(|bearer| ("authorization", bearer.as_str())));
                let verdict = bench.verdict(&request(&headers));
                let passes = ["allowed", "anonymous"].contains(&verdict.as_str());
                let expected = allowed(&policies, &asked, claims.as_ref());
                assert_eq!(
                    passes, expected,
                    "seed {seed}: {asked:?} {claims:?}: {verdict}\n{text}\n{configuration}"
                );
            }
        }
    }
    assert!(loaded > SEEDS / 3 && refused > SEEDS / 20, "{loaded} were converted, {refused} were refused");
}

const SEEDS: u64 = 600;

/// Claims; none for a request without token.
fn tokens() -> Vec<Option<Value>> {
    vec![
        None,
        Some(json!({"sub": "alice"})),
        Some(json!({"sub": "alice", "role": "clerk"})),
        Some(json!({"sub": "bob", "role": ["guest", "head-clerk"]})),
        Some(json!({"role": "clerk"})),
    ]
}

fn signed(claims: Option<&Value>) -> Option<String> {
    let mut token = TokenRecipe::plain(ISSUER, "api").without_claim("sub");
    for (name, value) in claims?.as_object()? {
        token = token.claim(name, value.clone());
    }
    Some(token.sign(&SigningKey::symmetric(SECRET)))
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    method: &'static str,
    path: &'static str,
    tier: Option<&'static str>,
}

fn requests() -> Vec<Asked> {
    let mut all = Vec::new();
    for method in ["GET", "POST"] {
        for path in ["/a", "/a/b", "/ab", "/c/b", "/"] {
            for tier in [None, Some("gold")] {
                all.push(Asked { method, path, tier });
            }
        }
    }
    all
}

fn manifest(policies: &[Value]) -> String {
    let jwks = json!({"keys": [SigningKey::symmetric(SECRET).public_jwk()]}).to_string();
    let rule = json!({"issuer": ISSUER, "jwks": jwks, "fromHeaders": [{"name": "authorization", "prefix": "Bearer "}]});
    let authentication = json!({"kind": "RequestAuthentication", "spec": {"jwtRules": [rule]}});
    let all: Vec<_> = std::iter::once(&authentication).chain(policies).map(Value::to_string).collect();
    all.join("\n---\n")
}

/// Istio: a request that a `DENY` matches is refused; any other one has to match an `ALLOW`, where there is one.
fn allowed(policies: &[Value], asked: &Asked, claims: Option<&Value>) -> bool {
    let of = |action: &'static str| policies.iter().filter(move |policy| policy["spec"]["action"] == action);
    let matches =
        |policy: &Value| list(&policy["spec"]["rules"]).iter().any(|rule| rule_matches(rule, asked, claims));
    !of("DENY").any(matches) && (of("ALLOW").next().is_none() || of("ALLOW").any(matches))
}

fn rule_matches(rule: &Value, asked: &Asked, claims: Option<&Value>) -> bool {
    let any =
        |name: &str, one: &dyn Fn(&Value) -> bool| rule[name].is_null() || list(&rule[name]).iter().any(one);
    let principal = claims.and_then(|claims| Some(format!("{ISSUER}/{}", claims["sub"].as_str()?)));
    let principals: Vec<_> = principal.iter().map(String::as_str).collect();
    let source =
        |from: &Value| holds(&from["source"], "requestPrincipals", "notRequestPrincipals", &principals);
    let operation = |to: &Value| {
        let operation = &to["operation"];
        holds(operation, "methods", "notMethods", &[asked.method])
            && holds(operation, "paths", "notPaths", &[asked.path])
    };
    let when = list(&rule["when"]).iter().all(|condition| {
        let held: Vec<&str> = match condition["key"].as_str() {
            Some("request.headers[x-tier]") => asked.tier.into_iter().collect(),
            _ => match claims.map(|claims| &claims["role"]) {
                Some(Value::String(one)) => vec![one],
                Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            },
        };
        holds(condition, "values", "notValues", &held)
    });
    any("from", &source) && any("to", &operation) && when
}

/// Whether what a request has meets `name` and does not meet `not`, as far as they are there.
fn holds(object: &Value, name: &str, not: &str, held: &[&str]) -> bool {
    let meets = |values: &Value| {
        list(values).iter().filter_map(Value::as_str).any(|value| held.iter().any(|held| fits(value, held)))
    };
    (object[name].is_null() || meets(&object[name])) && !meets(&object[not])
}

fn fits(value: &str, text: &str) -> bool {
    if let Some((before, after)) = value.split_once("{*}") {
        let inner = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        return inner.is_some_and(|inner| !inner.is_empty() && !inner.contains('/'));
    }
    match (value.strip_prefix('*'), value.strip_suffix('*')) {
        (Some(""), _) => !text.is_empty(),
        (Some(suffix), _) => text.ends_with(suffix),
        (_, Some(prefix)) => text.starts_with(prefix),
        _ => text == value,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What falls is the seed's alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sides = u64::try_from(sides).expect("a small number");
        usize::try_from(self.0 % sides).expect("a small number")
    }

    fn one_of(&mut self, of: &[Value]) -> Value {
        of[self.below(of.len())].clone()
    }

    fn up_to(&mut self, most: usize, one: impl Fn(&mut Self) -> Value) -> Vec<Value> {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect()
    }

    fn policies(&mut self) -> Vec<Value> {
        self.up_to(3, |dice| {
            let action = if dice.below(3) == 0 { "DENY" } else { "ALLOW" };
            let rules = dice.up_to(2, Self::rule);
            json!({"kind": "AuthorizationPolicy", "metadata": {"name": "p"}, "spec": {"action": action, "rules": rules}})
        })
    }

    fn rule(&mut self) -> Value {
        let mut rule = json!({});
        if self.below(2) == 0 {
            rule["from"] = vec![self.source()].into();
        }
        if self.below(3) > 0 {
            let more = self.up_to(1, Self::operation);
            rule["to"] = std::iter::once(self.operation()).chain(more).collect();
        }
        if self.below(3) == 0 {
            rule["when"] = vec![self.condition()].into();
        }
        rule
    }

    fn source(&mut self) -> Value {
        let source = self.one_of(&[
            json!({"requestPrincipals": ["*"]}),
            json!({"requestPrincipals": ["https://idp.example/alice", "https://other.example/*"]}),
            json!({"requestPrincipals": ["https://other.example/alice"]}),
            json!({"requestPrincipals": ["https://idp.example/b*"]}),
            json!({"notRequestPrincipals": ["*"]}),
            json!({"notRequestPrincipals": ["*"]}),
        ]);
        json!({"source": source})
    }

    fn operation(&mut self) -> Value {
        let mut operation = json!({});
        let paths = [
            json!(["/a"]),
            json!(["/a*"]),
            json!(["/a/*", "/c/b"]),
            json!(["*/b"]),
            json!(["/a/{*}"]),
            json!(["*"]),
        ];
        let methods = [json!(["GET"]), json!(["POST"]), json!(["GET", "PUT"])];
        for (name, values) in [("paths", &paths[..]), ("methods", &methods)] {
            match self.below(4) {
                0 | 1 => operation[name] = self.one_of(values),
                2 if self.below(2) == 0 => {
                    let capital = name[..1].to_uppercase();
                    operation[format!("not{capital}{}", &name[1..])] = self.one_of(values);
                }
                _ => {}
            }
        }
        json!({"operation": operation})
    }

    fn condition(&mut self) -> Value {
        self.one_of(&[
            json!({"key": "request.auth.claims[role]", "values": ["clerk"]}),
            json!({"key": "request.auth.claims[role]", "values": ["guest", "*-clerk"]}),
            json!({"key": "request.auth.claims[role]", "values": ["*"]}),
            json!({"key": "request.auth.claims[role]", "notValues": ["clerk"]}),
            json!({"key": "request.headers[x-tier]", "values": ["gold", "silver"]}),
            json!({"key": "request.headers[x-tier]", "notValues": ["g*"]}),
        ])
    }
}
