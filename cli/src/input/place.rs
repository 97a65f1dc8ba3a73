//! Where a configuration was found.

use std::fmt;

/// Where a configuration was found.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The file's name, `-` for standard input.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// Of the plugin, in the document; empty where the configuration is all that is in the file.
    pub(crate) path: String,
    /// What holds it; nothing where the configuration is all that is in the file.
    pub(crate) holder: Option<Box<Holder>>,
}

/// What holds a configuration.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    /// What it is and is called, such as `WasmPlugin orders/validate-jwt`.
    pub(crate) name: String,
    /// Why it was taken to be this filter's.
    pub(crate) sign: Sign,
}

/// Why a Wasm plugin was taken to be this filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Its configuration has a field of this name.
    Field(String),
    /// Its configuration is a policy of API Management.
    Policy,
    /// It is called so, or its module is.
    Name(String),
}

impl Sign {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Field(name) => format!("its configuration says {name}"),
            Self::Policy => "its configuration is a policy of API Management".to_owned(),
            Self::Name(name) => format!("its name or module is {name}"),
        }
    }
}

impl Place {
    /// All of a file.
    pub(super) fn whole(file: &str, line: usize) -> Self {
        Self { file: file.to_owned(), line, path: String::new(), holder: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, path, holder } = self;
        match holder {
            None => f.write_str(file),
            Some(holder) if path.is_empty() => write!(f, "{file}:{line}: {}", holder.name),
            Some(holder) => write!(f, "{file}:{line}: {}, {path}", holder.name),
        }
    }
}
