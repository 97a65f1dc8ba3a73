//! An entry of `hosts`: one of Envoy's `domains`, without the forms that are unsafe in a rule.

use super::node::Node;
use super::problem::Report;
use super::quote::quoted;
use crate::gate::HostMatch;

/// Reads an entry; reports it where no authority could match it, or too many would.
pub(super) fn host(text: &str, node: &Node, report: &mut Report) -> Option<HostMatch> {
    let lower = text.to_ascii_lowercase();
    match parse(&lower) {
        Ok(host) => Some(host),
        Err(wrong) => {
            let meant = match wrong {
                Wrong::Dot => lower.strip_suffix('.').filter(|host| parse(host).is_ok()),
                Wrong::EmptyPort => lower.strip_suffix(':').filter(|host| parse(host).is_ok()),
                _ => None,
            };
            report.suggest(&node.path, node.describe(), wrong.allowed(), meant.map(quoted));
            None
        }
    }
}

/// Why a text is no entry of `hosts`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Any,
    Dot,
    EmptyPort,
    Port,
    TwoStars,
    Name,
}

impl Wrong {
    fn allowed(self) -> &'static str {
        match self {
            Self::Any => "a host; leave hosts out for every host",
            Self::Dot => "a host without a trailing dot: as in Envoy's domains, it would match nothing else",
            Self::EmptyPort => "a host without a trailing colon, or with a port",
            Self::Port => "a port from 1 to 65535 without leading zeros, or * for any",
            Self::TwoStars => {
                "one *: list the ports, such as *.example.com:8443, or the hosts, such as \
                               api.example.com:*"
            }
            Self::Name => {
                "a host such as api.example.com, *.example.com, api.example.com:8443 or api.example.com:*"
            }
        }
    }
}

fn parse(lower: &str) -> Result<HostMatch, Wrong> {
    if lower.contains('/') {
        return Err(Wrong::Name);
    }
    if lower == "*" {
        return Err(Wrong::Any);
    }
    let (name, port) = match lower.rsplit_once(':') {
        // The colons within an address are not followed by a bracket's end.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (lower, None),
    };
    let (below, plain) = match name.strip_prefix("*.") {
        Some(rest) => (true, rest),
        None => (false, name),
    };
    if plain.ends_with('.') {
        return Err(Wrong::Dot);
    }
    let is_host = if below { is_name(plain) } else { is_name(plain) || is_address(plain) };
    if !is_host {
        return Err(Wrong::Name);
    }
    match port {
        Some("") => Err(Wrong::EmptyPort),
        Some("*") if below => Err(Wrong::TwoStars),
        Some("*") => Ok(HostMatch::AnyPort(format!("{name}:"))),
        Some(port) if !is_port(port) => Err(Wrong::Port),
        _ if below => Ok(HostMatch::Below(lower.trim_start_matches('*').to_owned())),
        _ => Ok(HostMatch::Exact(lower.to_owned())),
    }
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(plain))
}

fn is_address(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    address.is_some_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
}

/// As clients write it: a router compares text, so `08443` is another port than `8443`.
fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0 && port.to_string() == text)
}
