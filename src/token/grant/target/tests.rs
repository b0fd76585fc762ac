use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::token::testing::{Server, answer};

fn checked(url: &str) -> Result<(), Blocked> {
    check_target(&url.parse().expect(url))
}

#[test]
fn https_may_go_anywhere_and_http_only_to_loopback() {
    for good in [
        "https://api.example.com/v1",
        "https://10.0.0.1/",
        "https://[fd00::1]/",
        "https://169.253.0.1/",
        "https://[2001:db8::a9fe:a9fe]/",
        "http://127.0.0.1:8080",
        "http://127.9.9.9/",
        "http://[::1]:1",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost:9",
        "http://LOCALHOST./",
        "http://api.localhost/",
        // 127.0.0.1, as the parser of addresses reads it.
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1./",
    ] {
        assert_eq!(checked(good), Ok(()), "{good}");
    }
    for bad in [
        "http://api.example.com",
        "http://10.0.0.1",
        "ftp://localhost/",
        "http://localhost.example.com",
        "http://localhost../",
        "http://notlocalhost/",
        "http://localhost@evil.example/",
        "http://xn--lcalhost-54a/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
    ] {
        assert!(matches!(checked(bad), Err(Blocked::Plain(_))), "{bad}: {:?}", checked(bad));
    }
}

#[test]
fn a_metadata_address_is_refused_however_it_is_written() {
    for url in [
        "https://169.254.169.254/latest",
        "https://169.254.169.254./",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://0XA9.0xFE.43518/",
        "https://0251.0376.0251.0376/",
        "https://169.16689662/",
        "https://%31%36%39.254.169.254/",
        "https://１６９。２５４。１６９。２５４/",
        "https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
        "https://user@169.254.169.254:8443/",
        "http://169.254.169.254/",
        "https://169.254.0.23/",
        "https://[fe80::1]/",
        "https://[febf::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[0:0:0:0:0:FFFF:A9FE:A9FE]/",
        "https://[::a9fe:a9fe]/",
        "https://[::ffff:0:a9fe:a9fe]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[64:ff9b:1::a9fe:a9fe]/",
        "https://[2002:a9fe:a9fe::1]/",
        "https://[2001:0:a9fe:a9fe::1]/",
        "https://[2001:0:1:2:3:4:5601:5601]/",
        "https://[2001:db8::5efe:a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "https://[fd00:ec2::23]/",
        "https://[fd20:ce::254]/",
        "https://[fd00:c1::a9fe:a9fe]/",
        "https://[fd00:42::42]/",
        "https://[fd00:a9fe:a9fe::1]/",
        "https://[fd00:100::100:200]/",
        "https://100.100.100.200/",
        "https://192.0.0.192/",
        "https://168.63.129.16/",
        "https://Metadata.Google.Internal./",
        "https://metadata/",
        "https://instance-data.ec2.internal/",
    ] {
        let found = checked(url);
        assert!(matches!(found, Err(Blocked::Never { what: Forbidden::Metadata, .. })), "{url}: {found:?}");
    }
}

#[test]
fn an_unspecified_address_is_refused_as_this_host_however_it_is_written() {
    for url in [
        "https://0.0.0.0/",
        "https://0.0.0.0./",
        "http://0/",
        "https://0x0/",
        "http://00.0/",
        "https://%30.0.0.0:8443/",
        "https://０。０。０。０/",
        "https://0.1.2.3/",
        "https://[::]/",
        "https://[0:0:0:0:0:0:0:0]/",
        "http://[::0.0.0.0]:80/",
        "https://[::ffff:0.0.0.0]/",
        "https://[::ffff:0:0:0]/",
        "https://[64:ff9b::]/",
        "https://[2002::1]/",
    ] {
        let found = checked(url);
        assert!(matches!(found, Err(Blocked::Never { what: Forbidden::Unspecified, .. })), "{url}: {found:?}");
    }
    let words = checked("http://0/").expect_err("refused").to_string();
    assert_eq!(words, "0.0.0.0 is an unspecified address, that is, this host, which is never called");
}

