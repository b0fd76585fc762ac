//! Gzip by hand: packed without packing, and a bomb.

use bytes::Bytes;

const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Bytes as gzip (RFC 1952) in stored blocks.
pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    let mut packed = HEAD.to_vec();
    let blocks: Vec<&[u8]> = bytes.chunks(u16::MAX.into()).collect();
    for (n, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).expect("a block");
        packed.push(u8::from(n + 1 == blocks.len()));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(*block);
    }
    packed.extend(crc(bytes).to_le_bytes());
    packed.extend(u32::try_from(bytes.len()).expect("a length").to_le_bytes());
    packed.into()
}

/// So many bytes of gzip that unfold to 158 times as many blanks, without an end.
pub(crate) fn bomb(length: usize) -> Bytes {
    let mut bits = Bits { bytes: HEAD.to_vec(), filled: 0 };
    // One block with the fixed codes of RFC 1951 section 3.2.6: a blank, and then "258 bytes, from one byte ago".
    bits.push(0b010, 3);
    bits.push_reversed(0x50, 8);
    for _ in 0..24 {
        bits.push_reversed(0b1100_0101, 8);
        bits.push(0, 5);
    }
    // Eight of them are thirteen bytes. The last byte is not full.
    let mut bytes = bits.bytes;
    bytes.pop();
    let period = bytes.split_off(bytes.len() - 13);
    bytes.extend(period.iter().cycle().take(length.saturating_sub(bytes.len())));
    bytes.into()
}

/// So many bytes of zstd (RFC 8878) that unfold to 32,768 times as many blanks, without an end: a window of 128 MiB,
/// and blocks that are one byte, so often.
pub(crate) fn zstd_bomb(length: usize) -> Bytes {
    let block = (128_u32 << 10 << 3 | 1 << 1).to_le_bytes();
    let blocks = [block[0], block[1], block[2], b' '].repeat(length / 4);
    [&[0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3], blocks.as_slice()].concat().into()
}

struct Bits {
    bytes: Vec<u8>,
    /// How much of the last byte.
    filled: u8,
}

impl Bits {
    fn push(&mut self, bits: u8, length: u8) {
        for n in 0..length {
            if self.filled == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= (bits >> n & 1) << self.filled;
            }
            self.filled = (self.filled + 1) % 8;
        }
    }

    /// Codes come with their first bit first.
    fn push_reversed(&mut self, code: u8, length: u8) {
        self.push(code.reverse_bits() >> (8 - length), length);
    }
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn the_checksum_is_that_of_gzip() {
    assert_eq!(crc(b"123456789"), 0xcbf4_3926);
}
