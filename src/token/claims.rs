//! What a token that is a JWT says about itself.
//!
//! RFC 9068 section 6: a client may look into its token, it must not rely on what it finds.
//! Nothing is verified here; the claims only serve to explain refusals.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::run::Scopes;

/// The claims of a JWT (RFC 7519 section 3); `None` for a token that is none.
pub(super) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok().filter(Value::is_object)
}

/// The scopes in a token's claims: `scope` (RFC 9068), or what other issuers call it.
/// `None` when the claims do not speak of scopes.
pub(super) fn scopes(claims: &Value) -> Option<Scopes> {
    ["scope", "scp", "permissions"].iter().find_map(|name| scopes_of(claims.get(name)?))
}

/// A claim that is a number of seconds since the Unix epoch (RFC 7519 section 2, NumericDate).
pub(super) fn seconds(claims: &Value, name: &str) -> Option<i64> {
    let claim = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "a float casts to the nearest whole number, saturating")]
    claim.as_i64().or_else(|| claim.as_f64().map(|seconds| seconds as i64))
}

fn scopes_of(claim: &Value) -> Option<Scopes> {
    match claim {
        Value::String(text) => Some(Scopes::parse(text)),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jwt(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn scopes_are_found_under_the_names_and_in_the_forms_that_issuers_use() {
        for claims in [
            json!({"scope": "a:read b:read"}),
            json!({"scp": ["b:read", "a:read"]}),
            json!({"scp": "a:read b:read"}),
            json!({"permissions": ["a:read", "b:read"]}),
            json!({"scope": "a:read b:read", "permissions": ["other"]}),
        ] {
            let found = super::claims(&jwt(&claims)).as_ref().and_then(scopes);
            assert_eq!(found, Some(Scopes::parse("a:read b:read")), "{claims}");
        }
        assert_eq!(scopes(&json!({"sub": "client"})), None);
    }

    #[test]
    fn what_is_no_jwt_has_no_claims() {
        for token in ["", "opaque", "a.b", "a.b.c", "e30.e30.e30.e30", &jwt(&json!(["no", "object"]))] {
            assert_eq!(claims(token), None, "{token}");
        }
    }

    #[test]
    fn a_numeric_date_may_be_a_fraction() {
        assert_eq!(seconds(&json!({"exp": 1_795_528_800}), "exp"), Some(1_795_528_800));
        assert_eq!(seconds(&json!({"exp": 1_795_528_800.7}), "exp"), Some(1_795_528_800));
        assert_eq!(seconds(&json!({"exp": "soon"}), "exp"), None);
    }
}
