//! How far a request came, for the words when it came no further; and where hosts are looked for.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};

use super::detour::Detour;

/// A step of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// The host's name is looked up.
    #[default]
    Lookup,
    /// A connection is made.
    Connection,
    /// The TLS handshake, the request, and the head of the answer.
    Answer,
    /// The answer's body.
    Body,
}

/// How far a request has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Journey(Arc<Mutex<Place>>);

#[derive(Debug, Default)]
struct Place {
    stage: Stage,
    addresses: Vec<SocketAddr>,
}

/// A name that could not be resolved.
#[derive(Debug)]
pub(super) struct Unresolved {
    /// The name.
    pub(super) host: String,
    /// What the system says.
    pub(super) why: String,
}

impl Journey {
    /// The step that was begun last.
    pub(super) fn stage(&self) -> Stage {
        self.place().stage
    }

    /// The addresses that were found last.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.place().addresses.clone()
    }

    /// A step begins.
    pub(super) fn begin(&self, stage: Stage) {
        self.place().stage = stage;
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks names up, and notes what was found.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) system: DefaultResolver,
    pub(super) detours: Vec<Detour>,
    pub(super) journey: Journey,
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        self.journey.begin(Stage::Lookup);
        let found = match Detour::of(&self.detours, uri) {
            Some(address) => self.elsewhere(&address),
            None => self.system.resolve(uri, config, timeout),
        };
        let found = found.map_err(|error| match error {
            ureq::Error::Io(error) => unresolved(uri.host().unwrap_or_default(), &error),
            other => other,
        })?;
        self.journey.place().addresses = found.iter().copied().collect();
        Ok(found)
    }
}

impl Names {
    /// What a detour leads to: an address, or another name.
    fn elsewhere(&self, address: &str) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        for one in address.to_socket_addrs().map_err(|error| unresolved(address, &error))?.take(MOST) {
            found.push(one);
        }
        if found.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(found) }
    }
}

/// Connects as the client always does, and notes that it is about to.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) plain: DefaultConnector,
    pub(super) journey: Journey,
}

impl Connector<()> for Connections {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.journey.begin(Stage::Connection);
        let connected = self.plain.connect(details, chained)?;
        self.journey.begin(Stage::Answer);
        Ok(connected)
    }
}

fn unresolved(host: &str, error: &std::io::Error) -> ureq::Error {
    ureq::Error::Other(Box::new(Unresolved { host: host.to_owned(), why: error.to_string() }))
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name {:?} cannot be resolved: {}", self.host, self.why)
    }
}

impl std::error::Error for Unresolved {}

/// As many addresses as the client has room for.
const MOST: usize = 16;
