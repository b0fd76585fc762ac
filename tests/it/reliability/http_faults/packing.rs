//! Bodies that are packed, and cannot be unpacked.

use super::fault::Right::{Done, Fails, Value};
use super::fault::{Fault, GOOD, TOUCH, answer};
use crate::support::packed::gzip;

pub(super) fn faults() -> Vec<Fault> {
    let packed = |name, coding: &str, body: &[u8], right| {
        Fault::answer(name, answer(200, &format!("content-encoding: {coding}\r\n"), body), right)
    };
    let good = gzip(GOOD.as_bytes());
    let twice = gzip(&good);
    let mut spoilt = good.to_vec();
    spoilt[20] ^= 1;
    let garbage = [0xff; 100];
    vec![
        packed("gzip-that-is-well", "gzip", &good, Value("7")),
        packed("gzip-cut", "gzip", &good[..good.len() - 12], Fails("encoding")),
        packed("gzip-without-its-checksum", "gzip", &good[..good.len() - 8], Fails("encoding")),
        packed("gzip-with-a-wrong-checksum", "gzip", &spoilt, Fails("encoding")),
        packed("gzip-that-is-none", "gzip", GOOD.as_bytes(), Fails("encoding")),
        packed("gzip-of-nothing", "gzip", b"", Fails("not_json")),
        packed("brotli-that-is-none", "br", &garbage, Fails("encoding")),
        packed("zstd-that-is-none", "zstd", &garbage, Fails("encoding")),
        packed("deflate-that-is-none", "deflate", &garbage, Fails("encoding")),
        packed("coding-that-nobody-knows", "x-mine", &good, Fails("encoding")),
        packed("coding-that-looks-like-text", "x-mine", b"qwertz", Fails("encoding")),
        packed("coding-that-nobody-looks-into", "x-mine", &good, Done).calls(&[TOUCH]),
        packed("coding-that-is-only-a-name", "utf-8", GOOD.as_bytes(), Value("7")),
        packed("gzip-twice", "gzip, gzip", &twice, Fails("encoding")),
        packed("gzip-twice-on-two-lines", "gzip\r\ncontent-encoding: gzip", &twice, Fails("encoding")),
        packed("gzip-that-is-not-said", "identity", &good, Fails("encoding")),
    ]
}
