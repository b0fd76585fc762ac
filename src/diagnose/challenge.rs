//! `WWW-Authenticate` (RFC 9110 sections 11.3 to 11.6.1; RFC 6750 section 3 for Bearer).
//!
//! Lenient where servers are sloppy: a missing comma between parameters, an unquoted value with
//! characters that are no token, a quote that never ends. A challenge begins only at the start of
//! a line or after a comma, so stray words never pass for a scheme.

use std::iter::Peekable;
use std::str::Chars;

/// More in one answer says nothing more.
const MOST: usize = 32;

/// One challenge: a scheme and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Challenge {
    scheme: String,
    /// Names in lower case. The first of a name counts.
    params: Vec<(String, String)>,
}

impl Challenge {
    /// The scheme as it was written.
    pub(super) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether it is this scheme; schemes are compared without regard to case.
    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter, given by its lower-case name.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Every challenge of every line, in order.
pub(super) fn parse(lines: &[String]) -> Vec<Challenge> {
    lines.iter().flat_map(|line| Scanner::new(line).challenges()).take(MOST).collect()
}

struct Scanner<'a> {
    rest: Peekable<Chars<'a>>,
}

impl<'a> Scanner<'a> {
    fn new(line: &'a str) -> Scanner<'a> {
        Scanner { rest: line.chars().peekable() }
    }

    fn challenges(mut self) -> Vec<Challenge> {
        let mut found: Vec<Challenge> = Vec::new();
        let mut separated = true;
        while self.rest.peek().is_some() {
            separated |= self.skip_separators();
            let word = self.take(is_tchar);
            let blank = self.skip_blank();
            if word.is_empty() {
                self.skip_to_comma();
            } else if self.rest.peek() == Some(&'=') {
                let value = self.value();
                if let Some(challenge) = found.last_mut().filter(|challenge| challenge.params.len() < MOST) {
                    challenge.params.push((word.to_ascii_lowercase(), value));
                }
            } else if separated && found.len() < MOST {
                found.push(Challenge { scheme: word, params: Vec::new() });
                if blank {
                    self.skip_token68();
                }
            } else {
                self.skip_to_comma();
            }
            separated = false;
        }
        found
    }

    /// Skips what stands between challenges and parameters. True when a comma was among it.
    fn skip_separators(&mut self) -> bool {
        self.take(|c| c == ',' || c == ';' || c.is_whitespace()).contains(',')
    }

    fn skip_blank(&mut self) -> bool {
        !self.take(char::is_whitespace).is_empty()
    }

    /// Skips the token68 of a scheme such as Negotiate. `a=b` is a parameter: a token68 is followed
    /// by a comma or the end.
    fn skip_token68(&mut self) {
        let mut ahead = self.rest.clone();
        while ahead.next_if(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(*c)).is_some() {}
        while ahead.next_if_eq(&'=').is_some() {}
        while ahead.next_if(|c| c.is_whitespace()).is_some() {}
        if matches!(ahead.peek(), None | Some(',')) {
            self.rest = ahead;
        }
    }

    /// The value after `=`: a token or a quoted text.
    fn value(&mut self) -> String {
        self.rest.next();
        self.skip_blank();
        if self.rest.next_if_eq(&'"').is_some() { self.quoted() } else { self.take(|c| c != ',' && !c.is_whitespace()) }
    }

    /// A quoted text whose first quote is behind us. One that never ends goes to the end.
    fn quoted(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                '"' => break,
                '\\' => text.extend(self.rest.next()),
                c => text.push(c),
            }
        }
        text
    }

    fn skip_to_comma(&mut self) {
        while let Some(c) = self.rest.next_if(|c| *c != ',') {
            if c == '"' {
                self.quoted();
            }
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.rest.next_if(|c| wanted(*c))).collect()
    }
}

/// A character of a token (RFC 9110 section 5.6.2).
fn is_tchar(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Challenges in a form that is easy to compare: `Scheme{name=value;name=value}`.
    fn parsed(lines: &[&str]) -> Vec<String> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let params = |c: &Challenge| {
            c.params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";")
        };
        parse(&lines).iter().map(|c| format!("{}{{{}}}", c.scheme, params(c))).collect()
    }

    #[test]
    fn one_line_may_hold_several_challenges() {
        assert_eq!(
            parsed(&[r#"Basic realm="a, b", Bearer error="invalid_token",scope="x:y z:w", DPoP algs="ES256""#]),
            ["Basic{realm=a, b}", "Bearer{error=invalid_token;scope=x:y z:w}", "DPoP{algs=ES256}"]
        );
        // The example of RFC 9110 section 11.6.1.
        assert_eq!(
            parsed(&[r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#]),
            ["Basic{realm=simple}", r#"Newauth{realm=apps;type=1;title=Login to "apps"}"#]
        );
    }

    #[test]
    fn several_lines_are_read_one_after_another() {
        assert_eq!(parsed(&["Negotiate", "Bearer realm=\"x\""]), ["Negotiate{}", "Bearer{realm=x}"]);
    }

    #[test]
    fn a_token68_is_no_parameter() {
        assert_eq!(parsed(&["Negotiate YII+/=, Bearer error=x"]), ["Negotiate{}", "Bearer{error=x}"]);
        assert_eq!(parsed(&["NTLM TlRMTVNTUAAB=="]), ["NTLM{}"]);
    }

    #[test]
    fn parameter_names_are_of_any_case_and_blanks_may_surround_the_equals_sign() {
        let lines = [r#"bEARER ERROR = "insufficient_scope" , Scope="a:b""#.to_owned()];
        let [challenge] = &parse(&lines)[..] else { panic!("one challenge") };
        assert!(challenge.is("Bearer") && challenge.scheme() == "bEARER");
        assert_eq!(challenge.param("error"), Some("insufficient_scope"));
        assert_eq!(challenge.param("scope"), Some("a:b"));
        assert_eq!(challenge.param("realm"), None);
    }

    #[test]
    fn sloppy_lines_never_invent_a_scheme() {
        assert_eq!(parsed(&[r#"Bearer realm="x" error="y"; scope=a:b"#]), ["Bearer{realm=x;error=y;scope=a:b}"]);
        assert_eq!(
            parsed(&["Bearer error_description=The token expired, error=e"]),
            ["Bearer{error_description=The;error=e}"]
        );
        assert_eq!(
            parsed(&[r#"Bearer error="invalid_token, error_description="x\"#]),
            ["Bearer{error=invalid_token, error_description=}"]
        );
        assert_eq!(parsed(&[r#"error="invalid_token""#]), [""; 0]);
        assert_eq!(parsed(&["", " ,, ", "\"", "é", "=", "Bearer =", "Bearer"]), ["Bearer{}"]);
    }
}
