//! JOSE headers of recently verified tokens.
//!
//! An issuer writes the same header into every token that it signs with one key: reading it once is enough. Only
//! headers of verified tokens are kept, so that junk displaces nothing, and what is kept is exactly what parsing them
//! again would give.

use std::cell::RefCell;
use std::rc::Rc;

use super::{JoseHeader, TokenError};

/// A few headers, by the very segment that they were read from.
#[derive(Debug, Default)]
pub(crate) struct KnownHeaders {
    headers: RefCell<Vec<(Box<str>, Rc<JoseHeader>)>>,
}

impl KnownHeaders {
    /// Decodes and reads a header segment, unless it is known.
    ///
    /// # Errors
    ///
    /// As [`JoseHeader::parse`].
    pub(super) fn read(&self, segment: &str) -> Result<Rc<JoseHeader>, TokenError> {
        let known = self.headers.try_borrow().ok();
        let found = known.and_then(|known| {
            known.iter().find(|(known, _)| **known == *segment).map(|(_, header)| header.clone())
        });
        found.map_or_else(|| JoseHeader::parse(segment).map(Rc::new), Ok)
    }

    /// Keeps the header of a verified token; where there is no room, the oldest one goes.
    pub(super) fn keep(&self, segment: &str, header: &Rc<JoseHeader>) {
        let Ok(mut known) = self.headers.try_borrow_mut() else { return };
        if segment.len() > LONGEST || known.iter().any(|(known, _)| **known == *segment) {
            return;
        }
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push((segment.into(), header.clone()));
    }
}

/// Most headers: more than the keys that sign at any time.
const MOST: usize = 16;

/// The longest segment, in characters: those of Entra ID have about a hundred.
const LONGEST: usize = 512;

#[cfg(test)]
mod tests {
    use super::super::base64url;
    use super::*;

    fn segment(key_id: &str) -> String {
        base64url::encode(format!(r#"{{"alg":"RS256","kid":"{key_id}"}}"#))
    }

    #[test]
    fn a_known_header_is_not_read_again_and_another_one_is() {
        let known = KnownHeaders::default();
        let header = known.read(&segment("a")).unwrap();
        assert!(!Rc::ptr_eq(&header, &known.read(&segment("a")).unwrap()), "nothing was kept yet");
        known.keep(&segment("a"), &header);
        assert!(Rc::ptr_eq(&header, &known.read(&segment("a")).unwrap()));
        assert_eq!(known.read(&segment("b")).unwrap().key_id().unwrap().as_str(), "b");
        assert_eq!(known.read("e30").err(), Some(TokenError::Malformed));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let known = KnownHeaders::default();
        for number in 0..100 {
            let segment = segment(&number.to_string());
            known.keep(&segment, &known.read(&segment).unwrap());
        }
        assert_eq!(known.headers.borrow().len(), MOST);
        let long = segment(&"a".repeat(LONGEST));
        known.keep(&long, &known.read(&long).unwrap());
        assert!(known.headers.borrow().iter().all(|(segment, _)| segment.len() <= LONGEST));
    }
}
