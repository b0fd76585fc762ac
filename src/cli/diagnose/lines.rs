//! Lines from outside, each as soon as it came and none longer than what is kept of it.

use std::io::{self, BufRead, Read};

/// The longest line that is read, in bytes. A body of evidence has 64 KiB at most, which may take
/// six times as much in JSON, and it has headers and claims beside it.
pub(super) const LONGEST: u64 = 4 << 20;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Without the blanks around it. What is not UTF-8 in it is replaced.
    Text(String),
    /// Longer than [`LONGEST`].
    TooLong,
}

/// The lines of a source.
pub(super) struct Lines<R> {
    source: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(source: R) -> Lines<R> {
        Lines { source, number: 0 }
    }

    /// The number of the line that came last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        if self.source.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes.ends_with(b"\n") || bytes.len() < usize::try_from(LONGEST).unwrap_or(usize::MAX) {
            let text = String::from_utf8_lossy(&bytes);
            return Ok(Some(Line::Text(text.trim_start_matches('\u{feff}').trim().to_owned())));
        }
        self.skip_the_rest()?;
        Ok(Some(Line::TooLong))
    }

    fn skip_the_rest(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.source.fill_buf()?;
            let (length, ends) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.source.consume(length);
            if ends {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Line> {
        let mut lines = Lines::new(bytes);
        std::iter::from_fn(|| lines.next().expect("bytes are read")).collect()
    }

    #[test]
    fn lines_come_without_their_ends_and_a_byte_order_mark() {
        let texts = |texts: &[&str]| texts.iter().map(|text| Line::Text((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(all(b"\xef\xbb\xbf{}\r\n\n  [] \nlast\xff"), texts(&["{}", "", "[]", "last\u{fffd}"]));
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_without_end_is_passed_over_and_the_next_is_read() {
        let mut bytes = vec![b'x'; usize::try_from(LONGEST).expect("a length") * 2];
        assert_eq!(all(&bytes), [Line::TooLong]);
        bytes.extend(b"\n{}\n");
        assert_eq!(all(&bytes), [Line::TooLong, Line::Text("{}".to_owned())]);
    }
}
