//! What holds for every judgement.

use apicron::diagnose::Judgement;

/// Sentences that can be shown, and scopes that can be sent (RFC 6749 section 3.3).
pub(crate) fn assert_well_formed(judgement: &Judgement) {
    for sentence in [&judgement.summary, &judgement.remedy] {
        assert!(!sentence.trim().is_empty(), "{judgement:?} says nothing");
        let deceives = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}');
        assert!(!sentence.contains(deceives), "{judgement:?} holds control characters");
        assert!(sentence.chars().count() < 4000, "{judgement:?} is endless");
    }
    let fits = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    let is_scope = |scope: &str| !scope.is_empty() && scope.bytes().all(fits);
    assert!(judgement.missing_scopes.iter().count() <= 200, "{judgement:?} lacks too much");
    assert!(judgement.missing_scopes.iter().all(is_scope), "{judgement:?} lacks what is no scope");
}
