//! The clusters that the proxy needs: by which name, and where each has to lead.

use std::fmt;
use std::net::IpAddr;

use serde_json::{Value, json};
use validate_jwt::excerpt::Excerpt;
use validate_jwt::keys::{Fetch, Scheme, Url};

use super::finding::Finding;

/// A cluster, and all the places that requests through it are meant for: one, if all is well.
#[derive(Debug)]
pub(super) struct Cluster {
    name: String,
    places: Vec<Place>,
}

/// Where a cluster has to lead.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    scheme: Scheme,
}

impl Cluster {
    /// The clusters of these fetches, each once.
    pub(super) fn all<'a>(fetches: impl Iterator<Item = &'a Fetch>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for fetch in fetches {
            let place = Place::of(&fetch.url);
            match all.iter_mut().find(|known| known.name == fetch.cluster) {
                Some(known) if known.places.contains(&place) => {}
                Some(known) => known.places.push(place),
                None => all.push(Self { name: fetch.cluster.clone(), places: vec![place] }),
            }
        }
        all
    }

    /// What is wrong with it.
    pub(super) fn finding(&self) -> Option<Finding> {
        let places = || self.places.iter().map(ToString::to_string).collect();
        (self.places.len() > 1)
            .then(|| Finding::TornCluster { cluster: Excerpt::name(&self.name), places: places() })
    }

    /// For scripts.
    pub(super) fn json(&self) -> Value {
        let place = |place: &Place| {
            let server_name = (place.scheme == Scheme::Https && !place.is_address()).then_some(&place.host);
            json!({
                "host": place.host,
                "port": place.port,
                "tls": place.scheme == Scheme::Https,
                "server_name": server_name,
            })
        };
        json!({"name": self.name, "leads_to": self.places.iter().map(place).collect::<Vec<_>>()})
    }
}

impl Place {
    fn of(url: &Url) -> Self {
        Self { host: url.bare_host().to_owned(), port: url.port(), scheme: url.scheme() }
    }

    fn is_address(&self) -> bool {
        self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<_> = self.places.iter().map(ToString::to_string).collect();
        write!(f, "{}: to {}", Excerpt::name(&self.name), places.join(", and to "))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)?;
        match self.scheme {
            Scheme::Http => f.write_str(" without TLS"),
            Scheme::Https if self.is_address() => f.write_str(" with TLS"),
            Scheme::Https => write!(f, " with TLS, sni {}", self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use validate_jwt::keys::FetchStep;

    #[test]
    fn each_cluster_is_told_once_with_all_that_it_would_have_to_lead_to() {
        let fetch = |cluster: &str, url: &str| Fetch {
            step: FetchStep::Metadata,
            cluster: cluster.to_owned(),
            url: Url::parse(url).unwrap(),
            timeout: Duration::from_secs(5),
        };
        let fetches = [
            fetch("idp", "https://idp.example/d"),
            fetch("idp", "https://IDP.example.:443/keys"),
            fetch("plain", "http://idp:8080/d"),
            fetch("address", "https://[::1]/d"),
            fetch("torn", "https://a.example/d"),
            fetch("torn", "https://a.example:8443/k"),
        ];
        let clusters = Cluster::all(fetches.iter());
        let told: Vec<_> = clusters.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "idp: to idp.example:443 with TLS, sni idp.example",
                "plain: to idp:8080 without TLS",
                "address: to [::1]:443 with TLS",
                "torn: to a.example:443 with TLS, sni a.example, and to a.example:8443 with TLS, sni a.example",
            ]
        );
        let torn: Vec<_> = clusters.iter().filter_map(Cluster::finding).collect();
        assert_eq!(torn.len(), 1, "{torn:?}");
    }
}
