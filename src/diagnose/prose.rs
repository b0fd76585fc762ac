//! Matching of what servers write for people. Whole words only: `credentials` are no `credit`.

/// More words of one text say nothing more.
const MOST_WORDS: usize = 1000;

/// The texts of one answer, as words.
#[derive(Debug, Default)]
pub(super) struct Prose(Vec<Sentence>);

/// One text as lower-case words. `quota_exceeded` and `QuotaExceeded` are two words each.
#[derive(Debug, Default)]
pub(super) struct Sentence(Vec<String>);

impl Prose {
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Prose {
        Prose(texts.into_iter().map(Sentence::new).collect())
    }

    /// Whether any of the words stands in any of the texts.
    pub(super) fn says(&self, words: &[&str]) -> bool {
        self.any(|sentence| sentence.says(words))
    }

    /// Whether one text fulfils all of a rule.
    pub(super) fn any(&self, rule: impl FnMut(&Sentence) -> bool) -> bool {
        self.0.iter().any(rule)
    }
}

impl Sentence {
    pub(super) fn new(text: &str) -> Sentence {
        let mut words = vec![String::new()];
        let mut before = ' ';
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            // `TokenExpired` and `JWTExpired`.
            let ends_an_acronym = before.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase());
            let begins = c.is_uppercase() && (before.is_lowercase() || ends_an_acronym);
            if (begins || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
                if words.len() == MOST_WORDS {
                    break;
                }
                words.push(String::new());
            }
            if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
                word.extend(c.to_lowercase());
            }
            before = c;
        }
        Sentence(words)
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub(super) fn says(&self, words: &[&str]) -> bool {
        self.words().any(|word| words.contains(&word))
    }

    /// Whether one of `then` stands at most `within` words after one of `first`.
    pub(super) fn follows(&self, first: &[&str], then: &[&str], within: usize) -> bool {
        self.words()
            .enumerate()
            .filter(|(_, word)| first.contains(word))
            .any(|(at, _)| self.words().skip(at + 1).take(within).any(|word| then.contains(&word)))
    }

    /// Whether one of `these` and one of `those` are at most `within` words apart, in either order.
    pub(super) fn near(&self, these: &[&str], those: &[&str], within: usize) -> bool {
        self.follows(these, those, within) || self.follows(those, these, within)
    }
}

const ORGANISATIONS: &[&str] = &[
    "organization",
    "organisation",
    "organizations",
    "organisations",
    "org",
    "workspace",
    "workspaces",
    "tenant",
    "tenants",
    "environment",
    "environments",
];
const AUTHORIZATION: &[&str] = &["authorization", "credentials"];
const TOKEN: &[&str] = &["authorization", "credentials", "token", "jwt"];

impl Sentence {
    /// Speaks of an organisation, workspace or tenant that is not the token's.
    pub(super) fn is_about_another_organisation(&self) -> bool {
        self.follows(&["another", "different", "other", "wrong", "incorrect", "foreign"], ORGANISATIONS, 3)
            || self.near(&["mismatch", "mismatched", "mismatches"], ORGANISATIONS, 3)
            || self.says(&["not", "doesn"]) && self.near(&["match", "belong"], ORGANISATIONS, 4)
    }

    /// Speaks of a list of addresses that may call.
    pub(super) fn is_about_an_address_list(&self) -> bool {
        let lists = [
            "allow",
            "allowlist",
            "allowlisted",
            "allowed",
            "whitelist",
            "whitelisted",
            "permitted",
            "blocked",
            "range",
            "denied",
            "restricted",
            "restriction",
            "restrictions",
        ];
        self.says(&["ip", "ips", "ipv4", "ipv6"]) && self.says(&lists)
    }

    /// Speaks of a limit to how often one may call.
    pub(super) fn is_about_a_rate_limit(&self) -> bool {
        self.says(&["ratelimit", "ratelimited", "throttled", "throttling"])
            || self.follows(&["rate"], &["limit", "limits", "limited", "limiting"], 1)
            || self.follows(&["too"], &["many"], 1) && self.follows(&["many"], &["requests"], 1)
    }

