//! The head of an HTTP/1 answer.

use crate::error::Error;

/// The head of an answer that has come as a whole.
#[derive(Debug)]
pub struct Head<'a> {
    /// The status code.
    pub status: u16,
    /// Where the body begins.
    pub length: usize,
    headers: &'a [httparse::Header<'a>],
}

impl<'a> Head<'a> {
    /// Reads the head at the beginning of these bytes; `None` where it has not come as a whole.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read<T>(bytes: &[u8], then: impl FnOnce(Head<'_>) -> T) -> Result<Option<T>, Error> {
        let mut slots = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Response::new(&mut slots);
        let state = parsed.parse(bytes).map_err(Error::http("reading an answer's head"))?;
        let (httparse::Status::Complete(length), Some(status)) = (state, parsed.code) else {
            return Ok(None);
        };
        Ok(Some(then(Head { status, length, headers: parsed.headers })))
    }

    /// All header lines in order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.headers.iter().map(|header| (header.name, header.value))
    }

    /// The first header of this name.
    pub fn header(&self, wanted: &str) -> Option<&'a [u8]> {
        self.headers().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    }
}
