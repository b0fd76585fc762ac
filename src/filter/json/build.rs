//! The value of a text that is known to be JSON.
//!
//! jaq's parser gives each name of each object memory of its own, and each object more room than it has members: that
//! takes half as much again. Here equal names share one text.

use std::collections::HashMap;

use bytes::Bytes;
use jaq_json::{Map, Val};

use super::NotJson;

/// Names that are shared at most. Records have some dozens.
const SHARED: usize = 256;

/// The value of a text whose syntax and depth were judged before.
pub(super) fn build(text: &str) -> Result<Val, NotJson> {
    Builder { text, at: 0, names: HashMap::new() }.value()
}

struct Builder<'t> {
    text: &'t str,
    at: usize,
    names: HashMap<&'t str, Bytes>,
}

impl<'t> Builder<'t> {
    fn value(&mut self) -> Result<Val, NotJson> {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => Ok(Val::TStr(Box::new(match self.string()? {
                Text::Plain(text) => Bytes::copy_from_slice(text.as_bytes()),
                Text::Unescaped(text) => text,
            }))),
            _ => self.word(),
        }
    }

    fn object(&mut self) -> Result<Val, NotJson> {
        self.at += 1;
        let mut members = Vec::new();
        while !self.passes(b'}') {
            let name = self.name()?;
            self.passes(b':');
            members.push((name, self.value()?));
            self.passes(b',');
        }
        // Of a vector it is known how many there are, so there is room for them and no more.
        Ok(Val::obj(members.into_iter().collect::<Map>()))
    }

    fn name(&mut self) -> Result<Val, NotJson> {
        let name = match self.string()? {
            Text::Unescaped(name) => name,
            Text::Plain(name) => match self.names.get(name) {
                Some(shared) => shared.clone(),
                None => self.learn(name),
            },
        };
        Ok(Val::TStr(Box::new(name)))
    }

    fn learn(&mut self, name: &'t str) -> Bytes {
        let bytes = Bytes::copy_from_slice(name.as_bytes());
        if self.names.len() < SHARED {
            self.names.insert(name, bytes.clone());
        }
        bytes
    }

    fn array(&mut self) -> Result<Val, NotJson> {
        self.at += 1;
        let mut elements = Vec::new();
        while !self.passes(b']') {
            elements.push(self.value()?);
            self.passes(b',');
        }
        elements.shrink_to_fit();
        Ok(elements.into_iter().collect())
    }

    /// The text between two quotes.
    fn string(&mut self) -> Result<Text<'t>, NotJson> {
        self.peek();
        let quoted = self.rest();
        let length = end_of_string(quoted).ok_or_else(|| self.misplaced())?;
        self.at += length;
        let quoted = quoted.get(..length).unwrap_or_default();
        let inside = quoted.get(1..length - 1).unwrap_or_default();
        if !inside.contains('\\') {
            return Ok(Text::Plain(inside));
        }
        let unescaped: String = serde_json::from_str(quoted).map_err(|error| NotJson(error.to_string()))?;
        Ok(Text::Unescaped(Bytes::from(unescaped.into_boxed_str().into_boxed_bytes())))
    }

    /// A number, or one of the three names that JSON has.
    fn word(&mut self) -> Result<Val, NotJson> {
        let rest = self.rest();
        let word =
            rest.get(..rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len())).unwrap_or_default();
        let value = match word {
            "null" => Val::Null,
            "true" => Val::Bool(true),
            "false" => Val::Bool(false),
            digits => Val::Num(jaq_json::read::parse_single_num(digits.as_bytes()).ok_or_else(|| self.misplaced())?),
        };
        self.at += word.len();
        Ok(value)
    }

    /// Goes past a sign if that is what comes next.
    fn passes(&mut self, sign: u8) -> bool {
        let passes = self.peek() == Some(sign);
        self.at += usize::from(passes);
        passes
    }

    /// The next byte that is not space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest().as_bytes();
        let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += space;
        rest.get(space).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn misplaced(&self) -> NotJson {
        NotJson(format!("no value at byte {}", self.at))
    }
}

enum Text<'t> {
    /// It stands in the text as it is.
    Plain(&'t str),
    Unescaped(Bytes),
}

/// The length of a string with both its quotes.
fn end_of_string(quoted: &str) -> Option<usize> {
    let mut bytes = quoted.bytes().enumerate();
    bytes.next().filter(|(_, byte)| *byte == b'"')?;
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at + 1),
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
    None
}
