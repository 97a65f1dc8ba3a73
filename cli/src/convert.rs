//! `convert`: makes a configuration of what somebody has elsewhere, and lists what is left to do: nothing is dropped silently.

mod api_management;
mod authorized;
mod configuration;
mod destination;
mod difference;
mod duration;
mod envoy_gateway;
mod istio;
mod jwt_authn;
mod key_set;
mod kubernetes;
mod manifest;
mod part;
mod path;
mod pattern;
mod place;
mod policies;
mod provider;
mod requests;

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;
use validate_jwt::config::Problem;

use crate::failure::Failure;
use crate::input::{self, Refused};
use crate::output;
use destination::{Destination, Open, Written};
use manifest::Document;

/// Make a configuration of what you have elsewhere, and list what is left to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Convert {
    /// What the files are written for; without it XML is API Management's, and JSON a configuration.
    #[arg(long, value_name = "ORIGIN")]
    from: Option<Origin>,
    /// What to write.
    #[arg(long, value_name = "DESTINATION", default_value = "json")]
    to: Destination,
    /// A named value of API Management.
    #[arg(long = "named-value", value_name = "NAME=VALUE", value_parser = named_value)]
    named_values: Vec<(String, String)>,
    /// A JSON file with names and values.
    #[arg(long = "named-values", value_name = "FILE")]
    named_value_files: Vec<String>,
    /// One document, in as many files as it has: XML for API Management, YAML or JSON for the others; - stands for standard
    /// input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

/// What a converted document is written for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Origin {
    /// A configuration of this filter, in JSON or in XML.
    Configuration,
    /// Policy documents and fragments of Azure API Management.
    ApiManagement,
    /// Envoy's own filter.
    JwtAuthn,
    /// Istio's `RequestAuthentication` and `AuthorizationPolicy`.
    Istio,
    /// Envoy Gateway's `SecurityPolicy`.
    EnvoyGateway,
}

fn named_value(written: &str) -> Result<(String, String), String> {
    let (name, value) = written.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Convert {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let read = |name: &String| Ok(File { name: name.clone(), text: input::read(name)? });
        let files: Vec<File> = self.files.iter().map(read).collect::<Result<_, Failure>>()?;
        let Conversion { configuration, mut left } = match conversion(self, &files)? {
            Ok(conversion) => conversion,
            Err(refused) => return Err(Failure::from(refused)),
        };
        match self.to.write(&configuration) {
            Ok(Written { text, open }) => {
                output::print(&text)?;
                left.extend(open.into_iter().map(|Open { what, instead }| Left {
                    file: "output".to_owned(),
                    line: None,
                    what,
                    instead,
                }));
                Ok(say_what_is_left(&left))
            }
            Err(problems) => {
                say_what_is_left(&left);
                Ok(output::refuse("the configuration, which --to json prints", &problems))
            }
        }
    }
}

/// A file, read.
pub(crate) struct File {
    /// Its name, `-` for standard input.
    name: String,
    text: Vec<u8>,
}

impl File {
    fn is_xml(&self) -> bool {
        let text = self.text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.text);
        text.trim_ascii_start().starts_with(b"<")
    }
}

/// What a document became.
pub(crate) struct Conversion {
    /// The configuration.
    pub(crate) configuration: Value,
    /// What it does not say, in the order of the document.
    pub(crate) left: Vec<Left>,
}

/// Something of the original that is not in the configuration, or not as it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// The file's name, `-` for standard input.
    pub(crate) file: String,
    /// Where in it, counted from 1.
    pub(crate) line: Option<usize>,
    /// What stands there.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) instead: String,
}

impl Left {
    /// What stands there, and what to do about it.
    fn text(&self) -> String {
        format!("{}: {}", self.what, self.instead)
    }
}

/// Converts.
///
/// # Errors
///
/// Outside: files that are not what was asked for. Inside: one that is not what it should be.
fn conversion(given: &Convert, files: &[File]) -> Result<Result<Conversion, Refused>, Failure> {
    let of_api_management = match given.from {
        Some(Origin::ApiManagement) => true,
        None | Some(Origin::Configuration) => files.iter().any(File::is_xml),
        Some(Origin::JwtAuthn | Origin::Istio | Origin::EnvoyGateway) => false,
    };
    if of_api_management {
        return api_management::conversion(given, files);
    }
    if !given.named_values.is_empty() || !given.named_value_files.is_empty() {
        return Err(Failure::NamedValuesInVain);
    }
    match given.from.and_then(of_peer) {
        Some((conversion, wanted)) => Ok(of_documents(files, conversion, wanted)),
        None => configuration::conversion(files),
    }
}

