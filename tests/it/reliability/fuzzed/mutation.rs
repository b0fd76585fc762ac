//! Cheap changes to inputs, the same in each run.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The longest input that is made.
const LONGEST: usize = 4096;

/// Bytes that mean something to one reader or another.
const TELLING: &[u8] = b"\0\t\n\r \"#$%'()*+,-./09:;<=>?@[\\]{|}~\x7f\x80\xc3\xf0\xff";

/// Inputs without end, made from those of a corpus.
pub(super) struct Mutations {
    corpus: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    random: StdRng,
}

impl Mutations {
    pub(super) fn of(corpus: Vec<Vec<u8>>, words: Vec<Vec<u8>>) -> Mutations {
        Mutations { corpus, words, random: StdRng::seed_from_u64(7) }
    }

    /// One input of the corpus, changed in up to five places.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let mut bytes = self.any().to_vec();
        for _ in 0..self.random.random_range(1..=5) {
            self.change(&mut bytes);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn any(&mut self) -> &[u8] {
        &self.corpus[self.random.random_range(0..self.corpus.len())]
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let from = self.random.random_range(0..=bytes.len());
        let to = (from + self.random.random_range(0..=16)).min(bytes.len());
        match self.random.random_range(0..7) {
            0 => drop(bytes.drain(from..to)),
            1 => bytes.insert(from, self.random.random()),
            2 => bytes.insert(from, TELLING[self.random.random_range(0..TELLING.len())]),
            3 => {
                if let Some(byte) = bytes.get_mut(from) {
                    *byte ^= 1 << self.random.random_range(0..8);
                }
            }
            4 => {
                let again = bytes[from..to].repeat(self.random.random_range(1..8));
                drop(bytes.splice(from..from, again));
            }
            5 if !self.words.is_empty() => {
                let word = self.words[self.random.random_range(0..self.words.len())].clone();
                drop(bytes.splice(from..from, word));
            }
            _ => self.cross(bytes, from),
        }
    }

    /// Goes on as another input does, from some place in it.
    fn cross(&mut self, bytes: &mut Vec<u8>, from: usize) {
        let other = self.any().to_vec();
        let there = self.random.random_range(0..=other.len());
        bytes.truncate(from);
        bytes.extend_from_slice(&other[there..]);
    }
}
