//! Lines of `WWW-Authenticate` under a status: what a refusal with them is said to be.

use apicron::diagnose::diagnose;
use apicron::run::{Evidence, HeaderValue, Scopes};

use super::parts;
use super::well_formed::assert_well_formed;

pub(crate) fn run(bytes: &[u8]) {
    let input = parts::lossy(bytes);
    let (status, lines) = parts::first_line(&input);
    let lines: Vec<String> = lines.split('\n').map(str::to_owned).collect();
    let mut evidence = Evidence::default();
    evidence.response.status = parts::status(status, 401);
    evidence.response.headers.insert("www-authenticate".to_owned(), HeaderValue::Several(lines));
    evidence.token.requested_scopes = Scopes::parse("usage:read datasets:read");
    for age in [None, Some(5), Some(4000)] {
        evidence.token.age_s = age;
        assert_well_formed(&diagnose(&evidence));
    }
}
