//! Texts from outside, made fit for a terminal and for the eyes of a reader.

/// A text from outside of any number of lines with its control characters made visible, so that it can
/// neither drive a terminal nor show itself in another order; line feeds stay.
pub fn clean(text: &str) -> String {
    escaped(text, |c| c != '\n' && is_deceptive(c))
}

/// A text from outside as [`clean`] makes it, and on one line, so that it cannot pass for lines of ours.
pub fn clean_line(text: &str) -> String {
    escaped(text, is_deceptive)
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The same JSON, with the characters that `serde_json` leaves as they are (RFC 8259 section 7 asks for no more) and
/// a terminal or a reader's eye does not.
pub fn clean_json(json: String) -> String {
    if !json.contains(is_deceptive) {
        return json;
    }
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        // All of them are of one UTF-16 unit, and in JSON on one line they stand in strings alone.
        if is_deceptive(c) { shown.push_str(&format!("\\u{:04x}", u32::from(c))) } else { shown.push(c) }
    }
    shown
}

/// A log line with the marks of direction made visible that whoever wrote the line left as they are: its own colours
/// stay.
pub(super) fn clean_log(line: String) -> String {
    if line.contains(is_misleading) { escaped(&line, is_misleading) } else { line }
}

/// Control characters, and what misleads a reader.
fn is_deceptive(c: char) -> bool {
    c.is_control() || is_misleading(c)
}

/// Separators of lines and paragraphs, and what changes the direction of text (Unicode Standard Annex 9, section 2).
fn is_misleading(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_drive_a_terminal() {
        assert_eq!(clean("a\x1b[2Jb\nc\r"), "a\\u{1b}[2Jb\nc\\u{d}");
        // CSI in one character: many terminals take it.
        assert_eq!(clean("é\u{9b}2J"), "é\\u{9b}2J");
    }

    #[test]
    fn json_keeps_its_value_and_loses_what_drives_a_terminal() {
        let text = "é\u{9b}2J\u{202e}\u{7f}\u{1b}";
        let shown = clean_json(serde_json::to_string(text).expect("JSON"));
        assert_eq!(shown, r#""é\u009b2J\u202e\u007f\u001b""#);
        assert_eq!(serde_json::from_str::<String>(&shown).expect("JSON"), text);
    }

    #[test]
    fn text_from_outside_cannot_pass_for_another_line_or_another_order() {
        assert_eq!(clean_line("a\nb\u{2028}c\u{2029}d\u{85}\r\n"), "a\\u{a}b\\u{2028}c\\u{2029}d\\u{85}\\u{d}\\u{a}");
        for c in ["\u{61c}", "\u{200e}", "\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}"] {
            let visible = c.escape_unicode().to_string();
            assert_eq!((clean(c), clean_line(c)), (visible.clone(), visible));
        }
        assert_eq!(clean_line("Größe → العربية 100\u{a0}%"), "Größe → العربية 100\u{a0}%");
    }

    #[test]
    fn a_log_line_keeps_its_colours_and_loses_what_turns_text_around() {
        assert_eq!(clean_log("\x1b[31mred\u{202e}\x1b[0m\n".to_owned()), "\x1b[31mred\\u{202e}\x1b[0m\n");
    }
}
