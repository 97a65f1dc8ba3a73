//! Command lines of the test bed's programs: `--name value`, `--name`, and a clear word about anything else.

use std::ffi::OsString;

use lexopt::Arg::Long;

use crate::error::Error;

/// What a program understands.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// The text for `--help`.
    pub help: &'static str,
    /// Arguments that stand alone.
    pub flags: &'static [&'static str],
    /// Arguments that a value follows.
    pub options: &'static [&'static str],
}

/// What a command line said.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    given: Vec<(String, String)>,
}

impl Usage {
    /// Reads a command line (without the program's name).
    ///
    /// # Errors
    ///
    /// What is wrong with it, in one line.
    pub fn read(&self, words: impl IntoIterator<Item = OsString>) -> Result<Arguments, Error> {
        self.parse(lexopt::Parser::from_args(words))
            .map_err(|error| Error::configuration(format!("{error}; --help lists the arguments")))
    }

    fn parse(&self, mut parser: lexopt::Parser) -> Result<Arguments, lexopt::Error> {
        let mut arguments = Arguments::default();
        while let Some(argument) = parser.next()? {
            let Long(name) = argument else { return Err(argument.unexpected()) };
            let name = format!("--{name}");
            let value = match name.as_str() {
                known if self.flags.contains(&known) => String::new(),
                known if self.options.contains(&known) => parser.value()?.into_string()?,
                _ => return Err(argument.unexpected()),
            };
            arguments.given.push((name, value));
        }
        Ok(arguments)
    }
}

impl Arguments {
    /// Whether this was given.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The value that was given last.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rfind(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value of an argument that has to be there.
    pub fn required(&self, name: &str) -> Result<&str, Error> {
        let value = self.value(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| Error::configuration(format!("{name} is missing; --help lists the arguments")))
    }

    /// Refuses two arguments that do not go together.
    pub fn refuse_both(&self, one: &str, other: &str) -> Result<(), Error> {
        if self.has(one) && self.has(other) {
            return Err(Error::configuration(format!("expected {one} or {other}, found both")));
        }
        Ok(())
    }

    /// The value as something else, or the default.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, Error> {
        let Some(value) = self.value(name) else { return Ok(default) };
        value.parse().map_err(|_| Error::configuration(format!("{value:?} is not a valid value for {name}")))
    }
}
