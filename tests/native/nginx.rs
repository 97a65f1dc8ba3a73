//! `docs/nginx.md`: its configuration is one that nginx reads, and protects what it says.

use validate_jwt::config::Config;

use crate::documents::blocks;

/// A directive: its words, and what stands in its braces.
#[derive(Debug)]
struct Directive {
    words: Vec<String>,
    block: Option<Vec<Directive>>,
}

impl Directive {
    fn name(&self) -> &str {
        &self.words[0]
    }

    /// The directives in its block of this name.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.block.iter().flatten().filter(move |one| one.name() == name)
    }

    fn only<'a>(&'a self, name: &'a str) -> &'a Directive {
        let found: Vec<_> = self.all(name).collect();
        assert_eq!(found.len(), 1, "{name} in {}", self.name());
        found[0]
    }
}

/// Where a directive may stand, and how many arguments it takes, as nginx's and the module's documents say.
const KNOWN: [(&str, &str, usize); 19] = [
    ("", "worker_processes", 1),
    ("", "events", 0),
    ("", "wasm", 0),
    ("", "http", 0),
    ("events", "worker_connections", 1),
    ("wasm", "module", 2),
    ("wasm", "shm_kv", 2),
    ("wasm", "resolver", 1),
    ("wasm", "tls_trusted_certificate", 1),
    ("wasm", "tls_verify_cert", 1),
    ("wasm", "tls_verify_host", 1),
    ("http", "upstream", 1),
    ("http", "server", 0),
    ("upstream", "server", 1),
    ("server", "listen", 1),
    ("server", "server_name", 1),
    ("server", "location", 1),
    ("location", "proxy_wasm", 2),
    ("location", "proxy_pass", 1),
];

/// Words, with quotes and comments taken off; braces and semicolons are words of their own.
fn words(text: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '#' => drop(characters.by_ref().find(|next| *next == '\n')),
            '\'' | '"' => {
                let quoted: String = characters.by_ref().take_while(|next| *next != character).collect();
                words.push((quoted, true));
            }
            '{' | '}' | ';' => words.push((character.to_string(), false)),
            character if character.is_whitespace() => {}
            character => {
                let mut word = String::from(character);
                while let Some(next) =
                    characters.next_if(|next| !next.is_whitespace() && !";{}".contains(*next))
                {
                    word.push(next);
                }
                words.push((word, true));
            }
        }
    }
    words
}

/// Reads directives until the block ends.
fn read(context: &str, words: &mut impl Iterator<Item = (String, bool)>) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut collected = Vec::new();
    while let Some((word, is_text)) = words.next() {
        if is_text {
            collected.push(word);
            continue;
        }
        if word == "}" {
            assert!(collected.is_empty(), "{context}: {collected:?} lacks its semicolon");
            return directives;
        }
        let taken: Vec<String> = std::mem::take(&mut collected);
        assert!(!taken.is_empty(), "{context}: {word} behind nothing");
        let known = KNOWN.contains(&(context, &*taken[0], taken.len() - 1));
        assert!(known, "{context}: {taken:?} is no directive of that place with so many arguments");
        let name = taken[0].clone();
        let block = (word == "{").then(|| read(&name, words));
        directives.push(Directive { words: taken, block });
    }
    assert!(context.is_empty() && collected.is_empty(), "{context}: its block does not end");
    directives
}

fn configuration() -> Directive {
    let block = blocks("docs/nginx.md").into_iter().find(|block| block.language == "nginx");
    let text = block.expect("a configuration of nginx").text;
    let block = read("", &mut words(&text).into_iter());
    Directive { words: vec![String::new()], block: Some(block) }
}

#[test]
fn the_configuration_for_nginx_is_one_and_verifies_the_provider() {
    let all = configuration();
    let wasm = all.only("wasm");
    for directive in ["tls_verify_cert", "tls_verify_host"] {
        assert_eq!(wasm.only(directive).words[1], "on", "{directive}");
    }
    assert_eq!(wasm.only("tls_trusted_certificate").words[1], "/etc/ssl/certs/ca-certificates.crt");
    assert_eq!(
        wasm.only("shm_kv").words[1],
        "validate-jwt",
        "what stands before the slash of every shared key"
    );
    assert_eq!(wasm.only("module").words[1..], ["validate_jwt", "/etc/nginx/validate_jwt_nginx.wasm"]);
}

#[test]
fn the_filter_stands_where_nginx_proxies_and_its_configuration_fits_and_loads() {
    let all = configuration();
    let http = all.only("http");
    let upstreams: Vec<_> = http.all("upstream").map(|one| format!("http://{}", one.words[1])).collect();
    let mut count = 0;
    for location in http.all("server").flat_map(|server| server.all("location")) {
        let [_, module, text] = &location.only("proxy_wasm").words[..] else { panic!("{location:?}") };
        assert_eq!(module, "validate_jwt");
        assert!(upstreams.contains(&location.only("proxy_pass").words[1]), "{location:?}");
        assert!(text.len() <= 4_095, "{} bytes: nginx takes no longer parameter", text.len());
        if let Err(problems) = Config::parse(text.as_bytes()) {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        }
        count += 1;
    }
    assert!(count > 0, "no location");
}
