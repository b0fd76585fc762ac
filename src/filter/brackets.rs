//! Which bytes of jq text stand inside brackets and strings.

/// Follows brackets and strings through jq text, byte by byte. Inside a string, `\(` opens a
/// bracket and `\"` is no end. A bracket that closes nothing is passed over.
#[derive(Default)]
pub(super) struct Brackets {
    inside: Vec<Inside>,
    escaped: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    /// A bracket that this byte closes.
    Bracket(u8),
    Text,
}

impl Brackets {
    /// How many brackets and strings are open.
    pub(super) fn depth(&self) -> usize {
        self.inside.len()
    }

    /// Whether the next byte is part of a string.
    pub(super) fn in_text(&self) -> bool {
        self.inside.last() == Some(&Inside::Text)
    }

    /// Takes the next byte.
    pub(super) fn pass(&mut self, byte: u8) {
        if self.in_text() {
            self.pass_in_text(byte);
        } else {
            self.pass_in_code(byte);
        }
    }

    fn pass_in_text(&mut self, byte: u8) {
        match (std::mem::take(&mut self.escaped), byte) {
            (true, b'(') => self.inside.push(Inside::Bracket(b')')),
            (false, b'\\') => self.escaped = true,
            (false, b'"') => _ = self.inside.pop(),
            _ => {}
        }
    }

    fn pass_in_code(&mut self, byte: u8) {
        match byte {
            b'"' => self.inside.push(Inside::Text),
            b'(' => self.inside.push(Inside::Bracket(b')')),
            b'[' => self.inside.push(Inside::Bracket(b']')),
            b'{' => self.inside.push(Inside::Bracket(b'}')),
            closing if self.inside.last() == Some(&Inside::Bracket(closing)) => _ = self.inside.pop(),
            _ => {}
        }
    }
}

/// How deep the brackets and strings of a filter nest; comments do not count.
pub(super) fn deepest(text: &str) -> usize {
    let mut brackets = Brackets::default();
    let mut deepest = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'#' && !brackets.in_text() {
            skip_comment(&mut bytes);
        } else {
            brackets.pass(byte);
            deepest = deepest.max(brackets.depth());
        }
    }
    deepest
}

/// A comment goes to the end of its line, and on over the next when an odd number of backslashes
/// stands before that end (jq 1.7).
fn skip_comment(bytes: &mut impl Iterator<Item = u8>) {
    let mut goes_on = false;
    for byte in bytes {
        match byte {
            b'\\' => goes_on = !goes_on,
            b'\r' => {}
            b'\n' if goes_on => goes_on = false,
            b'\n' => return,
            _ => goes_on = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_strings_nest_and_comments_do_not() {
        for (text, depth) in [
            (".a", 0),
            ("[{(.)}]", 3),
            ("[.] | [.]", 1),
            (r#""[[[""#, 1),
            (r#""\"[[[" | [.]"#, 1),
            (r#""a\( "b\( . )" )""#, 4),
            ("# [[[\n[.]", 1),
            ("# \\\n[[[\n[.]", 1),
            ("# \\\r\n[[[\n[.]", 1),
            ("# \\\\\n[[[", 3),
            ("# \" \n[[[", 3),
            ("(]", 1),
        ] {
            assert_eq!(deepest(text), depth, "{text}");
        }
    }
}
