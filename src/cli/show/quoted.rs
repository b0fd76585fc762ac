//! Words of a shell's command line.

use crate::cli::screen::clean_line;

/// One word, whatever is in it. A person can paste it into a POSIX shell; one with control characters into bash,
/// ksh and zsh, as those have an escape for them (`$'…'`).
pub(super) fn word(text: &str) -> String {
    if text != clean_line(text) {
        return escaped(text);
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn escaped(text: &str) -> String {
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            c if clean_line(c.encode_utf8(&mut [0; 4])).starts_with('\\') => {
                word.push_str(&format!("\\U{:08x}", u32::from(c)));
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    word
}

/// A header whose value the shell takes from a variable.
pub(super) fn header_from(name: &str, before: &str, variable: &str) -> String {
    // A header's name is a token (RFC 9110 section 5.6.2): of what it may hold, these mean something within quotes.
    let name: String = name.chars().filter(|c| !matches!(c, '"' | '$' | '`' | '\\' | '!') && !c.is_control()).collect();
    format!("\"{name}: {before}${variable}\"")
}

/// A name that a variable of the shell can have.
pub(super) fn variable(text: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = text.chars().map(fit).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { name } else { format!("_{name}") }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_quoted_only_where_it_must_be() {
        for (text, quoted) in [
            ("https://api.test/v1/usage", "https://api.test/v1/usage"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(id)`id`", "'$(id)`id`'"),
            ("", "''"),
            ("~", "'~'"),
            ("a\nb\u{202e}'\\", r"$'a\U0000000ab\U0000202e\'\\'"),
        ] {
            assert_eq!(word(text), quoted);
        }
    }

    #[test]
    fn a_variable_has_a_name_that_a_shell_takes() {
        assert_eq!(
            (variable("X-Api-Key"), variable("1st ä"), variable("")),
            ("X_API_KEY".into(), "_1ST__".into(), "_".into())
        );
        assert_eq!(header_from("X-Key`id`", "", "K"), "\"X-Keyid: $K\"");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_shell_reads_a_word_as_the_text_that_it_was_made_of(text in "[^\u{0}]{0,40}|[ -~\n\u{9b}\u{202e}']{0,40}") {
            let script = format!("printf %s {}", word(&text));
            let ran = Command::new("bash").env("LC_ALL", "C.UTF-8").args(["--norc", "-c", &script]).output();
            let ran = ran.expect("bash, which .ci/run is written in, too");
            prop_assert_eq!(String::from_utf8_lossy(&ran.stdout), text);
        }

        #[test]
        fn a_word_is_one_line_without_control_characters(text in any::<String>()) {
            let word = word(&text);
            prop_assert_eq!(clean_line(&word), word);
        }
    }
}
