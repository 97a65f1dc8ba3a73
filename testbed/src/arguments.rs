//! Command lines of the test bed's programs: `--name value`, `--name`, and a clear word about anything else.

use crate::error::Error;

/// What a program understands.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// The text for `--help`, and under every complaint.
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
    pub fn read(&self, words: impl IntoIterator<Item = String>) -> Result<Arguments, Error> {
        let mut words = words.into_iter();
        let mut arguments = Arguments::default();
        while let Some(word) = words.next() {
            let value = if self.flags.contains(&word.as_str()) {
                String::new()
            } else if self.options.contains(&word.as_str()) {
                let missing = || Error::configuration(format!("{word} needs a value\n\n{}", self.help));
                words.next().ok_or_else(missing)?
            } else {
                return Err(Error::configuration(format!(
                    "{word} is no argument of this program\n\n{}",
                    self.help
                )));
            };
            arguments.given.push((word, value));
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

    /// Refuses two arguments that do not go together.
    pub fn refuse_both(&self, one: &str, other: &str) -> Result<(), Error> {
        if self.has(one) && self.has(other) {
            return Err(Error::configuration(format!("{one} and {other} do not go together: one of them")));
        }
        Ok(())
    }

    /// The value as something else, or the default.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, Error> {
        let Some(value) = self.value(name) else { return Ok(default) };
        value.parse().map_err(|_| Error::configuration(format!("{value:?} is no value for {name}")))
    }
}
