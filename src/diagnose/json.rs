//! JSON as servers write it, also where it is not quite JSON or was cut off.
//!
//! `serde_json` refuses a whole text for one number beyond a float, half of a surrogate pair or
//! nesting without end. Any of them would hide the `invalid_client` that stands beside it.

use serde_json::Value;

/// Nesting from here on is left out. `serde_json` reads 127 levels.
const DEEPEST: usize = 100;

/// The value of a whole text.
///
/// # Errors
/// What is wrong with it as JSON.
pub(super) fn read(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|error| {
        let mended = Mended::of(text);
        let whole = if mended.is_cut() { None } else { serde_json::from_str(&mended.text).ok() };
        whole.ok_or(error)
    })
}

/// The value that a text begins with, closed where the text was cut off; the member that the cut
/// went through may be lost.
pub(super) fn read_beginning(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mended = Mended::of(text);
    mended.candidates().into_iter().find_map(|candidate| serde_json::from_str(&candidate).ok())
}

/// A text with what no reader takes replaced, and where it stood when it ended.
#[derive(Default)]
struct Mended {
    text: String,
    /// What closes the arrays and objects that are open, outermost first.
    open: Vec<char>,
    in_string: bool,
    /// Arrays and objects that are open beyond the deepest that is kept.
    beyond: usize,
    /// The last comma outside a string, with the number of arrays and objects open there.
    last_comma: Option<(usize, usize)>,
    /// Where the first array or object was closed.
    first_end: Option<usize>,
}

impl Mended {
    fn of(text: &str) -> Mended {
        let mut mended = Mended::default();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = if mended.in_string { mended.inside(c, rest) } else { mended.outside(c, rest) };
        }
        mended
    }

    fn is_cut(&self) -> bool {
        self.in_string || !self.open.is_empty()
    }

    /// Takes a piece of a string; gives what is left.
    fn inside<'a>(&mut self, c: char, rest: &'a str) -> &'a str {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '"' => {
                self.in_string = false;
                self.push("\"");
                after
            }
            '\\' => {
                let (piece, after) = escape(after);
                self.push(&piece);
                after
            }
            c if c.is_control() => {
                self.push(&format!("\\u{:04x}", u32::from(c)));
                after
            }
            c => {
                self.push(c.encode_utf8(&mut [0; 4]));
                after
            }
        }
    }

    /// Takes a piece between strings; gives what is left.
    fn outside<'a>(&mut self, c: char, rest: &'a str) -> &'a str {
        if is_of_a_word(c) {
            let end = rest.find(|c| !is_of_a_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            self.push(&scalar(word, after));
            return after;
        }
        match c {
            '"' => {
                self.in_string = true;
                self.push("\"");
            }
            '{' | '[' if self.open.len() == DEEPEST => {
                if self.beyond == 0 {
                    self.text.push_str("null");
                }
                self.beyond += 1;
            }
            '{' | '[' => {
                self.open.push(if c == '{' { '}' } else { ']' });
                self.text.push(c);
            }
            '}' | ']' if self.beyond > 0 => self.beyond -= 1,
            '}' | ']' => self.close(c),
            ',' if self.beyond == 0 => {
                self.last_comma = Some((self.text.len(), self.open.len()));
                self.text.push(c);
            }
            c => self.push(c.encode_utf8(&mut [0; 4])),
        }
        rest.get(c.len_utf8()..).unwrap_or_default()
    }

    fn close(&mut self, c: char) {
        self.open.pop();
        self.text.push(c);
        if self.open.is_empty() && self.first_end.is_none() {
            self.first_end = Some(self.text.len());
        }
    }

    fn push(&mut self, piece: &str) {
        if self.beyond == 0 {
            self.text.push_str(piece);
        }
    }

    /// What the text may have been, the fullest first.
    fn candidates(&self) -> Vec<String> {
        let text = &self.text;
        // What begins with a bracket may as well be a line of a log: "[403] Forbidden".
        let first = self.first_end.filter(|_| text.starts_with('{')).and_then(|end| text.get(..end)).map(str::to_owned);
        if first.is_some() || !self.is_cut() {
            return [Some(text.clone()), first].into_iter().flatten().collect();
        }
        let closers = |depth: usize| self.open.iter().take(depth).rev().collect::<String>();
        let all = closers(self.open.len());
        let quote = if self.in_string && self.beyond == 0 { "\"" } else { "" };
        let shorter = self.last_comma.and_then(|(at, depth)| Some(format!("{}{}", text.get(..at)?, closers(depth))));
        [format!("{text}{quote}{all}"), format!("{text}{quote}:null{all}"), format!("{text}null{all}")]
            .into_iter()
            .chain(shorter)
            .collect()
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+-.".contains(c)
}

