//! Puts the module into images, in one file, and prints the digest and the tag of each.
#![expect(clippy::print_stdout, reason = "this program's output is what is asked for")]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use validate_jwt_release::image::{About, artifact, image};
use validate_jwt_release::{archive, check};
use validate_jwt_testbed::arguments::{Arguments, Usage};
use validate_jwt_testbed::{Error, service};

fn main() -> ExitCode {
    service::program(&USAGE, run)
}

async fn run(arguments: Arguments) -> Result<ExitCode, Error> {
    let about = About {
        version: arguments.required("--version")?.parse()?,
        revision: arguments.required("--revision")?.to_owned(),
        created: arguments.required("--created")?.to_owned(),
        source: arguments.value("--source").map(str::to_owned),
    };
    let folder = Path::new(arguments.required("--folder")?);
    let file = folder.join("validate_jwt.wasm");
    let module = fs::read(&file).map_err(Error::io(format!("reading {}", file.display())))?;
    let images = [image(&about, &module)?, artifact(&about, &module)?];
    for (tag, digest) in archive::write(&folder.join(check::archive(&about.version)), &images)? {
        println!("{}  {tag}", digest.digits());
    }
    Ok(ExitCode::SUCCESS)
}

const USAGE: Usage = Usage {
    help: "\
usage: release-image --folder FOLDER --version VERSION --revision COMMIT --created TIME [--source URL]

Writes validate-jwt-VERSION.oci.tar into the folder: validate_jwt.wasm, which has to be there, as an image (tag VERSION) and as an
artifact (tag VERSION-artifact). Prints the digest of each one's manifest and its tag.

  --folder FOLDER    the folder of the release
  --version VERSION  such as 0.2.0
  --revision COMMIT  the commit that the module was built from
  --created TIME     its time, such as 2027-01-31T12:00:00Z
  --source URL       the repository's address
  --help             this text",
    flags: &["--help"],
    options: &["--created", "--folder", "--revision", "--source", "--version"],
};
