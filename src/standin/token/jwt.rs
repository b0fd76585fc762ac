//! Tokens in the shape of a JWT (RFC 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::clock::Time;
use crate::standin::clients::Client;
use crate::standin::origin::Stamp;

const PROJECT: &str = "project-stand-in";

/// Makes tokens and signs them with a key that dies with the process.
///
/// The real service signs with RS256. No client checks the signature, so HMAC does here.
#[derive(Debug)]
pub(in crate::standin) struct Mint {
    issuer: String,
    key: [u8; 32],
}

/// What a token says.
#[derive(Clone, Copy)]
pub(super) struct Claims<'a> {
    pub(super) client: &'a Client,
    pub(super) scopes: &'a [String],
    pub(super) at: Time,
    pub(super) life_s: u64,
    pub(super) stamp: &'a Stamp,
}

impl Mint {
    pub(in crate::standin) fn new(issuer: String) -> Mint {
        Mint { issuer, key: rand::random() }
    }

    /// A token; `nonce` makes tokens of one second differ.
    pub(super) fn token(&self, claims: &Claims<'_>, nonce: u64) -> String {
        let Claims { client, scopes, at, life_s, stamp } = *claims;
        let issued = at.timestamp();
        let header = json!({ "alg": "HS256", "kid": "stand-in-key-1", "typ": "JWT" });
        let claims = json!({
            "sub": client.id,
            "iss": stamp.issuer.as_deref().unwrap_or(&self.issuer),
            "aud": [stamp.audience.as_deref().unwrap_or(PROJECT)],
            "scope": scopes.join(" "),
            "iat": issued,
            "nbf": issued,
            "exp": issued.saturating_add_unsigned(life_s),
            "jti": format!("{nonce:x}"),
        });
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{signature}")
    }

    fn sign(&self, bytes: &[u8]) -> String {
        // HMAC takes a key of any length, so this cannot fail; without a signature the token still works.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        mac.update(bytes);
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_says_who_may_do_what_and_until_when() {
        let client = Client::new("a", "secret-of-a", &[]);
        let at = "2030-01-01T00:00:00.750Z".parse().expect("a time");
        let scopes = ["x".into(), "y".into()];
        let claims = Claims { client: &client, scopes: &scopes, at, life_s: 60, stamp: &Stamp::default() };
        let token = Mint::new("http://127.0.0.1:1".to_owned()).token(&claims, 7);
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        let payload = URL_SAFE_NO_PAD.decode(parts[1]).expect("base64url");
        let claims: Value = serde_json::from_slice(&payload).expect("JSON");
        assert_eq!(claims["sub"], "a");
        assert_eq!(claims["scope"], "x y");
        assert_eq!(claims["iat"], 1_893_456_000);
        assert_eq!(claims["exp"], 1_893_456_060);
    }

    #[test]
    fn a_life_beyond_all_time_saturates() {
        let client = Client::new("a", "secret-of-a", &[]);
        let mint = Mint::new(String::new());
        let stamp = Stamp::default();
        let claims = Claims { client: &client, scopes: &[], at: Time::MAX_UTC, life_s: u64::MAX, stamp: &stamp };
        assert!(!mint.token(&claims, 0).is_empty());
    }
}
