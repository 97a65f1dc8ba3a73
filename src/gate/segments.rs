//! A path's segments.

/// A path's segments: what stands between its slashes, from the first one on.
///
/// Most are short and there may be many: quicker than `str::split` then, and no slower for long ones.
#[derive(Debug, Clone)]
pub(super) struct Segments<'a> {
    rest: Option<&'a str>,
}

impl<'a> Segments<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        Self { rest: path.strip_prefix('/') }
    }

    /// Whether the last one was given out.
    pub(super) fn has_ended(&self) -> bool {
        self.rest.is_none()
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let (segment, rest) = match position(rest, b'/').and_then(|end| rest.split_at_checked(end)) {
            Some((segment, rest)) => (segment, rest.strip_prefix('/')),
            None => (rest, None),
        };
        self.rest = rest;
        Some(segment)
    }
}

/// Where an ASCII character stands first.
pub(super) fn position(text: &str, byte: u8) -> Option<usize> {
    const NEAR: usize = 16;
    text.bytes().take(NEAR).position(|found| found == byte).or_else(|| {
        let far = text.get(NEAR..)?.find(char::from(byte))?;
        far.checked_add(NEAR)
    })
}

/// Where a segment's parameters begin, escaped or not.
pub(super) fn any_parameter(segment: &str) -> Option<usize> {
    let plain = position(segment, b';');
    let escaped = segment.get(..plain.unwrap_or(segment.len())).and_then(|name| name.find(ESCAPED_SEMICOLON));
    escaped.or(plain)
}

/// An escaped semicolon, as normalising leaves it.
pub(super) const ESCAPED_SEMICOLON: &str = "%3B";
