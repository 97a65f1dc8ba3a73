//! The vocabulary of the table of fields. One table tells the reader what is allowed, the XML front end how to
//! read an attribute, and the JSON Schema what to say.
//!
//! Each file of `config` ends with the fields that it reads.

/// A field of an object.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) presence: Presence,
    #[cfg_attr(target_family = "wasm", expect(dead_code, reason = "read by the schema only"))]
    pub(super) doc: Doc,
}

/// Whether a field has to be there, and what holds without it.
pub(super) enum Presence {
    Required,
    Optional,
    Preset(Preset),
}

/// A default.
#[derive(Clone, Copy)]
pub(super) enum Preset {
    Flag(bool),
    Whole(u32),
    Seconds(f64),
    #[cfg_attr(target_family = "wasm", expect(dead_code, reason = "read by the schema only"))]
    Word(&'static str),
    #[cfg_attr(target_family = "wasm", expect(dead_code, reason = "read by the schema only"))]
    Words(&'static [&'static str]),
}

/// What may stand at a field.
pub(super) enum Kind {
    Flag,
    /// A text that is not empty. The pattern is for the schema; the rooms check more exactly.
    Text(Doc),
    /// A text, which may be empty.
    AnyText,
    /// A text that is not empty and that no message shows.
    Secret,
    Choice {
        default: &'static str,
        others: &'static dyn Words,
    },
    /// One of these words; the room that reads it says what is wrong with any other.
    Word(&'static [&'static str]),
    Whole {
        least: u32,
        most: u32,
    },
    Seconds {
        least: f64,
        most: f64,
    },
    /// A list with at least one item.
    List(&'static Kind),
    Object(&'static Shape),
    /// An object with names of the user's choice.
    Map(&'static Shape),
    /// An object with names that somebody else defines, each with such a value.
    Names(&'static Kind),
    Null,
    /// Any of these; a value is held against the first one of its JSON type.
    Either(&'static [Kind]),
    /// An object of members that somebody else defines.
    Foreign,
}

/// Words to choose from.
pub(super) trait Words: Sync {
    fn words(&self) -> Vec<&'static str>;
}

/// An object's fields.
pub(super) struct Shape {
    /// What it is called in messages and in the schema's definitions.
    pub(super) name: &'static str,
    pub(super) fields: &'static [&'static Field],
    pub(super) groups: &'static [Group],
    #[cfg_attr(target_family = "wasm", expect(dead_code, reason = "read by the schema only"))]
    pub(super) doc: Doc,
}

/// Fields that depend on each other.
pub(super) enum Group {
    ExactlyOne(&'static [&'static Field]),
    AtMostOne(&'static [&'static Field]),
    AtLeastOne(&'static [&'static Field]),
    /// The first only together with the second.
    Needs(&'static Field, &'static Field),
}

/// Text that only the schema needs: it does not weigh on the filter's module.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Copy)]
pub(super) struct Doc(pub(super) &'static str);

/// Text that only the schema needs: it does not weigh on the filter's module.
#[cfg(target_family = "wasm")]
#[derive(Clone, Copy)]
pub(super) struct Doc;

/// A text of the schema.
#[cfg(not(target_family = "wasm"))]
pub(super) const fn doc(text: &'static str) -> Doc {
    Doc(text)
}

/// A text of the schema.
#[cfg(target_family = "wasm")]
pub(super) const fn doc(_: &'static str) -> Doc {
    Doc
}

/// Any text that is not empty.
pub(super) const TEXT: Kind = Kind::Text(doc(""));

/// A list of texts.
pub(super) const TEXTS: Kind = Kind::List(&TEXT);

impl Field {
    pub(super) const fn required(name: &'static str, kind: Kind, text: &'static str) -> Self {
        Self { name, kind, presence: Presence::Required, doc: doc(text) }
    }

    pub(super) const fn optional(name: &'static str, kind: Kind, text: &'static str) -> Self {
        Self { name, kind, presence: Presence::Optional, doc: doc(text) }
    }

    pub(super) const fn preset(name: &'static str, kind: Kind, preset: Preset, text: &'static str) -> Self {
        Self { name, kind, presence: Presence::Preset(preset), doc: doc(text) }
    }
}

impl Kind {
    /// What is allowed, for a message.
    pub(super) fn allowed(&self) -> String {
        match self {
            Self::Flag => "true or false".to_owned(),
            Self::Text(_) | Self::Secret => "a non-empty string".to_owned(),
            Self::AnyText => "a string".to_owned(),
            Self::Choice { default, others } => one_of(&choices(default, *others)),
            Self::Word(words) => one_of(words),
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Seconds { least, most } => format!("a number of seconds from {least} to {most}"),
            Self::List(Self::Object(shape)) => format!("a non-empty list of objects ({})", shape.name),
            Self::List(Self::List(_)) => "a non-empty list of lists".to_owned(),
            Self::List(_) => "a non-empty list of strings".to_owned(),
            Self::Object(shape) => shape.allowed(),
            Self::Map(shape) => format!("an object with a name for each {}", shape.name),
            Self::Names(kind) => format!("an object with, for each name, {}", kind.allowed()),
            Self::Null => "null".to_owned(),
            Self::Either(kinds) => kinds.iter().map(Self::allowed).collect::<Vec<_>>().join(", or "),
            Self::Foreign => "an object".to_owned(),
        }
    }
}

impl Shape {
    /// What is allowed, for a message.
    pub(super) fn allowed(&self) -> String {
        format!("an object ({})", self.name)
    }
}

/// All words of a choice, the default first.
pub(super) fn choices(default: &'static str, others: &dyn Words) -> Vec<&'static str> {
    [vec![default], others.words()].concat()
}

/// Words to choose from, for a message.
pub(super) fn one_of(words: &[&str]) -> String {
    words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" or ")
}