/// What `convert --to DESTINATION` writes of a configuration.
///
/// # Errors
///
/// What is wrong with it.
pub fn to_text(destination: &str, configuration: &Value) -> Result<String, String> {
    let written = Destination::from_str(destination, false)?.write(configuration);
    written.map(|written| written.text).map_err(|problems| lines(&problems))
}

/// What `convert --from ORIGIN` makes of a text, where the origin is another filter: the configuration, and the list.
///
/// # Errors
///
/// What is wrong with it.
pub fn of_text(origin: &str, text: &str) -> Result<(Value, Vec<String>), String> {
    let (conversion, wanted) =
        of_peer(Origin::from_str(origin, false)?).ok_or("no other filter's documents")?;
    let file = File { name: "-".to_owned(), text: text.as_bytes().to_owned() };
    let Conversion { configuration, left } =
        of_documents(&[file], conversion, wanted).map_err(|refused| lines(&refused.told()))?;
    Ok((configuration, left.iter().map(Left::text).collect()))
}

/// Converts documents; nothing where there is nothing to convert.
type OfDocuments = fn(&[Document]) -> Result<Option<Conversion>, Refused>;

/// How another filter's documents are converted, and what they have to hold.
fn of_peer(origin: Origin) -> Option<(OfDocuments, &'static str)> {
    match origin {
        Origin::Configuration | Origin::ApiManagement => None,
        Origin::JwtAuthn => Some((jwt_authn::conversion, jwt_authn::WANTED)),
        Origin::Istio => Some((istio::conversion, istio::WANTED)),
        Origin::EnvoyGateway => Some((envoy_gateway::conversion, envoy_gateway::WANTED)),
    }
}

fn of_documents(files: &[File], conversion: OfDocuments, wanted: &str) -> Result<Conversion, Refused> {
    let mut documents = Vec::new();
    for file in files {
        documents.extend(manifest::parse(&file.name, &file.text)?);
    }
    conversion(&documents)?.ok_or_else(|| {
        let (found, allowed) = ("none".to_owned(), wanted.to_owned());
        let problem = Problem { path: String::new(), found, allowed, suggestion: None };
        Refused::file(&names(files).join(", "), vec![problem], |_| 1)
    })
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn names(files: &[File]) -> Vec<String> {
    files.iter().map(|file| file.name.clone()).collect()
}

/// A configuration, and where the original stands.
struct Found {
    file: String,
    place: String,
    configuration: Value,
}

/// One configuration of those that were found; nothing of nothing. Different ones cannot be one: they are printed side by
/// side, which `check` refuses, and the list says so.
fn one_configuration(mut found: Vec<Found>, mut left: Vec<Left>) -> Option<Conversion> {
    let first = found.first()?;
    if found.iter().all(|other| other.configuration == first.configuration) {
        let configuration = found.swap_remove(0).configuration;
        return Some(Conversion { configuration, left });
    }
    left.extend(found.iter().map(|one| Left {
        file: one.file.clone(),
        line: None,
        what: one.place.clone(),
        instead:
            "has a configuration of its own, for a plugin of its own: take apart what was printed".to_owned(),
    }));
    let named = (1..)
        .zip(found)
        .map(|(number, one)| (format!("{number}: {} in {}", one.place, one.file), one.configuration));
    Some(Conversion { configuration: named.collect(), left })
}

/// Prints the list to standard error; the exit status says whether it is empty.
fn say_what_is_left(left: &[Left]) -> ExitCode {
    if left.is_empty() {
        return ExitCode::SUCCESS;
    }
    let told = left.iter().map(|one| {
        let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("  {}{line}: {}", one.file, one.text())
    });
    let head = "left to do:".to_owned();
    output::complain(&std::iter::once(head).chain(told).collect::<Vec<_>>().join("\n"));
    ExitCode::from(3)
}

#[cfg(test)]
mod tests;