/// RFC 6874 is not taken up: an address with a zone is none.
#[test]
fn an_address_with_a_zone_is_no_address() {
    for url in ["https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1%25lo]/"] {
        assert!(Url::parse(url).is_err(), "{url}");
    }
}

fn found(addresses: &[&str]) -> Vec<SocketAddr> {
    addresses.iter().map(|address| SocketAddr::new(address.parse().expect(address), 0)).collect()
}

#[test]
fn of_the_addresses_of_a_name_only_those_remain_that_may_be_called() {
    let metadata = "169.254.169.254";
    let of = |name: &str, addresses: &[&str]| callable(name, &found(addresses));
    assert_eq!(of("api.example.com", &["192.0.2.1", metadata, "::ffff:169.254.169.254"]), Ok(found(&["192.0.2.1"])));
    assert_eq!(of("api.example.com", &[metadata, "127.0.0.1"]), Ok(found(&["127.0.0.1"])));
    assert_eq!(of("api.example.com", &[]), Ok(Vec::new()));
    let address = metadata.parse().expect("an address");
    let leads = |address, what| Err(Blocked::Leads { name: "api.example.com".to_owned(), address, what });
    assert_eq!(of("api.example.com", &[metadata, "fe80::1"]), leads(address, Forbidden::Metadata));
    let unspecified = Ipv6Addr::UNSPECIFIED.into();
    assert_eq!(of("api.example.com", &["::", metadata]), leads(unspecified, Forbidden::Unspecified));
    assert_eq!(of("api.example.com", &["0.0.0.0", "192.0.2.1"]), Ok(found(&["192.0.2.1"])));
}

#[test]
fn a_local_name_that_leads_elsewhere_is_not_followed() {
    for name in ["localhost", "LocalHost.", "api.localhost"] {
        let address = Ipv4Addr::new(192, 0, 2, 1);
        let elsewhere = Blocked::NotLocal { name: name.to_owned(), address: address.into() };
        assert_eq!(callable(name, &found(&["192.0.2.1", "169.254.169.254"])), Err(elsewhere), "{name}");
        let both = callable(name, &found(&["192.0.2.1", "::1", "127.0.0.1"]));
        assert_eq!(both, Ok(found(&["::1", "127.0.0.1"])), "{name}");
    }
    assert!(is_loopback(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into()) && is_loopback(Ipv6Addr::LOCALHOST.into()));
}

/// Answers otherwise each time it is asked, as whoever rebinds a name does.
#[derive(Clone)]
struct Rebinding {
    answers: Arc<Mutex<Vec<&'static str>>>,
    asked: Arc<AtomicUsize>,
}

impl Resolve for Rebinding {
    fn resolve(&self, name: Name) -> Resolving {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.lock().expect("no panic").remove(0);
        let callable = callable(name.as_str(), &found(&[answer]));
        Box::pin(async move { Ok(Box::new(callable?.into_iter()) as Addrs) })
    }
}

#[tokio::test]
async fn what_was_looked_at_is_what_is_connected_to_and_a_new_connection_is_looked_at_anew() {
    let server = Server::answering(|_, _| answer(200, &[], "")).await;
    let answers = Arc::new(Mutex::new(vec!["127.0.0.1", "169.254.169.254", "127.0.0.1"]));
    let resolver = Rebinding { answers, asked: Arc::default() };
    let _ = super::super::test_http();
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).dns_resolver(Arc::new(resolver.clone()));
    let http = http.build().expect("a client");
    let url = format!("http://rebound.example:{}/", server.url.port().expect("a port"));
    http.get(&url).send().await.expect("the first answer of the name");
    assert_eq!((server.seen().len(), resolver.asked.load(Ordering::SeqCst)), (1, 1));
    let error = http.get(&url).send().await.expect_err("the second answer of the name");
    let fault = crate::token::Fault::from_reqwest(error, crate::token::Stage::Head);
    assert_eq!(fault.kind, crate::run::Kind::BlockedTarget);
    assert!(fault.message.contains("rebound.example leads to 169.254.169.254"), "{}", fault.message);
    assert_eq!((server.seen().len(), resolver.asked.load(Ordering::SeqCst)), (1, 2));
}