    /// Says that no credentials came at all. "Missing or invalid" does not say so.
    pub(super) fn misses_credentials(&self) -> bool {
        let ambiguous = self.says(&["invalid", "malformed", "expired", "revoked", "incorrect", "wrong", "bad"]);
        let came = ["provided", "found", "present", "supplied", "sent", "set", "included", "given", "specified"];
        let missing = self.follows(&["missing", "no", "without", "lacks", "lacking"], AUTHORIZATION, 3)
            || self.follows(&["missing", "no", "without"], TOKEN, 2)
            || self.follows(AUTHORIZATION, &["missing", "absent"], 4)
            || self.says(&["not"]) && self.follows(AUTHORIZATION, &came, 5) && self.follows(&["not"], &came, 2)
            || self.follows(TOKEN, &["must"], 3) && self.follows(&["must"], &came, 2)
            || self.says(&["no"])
                && self.follows(&["authorization"], &["header"], 1)
                && self.follows(&["header"], &came, 3)
            || self.follows(&["authorization"], &["header"], 1) && self.follows(&["header"], &["required"], 2);
        missing && !ambiguous
    }

    /// Says "expired" and means it: neither "invalid or expired" nor "not expired".
    pub(super) fn says_expired(&self) -> bool {
        let others = ["invalid", "revoked", "malformed", "missing", "inactive", "unknown", "incorrect", "bad", "not"];
        let one_of_many = self.says(&["or"]) && self.says(&others);
        // "invalid/expired": as words they stand side by side.
        let side_by_side = self.near(&["invalid"], &["expired"], 1);
        self.says(&["expired"]) && !one_of_many && !side_by_side && !self.follows(&["not", "t"], &["expired"], 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(rule: impl Fn(&Sentence) -> bool, texts: &[&str]) -> Vec<bool> {
        texts.iter().map(|text| rule(&Sentence::new(text))).collect()
    }

    #[test]
    fn words_are_whole_and_codes_fall_apart_into_words() {
        let words = |text| Sentence::new(text).words().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words("QuotaExceeded: quota_exceeded!")[..4], ["quota", "exceeded", "quota", "exceeded"]);
        assert!(!Sentence::new("Bad credentials, planet, frontier").says(&["credit", "plan", "tier"]));
    }

    #[test]
    fn expired_counts_only_when_the_server_commits_itself() {
        let says = |text: &str| Sentence::new(text).says_expired();
        for text in [
            "The access token expired",
            "token_expired",
            "ExpiredToken",
            "Invalid token: it has expired",
            "jwt expired",
            "JWTExpired",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "Invalid or expired token.",
            "Token is expired, revoked, malformed, or invalid for other reasons",
            "invalid/expired token",
            "The token has not expired",
            "The token hasn't expired",
            "unauthorized",
        ] {
            assert!(!says(text), "{text}");
        }
    }

    #[test]
    fn missing_credentials_are_told_from_bad_ones() {
        let says = |text: &str| Sentence::new(text).misses_credentials();
        for text in [
            "Missing Authorization header.",
            "Authorization header is missing",
            "No authorization token was found",
            "Authentication credentials were not provided.",
            "Authorization header required",
            "No token provided",
            "jwt must be provided",
            "missing_authorization",
            "No API key or Authorization header supplied",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "Missing or invalid Authorization header",
            "Token is missing the claim aud",
            "Authorization Required",
            "Token not found",
            "Invalid or expired token.",
        ] {
            assert!(!says(text), "{text}");
        }
    }

    #[test]
    fn another_organisation_is_told_from_this_one() {
        let texts = [
            "Token belongs to a different organization.",
            "wrong_tenant",
            "Organization mismatch",
            "Token does not belong to this workspace",
            "You are not allowed to change this organization",
            "Your organization has no plan",
        ];
        assert_eq!(hits(Sentence::is_about_another_organisation, &texts), [true, true, true, true, false, false]);
    }

    #[test]
    fn an_address_list_needs_an_address() {
        let texts = ["Your IP address 192.0.2.1 is not on the allow-list", "ip_not_allowed", "Not on the allow-list"];
        assert_eq!(hits(Sentence::is_about_an_address_list, &texts), [true, true, false]);
    }

    #[test]
    fn a_rate_limit_is_known_in_its_spellings() {
        let texts = ["secondary rate limit", "rate_limit_exceeded", "RateLimited", "Too many requests"];
        assert_eq!(hits(Sentence::is_about_a_rate_limit, &texts), [true; 4]);
    }
}
