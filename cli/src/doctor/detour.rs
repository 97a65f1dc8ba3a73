//! `--resolve`: where a host is reached instead of where its name leads.

use ureq::http::Uri;

/// `HOST[:PORT]=ADDRESS[:PORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detour {
    host: String,
    /// Where it holds for one port alone.
    port: Option<u16>,
    address: String,
    /// Without it, the port of the URL.
    address_port: Option<u16>,
}

impl Detour {
    /// Reads one.
    pub(crate) fn parse(written: &str) -> Result<Self, String> {
        let read = || {
            let (host, address) = written.split_once('=')?;
            let (host, port) = host_and_port(host)?;
            let (address, address_port) = host_and_port(address)?;
            Some(Self { host: host.to_ascii_lowercase(), port, address: address.to_owned(), address_port })
        };
        read().ok_or_else(|| "expected HOST=ADDRESS, each perhaps with :PORT".to_owned())
    }

    /// Where the first that fits leads a URL, as `address:port`.
    pub(super) fn of(all: &[Self], uri: &Uri) -> Option<String> {
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let host = uri.host()?;
        let fits =
            |one: &&Self| one.host.eq_ignore_ascii_case(host) && one.port.is_none_or(|wanted| wanted == port);
        let one = all.iter().find(fits)?;
        Some(format!("{}:{}", one.address, one.address_port.unwrap_or(port)))
    }
}

/// `host`, `host:port`, `[address]` or `[address]:port`.
fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    let after = text.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match text.get(after..)?.split_once(':') {
        Some((rest, port)) => (text.get(..after + rest.len())?, Some(port.parse().ok()?)),
        None => (text, None),
    };
    let is_bare = !host.is_empty() && !host.contains(['/', ' ', '@']);
    (is_bare && port != Some(0)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detour_is_taken_by_the_urls_of_its_host_and_port() {
        for (written, url, expected) in [
            ("idp.example=10.0.0.1", "https://idp.example/d", Some("10.0.0.1:443")),
            ("idp.example=10.0.0.1", "http://IDP.example/d", Some("10.0.0.1:80")),
            ("IDP.example=10.0.0.1:8443", "https://idp.example:1/d", Some("10.0.0.1:8443")),
            ("idp.example:443=proxy.internal:1", "https://idp.example/d", Some("proxy.internal:1")),
            ("idp.example:443=10.0.0.1", "https://idp.example:8443/d", None),
            ("idp.example=[::1]", "https://idp.example:8443/d", Some("[::1]:8443")),
            ("[::1]:80=127.0.0.1:81", "http://[::1]/d", Some("127.0.0.1:81")),
            ("idp.example=10.0.0.1", "https://other.example/d", None),
        ] {
            let detour = Detour::parse(written).unwrap();
            assert_eq!(Detour::of(&[detour], &url.parse().unwrap()).as_deref(), expected, "{written} {url}");
        }
    }

    #[test]
    fn what_is_no_detour_is_refused() {
        for written in
            ["", "idp.example", "=10.0.0.1", "idp.example=", "a=b:c", "a:0=b", "https://a=b", "a:70000=b"]
        {
            assert_eq!(
                Detour::parse(written),
                Err("expected HOST=ADDRESS, each perhaps with :PORT".to_owned()),
                "{written}"
            );
        }
    }
}
