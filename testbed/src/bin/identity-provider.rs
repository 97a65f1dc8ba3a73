//! The identity provider as a program, for containers. See [`validate_jwt_testbed::identity_provider`].
#![expect(clippy::print_stdout, reason = "this program talks to a person")]

use std::net::SocketAddr;
use std::process::ExitCode;

use validate_jwt_testbed::Error;
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::identity_provider::{CONTOSO, IdentityProvider, Names, paths};
use validate_jwt_testbed::service;

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let default = SocketAddr::from(([0, 0, 0, 0], 8081));
    if arguments.has("--check") {
        return service::check(arguments.parsed("--check", default)?).await;
    }
    let usual = Names::default();
    let names = Names {
        authority: arguments.parsed("--issuer", usual.authority.clone())?,
        endpoints: arguments.parsed("--endpoints", usual.endpoints.clone())?,
        ..usual
    };
    let idp = IdentityProvider::start_on(arguments.parsed("--listen", default)?, names)?;
    println!("identity provider: {}", idp.url(&paths::discovery_v2(CONTOSO)));
    service::until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}

const USAGE: Usage = Usage {
    help: "\
usage: identity-provider [--listen ADDRESS] [--issuer URL] [--endpoints URL]
       identity-provider --check ADDRESS

  --listen     where to listen, by default 0.0.0.0:8081
  --issuer     what issuers begin with, by default https://login.microsoftonline.com
  --endpoints  what addresses in documents begin with, by default the host that was asked
  --check      ask a running one for its health; exit status 0 means well
  --help       this text",
    flags: &["--help"],
    options: &["--check", "--endpoints", "--issuer", "--listen"],
};
