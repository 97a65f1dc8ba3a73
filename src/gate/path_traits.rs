//! The parts of a path that servers read differently.

/// What a path holds that not all servers read alike: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u8);

impl Traits {
    /// A semicolon.
    pub(super) const PARAMETER: Self = Self(1);
    /// An escaped semicolon.
    pub(super) const ESCAPED_PARAMETER: Self = Self(1 << 1);
    /// The escape of a visible character.
    pub(super) const ESCAPE: Self = Self(1 << 2);
    /// An upper-case letter, or one beyond ASCII.
    pub(super) const CASE: Self = Self(1 << 3);
    /// An empty segment before the last one.
    pub(super) const EMPTY: Self = Self(1 << 4);
    /// A segment of parameters alone.
    pub(super) const HOLLOW: Self = Self(1 << 5);
    /// One of these two.
    pub(super) const GAP: Self = Self(1 << 6);
    /// An empty segment at the start: `//host/path` is a reference with an authority (RFC 3986, 4.2).
    pub(super) const AUTHORITY: Self = Self(1 << 7);

    /// These and those.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of these that are among `others`.
    pub(super) const fn among(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What a plain byte says.
    pub(super) fn of_byte(byte: u8) -> Self {
        match byte {
            b';' => Self::PARAMETER,
            b'A'..=b'Z' => Self::CASE,
            _ => Self::default(),
        }
    }

    /// What an escape says that stays one.
    pub(super) fn of_escape(byte: u8) -> Self {
        match byte {
            b';' => Self::ESCAPE.and(Self::ESCAPED_PARAMETER),
            visible if is_visible(visible) => Self::ESCAPE,
            letter if !letter.is_ascii() => Self::CASE,
            _ => Self::default(),
        }
    }

    /// What the whole path says.
    pub(super) fn of_segments(path: &str) -> Self {
        let holds = |text: &str, traits: Self| if path.contains(text) { traits } else { Self::default() };
        let authority = if path.starts_with("//") { Self::AUTHORITY } else { Self::default() };
        holds("//", Self::EMPTY.and(Self::GAP))
            .and(holds("/;", Self::HOLLOW.and(Self::GAP)))
            .and(holds(ESCAPED_HOLLOW, Self::HOLLOW.and(Self::GAP)))
            .and(authority)
    }
}

/// The visible characters that no reading takes for anything but themselves once they are decoded: RFC 3986's `pchar`,
/// and those that it does not allow but clients send.
pub(super) fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"/\\?#%".contains(&byte)
}

const ESCAPED_HOLLOW: &str = "/%3B";
