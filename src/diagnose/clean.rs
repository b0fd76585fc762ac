//! What a server wrote, made fit to stand in a sentence.

/// Characters of one quoted piece.
const LONGEST: usize = 200;

/// The text on one line without control characters, cut at 200 characters.
///
/// Marks that change the direction of text or take no room go too: they could make a remedy read
/// as something else.
pub(super) fn clean(text: &str) -> String {
    let mut words = String::new();
    let mut kept = 0;
    for c in text.chars() {
        if kept == LONGEST {
            words.push('…');
            break;
        }
        let blank = c.is_whitespace();
        if is_invisible(c) && !blank || blank && (words.is_empty() || words.ends_with(' ')) {
            continue;
        }
        words.push(if blank { ' ' } else { c });
        kept += 1;
    }
    words.truncate(words.trim_end().len());
    words
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_marks_of_direction_go_and_blanks_shrink_to_one() {
        assert_eq!(clean(" a\u{1b}[31m\r\n\t b\u{202e}c\u{0} "), "a[31m bc");
    }

    #[test]
    fn a_long_piece_is_cut() {
        let cut = clean(&"é".repeat(500));
        assert_eq!(cut.chars().count(), 201);
        assert!(cut.ends_with('…'));
    }
}