/// A number that a float holds, or a literal. One that the end of the text cut in two is left out.
fn scalar(word: &str, after: &str) -> String {
    match word.parse::<f64>() {
        Ok(number) if number.is_nan() => "null".to_owned(),
        Ok(number) if number.is_infinite() => format!("{:e}", f64::MAX.copysign(number)),
        Err(_) if after.is_empty() && is_begun(word) => String::new(),
        _ => word.to_owned(),
    }
}

fn is_begun(word: &str) -> bool {
    let literal =
        ["true", "false", "null"].iter().any(|literal| literal.len() > word.len() && literal.starts_with(word));
    literal || word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// What stands for the escape whose backslash is behind us, and what is left after it.
fn escape(rest: &str) -> (String, &str) {
    match rest.chars().next() {
        None => (String::new(), ""),
        Some('u') => {
            let (first, after) = unit(rest);
            let second = after.strip_prefix('\\').map(unit);
            match (first, second) {
                // The end of the text cut it in two.
                (None, _) if after.is_empty() => (String::new(), ""),
                (Some(0xd800..=0xdbff), Some((Some(0xdc00..=0xdfff), end))) => {
                    (format!("\\{}", rest.get(..rest.len() - end.len()).unwrap_or_default()), end)
                }
                (None | Some(0xd800..=0xdfff), _) => ("\u{fffd}".to_owned(), after),
                (Some(unit), _) => (format!("\\u{unit:04x}"), after),
            }
        }
        Some(c) => {
            let after = rest.get(c.len_utf8()..).unwrap_or_default();
            let known = "\"\\/bfnrt".contains(c);
            (if known { format!("\\{c}") } else { c.to_string() }, after)
        }
    }
}

/// One UTF-16 unit of `uXXXX`, and what is left after it.
fn unit(rest: &str) -> (Option<u16>, &str) {
    let Some(rest) = rest.strip_prefix('u') else { return (None, rest) };
    let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len()).min(4);
    let (digits, after) = rest.split_at(end);
    (u16::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 4), after)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn beginning(text: &str) -> Value {
        read_beginning(text).unwrap_or_else(|| panic!("{text} is read"))
    }

    #[test]
    fn json_that_was_cut_is_closed_where_it_ends() {
        let whole = r#"{"error":"invalid_client","n":[1,{"d":"a\"b\u00e9 \ud83d\ude00"}],"last":true}"#;
        for end in (26..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            assert_eq!(beginning(&whole[..end])["error"], "invalid_client", "{}", &whole[..end]);
        }
        assert_eq!(beginning(r#"{"detail":"Missing scope: a:b and mo"#)["detail"], "Missing scope: a:b and mo");
        assert_eq!(beginning(r#"{"detail":"half of \u00"#)["detail"], "half of ");
        assert_eq!(beginning(r#"{"detail":"half of \ud83d"#)["detail"], "half of \u{fffd}");
        assert_eq!(beginning(r#"[{"a":1},{"b""#), json!([{"a": 1}, {"b": null}]));
        assert_eq!(beginning(r#"{"a":tr"#), json!({"a": null}));
    }

    #[test]
    fn one_absurd_value_does_not_hide_the_others() {
        let deep = format!(r#"{}"x"{}"#, "[".repeat(5000), "]".repeat(5000));
        for absurd in [
            "1e400",
            "-1e999",
            "NaN",
            "-Infinity",
            r#""\ud83d""#,
            r#""\udc00 \ud800\u0041""#,
            "\"a\nb\tc\u{1}\"",
            r#""\x""#,
            &deep,
        ] {
            let text = format!(r#"{{"a":{absurd},"error":"e"}}"#);
            assert_eq!(beginning(&text)["error"], "e", "{absurd}");
            assert_eq!(read(&text).expect("JSON")["error"], "e", "{absurd}");
        }
        assert_eq!(beginning("[1e400]"), json!([f64::MAX]));
        assert_eq!(beginning(r#"["\ud83dx"]"#), json!(["\u{fffd}x"]));
    }

    #[test]
    fn what_follows_the_first_value_is_passed_over_in_a_body_alone() {
        let text = r#"{"error":"e"} and {more"#;
        assert_eq!(beginning(text), json!({"error": "e"}));
        assert!(read(text).is_err());
    }

    #[test]
    fn a_line_that_was_cut_is_no_value() {
        for text in ["", "{", r#"{"a":"#, r#"{"a":1"#, "[", "\"a", "{]", "nul", "{\"a\" 1}"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
