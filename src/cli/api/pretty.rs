//! Compact JSON text → the same on lines of their own, so that numbers keep their digits.

/// Spaces a level.
const INDENT: usize = 2;

/// Breaks lines after `{`, `[` and `,` and before what closes. `compact` is JSON without blanks outside
/// its strings.
pub(super) fn pretty(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut chars = compact.chars().peekable();
    while let Some(c) = chars.next() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' if chars.peek().is_some_and(|next| matches!(next, '}' | ']')) => {
                out.push(c);
                out.extend(chars.next());
            }
            '{' | '[' => {
                depth += 1;
                out.push(c);
                break_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth * INDENT));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_and_element_has_a_line_and_strings_and_digits_stay() {
        let compact = r#"{"a":[1e400,{}],"b":[],"c, {\"":"x\\","n":123456789012345678901234567890}"#;
        let lines = [
            "{",
            "  \"a\": [",
            "    1e400,",
            "    {}",
            "  ],",
            "  \"b\": [],",
            r#"  "c, {\"": "x\\","#,
            "  \"n\": 123456789012345678901234567890",
            "}",
        ];
        assert_eq!(pretty(compact), lines.join("\n"));
        assert_eq!(pretty("5"), "5");
    }

    #[test]
    fn it_is_what_serde_json_makes_of_it() {
        let value = serde_json::json!({ "a": { "b": [[], {}, [null, true, "\n\"\\"]] }, "c": "{[,:]}" });
        assert_eq!(pretty(&value.to_string()), serde_json::to_string_pretty(&value).expect("JSON"));
    }
}
