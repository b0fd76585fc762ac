//! Certificates of a test's own, good and bad, and TLS with them.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What a certificate says of its server, which is called `localhost`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says {
    /// All that it should.
    Truth,
    /// That its time is over.
    Expired,
    /// That its time has not come.
    NotYet,
    /// Another name.
    OtherName,
    /// The truth, and nobody known vouches for it.
    SelfSigned,
}

/// An authority of its own, which a program trusts that is told to.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        // Another name than that of certificates without one, or a self-signed one would seem to be of its making.
        params.distinguished_name.push(DnType::CommonName, "The authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Authority(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its certificate, as a file of trusted certificates has it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// TLS with a certificate.
    pub(crate) fn server(&self, says: Says) -> TlsAcceptor {
        let name = if let Says::OtherName = says { "elsewhere.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        match says {
            Says::Expired => params.not_after = date_time_ymd(2020, 1, 1),
            Says::NotYet => params.not_before = date_time_ymd(2999, 1, 1),
            Says::Truth | Says::OtherName | Says::SelfSigned => {}
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match says {
            Says::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.0),
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.expect("a certificate").der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate with its key");
        TlsAcceptor::from(Arc::new(config))
    }
}
