//! Questions to Envoy's administration interface.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;

use crate::client::{Request, Response};
use crate::error::Error;

/// Whether Envoy takes requests.
pub(super) async fn is_ready(admin: SocketAddr) -> bool {
    Request::get("/ready").send(admin).await.is_ok_and(|answer| answer.status == 200)
}

/// Where each listener listens, by name.
pub(super) async fn listener_addresses(admin: SocketAddr) -> Result<BTreeMap<String, SocketAddr>, Error> {
    let listeners = ask(admin, "/listeners?format=json").await?.json()?;
    let statuses = listeners["listener_statuses"].as_array().cloned().unwrap_or_default();
    Ok(statuses.iter().filter_map(named_address).collect())
}

fn named_address(status: &Value) -> Option<(String, SocketAddr)> {
    let socket = &status["local_address"]["socket_address"];
    let port = u16::try_from(socket["port_value"].as_u64()?).ok()?;
    let address = SocketAddr::new(socket["address"].as_str()?.parse().ok()?, port);
    Some((status["name"].as_str()?.to_owned(), address))
}

/// Counters and gauges by name; histograms and texts have no single number and are left out.
pub(super) async fn stats(admin: SocketAddr, filter: &str) -> Result<BTreeMap<String, u64>, Error> {
    let escaped: String = filter.bytes().map(escape).collect();
    let text = ask(admin, &format!("/stats?filter={escaped}")).await?.text();
    let pairs = text.lines().filter_map(|line| line.rsplit_once(": "));
    Ok(pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
}

/// Whether a histogram holds a value. Envoy merges what its workers recorded from time to time.
pub(super) async fn has_recorded(admin: SocketAddr, histogram: &str) -> Result<bool, Error> {
    let text = ask(admin, "/stats?type=Histograms").await?.text();
    let of_it = |line: &str| line.strip_prefix(histogram).is_some_and(|rest| rest.starts_with(": P0("));
    Ok(text.lines().any(of_it))
}

/// The version, as in `1.40.0`.
pub(super) async fn version(admin: SocketAddr) -> Result<String, Error> {
    let info = ask(admin, "/server_info").await?.json()?;
    // "<revision>/<version>/<state of the sources>/<kind of build>/<TLS library>"
    let version = info["version"].as_str().and_then(|text| text.split('/').nth(1));
    version
        .map(str::to_owned)
        .ok_or_else(|| Error::configuration("expected a version in /server_info, found none"))
}

async fn ask(admin: SocketAddr, path: &str) -> Result<Response, Error> {
    let answer = Request::get(path).send(admin).await?;
    if answer.status == 200 {
        return Ok(answer);
    }
    let detail = format!("status {}: {}", answer.status, answer.text());
    Err(Error::Http { doing: format!("asking Envoy for {path}"), detail })
}

fn escape(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}
