//! The command.

use std::path::PathBuf;
use std::process::ExitCode;

use super::report;
use crate::failure::Failure;
use crate::output;

/// Run tests of policies: tables of requests with the verdicts that are expected.
///
/// Tokens are minted with test keys, and nothing is fetched. The exit status is 0 where all tests pass, 1 where one fails,
/// and 2 where a file cannot be run.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Files of tests, in YAML or JSON.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How the results are written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the results to a file besides, in the XML of test reports.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
}

impl Test {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let mut reports = Vec::new();
        for file in &self.files {
            reports.push(super::run(file).map_err(Failure::PolicyTest)?);
        }
        if let Some(file) = &self.junit {
            let written = std::fs::write(file, report::junit(&reports));
            written.map_err(|error| Failure::UnwritableFile(file.display().to_string(), error))?;
        }
        match self.format {
            Format::Text => output::print(&report::text(&reports))?,
            Format::Json => output::print_json(&report::json(&reports))?,
            Format::Junit => output::print(&report::junit(&reports))?,
        };
        let has_failed = reports.iter().any(|report| report.failed().next().is_some());
        Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
