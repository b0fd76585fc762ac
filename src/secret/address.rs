//! Addresses without what carries secrets.

use url::Url;

/// An address as people may see it: in its usual form, and without user, query and fragment, which carry secrets.
///
/// ```
/// use apicron::secret::bare_url;
///
/// let url = "https://me:word@example.com/login?key=word".parse().expect("a URL");
/// assert_eq!(bare_url(url), "https://example.com/login");
/// ```
pub fn bare_url(mut url: Url) -> String {
    if url.cannot_be_a_base() {
        return format!("{}:…", url.scheme());
    }
    // Refused where there is no host, which has no user then.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// [`bare_url`] for a text that may be no address. Where the user of such would end is not known, so all up to the
/// last `@` goes, and then query and fragment.
pub fn bare_address(text: &str) -> String {
    Url::parse(text).map_or_else(|_| unread(text), bare_url)
}

fn unread(text: &str) -> String {
    let (mark, rest) = text.rsplit_once('@').map_or(("", text), |(_, rest)| ("…@", rest));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{mark}{}", rest.replace(char::is_control, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_user_query_and_fragment_in_whatever_form_it_comes() {
        for (address, shown) in [
            ("https://example.com/token", "https://example.com/token"),
            ("https:me:word@example.com/token?word", "https://example.com/token"),
            ("https://example.com/token#word", "https://example.com/token"),
            ("/token?key=word", "/token"),
            ("//me:word@example.com/token", "…@example.com/token"),
            ("mailto:me@example.com", "mailto:…"),
            ("https://[word?x@bad/token?key=word", "…@bad/token"),
            ("https://me:word@example.com:99999/@me", "…@me"),
            ("to\u{1b}ken", "token"),
            ("", ""),
        ] {
            assert_eq!(bare_address(address), shown, "{address}");
        }
    }
}
